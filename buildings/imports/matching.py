"""Compare what a file says with what is stored: new, changed, unchanged, gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import Model, QuerySet
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from buildings.imports.refusals import MassDelete
from buildings.imports.report import Count
from buildings.imports.rows import LAYERS
from geo.crs import GRID_SIZE
from geo.meet import same_ground

MOST_GONE = 0.4  # of a layer; more needs --allow-mass-delete
Box = tuple[float, float, float, float]


@dataclass
class Record:
    """One row as it shall be. `pk` is None until it is known or given."""

    source_id: str
    values: dict[str, Any]
    pk: int | None = None


@dataclass
class Stored:
    """One row as it is; its geometry as WKB, since most of them are only compared."""

    pk: int
    values: dict[str, Any]
    wkb: bytes


@dataclass
class Change:
    """What a commit does to one table."""

    model: type[Model]
    geometry: str
    insert: list[Record] = field(default_factory=list)
    update: list[Record] = field(default_factory=list)  # values hold only what differs
    gone: list[int] = field(default_factory=list)


def stored(rows: QuerySet[Any], fields: Sequence[str], geometry: str, key: str = "source_id") -> dict[str, Stored]:
    """Rows by their id in the source."""
    found = {}
    names = [key, "pk", *fields]
    for values in rows.annotate(wkb=AsWKB(geometry)).values_list(*names, "wkb").iterator(chunk_size=20_000):
        wkb = bytes(values[-1]) if values[-1] is not None else b""
        found[values[0]] = Stored(values[1], dict(zip(fields, values[2:-1], strict=True)), wkb)
    return found


def compare(change: Change, records: Iterable[Record], before: dict[str, Stored], count: Count) -> None:
    """Sort records into new, changed and unchanged. A blank in the file never erases what is stored."""
    records = list(records)
    shapes = np.empty(len(records), dtype=object)
    shapes[:] = [record.values[change.geometry] for record in records]
    for record, wkb in zip(records, shapely.to_wkb(shapes), strict=True):
        old = before.get(record.source_id)
        if old is None:
            change.insert.append(record)
            count.new += 1
            continue
        record.pk = old.pk
        differs = _difference(record.values, old, change.geometry, wkb)
        if differs:
            change.update.append(Record(record.source_id, differs, old.pk))
            count.changed += 1
        else:
            count.unchanged += 1


def _difference(values: dict[str, Any], old: Stored, geometry: str, wkb: bytes) -> dict[str, Any]:
    differs = {
        name: value
        for name, value in values.items()
        if name != geometry
        and name in old.values
        and value != old.values[name]
        and (value not in ("", None) or name == "gone_since")
    }
    if wkb != old.wkb and not _same_shape(wkb, old.wkb):
        differs[geometry] = values[geometry]
    return differs


def _same_shape(one: bytes, other: bytes) -> bool:
    """
    Whether two shapes differ in nothing but the order of their corners and the last bit of a coordinate.

    Ground may also have taken in vertices of borders since it was imported (grids/outline.py).
    """
    if not one or not other:
        return one == other
    a, b = shapely.normalize(shapely.from_wkb([one, other]))
    if shapely.get_dimensions(a) == shapely.get_dimensions(b) == 2:
        return same_ground(a, b)
    return bool(shapely.equals_exact(a, b, tolerance=GRID_SIZE / 4))


def vanished(before: dict[str, Stored], seen: Iterable[str], box: Box | None) -> dict[str, Stored]:
    """
    What is stored, was not seen again, and lies wholly inside the rectangle that the file covers.

    Outside of it the file says nothing: two extracts of one city may share a source.
    """
    if box is None:
        return {}
    left = {key: before[key] for key in before.keys() - set(seen)}
    if not left:
        return {}
    bounds = shapely.bounds(shapely.from_wkb([row.wkb for row in left.values()]))
    inside = (bounds[:, :2] >= box[:2]).all(axis=1) & (bounds[:, 2:] <= box[2:]).all(axis=1)
    return {key: row for (key, row), within in zip(left.items(), inside, strict=True) if within}


def check_mass_delete(layer: str, stored_count: int, gone: int, *, allowed: bool) -> None:
    if gone and gone > MOST_GONE * stored_count and not allowed:
        raise MassDelete(layer=LAYERS.get(layer, layer), stored=stored_count, gone=gone)


def area_m2s(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Square metres of each shape, good to 1 %: for thresholds, not for figures that people read."""
    south = np.nan_to_num(shapely.bounds(shapes)[:, 1]) if len(shapes) else np.empty(0)
    metres: NDArray[np.float64] = shapely.area(shapes) * 111_000.0**2 * np.cos(np.radians(south))
    return metres


def multi(shape: BaseGeometry) -> BaseGeometry:
    return shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
