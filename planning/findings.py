"""
What is to be found in a draft: looked for once, and again only where a step changed something.

Nothing here is in words: what is found is kept for all who look, and each of them reads their own language.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.contiguity import pieces
from geo.coverage import EDGE_TOLERANCE
from geo.crs import flatten, metres_per_degree
from geo.draft import Level, is_thin, spot
from geo.errors import Place
from planning.table import Table

NARROW = 2.0  # metres; what is narrower can be neither walked nor seen on the map
SLIVER_M2 = 20.0  # of a narrow part: 10 m of it; a sharp corner has less
MOST = 50  # findings of one kind; a planner mends some and is shown the next


class Part(NamedTuple):
    """Some cells of a draft, and a place in them."""

    cells: frozenset[str]
    place: Place | None


def bare_parts(table: Table) -> list[Part]:
    """Ground that no grid has, in connected parts, the largest first."""

    def make() -> list[Part]:
        bare = table.bare["grid"]
        table.state.fabric.learn(bare)
        return [_part(table, cells) for cells in pieces(bare, table.state.fabric.around)[:MOST]]

    return table.remembered("bare", (table.bare["grid"], table.state.fabric), make)


def _part(table: Table, cells: Collection[str]) -> Part:
    return Part(frozenset(cells), spot(table.state.fabric.cells[min(cells)]))


def strays(table: Table, level: Level, label: str) -> list[Part]:
    """The lesser parts of a grid that does not hang together."""

    def make() -> list[Part]:
        state = table.state
        if state.measures(level, label).pieces < 2:
            return []
        members = state.members(level, label)
        state.fabric.learn(members)
        found = [_part(table, cells) for cells in pieces(members, state.fabric.around)[1:]]
        return found or [Part(frozenset(), spot(_smallest(state.shape(level, label))))]

    return table.kept("strays", level, label, make)


def _smallest(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    found: BaseGeometry = parts[int(np.argmin(shapely.area(parts)))]
    return found


def sliver(table: Table, label: str) -> Place | None:
    """Where a grid is so narrow that nobody could see or walk it."""
    return table.kept("sliver", "grid", label, lambda: narrow_place(table.state.shape("grid", label)))


def narrow_place(shape: BaseGeometry) -> Place | None:
    """
    A place in a part of a polygon (degrees) that is narrower than `NARROW` for at least about ten metres.

    What an opening by a square of that width leaves out; sharp corners are too small to count.
    """
    west, south, _, _ = shape.bounds
    flat = shapely.simplify(flatten([shape], (west, south))[0], EDGE_TOLERANCE)
    inner = shapely.buffer(flat, -NARROW / 2, join_style="mitre")
    opened = shapely.buffer(inner, NARROW / 2 + EDGE_TOLERANCE, join_style="mitre", mitre_limit=10.0)
    left = shapely.get_parts(shapely.difference(flat, opened))
    if not len(left) or shapely.area(left).max() < SLIVER_M2:
        return None
    x, y = shapely.get_coordinates(shapely.point_on_surface(left[int(np.argmax(shapely.area(left)))]))[0]
    east, north = metres_per_degree(south)
    return west + float(x) / east, south + float(y) / north


# One building, several labels


class Torn(NamedTuple):
    """A building whose stairwells have several labels of a level."""

    building: str
    units: tuple[str, ...]
    place: Place | None


def torn(table: Table, level: Level, grid: str) -> list[Torn]:
    """Buildings of a grid whose stairwells are not all in one grid, or segment."""

    def make() -> list[Torn]:
        units = table.state.units(table.state.members("grid", grid)) & table.site.units.keys()
        found = []
        for building in sorted({table.site.units[unit].building for unit in units}):
            doors = table.site.doors[building] & table.placed
            if len({table.label(level, door) for door in doors}) > 1:
                place = spot(table.site.units[min(doors)].footprint)
                found.append(Torn(building, tuple(sorted(doors)), place))
        return found

    return table.kept(f"torn {level}", "grid", grid, make)


def without_segment(table: Table, grid: str) -> list[Part]:
    """Ground that no segment has, in a grid that has segments."""

    def make() -> list[Part]:
        members = table.state.members("grid", grid)
        bare = members & table.bare["segment"]
        if not bare or len(bare) == len(members):
            return []
        return [_part(table, cells) for cells in pieces(bare, table.state.fabric.around)]

    return table.kept("without segment", "grid", grid, make)


# What came later, and what lies outside


class Guest(NamedTuple):
    """A building that came after the ground was cut: its stairwells, and how much of it stands on which cells."""

    building: str
    units: tuple[str, ...]
    cells: Mapping[str, float]  # square degrees, to be compared
    place: Place | None


def guests(table: Table) -> list[Guest]:
    """The buildings with stairwells that have no cell of their own and are with another one until the next cut."""

    def make() -> list[Guest]:
        found = []
        for building in sorted({table.site.units[unit].building for unit in table.hosts}):
            units = tuple(sorted(table.site.doors[building] & table.hosts.keys()))
            shape = shapely.union_all([table.site.units[unit].footprint for unit in units])
            found.append(Guest(building, units, _under(table, shape), spot(shape)))
        return found

    return table.remembered("guests", (table.state.fabric,), make)


def _under(table: Table, shape: BaseGeometry) -> dict[str, float]:
    """The cells that hold more of a footprint than rounding, and how much of it."""
    cells = table.state.fabric.cells
    parts = {name: shape.intersection(cells[name]) for name in table.state.fabric.near(shape)}
    return {name: part.area for name, part in sorted(parts.items()) if not is_thin(part)}


def outsiders(table: Table) -> list[str]:
    """Stairwells that stand in the community by their code, and outside it by their place."""
    return sorted(table.site.units.keys() - table.placed)


class Rim(NamedTuple):
    """Where the cells and the community differ, since its boundary is another one now: beyond it, and not reached."""

    beyond: list[Place]
    missing: list[Place]


def rim(table: Table) -> Rim:
    """Compare all ground of a plan with its community; no edit changes the answer."""

    def make() -> Rim:
        boundary = table.site.boundary
        if boundary is None or not table.state.fabric.cells:
            return Rim([], [])
        whole = shapely.coverage_union_all(np.array(list(table.state.fabric.cells.values()), dtype=object))
        return Rim(_places(whole.difference(boundary)), _places(boundary.difference(whole)))

    return table.remembered("rim", (table.site,), make)


def _places(difference: Any) -> list[Place]:
    parts = [part for part in shapely.get_parts(difference) if not is_thin(part)]
    return [place for part in parts[:MOST] if (place := spot(part)) is not None]
