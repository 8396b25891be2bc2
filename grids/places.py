"""
Which places hold a point, or a door, on a day, from the stairwell up to the subdistrict, and who is posted there: in
one query.

Written in SQL since each resident's question comes through here: nine look-ups by ORM cost four times as much. Edges
count as inside (`ST_Covers`), and of several candidates the smallest code is taken, so that a point on a shared edge
has one answer. Between grids that do not meet exactly the nearest is taken: a plan of before its neighbours' edges were
mended may lack a vertex of its community's. Dwellings and households are never looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from django.db import connection

from buildings.models import Area, Stairwell
from buildings.names import building_title, stairwell_title
from grids.prepared import Prepared

LEVELS = ("stairwell", "building", "segment", "grid", "compound", "community", "subdistrict")  # deepest first
NEAR_EDGE = 15  # metres; a phone in the street is seldom surer of its position
NEAREST = 5_000  # metres; beyond it a neighbouring community is no help
BESIDE = 2e-7  # degrees, 2 cm: rounding takes no edge further from where it was, and no gap that narrow is meant


class Position(Protocol):
    """Longitude and latitude in EPSG:4326; a GeoDjango or shapely point is one."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...


class LonLat(NamedTuple):
    """The least that is a position: a GEOS point costs 0.1 ms to make and to read."""

    x: float
    y: float


@dataclass(frozen=True)
class Place:
    """One place of the net as an answer names it."""

    level: str
    code: str
    name: str
    pk: int = field(repr=False, compare=False, default=0)


@dataclass(frozen=True)
class PlanInForce:
    """The plan that an answer was given by."""

    pk: int = field(repr=False, compare=False)
    community: str
    number: int
    since: date
    until: date | None


@dataclass(frozen=True)
class Office:
    """The desk of a community or subdistrict: the last who answers."""

    place: Place
    phone: str
    hours: str
    address: str
    supervision_phone: str


@dataclass(frozen=True)
class Where:
    """The places that hold a point on a day, each None where there is none."""

    stairwell: Place | None = None
    building: Place | None = None
    segment: Place | None = None
    grid: Place | None = None
    compound: Place | None = None
    community: Place | None = None
    subdistrict: Place | None = None
    plan: PlanInForce | None = field(default=None, repr=False)
    offices: tuple[Office, ...] = field(default=(), repr=False)
    edge_distance_m: float | None = field(default=None, repr=False)
    staff: tuple[dict[str, Any], ...] = field(default=(), repr=False, compare=False)

    @property
    def chain(self) -> tuple[Place, ...]:
        """The places from the deepest up."""
        return tuple(place for level in LEVELS if (place := getattr(self, level)) is not None)


# --- the parts of the query; every value travels as a parameter -------------------------------------------------------

# The planner guesses wrong about a point that it must join, and walks all grids by code; a constant it can look up.
_POINT = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)"

