import json
from base64 import b64encode
from datetime import timedelta

import pytest

from buildings.models import Area, Building, Compound, Stairwell
from tests.api.conftest import GEOJSON, PROBLEM, ground_changes
from tests.grids.conftest import CODE, box
from tests.grids.test_contact import NEW_YEAR

LAYERS = ("areas", "compounds", "grids", "buildings", "stairwells")


def shape(*bounds: float) -> dict:
    from shapely.geometry import mapping

    return json.loads(json.dumps(mapping(box(*bounds))))


def feature(geometry: dict | None = None, **properties) -> dict:
    return {"type": "Feature", "geometry": geometry or shape(0.4, 0.4, 0.45, 0.45), "properties": properties}


def send(client, method: str, path: str, body, content_type="application/json"):
    text = body if isinstance(body, str) else json.dumps(body)
    return getattr(client, method)(f"/api/v1/{path}", text, content_type=content_type)


@pytest.fixture
def made(planner):
    return send(planner, "post", "buildings/", feature(community=CODE, number="7"))


# --- reading


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_is_a_feature_collection_in_the_order_of_its_codes(api, net, layer):
    response = api.get(f"/api/v1/{layer}/")
    codes = [feature["id"] for feature in response.json()["features"]]
    assert response["Content-Type"] == GEOJSON
    assert response.json()["type"] == "FeatureCollection"
    assert codes
    assert codes == sorted(codes)
    assert all(feature["properties"]["code"] == feature["id"] for feature in response.json()["features"])


@pytest.mark.parametrize("layer", LAYERS)
def test_each_place_is_what_its_list_says(api, net, layer):
    first = api.get(f"/api/v1/{layer}/").json()["features"][0]
    assert api.get(f"/api/v1/{layer}/{first['id']}/").json() == first
    assert api.get(f"/api/v1/{layer}/404/").status_code == 404


