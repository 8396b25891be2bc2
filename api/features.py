"""
Layers as GeoJSON texts that the database itself writes: ten thousand buildings cost what their text costs.

A page begins after a code (`cursor`), ordered by code, so that no row is seen twice or missed when others are added.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from api.asking import Box

DECIMALS = 9  # of a degree: 0.1 mm; the stored coordinates have seven


@dataclass(frozen=True)
class Layer:
    """Where the features of one layer come from: names and expressions of SQL, none of them from a request."""

    tables: str
    code: str
    geometry: str
    properties: Mapping[str, str]  # name: expression, of a JSON value when it begins with "json:"
    on_a_day: str = "true"
    filters: Mapping[str, str] = field(default_factory=dict)

    def sql(self, conditions: str) -> str:
        geometry = f"COALESCE(ST_AsGeoJSON({self.geometry}, {DECIMALS}), 'null')"
        return f"""
            SELECT {self.code} AS code, '{{"type":"Feature","id":' || to_json({self.code})::text ||
                ',"geometry":' || {geometry} || ',"properties":{{{self._properties()}}}}}' AS feature
            FROM {self.tables}
            WHERE {self.code} IS NOT NULL AND {self.on_a_day} AND {conditions}
            ORDER BY {self.code}"""

    def _properties(self) -> str:
        return ",".join(f"\"{name}\":' || {_json(value)} || '" for name, value in self.properties.items())


def _json(expression: str) -> str:
    """The JSON text of an expression."""
    if expression.startswith("json:"):
        return f"COALESCE(({expression.removeprefix('json:')})::text, 'null')"
    return f"COALESCE(to_json({expression})::text, 'null')"


@dataclass(frozen=True)
class Page:
    """Features as one text with commas between, and the code after which the next page begins, if there is one."""

    features: str
    last: str | None


def page(
    layer: Layer,
    *,
    on: date,
    size: int,
    after: str = "",
    box: Box | None = None,
    filters: Mapping[str, str] | None = None,
) -> Page:
    """One page of a layer on a day."""
    conditions = ["true"]
    parameters: dict[str, Any] = {"on": on, "after": after, "size": size}
    if after:
        conditions.append(f"{layer.code} > %(after)s")
    if box:
        conditions.append(f"{layer.geometry} && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)")
        parameters |= {"west": box.west, "south": box.south, "east": box.east, "north": box.north}
    for name, value in (filters or {}).items():
        conditions.append(f"{layer.filters[name]} = %({name})s")
        parameters[name] = value
    [(text, last)] = _rows(_ONE_TEXT.format(layer.sql(" AND ".join(conditions))), parameters)
    return Page(text or "", last)


# One row more than the page is read, to know whether there is a next one; its text is not taken.
_ONE_TEXT = """
SELECT string_agg(feature, ',') FILTER (WHERE place <= %(size)s),
       CASE WHEN count(*) > %(size)s THEN max(code) FILTER (WHERE place <= %(size)s) END
FROM (SELECT code, feature, row_number() OVER () AS place FROM ({} LIMIT %(size)s + 1) AS ordered) AS numbered
"""


def one(layer: Layer, code: str, *, on: date) -> str | None:
    """The feature of a code on a day, as text."""
    rows = _rows(layer.sql(f"{layer.code} = %(code)s"), {"code": code, "on": on})
    return rows[0][1] if rows else None


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


_STANDING = "({0}.gone_since IS NULL OR {0}.gone_since > %(on)s::date)"

AREAS = Layer(
    tables="buildings_area AS t LEFT JOIN buildings_area AS above ON above.id = t.parent_id",
    code="t.code",
    geometry="t.boundary",
    properties={
        "code": "t.code", "name": "t.name", "level": "t.level", "kind": "t.kind", "parent": "above.code",
        "office_phone": "t.office_phone", "office_hours": "t.office_hours", "office_address": "t.office_address",
        "supervision_phone": "t.supervision_phone",
    },
    filters={"community": "t.code", "level": "t.level::text"},
)  # fmt: skip
COMPOUNDS = Layer(
    tables="buildings_compound AS t JOIN buildings_area AS home ON home.id = t.community_id",
    code="t.code",
    geometry="t.boundary",
    properties={
        "code": "t.code", "community": "home.code", "name": "t.name", "aliases": "t.aliases", "kind": "t.kind",
        "address": "t.address", "property_company": "t.property_company", "property_phone": "t.property_phone",
    },
    filters={"community": "home.code"},
)  # fmt: skip
GRIDS = Layer(
    tables="""grids_gridboundary AS t
        JOIN grids_grid AS grid ON grid.id = t.grid_id
        JOIN grids_plan AS plan ON plan.id = t.plan_id
        JOIN buildings_area AS home ON home.id = grid.community_id
        LEFT JOIN grids_gridboundary AS above ON above.id = t.parent_id
        LEFT JOIN grids_grid AS parent ON parent.id = above.grid_id""",
    code="grid.code",
    geometry="t.boundary",
    properties={
        "code": "grid.code", "community": "home.code", "name": "grid.name", "level": "grid.level",
        "kind": "grid.kind", "parent": "parent.code", "plan": "plan.number", "since": "lower(t.in_force)",
        "until": "upper(t.in_force)", "colour": "t.colour",
    },
    on_a_day="t.in_force @> %(on)s::date",
    filters={"community": "home.code", "level": "grid.level::text"},
)  # fmt: skip
BUILDINGS = Layer(
    tables="""buildings_building AS t
        JOIN buildings_area AS home ON home.id = t.community_id
        LEFT JOIN buildings_compound AS estate ON estate.id = t.compound_id""",
    code="t.code",
    geometry="t.footprint",
    properties={
        "code": "t.code", "community": "home.code", "compound": "estate.code", "number": "t.number", "name": "t.name",
        "address": "t.address", "aliases": "t.aliases", "kind": "t.kind", "floors": "t.floors",
        "gone_since": "t.gone_since",
    },
    on_a_day=_STANDING.format("t"),
    filters={"community": "home.code"},
)  # fmt: skip
STAIRWELLS = Layer(
    tables="""buildings_stairwell AS t
        JOIN buildings_building AS building ON building.id = t.building_id
        JOIN buildings_area AS home ON home.id = building.community_id""",
    code="t.code",
    geometry="t.footprint",
    properties={
        "code": "t.code", "building": "building.code", "number": "t.number", "name": "t.name", "floors": "t.floors",
        "entrance": "json:ST_AsGeoJSON(t.entrance)::json -> 'coordinates'", "derived": "t.derived",
        "gone_since": "t.gone_since",
    },
    on_a_day=_STANDING.format("t"),
    filters={"community": "home.code"},
)  # fmt: skip
