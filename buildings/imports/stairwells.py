"""
Stairwells cut from a footprint where a source has none. The rule, in one place:

1. Entrances on the outline (at most 1 m from it) each serve a stairwell; those less than 3 m apart along the building
   are the front and the back door of one. Free-standing entrances are never guessed onto a building.
2. Without entrances, a residential slab has one stairwell per 18 m of its length, any other building has one. The
   length is that of the rectangle with the same area and the same perimeter, so that an L, a U and a ring count by
   what one would walk along them.
3. Cuts run across the longer side of the smallest rectangle around the footprint: midway between entrances, or so
   that all parts have the same floor area. A part that its strip leaves alone, as in the other arm of a U, goes to
   the neighbour with the longest common edge.
4. A rectangle is cut at equal fractions of its two long sides, which is the same and a hundred times faster.
5. Numbers run from west to east, and from north to south where the building stands that way.

The parts tile the footprint exactly, on the grid of 1e-7 degrees. Cutting adds vertices where a cut meets the outline;
rounding one to the grid moves the outline by 5 mm at most, and the footprint given back has the same vertices.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.crs import GRID_SIZE, Floats, flatten, metres_per_degree, round_to_grid

SNAP = 1.0  # metres from an outline within which an entrance belongs to it
SAME_STAIRWELL = 3.0  # metres along the building
WIDTH = 18.0  # metres of slab per stairwell: two flats of 80 to 100 m2 side by side, 10 to 12 m deep
SLAB_FROM, SLAB_DEPTH = 27.0, 20.0  # metres: shorter or deeper buildings are towers with one core
MOST = 99  # two digits of a stairwell's code

Array = NDArray[Any]


class Entrance(NamedTuple):
    point: shapely.Point
    number: str = ""


class Part(NamedTuple):
    """One stairwell of a building: its number, its share of the footprint, and its door if it is known."""

    number: str
    footprint: BaseGeometry
    entrance: shapely.Point | None = None


class Cut(NamedTuple):
    """The footprint with the vertices that cutting added, and its parts."""

    footprint: BaseGeometry
    parts: list[Part]
    derived: bool = True


def cut(footprint: BaseGeometry, *, residential: bool, entrances: Sequence[Entrance] = (), least: int = 1) -> Cut:
    """
    Divide a footprint (Polygon or MultiPolygon, degrees, on the grid) into stairwells, at least `least` of them.

    There is always at least one part, and no part is empty: a cut that would make one is left out.
    """
    if len(entrances) < 2 and least < 2 and not (residential and _may_be_long(footprint)):
        return _whole(footprint, entrances)
    frame = _Frame.of(footprint)
    doors = _doors(frame, entrances)
    wanted = max(least, len(doors) or (slab_count(frame.flat) if residential else 1))
    if wanted < 2:
        return _whole(footprint, entrances)
    by_door = len(doors) == wanted
    cuts = _midway(frame, doors) if by_door else frame.equal_shares(wanted)
    shapes = _split(footprint, frame, cuts)
    numbers = _numbers(doors, shapes) if by_door and len(shapes) == wanted else None
    parts = [
        Part(
            numbers[index] if numbers else str(index + 1),
            shape,
            doors[index].point if by_door and len(shapes) == wanted else None,
        )
        for index, shape in enumerate(shapes)
    ]
    return Cut(_joined(shapes), parts)


def cut_all(
    footprints: Sequence[BaseGeometry],
    *,
    residential: Sequence[bool],
    entrances: Mapping[int, Sequence[Entrance]],
    least: Sequence[int],
    progress: Callable[[int], None] = lambda done: None,
) -> list[Cut]:
    """`cut` for many footprints; `entrances` by the number of the footprint."""
    plain = [
        index
        for index in range(len(footprints))
        if residential[index] and least[index] < 2 and not entrances.get(index)
    ]
    done = _cut_rectangles(footprints, plain)
    result = []
    for index, footprint in enumerate(footprints):
        found = done.get(index)
        if found is None:
            doors = entrances.get(index, ())
            found = cut(footprint, residential=residential[index], entrances=doors, least=least[index])
        result.append(found)
        if index % 1000 == 0:
            progress(index)
    return result


def _whole(footprint: BaseGeometry, entrances: Sequence[Entrance]) -> Cut:
    door = entrances[0].point if entrances else None
    return Cut(footprint, [Part("1", footprint, door)])


def _may_be_long(footprint: BaseGeometry) -> bool:
    """Whether half the outline reaches the length of a slab; cheap, and never wrong in saying no."""
    east, north = metres_per_degree(footprint.bounds[1])
    return bool(footprint.length * max(east, north) / 2 >= SLAB_FROM)


def slab_count(flat: BaseGeometry) -> int:
    """Stairwells of a residential building by its shape in metres; 1 for a tower."""
    half, area = flat.length / 2, flat.area
    root = max(0.0, half * half - 4 * area) ** 0.5
    length, depth = (half + root) / 2, (half - root) / 2
    if length < SLAB_FROM or depth > SLAB_DEPTH:
        return 1
    return int(min(MOST, max(1, round(length / WIDTH))))


class _Frame(NamedTuple):
    """A footprint in metres around its corner, and the direction (unit vector) that it is long in."""

    flat: BaseGeometry
    origin: tuple[float, float]
    along: Floats

    @classmethod
    def of(cls, footprint: BaseGeometry) -> "_Frame":
        origin = (footprint.bounds[0], footprint.bounds[1])
        flat = flatten([footprint], origin)[0]
        corners = shapely.get_coordinates(shapely.oriented_envelope(flat))
        sides = np.diff(corners[:3], axis=0)
        lengths = np.hypot(*sides.T)
        along = sides[int(np.argmax(lengths))] / max(float(lengths.max()), 1e-9)
        east, north = along
        # West to east; what runs rather north to south is counted from the north.
        forward = east > 0 if abs(east) >= 0.5 else north < 0
        return cls(flat, origin, along if forward else -along)

    def position(self, point: shapely.Point) -> float:
        """Metres along the building."""
        return float(shapely.get_coordinates(flatten([point], self.origin)[0])[0] @ self.along)

    def equal_shares(self, count: int) -> list[float]:
        """Positions that cut the footprint into parts of the same area."""
        edges = _edges(self.flat)
        along, across = edges @ self.along, edges @ np.array([-self.along[1], self.along[0]])
        low = np.full(count - 1, along.min())
        high = np.full(count - 1, along.max())
        wanted = self.flat.area * np.arange(1, count) / count
        for _ in range(40):  # halving 500 m forty times leaves less than a nanometre
            middle = (low + high) / 2
            less = np.abs(_area_before(along, across, middle)) < wanted
            low, high = np.where(less, middle, low), np.where(less, high, middle)
        return [float(position) for position in (low + high) / 2]

    def line(self, position: float) -> shapely.LineString:
        """The cut at a position, across the whole footprint and a metre beyond, in degrees."""
        normal = np.array([-self.along[1], self.along[0]])
        offsets = shapely.get_coordinates(self.flat) @ normal
        ends = position * self.along + np.outer([offsets.min() - 1, offsets.max() + 1], normal)
        return shapely.LineString(ends / np.array(metres_per_degree(self.origin[1])) + np.array(self.origin))


def _edges(flat: BaseGeometry) -> Floats:
    """Edges of all rings, shells counterclockwise and holes clockwise: shape (edges, 2 ends, 2 coordinates)."""
    rings = [
        shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(shapely.orient_polygons(flat)))
    ]
    return np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings])


def _area_before(along: Floats, across: Floats, positions: Floats) -> Floats:
    """
    Area of the part of a polygon before each position: the integral of min(x, t) dy around it (Green's theorem).

    `along` and `across` are the coordinates of the ends of its edges, shape (edges, 2).
    """
    x0, x1 = along[:, :1], along[:, 1:]
    t = positions[None, :]
    low, high = np.minimum(x0, x1), np.maximum(x0, x1)
    span = np.maximum(high - low, 1e-12)
    share = np.clip((t - low) / span, 0.0, 1.0)  # of the edge before t, counted from its lower end
    mean = share * (low + np.minimum(t, high)) / 2 + (1 - share) * t
    mean = np.where(t <= low, t, mean)
    areas: Floats = ((across[:, 1:] - across[:, :1]) * mean).sum(axis=0)
    return areas


def _doors(frame: _Frame, entrances: Sequence[Entrance]) -> list[Entrance]:
    """Entrances in order along the building, front and back doors as one."""
    placed = sorted(((frame.position(entrance.point), entrance) for entrance in entrances), key=lambda pair: pair[0])
    doors: list[tuple[float, Entrance]] = []
    for position, entrance in placed:
        if not doors or position - doors[-1][0] >= SAME_STAIRWELL:
            doors.append((position, entrance))
        elif entrance.number and not doors[-1][1].number:
            doors[-1] = (doors[-1][0], entrance)
    return [Entrance(door.point, door.number) for _, door in doors][:MOST]


def _midway(frame: _Frame, doors: Sequence[Entrance]) -> list[float]:
    positions = [frame.position(door.point) for door in doors]
    return [(a + b) / 2 for a, b in pairwise(positions)]


def _numbers(doors: Sequence[Entrance], shapes: Sequence[BaseGeometry]) -> list[str] | None:
    """What the source calls the doors, if it names all of them and none twice."""
    numbers = [door.number for door in doors]
    return numbers if all(numbers) and len(set(numbers)) == len(shapes) else None


def _split(footprint: BaseGeometry, frame: _Frame, cuts: Sequence[float]) -> list[BaseGeometry]:
    """The footprint cut at positions along it: one shape per strip that holds any of it."""
    lines = shapely.MultiLineString([frame.line(position) for position in cuts])
    noded = shapely.union(footprint.boundary, lines, grid_size=GRID_SIZE)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.transform(noded, round_to_grid))))
    middles = shapely.point_on_surface(faces)
    shapely.prepare(footprint)
    inside = shapely.contains(footprint, middles)
    faces, middles = faces[inside], middles[inside]
    if not len(faces):
        return [footprint]
    positions = shapely.get_coordinates(flatten(middles, frame.origin)) @ frame.along
    return _connected(faces, np.searchsorted(np.array(cuts), positions))


def _connected(faces: Array, strip: NDArray[np.int64]) -> list[BaseGeometry]:
    """One shape per strip; what is cut off from the largest part of its strip goes to a neighbour it touches."""
    strip, loose = strip.copy(), []
    for label in np.unique(strip):
        members = np.flatnonzero(strip == label)
        loose += _stray(faces, members)
    settled = np.setdiff1d(np.arange(len(faces)), loose)
    while loose:
        borders = [
            (shapely.length(shapely.intersection(faces[index].boundary, faces[other].boundary)), -other, index)
            for index in loose
            for other in settled
        ]
        longest, other, index = max(borders, default=(0.0, 0, 0))
        if longest == 0:  # a part of a multipolygon that touches nothing stays in its strip
            break
        strip[index] = strip[-other]
        loose.remove(index)
        settled = np.append(settled, index)
    return [_joined(list(faces[strip == label])) for label in np.unique(strip)]


def _stray(faces: Array, members: NDArray[np.int64]) -> list[int]:
    """Faces of a strip that do not hang together with its largest part."""
    if len(members) == 1:
        return []
    parts = shapely.get_parts(shapely.unary_union(faces[members]))
    largest = parts[int(np.argmax(shapely.area(parts)))]
    shapely.prepare(largest)
    return [int(index) for index in members if not shapely.contains(largest, faces[index].point_on_surface())]


def _joined(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """The union of shapes that share their edges vertex for vertex, all vertices kept."""
    return shapes[0] if len(shapes) == 1 else shapely.coverage_union_all(list(shapes))


# Rectangles


def _cut_rectangles(footprints: Sequence[BaseGeometry], candidates: Sequence[int]) -> dict[int, Cut]:
    """Cuts of those candidates that are rectangles, all of the same number of stairwells at once."""
    shapes = np.array([footprints[index] for index in candidates], dtype=object)
    four = np.flatnonzero((shapely.get_num_coordinates(shapes) == 5) & (shapely.get_num_geometries(shapes) == 1))
    if not len(four):
        return {}
    numbers = np.array(candidates)[four]
    corners = shapely.get_coordinates(shapes[four]).reshape(-1, 5, 2)[:, :4]
    scale = np.array([metres_per_degree(lat) for lat in np.round(corners[:, 0, 1], 2)])[:, None, :]
    corners, flat, square = _long_side_first(corners, (corners - corners[:, :1]) * scale)
    numbers, corners, flat = numbers[square], corners[square], flat[square]
    length = np.hypot(*(flat[:, 1] - flat[:, 0]).T)
    depth = np.hypot(*(flat[:, 2] - flat[:, 1]).T)
    counts = np.clip(np.round(length / WIDTH), 1, MOST).astype(int)
    counts[(length < SLAB_FROM) | (depth > SLAB_DEPTH)] = 1
    cuts: dict[int, Cut] = {}
    for count in np.unique(counts).tolist():
        same = np.flatnonzero(counts == count)
        if count == 1:
            cuts |= {n: _whole(footprints[n], ()) for n in numbers[same].tolist()}
        else:
            cuts |= dict(zip(numbers[same].tolist(), _slabs(corners[same], count), strict=True))
    return cuts


def _long_side_first(corners: Floats, flat: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Corners turned so that the first side is a long one and runs forward; and which of them are rectangles."""
    sides = np.roll(flat, -1, axis=1) - flat
    lengths = np.hypot(sides[..., 0], sides[..., 1])
    turn = lengths[:, 1] > lengths[:, 0]
    for points in (corners, flat):
        points[turn] = np.roll(points[turn], -1, axis=1)
    along = flat[:, 1] - flat[:, 0]
    unit = along / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    back = np.where(np.abs(unit[:, 0]) >= 0.5, unit[:, 0] < 0, unit[:, 1] > 0)
    for points in (corners, flat):
        points[back] = points[back][:, [1, 0, 3, 2]]
    diagonals = np.hypot(*(flat[:, 2] - flat[:, 0]).T), np.hypot(*(flat[:, 3] - flat[:, 1]).T)
    middles = np.hypot(*(flat[:, 0] + flat[:, 2] - flat[:, 1] - flat[:, 3]).T) / 2
    # A parallelogram has one middle of both diagonals; a rectangle's are equal, too.
    square = (middles < 0.3) & (np.abs(diagonals[0] - diagonals[1]) < 0.5)
    return corners, flat, square


def _slabs(corners: Floats, count: int) -> Iterator[Cut]:
    """Rectangles (corners, long side first) cut into so many parts."""
    share = (np.arange(1, count) / count)[None, :, None]
    a, b, c, d = (corners[:, [index]] for index in range(4))
    front = np.concatenate([a, round_to_grid(a + (b - a) * share), b], axis=1)
    rear = np.concatenate([d, round_to_grid(d + (c - d) * share), c], axis=1)
    whole = shapely.polygons(np.concatenate([front, rear[:, ::-1]], axis=1))
    ring = np.stack([front[:, :-1], front[:, 1:], rear[:, 1:], rear[:, :-1]], axis=2)
    parts = shapely.polygons(ring.reshape(-1, 4, 2)).reshape(len(corners), count)
    for shape, pieces in zip(whole, parts, strict=True):
        yield Cut(shape, [Part(str(number), piece) for number, piece in enumerate(pieces.tolist(), 1)])


# Entrances to buildings


def attach(footprints: Sequence[BaseGeometry], points: Sequence[shapely.Point]) -> list[int | None]:
    """For each entrance the number of the footprint on whose outline it lies, at most 1 m off; None where on none."""
    if not len(footprints) or not len(points):
        return [None] * len(points)
    origin = shapely.get_coordinates(footprints[0])[0]
    place = (float(origin[0]), float(origin[1]))
    outlines = shapely.boundary(flatten(list(footprints), place))
    tree = shapely.STRtree(outlines)
    found: list[int | None] = [None] * len(points)
    near, which = tree.query_nearest(flatten(list(points), place), max_distance=SNAP, all_matches=False)
    for point, outline in zip(near.tolist(), which.tolist(), strict=True):
        found[point] = outline
    return found