_AT_A_POINT = f"""
WITH here AS (SELECT {_POINT} AS at),
covering AS MATERIALIZED (
    SELECT shape.id AS shape_id, shape.boundary, shape.plan_id, grid.*
    FROM grids_gridboundary AS shape
    JOIN grids_grid AS grid ON grid.id = shape.grid_id
    WHERE ST_Covers(shape.boundary, {_POINT}) AND shape.in_force @> %(on)s::date AND grid.level = 1
    ORDER BY grid.code
    LIMIT 1
),
community AS MATERIALIZED (
    SELECT community_id AS id FROM covering
    UNION ALL (
        SELECT area.id
        FROM buildings_area AS area
        WHERE ST_DWithin(area.boundary, {_POINT}, {BESIDE}) AND area.level = 12 AND NOT EXISTS (SELECT FROM covering)
        ORDER BY ST_Distance(area.boundary, {_POINT}), area.code
        LIMIT 1
    )
),
grid AS MATERIALIZED (
    SELECT * FROM covering
    UNION ALL (
        SELECT shape.id AS shape_id, shape.boundary, shape.plan_id, grid.*
        FROM grids_gridboundary AS shape
        JOIN grids_grid AS grid ON grid.id = shape.grid_id
        WHERE NOT EXISTS (SELECT FROM covering) AND ST_DWithin(shape.boundary, {_POINT}, {BESIDE})
          AND shape.in_force @> %(on)s::date AND grid.level = 1
          AND grid.community_id = (SELECT id FROM community)
        ORDER BY ST_Distance(shape.boundary, {_POINT}), grid.code
        LIMIT 1
    )
),
segment AS MATERIALIZED (
    SELECT shape.id AS shape_id, segment.*
    FROM grid
    JOIN grids_gridboundary AS shape ON shape.parent_id = grid.shape_id
    JOIN grids_grid AS segment ON segment.id = shape.grid_id
    WHERE shape.boundary && ST_Expand({_POINT}, {BESIDE}) AND ST_DWithin(shape.boundary, {_POINT}, {BESIDE})
    ORDER BY NOT ST_Covers(shape.boundary, {_POINT}), ST_Distance(shape.boundary, {_POINT}), segment.code
    LIMIT 1
),
door AS MATERIALIZED (
    SELECT stairwell.*
    FROM buildings_stairwell AS stairwell
    LEFT JOIN grids_assignment AS assigned
        ON assigned.stairwell_id = stairwell.id AND assigned.plan_id = (SELECT plan_id FROM grid)
    WHERE ST_Covers(stairwell.footprint, {_POINT})
      AND (SELECT community_id FROM buildings_building WHERE id = stairwell.building_id) = (SELECT id FROM community)
      AND (stairwell.gone_since IS NULL OR stairwell.gone_since > %(on)s::date)
      AND (assigned.boundary_id IS NULL
           OR assigned.boundary_id IN ((SELECT shape_id FROM grid), (SELECT shape_id FROM segment)))
    ORDER BY assigned.boundary_id IS NULL, stairwell.code
    LIMIT 1
)"""

_BEHIND_A_DOOR = """
WITH door AS (SELECT * FROM buildings_stairwell WHERE id = %(stairwell)s),
here AS (SELECT ST_PointOnSurface(footprint) AS at FROM door),
cell AS MATERIALIZED (
    SELECT shape.id, shape.parent_id
    FROM grids_assignment AS assigned
    JOIN grids_gridboundary AS shape ON shape.id = assigned.boundary_id
    WHERE assigned.stairwell_id = %(stairwell)s AND shape.in_force @> %(on)s::date
),
grid AS MATERIALIZED (
    SELECT shape.id AS shape_id, shape.boundary, shape.plan_id, grid.*
    FROM cell
    JOIN grids_gridboundary AS shape ON shape.id = COALESCE(cell.parent_id, cell.id)
    JOIN grids_grid AS grid ON grid.id = shape.grid_id
),
segment AS (
    SELECT segment.*
    FROM cell
    JOIN grids_gridboundary AS shape ON shape.id = cell.id AND cell.parent_id IS NOT NULL
    JOIN grids_grid AS segment ON segment.id = shape.grid_id
),
community AS (
    SELECT home.community_id AS id FROM door JOIN buildings_building AS home ON home.id = door.building_id
)"""

