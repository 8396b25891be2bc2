"""
A synthetic city in the tables of the real migrations, so that what grows with a city is seen before one is there.

At scale 1: 600 communities, 15,000 grids with three segments each, 200,000 buildings, 600,000 stairwells, two plans of
each community (one superseded, one in force) with 1.2 million assignments, 846,000 appointments of 246,000 people, and
5 million households when asked for. `bench/city.sql` says where everything lies.

    DATABASE_URL=... manage.py migrate
    DATABASE_URL=... python -m bench.city 1 --households    an empty database of your own becomes the city
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction

from bench.harness import in_words, print_row, scratch

STATEMENTS = (Path(__file__).parent / "city.sql").read_text(encoding="utf-8").split(";\n\n")
DEFAULT_SCALE = 0.05  # 10,000 buildings, as many as the GeoJSON list is judged by
COMMUNITIES = 600


@contextmanager
def city(scale: float = DEFAULT_SCALE) -> Iterator[None]:
    """The connection leads to a city in a scratch database; within such a block another one changes nothing."""
    if connection.settings_dict["NAME"].startswith("bench_city"):
        yield
        return
    with scratch("city"):
        start = perf_counter()
        build(scale)
        print_row(f"(a city of {200_000 * scale:,.0f} buildings, written once)", in_words(perf_counter() - start))
        yield


def build(scale: float, *, plans: int = 2, households: bool = False, say=lambda text: None) -> None:
    """Write a city of so many times 600 communities into the empty tables of the default database."""
    communities = max(1, round(COMMUNITIES * scale / 3)) * 3
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        for statement in STATEMENTS:
            start = perf_counter()
            cursor.execute(statement, {"communities": communities, "plans": plans, "households": households})
            say(f"{perf_counter() - start:7.1f} s  {cursor.rowcount:9,}  {_title(statement)}")
        for reset in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(reset)
        cursor.execute("ANALYZE")


def _title(statement: str) -> str:
    lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
    return lines[0].partition("(")[0].strip() if lines else ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a synthetic city into the empty tables of DATABASE_URL.")
    parser.add_argument("scale", type=float, help="1 is 200,000 buildings")
    parser.add_argument("--plans", type=int, default=2, help="plans of each community, the last one in force")
    parser.add_argument("--households", action="store_true", help="25 households a building as well")
    given = parser.parse_args()
    if apps.get_model("buildings", "Area").objects.exists():
        raise SystemExit("there is ground in this database already; DATABASE_URL must name an empty one.")
    build(given.scale, plans=given.plans, households=given.households, say=print)


if __name__ == "__main__":
    main()
