"""What OpenStreetMap's tags mean here. Also for layers that others made from it and that kept `osm_id`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from buildings.imports.files import Table
from buildings.imports.rows import Row
from buildings.imports.text import clean, phone
from buildings.models import Barrier, Building, Compound, Facility, Landcover, Road

Tags = Mapping[str, str]

CREDIT = "© OpenStreetMap contributors (ODbL)"  # the form that its licence asks for, in any language
ROADS = {
    Road.Kind.ARTERIAL: "motorway trunk primary secondary motorway_link trunk_link primary_link secondary_link",
    Road.Kind.STREET: "tertiary tertiary_link unclassified residential road living_street busway",
    Road.Kind.ALLEY: "service pedestrian",
    Road.Kind.PATH: "footway path steps cycleway track bridleway",
}
BUILDINGS = {
    Building.Kind.RESIDENTIAL: "residential apartments house dormitory detached terrace semidetached_house bungalow",
    Building.Kind.COMMERCIAL: "commercial retail office hotel supermarket kiosk bank restaurant mall",
    Building.Kind.PUBLIC: "public civic government school university college kindergarten hospital church temple"
    " train_station transportation museum library stadium sports_centre toilets fire_station religious cathedral",
    Building.Kind.INDUSTRIAL: "industrial warehouse factory manufacture hangar farm_auxiliary barn",
}  # fmt: skip
FACILITIES = {
    Facility.Kind.HEALTH: "hospital clinic doctors dentist pharmacy health_centre",
    Facility.Kind.ELDERLY_CARE: "nursing_home retirement_home",
    Facility.Kind.CHILD_CARE: "kindergarten childcare",
    Facility.Kind.SCHOOL: "school college university",
    Facility.Kind.CANTEEN: "restaurant food_court fast_food canteen",
    Facility.Kind.MARKET: "marketplace supermarket convenience mall greengrocer department_store",
    Facility.Kind.POLICE: "police",
    Facility.Kind.CULTURE: "library community_centre arts_centre theatre cinema museum",
    Facility.Kind.SERVICE_CENTER: "townhall",
}
GREEN = "park garden grass forest recreation_ground meadow village_green wood scrub grassland cemetery flowerbed"
WATER = "water reservoir basin riverbank"
WALLS = "wall fence city_wall retaining_wall hedge"
RIVERS = "river canal stream"
RAILWAYS = "rail light_rail narrow_gauge"
CODE_TAGS = ("ref:GB", "gb_code", "ref:CN", "nat_code", "admin_code", "code", "ref")
# What leads into a stairwell; not a garage, a shop's back door or an exit.
ENTRANCES = "yes main staircase home residence stairs secondary"

_HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_HOUSE_NUMBER = re.compile(
    r"(?:第)?([0-9]+(?:-[0-9]+)?|[A-Z]|[甲乙丙丁一二三四五六七八九十]+)(?:号楼|栋|幢|座|#楼?|号院?楼)"
)


def _kinds(words: Mapping[Any, str]) -> dict[str, Any]:
    return {word: kind for kind, line in words.items() for word in line.split()}


_ROADS, _BUILDINGS, _FACILITIES = _kinds(ROADS), _kinds(BUILDINGS), _kinds(FACILITIES)
_LANDCOVER = _kinds({Landcover.Kind.GREEN: GREEN, Landcover.Kind.WATER: WATER})
_BARRIERS = _kinds({Barrier.Kind.WALL: WALLS})
_WATERWAYS = _kinds({Barrier.Kind.RIVER: RIVERS})
_RAILWAYS = _kinds({Barrier.Kind.RAILWAY: RAILWAYS})


def is_osm(table: Table) -> bool:
    return "osm_id" in table.columns


def rows_of(table: Table) -> Iterator[tuple[str, Row]]:
    """Each feature as the rows it makes: (layer, row). A school makes a building and a facility."""
    assert table.geometries is not None
    for index, geometry in enumerate(table.geometries):
        feature = {name: column[index] for name, column in table.columns.items() if column[index] not in (None, "")}
        tags = tags_of(feature)
        kind = geometry.geom_type if geometry is not None else ""
        for layer, values in classify(tags, kind or _guess(table.name)):
            shape = geometry
            if layer == "facilities" and geometry is not None and kind != "Point":
                shape = geometry.representative_point() if geometry.area else geometry.centroid
            if (cut := feature.get("incomplete")) and (layer != "facilities" or geometry is None):
                values["incomplete"] = cut
            yield layer, Row(0, source_id_of(feature, table.name), shape, values)


def _guess(table: str) -> str:
    """Type of a geometry that could not be read, by the name of its layer."""
    return {"points": "Point", "lines": "LineString"}.get(table, "MultiPolygon")


def source_id_of(feature: Mapping[str, Any], table: str) -> str:
    """`way/123`: a multipolygon that GDAL made of a way carries the way's number, else the relation's."""
    if "osm_way_id" in feature:
        return f"way/{feature['osm_way_id']}"
    kind = feature.get("osm_type") or {"points": "node", "lines": "way"}.get(table, "relation")
    return f"{kind}/{feature.get('osm_id')}"


def tags_of(feature: Mapping[str, Any]) -> dict[str, str]:
    """All tags of a feature: its own columns and the rest, which GDAL packs as hstore and others as JSON."""
    tags = {name: clean(value) for name, value in feature.items() if name not in ("tags", "other_tags", "incomplete")}
    for ours, theirs in (("levels", "building:levels"), ("street", "addr:street"), ("housenumber", "addr:housenumber")):
        if ours in tags:
            tags.setdefault(theirs, tags[ours])
    tags.update(
        (_unquote(key), clean(_unquote(value))) for key, value in _HSTORE.findall(feature.get("other_tags", ""))
    )
    tags.update(_json_tags(feature.get("tags", "")))
    return tags


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _json_tags(text: Any) -> dict[str, str]:
    try:
        parsed = orjson.loads(text) if text else {}
    except ValueError:
        return {}
    return {key: clean(value) for key, value in parsed.items()} if isinstance(parsed, dict) else {}


def classify(tags: Tags, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The layers that a feature of a geometry type belongs to, with the values of our fields."""
    if kind.endswith("Polygon"):
        yield from _areas(tags)
    elif kind.endswith("LineString"):
        yield from _lines(tags)
    elif kind == "Point" and tags.get("entrance") in ENTRANCES.split():
        yield "entrances", {"number": tags.get("addr:unit") or tags.get("unit") or tags.get("ref") or ""}
    if kind.endswith(("Polygon", "Point")):
        yield from _facilities(tags)


