"""From the tables of a file to placed rows of our layers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from buildings.imports import columns, osm
from buildings.imports.files import Source, Table
from buildings.imports.placing import place
from buildings.imports.refusals import CoordTypeNeeded, UnknownLayer
from buildings.imports.report import Report, RowRefused
from buildings.imports.rows import LAYERS, Row
from buildings.imports.text import clean, is_garbled

# Characters that our columns keep; of an id they keep 80, and "#12" is added to it.
MAX_LENGTH = {
    "id": 64, "name": 60, "number": 20, "address": 120, "phone": 20, "hours": 120, "compound": 60, "building": 80,
}  # fmt: skip

INCOMPLETE = _noop("图形不完整：文件里缺少它的一部分节点，可能在数据范围的边缘。请换用范围更大的数据。")


@dataclass(frozen=True)
class Choices:
    """What the person who imports may say about a file."""

    layers: Mapping[str, str] = field(default_factory=dict)  # table -> layer; "" for every table
    columns: Mapping[str, str] = field(default_factory=dict)  # column -> field
    coord_type: str = ""  # what the degrees are; empty for what the format says
    encoding: str = ""
    crs: str = ""  # of a file that does not say
    drop_heights: bool = False  # Z and M go, whatever they say


def read(source: Source, choices: Choices, report: Report) -> dict[str, list[Row]]:
    """Placed rows by layer; a layer that the file has but that holds no sound row is an empty list."""
    if any(columns.needs_coord_type(table) for table in source.tables) and not choices.coord_type:
        raise CoordTypeNeeded
    rows: dict[str, list[Row]] = {}
    # The same object of OpenStreetMap may stand in several tables, as an address and as a shop.
    is_osm = any(osm.is_osm(table) for table in source.tables)
    for table in source.tables:
        for layer, placed in _read_table(table, source, choices, report).items():
            rows.setdefault(layer, []).extend(placed)
    return {layer: _once(layer, rows[layer], report, is_osm) for layer in LAYERS if layer in rows}


def _read_table(table: Table, source: Source, choices: Choices, report: Report) -> dict[str, list[Row]]:
    raw = _osm_rows(table) if _as_osm(table, choices) else _plain_rows(table, source, choices, report)
    placed = {}
    for layer, rows in raw.items():
        report.count(layer).read += len(rows)
        crs = choices.crs or table.crs or ("OGC:CRS84" if table.geometries is None else "")
        sound = place(
            layer,
            [row for row in rows if _is_whole(layer, row, report)],
            crs=crs,
            coord_type=choices.coord_type or "wgs84",
            report=report,
            drop_heights=choices.drop_heights,
        )
        placed[layer] = [row for row in sound if _is_legible(layer, row, report)]
    return placed


def _as_osm(table: Table, choices: Choices) -> bool:
    return osm.is_osm(table) and table.name not in choices.layers and "" not in choices.layers


def _osm_rows(table: Table) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for layer, row in osm.rows_of(table):
        found = rows.setdefault(layer, [])
        row.number = len(found) + 1
        found.append(row)
    return rows


def _plain_rows(table: Table, source: Source, choices: Choices, report: Report) -> dict[str, list[Row]]:
    layer = columns.layer_of(table, choices.layers)
    if not layer and len(source.tables) == 1:
        layer = columns.layer_named(stem_of(source))
    if layer not in LAYERS:
        if len(source.tables) == 1 or layer:
            raise UnknownLayer(layer=table.name)
        report.warn(_("图层“%(layer)s”没有对应的内容，未导入。") % {"layer": table.name})
        return {}

    def refuse(number: int, source_id: str, why: Exception) -> None:
        report.count(layer).read += 1
        report.refuse(layer, number, source_id, why)  # type: ignore[arg-type]

    return {layer: list(columns.rows_of(table, layer, choices.columns, refuse))}


def _is_whole(layer: str, row: Row, report: Report) -> bool:
    """Refuse what was cut off at the edge of an extract, whatever is left of it: half a house may look like a house."""
    cut = row.values.pop("incomplete", "")
    if not cut:
        return True
    lon, _space, lat = cut.partition(" ")
    place = (float(lon), float(lat)) if lat else None
    report.refuse(layer, row.number, row.source_id, RowRefused("incomplete", INCOMPLETE, field="geometry", place=place))
    return False


def _is_legible(layer: str, row: Row, report: Report) -> bool:
    """Refuse text that was read with the wrong encoding once or is longer than its field."""
    try:
        for name, value in ({"id": row.source_id} | row.values).items():
            if isinstance(value, str):
                _check_text(layer, name, value, row)
    except RowRefused as why:
        report.refuse(layer, row.number, row.source_id, why)
        return False
    return True


def _check_text(layer: str, name: str, value: str, row: Row) -> None:
    if is_garbled(value):
        sentence = _noop("“%(value)s”是乱码，请用 --encoding 说明文件的编码，或更正这一行。")
        raise RowRefused("garbled", sentence, field=name, place=_somewhere(row), value=value[:20])
    limit = 80 if (layer, name) == ("facilities", "name") else MAX_LENGTH.get(name, 200)
    if len(value) > limit:
        sentence = _noop("“%(value)s…”太长：最多 %(limit)s 个字。")
        raise RowRefused("too_long", sentence, field=name, place=_somewhere(row), value=value[:20], limit=limit)


def _somewhere(row: Row) -> tuple[float, float] | None:
    if row.geometry is None or row.geometry.is_empty:
        return None
    lon, lat = shapely.get_coordinates(row.geometry)[0]
    return float(lon), float(lat)


def _once(layer: str, rows: list[Row], report: Report, is_osm: bool) -> list[Row]:
    """Rows with an id each; the second of the same id is refused, the second of the same shape without one is too."""
    seen: dict[str, int] = {}
    kept = []
    for row in rows:
        row.source_id = row.source_id or _fingerprint(row)
        if row.source_id in seen and is_osm:
            report.count(layer).left_out += 1
            continue
        if row.source_id in seen:
            why = RowRefused(
                "duplicate", _noop("与第 %(first)s 行重复（编号 %(id)s）。"),
                field="id", place=_somewhere(row), first=seen[row.source_id], id=row.source_id,
            )  # fmt: skip
            report.refuse(layer, row.number, row.source_id, why)
            continue
        seen[row.source_id] = row.number
        kept.append(row)
    return kept


def _fingerprint(row: Row) -> str:
    """An id for a feature without one: it lasts as long as the shape does."""
    return (
        "geom:" + hashlib.sha1(shapely.to_wkb(shapely.normalize(row.geometry)), usedforsecurity=False).hexdigest()[:20]
    )


def source_label(source: Source, choices: Choices, given: str) -> str:
    """What the rows will say they came from. OpenStreetMap's ids mean the same in each of its extracts."""
    if given:
        return given[:60]
    return "osm" if _is_openstreetmap(source) else stem_of(source)[:60]


def credit_of(source: Source) -> str:
    """Whom a map must name that is drawn from a file; the licence of OpenStreetMap asks for it."""
    return osm.CREDIT if _is_openstreetmap(source) else ""


def _is_openstreetmap(source: Source) -> bool:
    if source.kind == "osm" or all(osm.is_osm(table) for table in source.tables):
        return True
    return any(osm.is_osm(table) and "osm_type" in table.columns for table in source.tables)


def stem_of(source: Source) -> str:
    """A file's name without its folder and endings, as text that can be stored."""
    name = Path(source.name).name
    return clean((name.lstrip(".").split(".")[0] or name).encode("utf-8", "replace").decode()) or "import"
