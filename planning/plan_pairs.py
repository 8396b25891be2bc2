"""
Two plans of one community side by side: which cells differ, found by the database, and which label is which grid.

A plan's cells are compared where they lie, so that a comparison costs by what differs and not by the size of the net.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import connection
from django.db.models import F
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from geo.draft import Level
from grids.models import Plan, PlanCell
from planning.engine import current
from planning.models import Draft
from planning.site import read_shapes
from planning.table import Info, Key, infos_of, read_infos


class Home(NamedTuple):
    """Where a cell belongs: identities of a grid and of a segment, None where it is in none."""

    grid: str | None = None
    segment: str | None = None

    def at(self, level: Level) -> str | None:
        return self.grid if level == "grid" else self.segment


NOWHERE = Home()


@dataclass(frozen=True)
class Side:
    """
    One of the two plans.

    `names` tells the identity of each of its labels: the code of a grid, whatever a draft calls it; of a grid that a
    draft made, its label and the draft. `infos` is by identity.
    """

    plan: Plan | None
    names: Mapping[Key, str]
    infos: Mapping[str, Info]

    @property
    def pk(self) -> int:
        return self.plan.pk if self.plan else 0

    def home(self, grid: str | None, segment: str | None) -> Home:
        """The identities behind the labels of a cell."""
        return Home(self._identity("grid", grid), self._identity("segment", segment))

    def _identity(self, level: Level, label: str | None) -> str | None:
        return (self.names.get((level, label)) or f"{label}@{self.pk}") if label else None

    @cached_property
    def labels(self) -> Mapping[str, list[str]]:
        """Identity -> the labels that cells may bear for it."""
        found: dict[str, list[str]] = {}
        for (_level, label), identity in self.names.items():
            found.setdefault(identity, []).append(label)
        return found


@dataclass(frozen=True)
class Cell:
    """A cell of one of the plans."""

    name: str
    home: Home
    shape: BaseGeometry


@dataclass(frozen=True)
class Pair:
    """Two plans: `before` may be none at all."""

    before: Side
    after: Side

    def sides(self) -> tuple[Side, Side]:
        return self.before, self.after


def reference(plan: Plan) -> Plan | None:
    """
    What a plan is compared with when nobody says: what its draft began from, else the plan before it, else the one in
    force today.
    """
    draft = Draft.objects.filter(plan=plan).select_related("base").first()
    if draft and draft.base:
        return draft.base
    others = Plan.objects.filter(community=plan.community_id).exclude(pk=plan.pk)
    if plan.in_force is not None:
        return others.filter(in_force__endswith__lte=plan.in_force.lower).order_by("-in_force").first()
    return others.in_force(timezone.localdate()).first()


def pair(before: Plan | None, after: Plan) -> Pair:
    """What the labels of both stand for. At most five queries."""
    rows = Draft.objects.filter(plan__in=[plan for plan in (before, after) if plan])
    drafts = {draft.plan_id: draft for draft in rows}
    old, new = before.pk if before else 0, after.pk
    old_infos, new_infos = _infos(before, drafts.get(old)) if before else {}, _infos(after, drafts.get(new))
    old_names = _identities(old_infos, old, {})
    new_names = _identities(new_infos, new, old_names if _base_of(drafts.get(new)) == old else {})
    if before and _base_of(drafts.get(old)) == new:
        old_names = _identities(old_infos, old, new_names)
    return Pair(_side(before, old_names, old_infos), _side(after, new_names, new_infos))


def _base_of(draft: Draft | None) -> int | None:
    return draft.base_id if draft else None


def _infos(plan: Plan, draft: Draft | None) -> dict[Key, Info]:
    return {**infos_of(plan), **(read_infos(draft) if draft else {})}


def _side(plan: Plan | None, names: Mapping[Key, str], infos: Mapping[Key, Info]) -> Side:
    return Side(plan, names, {names[key]: info for key, info in infos.items()})


def _identities(infos: Mapping[Key, Info], pk: int, base: Mapping[Key, str]) -> dict[Key, str]:
    return {key: _identity(key, info, pk, base) for key, info in infos.items()}


def _identity(key: Key, info: Info, pk: int, base: Mapping[Key, str]) -> str:
    if info.code:
        return info.code
    if info.grid:
        return f"g{info.grid}"
    was_there = info.before is not None  # when the draft branched off
    return base[key] if was_there and key in base else f"{info.label}@{pk}"


# Cells


@dataclass(frozen=True)
class Changed:
    """A cell that the two plans do not share: None where one of them lacks it."""

    before: Cell | None
    after: Cell | None


def changed_cells(both: Pair) -> list[Changed]:
    """All cells that differ in label or shape. One query."""
    sql = """
        SELECT name, b.grid, b.segment, ST_AsBinary(b.shape), a.grid, a.segment, ST_AsBinary(a.shape)
        FROM (SELECT * FROM grids_plancell WHERE plan_id = %s) AS b
        FULL JOIN (SELECT * FROM grids_plancell WHERE plan_id = %s) AS a USING (name)
        WHERE a.grid IS DISTINCT FROM b.grid OR a.segment IS DISTINCT FROM b.segment
           OR a.shape::bytea IS DISTINCT FROM b.shape::bytea OR a.grid = ANY(%s) OR a.segment = ANY(%s)
        ORDER BY name"""
    with connection.cursor() as cursor:
        namesakes = _namesakes(both)
        cursor.execute(sql, [both.before.pk, both.after.pk, namesakes, namesakes])
        rows = cursor.fetchall()
    found = []
    for name, *values in rows:
        old, new = _cell(both.before, name, *values[:3]), _cell(both.after, name, *values[3:])
        if old is None or new is None or old.home != new.home or old.shape.wkb != new.shape.wkb:
            found.append(Changed(old, new))
    return found


def _cell(side: Side, name: str, grid: str | None, segment: str | None, wkb: memoryview | None) -> Cell | None:
    return None if wkb is None else Cell(name, side.home(grid, segment), shapely.from_wkb(bytes(wkb)))


def _namesakes(both: Pair) -> list[str]:
    """Labels that stand for one grid in one plan, and for another in the other."""
    old, new = both.before.names, both.after.names
    return sorted({key[1] for key in old.keys() & new.keys() if old[key] != new[key]})


def cells_of(side: Side, grids: Iterable[str]) -> dict[str, Cell]:
    """The cells of some grids of a plan. One query."""
    labels = [label for grid in grids for label in side.labels.get(grid, [])]
    rows = list(
        PlanCell.objects.filter(plan=side.pk, grid__in=labels)
        .order_by("name")
        .annotate(wkb=AsWKB(F("shape")))
        .values_list("name", "grid", "segment", "wkb")
    )
    shapes = read_shapes(row[3] for row in rows)
    return {
        name: Cell(name, side.home(grid, segment), shape)
        for (name, grid, segment, _wkb), shape in zip(rows, shapes, strict=True)
    }


def guests_of(both: Pair) -> dict[str, tuple[Home, Home]]:
    """
    Where the stairwells belong that one of the plans has no cell for: they came later, or lie under others.

    One query where there are none; else the tables of both plans are asked, which know.
    """
    # Joins, not subqueries: the planner of queries would run those for each door.
    sql = """
        SELECT door.code FROM buildings_stairwell door JOIN buildings_building home ON home.id = door.building_id
        LEFT JOIN grids_plancell b ON b.plan_id = %s AND b.name = door.code
        LEFT JOIN grids_plancell a ON a.plan_id = %s AND a.name = door.code
        WHERE home.community_id = %s AND door.gone_since IS NULL AND home.gone_since IS NULL
          AND (a.id IS NULL OR b.id IS NULL)"""
    plans = [side.plan for side in both.sides() if side.plan]
    ids = [plans[0].pk, plans[-1].pk]  # of a plan that stands alone twice the same
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ids, plans[0].community_id])
        codes = [code for (code,) in cursor.fetchall()]
    if not codes:
        return {}
    homes = [_homes(side, codes) for side in both.sides()]
    return {code: (homes[0][code], homes[1][code]) for code in codes}


def _homes(side: Side, codes: Iterable[str]) -> dict[str, Home]:
    if side.plan is None:
        return dict.fromkeys(codes, NOWHERE)
    table = current(side.plan)
    return {code: side.home(table.label("grid", code), table.label("segment", code)) for code in codes}
