"""A net as a drawing for a page, made on the server: grids, streets, buildings, and hatched what moves."""

from collections.abc import Iterable
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from buildings.models import Road
from geo.coverage import label_point
from geo.geos import to_geos, to_shapely
from planning.frame import Drawn, Frame, fitting, footprints_of, grids_of, path
from planning.impact import Impact

WIDTH = 1000.0  # units of a drawing
RATIO = 0.75  # of height to width, at most
MOST_BUILDINGS = 3000  # in one drawing; of a larger community only those that move are drawn
MOST_ROADS = 2000
COLOURS = 8  # of grids: static/plans/compare.css
ROOM = 5.0  # square roots of a grid's area to its name's length: one that is smaller goes without


@dataclass(frozen=True)
class Shape:
    """A grid of a drawing: its outline, its colour, and where its name stands, if there is room."""

    name: str
    path: str
    colour: int
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class PlanMap:
    """One drawing; all paths are in its units."""

    width: float
    height: float
    grids: list[Shape]
    roads: str
    buildings: str
    moved: str
    ground: str
    bar: tuple[int, float]  # metres of the scale bar, and its length


def frame_of(found: Impact) -> Frame | None:
    """A frame around what changes, or around the whole net where nothing does."""
    shapes = [shape for change in found.grids for shape in (change.shape_before, change.shape) if shape is not None]
    if not shapes:
        shapes = [grid.shape for grid in grids_of(found.sides.after)]
    return fitting(shapes, WIDTH, ratio=RATIO) if shapes else None


def map_of(found: Impact, frame: Frame, *, is_after: bool) -> PlanMap:
    """The plan, or what it is compared with, in a frame."""
    side = found.sides.after if is_after else found.sides.before
    grids = [_shape(grid, frame) for grid in grids_of(side) if frame.shows(grid.shape)]
    moved = [door.footprint for door in found.moved if (door.after if is_after else door.before).grid]
    return PlanMap(
        width=frame.width,
        height=frame.height,
        grids=grids,
        roads=_paths(frame, _roads(frame)),
        buildings=_paths(frame, _buildings(found)),
        moved=_paths(frame, moved),
        ground=_paths(frame, [piece.shape for piece in found.ground]),
        bar=scale_bar(frame),
    )


def _shape(grid: Drawn, frame: Frame) -> Shape:
    seen = frame.flat(grid.shape).intersection(shapely.box(0, 0, frame.width, frame.height))
    areal = [part for part in shapely.get_parts(seen) if part.geom_type == "Polygon"]
    largest = max(areal, key=lambda part: part.area, default=shapely.Point(0, 0).buffer(0.1))
    at = label_point(largest)
    size = min(30.0, ROOM * largest.area**0.5 / 5 / max(len(grid.name), 1))
    return Shape(grid.name, path(frame.flat(grid.shape)), grid.colour % COLOURS, at.x, at.y, size if size > 9 else 0.0)


def _paths(frame: Frame, shapes: Iterable[BaseGeometry]) -> str:
    return "".join(path(frame.flat(shape)) for shape in shapes if frame.shows(shape))


def _roads(frame: Frame) -> list[BaseGeometry]:
    rows = Road.objects.filter(line__bboverlaps=to_geos(shapely.box(*frame.box))).exclude(kind=Road.Kind.PATH)
    return [shape for row in rows.only("line")[:MOST_ROADS] if (shape := to_shapely(row.line)) is not None]


def _buildings(found: Impact) -> list[BaseGeometry]:
    shapes = footprints_of(found.after)
    return shapes if len(shapes) <= MOST_BUILDINGS else []


def scale_bar(frame: Frame) -> tuple[int, float]:
    """The longest round length below a quarter of a drawing's width: metres, and units of the drawing."""
    rounds = [step * 10**power for power in range(5) for step in (1, 2, 5)]
    metres = max(length for length in rounds if length * frame.scale <= frame.width / 4 or length == 1)
    return metres, metres * frame.scale
