"""An operation in words, for the log and for whom it overtook."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from geo.draft import Level
from planning.models import Operation
from planning.table import Table


def words_of(table: Table, row: Operation) -> str:
    """What an operation of the log did."""
    done = describe(table, row.op if row.of is None else row.of.op)
    if row.kind == Operation.Kind.UNDO:
        return _("撤销：%(what)s") % {"what": done}
    if row.kind == Operation.Kind.REDO:
        return _("重做：%(what)s") % {"what": done}
    return done


def describe(table: Table, op: Mapping[str, Any]) -> str:
    """What an operation does, in the names that people know."""
    units = op.get("units") or []
    named = {
        "n": len(units),
        "unit": table.unit_title(units[0]) if units else "",
        "grid": _named(table, op, op.get("grid") or op.get("into")),
        "grids": "、".join(_named(table, op, label) for label in (op.get("grids") or [])[:5]),
        "to": _named(table, op, op.get("to")),
        "new": _named(table, op, op.get("new")),
        "parts": len(op.get("names") or []) + 1,
        "name": op.get("name", ""),
        "named": len(op.get("names") or []),
        "file": op.get("file", ""),
        "pieces": op.get("pieces", 1),
    }
    return _sentence(op) % named


def _named(table: Table, op: Mapping[str, Any], label: Any) -> str:
    if not isinstance(label, str):
        return ""
    level: Level = "segment" if op.get("level") == "segment" else "grid"
    return table.info(level, label).name


def _handing(op: Mapping[str, Any]) -> str:
    is_one = len(op.get("units") or []) == 1
    if op.get("to") is None:
        return _("把%(unit)s划出网格") if is_one else _("把%(unit)s等 %(n)d 个楼道划出网格")
    return _("把%(unit)s划入%(to)s") if is_one else _("把%(unit)s等 %(n)d 个楼道划入%(to)s")


def _naming(op: Mapping[str, Any]) -> str:
    if "names" not in op:
        return _("改名为%(name)s")
    return _("给 %(named)d 个楼段改名") if op.get("level") == "segment" else _("给 %(named)d 个网格改名")


def _sentence(op: Mapping[str, Any]) -> str:
    name = op.get("op")
    if name == "assign":
        return _handing(op)
    return {
        "draw": _("用 %(n)d 个楼道新建%(new)s"),
        "split": _("画线分割%(grid)s，得到%(new)s"),
        "divide": _("把%(grid)s均分为 %(parts)d 个"),
        "merge": _("把%(grids)s合并为%(grid)s"),
        "dissolve": _("撤销%(grid)s，分给相邻网格"),
        "lock": _("锁定%(grids)s"),
        "unlock": _("解锁%(grids)s"),
        "allow": _("允许%(grid)s分为 %(pieces)d 块"),
        "rename": _naming(op),
        "reshape": _("重画%(grid)s的一段边界"),
        "snap": _("让%(grid)s的边界沿路而行"),
        "import": _("导入%(file)s"),
        "simplify": _("简化%(grids)s的边界"),
    }.get(str(name), _("移动边界"))
