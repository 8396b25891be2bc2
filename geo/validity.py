"""
Why a geometry cannot be used, and where it is broken. Nothing is ever repaired here.

What a user sends is measured before it is built, and built before it is asked whether it is valid: an unbounded
document, a million vertices or a comb of long teeth would otherwise keep the server busy.
"""

import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.crs import area_m2
from geo.errors import (
    AxesSwapped,
    BadPosition,
    CrossesAntimeridian,
    Empty,
    GeometryRefused,
    NotANumber,
    NotTwoDimensional,
    OutOfRange,
    OutsideExtent,
    Place,
    RingNotClosed,
    TooComplex,
    TooFewPoints,
    TooManyVertices,
    TooSmall,
    Unreadable,
    WrongCrs,
    WrongType,
    refusal_of,
)


class Extent(NamedTuple):
    """A rectangle in degrees."""

    west: float
    south: float
    east: float
    north: float


CHINA = Extent(73.0, 3.0, 136.0, 54.0)  # with the islands of the south
WORLD = Extent(-180.0, -90.0, 180.0, 90.0)

MAX_VERTICES = 20_000  # the largest of 331 streets of Beijing has 1,855

MAX_TEXT = 120  # characters of text for each vertex that is allowed
SIMPLE_VERTICES = 200  # the worst of so few are checked in 10 ms
MAX_MEETINGS = 20_000  # sum of squares of how many rings meet in a point: 250,000 took 0.6 s
MAX_RING_PAIRS = 200_000  # both ways: rings whose bounds overlap; 16,000,000 took 2.5 s
MAX_EDGE_PAIRS = 1_000_000  # both ways: edges whose bounds overlap; 400,000,000 took 2 s

#: Names of longitude/latitude systems that a GeoJSON `crs` member or an EWKT/EWKB SRID may carry.
LONLAT_SRIDS = (0, 4326, 4490)
LONLAT_NAMES = frozenset(
    {"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84", "CRS84"}
    | {f"{prefix}{srid}" for prefix in ("EPSG:", "urn:ogc:def:crs:EPSG::") for srid in (4326, 4490)}
)

# Levels of lists around a position, by type.
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_AREAL = ("Polygon", "MultiPolygon")
_LINEAL = ("LineString", "MultiLineString")


# Checks of a geometry that is built


def check_area(
    geometry: BaseGeometry | None,
    *,
    extent: Extent | None = CHINA,
    max_vertices: int = MAX_VERTICES,
    min_m2: float = 0.0,
) -> None:
    """
    Refuse what is not a sound polygon or multipolygon.

    Parameters
    ----------
    geometry : Polygon or MultiPolygon
        Degrees, x = longitude.
    extent : Extent, optional
        Where it must lie; None and `WORLD` allow every place on earth.
    max_vertices : int
        Limit over all rings.
    min_m2 : float
        Least area in square metres.

    Raises
    ------
    GeometryRefused
        With the place of the fault.
    """
    sound = _check(geometry, _AREAL, extent=extent, max_vertices=max_vertices)
    _check_complexity(sound)
    _check_valid(sound)
    if min_m2 and (found := area_m2(sound)) < min_m2:
        raise TooSmall(place=_somewhere(sound), found=round(found, 2), least=min_m2)


def check_line(
    geometry: BaseGeometry | None, *, extent: Extent | None = CHINA, max_vertices: int = MAX_VERTICES
) -> None:
    """Refuse what is not a sound line or multiline of some length. It may cross itself, as roads do."""
    sound = _check(geometry, _LINEAL, extent=extent, max_vertices=max_vertices)
    _check_valid(sound)


def check_point(geometry: BaseGeometry | None, *, extent: Extent | None = CHINA) -> None:
    """Refuse what is not one point inside the extent."""
    _check(geometry, ("Point",), extent=extent, max_vertices=1)


