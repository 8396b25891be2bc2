"""A plan as a file for others: GeoPackage, GeoJSON, Shapefile, or a CSV of who belongs where."""

import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyogrio.raw
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from geo.draft import LEVELS, Level
from grids.models import Plan
from planning.engine import current
from planning.sheets import Sheet, as_csv
from planning.table import Table, figures_of

CRS = "EPSG:4326"
FIGURES = ("households", "people", "alone", "stairwells")  # ten letters at most: a Shapefile keeps no more


class File(NamedTuple):
    """What is sent: the end of its name, what kind it is, and its bytes."""

    suffix: str
    media_type: str
    content: bytes


def export(plan: Plan, kind: str) -> File:
    """A plan in one of `FORMATS`."""
    return FORMATS[kind](current(plan))


def grids(table: Table) -> list[tuple[dict[str, Any], BaseGeometry]]:
    """The grids, then the segments: attributes and shape. `code` is the code, or what a draft calls one without."""
    return [(_attributes(table, level, label), table.state.shape(level, label)) for level, label in table.drawn()]


def _attributes(table: Table, level: Level, label: str) -> dict[str, Any]:
    info, figures = table.info(level, label), table.figures(level, label)
    parent = table.parent(label) if level == "segment" else None
    return {
        "level": level,
        "code": info.code or label,
        "name": info.name,
        "kind": info.kind,
        "parent": _code(table, "grid", parent),
        **{key: figures[key] for key in FIGURES},
    }


def _code(table: Table, level: Level, label: str | None) -> str:
    return (table.info(level, label).code or label) if label else ""


def _geojson(table: Table) -> File:
    features = [
        {"type": "Feature", "properties": properties, "geometry": orjson.Fragment(shapely.to_geojson(shape))}
        for properties, shape in grids(table)
    ]
    content = orjson.dumps({"type": "FeatureCollection", "features": features})
    return File("geojson", "application/geo+json", content)


def _gpkg(table: Table) -> File:
    with TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "plan.gpkg"
        rows = grids(table)
        _write(path, "grids", [row for row, _shape in rows], [shape for _row, shape in rows], driver="GPKG")
        doors = [_door(table, code) for code in table.site.units]
        footprints = [unit.footprint for unit in table.site.units.values()]
        _write(path, "stairwells", doors, footprints, driver="GPKG", append=True)
        return File("gpkg", "application/geopackage+sqlite3", path.read_bytes())


def _shapefile(table: Table) -> File:
    rows, packed = grids(table), BytesIO()
    with TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "grids.shp"
        attributes, shapes = [row for row, _shape in rows], [shape for _row, shape in rows]
        _write(path, "grids", attributes, shapes, driver="ESRI Shapefile", encoding="UTF-8")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)
    return File("zip", "application/zip", packed.getvalue())


def _write(path: Path, layer: str, rows: list[dict[str, Any]], shapes: list[BaseGeometry], **how: Any) -> None:
    multi = [shapely.MultiPolygon(shapely.get_parts(shape).tolist()) for shape in shapes]
    names = list(rows[0]) if rows else []
    columns: list[Any] = [
        np.array([row[name] or (0 if name in FIGURES else "") for row in rows], dtype=_type(name)) for name in names
    ]
    unknown = [np.array([row[name] is None for row in rows]) for name in names]
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array(multi, dtype=object)), columns, names, field_mask=unknown,
        layer=layer, crs=CRS, geometry_type="MultiPolygon", **how,
    )  # fmt: skip


def _type(name: str) -> type:
    return np.int32 if name in FIGURES else object


def _door(table: Table, code: str) -> dict[str, Any]:
    unit, weights = table.site.units[code], table.site.weights.get(code, {})
    homes: dict[str, str] = {level: _code(table, level, table.label(level, code)) for level in LEVELS}
    figures = figures_of(weights)
    return {"code": code, "building": unit.building, "title": unit.title, **homes, **figures}


def _csv(table: Table) -> File:
    return File("csv", "text/csv; charset=utf-8", as_csv(membership(table)))


def membership(table: Table) -> Sheet:
    """Each stairwell with its grid and segment; codes, and names for those who read it."""
    head = [_("楼栋编码"), _("楼道编码"), _("楼道"), _("网格编码"), _("网格"), _("楼段编码"), _("楼段")]
    rows = [_membership(table, code) for code in table.site.units]
    return Sheet(_("楼道归属"), head, rows)


def _membership(table: Table, code: str) -> list[Any]:
    unit = table.site.units[code]
    homes = [(level, table.label(level, code)) for level in LEVELS]
    named = [text for level, label in homes for text in (_code(table, level, label), _name(table, level, label))]
    return [unit.building, code, unit.title, *named]


def _name(table: Table, level: Level, label: str | None) -> str:
    return table.info(level, label).name if label else ""


FORMATS: Mapping[str, Callable[[Table], File]] = {
    "gpkg": _gpkg, "geojson": _geojson, "shp": _shapefile, "csv": _csv,
}  # fmt: skip
