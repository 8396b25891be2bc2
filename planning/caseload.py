"""Open cases as whoever draws a plan counts them: where each lies, and nothing of what it is about."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import shapely
from django.db.models import QuerySet

from cases.models import Case
from geo.draft import LEVELS, Level
from planning.plan_pairs import NOWHERE, Cell, Home
from planning.table import Table


class Standing(NamedTuple):
    """An open case: its number, status in words, door where it is at one, and place (longitude, latitude)."""

    number: str
    status: str
    door: str | None
    point: shapely.Point


def open_cases(community: int) -> list[Standing]:
    """The open cases of a community, oldest first. One query."""
    rows: QuerySet[Case] = Case.objects.open().filter(community=community).order_by("reported_at", "pk")
    rows = rows.select_related("stairwell").only("status", "point", "stairwell__code")
    return [
        Standing(row.number, row.get_status_display(), row.stairwell.code if row.stairwell else None, _point(row))
        for row in rows
    ]


def _point(row: Case) -> shapely.Point:
    return shapely.Point(row.point.x, row.point.y)


def caseload(found: Table, community: int) -> Counter[tuple[Level, str]]:
    """
    Open cases in each grid and segment of a table. A case without a door counts where the nearest door does.

    One query; it costs by the cases, not by the doors.
    """
    count: Counter[tuple[Level, str]] = Counter()
    for unit in _units(found, open_cases(community)):
        for level in LEVELS:
            if label := found.label(level, unit):
                count[level, label] += 1
    return count


def _units(found: Table, cases: list[Standing]) -> list[str]:
    units = found.site.units
    at_doors = [case.door for case in cases if case.door and case.door in units]
    beside = [case.point for case in cases if case.door not in units]
    return at_doors + found.site.nearest(beside)


class Moving(NamedTuple):
    """An open case that changes grid, by the identities of its grids."""

    case: Standing
    giver: str | None
    taker: str | None


def moving(
    community: int,
    doors: Mapping[str, tuple[Home, Home]],
    old: Mapping[str, Cell],
    new: Mapping[str, Cell],
) -> list[Moving]:
    """The open cases that change grid: with their door, or by the cells that their point lies in. One query."""
    cases = open_cases(community)
    street = [case for case in cases if case.door is None]
    homes = {case.number: doors[case.door] for case in cases if case.door and case.door in doors}
    before, after = (_homes([case.point for case in street], cells) for cells in (old, new))
    homes |= {case.number: pair for case, *pair in zip(street, before, after, strict=True)}  # type: ignore[misc]
    moved = [(case, *homes[case.number]) for case in cases if case.number in homes]
    return [Moving(case, was.grid, will.grid) for case, was, will in moved if was.grid != will.grid]


def _homes(points: list[shapely.Point], cells: Mapping[str, Cell]) -> list[Home]:
    """Where each point lies; on an edge, in the cell of the smallest name."""
    if not points:
        return []
    names = sorted(cells)
    tree = shapely.STRtree([cells[name].shape for name in names])
    first: dict[int, int] = {}
    for point, cell in zip(*tree.query(points, predicate="intersects").tolist(), strict=True):
        first[point] = min(cell, first.get(point, cell))
    return [cells[names[first[at]]].home if at in first else NOWHERE for at in range(len(points))]