@pytest.mark.parametrize("layer", LAYERS)
def test_a_list_is_one_query_and_the_second_time_not_modified(api, net, layer, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = api.get(f"/api/v1/{layer}/")
    assert api.get(f"/api/v1/{layer}/", HTTP_IF_NONE_MATCH=response["ETag"]).status_code == 304


def test_pages_are_followed_to_the_end_without_repeats(api, net):
    seen, address = [], "/api/v1/stairwells/?page_size=3&community=" + CODE
    while address:
        page = api.get(address).json()
        seen += [feature["id"] for feature in page["features"]]
        address = page["next"]
    assert seen == list(Stairwell.objects.order_by("code").values_list("code", flat=True))


def test_a_rectangle_takes_what_touches_it(api, net):
    west, south, east, north = box(0, 0, 0.3, 0.3).bounds
    found = api.get("/api/v1/buildings/", {"in_bbox": f"{west},{south},{east},{north}"}).json()["features"]
    assert [feature["properties"]["number"] for feature in found] == ["3"]


def test_grids_are_those_of_the_day(api, net):
    assert len(api.get("/api/v1/grids/", {"date": NEW_YEAR}).json()["features"]) == 6
    assert len(api.get("/api/v1/grids/", {"date": NEW_YEAR, "level": "1"}).json()["features"]) == 2
    assert api.get("/api/v1/grids/", {"date": NEW_YEAR - timedelta(days=1)}).json()["features"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("in_bbox=nan,0,1,1", "bad_bbox"), ("in_bbox=1,2,3", "bad_bbox"), ("in_bbox=2,0,1,1", "bad_bbox"),
        ("in_bbox=0,0,1e999,1", "bad_bbox"), ("in_bbox=%00,0,1,1", "bad_bbox"), ("in_bbox=", "bad_bbox"),
        ("date=x", "bad_date"), ("community=1", "bad_code"), ("cursor=%ff", "bad_cursor"),
        ("cursor=JycnJyc", "bad_cursor"), ("page_size=0", "bad_page_size"), ("page_size=x", "bad_page_size"),
            ("page_size=10001", "bad_page_size"),
        ("community=%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1", "bad_code"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_understood_is_refused(api, db, query, code):
    response = api.get(f"/api/v1/buildings/?{query}")
    assert (response.status_code, response["Content-Type"], response.json()["code"]) == (400, PROBLEM, code)


def test_names_with_quotes_are_still_json(api, net):
    Building.objects.update(name='"}\\ <script>`${x}\u2028')
    assert api.get("/api/v1/buildings/").json()["features"][0]["properties"]["name"] == '"}\\ <script>`${x}\u2028'


# --- writing


def test_a_planner_adds_and_changes_a_building_of_the_own_community(planner, made):
    assert (made.status_code, made.json()["id"]) == (201, f"{CODE}00005")
    changed = send(planner, "patch", f"buildings/{CODE}00005/", {"type": "Feature", "properties": {"name": "新楼"}})
    assert (changed.status_code, changed.json()["properties"]["name"]) == (200, "新楼")
    whole = send(planner, "put", f"buildings/{CODE}00005/", feature(community=CODE, number="8"))
    assert (whole.status_code, whole.json()["properties"]["number"]) == (200, "8")
    assert ground_changes().count() == 3


def test_stairwells_and_compounds_get_the_next_code(planner, made):
    door = send(planner, "post", "stairwells/", feature(building=f"{CODE}00005", number="1"), GEOJSON)
    assert (door.status_code, door.json()["id"]) == (201, f"{CODE}0000501")
    again = send(planner, "post", "stairwells/", feature(building=f"{CODE}00005", number="1"))
    assert (again.status_code, again["Content-Type"]) == (400, PROBLEM)
    estate = send(planner, "post", "compounds/", feature(shape(0, 0, 1, 1), community=CODE, name="新苑"))
    assert (estate.status_code, Compound.objects.filter(code=estate.json()["id"]).count()) == (201, 1)


def test_strangers_cannot_write(api, planner, net):
    body = feature(community=CODE, number="7")
    assert send(api, "post", "buildings/", body).status_code == 401
    other = Area.objects.create(code="350125100999", name="别处", level=12)
    elsewhere = send(planner, "post", "buildings/", feature(community=other.code, number="7"))
    assert (elsewhere.status_code, elsewhere["Content-Type"]) == (403, PROBLEM)
    assert send(planner, "post", "areas/", feature(code="350126", name="邻县", level=6)).status_code == 403
    assert Building.objects.count() == 4


def test_areas_are_the_administrators(administrator):
    made = send(administrator, "post", "areas/", feature(code="350126", name="邻县", level=6, kind="county"))
    assert made.status_code == 201
    wrong = send(administrator, "post", "areas/", feature(code="35012", name="邻县", level=6))
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_code")


def test_a_code_is_for_ever(planner, net):
    Area.objects.create(code="350125100999", name="别处", level=12)
    moved = send(
        planner, "patch", f"buildings/{CODE}00001/", {"type": "Feature", "properties": {"community": "350125100999"}}
    )
    assert (moved.status_code, moved.json()["code"]) == (400, "code_is_for_ever")


def test_broken_ground_is_refused_with_the_place_of_the_fault(planner, net):
    bow_tie = {
        "type": "Polygon",
        "coordinates": [[[119.3, 26.05], [119.301, 26.051], [119.301, 26.05], [119.3, 26.051], [119.3, 26.05]]],
    }
    response = send(planner, "post", "buildings/", feature(bow_tie, community=CODE, number="7"))
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (400, "self_intersection", "geometry")
    assert problem["place"] == pytest.approx([119.3005, 26.0505])
    assert Building.objects.count() == 4


def test_ground_in_another_place_is_refused(planner, net):
    response = send(planner, "post", "buildings/", feature(shape(5, 5, 5.1, 5.1), community=CODE, number="7"))
    assert (response.status_code, response.json()["code"]) == (400, "mostly_outside")


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "1", "null", '"x"', "{}", '{"type":"Feature"}', '{"type":"Feature","properties":1}',
        '{"type":"Feature","properties":[]}', '{"type":"Feature","geometry":1,"properties":{"community":"x"}}',
        '{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[NaN,1]]]},"properties":{}}',
        '{"type":"Feature","properties":{"community":{},"number":[],"aliases":3,"floors":"x","kind":{}}}',
        '{"type":"Feature","properties":{"community":"\\u0000","name":"\\ud800"}}',
        "[" * 100_000, '{"a":' * 50_000, '{"type":"Feature","geometry":{"type":"Point","coordinates":[119.3,26.05]}}',
        '{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[]}}', "9" * 10_000, "\ufeff{}",
        '{"type":"Feature","properties":{"floors":99999999999999999999999,"gone_since":"2026-13-01"}}',
    ],
)  # fmt: skip
def test_no_body_is_too_odd_to_be_refused_in_words(planner, net, body):
    response = send(planner, "post", "buildings/", body)
    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
    assert response.json()["detail"]


def test_other_formats_and_methods_are_refused_in_words(planner, api, net):
    form = planner.post("/api/v1/buildings/", {"a": "b"}, format="multipart")
    wrong = api.delete("/api/v1/buildings/")
    nowhere = api.get("/api/v2/else/where")
    assert [response.status_code for response in (form, wrong, nowhere)] == [415, 405, 404]
    assert {response["Content-Type"] for response in (form, wrong, nowhere)} == {PROBLEM}


def test_what_is_too_large_is_refused_unread(planner, net):
    response = send(planner, "post", "buildings/", " " * (2 * 2**20 + 1))
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


# --- warnings


def warned(response) -> list[str]:
    assert response.status_code in (200, 201), response.content
    return response.json()["warnings"]


def test_a_building_over_a_grids_line_or_on_another_one_is_stored_with_a_warning(planner, net):
    assert warned(send(planner, "post", "buildings/", feature(shape(0.42, 0.4, 0.48, 0.48), community=CODE))) == []
    (line,) = warned(send(planner, "post", "buildings/", feature(shape(0.48, 0.02, 0.53, 0.06), community=CODE)))
    assert "西格、东格" in line
    (on_top,) = warned(send(planner, "post", "buildings/", feature(shape(0.2, 0.2, 0.45, 0.3), community=CODE)))
    assert f"3号楼 {CODE}00003" in on_top


def test_buildings_that_only_touch_a_line_or_each_other_get_no_warning(planner, net):
    first = shape(0.45, 0.4, 0.5, 0.45)  # its east wall is the line between the grids
    assert warned(send(planner, "post", "buildings/", feature(first, community=CODE))) == []
    assert warned(send(planner, "post", "buildings/", feature(shape(0.45, 0.45, 0.5, 0.5), community=CODE))) == []


def test_a_building_that_is_moved_over_a_line_is_warned_of_too(planner, net):
    body = {"type": "Feature", "geometry": shape(0.3, 0.1, 0.6, 0.3)}
    assert len(warned(send(planner, "patch", f"buildings/{CODE}00003/", body))) == 1


def test_null_is_refused_in_the_language_of_the_answer(planner, net):
    problem = send(planner, "post", "buildings/", "null").json()
    assert (problem["code"], problem["detail"]) == ("not_a_feature", "内容应是一个 GeoJSON Feature。")


@pytest.mark.parametrize("name", ["no\x00body", "n" * 300, ""])
def test_a_name_that_cannot_be_is_a_wrong_name(api, net, settings, name):
    settings.AXES_ENABLED = True
    header = b64encode(f"{name}:password".encode()).decode()
    response = api.get("/api/v1/areas/", headers={"authorization": f"Basic {header}"})
    assert response.status_code == 401
    assert response.json()["code"] == "authentication_failed"
