"""
200,000 buildings from a GeoPackage to rows with stairwells, against the server inserting the same rows by itself.

    python -m bench.imports [--buildings 200000]

20,000 of them when nothing is said, so that `make bench` stays short; both grow with the number.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.db import connection, transaction
from pyogrio import raw

from bench.harness import in_words, print_row, scratch
from buildings.imports.ground import plan_import
from buildings.models import Area, Building, Stairwell
from geo.geos import to_geos

SIDE = 0.0009  # degrees from one building to the next


def city(count: int, path: Path) -> None:
    """Slabs of 12 by 40 to 70 m, each at an angle of its own, in rows; about three stairwells each."""
    chance = np.random.default_rng(1)
    across = int(count**0.5) + 1
    number = np.arange(count)
    middle = np.stack([118.0 + SIDE * (number % across), 26.0 + SIDE * (number // across)], axis=1)
    length, angle = chance.uniform(40, 70, count), chance.uniform(0, np.pi, count)
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    across_ = np.stack([-along[:, 1], along[:, 0]], axis=1)
    corners = [
        (middle + (along * (a * length / 2)[:, None] + across_ * (b * 6)) / np.array([100_000.0, 111_000.0]))
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    shapes = shapely.polygons(np.round(np.stack(corners, axis=1) * 1e7) / 1e7)
    fields = [number.astype(str).astype(object), np.full(count, "住宅", dtype=object), np.full(count, 6)]
    raw.write(
        path, shapely.to_wkb(shapes), fields, ["id", "类型", "层数"], layer="buildings",
        geometry_type="Polygon", crs="EPSG:4326", driver="GPKG",
    )  # fmt: skip


def communities(count: int) -> None:
    """A community for each 8,000 buildings or so: five digits number the buildings of one."""
    across = int(count**0.5) + 1
    step = SIDE * 90
    town = Area.objects.create(code="990105001", name="测试街道", level=9)
    for number in range((int(across * SIDE / step) + 1) ** 2):
        row, column = divmod(number, int(across * SIDE / step) + 1)
        west, south = 118.0 - SIDE / 2 + column * step, 26.0 - SIDE / 2 + row * step
        shape = shapely.MultiPolygon([shapely.box(west, south, west + step, south + step)])
        code = f"990105001{number + 1:03d}"
        Area.objects.create(code=code, name=code, level=12, parent=town, boundary=to_geos(shape))


def floor() -> float:
    """Seconds that the server alone needs to insert the rows that the import made, indexes and checks included."""
    copies = []
    with connection.cursor() as cursor:
        for model in (Building, Stairwell):
            columns = ", ".join(
                connection.ops.quote_name(str(field.column))
                for field in model._meta.concrete_fields
                if not getattr(field, "generated", False)
            )
            table = model._meta.db_table
            cursor.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT {columns} FROM {table}")
            copies.append((table, columns))
        cursor.execute("DELETE FROM buildings_stairwell")
        cursor.execute("DELETE FROM buildings_building")
        started = time.perf_counter()
        for table, columns in copies:
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM kept_{table}")
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--buildings", type=int, default=20_000)
    count = parser.parse_args().buildings
    with scratch("imports"), tempfile.TemporaryDirectory() as folder, transaction.atomic():
        path = Path(folder) / "city.gpkg"
        city(count, path)
        communities(count)
        plan, planned = taken(lambda: plan_import(path))
        _none, written = taken(plan.commit)
        what = f"{count:,} buildings, {Stairwell.objects.count():,} stairwells"
        server = floor()
        transaction.set_rollback(True)
    print_row(f"read, check, cut, compare {what}", in_words(planned))
    print_row("write them; the server alone", in_words(written), in_words(server), f"{written / server:.2f}x")


def taken(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result of a work, and the seconds that it took. Once is enough: it runs for seconds."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


if __name__ == "__main__":
    main()
