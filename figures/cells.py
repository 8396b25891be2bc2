"""Where a hexagon is, in words: its community, and what stands nearest to its middle."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _

from buildings.models import Area, Building, Compound
from buildings.names import building_title
from geo.hexagons import Lattice

NEAR = 0.002  # degrees, some 200 m: what is further away names nothing


@dataclass(frozen=True)
class Spot:
    """Community, what stands nearest to the middle, and the middle in degrees."""

    community: str
    name: str
    lon: float | None
    lat: float | None


_SPOTS = f"""
SELECT spot.n, coalesce(area.name, house.area), house.compound, house.number, house.name, house.address
FROM (SELECT n, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point
      FROM unnest(%(n)s::int[], %(lon)s::float8[], %(lat)s::float8[]) AS row (n, lon, lat)) AS spot
LEFT JOIN LATERAL (
    SELECT name FROM {Area._meta.db_table} WHERE level = {Area.Level.COMMUNITY} AND ST_Covers(boundary, spot.point)
    ORDER BY code LIMIT 1
) AS area ON true
LEFT JOIN LATERAL (
    SELECT compound.name AS compound, house.number, house.name, house.address, home.name AS area
    FROM {Building._meta.db_table} AS house JOIN {Area._meta.db_table} AS home ON home.id = house.community_id
    LEFT JOIN {Compound._meta.db_table} AS compound ON compound.id = house.compound_id
    WHERE ST_DWithin(house.footprint, spot.point, {NEAR}) ORDER BY house.footprint <-> spot.point, house.code LIMIT 1
) AS house ON true
"""


def spots_of(cells: Sequence[int], lattice: Lattice) -> dict[int, Spot]:
    """The spot of each hexagon; one query. Two of one name are numbered."""
    if not cells:
        return {}
    middles = lattice.centres(np.array(cells, dtype=np.int64)).tolist()
    with connection.cursor() as cursor:
        lon, lat = ([middle[axis] for middle in middles] for axis in (0, 1))
        cursor.execute(_SPOTS, {"n": list(range(len(cells))), "lon": lon, "lat": lat})
        rows = sorted(cursor.fetchall())
    told: Counter[str] = Counter()
    found = {}
    for n, community, *nearest in rows:
        name = _named(*nearest)
        told[name] += 1
        twice = f" ({told[name]})" if told[name] > 1 else ""
        found[cells[n]] = Spot(community or "", name + twice, lon[n], lat[n])
    return found


def _named(compound: str | None, number: str | None, name: str | None, address: str | None) -> str:
    """A building of a compound by its number there, a house by its address; nothing where nothing stands near."""
    if number is None:
        return ""
    title = building_title(name=name or "", number=number, address=address or "", code="")
    return _("%(place)s一带") % {"place": f"{compound} {title}" if compound else address or title}
