"""The ground under a draft: who lives in which stairwell, in counts, and which stairwells no cell is named after."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import F, Subquery
from shapely.geometry.base import BaseGeometry

from buildings.models import Area, GroundChange, Stairwell
from buildings.names import building_title, stairwell_title
from geo.cells import overlapping
from geo.geos import to_shapely
from grids import headcount
from grids.draft import border_costs, households_of, lines_of

DECIMALS = 7  # of a degree: the grid of stored coordinates
MEASURES = ("households", "people", "alone")


@dataclass(frozen=True)
class Unit:
    """A stairwell as the planner's table knows it."""

    code: str
    building: str
    building_title: str
    title: str
    footprint: BaseGeometry

    @cached_property
    def rings(self) -> bytes:
        """The footprint as text. Made once: no edit changes it."""
        return rings_of(self.footprint)


@dataclass(frozen=True)
class Site:
    """
    What a draft stands on and never changes.

    Attributes
    ----------
    units : dict of stairwell code to Unit
        All that stand in the community today.
    weights : dict of stairwell code to counts of households, people and people living alone
        The last two are shares of what is known of blocks of doors (grids/headcount.py).
    overlapping : list of sets of stairwell codes
        What no line can separate.
    boundary : Polygon or MultiPolygon, optional
        Of the community, as it is today.
    is_estimated : bool
        No household is known, and the weights are made of dwellings or of floor area.
    """

    units: Mapping[str, Unit]
    weights: Mapping[str, Mapping[str, float]]
    overlapping: list[set[str]]
    boundary: BaseGeometry | None = None
    is_estimated: bool = False

    @cached_property
    def _tree(self) -> tuple[list[str], shapely.STRtree]:
        return list(self.units), shapely.STRtree([unit.footprint for unit in self.units.values()])

    def nearest(self, points: Sequence[shapely.Point]) -> list[str]:
        """The stairwell nearest to each point, by degrees; none where none stands."""
        names, tree = self._tree
        return [names[at] for at in tree.nearest(points)] if names and points else []

    @cached_property
    def doors(self) -> dict[str, set[str]]:
        """The stairwells of each building."""
        found: dict[str, set[str]] = defaultdict(set)
        for code, unit in self.units.items():
            found[unit.building].add(code)
        return dict(found)


def rings_of(shape: BaseGeometry) -> bytes:
    """All rings of a footprint as JSON, to be filled by the even-odd rule."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return orjson.dumps([shapely.get_coordinates(ring).round(DECIMALS).tolist() for ring in rings])


#: The newest act that changed the ground: with another one, what a process keeps of it is stale.
LAST_CHANGE = Subquery(GroundChange.objects.order_by("-pk").values("pk")[:1])


def read_shapes(values: Iterable[Any]) -> np.ndarray:
    """Geometries of a column of `AsWKB`."""
    return np.asarray(shapely.from_wkb([bytes(value) for value in values]), dtype=object)


def survey(community: Area) -> Site:
    """The ground of a community as it is today. Two queries where households are known, five where none are."""
    units = _units(community)
    shapes = {code: unit.footprint for code, unit in units.items()}
    lives = _lives(community)
    weights = lives or _estimates(community)
    return Site(units, weights, overlapping(shapes), to_shapely(community.boundary), not lives)


def _units(community: Area) -> dict[str, Unit]:
    rows = (
        Stairwell.objects.standing()
        .filter(building__community=community, building__gone_since=None)
        .order_by("code")
        .annotate(wkb=AsWKB(F("footprint")))
        .values_list(
            "code", "name", "number", "building__code", "building__name", "building__number", "building__address", "wkb"
        )
    )
    found = list(rows)
    footprints = read_shapes(row[-1] for row in found)
    units = {}
    for (code, name, number, building, *called, _wkb), footprint in zip(found, footprints, strict=True):
        home = building_title(name=called[0], number=called[1], address=called[2], code=building)
        door = stairwell_title(name=name, number=number)
        units[code] = Unit(code, building, home, f"{home} {door}", footprint)
    return units


def _lives(community: Area) -> dict[str, dict[str, float]]:
    """Counts of each stairwell behind which somebody lives, as planners may be told them (law 10)."""
    found = headcount.of_communities([community.pk])
    return {code: dict(zip(MEASURES, map(float, counts), strict=True)) for code, counts in found.items()}


def _estimates(community: Area) -> dict[str, dict[str, float]]:
    """Households of each stairwell by its dwellings, or else by its floor area."""
    doors = Stairwell.objects.standing().filter(building__community=community, building__gone_since=None)
    found = households_of(list(doors.select_related("building").order_by("code")))
    return {code: {"households": float(round(count))} for code, count in found.items()}


class Ties(Mapping[tuple[str, str], float]):
    """
    How dear a border between two cells is, by roads, walls and compounds; worked out when somebody first asks.

    Most steps never do. Cells whose borders moved since keep the ties that they had.
    """

    def __init__(self, community: Area, cells: Mapping[str, BaseGeometry]):
        self._community, self._cells = community, cells

    @cached_property
    def _costs(self) -> dict[tuple[str, str], float]:
        boundary = to_shapely(self._community.boundary)
        if boundary is None:
            return {}
        doors = Stairwell.objects.filter(building__community=self._community)
        compound = dict(doors.values_list("code", "building__compound"))
        return border_costs(self._cells, lines_of(self._community, boundary), compound)

    def __getitem__(self, pair: tuple[str, str]) -> float:
        return self._costs[pair]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._costs)

    def __len__(self) -> int:
        return len(self._costs)


def hosts(cells: Mapping[str, BaseGeometry], site: Site) -> dict[str, str]:
    """
    The cell of each stairwell that has none of its own and lies under none that has: it came after the cells were cut.

    All stairwells of a building go to the cell that holds most of the building. One that no cell touches is left out.
    """
    covered = {code for group in site.overlapping if group & cells.keys() for code in group}
    homeless = {code for code in site.units if code not in cells and code not in covered}
    names, shapes = list(cells), np.array(list(cells.values()), dtype=object)
    found: dict[str, str] = {}
    tree = shapely.STRtree(shapes) if homeless else None
    for codes in site.doors.values():
        if tree is not None and codes & homeless:
            footprint = shapely.union_all([site.units[code].footprint for code in sorted(codes)])
            near = tree.query(footprint, predicate="intersects")
            area = shapely.area(shapely.intersection(shapes[near], footprint))
            if len(near) and area.max() > 0:
                found |= dict.fromkeys(codes & homeless, names[near[int(np.argmax(area))]])
    return found
