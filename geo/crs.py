"""
Coordinates and what they are: WGS 84, CGCS2000 and its 3-degree zones, GCJ-02, BD-09.

Everywhere x = longitude (east) and y = latitude (north). EPSG:4490 and the zones put latitude and northing first in
their definitions; nothing here follows them.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar, overload

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo.errors import Place, UnknownCoordType

COORD_TYPES = ("wgs84", "cgcs2000", "gcj02", "bd09")
SRID = 4326
GRID_SIZE = 1e-7  # degrees; 11 mm north-south, 10 mm east-west at 26 N, and the last decimal of OpenStreetMap
_GRID_SCALE = 1e7  # 1 / GRID_SIZE as a whole number: dividing by it gives the double nearest to the decimal

G = TypeVar("G", bound=BaseGeometry)
Floats = NDArray[np.float64]
_Step = Callable[[Floats, Floats], tuple[Floats, Floats]]

# GCJ-02: the obfuscation that Chinese web maps must apply, as reconstructed from leaked code ("eviltransform").
_AXIS = 6378245.0  # metres, Krasovsky 1940, semi-major axis
_ECCENTRICITY2 = 0.00669342162296594323  # squared
_SHIFTED = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north, degrees: the rectangle that is shifted
_BD_WAVE = np.pi * 3000.0 / 180.0

# Both shifts change by less than 3 % over their own length, so each round makes the error at least 30 times smaller:
# 0.007 degrees become less than 1e-14 in eight rounds.
_ROUNDS = 10


@overload
def to_wgs84(lon: float, lat: float, coord_type: str) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: Floats, lat: Floats, coord_type: str) -> tuple[Floats, Floats]: ...
def to_wgs84(lon: Any, lat: Any, coord_type: str) -> Any:
    """
    WGS 84 longitude and latitude of a position given in another coordinate type.

    Parameters
    ----------
    lon, lat : float or array of float
        Degrees. NaN stays NaN.
    coord_type : str
        One of `COORD_TYPES`. CGCS2000 and WGS 84 share their ellipsoid to 0.1 mm and are taken for equal.

    Returns
    -------
    tuple of float or of arrays, as given.

    Raises
    ------
    UnknownCoordType

    Notes
    -----
    The inverse of `from_wgs84` by iteration, good to 1e-9 m. GCJ-02 itself is known to about 1 cm between the
    implementations in use, and agrees with a map vendor's answers for 332 cities within 0.74 m. All of them shift one
    rectangle, Hong Kong, Macau, Seoul and Hanoi included, and so do we. In a strip of 600 m inside its rim two
    positions share one GCJ-02 position; the one inside the rectangle is given.
    """
    return _apply(_step(coord_type, inverse=True), lon, lat)


@overload
def from_wgs84(lon: float, lat: float, coord_type: str) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: Floats, lat: Floats, coord_type: str) -> tuple[Floats, Floats]: ...
def from_wgs84(lon: Any, lat: Any, coord_type: str) -> Any:
    """WGS 84 longitude and latitude, degrees, in another coordinate type. See `to_wgs84`."""
    return _apply(_step(coord_type, inverse=False), lon, lat)


def geometry_to_wgs84(geometry: G, coord_type: str) -> G:
    """The geometry with each vertex brought to WGS 84. Empty stays empty; raises `UnknownCoordType`."""
    step = _step(coord_type, inverse=True)
    return shapely.transform(geometry, step, interleaved=False)


def _apply(step: _Step, lon: Any, lat: Any) -> tuple[Any, Any]:
    x, y = step(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    if np.ndim(lon) == 0 and np.ndim(lat) == 0:
        return float(x), float(y)
    return x, y


def _step(coord_type: str, *, inverse: bool) -> _Step:
    if coord_type in ("wgs84", "cgcs2000"):
        return lambda lon, lat: (lon, lat)
    if coord_type == "gcj02":
        return _gcj02_to_wgs84 if inverse else _wgs84_to_gcj02
    if coord_type == "bd09":
        return _bd09_to_wgs84 if inverse else _wgs84_to_bd09
    raise UnknownCoordType(found=coord_type)


def _wgs84_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _gcj02_to_bd09(*_wgs84_to_gcj02(lon, lat))


def _bd09_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _gcj02_to_wgs84(*_invert(_gcj02_to_bd09, lon, lat))


def _wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = _shift(lon, lat)
    inside = _in_shifted(lon, lat)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def _gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = _invert(_shift, lon, lat)
    inside = _in_shifted(x, y)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def _in_shifted(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, south, east, north = _SHIFTED
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 of WGS 84 by the formula alone, wherever the position lies. Degrees."""
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (wave + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (wave + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian = _AXIS * (1.0 - _ECCENTRICITY2) / magic**1.5
    parallel = _AXIS / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_WAVE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _invert(forward: _Step, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The position that `forward` brings to (lon, lat), by walking back what it is off by."""
    x, y = lon, lat
    for _ in range(_ROUNDS):
        found_x, found_y = forward(x, y)
        x, y = x + (lon - found_x), y + (lat - found_y)
    return x, y


# Metres


def zone_srid(lon: float) -> int:
    """
    EPSG code of the zone in which metres are measured at a longitude (degrees).

    EPSG:4534 to 4554, the CGCS2000 3-degree Gauss-Krueger zones with central meridians 75 E to 135 E; outside of them
    (73.5 E to 136.5 E) the zone of WGS 84 / UTM north, also for the south, where northings are then negative.
    """
    if 73.5 <= lon <= 136.5:
        return 4534 + min(20, int((lon - 73.5) // 3))
    return 32601 + int((lon + 180.0) // 6) % 60


@lru_cache(maxsize=128)
def _transformer(srid: int, *, back: bool) -> Transformer:
    degrees = 4490 if 4534 <= srid <= 4554 else 4326
    ends = (srid, degrees) if back else (degrees, srid)
    return Transformer.from_crs(*ends, always_xy=True)


def project(geometry: G, srid: int) -> G:
    """Degrees to metres: x = easting, y = northing of the zone. Vertices only; an edge of 500 m bows by 3 mm."""
    transform = _transformer(srid, back=False).transform
    return shapely.transform(geometry, transform, interleaved=False)


def unproject(geometry: G, srid: int) -> G:
    """Metres of a zone to degrees, the inverse of `project` to 1e-6 m."""
    transform = _transformer(srid, back=True).transform
    return shapely.transform(geometry, transform, interleaved=False)


def zone_of(geometry: BaseGeometry) -> int:
    """EPSG code of the zone of the middle of a geometry's bounds. Of an empty geometry, the zone of 120 E."""
    west, _, east, _ = geometry.bounds
    return zone_srid(120.0 if geometry.is_empty else (west + east) / 2)


def area_m2(geometry: BaseGeometry) -> float:
    """Square metres, measured in the zone of the geometry; at most 0.07 % too large at the rim of a zone. Empty: 0."""
    return float(project(geometry, zone_of(geometry)).area)


def length_m(geometry: BaseGeometry) -> float:
    """Metres of a line or of an outline, in its zone; at most 0.04 % too long at the rim of a zone. Empty: 0."""
    return float(project(geometry, zone_of(geometry)).length)


def distance_m(a: BaseGeometry, b: BaseGeometry) -> float:
    """Least distance in metres between two geometries, in the zone of the first. NaN when one is empty."""
    srid = zone_of(a)
    return float(shapely.distance(project(a, srid), project(b, srid)))


# The grid


def round_to_grid(coordinates: Floats) -> Floats:
    """Degrees rounded to the grid of 1e-7: the doubles that seven decimals read back as."""
    return np.round(coordinates * _GRID_SCALE) / _GRID_SCALE


def on_grid(geometry: BaseGeometry) -> bool:
    """Whether each vertex lies on the grid, bit for bit."""
    coordinates = shapely.get_coordinates(geometry)
    return bool(np.array_equal(coordinates, round_to_grid(coordinates)))


def snap(geometry: G) -> G:
    """
    The geometry on the fixed grid of 1e-7 degrees.

    A vertex on the grid stays bit for bit, so snapping twice is snapping once. Order and number of vertices stay as
    well, unless rounding makes a valid geometry invalid (parts thinner than 1 cm); then GEOS rebuilds it on the grid,
    and what is too thin to be there is gone: the answer may be empty, or of several parts.
    """
    if on_grid(geometry):
        return geometry
    rounded = shapely.transform(geometry, round_to_grid)
    if shapely.is_valid(rounded) or not shapely.is_valid(geometry):
        return rounded
    return shapely.set_precision(geometry, GRID_SIZE, mode="valid_output")


def off_grid(geometries: NDArray[Any]) -> NDArray[np.intp]:
    """The numbers, in order, of those geometries of an array that have a vertex beside the grid."""
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    return np.unique(owner[(coordinates != round_to_grid(coordinates)).any(axis=1)])


def snap_all(geometries: Sequence[BaseGeometry] | NDArray[Any]) -> NDArray[Any]:
    """`snap` for many: the same answers, found at once for those that need nothing."""
    snapped = np.array(geometries, dtype=object)
    for number in off_grid(snapped).tolist():
        snapped[number] = snap(snapped[number])
    return snapped


def metres_per_degree(lat: float) -> tuple[float, float]:
    """
    Metres per degree of longitude and of latitude at `lat` degrees, on the WGS 84 ellipsoid (radii of curvature).

    Good for a flat picture of a community: 0.1 % of error at 10 km north or south of `lat`.
    """
    phi = np.radians(lat)
    magic = 1.0 - 0.00669437999014 * np.sin(phi) ** 2
    east = np.pi / 180 * 6378137.0 * np.cos(phi) / np.sqrt(magic)
    north = np.pi / 180 * 6378137.0 * (1.0 - 0.00669437999014) / magic**1.5
    return float(east), float(north)


def flatten(geometries: Sequence[BaseGeometry] | NDArray[Any], origin: Place) -> NDArray[Any]:
    """
    Geometries in metres around an origin (lon, lat), by scaling alone.

    Unlike a projection this keeps straight what is straight, so that a vertex stays on the same side of every edge
    and a coverage stays a coverage.
    """
    scale = np.array(metres_per_degree(origin[1]))
    return shapely.transform(np.asarray(geometries, dtype=object), lambda c: (c - np.array(origin)) * scale)
