"""
Find a place by what people call it: an address in any usual spelling, a compound, a building, a road, a facility.

Written in SQL, one query a step: a city has 200,000 buildings and a resident waits for none of them. Names are compared
by trigrams, so that a slip of the finger still finds the nearest; nothing found is an answer too, the nearest choices.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection
from django.utils import timezone

from buildings.address import Address, clean, parse, spelling, traditional
from buildings.names import building_title, stairwell_title

SAME, BEGINS, HOLDS, ALIKE = (
    1.0,
    0.9,
    0.8,
    0.7,
)  # scores of a name: equal, a beginning, a part, at most this by trigrams
CLOSE = 0.25  # doors are looked for behind names no less alike than this: one wrong character of four is 0.3
NEARBY = 40  # metres; what one may mean who stands in the street


@dataclass(frozen=True)
class Match:
    """A place that may be meant. `exact` when everything that was said fits it."""

    level: str  # stairwell, building, compound, community, subdistrict, district, road, facility; grid, segment
    code: str  # of a road or a facility: empty
    title: str
    detail: str
    score: float
    exact: bool
    lon: float | None
    lat: float | None
    pk: int

    @property
    def point(self) -> Point | None:
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat, srid=4326)


def find(text: str, *, on: date | None = None, limit: int = 8) -> list[Match]:
    """
    Places that a text may mean on a day, the likeliest first; the nearest choices where nothing fits.

    Raises `AddressRefused` for text that is no address (mojibake, too long).
    """
    words = clean(text)
    if not words:
        return []
    day = on or timezone.localdate()
    if words.isdigit() and (found := _by_code(words, day)):
        return found
    address = parse(text)
    found = _doors(address, day, limit) if address.building or address.stairwell or address.road_number else []
    if not any(match.exact for match in found):
        found += named(words, limit=limit)
        part = address.compound or address.road
        found += map(_only_a_part, named(part, limit=limit)) if part != words else []
    return _ranked(found, limit)


def _only_a_part(match: Match) -> Match:
    """A name out of an address whose door was not found."""
    return replace(match, exact=False, score=match.score / 2)


def near(point: Point, *, on: date | None = None, limit: int = 8) -> list[Match]:
    """The buildings within `NEARBY` of a point, nearest first: which of them is meant?"""
    rows = _rows(_NEAR, {"lon": point.x, "lat": point.y, "on": on or timezone.localdate(), "limit": limit})
    return [_building(row, score=1 - row["metres"] / 1000) for row in rows if row["metres"] <= NEARBY]


def named(words: str, *, tables: Iterable[str] = ("compound", "area", "building", "facility", "road"), limit: int = 8):
    """Places whose name, or another name of them, is like the words; however unlike, the nearest."""
    if not words:
        return []
    found = _named(words, tables, limit)
    other = traditional(words)
    if other != words and not any(match.score >= HOLDS for match in found):
        found += _named(other, tables, limit)
    return _ranked(found, limit)


def _ranked(found: Iterable[Match], limit: int) -> list[Match]:
    """The best of each place, best first; between equals homes before roads and facilities, which have no code."""
    best: dict[tuple[str, int | str], Match] = {}
    for match in found:
        key = match.level, match.title if match.level == "road" else match.pk
        if key not in best or match.score > best[key].score:
            best[key] = match
    order = sorted(best.values(), key=lambda m: (not m.exact, -round(m.score, 6), not m.code, m.code, m.level, m.pk))
    return order[:limit]


# --- by name ----------------------------------------------------------------------------------------------------------

# What is looked through: table, other names, position, code and what it lies in. SQL names come from here alone.
_NAMED = {
    "compound": ("buildings_compound", "t.aliases", "ST_PointOnSurface(t.boundary)", "t.code", "t.community_id",
                 "true"),
    "area": ("buildings_area", "NULL::varchar[]", "COALESCE(t.label, ST_PointOnSurface(t.boundary))", "t.code",
             "t.parent_id", "true"),
    "building": ("buildings_building", "t.aliases", "ST_PointOnSurface(t.footprint)", "t.code", "t.community_id",
                 "t.name <> ''"),
    "facility": ("buildings_facility", "NULL::varchar[]", "t.point", "''", "t.community_id", "true"),
    "road": ("buildings_road", "NULL::varchar[]", "ST_LineInterpolatePoint(t.line, 0.5)", "''", "NULL::bigint",
             "t.name <> ''"),
}  # fmt: skip


def _select(kind: str) -> str:
    """One table by name: parts of names first, then the nearest by trigrams, however far, and other names."""
    table, aliases, position, code, above, condition = _NAMED[kind]
    level = "t.level" if kind == "area" else "0"
    lines = 8 if kind == "road" else 1  # a road is many lines with one name
    names = f"SELECT id FROM {table} AS t WHERE {condition}"
    best = [
        f"({names} AND t.name LIKE %(part)s ORDER BY length(t.name), id LIMIT %(limit)s * {lines})",
        f"({names} ORDER BY t.name <-> %(words)s LIMIT %(limit)s * {lines})",
    ]
    if not aliases.startswith("NULL"):
        best.append(f"({names} AND t.aliases @> ARRAY[%(words)s]::varchar[] ORDER BY id LIMIT %(limit)s)")
    return f"""
    (SELECT '{kind}' AS kind, {level} AS area_level, t.id, {code} AS code, t.name, {aliases} AS aliases,
            ST_X({position}) AS lon, ST_Y({position}) AS lat, above.name AS above
     FROM ({" UNION ".join(best)}) AS best
     JOIN {table} AS t USING (id)
     LEFT JOIN buildings_area AS above ON above.id = {above})"""


def _named(words: str, tables: Iterable[str], limit: int) -> list[Match]:
    # Of 30,000 names each holds "路"; a part of one character is a beginning.
    part = ("%" if len(words) > 1 else "") + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    sql = "\nUNION ALL\n".join(_select(kind) for kind in tables)
    rows = _rows(sql, {"words": words, "part": part, "limit": limit})
    return [_match(row, words) for row in _one_road_a_name(rows)]


def _one_road_a_name(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen = set()
    for row in rows:
        if row["kind"] != "road" or row["name"] not in seen:
            yield row
        seen.add(row["name"] if row["kind"] == "road" else None)


_AREA_LEVELS = {6: "district", 9: "subdistrict", 12: "community"}


def _match(row: dict[str, Any], words: str) -> Match:
    score = max(alike(name, words) for name in (row["name"], *(row["aliases"] or ())))
    return Match(
        level=_AREA_LEVELS.get(row["area_level"], row["kind"]),
        code=row["code"],
        title=row["name"],
        detail=row["above"] or "",
        score=score,
        exact=score == SAME,
        lon=row["lon"],
        lat=row["lat"],
        pk=row["id"],
    )


def alike(name: str, words: str) -> float:
    """How well words fit a name, 0 to 1."""
    name = spelling(name)
    if name == words:
        return SAME
    if not name:
        return 0.0
    if name.startswith(words):
        return BEGINS
    if words in name or (len(name) > 1 and name in words):
        return HOLDS
    return ALIKE * _shared_pairs(name, words)


def _shared_pairs(one: str, other: str) -> float:
    """Pairs of neighbouring characters in common, as a share of all; a name of four characters has only three."""
    a, b = ({text[i : i + 2] for i in range(-1, len(text))} for text in (f" {one} ", f" {other} "))
    return len(a & b) / len(a | b)


# --- by address -------------------------------------------------------------------------------------------------------

_BUILDING_COLUMNS = """
    b.id, b.code, b.number, b.name, b.address, estate.name AS estate, home.name AS home,
    ST_X(ST_PointOnSurface(b.footprint)) AS lon, ST_Y(ST_PointOnSurface(b.footprint)) AS lat"""
_BUILDING_TABLES = """
    FROM buildings_building AS b
    JOIN buildings_area AS home ON home.id = b.community_id
    LEFT JOIN buildings_compound AS estate ON estate.id = b.compound_id
    WHERE (b.gone_since IS NULL OR b.gone_since > %(on)s)"""
_NEAR = f"""
SELECT {_BUILDING_COLUMNS},
       ST_Distance(b.footprint::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography) AS metres
{_BUILDING_TABLES}
  AND b.footprint && ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), {NEARBY} / 55000.0)
