"""
A net that was drawn elsewhere, brought to a draft: first what it would do, then one step of its log.

Polygons hand each building to the grid that holds most of it, unless they are to be followed line by line; a CSV says
whose each stairwell or building is. Nothing is mended in silence: gaps, overlaps, buildings on a line and rows that say
nothing are listed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from shapely.geometry.base import BaseGeometry

from buildings.imports.files import Source, open_source
from buildings.imports.files import Table as Rows
from buildings.imports.placing import to_degrees, to_grid
from buildings.imports.refusals import ImportRefused
from buildings.tables import as_written, one_line
from geo.adopt import Doubt, adopt
from geo.adopt import read as read_net
from geo.changes import Edit
from geo.contiguity import pieces
from geo.draft import LEVELS, Draft, Level
from geo.errors import CutsFootprint, EditRefused, GeometryRefused, Place
from geo.slivers import Sliver, close
from geo.validity import check_area
from planning.adoption import Labels, difference, wanted_change
from planning.steps import in_words, next_labels
from planning.table import Info, Key, Table

COLUMNS = {
    "code": ("code", "编码", "网格编码", "grid_code", "label"),
    "name": ("name", "名称", "网格名称", "网格"),
    "level": ("level", "层级"),
    "building": ("building", "building_code", "楼栋编码"),
    "stairwell": ("stairwell", "stairwell_code", "楼道编码"),
    "grid": ("grid", "grid_code", "网格编码"),
    "grid name": ("grid_name", "网格名称", "网格"),
    "segment": ("segment", "segment_code", "楼段编码"),
    "segment name": ("segment_name", "楼段名称", "楼段"),
}
SEGMENT_WORDS = ("segment", "楼段", "微网格", "2")
WIDEST = 50.0  # metres: no gap above that is a slip of the hand


class NotANet(ImportRefused):
    code = "not_a_net"
    sentence = gettext_noop("“%(name)s”里没有网格：要有面图层（列 code、name），或有楼栋编码或楼道编码和网格编码的表。")


class ElsewhereNet(ImportRefused):
    code = "elsewhere"
    sentence = gettext_noop("“%(name)s”里的网格不在这个社区。请检查坐标系（应为 WGS 84 经纬度或文件自带的坐标系）。")


@dataclass(frozen=True)
class Row:
    """A row that says nothing, or nothing that can be."""

    number: int
    code: str
    sentence: str
    place: Place | None = None


@dataclass
class Intake:
    """What a file says about a draft. `op` is the step that it would be, None where it cannot be."""

    name: str
    kind: str
    refused: list[Row] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    nowhere: list[str] = field(default_factory=list)
    slivers: list[Sliver] = field(default_factory=list)
    closed: list[Sliver] = field(default_factory=list)
    cut: list[CutsFootprint] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    op: Mapping[str, Any] | None = None
    refusal: str = ""


def read(table: Table, path: Path, *, name: str, follow: bool = False, close_slivers: float = 0.0) -> Intake:
    """What a file would do to a draft. Raises `ImportRefused` for a file that is no net, or cannot be read."""
    source = open_source(path, name=name)
    found = Intake(name, source.kind)
    names = _Names(table)
    try:
        labels, shapes = _read(table, source, found, names, follow, close_slivers)
        found.op = wanted_change(table, name, labels, shapes, names.infos())
    except EditRefused as refusal:
        found.refusal = in_words(table, refusal)
    found.created = [info.name for key, info in names.fresh.items() if _gets_cells(found, key)]
    return found


def _gets_cells(found: Intake, key: Key) -> bool:
    """Whether a new grid gets any ground: that of a refused row does not."""
    level, label = key
    return found.op is not None and label in found.op["labels"].get(level, {}).values()


def _read(
    table: Table, source: Source, found: Intake, names: "_Names", follow: bool, close_slivers: float
) -> tuple[dict[Level, Labels], dict[str, BaseGeometry | None]]:
    nets = [rows for rows in source.tables if _is_net(rows)]
    if nets:
        return _Polygons(table, found, names, follow, close_slivers).read(nets[0])
    tables = [rows for rows in source.tables if rows.geometries is None and _column(rows, "grid", "grid name")]
    if tables and _column(tables[0], "stairwell", "building"):
        return _membership(table, tables[0], found, names), {}
    raise NotANet(name=source.name)


def _is_net(rows: Rows) -> bool:
    """Whether a layer holds grids: areas, and no stairwells of ours."""
    if rows.geometries is None or rows.name == "stairwells":
        return False
    return any(shape is not None and shape.geom_type.endswith("Polygon") for shape in rows.geometries)


def _column(rows: Rows, *wanted: str) -> list[Any] | None:
    """The first column that one of the words names."""
    known = {name.strip().lower(): column for name, column in rows.columns.items()}
    for word in (name for each in wanted for name in COLUMNS[each]):
        if word in known:
            return known[word]
    return None


def _text(column: list[Any] | None, at: int) -> str:
    value = column[at] if column is not None and at < len(column) else None
    if value is None or value != value:
        return ""
    return as_written(one_line(str(value)))


class _Names:
    """Which label a code or name of the file stands for; a new one gets a label of the draft."""

    def __init__(self, table: Table):
        self.table = table
        self.fresh: dict[tuple[Level, str], Info] = {}
        self.renamed: dict[tuple[Level, str], str] = {}
        self.known: dict[tuple[Level, str], str] = {}
        for (level, label), info in table.infos.items():
            self.known.setdefault((level, info.name), label)
        for (level, label), info in table.infos.items():
            self.known[level, label] = label
            if info.code:
                self.known[level, info.code] = label
        self._next = int(next_labels(table, 1)[0][1:])

    def label(self, level: Level, code: str, name: str) -> str | None:
        """The label of a row; None where it names no grid."""
        wanted = code or name
        if not wanted:
            return None
        label = self.known.get((level, wanted)) or (self.known.get((level, name)) if name else None)
        if label is None:
            label = f"n{self._next}"
            self._next += 1
            self.fresh[level, label] = Info(level, label, (name or code)[:40])
            self.known[level, wanted] = label
        elif name and (level, label) in self.table.infos and self.table.info(level, label).name != name[:40]:
            self.renamed[level, label] = name[:40]
        return label

    def infos(self) -> Mapping[tuple[Level, str], str]:
        """The names that the file gives: of new grids, and of those that it calls otherwise."""
        return {**self.renamed, **{key: info.name for key, info in self.fresh.items()}}


# Polygons


class _Polygons:
    def __init__(self, table: Table, found: Intake, names: _Names, follow: bool, close_slivers: float):
        self.table, self.found, self.names = table, found, names
        self.follow, self.close_slivers = follow, close_slivers

    def read(self, rows: Rows) -> tuple[dict[Level, Labels], dict[str, BaseGeometry | None]]:
        nets = self._nets(rows)
        state = self.table.state
        outline = state.fabric.union("", state.fabric.cells)
        if not nets["grid"] or not any(shape.intersects(outline) for shape in nets["grid"].values()):
            raise ElsewhereNet(name=self.found.name)
        if self.close_slivers:
            closed = close(nets["grid"], self.close_slivers, outline)
            nets["grid"], self.found.closed = closed.polygons, closed.closed
        self._tell(state, nets["grid"], "grid")
        middle = Edit(state)
        adopt(middle, polygons=nets["grid"], follow=self.follow)
        draft = middle.finish().draft
        if nets["segment"]:
            self._tell(draft, nets["segment"], "segment")
            further = Edit(draft)
            adopt(further, polygons=nets["segment"], level="segment")
            draft = further.finish().draft
        return difference(state, draft), dict(middle.shapes)

    def _nets(self, rows: Rows) -> dict[Level, dict[str, BaseGeometry]]:
        """Label -> polygon of both levels; several rows of one grid are put together."""
        parts: dict[Level, dict[str, list[BaseGeometry]]] = {level: {} for level in LEVELS}
        codes, names, levels = _column(rows, "code"), _column(rows, "name"), _column(rows, "level")
        assert rows.geometries is not None
        shapes = to_grid(to_degrees(shapely.force_2d(rows.geometries), rows.crs or "", "wgs84", rows.name))
        for at, shape in enumerate(shapes):
            level: Level = "segment" if _text(levels, at).lower() in SEGMENT_WORDS else "grid"
            label = self.names.label(level, _text(codes, at), _text(names, at))
            if label is None:
                self._refuse(at, "no_name", _("这一行没有编码也没有名称。"))
            elif self._is_sound(at, shape):
                parts[level].setdefault(label, []).append(shape)
        return {
            level: {label: shapely.union_all(each) if len(each) > 1 else each[0] for label, each in found.items()}
            for level, found in parts.items()
        }

    def _is_sound(self, at: int, shape: BaseGeometry | None) -> bool:
        try:
            check_area(shape, extent=None)
        except GeometryRefused as why:
            self._refuse(at, why.code, _(why.sentence) % why.params if why.params else _(why.sentence), why.place)
            return False
        return True

    def _refuse(self, at: int, code: str, sentence: str, place: Place | None = None) -> None:
        self.found.refused.append(Row(at + 1, code, sentence, place))

    def _tell(self, draft: Draft, polygons: Mapping[str, BaseGeometry], level: Level) -> None:
        follow = self.follow and level == "grid"
        adoption = read_net(draft, polygons, level, follow=follow)
        self.found.doubts += adoption.review
        self.found.cut += adoption.cut
        if level == "grid":  # a grid may have no segments: that is no gap
            self.found.nowhere, self.found.slivers = adoption.nowhere, adoption.slivers


# Membership


def _membership(table: Table, rows: Rows, found: Intake, names: _Names) -> dict[Level, Labels]:
    """What a table of stairwells or buildings says; the ground between them goes along where it would be cut off."""
    said: dict[Level, dict[str, str]] = {level: {} for level in LEVELS}
    stairwells, buildings = _column(rows, "stairwell"), _column(rows, "building")
    for at in range(len(rows)):
        units = _units(table, _text(stairwells, at), _text(buildings, at))
        if not units:
            found.refused.append(Row(at + 2, "unknown_code", _unknown(_text(stairwells, at) or _text(buildings, at))))
            continue
        homes = _homes(rows, at, names)
        cells = units & table.state.fabric.cells.keys()
        if any(said[level].get(cell, to) != to for level, to in homes.items() for cell in cells):
            found.refused.append(Row(at + 2, "said_twice", _("前面的行把它归到了别的网格。")))
            continue
        for level, to in homes.items():
            said[level] |= dict.fromkeys(cells, to)
    if not said["grid"]:
        raise NotANet(name=found.name)
    return _with_ground(table.state, said)


def _homes(rows: Rows, at: int, names: _Names) -> dict[Level, str]:
    """The labels of the grid and segment that a row names."""
    told = {level: (_text(_column(rows, level), at), _text(_column(rows, f"{level} name"), at)) for level in LEVELS}
    return {level: label for level, (code, name) in told.items() if (label := names.label(level, code, name))}


def _unknown(code: str) -> str:
    return _("这个社区没有编码为“%(code)s”的楼栋或楼道。") % {"code": code[:40]} if code else _("这一行没有编码。")


def _units(table: Table, stairwell: str, building: str) -> set[str]:
    if stairwell:
        return {stairwell} & table.site.units.keys()
    return set(table.site.doors.get(building, ()))


def _with_ground(state: Draft, said: Mapping[Level, Labels]) -> dict[Level, Labels]:
    work = Edit(state)
    changed = {cell for cell, label in said["grid"].items() if state.label("grid", cell) != label}
    for cell in sorted(changed):
        work.relabel("grid", [cell], said["grid"][cell])
    work.ends("grid", *state.layers["grid"].members.keys())
    work.must_hang = False
    draft = work.finish().draft
    ground = _stranded(draft, changed)
    if ground:
        work.labels["segment"] = {}  # they follow anew
        for cell, grid in ground.items():
            work.relabel("grid", [cell], grid)
        draft = work.finish().draft
    further = Edit(draft)
    for cell, segment in said["segment"].items():
        if draft.label("segment", cell) != segment:
            further.relabel("segment", [cell], segment)
    further.ends("segment", *draft.layers["segment"].members.keys())
    further.must_hang = False
    return difference(state, further.finish().draft)


def _stranded(draft: Draft, changed: Iterable[str]) -> dict[str, str]:
    """Ground without a building that a change cut off from its grid, and the grid that it has most edge with."""
    around = draft.fabric.around
    near = {cell for each in changed for cell in (each, *around(each))}
    found: dict[str, str] = {}
    for label in sorted({label for cell in near if (label := draft.label("grid", cell))}):
        for piece in pieces(draft.members("grid", label), around)[1:]:
            if not draft.units(piece):
                found |= dict.fromkeys(piece, _beside(draft, piece) or label)
    return found


def _beside(draft: Draft, piece: Iterable[str]) -> str | None:
    metres: dict[str, float] = {}
    cells = set(piece)
    for cell in sorted(cells):
        for other, length in draft.fabric.around(cell).items():
            label = draft.label("grid", other)
            if other not in cells and label is not None:
                metres[label] = metres.get(label, 0.0) + length
    return max(sorted(metres), key=lambda label: metres[label], default=None)
