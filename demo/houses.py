"""
Footprints, each as the list of its stairwells. Metres.

A building is the polygons of its stairwells, from the first entrance to the last; they share their party walls vertex
by vertex. Shapes of estates are made about (0, 0), facing south, and then placed; those of old streets are cut from
the lot that they stand on.
"""

from collections.abc import Sequence
from math import cos, radians, sin
from random import Random

import numpy as np
import shapely
from shapely import LineString, Polygon, affinity, box
from shapely.ops import polygonize

Footprints = list[Polygon]


def slab(stairwells: int, length: float, depth: float, *, shift: float = 0.0) -> Footprints:
    """A row of equal stairwells, each `shift` metres further back than the one to its west."""
    west, south = -stairwells * length / 2, -depth / 2 - shift * (stairwells - 1) / 2
    parts = [
        box(west + i * length, south + i * shift, west + (i + 1) * length, south + i * shift + depth)
        for i in range(stairwells)
    ]
    return noded_together(parts)


def sawtooth(stairwells: int, length: float, depth: float, *, shift: float) -> Footprints:
    """A slab whose every second stairwell steps back."""
    plain = slab(stairwells, length, depth)
    return noded_together([affinity.translate(s, 0, shift / 2 * (-1) ** i) for i, s in enumerate(plain)])


def bent(stairwells: int, length: float, depth: float, *, turn: float) -> Footprints:
    """A slab that follows a bend: each stairwell turns `turn` degrees against the one before."""
    spine = [(0.0, 0.0)]
    for i in range(stairwells):
        heading = radians(turn * (i - (stairwells - 1) / 2))
        spine.append((spine[-1][0] + length * cos(heading), spine[-1][1] + length * sin(heading)))
    normals = [radians(turn * (i - stairwells / 2) + 90) for i in range(stairwells + 1)]
    near = [(x - depth / 2 * cos(n), y - depth / 2 * sin(n)) for (x, y), n in zip(spine, normals, strict=True)]
    far = [(x + depth / 2 * cos(n), y + depth / 2 * sin(n)) for (x, y), n in zip(spine, normals, strict=True)]
    parts = [Polygon([near[i], near[i + 1], far[i + 1], far[i]]) for i in range(stairwells)]
    middle = shapely.GeometryCollection(parts).centroid
    return [affinity.translate(p, -middle.x, -middle.y) for p in parts]


def corner(first: int, second: int, length: float, depth: float) -> Footprints:
    """An L: `first` stairwells along the south, `second` along the east."""
    south = [box(i * length, 0, (i + 1) * length, depth) for i in range(first)]
    edge = first * length
    east = [box(edge - depth, depth + i * length, edge, depth + (i + 1) * length) for i in range(second)]
    parts = noded_together([*south, *east])
    middle = shapely.GeometryCollection(parts).envelope.centroid
    return [affinity.translate(p, -middle.x, -middle.y) for p in parts]


def tower(width: float, depth: float, *, notch: float = 3.0) -> Footprints:
    """A point block with its four corners notched."""
    corners = [
        box(x - notch, y - notch, x + notch, y + notch)
        for x in (-width / 2, width / 2)
        for y in (-depth / 2, depth / 2)
    ]
    return [box(-width / 2, -depth / 2, width / 2, depth / 2) - shapely.union_all(corners)]


def courts(width: float, depth: float, wing: float, *, yards: int = 1) -> Footprints:
    """A ring round `yards` courtyards in a row."""
    outer = box(-width / 2, -depth / 2, width / 2, depth / 2)
    pitch = (width - wing) / yards
    holes = [
        box(-width / 2 + wing + i * pitch, -depth / 2 + wing, -width / 2 + (i + 1) * pitch, depth / 2 - wing)
        for i in range(yards)
    ]
    return [outer - shapely.union_all(holes)]


def horseshoe(width: float, depth: float, wing: float) -> Footprints:
    """A U that opens to the south."""
    return [
        box(-width / 2, -depth / 2, width / 2, depth / 2)
        - box(-width / 2 + wing, -depth / 2 - 1, width / 2 - wing, depth / 2 - wing)
    ]


def placed(parts: Footprints, x: float, y: float, angle: float) -> Footprints:
    """The building turned `angle` degrees anticlockwise about (0, 0) and moved to (x, y)."""
    return [affinity.translate(affinity.rotate(p, angle, origin=(0, 0)), x, y) for p in parts]


def cut_across(shape: Polygon, count: int) -> Footprints:
    """A footprint cut into `count` stairwells of equal length along its long axis."""
    if count == 1:
        return [shape]
    a, b = long_axis(shape)
    cuts = [_across(a + (b - a) * i / count, b - a, 500.0) for i in range(1, count)]
    parts = polygonize(shapely.get_parts(shapely.unary_union([shape.boundary, *cuts])))
    inside = [p for p in parts if shape.contains(p.point_on_surface())]
    along = (b - a) / np.linalg.norm(b - a)
    return sorted(inside, key=lambda p: float(np.dot([p.centroid.x, p.centroid.y], along)))


