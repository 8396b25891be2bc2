"""The step that an imported net is: labels, shapes and names, all in one, to be undone in one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from accounts.models import User
from geo.changes import Edit
from geo.draft import LEVELS, Draft, Level
from grids.models import Plan
from planning.engine import Step, carry_out
from planning.steps import Change, Made, coloured
from planning.table import Info, Key, Table

Labels = Mapping[str, str | None]


def difference(before: Draft, after: Draft) -> dict[Level, Labels]:
    """The cells that have another label after than before, by level."""
    found: dict[Level, Labels] = {}
    for level in LEVELS:
        cells = {*before.layers[level].label.differing(after.layers[level].label)}
        pairs = {cell: (before.label(level, cell), after.label(level, cell)) for cell in sorted(cells)}
        found[level] = {cell: new for cell, (old, new) in pairs.items() if old != new}
    return found


def wanted_change(
    table: Table,
    name: str,
    labels: Mapping[Level, Labels],
    shapes: Mapping[str, BaseGeometry | None],
    names: Mapping[Key, str],
) -> dict[str, Any] | None:
    """A step as JSON, which `run` makes; None where it would change nothing."""
    drawn = {key: text for key, text in names.items() if table.has(*key) or key[1] in set(labels[key[0]].values())}
    op = {
        "op": "import",
        "file": name[:80],
        "labels": {level: dict(cells) for level, cells in labels.items() if cells},
        "shapes": {cell: None if shape is None else shape.wkb_hex for cell, shape in shapes.items()},
        "names": [[level, label, text] for (level, label), text in sorted(drawn.items())],
    }
    return op if op["labels"] or op["shapes"] or op["names"] else None


def run(table: Table, op: Mapping[str, Any]) -> Made:
    """Make the step. Raises `EditRefused`."""
    work = Edit(table.state)
    work.shapes |= {name: None if wkb is None else shapely.from_wkb(wkb) for name, wkb in op["shapes"].items()}
    for level in LEVELS:
        cells = op["labels"].get(level, {})
        work.labels[level] |= cells
        work.ends(level, *{old for cell in cells if (old := table.state.label(level, cell))})
        work.whole_of(level, *{new for new in cells.values() if new})
    work.segments_follow, work.must_hang = False, False
    edited = work.finish()
    fresh, names = _names(table, op)
    infos = {**table.infos, **fresh}
    infos |= {(level, label): replace(infos[level, label], name=new) for level, label, _old, new in names}
    after = coloured(table.after(edited.draft, edited.delta, infos=infos), fresh)
    return Made(after, Change(edited.delta, names), {"op": "import", "file": op["file"]})


def _names(table: Table, op: Mapping[str, Any]) -> tuple[dict[Key, Info], tuple[tuple[Level, str, str, str], ...]]:
    """What is new, and what has another name than before."""
    fresh: dict[Key, Info] = {}
    names = []
    for level, label, text in op["names"]:
        known = table.infos.get((level, label))
        if known is None:
            fresh[level, label] = Info(level, label, text)
        elif known.name != text:
            names.append((level, label, known.name, text))
    return fresh, tuple(names)


def commit(*, plan: Plan, by: User, version: int, op: Mapping[str, Any]) -> Step:
    """Write the step into a draft's log. Raises `EditRefused` and `StepRefused`."""
    return carry_out(plan=plan, by=by, version=version, run=lambda table: run(table, op))
