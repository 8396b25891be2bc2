"""Vector tiles, made by PostGIS: all layers of a tile and the version of their net in one query, one snapshot."""

import math
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from django.db import connection

from maps.layers import LAYERS, MAX_ZOOM, Layer
from maps.version import VERSION

EXTENT = 4096  # units a tile is wide
BUFFER = 64  # units beyond each side; 8 px of a tile drawn 512 px wide, more than any line is thick
SAFE = 1.5  # units; rounding moves two vertices towards each other by 0.71 each at most
WORLD = 2 * math.pi * 6378137.0  # metres of Web Mercator round the equator

# What the tile and its buffer cover, in metres of Web Mercator, and the same in units of the tile.
REACH = "ST_MakeEnvelope(%(left)s, %(bottom)s, %(right)s, %(top)s, 3857)"
UNITS = f"ST_MakeEnvelope({-BUFFER}, {-BUFFER}, {EXTENT + BUFFER}, {EXTENT + BUFFER}, 3857)"
# A shape in units of the tile: a shift, a scale and a rounding. Rows of a tile run south, hence the minus.
MOVED = "ST_SnapToGrid(ST_TransScale({shape}, -(%(west)s), -(%(north)s), %(scale)s, -(%(scale)s)), 1)"
# The same, cut off at the buffer and made valid again: right for every shape, and several times slower.
FRAME = "ST_MakeBox2D(ST_Point(%(west)s, %(south)s), ST_Point(%(east)s, %(north)s))"
CLIPPED = f"ST_AsMVTGeom({{shape}}, {FRAME}, {EXTENT}, {{buffer}}, true)"


class NoSuchTile(ValueError):
    """There is no tile with these numbers."""


def tile(z: int, x: int, y: int, day: date, layers: Sequence[type[Layer]] = LAYERS) -> tuple[str, bytes]:
    """
    The version of the net on a day, and one of its tiles as MVT 2; no bytes where nothing is there.

    Both come out of one snapshot of the database: a publication at the same instant is in both or in neither.
    Raises `NoSuchTile` where zoom `z` has no column `x` or row `y`.
    """
    parameters: dict[str, date | float] = {"day": day, **frame(z, x, y)}
    with connection.cursor() as cursor:
        cursor.execute(statement(tuple(layers), z), parameters)
        version, data = cursor.fetchone()
    return version, bytes(data)


def frame(z: int, x: int, y: int) -> dict[str, float]:
    """Edges of a tile, the same with its buffer, in metres of EPSG:3857, and its scale in units a metre."""
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NoSuchTile(f"{z}/{x}/{y}")
    side = WORLD / 2**z
    beyond = side * BUFFER / EXTENT
    west, north = x * side - WORLD / 2, WORLD / 2 - y * side
    east, south = west + side, north - side
    edges = {"west": west, "south": south, "east": east, "north": north}
    reach = {"left": west - beyond, "bottom": south - beyond, "right": east + beyond, "top": north + beyond}
    # A tenth of a millimetre is enough, and shorter numbers are read faster: each stands in the statement many times.
    return {name: round(metres, 4) for name, metres in {**edges, **reach}.items()} | {"scale": EXTENT / side}


def at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that holds a point, degrees of EPSG:4326; the formula of Web Mercator."""
    across = (lon + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int(across * 2**z), int(down * 2**z)


@lru_cache(maxsize=64)
def statement(layers: tuple[type[Layer], ...], z: int) -> str:
    """The query of a zoom's tiles; its parameters are the day and the names in `frame`."""
    shown = [f"({layer_sql(layer, z)})" for layer in layers if layer.min_zoom <= z <= layer.max_zoom]
    data = " || ".join(shown) or "''::bytea"
    return f"SELECT {VERSION}, {data}"


def layer_sql(layer: type[Layer], z: int) -> str:
    """One layer of the tile as bytes: rows within reach, buffer included; a row drawn as nothing is left out."""
    columns = "".join(f", {sql} AS {name}" for name, sql in layer.columns.items())
    rows = f"""
        SELECT {geometry_sql(layer, z)} AS geom{columns} FROM {layer.model._meta.db_table} AS row {layer.joins}
        WHERE row.{layer.geometry} && {reach_sql(layer)} AND {layer.where} AND {kinds_sql(layer, z)}
    """
    if layer.point:  # of a shape within reach, the label may be out of it
        rows = f"SELECT * FROM ({rows} OFFSET 0) AS placed WHERE geom && {UNITS}"
    return f"SELECT ST_AsMVT(feature, '{layer.name}', {EXTENT}, 'geom') FROM ({rows}) AS feature"


def geometry_sql(layer: type[Layer], z: int) -> str:
    """
    A row's shape in units of the tile, its outer rings turning as MVT 2 wants them.

    A whole polygon is only moved where its vertices can be rounded without any ring touching another; that is known
    from its clearance, without a look at its rings, and they are stored to turn the right way. Else it goes the slow
    way, which mends or drops it.
    """
    if layer.point:
        return MOVED.format(shape=layer.point)
    clipped = CLIPPED.format(shape=f"row.{layer.geometry}", buffer=buffer_of(layer, z))
    if not layer.whole:
        return clipped
    moved = MOVED.format(shape=f"row.{layer.geometry}")
    return f"CASE WHEN row.clearance * %(scale)s > {SAFE} THEN {moved} ELSE {clipped} END"


def buffer_of(layer: type[Layer], z: int) -> int:
    """Units beyond the tile: at large scales half a street is wider than the usual buffer, and its end would show."""
    return max(BUFFER, math.ceil(layer.wide * EXTENT * 2**z / WORLD))


def reach_sql(layer: type[Layer]) -> str:
    return f"ST_Expand({REACH}, {layer.wide})" if layer.wide else REACH


def kinds_sql(layer: type[Layer], z: int) -> str:
    """Leaves out the kinds of row that come in at a later zoom."""
    later = [f"'{kind}'" for kind, zoom in layer.zoom_of_kind.items() if zoom > z]
    return f"row.kind NOT IN ({', '.join(later)})" if later else "TRUE"
