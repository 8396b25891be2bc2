"""
Shapes that meet in every vertex.

Where the line between two cells ends on a wall or on a community's edge, it ends on the nearest point of the grid,
some tenths of a millimetre beside it. Whoever has that point as a vertex and whoever has not then disagree about a
sliver: their union is not the ground, and a point on the edge may be in neither. So all whom an edge bounds take the
point in. An edge moves by at most one step of the grid, 1.1 cm. Degrees in and out, x = longitude.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geo.cells import polygons_of
from geo.crs import GRID_SIZE, Floats

NEAR = 1.2e-7  # degrees; a point at most one step of the grid beside an edge was meant to lie on it
BESIDE_A_CORNER = 1.6e-7  # degrees; two corners one step apart would make a needle of the wall that ends there
ROUNDS = 8  # an edge that was bent may come near to a further vertex; on real ground two rounds are enough


def with_points(shapes: Sequence[BaseGeometry], points: Floats) -> list[BaseGeometry]:
    """
    The shapes, each with those of the points as vertices that lie on its edges or one step of the grid beside them.

    Parameters
    ----------
    shapes : sequence of Polygon, MultiPolygon or LineString
        Degrees. Empty shapes stay empty.
    points : array of (n, 2)
        Lon, lat on the grid of 1e-7 degrees. A point beside a corner that the shape has already is left out.

    Returns
    -------
    list of geometry
        A shape that took no point is the very same object. A shape that would become invalid stays as it was.
    """
    if not len(points):
        return list(shapes)
    tree = shapely.STRtree(shapely.points(points))
    found: list[list[int]] = [[] for _ in shapes]
    for shape, point in zip(*tree.query(_outlines(shapes), predicate="dwithin", distance=NEAR).tolist(), strict=True):
        found[shape].append(point)
    return [_taking(shape, points[sorted(near)]) for shape, near in zip(shapes, found, strict=True)]


def meet(shapes: Sequence[BaseGeometry], *, along: BaseGeometry | None = None) -> list[BaseGeometry]:
    """
    The shapes, each with every vertex of the others that lies on one of its edges (see `with_points`).

    A coverage stays one, and its union becomes that of any other among the shapes which it equalled but for rounding.

    Parameters
    ----------
    shapes : sequence of Polygon, MultiPolygon or LineString
        Degrees.
    along : geometry, optional
        Only vertices on this line, or one step of the grid beside it, are given to the others.
    """
    found = list(shapes)
    for _ in range(ROUNDS):
        points = np.unique(shapely.get_coordinates(found), axis=0)
        if along is not None:
            points = points[shapely.dwithin(along, shapely.points(points), NEAR)]
        before, found = found, with_points(found, points)
        if all(new is old for new, old in zip(found, before, strict=True)):
            break
    return found


def fit(footprint: BaseGeometry, cell: BaseGeometry) -> BaseGeometry:
    """
    A footprint without what lies outside of its cell by the rounding of a vertex.

    Parameters
    ----------
    footprint, cell : Polygon or MultiPolygon
        Degrees, on the grid of 1e-7.

    Returns
    -------
    Polygon or MultiPolygon
        Covered by the cell; or the footprint itself, where it is covered already, reaches further out, or cannot be.
    """
    if cell.covers(footprint):
        return footprint
    # A corner one step outside of the cell, or beside a corner of it: no point on a wall would mend that.
    inner = polygons_of(shapely.intersection(footprint, cell, grid_size=GRID_SIZE))
    return inner if same_ground(inner, footprint) and cell.covers(inner) else footprint


def same_ground(first: BaseGeometry, second: BaseGeometry) -> bool:
    """Whether two polygons or multipolygons differ by no more than vertices that one of them took in."""
    return _runs_along(first, second) and _runs_along(second, first)


def _runs_along(shape: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether each vertex of a shape lies on the outline of another one, or beside it."""
    outline = shapely.boundary(other)
    shapely.prepare(outline)
    return bool(shapely.dwithin(outline, shapely.points(shapely.get_coordinates(shape)), BESIDE_A_CORNER).all())


def _outlines(shapes: Sequence[BaseGeometry]) -> NDArray[Any]:
    array = np.array(shapes, dtype=object)
    areal = shapely.get_dimensions(array) == 2
    array[areal] = shapely.boundary(array[areal])
    return array


def _taking(shape: BaseGeometry, points: Floats) -> BaseGeometry:
    if not len(points):
        return shape
    apart = shapely.distance(shapely.MultiPoint(shapely.get_coordinates(shape)), shapely.points(points))
    new = points[apart > BESIDE_A_CORNER]
    if not len(new):
        return shape
    taken = _with(shape, new)
    return taken if taken.is_valid else shape


def _with(shape: BaseGeometry, points: Floats) -> BaseGeometry:
    if isinstance(shape, LineString):
        return LineString(_line(shape, points))
    if isinstance(shape, Polygon):
        return Polygon(_line(shape.exterior, points), [_line(hole, points) for hole in shape.interiors])
    return type(shape)([_with(part, points) for part in shapely.get_parts(shape)])


def _line(line: LineString, points: Floats) -> Floats:
    corners = shapely.get_coordinates(line)
    parts = []
    for start, end in pairwise(corners):
        parts += [start[None], _between(start, end, points)]
    return np.concatenate([*parts, corners[-1:]])


def _between(start: Floats, end: Floats, points: Floats) -> Floats:
    """Those of the points that lie along an edge, from its start to its end."""
    along = end - start
    length = np.linalg.norm(along)
    share = (points - start) @ along / length**2
    beside = np.abs(along[0] * (points - start)[:, 1] - along[1] * (points - start)[:, 0]) / length
    chosen = np.flatnonzero((beside <= NEAR) & (share > 0) & (share < 1))
    return points[chosen[np.argsort(share[chosen])]]
