"""
One draft as a process holds it: the kernel's state, what its labels stand for, and what was worked out and still holds.

A table never changes. A step makes another one, which shares with it all that the step left alone.
"""

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, TypeVar

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import F, Max
from shapely.geometry.base import BaseGeometry

from buildings.models import GroundChange
from geo.coverage import label_point
from geo.draft import LEVELS, Delta, Level, start
from geo.draft import Draft as State
from grids.headcount import told
from grids.models import Plan, PlanCell, label_of
from planning.models import Draft, DraftGrid
from planning.site import MEASURES, Site, Ties, hosts, read_shapes, survey

Key = tuple[Level, str]
Stamp = tuple[int | None, str]  # the last change of the ground, and the plan's status: labels turn into codes with it
LARGE = 5_000  # cells; half a second of a garbage collection is spent on a table of 35,000
_WHOLE = ""  # no label
T = TypeVar("T")


@dataclass(frozen=True)
class Info:
    """What a label stands for: `grid` is the primary key of the grid that has it, `before` its figures at the base."""

    level: Level
    label: str
    name: str
    kind: str = "basic"
    grid: int | None = None
    code: str | None = None
    colour: int = 0
    before: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Table:
    """
    A draft, or any other plan, at one version.

    Attributes
    ----------
    stamp : tuple
        What it is true of, beside the version.
    state : geo.draft.Draft
    infos : dict of (level, label) to Info
        Of all labels that there ever were.
    bare : dict of level to the cells without a label
    hosts : dict of stairwell to cell
        Of stairwells that came after the ground was cut.
    """

    plan: int
    version: int
    stamp: Stamp
    state: State
    site: Site
    infos: Mapping[Key, Info]
    bare: Mapping[Level, frozenset[str]]
    hosts: Mapping[str, str]
    _found: dict[tuple[str, Level, str], Any] = field(default_factory=dict, repr=False)

    def labels(self, level: Level) -> list[str]:
        """The labels that have cells, in order."""
        return sorted(self.state.layers[level].members)

    def drawn(self) -> list[Key]:
        """All labels that have cells, the grids first."""
        return [(level, label) for level in LEVELS for label in self.labels(level)]

    def info(self, level: Level, label: str) -> Info:
        return self.infos.get((level, label)) or Info(level, label, label)

    def has(self, level: Level, label: str) -> bool:
        return label in self.state.layers[level].members

    def parent(self, segment: str) -> str | None:
        """The grid in which a segment lies."""
        return self.state.label("grid", next(iter(self.state.members("segment", segment))))

    def segments_of(self, grid: str) -> list[str]:
        def make() -> list[str]:
            found = {self.state.label("segment", cell) for cell in self.state.members("grid", grid)}
            return sorted(label for label in found if label is not None)

        return self.kept("segments", "grid", grid, make)

    def kept(self, what: str, level: Level, label: str, make: Callable[[], T]) -> T:
        """What `make` says of a grid or segment, made once and kept until a step concerns it."""
        key = (what, level, label)
        if key not in self._found:
            self._found[key] = make()
        found: T = self._found[key]
        return found

    def remembered(self, what: str, of: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` says of the whole draft, made again when one of the things that it is of is another one."""
        key: tuple[str, Level, str] = (what, "grid", _WHOLE)
        known = self._found.get(key)
        if known is None or any(one is not other for one, other in zip(known[0], of, strict=True)):
            known = self._found[key] = (of, make())
        found: T = known[1]
        return found

    def label(self, level: Level, unit: str) -> str | None:
        """The label of a stairwell, or of a cell without one."""
        return self.state.label(level, self.state.ground.host.get(unit, unit))

    @property
    def placed(self) -> Set[str]:
        """Stairwells that the draft has."""
        return self.state.ground.footprints.keys()

    def building_title(self, code: str) -> str:
        doors = self.site.doors.get(code)
        return self.site.units[min(doors)].building_title if doors else code

    def label_point(self, level: Level, label: str) -> tuple[float, float]:
        def make() -> tuple[float, float]:
            point = label_point(self.state.shape(level, label))
            return round(point.x, 7), round(point.y, 7)

        return self.kept("point", level, label, make)

    def figures(self, level: Level, label: str) -> dict[str, Any]:
        """The figures of a grid or segment, as the API tells them."""
        measures = self.state.measures(level, label)
        sums = figures_of(measures.sums)
        shape = {"area_m2": round(measures.area), "compactness": round(measures.compactness, 3)}
        return {**sums, "stairwells": measures.units, "units": measures.units, **shape, "pieces": measures.pieces}

    def concerned(self, cells: Iterable[str]) -> set[Key]:
        """The labels that cells have."""
        return {(level, label) for cell in cells for level in LEVELS if (label := self.state.label(level, cell))}

    def after(self, state: State, delta: Delta, *, infos: Mapping[Key, Info] | None = None) -> "Table":
        """The table one version on."""
        cells = set(delta.cells).union(*delta.labels.values())
        new = replace(
            self,
            version=self.version + 1,
            state=state,
            infos=self.infos if infos is None else infos,
            bare={level: _bare(self.bare[level], delta, state, level) for level in LEVELS},
            _found={},
        )
        spoilt = self.concerned(cells) | new.concerned(cells)
        known = self._found.copy()  # at once: another thread may look at the table and find more meanwhile
        new._found.update({key: value for key, value in known.items() if key[1:] not in spoilt})
        return new

    def unit_title(self, code: str) -> str:
        unit = self.site.units.get(code)
        return unit.title if unit else code

    def name_of(self, name: str) -> str:
        """What a person calls a label or a stairwell."""
        for level in LEVELS:
            if (level, name) in self.infos:
                return self.infos[level, name].name
        return self.unit_title(name)


def figures_of(sums: Mapping[str, float]) -> dict[str, int | None]:
    """Households, people and people living alone as planners are told them: None of too few households (law 10)."""
    households = sums.get("households", 0.0)
    people = {name: told(households, sums[name]) if name in sums else None for name in MEASURES[1:]}
    return {"households": int(households), **people}


def _bare(before: frozenset[str], delta: Delta, state: State, level: Level) -> frozenset[str]:
    cells = delta.labels.get(level, {}).keys() | delta.cells.keys()
    if not cells:
        return before
    bare = {cell for cell in cells if cell in state.fabric.cells and state.label(level, cell) is None}
    return (before - cells) | bare


# Reading


def load(plan: Plan, draft: Draft | None) -> Table:
    """A plan as the database has it. Seven queries, whatever its size."""
    mark = stamp(plan)  # before all else: what changes meanwhile makes the table stale
    site = survey(plan.community)
    cells, labels = _cells(plan)
    found = hosts(cells, site)
    groups = [group for group in site.overlapping if any(code in cells or code in found for code in group)]
    placed = cells.keys() | found.keys() | set().union(*groups)
    state = start(
        cells,
        labels["grid"],
        segments=labels["segment"],
        footprints={code: unit.footprint for code, unit in site.units.items() if code in placed},
        together=[codes for codes in site.doors.values() if len(codes) > 1],
        overlapping=[*groups, *({unit, cell} for unit, cell in found.items())],
        weights=site.weights,
        locked=[(level, label) for level, label in draft.locked] if draft else [],
        allowed={(level, label): pieces for level, label, pieces in draft.allowed} if draft else {},
    )
    state = replace(state, ground=replace(state.ground, ties=Ties(plan.community, cells)))
    state.fabric.learn(list(cells))
    # Once submitted, the cells of a draft bear the labels that its grids have in `infos_of`.
    infos = {**infos_of(plan), **(read_infos(draft) if draft else {})}
    bare = {level: frozenset(state.unassigned(level)) for level in LEVELS}
    if len(cells) > LARGE:
        _keep_from_collection()
    return Table(plan.pk, draft.version if draft else 0, mark, state, site, infos, bare, found)


def _keep_from_collection() -> None:
    """
    Take all that there is out of what the garbage collector walks, once what nobody has any more is gone.

    A table is a million objects without a cycle: it goes when its last user does, and to look for cycles in it every
    few steps let a planner wait.
    """
    gc.collect()
    gc.freeze()


def _cells(plan: Plan) -> tuple[dict[str, BaseGeometry], dict[Level, dict[str, str]]]:
    rows = list(
        PlanCell.objects.filter(plan=plan)
        .order_by("name")
        .annotate(wkb=AsWKB(F("shape")))
        .values_list("name", "grid", "segment", "wkb")
    )
    names = [row[0] for row in rows]
    cells = dict(zip(names, read_shapes(row[3] for row in rows), strict=True))
    grids = {name: grid for name, grid, _, _ in rows if grid}
    return cells, {"grid": grids, "segment": {name: segment for name, _, segment, _ in rows if segment}}


def stamp(plan: Plan) -> Stamp:
    """What a table is true of, beside its version. One query."""
    return GroundChange.objects.aggregate(last=Max("pk"))["last"], plan.status


def read_infos(draft: Draft) -> dict[Key, Info]:
    """What the labels of a draft stand for. One query."""
    rows = DraftGrid.objects.filter(draft=draft).select_related("grid")
    infos: dict[Key, Info] = {}
    for row in rows:
        level: Level = "grid" if row.level == "grid" else "segment"
        code = row.grid.code if row.grid else None
        infos[level, row.label] = Info(level, row.label, row.name, row.kind, row.grid_id, code, row.colour, row.before)
    return infos


def infos_of(plan: Plan) -> dict[Key, Info]:
    """What the labels of a plan stand for that was never on the table. One query."""
    infos: dict[Key, Info] = {}
    for row in plan.boundaries.select_related("grid").defer("boundary", "boundary_mercator", "label_mercator"):
        grid, level = row.grid, LEVELS[row.grid.level - 1]
        # The plan may have been drawn before its grids had codes.
        for label in {label_of(grid), f"g{grid.pk}"}:
            infos[level, label] = Info(level, label, grid.name, grid.kind, grid.pk, grid.code, row.colour)
    return infos


# What a process keeps


class Shelf:
    """The tables that this process used last, the newest of each plan."""

    SIZE = 8  # a plan of 10,000 cells is about 60 MB

    def __init__(self) -> None:
        self._tables: OrderedDict[int, Table] = OrderedDict()
        self._lock = Lock()

    def get(self, plan: int) -> Table | None:
        with self._lock:
            if plan in self._tables:
                self._tables.move_to_end(plan)
            return self._tables.get(plan)

    def put(self, table: Table) -> None:
        """Keep a table, unless a later one is there."""
        with self._lock:
            known = self._tables.get(table.plan)
            if known is None or known.stamp != table.stamp or known.version <= table.version:
                self._tables[table.plan] = table
            self._tables.move_to_end(table.plan)
            while len(self._tables) > self.SIZE:
                self._tables.popitem(last=False)

    def drop(self, plan: int) -> None:
        with self._lock:
            self._tables.pop(plan, None)

    def clear(self) -> None:
        with self._lock:
            self._tables.clear()


shelf = Shelf()


def box_of(table: Table) -> list[float]:
    """West, south, east, north of all cells."""
    return [float(number) for number in shapely.total_bounds(list(table.state.fabric.cells.values()))]
