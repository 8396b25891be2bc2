"""
Where a case is, as the public may know it: at a building, else in a hexagon, else in a community, else nowhere.

Every answer to somebody who is not signed in (map, list, statistics, hot spots, tracking, feeds) names one of these
places and nothing finer. So whatever is added to and taken from what, all that can be worked out is about a union of
places; and the places are chosen so that each, less the shown ones in it, has at least 8 households (law 10).

    community                   a hexagon that two communities share is two places
      hexagon   hexagon   the rest
        building   the rest: small buildings, and the street
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from django.contrib.gis.db.models.functions import PointOnSurface
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Max

from buildings.models import Area, GroundChange
from cases.models import Case, OpenPlace
from cases.study import Ground, houses_of
from geo.hexagons import Lattice
from geo.suppression import suppress

LATTICE = Lattice(100.0)  # one for all that is public: two lattices together would cut each other's cells
SEEN = "cases.places.ground"  # key in the cache: the change of the ground that the places were last drawn after
_MANY = 99  # reporters, where only households matter


@dataclass(frozen=True)
class PublicPlace:
    """`kind` is building, cell, community or "" for none; a community has no position."""

    kind: str = ""
    code: str = ""
    name: str = ""
    lon: float | None = None
    lat: float | None = None


def public_place(case: Case) -> PublicPlace:
    return public_places([case])[case.pk]


def public_places(cases: Iterable[Case]) -> dict[int, PublicPlace]:
    """The public place of each case by its key; give `select_related("building", "community")`. Three queries."""
    cases = list(cases)
    be_drawn()
    at_building = _building_rows({case.building_id for case in cases if case.building_id})
    cell_of = {case.pk: _cell_of(case, at_building) for case in cases}
    open_cells = _shown_cells(set(cell_of.values()))
    open_areas = _shown_areas({case.community_id for case in cases if case.community_id})
    return {case.pk: _place(case, cell_of[case.pk], at_building, open_cells, open_areas) for case in cases}


def _place(case: Case, cell: int, at_building: dict, open_cells: set, open_areas: set) -> PublicPlace:
    row = at_building.get(case.building_id)
    if case.community is None or case.community_id not in open_areas:
        return PublicPlace()
    if case.building and row and row.shown and row.area_id == case.community_id:
        lon, lat = row.point.coords
        return PublicPlace("building", case.building.code, case.building.title, lon, lat)
    name = case.community.name
    if (case.community_id, cell) in open_cells:
        [(lon, lat)] = LATTICE.centres(np.array([cell])).tolist()
        return PublicPlace("cell", str(cell), name, round(lon, 6), round(lat, 6))
    return PublicPlace("community", case.community.code, name)


def _building_rows(buildings: set) -> dict[int | None, OpenPlace]:
    rows = OpenPlace.objects.filter(building__in=buildings).annotate(point=PointOnSurface("building__footprint"))
    return {row.building_id: row for row in rows}


def _cell_of(case: Case, at_building: dict) -> int:
    """The hexagon that a case counts in: that of its building, else that of its point."""
    row = at_building.get(case.building_id)
    return row.cell if row else int(LATTICE.cells_of([case.point.x], [case.point.y])[0])


def _shown_cells(cells: set[int]) -> set[tuple[int, int]]:
    rows = OpenPlace.objects.filter(cell__in=cells, building=None, shown=True)
    return {(area, cell) for area, cell in rows.values_list("area", "cell") if cell is not None}


def _shown_areas(areas: set) -> set[int]:
    return set(OpenPlace.objects.filter(area__in=areas, cell=None, shown=True).values_list("area", flat=True))


# Drawing the places


def be_drawn() -> None:
    if not OpenPlace.objects.exists():
        draw()


def follow_ground() -> None:
    """Draw anew where ground or households changed since the clock last looked. One query where they did not."""
    latest = GroundChange.objects.aggregate(last=Max("pk"))["last"] or 0
    if cache.get(SEEN) != latest:
        draw()
        cache.set(SEEN, latest, timeout=None)


@transaction.atomic
def draw() -> int:
    """
    Draw the public places from the households of today, and return how many are shown.

    What is known stays as it was or is shown no more: a place that begins to be shown would, against what was public
    before, single out its neighbours. Communities of which nothing was shown yet are drawn whole.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('cases.places'))")
    rows = _tree()
    before = {(row.area_id, row.cell, row.building_id): row.shown for row in OpenPlace.objects.all()}
    known = {area for (area, cell, _building), shown in before.items() if cell is None and shown}
    may = np.array([row.area not in known or before.get(row.key, False) for row in rows], dtype=bool)
    nothing = np.zeros(len(rows), dtype=np.int64)
    parents, homes = [row.parent for row in rows], [row.households for row in rows]
    shown = suppress(nothing, homes, np.where(may, _MANY, 0), parent=parents)
    OpenPlace.objects.all().delete()
    OpenPlace.objects.bulk_create(
        OpenPlace(area_id=row.area, cell=row.cell, building_id=row.building, households=row.households, shown=bool(yes))
        for row, yes in zip(rows, shown, strict=True)
        if not row.nowhere
    )
    return int(shown.sum())


@dataclass
class _Row:
    """A place in the tree; `nowhere` is the ground of its whole on which no home stands, which is always hidden."""

    area: int
    cell: int | None = None
    building: int | None = None
    parent: int = -1
    households: int = 0
    nowhere: bool = False

    @property
    def key(self) -> tuple[int, int | None, int | None]:
        return self.area, self.cell, self.building


def _tree() -> list[_Row]:
    """Areas from the top, then hexagons, then buildings: wholes before their parts, households added up."""
    rows: list[_Row] = []
    number: dict[tuple, int] = {}

    def put(row: _Row) -> None:
        if not row.nowhere:
            number[row.key] = len(rows)
        rows.append(row)

    for pk, above in Area.objects.order_by("level").values_list("pk", "parent"):
        put(_Row(pk, parent=number.get((above, None, None), -1)))
    houses = list(_houses())
    for community, cell in sorted({(community, cell) for community, cell, *_rest in houses}):
        put(_Row(community, cell, parent=number[community, None, None]))
    for community, cell, building, households in houses:
        put(_Row(community, cell, building, number[community, cell, None], households))
    for community in {community for community, *_rest in houses}:
        put(_Row(community, parent=number[community, None, None], nowhere=True))
    for community, cell in {(community, cell) for community, cell, *_rest in houses}:
        put(_Row(community, cell, parent=number[community, cell, None], nowhere=True))
    for row in reversed(rows):
        if row.parent >= 0:
            rows[row.parent].households += row.households
    return rows


def _houses() -> Iterator[tuple[int, int, int, int]]:
    """Community, hexagon, building and its households, of all buildings; a known building keeps its hexagon."""
    found = houses_of(Ground(("",)), LATTICE)
    known = dict(OpenPlace.objects.filter(building__isnull=False).values_list("building", "cell"))
    for column in zip(found.building, found.community, found.cells, found.households, strict=True):
        pk, community, cell, homes = (int(value) for value in column)
        yield community, known.get(pk) or cell, pk, homes
