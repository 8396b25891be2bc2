"""A piece of ground on a flat sheet: from degrees to the units of a drawing, north up, one scale both ways."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import Floats, metres_per_degree
from grids.models import Plan
from planning.engine import current
from planning.plan_pairs import Side

Box = tuple[float, float, float, float]  # west, south, east, north in degrees


@dataclass(frozen=True)
class Frame:
    """
    Where a drawing lies.

    `box` is what it shows, in degrees; `width` and `height` the drawing's size; `scale` units per metre; with `is_down`
    y grows downwards, as on a screen.
    """

    box: Box
    width: float
    height: float
    scale: float
    is_down: bool = True

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape (degrees) in units of the drawing."""
        return shapely.transform(shape, self._placed)

    def _placed(self, places: Floats) -> Floats:
        west, south, east, north = self.box
        across, up = metres_per_degree((south + north) / 2)
        middle = np.array([(west + east) / 2, (south + north) / 2])
        factors = np.array([across, -up if self.is_down else up]) * self.scale
        placed: Floats = (places - middle) * factors + np.array([self.width / 2, self.height / 2])
        return placed

    def shows(self, shape: BaseGeometry) -> bool:
        return bool(shapely.box(*self.box).intersects(shape))


def fitting(shapes: Iterable[BaseGeometry], width: float, *, ratio: float, margin: float = 0.06) -> Frame:
    """A frame of a width, and at most `ratio` of it high, that holds all shapes (degrees) with a margin around them."""
    west, south, east, north = shapely.total_bounds(list(shapes)).tolist()
    across, up = metres_per_degree((south + north) / 2)
    wide, high = (east - west) * across * (1 + 2 * margin), (north - south) * up * (1 + 2 * margin)
    scale = min(width / wide, width * ratio / high)
    height = min(width * ratio, max(high * scale, width * ratio / 2))
    return Frame(_box(west, south, east, north, width / scale / across, height / scale / up), width, height, scale)


def _box(west: float, south: float, east: float, north: float, wide: float, high: float) -> Box:
    x, y = (west + east) / 2, (south + north) / 2
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def path(shape: BaseGeometry) -> str:
    """A shape in units of the drawing as a path of an SVG; lines are left open."""
    closed = "Z" if shape.geom_type.endswith("Polygon") else ""
    parts = shapely.get_rings(shapely.get_parts(shape)) if closed else shapely.get_parts(shape)
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in part.coords) + closed for part in parts)


# What is drawn


@dataclass(frozen=True)
class Drawn:
    """A grid as a map shows it."""

    identity: str
    name: str
    code: str
    colour: int
    shape: BaseGeometry


def grids_of(side: Side) -> list[Drawn]:
    """All grids of a plan, in the order of their codes."""
    if side.plan is None:
        return []
    table = current(side.plan)
    found = []
    for label in table.labels("grid"):
        info = table.info("grid", label)
        identity = side.home(label, None).grid or label
        found.append(Drawn(identity, info.name, info.code or "", info.colour, table.state.shape("grid", label)))
    return found


def footprints_of(plan: Plan) -> list[BaseGeometry]:
    """All buildings of a plan's community."""
    return [unit.footprint for unit in current(plan).site.units.values()]
