"""Metres for drawing, degrees for keeping."""

from typing import TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo import crs

G = TypeVar("G", bound=BaseGeometry)


class Frame:
    """
    A drawing board in metres of a CGCS2000 3-degree zone, with (0, 0) at a place on earth.

    Parameters
    ----------
    zone : EPSG code of the zone, for example 4548 (central meridian 117 E).
    longitude, latitude : where the board's (0, 0) lies, in degrees. x grows east, y grows north.
    """

    def __init__(self, zone: int, longitude: float, latitude: float) -> None:
        self._zone = zone
        self._origin = shapely.get_coordinates(crs.project(shapely.Point(longitude, latitude), zone))[0]

    def degrees(self, shape: G) -> G:
        """The shape as lon/lat in EPSG:4326, each vertex rounded to the grid of 1e-7 degrees."""
        moved = shapely.transform(shape, lambda xy: xy + self._origin)
        return shapely.remove_repeated_points(shapely.transform(crs.unproject(moved, self._zone), _rounded))


def _rounded(lonlat: np.ndarray) -> np.ndarray:
    return crs.round_to_grid(lonlat)