def _check(
    geometry: BaseGeometry | None, wanted: Sequence[str], *, extent: Extent | None, max_vertices: int
) -> BaseGeometry:
    if geometry is None:
        raise Empty
    if geometry.geom_type not in wanted:
        raise WrongType(place=None, found=geometry.geom_type, wanted="/".join(wanted))
    if geometry.is_empty:
        raise Empty
    if geometry.has_z or geometry.has_m:
        raise NotTwoDimensional(place=_somewhere(geometry))
    if shapely.get_num_coordinates(geometry) > max_vertices:
        raise TooManyVertices(place=_somewhere(geometry), limit=max_vertices)
    _check_coordinates(shapely.get_coordinates(geometry), extent or WORLD)
    _check_antimeridian(geometry)
    return geometry


def _check_coordinates(coordinates: NDArray[np.float64], extent: Extent) -> None:
    if not np.isfinite(coordinates).all():
        raise NotANumber(place=_first(coordinates, np.asarray(np.isfinite(coordinates).all(axis=1))))
    _check_extent(coordinates, extent)


def _check_extent(coordinates: NDArray[np.float64], extent: Extent) -> None:
    """Refuse the first position that is not on earth, then the first that is not in the extent."""
    for bounds, refusal in ((WORLD, OutOfRange), (extent, OutsideExtent)):
        outside = ~_within(coordinates, bounds)
        if outside.any():
            place = _first(coordinates, outside)
            if _within(coordinates[:, ::-1], extent).all():
                raise AxesSwapped(place=place and (place[1], place[0]))
            raise refusal(place=place, **bounds._asdict())


def _within(coordinates: NDArray[np.float64], extent: Extent) -> NDArray[np.bool_]:
    lower, upper = np.array(extent[:2]), np.array(extent[2:])
    return np.asarray(((coordinates >= lower) & (coordinates <= upper)).all(axis=1))


def _check_antimeridian(geometry: BaseGeometry) -> None:
    """
    Refuse an edge or a part wider than 180 degrees: it was meant to go the other way round.

    A multipolygon that was cut at the antimeridian has parts on both sides, and each of them is narrow.
    """
    bounds = shapely.bounds(shapely.get_parts(geometry))
    wide = bounds[:, 2] - bounds[:, 0] > 180.0
    if wide.any():
        west, south, _, north = bounds[wide][0]
        raise CrossesAntimeridian(place=(float(west), float((south + north) / 2)))


def _check_valid(geometry: BaseGeometry) -> None:
    # Not is_valid first: a geometry that is refused would be examined twice.
    text = shapely.is_valid_reason(geometry)
    if text != "Valid Geometry":
        raise refusal_of(*_reason_and_place(text))


def _reason_and_place(text: str) -> tuple[str, Place | None]:
    """`'Self-intersection[119.3 26.07]'` as the words and the place; no place when GEOS names none that is finite."""
    words, _, numbers = text.rstrip("]").partition("[")
    try:
        lon, lat = (float(number) for number in numbers.split()[:2])
    except ValueError:
        return words.strip(), None
    return words.strip(), (lon, lat) if np.isfinite([lon, lat]).all() else None


def _first(coordinates: NDArray[np.float64], which: NDArray[np.bool_]) -> Place | None:
    if not which.any():
        return None
    lon, lat = coordinates[which][0]
    return (float(lon), float(lat)) if np.isfinite([lon, lat]).all() else None


def _somewhere(geometry: BaseGeometry) -> Place | None:
    coordinates = shapely.get_coordinates(geometry)
    return _first(coordinates, np.asarray(np.isfinite(coordinates).all(axis=1)))


# Complexity


def _check_complexity(geometry: BaseGeometry) -> None:
    """
    Refuse what GEOS would ponder over for long.

    20,000 vertices of an ordinary outline take it 30 ms, but as a comb of slanting teeth 2 s, as squares in squares
    2.5 s, and as holes that all touch in one point 48 s. What makes the difference is counted here first.
    """
    if shapely.get_num_coordinates(geometry) < SIMPLE_VERTICES:
        return
    rings = shapely.get_rings(shapely.get_parts(geometry))
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    # Without the steps from ring to ring and those from a vertex to itself.
    edge = (ring[1:] == ring[:-1]) & (coordinates[1:] != coordinates[:-1]).any(axis=1)
    start, end = coordinates[:-1][edge], coordinates[1:][edge]
    _check_meetings(start)
    _check_pairs(shapely.bounds(rings), MAX_RING_PAIRS)
    _check_pairs(np.hstack([np.minimum(start, end), np.maximum(start, end)]), MAX_EDGE_PAIRS)


