"""On what ground figures are about: whose it is, which hexagons lie on it, who lives in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from django.contrib.gis.db.models.functions import PointOnSurface
from django.db.models import Count, FloatField, Func, Q, QuerySet
from numpy.typing import NDArray

from accounts import policy
from accounts.roles import Role
from buildings.models import Area, Building, Household
from cases.columns import Columns, Whole
from cases.models import Case
from geo.geos import to_shapely
from geo.hexagons import Cells, Lattice

Flags = NDArray[np.bool_]

# Who sees exact figures of their area. Who answers for one grid sees its cases in a list, and here what all see.
SEES_AREAS = frozenset({Role.COMMUNITY_SECRETARY, Role.COMMUNITY_STAFF, Role.DISPATCHER, Role.PLANNER, Role.APPROVER})


@dataclass(frozen=True)
class Ground:
    """The communities below some official codes; "" is all there are."""

    codes: tuple[str, ...]

    @cached_property
    def communities(self) -> dict[int, int]:
        """Key of each community -> key of its town (subdistrict), 0 for none."""
        return {pk: parent or 0 for pk, parent in _communities(self.codes).values_list("pk", "parent")}

    @cached_property
    def around(self) -> dict[int, int]:
        """The same of all communities of these towns: a hot spot must stand out in its town."""
        towns = Area.objects.communities().filter(parent__in=set(self.communities.values()))
        return {pk: parent or 0 for pk, parent in towns.values_list("pk", "parent")} | self.communities

    def cases(self) -> QuerySet[Case]:
        if "" in self.codes:  # all there are: asked by community, the server would look each of a million up
            return Case.objects.filter(community__isnull=False)
        return Case.objects.filter(community__in=list(self.around))


def ground_of(user: Any, on: date) -> Ground | None:
    """What somebody may see exact figures of; None for those who see what the public sees."""
    if user.is_superuser:
        return Ground(("",))
    codes = policy.areas_of(user, SEES_AREAS, on)
    return Ground(tuple(codes)) if codes else None


def _communities(codes: Iterable[str]) -> QuerySet[Area]:
    under = Q(pk__in=[])
    for code in codes:
        under |= Q(code__startswith=code)
    return Area.objects.communities().filter(under)


@dataclass(frozen=True)
class Houses:
    """Buildings, sorted by key, each with its community, its hexagon and its households."""

    building: Whole
    community: Whole
    cells: Cells
    households: Whole
    lattice: Lattice

    def cells_of(self, columns: Columns) -> Cells:
        """The hexagon of each case: that of its building, where it has one, else that of its point."""
        found = self.lattice.cells_of(columns.lon, columns.lat)
        if not len(self.building):
            return found
        place = np.minimum(np.searchsorted(self.building, columns.building), len(self.building) - 1)
        return np.where(self.building[place] == columns.building, self.cells[place], found)

    def households_in(self, cells: Cells) -> Whole:
        """Households of each of the hexagons, among which are all that hold a building."""
        return np.bincount(np.searchsorted(cells, self.cells), self.households, len(cells)).astype(np.int64)


def houses_of(ground: Ground, lattice: Lattice) -> Houses:
    standing = Building.objects.filter(community__in=list(ground.around)).order_by("pk")
    rows = list(standing.values_list("pk", "community", *(_middle(axis) for axis in ("ST_X", "ST_Y"))))
    keys, communities = (np.array([row[part] for row in rows], dtype=np.int64) for part in (0, 1))
    cells = lattice.cells_of([row[2] for row in rows], [row[3] for row in rows])
    # Counted apart: beside the points, the database would group by the points as well, and take four times as long.
    homes = dict(_homes(ground).values_list("dwelling__stairwell__building").annotate(Count("pk")))
    return Houses(keys, communities, cells, np.array([homes.get(row[0], 0) for row in rows], dtype=np.int64), lattice)


def _homes(ground: Ground) -> QuerySet[Household]:
    return Household.objects.filter(dwelling__stairwell__building__community__in=list(ground.around)).order_by()


def _middle(axis: str) -> Func:
    return Func(PointOnSurface("footprint"), function=axis, output_field=FloatField())


@dataclass(frozen=True)
class Study:
    """Hexagons, sorted and each once; the town of each, within which they are compared; and which are one's own."""

    cells: Cells
    town: Whole
    mine: Flags


def study_of(ground: Ground, houses: Houses, columns: Columns, where: Cells) -> Study:
    """The hexagons with their middle in a community, and those of a building or a case that stick out of it."""
    inside = _inside(ground, houses.lattice)
    communities = np.concatenate([[key for key, cells in inside for _ in cells], houses.community, columns.community])
    cells = np.concatenate([*(cells for _key, cells in inside), houses.cells, where])
    found, first = np.unique(cells, return_index=True)
    chosen = communities[first].astype(np.int64)
    town = np.array([ground.around[key] for key in chosen.tolist()], dtype=np.int64)
    mine = np.isin(found, cells[np.isin(communities, list(ground.communities))])
    return Study(found, town, mine)


def _inside(ground: Ground, lattice: Lattice) -> list[tuple[int, Cells]]:
    rows = Area.objects.filter(pk__in=list(ground.around), boundary__isnull=False).order_by("code")
    return [(pk, lattice.within(to_shapely(boundary))) for pk, boundary in rows.values_list("pk", "boundary")]
