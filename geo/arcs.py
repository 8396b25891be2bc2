"""
The lines between cells, edited: both sides, or all, follow.

No line is stored. What two cells of a coverage share, they share vertex for vertex on the grid of 1e-7 degrees; so a
vertex is named by where it stands, an edge by its two ends, and an edit goes to every cell that has that vertex or
that edge. That is what a table of arcs would give, without a second truth beside the polygons.

Vertices are pairs of whole steps of the grid here, so that equal means equal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.cells import polygons_of
from geo.coverage import edges_of
from geo.crs import GRID_SIZE, Floats
from geo.errors import Collapsed, Crosses, EditRefused, Place, TooTight
from geo.lattice import REACH, points_along, steps_of

Vertex = tuple[int, int]  # steps of the grid, east and north
Edge = tuple[Vertex, Vertex]  # the lesser end first
Shapes = Mapping[str, BaseGeometry]

CLOSE = 3  # steps of the grid: what a line passes by less than this it passes through; 3 cm
LEEWAY = 10  # steps along an edge in which to look for a point that lies on it; a new line is bent by that much at most
ASIDE = ""  # the name of no cell
ROUNDS = 8  # of noding: rounding a crossing can make another one, rarely twice in a row
_TRACE = 1e-14  # square degrees, about 1 cm2: rounding in a sum of areas


def vertex(place: Sequence[float]) -> Vertex:
    """The vertex at a place (lon, lat in degrees)."""
    east, north = steps_of(np.asarray(place, dtype=float)).tolist()
    return east, north


def place_of(at: Vertex) -> Place:
    """Lon and lat in degrees: the doubles that seven decimals read back as."""
    return at[0] / 1e7, at[1] / 1e7


def edge(a: Vertex, b: Vertex) -> Edge:
    return (a, b) if a < b else (b, a)


def ring_vertices(ring: BaseGeometry) -> list[Vertex]:
    """The vertices of a ring or line, the closing one included."""
    return [(east, north) for east, north in steps_of(shapely.get_coordinates(ring)).tolist()]


def vertices(shape: BaseGeometry) -> set[Vertex]:
    return set(ring_vertices(shape))


def edges(shape: BaseGeometry) -> set[Edge]:
    found = edges_of([shape])
    pairs = zip(_pairs(found.start), _pairs(found.end), strict=True)
    return {edge(a, b) for a, b in pairs}


def _pairs(coordinates: Floats) -> list[Vertex]:
    return [(east, north) for east, north in steps_of(coordinates).tolist()]


def edges_at(shapes: Shapes, at: Vertex) -> dict[Edge, int]:
    """The edges that end at a vertex, and how many of the shapes each bounds: one on the outline, two inside."""
    count: dict[Edge, int] = {}
    for shape in shapes.values():
        for each in edges(shape):
            if at in each:
                count[each] = count.get(each, 0) + 1
    return count


# Vertices


def moved(shapes: Shapes, moves: Mapping[Vertex, Vertex]) -> dict[str, BaseGeometry]:
    """The shapes that have one of the vertices, with those moved; all other vertices bit for bit, in the same order."""
    return _rewritten(shapes, lambda ring: [moves.get(at, at) for at in ring])


def without(shapes: Shapes, gone: AbstractSet[Vertex]) -> dict[str, BaseGeometry]:
    """The shapes that had one of the vertices, without them. Raises `Collapsed` where less than a triangle is left."""
    return _rewritten(shapes, lambda ring: [at for at in ring if at not in gone])


def with_vertices(shapes: Shapes, new: Mapping[Edge, Iterable[Vertex]]) -> dict[str, BaseGeometry]:
    """The shapes that have one of the edges, with the new vertices on it, in the order from its lesser end."""

    def rewrite(ring: list[Vertex]) -> list[Vertex]:
        longer = []
        for here, there in zip(ring, [*ring[1:], ring[0]], strict=True):
            between = list(new.get(edge(here, there), ()))
            longer += [here, *(between if here < there else reversed(between))]
        return longer

    return _rewritten(shapes, rewrite)


def _rewritten(shapes: Shapes, rewrite: Callable[[list[Vertex]], list[Vertex]]) -> dict[str, BaseGeometry]:
    """The shapes of which a ring becomes another one. Rings are open lists of vertices."""
    changed = {}
    for name, shape in shapes.items():
        polygons = [[ring_vertices(ring)[:-1] for ring in shapely.get_rings(part)] for part in shapely.get_parts(shape)]
        fresh = [[rewrite(ring) for ring in rings] for rings in polygons]
        if fresh != polygons:
            changed[name] = _built(fresh)
    return changed


def _built(polygons: Sequence[Sequence[list[Vertex]]]) -> BaseGeometry:
    parts = []
    for rings in polygons:
        for ring in rings:
            if len(set(ring)) < 3:
                raise Collapsed(place=place_of(ring[0]) if ring else None)
            _check_once(ring, Crosses)
        shell, *holes = [np.array([*ring, ring[0]]) / 1e7 for ring in rings]
        parts.append(shapely.Polygon(shell, holes))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


# Lines drawn across cells


class Noded(NamedTuple):
    """A line and the cells that it runs through: the line's vertices, and the cells that have a vertex more by it."""

    line: list[Vertex]
    shapes: dict[str, BaseGeometry]


