"""
What statistics cost beside the bare SQL of the same figures: a million cases of a city, all in one quarter.

    python -m bench statistics          100,000 cases
    CASES=1000000 python -m bench statistics
"""

import os
from datetime import date

from django.db import connection
from django.utils import timezone

from bench.city import city
from bench.harness import Work, compare, measure
from cases import places
from figures import openstatistics
from figures.periods import Period, parse
from figures.statistics import Wish, rows

CASES = int(os.environ.get("CASES", "100000"))
AIM = 1.3  # times the bare SQL
WRITE = """
INSERT INTO cases_case (key, source, category_id, text, words, point, place_from, coord_type, stairwell_id,
    building_id, community_id, intake_plan_id, intake_grid_id, intake_rule, status, level, grid_id, asked, needs_place,
    version, reported_at, responded_at, handle_due_at, resolved_at, redispatched, reopened, me_too, rating, rated_at,
    rating_words)
SELECT gen_random_uuid(), 'snap', (SELECT min(id) FROM cases_category WHERE parent_id IS NOT NULL) + n %% 40, '',
    'waiting', COALESCE(door.entrance, ST_PointOnSurface(door.footprint)), 'door', 'wgs84', door.id, door.building_id,
    house.community_id, place.plan_id, COALESCE(above.grid_id, shape.grid_id), '', 'closed', 1 + n %% 3,
    COALESCE(above.grid_id, shape.grid_id), '', false, 5, at, at + n %% 9 * interval '1 hour',
    at + interval '50 hours', at + n %% 70 * interval '1 hour', (n %% 31 = 0)::int, (n %% 29 = 0)::int, 0,
    CASE WHEN n %% 3 = 0 THEN 1 + n %% 2 * 2 END, CASE WHEN n %% 3 = 0 THEN at + interval '90 hours' END, ''
FROM generate_series(1, %(cases)s) AS n
CROSS JOIN LATERAL (SELECT timestamptz '2026-07-01 00:00+08' + n %% 2200 * interval '1 hour' AS at) AS moment
JOIN (SELECT *, row_number() OVER () AS place FROM buildings_stairwell) AS door
    ON door.place = 1 + n::bigint * 7919 %% (SELECT count(*) FROM buildings_stairwell)
JOIN buildings_building AS house ON house.id = door.building_id
JOIN grids_plan AS plan ON plan.community_id = house.community_id AND plan.in_force @> date '2026-07-01'
JOIN grids_assignment AS place ON place.stairwell_id = door.id AND place.plan_id = plan.id
JOIN grids_gridboundary AS shape ON shape.id = place.boundary_id
LEFT JOIN grids_gridboundary AS above ON above.id = shape.parent_id
"""
BARE = """
SELECT intake_grid_id, count(*), count(*) FILTER (WHERE m), count(*) FILTER (WHERE m AND responded_at IS NOT NULL),
    count(*) FILTER (WHERE m AND resolved_at IS NOT NULL), count(*) FILTER (WHERE due),
    count(*) FILTER (WHERE due AND resolved_at <= handle_due_at), count(*) FILTER (WHERE rating IS NOT NULL),
    count(*) FILTER (WHERE rating = 3), count(*) FILTER (WHERE m AND (resolved_at IS NOT NULL OR reopened > 0)),
    count(*) FILTER (WHERE m AND reopened > 0), count(*) FILTER (WHERE due AND redispatched = 0),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY responded_at - reported_at) FILTER (WHERE m),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY resolved_at - reported_at) FILTER (WHERE m)
FROM (SELECT *, status <> 'merged' AS m, status <> 'merged' AND handle_due_at IS NOT NULL
          AND (resolved_at IS NOT NULL OR handle_due_at < now()) AS due FROM cases_case) AS each
WHERE reported_at >= '2026-07-01 00:00+08' AND reported_at < '2026-10-01 00:00+08'
  AND status NOT IN ('rejected', 'voided')
GROUP BY intake_grid_id
"""


def main() -> None:
    with city():
        _ask(WRITE, {"cases": CASES})
        _ask("ANALYZE cases_case")
        places.be_drawn()
        period = parse("2026-Q3")
        assert period is not None
        count = f"{CASES:,} cases"
        compare(
            f"statistics by grid, {count}; the bare SQL", _by("grid", period), lambda: _ask(BARE), aim=AIM, seconds=6
        )
        measure(f"by community, {count}", _by("community", period), rounds=3)
        measure(f"by month, {count}", _by("month", period), rounds=3)
        measure(f"by the net of a day, {count}", _by("grid", period, date(2026, 9, 1)), rounds=3)
        public: Work = lambda: openstatistics.table(period, "community", "", timezone.now())  # noqa: E731
        measure(f"for everybody by community, {count}", public, aim="<= 10 s", rounds=2)


def _by(key: str, period: Period, net: date | None = None) -> Work:
    return lambda: rows(Wish(period, by=key, net=net), timezone.now())


def _ask(sql: str, given: dict[str, int] | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall() if cursor.description else []