_COLUMNS = """
SELECT
    door.id AS stairwell_pk, door.code AS stairwell_code, door.number AS stairwell_number, door.name AS stairwell_name,
    building.id AS building_pk, building.code AS building_code, building.number AS building_number,
    building.name AS building_name, building.address AS building_address,
    segment.id AS segment_pk, segment.code AS segment_code, segment.name AS segment_name,
    grid.id AS grid_pk, grid.code AS grid_code, grid.name AS grid_name,
    compound.id AS compound_pk, compound.code AS compound_code, compound.name AS compound_name,
    home.id AS community_pk, home.code AS community_code, home.name AS community_name,
    home.office_phone, home.office_hours, home.office_address, home.supervision_phone,
    above.id AS subdistrict_pk, above.code AS subdistrict_code, above.name AS subdistrict_name,
    above.office_phone AS above_phone, above.office_hours AS above_hours, above.office_address AS above_address,
    above.supervision_phone AS above_supervision_phone,
    plan.id AS plan_pk, plan.number AS plan_number,
    lower(plan.in_force) AS plan_since, upper(plan.in_force) AS plan_until,
    ST_Distance(ST_Boundary(grid.boundary)::geography, here.at::geography) AS edge_distance_m,
    ST_X(here.at) AS lon, ST_Y(here.at) AS lat
FROM here
LEFT JOIN grid ON true
LEFT JOIN segment ON true
LEFT JOIN community ON true
LEFT JOIN door ON true
LEFT JOIN grids_plan AS plan ON plan.id = grid.plan_id
LEFT JOIN buildings_area AS home ON home.id = community.id
LEFT JOIN buildings_area AS above ON above.id = home.parent_id
LEFT JOIN buildings_building AS building ON building.id = COALESCE(door.building_id, (
    SELECT footing.id FROM buildings_building AS footing
    WHERE ST_Covers(footing.footprint, here.at) AND footing.community_id = community.id
      AND (footing.gone_since IS NULL OR footing.gone_since > %(on)s::date)
    ORDER BY footing.code LIMIT 1))
LEFT JOIN LATERAL (
    SELECT * FROM buildings_compound WHERE id = COALESCE(building.compound_id, (
        SELECT estate.id FROM buildings_compound AS estate
        WHERE ST_Covers(estate.boundary, here.at) AND estate.community_id = community.id
        ORDER BY estate.code LIMIT 1))
    OFFSET 0  -- by its key: joined openly, all compounds are read and hashed
) AS compound ON true
"""

_NEIGHBOURS = """
SELECT grid.id, grid.code, grid.name
FROM grids_gridboundary AS shape
JOIN grids_grid AS grid ON grid.id = shape.grid_id
WHERE shape.in_force @> %(on)s::date AND grid.level = 1 AND grid.id <> %(grid)s
  AND ST_DWithin(shape.boundary::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography, %(metres)s)
  AND shape.boundary && ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(degrees)s)
ORDER BY grid.code
"""

_NEAREST = """
SELECT area.id, area.code, area.name, area.level,
       ST_Distance(area.boundary::geography, here.at::geography) AS metres
FROM (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS at) AS here, buildings_area AS area
WHERE area.boundary IS NOT NULL AND area.boundary && ST_Expand(here.at, %(degrees)s)
ORDER BY area.boundary <-> here.at, area.level DESC, area.code
LIMIT 1
"""


# Who holds a post at one of the places: full time first, then the longest in post. It comes along with the places:
# asked apart, it would be one round trip more.
_WITH_STAFF = """
SELECT place.*, ARRAY(
    SELECT json_build_object(
        'pk', appointment.id, 'role', appointment.role, 'stairwell_id', appointment.stairwell_id,
        'building_id', appointment.building_id, 'grid_id', appointment.grid_id,
        'compound_id', appointment.compound_id, 'area_id', appointment.area_id,
        'person_pk', person.id, 'name', person.name, 'name_is_public', person.name_is_public,
        'duty_phone', person.duty_phone, 'duty_hours', person.duty_hours,
        'away', EXISTS (SELECT FROM grids_leave WHERE person_id = person.id AND away @> %(on)s::date),
        'deputy_pk', deputy.id, 'deputy_name', deputy.name, 'deputy_name_is_public', deputy.name_is_public,
        'deputy_duty_phone', deputy.duty_phone, 'deputy_duty_hours', deputy.duty_hours,
        'deputy_away', EXISTS (SELECT FROM grids_leave WHERE person_id = deputy.id AND away @> %(on)s::date))
    FROM grids_appointment AS appointment
    JOIN accounts_user AS person ON person.id = appointment.person_id
    LEFT JOIN accounts_user AS deputy ON deputy.id = appointment.deputy_id
    WHERE appointment.in_force @> %(on)s::date
      AND (appointment.stairwell_id = place.stairwell_pk OR appointment.building_id = place.building_pk
           OR appointment.grid_id IN (place.segment_pk, place.grid_pk) OR appointment.compound_id = place.compound_pk
           OR appointment.area_id IN (place.community_pk, place.subdistrict_pk))
    ORDER BY appointment.employment <> 'full_time', lower(appointment.in_force), appointment.id) AS staff
FROM place
"""


def _whole(places: str) -> str:
    return f"{places}, place AS MATERIALIZED ({_COLUMNS}) {_WITH_STAFF}"


