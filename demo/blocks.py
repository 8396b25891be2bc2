"""Blocks filled with what stands in them: alleys, lots and houses, rows of slabs, villages. Metres."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, degrees
from random import Random

import numpy as np
import shapely
from shapely import LineString, Polygon, affinity, box
from shapely.ops import split

from demo import houses
from demo.houses import Footprints


@dataclass
class Sketch:
    """A building on the drawing board: its stairwells' polygons and what it is."""

    parts: Footprints
    kind: str
    floors: int
    doors: int = 2  # per floor and stairwell
    name: str = ""
    compound: str = ""
    number: str = ""

    @property
    def shape(self) -> Polygon:
        return shapely.coverage_union_all(self.parts)


def crooked_cut(block: Polygon, rng: Random, *, bend: float = 3.0) -> LineString:
    """A line across the block's long axis, near its middle, askew and with a kink: an old alley."""
    a, b = houses.long_axis(block)
    at = a + (b - a) * rng.uniform(0.38, 0.62)
    normal = np.array([-(b - a)[1], (b - a)[0]]) / np.linalg.norm(b - a)
    along = (b - a) / np.linalg.norm(b - a)
    tilt = np.tan(np.radians(rng.uniform(-9, 9)))
    ends = [at + side * 400 * (normal + tilt * along) for side in (-1, 1)]
    kinks = [at + off * normal + along * (off * tilt + rng.uniform(-bend, bend)) for off in (-14, 0, 14)]
    return LineString([ends[0], *kinks, ends[1]])


def alleys(block: Polygon, rng: Random, *, target: float) -> list[LineString]:
    """The alleys that divide a block until no part has more than about `target` square metres."""
    if block.area < target * rng.uniform(0.85, 1.25):
        return []
    cut = crooked_cut(block, rng)
    inside = [part for part in shapely.get_parts(cut & block) if part.length > 12]
    halves = [part for part in split(block, cut).geoms if part.area > 400]
    return [*inside, *(alley for half in halves for alley in alleys(half, rng, target=target))]


def lots(ground: Polygon, rng: Random, *, target: float) -> list[Polygon]:
    """The ground cut straight across again and again until each lot is about `target` square metres."""
    if ground.area < target * rng.uniform(0.75, 1.7):
        return [ground]
    cut = crooked_cut(ground, rng, bend=0.0)
    parts = [part for part in split(ground, cut).geoms if part.area > 20]
    if len(parts) < 2:
        return [ground]
    return [lot for part in parts for lot in lots(part, rng, target=target)]


def old_houses(ground: Polygon, rng: Random, *, target: float, empty: float = 0.1) -> Iterator[Sketch]:
    """Houses of an old quarter, one a lot, wall by wall or a hand's breadth apart, some round a court."""
    for lot in lots(ground, rng, target=target):
        if rng.random() < empty:
            yield Sketch([lot.buffer(-0.5)], "garden", 0, 0)
            continue
        shape = houses.on_lot(lot, rng, front=ground.exterior, gap=rng.choice([0.3, 0.3, 0.5, 0.9]))
        if shape is not None:
            yield Sketch([shape], "courtyard" if shape.interiors else "house", rng.choice([1, 2, 2, 3, 3, 4]), 1)


def shop_row(ground: Polygon, street: LineString, rng: Random, *, setback: float, depth: float) -> list[Sketch]:
    """Shop-houses with party walls along a street, cut from the ground's edge; upper floors are lived in."""
    strip = ground & (street.buffer(setback + depth, cap_style="flat") - street.buffer(setback - 0.5))
    strip = max(shapely.get_parts(strip), key=lambda part: part.area, default=Polygon())
    if strip.area < 90:
        return []
    cuts = list(_square_to(street, strip, rng, half=setback + depth + 6))
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.unary_union([strip.boundary, *cuts]))))
    shops = [p for p in pieces if p.area > 32 and strip.contains(p.point_on_surface())]
    return [Sketch([p], "shophouse", rng.choice([2, 2, 3, 3, 4]), 1) for p in shops if rng.random() < 0.93]


def _square_to(street: LineString, strip: Polygon, rng: Random, *, half: float) -> Iterator[LineString]:
    """Lines square to the street, a shop's width apart, where they cross the strip."""
    at = rng.uniform(2, 5)
    while at < street.length:
        p, q = street.interpolate(at - 1), street.interpolate(at + 1)
        dx, dy = (q.x - p.x) / p.distance(q), (q.y - p.y) / p.distance(q)
        middle = street.interpolate(at)
        across = LineString(
            [(middle.x - dy * half, middle.y + dx * half), (middle.x + dy * half, middle.y - dx * half)]
        )
        if across.intersects(strip):
            yield across
        at += rng.uniform(6.5, 12.5)


