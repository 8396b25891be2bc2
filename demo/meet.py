"""
Shapes that meet in every vertex.

Where the line between two cells ends on a wall or on a community's edge, it ends on the nearest point of the grid,
some tenths of a millimetre beside it. Real surveys live with that. The demo takes those points into its walls and
edges, so that its nets tile to the last bit, whoever asks: the neighbour across the edge has the same vertex.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Polygon

NEAR = 1.2e-7  # degrees; a point at most one step of the grid beside an edge was meant to lie on it

BESIDE_A_CORNER = 1.6e-7  # degrees; two corners one step apart would make a needle of the wall that ends there


def with_vertices(shapes: Sequence[Polygon | LineString], points: np.ndarray) -> list[Polygon | LineString]:
    """
    The shapes, each with those of the points as vertices that lie on its edges or one step of the grid beside them.

    Lon/lat degrees; `points` is an array of (n, 2). A shape with no such point is given back as it is.
    """
    tree = shapely.STRtree(shapely.points(points))
    outlines = [shape if isinstance(shape, LineString) else shape.boundary for shape in shapes]
    found: list[list[int]] = [[] for _ in shapes]
    for shape, point in zip(*tree.query(outlines, predicate="dwithin", distance=NEAR).tolist(), strict=True):
        found[shape].append(point)
    return [_taking(shape, points[sorted(near)]) for shape, near in zip(shapes, found, strict=True)]


def _taking(shape: Polygon | LineString, points: np.ndarray) -> Polygon | LineString:
    apart = shapely.distance(shapely.MultiPoint(shapely.get_coordinates(shape)), shapely.points(points))
    new = points[apart > BESIDE_A_CORNER]
    if not len(new):
        return shape
    if isinstance(shape, LineString):
        return LineString(_line(shape, new))
    return Polygon(_line(shape.exterior, new), [_line(hole, new) for hole in shape.interiors])


def _line(line: LineString, points: np.ndarray) -> np.ndarray:
    corners = shapely.get_coordinates(line)
    parts = []
    for start, end in pairwise(corners):
        parts += [start[None], _between(start, end, points)]
    return np.concatenate([*parts, corners[-1:]])


def _between(start: np.ndarray, end: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Those of the points that lie along an edge, from its start to its end."""
    along = end - start
    length = np.linalg.norm(along)
    share = (points - start) @ along / length**2
    beside = np.abs(along[0] * (points - start)[:, 1] - along[1] * (points - start)[:, 0]) / length
    chosen = np.flatnonzero((beside <= NEAR) & (share > 0) & (share < 1))
    return points[chosen[np.argsort(share[chosen])]]
