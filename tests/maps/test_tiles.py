"""Vector tiles: valid, of one query, of one day, and never of another net than their address says."""

import math
from datetime import date

import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from mapbox_vector_tile import decode

from buildings.models import Area, Building, GroundChange
from grids.models import GridBoundary, Plan
from maps import tiles
from maps.layers import LAYERS, Buildings, Stairwells
from maps.version import net_version

OLD_TOWN = (118.93, 25.87)  # 南门社区
ZOOMS = range(9, 20)


def address(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """The tile of a zoom that holds a point; formula of the slippy map."""
    across = (lon + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int(across * 2**z), int(down * 2**z)


def read(data: bytes) -> dict:
    return decode(data, default_options={"y_coord_down": True})


def shapes(layer: dict) -> list:
    return [shapely.geometry.shape(feature["geometry"]) for feature in layer["features"]]


@pytest.mark.parametrize("z", ZOOMS)
def test_a_tile_holds_the_layers_of_its_zoom_and_sound_shapes(town, z):
    layers = read(tiles.tile(*address(*OLD_TOWN, z), town.day)[1])
    assert set(layers) <= {layer.name for layer in LAYERS if layer.min_zoom <= z}
    assert layers
    for layer in layers.values():
        assert layer["extent"] == 4096
        assert layer["version"] == 2
        assert all(shape.is_valid and not shape.is_empty for shape in shapes(layer))


@pytest.mark.parametrize("z", ZOOMS)
def test_outer_rings_turn_clockwise_on_the_sheet(town, z):
    for layer in read(tiles.tile(*address(*OLD_TOWN, z), town.day)[1]).values():
        for shape in shapes(layer):
            for part in shapely.get_parts(shape):
                if (
                    part.geom_type == "Polygon"
                ):  # y runs down, so clockwise to the eye is counter-clockwise by the numbers
                    assert part.exterior.is_ccw
                    assert not any(hole.is_ccw for hole in part.interiors)


def test_shapes_that_are_clipped_end_at_the_buffer(town):
    layers = read(tiles.tile(*address(*OLD_TOWN, 15), town.day)[1])
    for name in ("communities", "grids", "segments", "landcover"):
        west, north, east, south = shapely.total_bounds(shapes(layers[name]))
        assert -64 <= west <= east <= 4096 + 64
        assert -64 <= north <= south <= 4096 + 64


def test_what_lies_only_in_the_buffer_is_there(town):
    z, x, y = address(*OLD_TOWN, 16)
    side = tiles.WORLD / 2**z
    edge, middle = (x + 1) * side - tiles.WORLD / 2, tiles.WORLD / 2 - (y + 0.5) * side
    unit = side / 4096
    box = Polygon.from_bbox((edge + 20 * unit, middle, edge + 50 * unit, middle + 30 * unit))
    box.srid = 3857
    footprint = MultiPolygon(box.transform(4326, clone=True), srid=4326)
    community = Area.objects.get(code=town.nanmen)
    Building.objects.create(code=f"{town.nanmen}99999", community=community, number="边上", footprint=footprint)
    found = read(tiles.tile(z, x, y, town.day)[1])["buildings"]["features"]
    assert any(feature["properties"].get("number") == "边上" for feature in found)


def test_a_polygon_that_rounding_would_break_is_mended_or_left_out(town):
    """A hundred slivers a few centimetres wide, at a zoom whose unit is 60 cm."""
    z, x, y = address(*OLD_TOWN, 14)
    community = Area.objects.get(code=town.nanmen)
    lon, lat = OLD_TOWN
    for n in range(100):
        west, south = lon + n * 1e-5, lat
        comb = [(west, south), (west + 4e-6, south + 9e-5), (west + 4.4e-6, south), (west + 8e-6, south + 9e-5),
                (west + 8.4e-6, south), (west + 4e-6, south - 3e-6), (west, south)]  # fmt: skip
        Building.objects.create(
            code=f"{town.nanmen}{90000 + n}", community=community, footprint=MultiPolygon(Polygon(comb), srid=4326)
        )
    found = shapes(read(tiles.tile(z, x, y, town.day)[1])["buildings"])
    assert len(found) > 50
    assert all(shape.is_valid and not shape.is_empty for shape in found)


def test_a_whole_polygon_is_drawn_as_postgis_would_draw_it(town):
    z, x, y = address(*OLD_TOWN, 16)
    parameters = {"day": town.day, **tiles.frame(z, x, y)}
    for layer in (Buildings, Stairwells):
        moved = tiles.geometry_sql(layer, z)
        clipped = tiles.CLIPPED.format(shape=f"row.{layer.geometry}", buffer=4096 * 9)  # a buffer that cuts nothing
        far = f"""
            SELECT count(*), max(ST_HausdorffDistance({moved}, {clipped})) FROM {layer.model._meta.db_table} AS row
            WHERE row.{layer.geometry} && {tiles.REACH} AND row.clearance * %(scale)s > {tiles.SAFE}
        """
        with connection.cursor() as cursor:
            cursor.execute(far, parameters)
            count, units = cursor.fetchone()
        assert count > 50
        assert units <= 1.5  # both round to whole units


def test_a_tile_is_one_query(town, client, django_assert_num_queries):
    z, x, y = address(*OLD_TOWN, 16)
    version = net_version(town.day)
    with django_assert_num_queries(1):
        answer = client.get(f"/tiles/{version}/{z}/{x}/{y}.mvt", {"date": town.day})
    assert answer.status_code == 200


def test_no_tile_holds_more_than_its_public_columns(town):
    public = {"code", "name", "number", "kind", "colour"}
    for z in ZOOMS:
        for layer in read(tiles.tile(*address(*OLD_TOWN, z), town.day)[1]).values():
            assert all(set(feature["properties"]) <= public for feature in layer["features"])


@pytest.mark.parametrize("path", ["21/0/0", "16/65536/0", "16/0/65536", "99999999999999999999/1/1"])
def test_a_tile_that_cannot_be_is_not_found(town, client, path):
    assert client.get(f"/tiles/v/{path}.mvt").status_code == 404


@pytest.mark.parametrize("path", ["a/0/0", "-1/0/0", "1.5/0/0", "16/0/nan", "16/0x10/0"])
def test_an_address_that_is_no_tile_is_not_found(town, client, path):
    assert client.get(f"/tiles/v/{path}.mvt").status_code == 404


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "2026-06-15T10:00"])
def test_a_date_that_cannot_be_asked_gets_a_sentence(town, client, day):
    answer = client.get("/tiles/v/16/1/1.mvt", {"date": day})
    assert answer.status_code == 400
    assert answer.content.decode().endswith("。")