def long_axis(shape: Polygon) -> tuple[np.ndarray, np.ndarray]:
    """The two ends of the middle line of the smallest rectangle about `shape`, west end first."""
    p, q, r, s = np.asarray(shapely.minimum_rotated_rectangle(shape).exterior.coords)[:4]
    pair = ((p + q) / 2, (r + s) / 2), ((q + r) / 2, (s + p) / 2)
    a, b = max(pair, key=lambda ends: float(np.linalg.norm(ends[1] - ends[0])))
    return (a, b) if (a[0], a[1]) <= (b[0], b[1]) else (b, a)


def _across(at: np.ndarray, along: np.ndarray, half: float) -> LineString:
    """A line through `at`, square to `along`, `half` metres to each side."""
    normal = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    return LineString([at - normal * half, at + normal * half])


def on_lot(lot: Polygon, rng: Random, *, front: LineString, gap: float) -> Polygon | None:
    """
    The house that somebody built on a lot: all of it, all but a yard, an L, a U or a ring round a court.

    Whatever does not come out as one sensible polygon falls back to the plain house; None if the lot is too narrow.
    """
    plain = _largest(lot.buffer(-gap, join_style="mitre"))
    if plain is None or plain.area < 28 or _width(plain) < 4:
        return None
    shape = _carved(plain, rng, front)
    return shape if shape is not None and shape.area > 28 else plain


def _carved(plain: Polygon, rng: Random, front: LineString) -> Polygon | None:
    width = _width(plain)
    if width > 14.5 and rng.random() < 0.75:
        return _largest(plain - plain.buffer(-rng.uniform(4.6, 5.4), join_style="mitre"), holes=True)
    style = rng.choices(["plain", "yard", "ell", "u"], weights=[5, 4, 3, 3 if width > 9.5 else 0])[0]
    if style == "plain":
        return plain
    return _largest(plain - _notch(plain, style, rng, front))


def _notch(plain: Polygon, style: str, rng: Random, front: LineString) -> Polygon:
    """What is left open of a house: a strip at the back, a corner of it, or its middle."""
    p, q, _, s = _from_front(plain, front)
    deep = rng.uniform(0.3, 0.5)
    left, right = {"yard": (-0.2, 1.2), "ell": (rng.uniform(0.45, 0.6), 1.2), "u": (0.3, 0.7)}[style]
    near, far = 1 - deep, 1.2
    corners = [(left, near), (right, near), (right, far), (left, far)]
    return Polygon([p + (q - p) * u + (s - p) * v for u, v in corners])


def _from_front(plain: Polygon, front: LineString) -> Sequence[np.ndarray]:
    """The corners of the smallest rectangle about a house, the first two on the side nearest to the street."""
    ring = np.asarray(shapely.minimum_rotated_rectangle(plain).exterior.coords)[:4]
    middles = [(ring[i] + ring[(i + 1) % 4]) / 2 for i in range(4)]
    first = int(np.argmin([front.distance(shapely.Point(m)) for m in middles]))
    return [ring[(first + i) % 4] for i in range(4)]


def _width(shape: Polygon) -> float:
    """The short side of the smallest rectangle about `shape`, in metres."""
    ring = np.asarray(shapely.minimum_rotated_rectangle(shape).exterior.coords)
    return float(min(np.linalg.norm(ring[1] - ring[0]), np.linalg.norm(ring[2] - ring[1])))


def _largest(shape: shapely.Geometry, *, holes: bool = False) -> Polygon | None:
    parts = [p for p in shapely.get_parts(shape) if isinstance(p, Polygon) and not p.is_empty]
    if not parts:
        return None
    best = max(parts, key=lambda p: p.area)
    clean = shapely.simplify(best, 0.15)
    return clean if clean.is_valid and (holes or not clean.interiors) and _solid(clean) else None


def _solid(shape: Polygon) -> bool:
    """Whether no part of the shape is a mere sliver of wall."""
    core = shape.buffer(-1.2, join_style="mitre")
    return isinstance(core, Polygon) and not core.is_empty


def noded_together(parts: Footprints) -> Footprints:
    """The same polygons, each with a vertex wherever a neighbour's corner touches its wall."""
    lines = shapely.get_parts(shapely.unary_union([p.boundary for p in parts]))
    found = shapely.get_parts(shapely.polygonize(lines))
    tree = shapely.STRtree(found)
    return [found[tree.nearest(p.point_on_surface())] for p in parts]
