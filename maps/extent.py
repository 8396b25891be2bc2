"""Where a map opens."""

from datetime import date

from django.db import connection

from buildings.models import Area, Building
from grids.models import Plan

CHINA = (73.5, 18.0, 135.0, 53.6)  # west, south, east, north in degrees
Extent = tuple[float, float, float, float]

# Towns may lie far apart: the one with the most buildings fills the window, and not the country between them.
_TOWN = f"""
SELECT ST_Extent(area.boundary) AS extent
FROM {Area._meta.db_table} AS area
LEFT JOIN {Plan._meta.db_table} AS plan ON plan.community_id = area.id AND plan.in_force @> %(day)s::date
LEFT JOIN LATERAL (
    SELECT count(*) AS n FROM {Building._meta.db_table} AS building WHERE building.community_id = area.id
) AS buildings ON TRUE
WHERE area.level = 12 AND area.boundary IS NOT NULL AND starts_with(area.code, %(community)s)
GROUP BY area.parent_id
ORDER BY count(plan.id) = 0, sum(buildings.n) DESC
LIMIT 1
"""
_BOX = "SELECT ST_XMin(extent), ST_YMin(extent), ST_XMax(extent), ST_YMax(extent) FROM (%s) AS town"


def town_extent(day: date, community: str = "") -> Extent:
    """West, south, east and north of the town with the most buildings under an official code, else of China."""
    with connection.cursor() as cursor:
        cursor.execute(_BOX.replace("%s", _TOWN), {"day": day, "community": community})
        found = cursor.fetchone()
    return found or CHINA
