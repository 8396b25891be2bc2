"""
200,000 buildings from a GeoPackage to rows with stairwells, against the server inserting the same rows by itself.

    .venv/bin/python -m bench.imports [--buildings 200000]

Works in the database of DATABASE_URL, in a transaction that is rolled back.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import django
import numpy as np
import shapely

SIDE = 0.0009  # degrees from one building to the next


def city(count: int, path: Path) -> None:
    """Slabs of 12 by 40 to 70 m, each at an angle of its own, in rows; about three stairwells each."""
    from pyogrio import raw

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
    from buildings.models import Area
    from geo.geos import to_geos

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
    from django.db import connection

    from buildings.models import Building, Stairwell

    copies = []
    with connection.cursor() as cursor:
        for model in (Building, Stairwell):
            columns = ", ".join(
                connection.ops.quote_name(field.column)
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
    parser.add_argument("--buildings", type=int, default=200_000)
    count = parser.parse_args().buildings
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import transaction

    from buildings.imports.ground import plan_import
    from buildings.models import Stairwell

    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        path = Path(folder) / "city.gpkg"
        city(count, path)
        communities(count)
        started = time.perf_counter()
        plan = plan_import(path)
        planned = time.perf_counter()
        plan.commit()
        done = time.perf_counter()
        server = floor()
        print(f"{count:,} buildings, {Stairwell.objects.count():,} stairwells")
        print(f"read, check, cut, compare {planned - started:6.1f} s")
        print(f"write                     {done - planned:6.1f} s")
        print(f"server alone              {server:6.1f} s    write / server {(done - planned) / server:.2f}")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
