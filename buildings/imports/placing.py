"""Bring rows to longitude and latitude on the 1e-7 grid, and refuse those whose geometry is not sound."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from buildings.imports.matching import area_m2s
from buildings.imports.refusals import UnknownCrs
from buildings.imports.report import Report, RowRefused
from buildings.imports.rows import AREAL, LAYERS, LINEAL, TYPES, Row
from geo import crs as coordinates
from geo.errors import GeometryRefused, Unreadable
from geo.validity import MAX_VERTICES, Extent, check_area, check_line, check_point

DRAWABLE = Extent(-180.0, -85.0, 180.0, 85.0)  # what Web Mercator can draw, and the database takes
LEAST_M2 = {"buildings": 1.0, "compounds": 1.0, "stairwells": 0.5, "communities": 100.0}

MOST_M2 = {"buildings": 3e6, "stairwells": 1e6, "compounds": 1e8}  # the largest factory under one roof has 1.3 km2
Why = GeometryRefused | RowRefused
TOO_LARGE = _noop("面积太大：%(found)s 平方米。一栋楼或一个小区不会有这么大，请检查坐标和图层。")
IDLE = _noop("“%(layer)s”有 %(count)s 个图形带高程（Z 或 M），但数值全部相同，已略去。")
DROPPED = _noop("“%(layer)s”有 %(count)s 个图形的高程（Z 或 M）已按 --drop-heights 略去。")
TALL = _noop("“%(layer)s”有 %(count)s 个图形带高程（Z 或 M），不能导入；不需要高程请加 --drop-heights。")

Array = NDArray[Any]


def place(
    layer: str, rows: Sequence[Row], *, crs: str, coord_type: str, report: Report, drop_heights: bool = False
) -> list[Row]:
    """
    The sound rows, their geometries in EPSG:4326 on the grid; the others stand in the report.

    `crs` is the system of the file (a name or WKT), `coord_type` what its degrees are once they are degrees.
    """
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.geometry for row in rows]
    shapes = flatten(layer, shapes, drop=drop_heights, report=report)
    # A geometry with heights goes unchanged to the check, which refuses it: a transformation would drop them.
    flat = (shapely.get_type_id(shapes) >= 0) & ~has_heights(shapes) & (shapely.get_type_id(shapes) != 7)
    shapes[flat] = to_grid(to_degrees(shapes[flat], crs, coord_type, layer))
    refusals = check(layer, shapes)
    kept = []
    for index, row in enumerate(rows):
        if index in refusals:
            report.refuse(layer, row.number, row.source_id, refusals[index])
            continue
        row.geometry = shapes[index]
        kept.append(row)
    if TYPES[layer] == AREAL:
        for row, shape in zip(kept, canonical([row.shape for row in kept]), strict=True):
            row.geometry = shape
    return kept


def has_heights(shapes: Array) -> NDArray[np.bool_]:
    """Where a geometry has Z or M. None has neither."""
    return shapely.has_z(shapes) | shapely.has_m(shapes)


def flatten(layer: str, shapes: Array, *, drop: bool, report: Report) -> Array:
    """
    Geometries without Z and M where these say nothing, being no number or one and the same in all of a layer, or where
    they shall be dropped. Else they stay, to be refused. The report tells which.
    """
    tall = shapes[has_heights(shapes)]
    if not len(tall):
        return shapes
    heights = shapely.get_coordinates(tall, include_z=True, include_m=True)[:, 2:]
    idle = all(len(np.unique(column[~np.isnan(column)])) <= 1 for column in heights.T)
    report.warn(_(IDLE if idle else DROPPED if drop else TALL) % {"layer": LAYERS[layer], "count": len(tall)})
    return shapely.force_2d(shapes) if idle or drop else shapes


def to_degrees(shapes: Array, crs: str, coord_type: str, layer: str) -> Array:
    """Geometries of a file in WGS 84 degrees, x = longitude, whatever order the definition of their system has."""
    step = transformer(crs, layer)
    if step is not None:
        shapes = shapely.transform(shapes, lambda x, y: step.transform(x, y), interleaved=False)
    if coord_type in ("gcj02", "bd09"):
        shapes = shapely.transform(shapes, lambda x, y: coordinates.to_wgs84(x, y, coord_type), interleaved=False)
    return shapes


def transformer(crs: str, layer: str) -> Transformer | None:
    """None when the coordinates are longitude and latitude already."""
    if not crs:
        raise UnknownCrs(layer=layer)
    try:
        system = CRS.from_user_input(crs)
        if system.to_epsg() in (4326, 4490) or system == CRS("OGC:CRS84"):
            return None
        return Transformer.from_crs(system, 4326, always_xy=True)
    except (CRSError, ProjError):
        raise UnknownCrs(layer=layer) from None


def to_grid(shapes: Array) -> Array:
    """Each geometry rounded to 1e-7 degrees; one by one where rounding would break it."""
    if not len(shapes):
        return shapes
    rounded = shapely.transform(shapes, coordinates.round_to_grid)
    broken = shapely.is_valid(shapes) & ~shapely.is_valid(rounded)
    for index in np.flatnonzero(broken):
        rounded[index] = coordinates.snap(shapes[index])
    return rounded


def canonical(shapes: Sequence[BaseGeometry]) -> Array:
    """
    Areas written in one way: no collection of one part, each ring from its lowest corner, shells counterclockwise.

    Each format and driver has its own habits, and the same house read from two of them is the same house.
    """
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    plain = np.where(shapely.get_num_geometries(array) == 1, shapely.get_geometry(array, 0), array)
    return shapely.orient_polygons(shapely.normalize(plain))


def check(layer: str, shapes: Array) -> dict[int, Why]:
    """Index -> refusal. What passes a quick look at all of them is not looked at again."""
    refusals: dict[int, Why] = {}
    for index in np.flatnonzero(~_plainly_sound(layer, shapes)):
        try:
            _check_one(layer, shapes[index])
        except (GeometryRefused, RowRefused) as why:
            refusals[int(index)] = why
    return refusals


def _plainly_sound(layer: str, shapes: Array) -> NDArray[np.bool_]:
    types = [getattr(shapely.GeometryType, kind.upper()).value for kind in TYPES[layer]]
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore", over="ignore"):
        inside = (bounds[:, :2] >= DRAWABLE[:2]).all(axis=1) & (bounds[:, 2:] <= DRAWABLE[2:]).all(axis=1)
        small = (bounds[:, 2:] - bounds[:, :2] < 0.005).all(axis=1)  # 500 m
    sound = np.isin(shapely.get_type_id(shapes), types) & inside & small & ~has_heights(shapes)
    sound &= shapely.get_num_coordinates(shapes) <= 500  # longer ones are checked for what they cost
    sound[sound] = shapely.is_valid(shapes[sound])
    if layer in LEAST_M2:
        sound[sound] = area_m2s(shapes[sound]) > 1.1 * LEAST_M2[layer]
    return sound


def _check_one(layer: str, shape: Any) -> None:
    if shape is None:
        raise Unreadable
    if TYPES[layer] == AREAL:
        check_area(shape, extent=DRAWABLE, max_vertices=MAX_VERTICES, min_m2=LEAST_M2.get(layer, 0.0))
        _check_size(layer, shape)
    elif TYPES[layer] == LINEAL:
        check_line(shape, extent=DRAWABLE)
    else:
        check_point(shape, extent=DRAWABLE)


def _check_size(layer: str, shape: Any) -> None:
    found = float(area_m2s(np.array([shape], dtype=object))[0])
    if found > MOST_M2.get(layer, np.inf):
        point = shape.representative_point()
        raise RowRefused("too_large", TOO_LARGE, field="geometry", place=(point.x, point.y), found=f"{found:.0f}")