def node(shapes: Shapes, line: Sequence[Vertex]) -> Noded:
    """
    Let a line and a coverage meet in vertices only.

    A crossing becomes the point of the grid that lies best on the crossed edge, so that the edge stays where it is
    and the line bends: by `LEEWAY` steps at the most, and by a metre on the outline, which others share.
    What the line passes within `CLOSE` steps it passes through. A shape named `ASIDE` gets the same vertices, but is
    no part of the coverage.

    Raises
    ------
    TooTight
        The line meets itself, or so much within a few centimetres that the grid cannot hold it apart.
    """
    fresh: dict[str, BaseGeometry] = {}
    now = _thinned(line)
    _check_simple(now)
    for _ in range(ROUNDS):
        meeting = _Meeting(now, *_unique_edges({**shapes, **fresh}))
        new = meeting.snap_ends() or meeting.cross()
        now = meeting.line
        if not meeting.is_changed:
            _check_simple(now)
            return Noded(now, fresh)
        fresh |= with_vertices({**shapes, **fresh}, new)
    raise TooTight(place=place_of(now[0]))


def _unique_edges(shapes: Shapes) -> tuple[Floats, NDArray[np.bool_]]:
    """
    The edges of the shapes, each once, as an array of (edge, end, coordinate) in degrees; and which only one bounds.
    """
    found = edges_of(list(shapes.values()))
    pairs = np.stack([steps_of(found.start), steps_of(found.end)], axis=1)
    turned = (pairs[:, 0] > pairs[:, 1])[:, 0] | (
        (pairs[:, 0, 0] == pairs[:, 1, 0]) & (pairs[:, 0, 1] > pairs[:, 1, 1])
    )
    pairs[turned] = pairs[turned, ::-1]
    unique, where = np.unique(pairs.reshape(-1, 4), axis=0, return_inverse=True)
    of_coverage = np.array([name != ASIDE for name in shapes])[found.owner]
    count = np.bincount(where.reshape(-1)[of_coverage], minlength=len(unique))
    return unique.reshape(-1, 2, 2) / 1e7, count == 1


def _check_once(line: Sequence[Vertex], refusal: type[EditRefused]) -> None:
    """Refuse a line that visits a place twice."""
    seen: set[Vertex] = set()
    for at in line:
        if at in seen:
            raise refusal(place=place_of(at))
        seen.add(at)


def _check_simple(line: Sequence[Vertex]) -> None:
    """Refuse a line that meets itself."""
    _check_once(line, TooTight)
    if len(line) < 2 or not shapely.LineString([place_of(at) for at in line]).is_simple:
        raise TooTight(place=place_of(line[0]))