def _areas(tags: Tags) -> Iterator[tuple[str, dict[str, Any]]]:
    # GDAL merges a building's outline into a multipolygon relation of its parts, and only the part's tag is left.
    part = tags.get("building:part", "no") != "no" and tags.get("type") == "multipolygon"
    if tags.get("building", "no") != "no" or (part and "building" not in tags):
        yield "buildings", building(tags) | ({"part": True} if "building" not in tags else {})
    elif tags.get("boundary") == "administrative":
        if code := _code(tags):
            yield "communities", {"code": code, "name": name(tags)}
    elif tags.get("landuse") == "residential":
        yield "compounds", {"name": name(tags), "address": address(tags), "kind": Compound.Kind.OTHER}
    elif cover := _first(tags, ("natural", "water", "waterway", "landuse", "leisure"), _LANDCOVER):
        yield "landcover", {"name": name(tags), "kind": cover}
    elif tags.get("place") == "square" or tags.get("highway") == "pedestrian":
        yield "landcover", {"name": name(tags), "kind": Landcover.Kind.SQUARE}


def _lines(tags: Tags) -> Iterator[tuple[str, dict[str, Any]]]:
    hidden = tags.get("tunnel", "no") != "no"  # what runs below ground parts nothing
    if road := _ROADS.get(tags.get("highway", "")):
        yield "roads", {"name": name(tags), "kind": road}
    elif barrier := _BARRIERS.get(tags.get("barrier", "")):
        yield "barriers", {"name": name(tags), "kind": barrier}
    elif not hidden:
        other = _WATERWAYS.get(tags.get("waterway", "")) or _RAILWAYS.get(tags.get("railway", ""))
        if other:
            yield "barriers", {"name": name(tags), "kind": other}


def _facilities(tags: Tags) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = _first(tags, ("amenity", "shop", "leisure", "office", "tourism", "social_facility"), _FACILITIES)
    named = name(tags)
    if tags.get("amenity") == "social_facility" and "senior" in tags.get("social_facility:for", ""):
        kind = Facility.Kind.ELDERLY_CARE
    if kind is None and not (named and any(key in tags for key in ("amenity", "shop", "office", "leisure"))):
        return
    kind = kind or Facility.Kind.OTHER
    yield "facilities", {
        "name": named or str(Facility.Kind(kind).label), "kind": kind, "address": address(tags),
        "phone": phone(tags.get("phone", "")), "hours": tags.get("opening_hours", ""),
    }  # fmt: skip


def _first(tags: Tags, keys: tuple[str, ...], kinds: Mapping[str, Any]) -> Any:
    return next((kinds[tags[key]] for key in keys if tags.get(key) in kinds), None)


def _code(tags: Tags) -> str:
    codes = (re.sub(r"\D", "", tags[tag]) for tag in CODE_TAGS if tag in tags)
    return next((code for code in codes if len(code) in (6, 9, 12)), "")


def name(tags: Tags) -> str:
    return tags.get("name:zh-Hans") or tags.get("name:zh") or tags.get("name", "")


def address(tags: Tags) -> str:
    """Street and number as people write them: 东胜街23号, Mannerheimintie 5."""
    street, number = tags.get("addr:street") or tags.get("addr:place") or "", tags.get("addr:housenumber", "")
    if not number or not street:
        return tags.get("addr:full", street)
    chinese = street[-1] >= "\u2e80"
    return f"{street}{number}{'' if number.endswith('号') else '号'}" if chinese else f"{street} {number}"


def building(tags: Tags) -> dict[str, Any]:
    title = name(tags)
    found = _HOUSE_NUMBER.search(title)
    whole = found is not None and found.group() == title
    shop = "shop" in tags or "office" in tags
    kind = _BUILDINGS.get(tags.get("building", "")) or (Building.Kind.COMMERCIAL if shop else "")
    return {
        "name": "" if whole else title,
        "number": found.group(1) if found else "",
        "address": address(tags),
        "kind": kind or (Building.Kind.PUBLIC if tags.get("amenity") in _FACILITIES else ""),
        "floors": tags.get("building:levels", ""),
    }
