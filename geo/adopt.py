"""
An imported net as an assignment of cells, by largest overlap.

What somebody drew elsewhere, with gaps, overlaps and a shaking hand, says which building is whose, and mostly right:
the polygons are then dissolved from the cells, without gap or overlap. Nothing is mended in silence: what touches two
polygons is listed, and so is what lies in none, and each gap and overlap. Degrees in and out, x = longitude.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.changes import Edit
from geo.draft import Draft, Level, is_thin, spot
from geo.edit_units import with_bound
from geo.errors import BadOperation, CutsFootprint, Overlapping, Place
from geo.follow import follow as follow_lines
from geo.slivers import Sliver, find
from geo.validity import check_area

Shares = Mapping[str, float]
Polygons = Mapping[str, BaseGeometry]


@dataclass(frozen=True)
class Doubt:
    """
    Units that touch two polygons, or lie partly in none, and that somebody should look at.

    `units` is one, or all that must stay together; `shares` the part of their ground in each polygon, the largest
    first; `to` is who gets them.
    """

    units: tuple[str, ...]
    shares: Shares
    to: str
    place: Place | None


@dataclass(frozen=True)
class Adoption:
    """
    What an imported net says about a draft.

    Attributes
    ----------
    labels : dict of cell to label
        Cells of units and ground without a building; what lies in no polygon has none.
    review : list of Doubt
        The most doubtful first.
    nowhere : list of units
        Those that lie in no polygon.
    slivers : list of Sliver
        Gaps, overlaps and what reaches over the outline, the widest first.
    cut : list of CutsFootprint
        Where the lines cannot be followed, when that was asked for: a footprint would be cut.
    """

    labels: dict[str, str]
    review: list[Doubt]
    nowhere: list[str]
    slivers: list[Sliver]
    cut: list[CutsFootprint] = field(default_factory=list)


def read(draft: Draft, polygons: Polygons, level: Level = "grid", *, follow: bool = False) -> Adoption:
    """
    What the operation `adopt` would make of an imported net, without doing it.

    Parameters
    ----------
    polygons : mapping of label to Polygon or MultiPolygon
        Valid, degrees. Gaps and overlaps are no fault.
    level : "grid" or "segment"
        A segment belongs to the grid in which most of it lies, and takes only units of that.
    follow : bool
        Whether to say too where the lines themselves cannot be followed.

    Raises
    ------
    GeometryRefused
        A polygon is empty or invalid.
    Overlapping
        The lines are to be followed, and two polygons overlap.
    """
    found = _assigned(draft, polygons, level)
    outline = draft.fabric.union("", draft.fabric.cells)
    slivers = find(polygons, outline)
    cut = follow_lines(draft, _followable(polygons, slivers), found.labels).cut if follow else []
    return Adoption(found.labels, found.review, found.nowhere, slivers, cut)


def adopt(edit: Edit, *, polygons: Polygons, level: Level = "grid", follow: bool = False) -> None:
    """
    Let the grids, or the segments, be those of an imported net: each unit by the largest overlap of its footprint.

    All labels of the level are replaced. What lies in no polygon is nobody's. A grid may come out in several pieces,
    which is then a fault of the plan and not of the import. With `follow` the borders run as they were drawn, except
    around a footprint that they would cut; then no two polygons may overlap.
    """
    if not polygons or (follow and level != "grid"):
        raise BadOperation(why="follow" if polygons else "polygons")
    draft, labels = edit.draft, _assigned(edit.draft, polygons, level).labels
    if follow:
        outline = draft.fabric.union("", draft.fabric.cells)
        drawn = follow_lines(draft, _followable(polygons, find(polygons, outline)), labels)
        edit.shapes |= drawn.shapes
        labels = drawn.labels
    before = draft.layers[level]
    for cell in sorted({*draft.fabric.cells, *edit.shapes}):
        if labels.get(cell) != before.label.get(cell):
            edit.relabel(level, [cell], labels.get(cell))
    edit.ends(level, *before.members.keys())
    edit.whole_of(level, *labels.values())
    edit.must_hang = False


def _followable(polygons: Polygons, slivers: Iterable[Sliver]) -> Polygons:
    for sliver in slivers:
        if sliver.kind == "overlap":
            raise Overlapping(name=sliver.among[0], other=sliver.among[1], place=sliver.place)
    return polygons


# By overlap


def _assigned(draft: Draft, polygons: Polygons, level: Level) -> Adoption:
    for shape in polygons.values():
        check_area(shape, extent=None)
    shares = _shares({**draft.fabric.cells, **draft.ground.footprints}, polygons)
    parent = _parents(draft, polygons) if level == "segment" else {}
    labels: dict[str, str] = {}
    review: list[Doubt] = []
    nowhere: list[str] = []
    for units, cells in _blocks(draft, level):
        grid = draft.label("grid", min(cells)) if level == "segment" else None
        found = _summed(shares[name] for name in units or cells)
        found = {label: share for label, share in found.items() if parent.get(label, grid) == grid}
        if not found:
            nowhere += units
            continue
        to = max(sorted(found), key=lambda label: found[label])
        labels |= dict.fromkeys(cells, to)
        whole = sum(_body(draft, name).area for name in units)
        if units and found[to] < whole and _is_doubtful(draft, units, polygons[to]):
            ranked = {label: found[label] / whole for label in sorted(found, key=lambda label: (-found[label], label))}
            review.append(Doubt(tuple(units), ranked, to, spot(_body(draft, units[0]))))
    review.sort(key=lambda doubt: (doubt.shares[doubt.to], doubt.units))
    return Adoption(labels, review, sorted(nowhere), [])


def _body(draft: Draft, name: str) -> BaseGeometry:
    """What is compared: a footprint, or the ground of a cell without a building."""
    return draft.ground.footprints.get(name) or draft.fabric.cells[name]


def _blocks(draft: Draft, level: Level) -> list[tuple[list[str], frozenset[str]]]:
    """What goes one way: the units, and their cells; or no unit and a cell without a building."""
    found: dict[frozenset[str], list[str]] = {}
    for cell in sorted(draft.fabric.cells):
        cells = frozenset(with_bound(draft, level, [cell]))
        found.setdefault(cells, sorted(draft.units(cells)))
    return [(units, cells) for cells, units in found.items()]


def _shares(shapes: Polygons, polygons: Polygons) -> dict[str, dict[str, float]]:
    """The area that each shape has in common with each polygon, in square degrees; what only touches is left out."""
    names, labels = list(shapes), sorted(polygons)
    bodies = np.array(list(shapes.values()), dtype=object)
    areas = np.array([polygons[label] for label in labels], dtype=object)
    shapely.prepare(areas)
    one, other = shapely.STRtree(areas).query(bodies, predicate="intersects")
    held = shapely.area(bodies)[one]
    partly = ~shapely.covers(areas[other], bodies[one])
    held[partly] = shapely.area(shapely.intersection(bodies[one[partly]], areas[other[partly]]))
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for body, polygon, area in zip(one.tolist(), other.tolist(), held.tolist(), strict=True):
        if area > 0:
            found[names[body]][labels[polygon]] = area
    return found


def _summed(shares: Iterable[Shares]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each in shares:
        for label, share in each.items():
            total[label] = total.get(label, 0.0) + share
    return total


def _is_doubtful(draft: Draft, units: Collection[str], polygon: BaseGeometry) -> bool:
    """Whether more of the units than the rounding of a vertex lies beyond a polygon."""
    return any(not is_thin(shapely.difference(_body(draft, name), polygon)) for name in units)


def _parents(draft: Draft, polygons: Polygons) -> dict[str, str | None]:
    """Segment -> the grid in which most of it lies."""
    shares = _shares(polygons, draft.shapes("grid"))
    return {name: max(sorted(held), key=lambda grid: held[grid], default=None) for name, held in shares.items()}