class _Meeting:
    """A line and the edges that it may meet, for one round of noding."""

    def __init__(self, line: list[Vertex], edges: Floats, is_rim: NDArray[np.bool_]):
        self.line, self.edges, self.is_rim, self.is_changed = _thinned(line), edges, is_rim, False
        self.segments = shapely.linestrings(edges)
        self.tree = shapely.STRtree(self.segments)

    def snap_ends(self) -> dict[Edge, list[Vertex]]:
        """Put the line's vertices on the vertices or edges that they nearly lie on."""
        points = np.array([place_of(at) for at in self.line])
        near, which = self.tree.query(shapely.points(points), predicate="dwithin", distance=1.5 * GRID_SIZE)
        corners = set(_pairs(self.edges.reshape(-1, 2)))
        new: dict[Edge, list[Vertex]] = {}
        for number, found in zip(near.tolist(), which.tolist(), strict=True):
            if self.line[number] not in corners:
                self.line[number] = self._meet(points[number], found, new)
                corners.add(self.line[number])
                self.is_changed = True
        self.line = _thinned(self.line)
        return new

    def _meet(self, position: Floats, number: int, new: dict[Edge, list[Vertex]]) -> Vertex:
        """The vertex for a meeting with an edge: one of its ends when that is close, else a new one on it."""
        ends = self.edges[number]
        off = np.abs(ends - position).max(axis=1) / GRID_SIZE
        if off.min() < CLOSE:
            return vertex(ends[np.argmin(off)])
        reach = REACH if self.is_rim[number] else LEEWAY
        at = vertex(points_along(position[None], ends[:1], ends[1:], reach=reach)[0])
        if at not in (vertex(ends[0]), vertex(ends[1])):
            new.setdefault(edge(vertex(ends[0]), vertex(ends[1])), []).append(at)
        return at

    def cross(self) -> dict[Edge, list[Vertex]]:
        """Give the line and the edges a common vertex where they cross or nearly touch."""
        new: dict[Edge, list[Vertex]] = {}
        longer = [self.line[0]]
        for here, there in pairwise(self.line):
            longer += self._between(here, there, new)
            longer.append(there)
        fresh = _thinned(longer)
        self.is_changed = self.is_changed or fresh != self.line
        self.line = fresh
        return {each: _along(each, found) for each, found in new.items()}

    def _between(self, here: Vertex, there: Vertex, new: dict[Edge, list[Vertex]]) -> list[Vertex]:
        ends = np.array([place_of(here), place_of(there)])
        segment = shapely.linestrings(ends)
        found: set[Vertex] = set()
        near = self.tree.query(segment, predicate="dwithin", distance=GRID_SIZE)
        corners = {at for number in near.tolist() for at in _pairs(self.edges[number])}
        for at in corners - {here, there}:
            if shapely.distance(segment, shapely.Point(place_of(at))) < GRID_SIZE:
                found.add(at)
        for number in near.tolist():
            if not ({here, there} | found) & set(_pairs(self.edges[number])):
                for point in shapely.get_coordinates(shapely.intersection(segment, self.segments[number])):
                    found.add(self._meet(point, number, new))
        return _along((here, there), found - {here, there})


def _along(line: Edge, found: Iterable[Vertex]) -> list[Vertex]:
    """Vertices in the order along an edge, each once."""
    (x, y), (to_x, to_y) = line
    return sorted(set(found), key=lambda at: ((at[0] - x) * (to_x - x) + (at[1] - y) * (to_y - y), at))


def _thinned(line: Sequence[Vertex]) -> list[Vertex]:
    """Without a vertex twice in a row."""
    return [at for number, at in enumerate(line) if not number or at != line[number - 1]]


def faces(shapes: Shapes, line: Sequence[Vertex]) -> tuple[NDArray[Any], list[str]]:
    """
    The pieces into which a line divides shapes that are noded with it, and which shape each is a piece of.

    Raises `TooTight` when they do not add up to the shapes: something crosses still, by the width of rounding.
    """
    drawn = {edge(a, b) for a, b in pairwise(line)}
    lines = {each for shape in shapes.values() for each in edges(shape)} | drawn
    segments = np.array(sorted(lines)) / 1e7
    found = shapely.get_parts(shapely.polygonize(shapely.linestrings(segments)))
    names = list(shapes)
    tree = shapely.STRtree([shapes[name] for name in names])
    piece, owner = tree.query(shapely.point_on_surface(found), predicate="within")
    whole = sum(shape.area for shape in shapes.values())
    if len(set(piece.tolist())) < len(piece) or abs(shapely.area(found[piece]).sum() - whole) > _TRACE:
        raise TooTight(place=place_of(line[0]))
    return found[piece], [names[number] for number in owner.tolist()]


def joined(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """The union of faces, as Polygon or MultiPolygon."""
    return polygons_of(shapely.coverage_union_all(np.array(parts, dtype=object)))


def is_inside(points: Floats, ring: Sequence[Vertex]) -> NDArray[np.bool_]:
    """Whether each point (degrees) lies inside a closed line, which may cross itself: by counting crossings."""
    corners = np.array([place_of(at) for at in ring])
    (x, y), (to_x, to_y) = corners.T, np.roll(corners, -1, axis=0).T
    east, north = points[:, :1], points[:, 1:]
    straddles = (y > north) != (to_y > north)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = east < x + (north - y) * (to_x - x) / (to_y - y)
    inside: NDArray[np.bool_] = (straddles & beyond).sum(axis=1) % 2 == 1
    return inside
