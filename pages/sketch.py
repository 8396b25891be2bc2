"""
A small drawing of the place that an answer is about: the grid's outline, its buildings, the streets, "you are here".

One SVG of some kilobytes, drawn on the server, so that a phone without scripts has a map too. Only public ground is in
it. Sizes are in units of the drawing, 800 wide, about half a CSS pixel on a phone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise
from math import atan2, degrees

import shapely
from django.contrib.gis.geos import Point, Polygon
from django.db.models import Q
from shapely.geometry.base import BaseGeometry

from buildings.models import Building, Landcover, Road
from geo.crs import metres_per_degree
from geo.geos import to_shapely
from grids.models import GridBoundary

WIDTH, HEIGHT = 800, 600
LEAST, MOST = 150, 420  # metres from left to right: a yard with its neighbours, five minutes on foot
ROAD = {"arterial": 22, "street": 16, "alley": 9, "path": 4}
GROUND = {"water": "#cfe3ee", "green": "#dfecd5", "square": "#f0ead9"}
FONT = 'font-family="system-ui,PingFang SC,Microsoft YaHei,Noto Sans CJK SC,sans-serif"'


@dataclass(frozen=True)
class Frame:
    """The window on the ground, and how a position in it becomes a position in the drawing."""

    west: float
    north: float
    per_degree: tuple[float, float]  # units of the drawing, east and south

    @classmethod
    def around(cls, point: Point, cell: BaseGeometry | None) -> "Frame":
        """The whole cell where it fits into `MOST` metres, else the part of it around the point."""
        east_m, north_m = metres_per_degree(point.y)
        lon, lat, width = point.x, point.y, float(MOST)
        if cell is not None:
            west, south, east, north = cell.bounds
            needed = max((east - west) * east_m, (north - south) * north_m * WIDTH / HEIGHT) * 1.12
            if needed <= MOST:
                lon, lat, width = (west + east) / 2, (south + north) / 2, max(needed, LEAST)
        scale = WIDTH / width
        per_degree = (scale * east_m, scale * north_m)
        return cls(lon - WIDTH / 2 / per_degree[0], lat + HEIGHT / 2 / per_degree[1], per_degree)

    @classmethod
    def centred(cls, point: Point, width_m: float) -> "Frame":
        """So many metres from left to right, with the point in the middle."""
        east_m, north_m = metres_per_degree(point.y)
        east, south = WIDTH / width_m * east_m, WIDTH / width_m * north_m
        return cls(point.x - WIDTH / 2 / east, point.y + HEIGHT / 2 / south, (east, south))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        return (
            self.west,
            self.north - HEIGHT / self.per_degree[1],
            self.west + WIDTH / self.per_degree[0],
            self.north,
        )

    def drawn(self, geometry: BaseGeometry, margin: float = 40) -> BaseGeometry:
        """A geometry in units of the drawing, cut off a little outside of it."""
        flat = shapely.transform(geometry, self._draw)
        return shapely.clip_by_rect(flat, -margin, -margin, WIDTH + margin, HEIGHT + margin)

    def _draw(self, positions):
        return (positions - (self.west, self.north)) * (self.per_degree[0], -self.per_degree[1])


def plain_svg(point: Point, width_m: float) -> str:
    """The ground around a point (EPSG:4326) in the middle, so many metres from left to right: no net, no pin."""
    frame, labels = Frame.centred(point, width_m), Labels()
    houses, numbers = _houses(frame, shapely.Point(), labels)
    names = list(_road_names(frame, labels))
    return _drawing([*_ground(frame), *_roads(frame), *houses, *numbers, *names])


def svg(point: Point, on: date, words: str) -> str:
    """The drawing around a point (EPSG:4326) on a day; `words` stand at the point."""
    cell = _cell_at(point, on)
    frame = Frame.around(point, cell)
    labels = Labels()
    here = frame.drawn(shapely.Point(point.x, point.y))
    pin = _pin(here, words, labels)
    ground = [*_ground(frame), *_net(frame, cell), *_roads(frame)]
    houses, numbers = _houses(frame, here, labels)
    names = list(_road_names(frame, labels))
    outline = [_shape(frame.drawn(cell), fill="none", stroke="#0b5a48", width=5)] if cell is not None else []
    return _drawing([*ground, *houses, *outline, *numbers, *names, *pin])


def _drawing(parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>'
    return f'{head}<rect width="{WIDTH}" height="{HEIGHT}" fill="#f6f2e8"/>{"".join(parts)}</svg>'


# --- what lies in the window ------------------------------------------------------------------------------------------


def _cell_at(point: Point, on: date) -> BaseGeometry | None:
    found = GridBoundary.objects.in_force(on).filter(grid__level=1).covering(point).values_list("boundary").first()
    return to_shapely(found[0]) if found else None


def _window(frame: Frame) -> Polygon:
    return Polygon.from_bbox(frame.bounds)


def _ground(frame: Frame) -> Iterator[str]:
    rows = Landcover.objects.filter(extent__bboverlaps=_window(frame)).order_by("kind", "pk")
    for kind, extent in rows.values_list("kind", "extent"):
        yield _shape(frame.drawn(to_shapely(extent)), fill=GROUND[kind])


def _net(frame: Frame, cell: BaseGeometry | None) -> Iterator[str]:
    if cell is not None:
        yield _shape(frame.drawn(cell), fill="#d8eae2", opacity=0.75)


def _roads(frame: Frame) -> Iterator[str]:
    """Casings first, so that crossings stay open."""
    rows = Road.objects.filter(line__bboverlaps=_window(frame)).order_by("pk")
    lines = [(ROAD[kind], frame.drawn(to_shapely(line))) for kind, line in rows.values_list("kind", "line")]
    for width, line in lines:
        yield _shape(line, stroke="#cfc7b5", width=width + 3)
    for width, line in lines:
        yield _shape(line, stroke="#ffffff", width=width)


def _houses(frame: Frame, here: BaseGeometry, labels: "Labels") -> tuple[list[str], list[str]]:
    """Footprints, the one at the point filled darker, and their numbers."""
    standing = Building.objects.filter(Q(gone_since=None), footprint__bboverlaps=_window(frame)).order_by("pk")
    shapes: list[str] = []
    numbers: list[str] = []
    for number, footprint in standing.values_list("number", "footprint")[:900]:
        drawn = frame.drawn(to_shapely(footprint))
        if drawn.is_empty:
            continue
        at_home = shapely.covers(drawn, here)
        fill = "#e9a93c" if at_home else "#d9ccb2"
        shapes.append(_shape(drawn, fill=fill, stroke="#8a7a58", width=1.5))
        if number and drawn.area > 350:
            numbers.extend(labels.place(shapely.point_on_surface(drawn), number, size=24))
    return shapes, numbers


def _road_names(frame: Frame, labels: "Labels") -> Iterator[str]:
    """Each name once, along the longest straight part that is in the window."""
    rows = Road.objects.filter(line__bboverlaps=_window(frame)).exclude(name="").order_by("pk")
    longest: dict[str, tuple[float, BaseGeometry]] = {}
    for name, line in rows.values_list("name", "line"):
        for part in _segments(frame.drawn(to_shapely(line), margin=0)):
            if part.length > max(longest.get(name, (0.0, part))[0], 24 * len(name)):
                longest[name] = (part.length, part)
    for name, (_length, part) in longest.items():
        yield from labels.along(part, name, size=22)


def _segments(line: BaseGeometry) -> Iterator[BaseGeometry]:
    for part in shapely.get_parts(line):
        positions = shapely.get_coordinates(part)
        for start, end in pairwise(positions):
            yield shapely.LineString([start, end])


# --- drawing ----------------------------------------------------------------------------------------------------------


class Labels:
    """Places words where no other word stands yet."""

    def __init__(self) -> None:
        self.taken: list[BaseGeometry] = []

    def free(self, box: BaseGeometry) -> bool:
        """Take the box unless another word is there, or it reaches out of the drawing."""
        inside = shapely.covers(shapely.box(4, 4, WIDTH - 4, HEIGHT - 4), box)
        if not inside or any(shapely.intersects(box, other) for other in self.taken):
            return False
        self.taken.append(box)
        return True

    def place(self, at: BaseGeometry, text: str, *, size: int) -> Iterator[str]:
        half = width_of(text, size) / 2
        if self.free(shapely.box(at.x - half, at.y - size / 2, at.x + half, at.y + size / 2)):
            yield _text(at.x, at.y + size * 0.36, text, size)

    def along(self, part: BaseGeometry, text: str, *, size: int) -> Iterator[str]:
        """Words along a straight line, never upside down."""
        middle = part.interpolate(0.5, normalized=True)
        (x0, y0), (x1, y1) = sorted(shapely.get_coordinates(part).tolist())
        half = width_of(text, size) / 2 / part.length
        reach = shapely.LineString([(middle.x - (x1 - x0) * half, middle.y - (y1 - y0) * half),
                                    (middle.x + (x1 - x0) * half, middle.y + (y1 - y0) * half)])  # fmt: skip
        if self.free(shapely.buffer(reach, size / 2, cap_style="flat")):
            angle = degrees(atan2(y1 - y0, x1 - x0))
            turn = f' transform="rotate({angle:.0f} {middle.x:.0f} {middle.y:.0f})"'
            yield _text(middle.x, middle.y + size * 0.36, text, size, colour="#5b5341", more=turn)


def width_of(text: str, size: int) -> float:
    """Units that a word takes: a Chinese character is as wide as high, others a good half of it."""
    return sum(size if ord(letter) > 0x2E80 else size * 0.58 for letter in text) + 6


def _pin(here: BaseGeometry, words: str, labels: Labels) -> list[str]:
    x, y = here.x, here.y
    half = width_of(words, 30) / 2 + 12
    middle = min(max(x, half + 6), WIDTH - half - 6)
    top = y - 92 if y > 110 else y + 24
    labels.free(shapely.box(middle - half, top, middle + half, top + 46))
    labels.taken.append(shapely.Point(x, y).buffer(26))
    tip = f"M{x:.0f} {y - 14:.0f}l-12 -34h24z" if top < y else f"M{x:.0f} {y + 10:.0f}l-12 18h24z"
    return [
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="13" fill="#b3261e" stroke="#fff" stroke-width="5"/>',
        f'<path d="{tip}" fill="#1c2320"/>',
        f'<rect x="{middle - half:.0f}" y="{top:.0f}" width="{2 * half:.0f}" height="46" rx="10" fill="#1c2320"/>',
        f'<text x="{middle:.0f}" y="{top + 34:.0f}" font-size="30" font-weight="600" fill="#fff" '
        f'text-anchor="middle">{escape(words)}</text>',
    ]


def _text(x: float, y: float, text: str, size: int, *, colour: str = "#3a3325", more: str = "") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="600" text-anchor="middle" fill="{colour}" '
        f'stroke="#fff" stroke-width="5" stroke-linejoin="round" paint-order="stroke"{more}>{escape(text)}</text>'
    )


def _shape(
    geometry: BaseGeometry, *, fill: str = "none", stroke: str = "", width: float = 0, opacity: float = 1
) -> str:
    path = "".join(_rings(geometry))
    if not path:
        return ""
    pen = (
        f' stroke="{stroke}" stroke-width="{width:g}" stroke-linejoin="round" stroke-linecap="round"' if stroke else ""
    )
    glass = f' opacity="{opacity}"' if opacity < 1 else ""
    return f'<path d="{path}" fill="{fill}" fill-rule="evenodd"{pen}{glass}/>'


def _rings(geometry: BaseGeometry) -> Iterator[str]:
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield f"M{_positions(shapely.get_coordinates(ring)[:-1])}z"
        elif part.geom_type == "LineString":
            yield f"M{_positions(shapely.get_coordinates(part))}"


def _positions(coordinates: Iterable) -> str:
    return " ".join(f"{x:.0f} {y:.0f}" for x, y in coordinates)
