"""What a tile says of each thing, read out of the tiles themselves: names and codes, and nobody's data (law 10)."""

import gzip
import math
from collections import defaultdict

import pytest
from django.db import connection
from mapbox_vector_tile import decode

from buildings.models import Area, Household
from maps.layers import LAYERS

PUBLIC = {
    "landcover": {"kind", "name"},
    "subdistricts": {"code", "name"},
    "communities": {"code", "name"},
    "compounds": {"code", "name"},
    "grids": {"code", "name", "colour"},
    "segments": {"code", "name"},
    "roads": {"kind", "name"},
    "barriers": {"kind", "name"},
    "buildings": {"code", "number", "name", "kind"},
    "stairwells": {"code", "number", "name"},
    "facilities": {"kind", "name"},
    "subdistrict_labels": {"code", "name"},
    "community_labels": {"code", "name"},
    "compound_labels": {"code", "name"},
    "grid_labels": {"code", "name"},
    "segment_labels": {"code", "name"},
}
# The middle of a stairwell with households, of a river, of a wall, ... : some tile of each layer lies around them.
SPOTS = """
    (SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(footprint) AS p FROM buildings_stairwell
        WHERE id IN (SELECT stairwell_id FROM buildings_dwelling) ORDER BY md5(code) LIMIT 3) AS doors)
    UNION ALL (SELECT ST_X(point), ST_Y(point) FROM buildings_facility ORDER BY id LIMIT 1)
    UNION ALL (SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(boundary) AS p FROM buildings_compound
        WHERE boundary IS NOT NULL ORDER BY code LIMIT 1) AS estate)
"""


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon + 180) / 360 * 2**z), int(down * 2**z)


@pytest.fixture
def tiles(town, client, settings) -> list[bytes]:
    """Tiles of all zooms as the server hands them out to anybody."""
    ground = Area.objects.communities().order_by("code").first().boundary
    Area.objects.filter(level=Area.Level.SUBDISTRICT).update(boundary=ground)  # the town has none of its own
    with connection.cursor() as cursor:
        cursor.execute(SPOTS)
        spots = cursor.fetchall()
    wanted = sorted({tile_of(lon, lat, z) for lon, lat in spots for z in range(7, 20)})
    answers = [
        client.get(f"/tiles/x/{z}/{x}/{y}.mvt", {"date": town.day.isoformat()}, follow=True) for z, x, y in wanted
    ]
    return [gzip.decompress(one.content) if one.content[:2] == b"\x1f\x8b" else one.content for one in answers]


def test_each_layer_says_what_is_public_and_nothing_else(tiles):
    said: dict[str, set[str]] = defaultdict(set)
    for tile in tiles:
        for name, layer in decode(tile).items():
            said[name].update(*(feature["properties"] for feature in layer["features"]))
    assert set(said) == {layer.name for layer in LAYERS}
    assert {name: names - PUBLIC[name] for name, names in said.items() if names - PUBLIC[name]} == {}


def test_no_tile_holds_a_name_or_a_telephone_of_a_household(tiles):
    heads = set(Household.objects.exclude(head="").values_list("head", flat=True))
    phones = set(Household.objects.exclude(phone="").values_list("phone", flat=True))
    assert len(heads) > 100
    texts = {str(value) for tile in tiles for layer in decode(tile).values() for feature in layer["features"]
             for value in feature["properties"].values()}  # fmt: skip
    assert texts & heads == set()
    assert texts & phones == set()