def test_before_the_first_plan_there_are_buildings_and_no_grids(town):
    layers = read(tiles.tile(*address(*OLD_TOWN, 16), date(1990, 1, 1))[1])
    assert "buildings" in layers
    assert not {"grids", "segments", "grid_labels"} & set(layers)


def test_an_empty_place_is_an_empty_tile(town, client):
    answer = client.get(f"/tiles/{net_version(town.day)}/16/0/0.mvt")
    assert (answer.status_code, answer.content) == (200, b"")


# --- the version ----------------------------------------------------------------------------------------------------


def asked(client, version: str, day: date):
    z, x, y = address(*OLD_TOWN, 16)
    return client.get(f"/tiles/{version}/{z}/{x}/{y}.mvt", {"date": day})


def test_the_present_version_is_kept_for_ever(town, client):
    answer = asked(client, net_version(town.day), town.day)
    assert "immutable" in answer["Cache-Control"]


def test_another_version_is_never_kept_and_told_the_present_one(town, client):
    answer = asked(client, "0" * 12, town.day)
    assert answer["Cache-Control"] == "no-store"
    assert answer["Net-Version"] == net_version(town.day)


def test_a_publication_changes_the_version_and_a_change_back_does_not_bring_the_old_one_back(town):
    plan = Plan.objects.in_force(town.day).get(community__code=town.nanmen)
    before = net_version(town.day)
    span = plan.in_force
    GridBoundary.objects.filter(plan=plan).update(in_force=None)
    Plan.objects.filter(pk=plan.pk).update(in_force=(date(2000, 1, 1), date(2000, 1, 2)))
    again = Plan.objects.create(
        community=plan.community, number=99, status="published", in_force=span, published_at=plan.published_at
    )
    between = net_version(town.day)
    assert before != between
    again.delete()
    assert net_version(town.day) not in {before, between}


def test_a_plan_for_tomorrow_changes_tomorrow_only(town):
    plan = Plan.objects.in_force(town.day).get(community__code=town.nanmen)
    today, tomorrow = town.day, date.fromordinal(town.day.toordinal() + 1)
    assert net_version(today) == net_version(tomorrow)
    Plan.objects.filter(pk=plan.pk).update(in_force=(plan.in_force.lower, tomorrow))
    Plan.objects.create(
        community=plan.community,
        number=99,
        status="published",
        in_force=(tomorrow, None),
        published_at=plan.published_at,
    )
    assert net_version(today) != net_version(tomorrow)


def test_a_change_of_the_ground_changes_the_version(town):
    before = net_version(town.day)
    GroundChange.objects.create(what="导入 a.gpkg")
    assert net_version(town.day) != before


def test_version_and_tile_come_from_one_statement(town):
    """Two statements could see two nets, and a cache would keep the one under the other's name."""
    z, x, y = address(*OLD_TOWN, 16)
    version, data = tiles.tile(z, x, y, town.day)
    assert version == net_version(town.day)
    assert data
    assert tiles.statement(LAYERS, z).lstrip().startswith("SELECT")
    assert ";" not in tiles.statement(LAYERS, z)


def test_neighbouring_grids_never_share_a_colour(town):
    clash = """
        SELECT count(*) FROM grids_gridboundary a JOIN grids_gridboundary b ON a.id < b.id AND a.colour = b.colour
        JOIN grids_grid ga ON ga.id = a.grid_id JOIN grids_grid gb ON gb.id = b.grid_id
        WHERE ga.level = 1 AND gb.level = 1 AND a.in_force @> %(day)s::date AND b.in_force @> %(day)s::date
        AND ST_Intersects(a.boundary, b.boundary) AND ST_Length(ST_Intersection(a.boundary, b.boundary)) > 0
    """
    with connection.cursor() as cursor:
        cursor.execute(clash, {"day": town.day})
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT max(colour) FROM grids_gridboundary b JOIN grids_grid g ON g.id = b.grid_id WHERE level = 1"
        )
        assert cursor.fetchone()[0] < 8  # pastels in net.js
