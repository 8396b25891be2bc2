"""How compact a shape is."""

import math

from shapely.geometry.base import BaseGeometry

from geo.crs import project, zone_of


def polsby_popper(geometry: BaseGeometry) -> float:
    """
    Area over the area of the circle of the same perimeter: 1 for a circle, 0.785 for a square, 0 for a line or nothing.

    .. math:: 4 \\pi A / P^2, measured in metres in the zone of the geometry (degrees in).

    Source: D. D. Polsby and R. D. Popper, "The Third Criterion", Yale Law & Policy Review 9 (1991).
    """
    flat = project(geometry, zone_of(geometry))
    return 4.0 * math.pi * flat.area / flat.length**2 if flat.length else 0.0
