"""
What hot spots cost beside counting alone: the same positions, projected and counted in squares by bare numpy.

Where esda is installed (it is no dependency) its analytic run takes part as well, on the same cells and neighbours.
"""

import os
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from django.db import connection, transaction
from pyproj import Transformer

from bench.city import city as a_city
from bench.harness import Work, compare, measure, print_row
from buildings.models import Building
from cases.models import Case, Category, Reporter
from cases.study import Ground
from figures import heat, periods
from figures.heat import Wish
from geo.crs import Floats, zone_srid
from geo.hexagons import Lattice
from geo.hotspot import density, emerging, gi_star, hexagon_window, hotspots, permuted_p, trend, two_sided
from geo.suppression import suppress

LATTICE = Lattice(100.0)
AIM = 4.0  # times counting alone
CELLS = 100_000  # of a city in one table of public figures
CASES = int(os.environ.get("HEAT_CASES", "100000"))  # written for the page's own way
PAGE_AIM = 8.0  # times the server's counting: it knows no households, neighbours or chance
PERIOD = "2026-Q3"


def main() -> None:
    for many in (100_000, 1_000_000):
        where = city(many)
        compare(
            f"hot spots of {many:,} cases; counting in squares",
            _ours(*where),
            _counting(*where),
            aim=AIM,
            seconds=3,
        )
    found = hotspots(LATTICE, *city(100_000))
    around = hexagon_window(found.cells)
    cells = f"{len(found.cells):,} cells"
    _beside_esda(found.counts, around, cells)
    measure(f"999 permutations, {cells}", lambda: permuted_p(found.counts, around), aim="<= 2 s", rounds=2)
    measure(f"density, {cells}", lambda: density(LATTICE, found.cells, found.counts, bandwidth=500.0), rounds=3)
    measure(f"trend, {cells}", lambda: trend(found.counts, np.roll(found.counts, 1)), rounds=3)
    weekly = np.random.default_rng(2).poisson(found.counts / 12.0, (12, len(found.cells)))
    measure(f"emerging of 12 weeks, {cells}", lambda: emerging(weekly, around), rounds=3)
    measure(f"suppression of {CELLS:,} cells and their total", _suppressing(CELLS), rounds=3)
    with a_city(), transaction.atomic():
        _write_cases(CASES)
        what = f"hot spots of {CASES:,} stored cases, as the page asks; counted in squares by the server"
        compare(what, _page, _squares, aim=PAGE_AIM, seconds=3)
        transaction.set_rollback(True)


def _write_cases(many: int) -> None:
    """Closed cases of two quarters at buildings drawn by lot, each by one of many people."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, {"many": many})
        cursor.execute(REPORTED)
        cursor.execute(f"ANALYZE {Case._meta.db_table}")


WRITTEN = f"""
    WITH spot AS (
        SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, community_id, ST_PointOnSurface(footprint) AS point
        FROM {Building._meta.db_table}
    ), kind AS (SELECT min(id) AS id FROM {Category._meta.db_table} WHERE parent_id IS NOT NULL)
    INSERT INTO {Case._meta.db_table} (key, source, category_id, text, words, point, place_from, coord_type,
        building_id, community_id, intake_rule, status, level, asked, needs_place, version, reported_at, redispatched,
        reopened, me_too, rating_words)
    SELECT gen_random_uuid(), 'snap', kind.id, '', 'waiting', spot.point, 'door', 'wgs84', spot.id, spot.community_id,
        '', 'closed', 1, '', false, 1, '2026-04-01+08'::timestamptz + random() * interval '183 days', 0, 0, 0, ''
    FROM generate_series(1, %(many)s) AS g, kind, spot
    WHERE spot.n = (g * 7919::bigint) %% (SELECT count(*) FROM {Building._meta.db_table})
"""
REPORTED = f"""
    INSERT INTO {Reporter._meta.db_table} (case_id, name, phone, email, mark)
    SELECT id, '', '', '', 'm' || id % 30000 FROM {Case._meta.db_table}
"""


def _page() -> object:
    """From the tables to all figures of each hexagon, nothing kept."""
    return heat.figures(Ground(("",)), Wish(periods.parse(PERIOD) or periods.period_of(date.today(), 3)), date.today())


def _squares() -> object:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT floor(ST_X(point) * 1200), floor(ST_Y(point) * 1300), count(*) FROM {Case._meta.db_table}
            WHERE reported_at >= '2026-04-01+08' GROUP BY 1, 2"""
        )
        return cursor.fetchall()


def city(many: int, seed: int = 1) -> tuple[Floats, Floats]:
    """Lon/lat of cases over 30 km, a third of them around one place."""
    chance = np.random.default_rng(seed)
    positions = chance.uniform((119.0, 26.0), (119.3, 26.3), (many, 2))
    positions[: many // 3] = (119.1, 26.1) + 0.02 * chance.standard_normal((many // 3, 2))
    return positions[:, 0].copy(), positions[:, 1].copy()


def _ours(lon: Floats, lat: Floats) -> Work:
    return lambda: hotspots(LATTICE, lon, lat)


def _counting(lon: Floats, lat: Floats) -> Work:
    metres = Transformer.from_crs(4490, zone_srid(119.0), always_xy=True)
    width = LATTICE.area_m2**0.5

    def work() -> object:
        x, y = metres.transform(lon, lat)
        column, row = (x // width).astype(np.int64), (y // width).astype(np.int64)
        return np.unique(column << 24 | row, return_counts=True)

    return work


def _beside_esda(counts: Any, around: Any, cells: str) -> None:
    if not (find_spec("esda") and find_spec("libpysal")):
        print_row(f"Gi* beside esda, {cells}: esda is not installed")
        return
    local, neighbourhood = import_module("esda.getisord").G_Local, import_module("libpysal.weights").W
    others = around.of != around.near
    near: dict[int, list[int]] = {place: [] for place in range(around.size)}
    for place, other in zip(around.of[others].tolist(), around.near[others].tolist(), strict=True):
        near[place].append(other)
    weights, values = neighbourhood(near, silence_warnings=True), counts.astype(float)
    compare(
        f"Gi* and p, {cells}; esda, analytic",
        lambda: two_sided(gi_star(values, around)),
        lambda: local(values, weights, transform="B", star=True, permutations=0),
        aim=1,
    )


def _suppressing(many: int) -> Work:
    counts = np.random.default_rng(3).poisson(5, many)
    figures, homes = np.append(counts.sum(), counts), np.append(20 * many, np.full(many, 20))
    parent = np.append(-1, np.zeros(many, dtype=int))
    return lambda: suppress(figures, homes, figures, parent=parent)
