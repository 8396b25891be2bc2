"""Curves drawn through a few points, and the network that they make where they cross. Metres throughout."""

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.ops import linemerge

REACH = 3.0  # metres that a street is drawn past its last point, so that it surely meets the street it ends on
STUB = 6.0  # metres; what sticks out past a crossing and is shorter than this is cut off

Points = Sequence[tuple[float, float]]


def curve(points: Points, *, step: float = 9.0) -> LineString:
    """A Catmull-Rom spline through `points`, a vertex about every `step` metres. Two points make a straight line."""
    knots = np.asarray(points, dtype=float)
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    parts = [_span(padded[i : i + 4], step) for i in range(len(knots) - 1)]
    return LineString(np.vstack([*parts, knots[-1:]]))


def _span(quad: np.ndarray, step: float) -> np.ndarray:
    """The part of the spline between the second and the third of four points, without its end."""
    a, b, c, d = quad
    count = max(2, round(float(np.linalg.norm(c - b)) / step))
    t = np.linspace(0, 1, count, endpoint=False)[:, None]
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def ring(points: Points, *, step: float = 12.0) -> Polygon:
    """A closed spline through `points`."""
    around = [*points[-2:], *points, *points[:2]]
    knots = np.asarray(around, dtype=float)
    parts = [_span(knots[i : i + 4], step) for i in range(1, len(points) + 1)]
    return Polygon(np.vstack(parts))


def beside(line: LineString, distance: float) -> LineString:
    """The line that runs `distance` metres to the left of `line` (to the right when negative), smoothed."""
    shifted = shapely.offset_curve(line, distance, join_style="round")
    longest = max(shapely.get_parts(shifted), key=lambda part: part.length)
    simple = shapely.simplify(longest, 0.5)
    along = simple if _runs_with(simple, line) else simple.reverse()
    return LineString(along)


def _runs_with(one: LineString, other: LineString) -> bool:
    starts = shapely.Point(one.coords[0]), shapely.Point(other.coords[0])
    return starts[0].distance(starts[1]) < shapely.Point(one.coords[-1]).distance(starts[1])


def reached(line: LineString, *, reach: float = REACH) -> LineString:
    """The line drawn `reach` metres further at both ends; a closed line as it is."""
    if line.is_closed:
        return line
    xy = np.asarray(line.coords)
    head = xy[0] + _unit(xy[0] - xy[1]) * reach
    tail = xy[-1] + _unit(xy[-1] - xy[-2]) * reach
    return LineString(np.vstack([head, xy, tail]))


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def noded(lines: Sequence[LineString], *, within: Polygon) -> list[LineString]:
    """
    The same lines, each with a vertex wherever it meets another, without stubs past the last crossing or what lies
    outside of `within`.

    The kernel cuts the ground along these lines and communities end on them: where a line lacked the vertex of a
    crossing, rounding to the degree grid would move the two apart by a centimetre and leave a sliver between them.
    """
    ground = within.buffer(0.01)
    pieces = [
        p for p in shapely.get_parts(shapely.unary_union(lines)) if ground.contains(p.interpolate(0.5, normalized=True))
    ]
    tree = shapely.STRtree(lines)
    owners = tree.nearest(shapely.line_interpolate_point(pieces, 0.5, normalized=True))
    return [_whole([p for p, o in zip(pieces, owners, strict=True) if o == i]) for i in range(len(lines))]


def _whole(pieces: list[LineString]) -> LineString:
    merged = linemerge(pieces) if len(pieces) > 1 else pieces[0]
    if not isinstance(merged, LineString):
        raise ValueError(f"A street fell apart near {merged.centroid.wkt}.")
    ends = {merged.coords[0], merged.coords[-1]}
    kept = [p for p in pieces if p.length > STUB or not ends & {p.coords[0], p.coords[-1]}]
    return linemerge(kept) if len(kept) > 1 else kept[0]


def faces(lines: Iterable[LineString]) -> list[Polygon]:
    """The faces that a network leaves, from west to east. Dead ends bound nothing."""
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.unary_union(list(lines)))))
    return sorted(found, key=lambda face: (round(face.centroid.x, 3), round(face.centroid.y, 3)))
