"""Where a map opens."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from buildings.models import Area, Building
from grids.models import Plan

CHINA = (73.5, 18.0, 135.0, 53.6)  # west, south, east, north in degrees
Extent = tuple[float, float, float, float]

# Towns may lie far apart: the one with the most buildings fills the window, and not the country between them. A town is
# what one subdistrict holds within APART; below 未定区划 stand communities from anywhere.
APART = 0.1  # degrees, some 10 km
_TOWNS = f"""
SELECT ST_Extent(area.boundary) AS extent, count(plan.id) = 0 AS bare, sum(buildings.n) AS buildings
FROM (
    SELECT *, ST_ClusterDBSCAN(boundary, {APART}, 1) OVER (PARTITION BY parent_id) AS town
    FROM {Area._meta.db_table}
    WHERE level = 12 AND boundary IS NOT NULL AND starts_with(code, %(community)s)
) AS area
LEFT JOIN {Plan._meta.db_table} AS plan ON plan.community_id = area.id AND plan.in_force @> %(day)s::date
LEFT JOIN LATERAL (
    SELECT count(*) AS n FROM {Building._meta.db_table} AS building WHERE building.community_id = area.id
) AS buildings ON TRUE
GROUP BY area.parent_id, area.town
"""
_BOX = """
SELECT ST_XMin(extent), ST_YMin(extent), ST_XMax(extent), ST_YMax(extent)
FROM (%s) AS towns ORDER BY bare, buildings DESC, 1, 2
"""


def towns(day: date, community: str = "") -> list[Extent]:
    """Extents of the towns under an official code, those with a net first, then by buildings."""
    with connection.cursor() as cursor:
        cursor.execute(_BOX.replace("%s", _TOWNS), {"day": day, "community": community})
        return cursor.fetchall()


def town_extent(day: date, community: str = "") -> Extent:
    """West, south, east and north of the town with the most buildings under an official code, else of China."""
    return first_extent(towns(day, community))


def first_extent(found: Sequence[Extent]) -> Extent:
    return found[0] if found else CHINA