def _check_meetings(corners: NDArray[np.float64]) -> None:
    """Refuse rings that meet in points too often; `corners` has each vertex of each ring once."""
    corners, count = np.unique(corners, axis=0, return_counts=True)
    if (count[count > 1] ** 2).sum() > MAX_MEETINGS:
        raise TooComplex(place=_first(corners, count == count.max()))


def _check_pairs(bounds: NDArray[np.float64], limit: int) -> None:
    """Refuse boxes too many of which overlap; counted in portions, so as to stop early."""
    boxes = shapely.box(*bounds.T)
    tree, total = shapely.STRtree(boxes), 0
    for start in range(0, len(boxes), 100):
        total += tree.query(boxes[start : start + 100]).shape[1]
        if total > limit:
            raise TooComplex(place=_first(bounds[:, :2], np.arange(len(bounds)) == start))


# Readers of untrusted input


def read_geojson(document: Any, *, wanted: Sequence[str] = _AREAL, **limits: Any) -> BaseGeometry:
    """
    A sound geometry from a GeoJSON geometry that a stranger sent.

    Parameters
    ----------
    document : mapping, str or bytes
        A geometry object (not a Feature), parsed or as text.
    wanted : sequence of str
        The types to accept. Polygons by default.
    limits
        `extent`, `max_vertices`, `min_m2` of `check_area`, `check_line` or `check_point`, whichever applies.

    Returns
    -------
    BaseGeometry
        Valid, of two dimensions, inside the extent.

    Raises
    ------
    GeometryRefused
    """
    if isinstance(document, (str, bytes)):
        document = _parse_json(document)
    if not isinstance(document, Mapping):
        raise Unreadable
    _check_crs(document.get("crs"))
    return _read(document.get("type"), document.get("coordinates"), wanted, limits)


def _parse_json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable from None


def _check_crs(crs: Any) -> None:
    """Refuse a `crs` member (GeoJSON of 2008) that names anything but longitude and latitude."""
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    if not isinstance(name, str) or name not in LONLAT_NAMES:
        raise WrongCrs(crs=str(name)[:80])


# Each run of spaces can be read in one way only, and the name is bounded: five million spaces are no trap.
_WKT = re.compile(r"(?:SRID *= *(\d{1,9}) *;\s*)?([A-Z]{1,20})(?:\s+(ZM|Z|M))?\s*(EMPTY|\(.*\))", re.I | re.S)
_WKT_TYPES = {name.upper(): name for name in _DEPTH}


def read_wkt(text: str, *, wanted: Sequence[str] = _AREAL, **limits: Any) -> BaseGeometry:
    """A sound geometry from WKT or EWKT that a stranger sent. See `read_geojson`."""
    if isinstance(text, str) and len(text) > (_vertex_limit(limits) + 1) * MAX_TEXT:
        raise TooManyVertices(limit=_vertex_limit(limits))
    match = _WKT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise Unreadable
    srid, name, dimensions, body = match.groups()
    _check_srid(int(srid or 0))
    kind = _WKT_TYPES.get(name.upper(), name)
    if kind not in _DEPTH:
        raise WrongType(found=name[:40], wanted="/".join(wanted))
    if body.upper() == "EMPTY":
        raise Empty
    if dimensions:
        raise NotTwoDimensional
    return _read(kind, _wkt_coordinates(kind, body), wanted, limits)


def _wkt_coordinates(kind: str, body: str) -> Any:
    """The nested lists of GeoJSON from what stands in the brackets of WKT."""
    text = re.sub(r"[^(),]+", _wkt_position, body).translate(str.maketrans("()", "[]"))
    coordinates = _parse_json(text)
    if kind == "Point":
        return coordinates[0] if len(coordinates) == 1 else None
    if kind == "MultiPoint":  # `(1 2, 3 4)` and `((1 2), (3 4))` are both in use
        return [item[0] if _is_wrapped(item) else item for item in coordinates]
    return coordinates


