"""Where a hexagon is, in words: its community, and what stands nearest to its middle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection

from buildings.models import Area, Building, Compound
from geo.hexagons import Lattice

NEAR = 0.002  # degrees, some 200 m: what is further away names nothing


@dataclass(frozen=True)
class Spot:
    """Community, name of what is there (compound, else address of the nearest building), and the middle in degrees."""

    community: str
    name: str
    lon: float | None
    lat: float | None


# A hexagon of a compound lies in it or beside it; a street of houses is known by its addresses.
_SPOTS = f"""
SELECT spot.n, coalesce(area.name, building.area), coalesce(compound.name, building.name)
FROM (SELECT n, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point
      FROM unnest(%(n)s::int[], %(lon)s::float8[], %(lat)s::float8[]) AS row (n, lon, lat)) AS spot
LEFT JOIN LATERAL (
    SELECT name FROM {Area._meta.db_table} WHERE level = {Area.Level.COMMUNITY} AND ST_Covers(boundary, spot.point)
    ORDER BY code LIMIT 1
) AS area ON true
LEFT JOIN LATERAL (
    SELECT name FROM {Compound._meta.db_table} WHERE ST_Covers(boundary, spot.point) ORDER BY code LIMIT 1
) AS compound ON true
LEFT JOIN LATERAL (
    SELECT coalesce(nullif(house.address, ''), nullif(house.name, ''), house.number) AS name, home.name AS area
    FROM {Building._meta.db_table} AS house JOIN {Area._meta.db_table} AS home ON home.id = house.community_id
    WHERE ST_DWithin(house.footprint, spot.point, {NEAR}) ORDER BY house.footprint <-> spot.point, house.code LIMIT 1
) AS building ON true
"""


def spots_of(cells: Sequence[int], lattice: Lattice) -> dict[int, Spot]:
    """The spot of each hexagon; one query."""
    if not cells:
        return {}
    middles = lattice.centres(np.array(cells, dtype=np.int64)).tolist()
    with connection.cursor() as cursor:
        lon, lat = ([middle[axis] for middle in middles] for axis in (0, 1))
        cursor.execute(_SPOTS, {"n": list(range(len(cells))), "lon": lon, "lat": lat})
        rows = cursor.fetchall()
    return {cells[n]: Spot(community or "", name or "", lon[n], lat[n]) for n, community, name in rows}