WHERE_A_POINT = Prepared("where_a_point", _whole(_AT_A_POINT), lon="float8", lat="float8", on="date")
WHERE_A_DOOR = Prepared("where_a_door", _whole(_BEHIND_A_DOOR), stairwell="bigint", on="date")


def at(point: Position, on: date) -> Where:
    """The places that hold a point, longitude and latitude in EPSG:4326, on a day."""
    return _where(WHERE_A_POINT.rows(lon=point.x, lat=point.y, on=on)[0])


def behind(stairwell: Stairwell, on: date) -> Where:
    """
    The places of a door on a day: its plan's assignment decides.

    A door that the plan does not know, being younger, is looked for where it stands.
    """
    row = WHERE_A_DOOR.rows(stairwell=stairwell.pk, on=on)[0]
    if row["grid_pk"] is None:
        ground = WHERE_A_POINT.rows(lon=row["lon"], lat=row["lat"], on=on)[0]
        if ground["community_pk"] != row["community_pk"]:
            return _where(row)  # over its community's edge, or one without a boundary: its own office answers
        own = {key: row[key] for key in row if key.startswith(("stairwell_", "building_"))}
        both = {one["pk"]: one for one in (*row["staff"], *ground["staff"])}
        row = ground | own | {"staff": list(both.values())}
    return _where(row)


def neighbours(point: Position, grid: Place, on: date) -> tuple[Place, ...]:
    """The other grids within `NEAR_EDGE` of a point."""
    found = rows(_NEIGHBOURS, {**_position(point, NEAR_EDGE), "grid": grid.pk, "on": on})
    return tuple(Place("grid", row["code"], row["name"], row["id"]) for row in found)


def nearest(point: Position) -> tuple[Place, float] | None:
    """The area that holds a point outside of all communities or is nearest to it, and how many metres away it is."""
    found = rows(_NEAREST, _position(point, NEAREST))
    if not found or found[0]["metres"] > NEAREST:
        return None
    row = found[0]
    level = Area.Level(row["level"]).name.lower()
    return Place(level, row["code"], row["name"], row["id"]), row["metres"]


def office_of(pk: int) -> Office:
    """The desk of one area."""
    area = Area.objects.get(pk=pk)
    place = Place(Area.Level(area.level).name.lower(), area.code, area.name, area.pk)
    return Office(place, area.office_phone, area.office_hours, area.office_address, area.supervision_phone)


def _position(point: Position, metres: int) -> dict[str, Any]:
    # At 60 degrees a degree of longitude is 55 km; China ends at 54, so this box always holds the circle.
    return {"lon": point.x, "lat": point.y, "metres": metres, "degrees": metres / 55_000}


def rows(sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer of a query as dicts."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _where(row: dict[str, Any]) -> Where:
    return Where(
        **{level: _place(row, level) for level in LEVELS},
        plan=_plan(row),
        offices=tuple(_offices(row)),
        edge_distance_m=row["edge_distance_m"],
        staff=tuple(row["staff"]),
    )


def _place(row: dict[str, Any], level: str) -> Place | None:
    pk = row[f"{level}_pk"]
    return None if pk is None else Place(level, row[f"{level}_code"] or "", _title(row, level), pk)


def _title(row: dict[str, Any], level: str) -> str:
    name: str = row[f"{level}_name"]
    if name or level not in ("stairwell", "building"):
        return name
    if level == "stairwell":
        return stairwell_title(name=name, number=row["stairwell_number"])
    return building_title(
        name=name, number=row["building_number"], address=row["building_address"], code=row["building_code"]
    )


def _plan(row: dict[str, Any]) -> PlanInForce | None:
    if row["plan_pk"] is None:
        return None
    return PlanInForce(row["plan_pk"], row["community_code"], row["plan_number"], row["plan_since"], row["plan_until"])


def _offices(row: dict[str, Any]) -> Iterator[Office]:
    """The community's desk, then the subdistrict's."""
    if community := _place(row, "community"):
        yield Office(
            community, row["office_phone"], row["office_hours"], row["office_address"], row["supervision_phone"]
        )
    if above := _place(row, "subdistrict"):
        yield Office(
            above, row["above_phone"], row["above_hours"], row["above_address"], row["above_supervision_phone"]
        )