def _is_wrapped(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 1


def _wkt_position(match: re.Match[str]) -> str:
    numbers = match.group().split()
    if not numbers:
        return ""
    try:
        return json.dumps([float(number) for number in numbers])
    except ValueError:
        raise Unreadable from None


def _check_srid(srid: int) -> None:
    if srid not in LONLAT_SRIDS:
        raise WrongCrs(crs=f"EPSG:{srid}")


def read_wkb(data: bytes | str, *, wanted: Sequence[str] = _AREAL, **limits: Any) -> BaseGeometry:
    """A sound geometry from WKB or EWKB, bytes or hex, that a stranger sent. See `read_geojson`."""
    try:
        raw = bytes.fromhex(data) if isinstance(data, str) else bytes(data)
        kind, coordinates, end = _wkb_geometry(raw, 0, _vertex_limit(limits), None)
    except (struct.error, TypeError, ValueError):
        raise Unreadable from None
    if end != len(raw):
        raise Unreadable
    return _read(kind, coordinates, wanted, limits)


_WKB_TYPES = ("", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_WKB_SRID, _WKB_DIMENSIONS = 0x20000000, 0xC0000000


def _wkb_geometry(raw: bytes, at: int, limit: int, within: str | None) -> tuple[str, Any, int]:
    """
    Type, nested lists and end of the WKB geometry that starts at a byte.

    GEOS calls itself for each part, so that parts in parts in parts use up the stack and kill the process; here a part
    must be the plain type of its collection.
    """
    order, code = _wkb_order(raw, at), 0
    (code,) = struct.unpack_from(order + "I", raw, at + 1)
    at += 5
    if code & _WKB_SRID:
        _check_srid(struct.unpack_from(order + "I", raw, at)[0])
        at += 4
    if code & _WKB_DIMENSIONS or 1000 < code & 0xFFFF < 4000:
        raise NotTwoDimensional
    kind = _wkb_kind(code & 0xFFFF)
    if within is not None and within != f"Multi{kind}":
        raise Unreadable
    coordinates, at = _wkb_body(raw, at, order, kind, limit)
    return kind, coordinates, at


def _wkb_order(raw: bytes, at: int) -> str:
    if at >= len(raw) or raw[at] > 1:
        raise Unreadable
    return "><"[raw[at]]


def _wkb_kind(code: int) -> str:
    if not 1 <= code < len(_WKB_TYPES):
        raise WrongType(found=f"WKB {code}", wanted="/".join(_AREAL))
    return _WKB_TYPES[code]


def _wkb_body(raw: bytes, at: int, order: str, kind: str, limit: int) -> tuple[Any, int]:
    if kind == "Point":
        return list(struct.unpack_from(order + "2d", raw, at)), at + 16
    if kind == "LineString":
        return _wkb_positions(raw, at, order, limit)
    (count,) = struct.unpack_from(order + "I", raw, at)
    at += 4
    items: list[Any] = []
    for _ in range(count):  # ends at the end of the data, however large the count
        if kind == "Polygon":
            item, at = _wkb_positions(raw, at, order, limit)
        else:
            _, item, at = _wkb_geometry(raw, at, limit, kind)
        items.append(item)
        limit -= max(1, _number_of_positions(item))
        if limit < 0:
            raise TooManyVertices(limit=MAX_VERTICES)
    return items, at


def _number_of_positions(item: Any) -> int:
    """Positions in the nested lists of one part or ring; of a Point, one."""
    if not item or isinstance(item[0], float):
        return 1
    return len(item) if isinstance(item[0][0], float) else sum(map(len, item))


def _wkb_positions(raw: bytes, at: int, order: str, limit: int) -> tuple[list[list[float]], int]:
    (count,) = struct.unpack_from(order + "I", raw, at)
    if count > limit:
        raise TooManyVertices(limit=limit)
    numbers = np.frombuffer(raw, dtype=order + "f8", count=2 * count, offset=at + 4)
    return numbers.reshape(-1, 2).tolist(), at + 4 + 16 * count


def _vertex_limit(limits: Mapping[str, Any]) -> int:
    return int(limits.get("max_vertices", MAX_VERTICES))


# From nested lists to a geometry


def _read(kind: Any, coordinates: Any, wanted: Sequence[str], limits: Mapping[str, Any]) -> BaseGeometry:
    if not isinstance(kind, str) or kind not in wanted or kind not in _DEPTH:
        raise WrongType(found=str(kind)[:40], wanted="/".join(wanted))
    _check_positions(kind, coordinates, _vertex_limit(limits))
    geometry = _build(kind, coordinates)
    if kind in _AREAL:
        check_area(geometry, **limits)
    elif kind in _LINEAL:
        check_line(geometry, **limits)
    elif kind == "Point":
        check_point(geometry, **{name: value for name, value in limits.items() if name == "extent"})
    else:
        _check(geometry, (kind,), extent=limits.get("extent", CHINA), max_vertices=_vertex_limit(limits))
    return geometry


def _check_positions(kind: str, coordinates: Any, limit: int) -> None:
    """Refuse nested lists of the wrong depth, length or content before anything is built from them."""
    count = 0
    for line in _lines(coordinates, _DEPTH[kind], limit):
        count += len(line)
        if count > limit:
            raise TooManyVertices(limit=limit)
        for position in line:
            _check_position(position)
        _check_length(kind, line)


def _lines(coordinates: Any, depth: int, limit: int) -> Iterator[list[Any]]:
    """The innermost lists of positions; a Point counts as a list of one."""
    if depth == 0:
        yield [coordinates]
        return
    if not isinstance(coordinates, (list, tuple)):
        raise BadPosition
    if not coordinates:
        raise Empty
    if len(coordinates) > limit:
        raise TooManyVertices(limit=limit)
    if depth == 1:
        yield list(coordinates)
        return
    for part in coordinates:
        yield from _lines(part, depth - 1, limit)


def _check_position(position: Any) -> None:
    if not isinstance(position, (list, tuple)) or len(position) < 2:
        raise BadPosition
    if len(position) > 2:
        raise NotTwoDimensional(place=_place(position))
    for number in position:
        # bool is an int to Python, and a number in quotes would pass float().
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise BadPosition
    if _place(position) is None:
        raise NotANumber


def _place(position: Sequence[Any]) -> Place | None:
    try:
        lon, lat = float(position[0]), float(position[1])
    except (TypeError, ValueError, OverflowError):
        return None
    return (lon, lat) if np.isfinite(lon) and np.isfinite(lat) else None


def _check_length(kind: str, line: Sequence[Any]) -> None:
    if kind in _AREAL:
        if list(line[0]) != list(line[-1]):
            raise RingNotClosed(place=_place(line[-1]))
        if len(line) < 4:
            raise TooFewPoints(place=_place(line[0]))
    elif kind in _LINEAL and len(line) < 2:
        raise TooFewPoints(place=_place(line[0]))


def _build(kind: str, coordinates: Any) -> BaseGeometry:
    try:
        return _BUILDERS[kind](coordinates)
    except (shapely.errors.GEOSException, ValueError, TypeError, OverflowError):
        raise Unreadable from None


def _polygon(rings: Sequence[Any]) -> BaseGeometry:
    return shapely.Polygon(rings[0], rings[1:])


_BUILDERS = {
    "Point": shapely.Point,
    "MultiPoint": shapely.MultiPoint,
    "LineString": shapely.LineString,
    "MultiLineString": shapely.MultiLineString,
    "Polygon": _polygon,
    "MultiPolygon": lambda polygons: shapely.MultiPolygon([_polygon(rings) for rings in polygons]),
}

__all__ = [
    "CHINA", "MAX_VERTICES", "WORLD", "Extent", "GeometryRefused", "check_area", "check_line", "check_point",
    "read_geojson", "read_wkb", "read_wkt",
]  # fmt: skip
