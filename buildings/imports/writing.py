"""Write many rows at once: COPY into the tables themselves, inside the transaction of whoever calls."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely
from django.db import connection, models
from shapely.geometry.base import BaseGeometry

from geo.crs import SRID

CHUNK = 20_000  # rows that stand in memory as text at a time; about 10 MB
LOCK = 0x67726F756E64  # "ground": one import writes at a time


def lock() -> None:
    """Wait until no other import writes; released with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Primary keys from the table's own sequence, so that rows which refer to each other can be written in one go."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [pk for (pk,) in cursor.fetchall()]


def copy(
    model: type[models.Model], rows: Sequence[dict[str, Any]], *, progress: Callable[[int], None] = lambda done: None
) -> None:
    """Insert rows (attribute name -> value, the same names in each). Geometries are shapely's, in EPSG:4326."""
    if not rows:
        return
    names = list(rows[0])
    columns = ", ".join(connection.ops.quote_name(_column_of(model, name)) for name in names)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        for chunk in _chunks(rows):
            text = io.StringIO("\n".join(_lines(chunk, names)) + "\n")
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", text)
            progress(len(chunk))


def _column_of(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).column)  # type: ignore[union-attr]


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _lines(rows: list[dict[str, Any]], names: list[str]) -> Iterator[str]:
    columns = [_column([row[name] for row in rows]) for name in names]
    return ("\t".join(cells) for cells in zip(*columns, strict=True))


def _column(values: list[Any]) -> list[str]:
    """One column in COPY's text format."""
    if any(isinstance(value, BaseGeometry) for value in values):
        shapes = np.empty(len(values), dtype=object)
        shapes[:] = values
        hexes = shapely.to_wkb(shapely.set_srid(shapes, SRID), hex=True, include_srid=True)
        return [item if item is not None else "\\N" for item in hexes]
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (list, tuple)):
        value = "{" + ",".join('"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value) + "}"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
