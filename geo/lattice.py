"""
Points of the grid that lie on a line.

A new vertex on a long edge must be rounded to the grid of 1e-7 degrees and then stands up to 8 mm beside the edge:
the edge bends, and two communities that were cut one after the other no longer meet exactly. But within a metre along
the edge there is mostly a point of the grid within 30 µm of it, and a line that ends there leaves the edge as it was.
Only an edge that runs almost, but not quite, along a parallel or meridian has stretches without such a point; there
the best one is no worse than rounding.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.coverage import edges_of
from geo.crs import Floats, project, round_to_grid, unproject, zone_of

SHORE = 0.3  # metres; lines are cut this far inside the outline and led to it from there
REACH = 100  # grid steps to either side in which to look for a point: about 1 m
_ON_RIM = 1e-10  # degrees; what lies on a line that was just cut, to the rounding of doubles


def moor(lines: NDArray[Any], ground: BaseGeometry) -> NDArray[Any]:
    """
    Lines cut to the ground so that they end on points of the grid on its outline.

    Parameters
    ----------
    lines : array of LineString or MultiLineString
        Degrees. What runs along the outline within `SHORE` is left out: the outline is there already.
    ground : Polygon or MultiPolygon
        With each vertex on the grid.

    Returns
    -------
    array of LineString
        The parts inside, and a short piece from each end at the outline to its point.
    """
    srid = zone_of(ground)
    inner = unproject(shapely.buffer(project(ground, srid), -SHORE, join_style="mitre"), srid)
    shapely.prepare(inner)
    whole = shapely.covers(inner, lines)
    parts = shapely.get_parts(shapely.intersection(lines[~whole & shapely.intersects(inner, lines)], inner))
    parts = parts[shapely.get_dimensions(parts) == 1]
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    ends = shapely.get_coordinates(ends[shapely.dwithin(inner.boundary, ends, _ON_RIM)])
    pieces = shapely.linestrings(np.stack([ends, points_on_edges(ends, ground)], axis=1))
    return np.concatenate([lines[whole], parts, pieces])


def points_on_edges(positions: Floats, ground: BaseGeometry) -> Floats:
    """For each position (degrees) the point of the grid that lies best on the nearest edge of the ground."""
    edges = edges_of([ground])
    if not len(positions):
        return positions
    nearest = shapely.STRtree(shapely.linestrings(np.stack([edges.start, edges.end], axis=1))).nearest(
        shapely.points(positions)
    )
    return points_along(positions, edges.start[nearest], edges.end[nearest])


def points_along(positions: Floats, starts: Floats, ends: Floats, *, reach: int = REACH) -> Floats:
    """For each position the point of the grid that lies best on its edge, at most `reach` steps away; all degrees."""
    start, end = steps_of(starts), steps_of(ends)
    along = end - start
    away = positions * 1e7 - start
    # Walk along the axis in which the edge is longer, so that each step has one nearest point of the grid.
    axis = np.argmax(np.abs(along), axis=1)[:, None]
    main, side = np.take_along_axis(along, axis, 1), np.take_along_axis(along, 1 - axis, 1)
    share = (away * along).sum(axis=1, keepdims=True) / (along**2).sum(axis=1, keepdims=True)
    here = np.rint(np.clip(share, 0, 1) * main).astype(np.int64)
    walked = np.clip(here + np.arange(-reach, reach + 1), np.minimum(main, 0), np.maximum(main, 0))
    climbed = np.rint(walked * side / main).astype(np.int64)
    off = np.abs(climbed * main - walked * side) * 1000 + np.abs(walked - here)  # the nearest of equals
    best = np.argmin(off, axis=1)[:, None]
    found = np.empty_like(start)
    np.put_along_axis(found, axis, np.take_along_axis(walked, best, 1), 1)
    np.put_along_axis(found, 1 - axis, np.take_along_axis(climbed, best, 1), 1)
    return round_to_grid((start + found) / 1e7)


def steps_of(coordinates: Floats) -> NDArray[np.int64]:
    """Coordinates in degrees as whole numbers of steps of the grid."""
    steps: NDArray[np.int64] = np.rint(coordinates * 1e7).astype(np.int64)
    return steps