ORDER BY b.footprint <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), b.code
LIMIT %(limit)s"""
_STAIRWELLS = """
SELECT s.id, s.code, s.number, s.name, s.building_id,
       ST_X(ST_PointOnSurface(s.footprint)) AS lon, ST_Y(ST_PointOnSurface(s.footprint)) AS lat
FROM buildings_stairwell AS s
WHERE s.building_id = ANY(%(buildings)s) AND (s.gone_since IS NULL OR s.gone_since > %(on)s)
ORDER BY s.code"""
_MANY = 40  # buildings looked at behind one address; as many stand on the longest lane


def _doors(address: Address, on: date, limit: int) -> list[Match]:
    """Buildings and stairwells of an address."""
    found: list[Match] = []
    for scope, parameters, score in _scopes(address, limit):
        for numbers, stairwell in _readings(address):
            rows = _buildings(scope, parameters, numbers, on)
            matches = [_building(row, score=score) for row in rows]
            found += _stairwells(matches, stairwell, on) if stairwell else matches
        if any(match.exact for match in found):
            break
    return found


def _readings(address: Address) -> Iterator[tuple[str, str]]:
    """Building and stairwell; 3-2 may be the second stairwell of 3, or the building 3-2."""
    yield address.building, address.stairwell
    if address.building.isdigit() and address.stairwell.isdigit() and not address.room:
        yield f"{address.building}-{address.stairwell}", ""


def _scopes(address: Address, limit: int) -> Iterator[tuple[str, dict[str, Any], float]]:
    """Where to look, the surest first: as SQL, its parameters, and how well the name fits."""
    if address.road_number:
        yield "b.address = ANY(%(streets)s)", {"streets": [address.street, traditional(address.street)]}, SAME
        yield "b.address LIKE %(street)s", {"street": f"%{address.street}"}, HOLDS
    if address.compound:
        places = named(address.compound, tables=("compound", "area"), limit=limit)
        for place in places:
            if place.score >= CLOSE and place.level in ("compound", "community"):
                yield f"b.{place.level}_id = %(place)s", {"place": place.pk}, place.score
        yield "(b.name = %(name)s OR b.aliases @> ARRAY[%(name)s]::varchar[])", {"name": address.compound}, SAME
    elif address.community:
        for place in named(address.community, tables=("area",), limit=limit):
            if place.score >= HOLDS and place.level == "community":
                yield "b.community_id = %(place)s", {"place": place.pk}, place.score
    elif not address.road:
        yield "true", {}, SAME


def _buildings(scope: str, parameters: dict[str, Any], number: str, on: date) -> list[dict[str, Any]]:
    by_number = "AND b.number = %(number)s" if number else ""
    sql = f"SELECT {_BUILDING_COLUMNS} {_BUILDING_TABLES} AND {scope} {by_number} ORDER BY b.code LIMIT {_MANY}"
    return _rows(sql, {**parameters, "number": number, "on": on})


def _building(row: dict[str, Any], *, score: float) -> Match:
    title = building_title(name=row["name"], number=row["number"], address=row["address"], code=row["code"])
    if row["estate"] and row["estate"] != title:
        title = f"{row['estate']}{title}"
    detail = " ".join(part for part in (row["home"], row["address"]) if part)
    exact = score >= HOLDS
    return Match("building", row["code"], title, detail, score, exact, row["lon"], row["lat"], row["id"])


def _stairwells(buildings: list[Match], number: str, on: date) -> list[Match]:
    """The stairwells of that number; where a building has none, its own stairwells are the nearest choices."""
    of = {building.pk: building for building in buildings}
    rows = _rows(_STAIRWELLS, {"buildings": list(of), "on": on}) if of else []
    right = [row for row in rows if row["number"] == number]
    if right:
        return [_stairwell(row, of[row["building_id"]]) for row in right]
    return [replace(_stairwell(row, of[row["building_id"]]), score=BEGINS, exact=False) for row in rows]


def _stairwell(row: dict[str, Any], building: Match) -> Match:
    title = building.title + stairwell_title(name=row["name"], number=row["number"])
    return replace(
        building, level="stairwell", code=row["code"], title=title, pk=row["id"], lon=row["lon"], lat=row["lat"]
    )


def doors_of(building: Match, *, on: date | None = None) -> list[Match]:
    """The stairwells of a building that was found."""
    rows = _rows(_STAIRWELLS, {"buildings": [building.pk], "on": on or timezone.localdate()})
    return [_stairwell(row, building) for row in rows]


def buildings_of(place: Match, *, on: date | None = None, limit: int = _MANY) -> list[Match]:
    """The buildings of a compound or community that was found, or along a road."""
    scope = {
        "compound": "b.compound_id = %(place)s",
        "community": "b.community_id = %(place)s",
        "road": "b.address LIKE %(road)s",
    }.get(place.level, "false")
    parameters = {"place": place.pk, "road": f"{place.title}%"}
    rows = _buildings(scope, parameters, "", on or timezone.localdate())
    return [_building(row, score=place.score) for row in rows[:limit]]


# --- by code ----------------------------------------------------------------------------------------------------------


def _by_code(code: str, on: date) -> list[Match]:
    """The 17 digits of a building or the 19 of a stairwell, as the door's plate has them."""
    if len(code) not in (17, 19):
        return []
    matches = [_building(row, score=SAME) for row in _buildings("b.code = %(code)s", {"code": code[:17]}, "", on)]
    if len(code) == 17:
        return matches
    rows = _rows(_STAIRWELLS, {"buildings": [match.pk for match in matches], "on": on})
    return [_stairwell(row, matches[0]) for row in rows if row["code"] == code]


def _rows(sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


__all__ = ["Match", "alike", "buildings_of", "doors_of", "find", "named", "near"]