def village_houses(ground: Polygon, rng: Random, *, target: float, empty: float = 0.16) -> Iterator[Sketch]:
    """Farm-town houses that stand free in their gardens, roughly square to the lane, a few with a side wing."""
    for lot in lots(ground, rng, target=target):
        inner = lot.buffer(-rng.uniform(1.6, 3.0), join_style="mitre")
        if rng.random() < empty or not isinstance(inner, Polygon) or inner.area < 50:
            yield Sketch([lot.buffer(-0.8)], "garden", 0, 0)
            continue
        width, depth = rng.uniform(9, 14), rng.uniform(8, 11.5)
        shape = houses.slab(1, width, depth)[0]
        if rng.random() < 0.35:
            shape = shape | box(width / 2 - 5, -depth / 2 - rng.uniform(3, 5), width / 2, depth / 2)
        angle = _heading(lot) + rng.choice([0, 0, 180, 90]) + rng.uniform(-5, 5)
        spot = inner.centroid
        house = houses.placed([shape], spot.x, spot.y, angle)
        if inner.buffer(0.8).covers(house[0]):
            yield Sketch(house, "house", rng.choice([1, 2, 3, 3, 4]), 1)


def _heading(shape: Polygon) -> float:
    """The direction of a shape's long axis, degrees anticlockwise from east, between -90 and 90."""
    a, b = houses.long_axis(shape)
    return degrees(atan2(b[1] - a[1], b[0] - a[0]))


@dataclass(frozen=True)
class Estate:
    """How a compound is built: the rows' direction, how far apart they stand, and what they are made of."""

    angle: float
    depth: float = 12.0
    gap: float = 22.0
    length: tuple[float, float] = (13.0, 16.0)  # metres of one stairwell
    stairwells: tuple[int, ...] = (2, 3, 3, 4)
    floors: tuple[int, ...] = (6, 6, 7)
    doors: int = 2
    style: str = "slab"  # slab, sawtooth, bent, mixed
    margin: float = 9.0  # from the wall to the first house
    kind: str = "slab"


def rows(ground: Polygon, estate: Estate, rng: Random) -> Iterator[Sketch]:
    """Slabs in rows across an estate, each row as long as the ground allows, staggered a little."""
    middle = ground.centroid
    level = affinity.rotate(ground, -estate.angle, origin=middle).buffer(-estate.margin, join_style="mitre")
    for low in row_heights(level, estate):
        for parts in _row(level, low, estate, rng):
            turned = [affinity.rotate(p, estate.angle, origin=middle) for p in parts]
            yield Sketch(turned, estate.kind, rng.choice(estate.floors), estate.doors)


def row_heights(level: Polygon, estate: Estate) -> list[float]:
    """Where the rows of an estate begin, from south to north, set out so that most metres of row find room."""
    _, south, _, north = level.bounds
    pitch = estate.depth + estate.gap
    starts = np.arange(south, min(south + pitch, north - estate.depth) + 0.1, 1.5)
    layouts = [np.arange(start, north - estate.depth, pitch).tolist() for start in starts]
    best: list[float] = max(layouts, key=lambda rows: sum(_room(level, low, estate) for low in rows), default=[])
    return [low for low in best if _room(level, low, estate) > 0]


def _room(level: Polygon, low: float, estate: Estate) -> float:
    """Metres of row that fit at one height; a span too short for a house counts for nothing."""
    spans = [east - west for west, east in _clear_spans(level, low, low + estate.depth)]
    return sum(span for span in spans if span > 24)


def _row(level: Polygon, low: float, estate: Estate, rng: Random) -> Iterator[Footprints]:
    for west, east in _clear_spans(level, low, low + estate.depth):
        at = west
        while True:
            count, length = rng.choice(estate.stairwells), rng.uniform(*estate.length)
            while count > 1 and at + count * length > east:
                count -= 1
            if at + count * length > east or east - at < 14:
                break
            yield houses.placed(_styled(count, length, estate, rng), at + count * length / 2, low + estate.depth / 2, 0)
            at += count * length + rng.uniform(8, 12)


def _clear_spans(level: Polygon, low: float, high: float) -> Iterator[tuple[float, float]]:
    """Where a row between two heights fits into the ground: (west, east) pairs."""
    west, _, east, _ = level.bounds
    heights = np.linspace(low - 1.5, high + 1.5, 5)
    free = shapely.intersection_all([_flattened(level & LineString([(west - 1, y), (east + 1, y)])) for y in heights])
    for part in shapely.get_parts(free):
        if part.length > 14:
            yield part.bounds[0], part.bounds[2]


def _flattened(crossing: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(crossing, lambda xy: np.round(xy * [1, 0], 6))


def _styled(count: int, length: float, estate: Estate, rng: Random) -> Footprints:
    style = estate.style if estate.style != "mixed" else rng.choice(["slab", "sawtooth", "shift", "slab"])
    depth = estate.depth - 2 if style != "slab" else estate.depth
    if style == "sawtooth" and count > 1:
        return houses.sawtooth(count, length, depth, shift=2.0)
    if style == "shift" and count > 1:
        return houses.slab(count, length, depth, shift=2.0 / (count - 1) * rng.choice([-1, 1]))
    if style == "bent" and count > 1:
        return houses.bent(count, length, depth - 1, turn=rng.choice([-4.0, 4.0]))
    return houses.slab(count, length, estate.depth)
