import pytest

from buildings.models import Dwelling, Household, Stairwell
from tests.api.conftest import PROBLEM
from tests.grids.conftest import CODE
from tests.grids.test_contact import IN_B1, ON_THE_CROSS, ON_THE_EDGE, SUPERVISION

CONTACT = "/api/v1/contact/"
DAY = "2026-11-22"


def ask(api, **query):
    return api.get(CONTACT, {"date": DAY, **query})


def at(point, coord_type="wgs84"):
    return {"lon": point.x, "lat": point.y, "coord_type": coord_type}


def test_a_point_is_told_who_answers(api, worker):
    answer = ask(api, **at(IN_B1)).json()
    assert answer["date"] == DAY
    assert answer["plan"] == {"community": CODE, "number": 1, "since": "2026-01-01", "until": None}
    assert answer["place"]["grid"] == {"code": f"{CODE}001", "name": "西格"}
    assert answer["place"]["segment"] == {"code": f"{CODE}001001", "name": "楼段1"}
    assert answer["place"]["compound"]["name"] == "西苑"
    assert answer["place"]["community"] == {"code": CODE, "name": "方正社区"}
    assert [link["level"] for link in answer["chain"]][-1] == "subdistrict"
    first = answer["contacts"][0]
    assert (first["role"], first["name"], first["phone"]) == ("grid_worker", "林网格", "0591-2248 1001")
    assert first["why"]
    assert answer["contacts"][-1]["rule"] == "office"
    assert answer["supervision_phone"] == SUPERVISION
    assert answer["edge_distance_m"] == 15.0  # 0.15 of the side of 100 m


def test_edge_and_vertex_points_answer_and_always_the_same(api, worker):
    for point in (ON_THE_EDGE, ON_THE_CROSS):
        first, second = (ask(api, **at(point)) for _ in range(2))
        assert first.status_code == 200
        assert first.content == second.content
        assert first.json()["place"]["grid"]["code"] == f"{CODE}001"
        assert [grid["name"] for grid in first.json()["near_edge"]] == ["东格"]


def test_a_point_without_coord_type_is_refused(api, net):
    response = api.get(CONTACT, {"lon": 119.3, "lat": 26.05})
    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
    assert (response.json()["code"], response.json()["field"]) == ("unknown_coord_type", "coord_type")


def test_a_phones_position_is_shifted_back(api, worker):
    from geo.crs import from_wgs84

    lon, lat = from_wgs84(IN_B1.x, IN_B1.y, "gcj02")
    assert ask(api, lon=lon, lat=lat, coord_type="gcj02").json()["place"]["building"]["name"] == "1号楼"


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({}, "missing", "lon"),
        ({"address": ""}, "missing", "address"),
        ({"address": " \u3000"}, "missing", "address"),
        ({"lon": "119.3", "lat": "26.05", "coord_type": "wgs84", "door": "1" * 19}, "one_way", "door"),
        ({"lon": "1_1", "lat": "26.05", "coord_type": "wgs84"}, "not_a_number", "lon"),
        ({"lon": "１１９", "lat": "26.05", "coord_type": "wgs84"}, "not_a_number", "lon"),
        ({"lon": "nan", "lat": "26.05", "coord_type": "wgs84"}, "not_a_number", "lon"),
        ({"lon": "119.3", "coord_type": "wgs84"}, "missing", "lat"),
        ({"lon": "119.3", "lat": "inf", "coord_type": "wgs84"}, "not_a_number", "lat"),
        ({"lon": "26.05", "lat": "119.3", "coord_type": "wgs84"}, "out_of_range", "lat"),
        ({"lon": "1e300", "lat": "1", "coord_type": "wgs84"}, "out_of_range", "lon"),
        ({"lon": "119.3", "lat": "26.05", "coord_type": "local"}, "unknown_coord_type", "coord_type"),
        ({"door": "123"}, "bad_code", "door"),
        ({"address": "å®\x9dç¿\xa0"}, "mojibake", "address"),
        ({"address": "3" * 300}, "too_long", "address"),
        ({"address": "3栋", "date": "昨天"}, "bad_date", "date"),
        ({"address": "3栋", "date": "2026-02-30"}, "bad_date", "date"),
        ({"address": "3栋", "date": "1949-09-30"}, "bad_date", "date"),
        ({"address": "3栋", "date": "2200-01-01"}, "bad_date", "date"),
        ({"address": "3栋", "date": "2026W47"}, "bad_date", "date"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_the_field(api, db, query, code, field):
    response = api.get(CONTACT, query)
    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
    assert (problem["code"], problem["field"], problem["status"]) == (code, field, 400)
    assert problem["detail"]


def test_a_door_and_an_address_have_the_answer_of_their_place(api, worker):
    by_door = ask(api, door=f"{CODE}0000102").json()
    by_address = ask(api, address="西苑 1-2").json()
    assert by_door["place"]["stairwell"] == {"code": f"{CODE}0000102", "name": "2单元"}
    assert by_address == by_door


def test_a_door_that_is_not_there_is_a_problem_with_the_hotline_in_words(api, net):
    response = ask(api, door="9" * 19)
    assert (response.status_code, response["Content-Type"], response.json()["code"]) == (404, PROBLEM, "no_such_door")


def test_an_ambiguous_address_gives_choices_and_still_a_phone(api, worker, settings):
    answer = ask(api, address="1单元").json()
    assert len(answer["choices"]) == 4
    assert answer["contacts"][0]["phone"] == settings.HOTLINE
    assert answer["place"]["grid"] is None
    doors = [ask(api, door=choice["code"]).json() for choice in answer["choices"]]
    assert {door["place"]["stairwell"]["name"] for door in doors} == {"1单元"}


def test_outside_of_any_community_the_hotline_answers(api, net, settings):
    answer = ask(api, lon=100, lat=30, coord_type="wgs84").json()
    assert (answer["outside"], answer["place"]["community"]) == (True, None)
    assert [contact["phone"] for contact in answer["contacts"]] == [settings.HOTLINE]


def test_an_occupied_and_an_empty_flat_have_the_same_bytes(api, worker):
    ways = ({"door": f"{CODE}0000101"}, at(IN_B1), {"address": "西苑1栋1单元501"}, {"address": "西苑1栋1单元502"})
    before = [ask(api, **way).content for way in ways]
    flat = Dwelling.objects.create(stairwell=Stairwell.objects.get(code=f"{CODE}0000101"), room="501")
    Household.objects.create(dwelling=flat, people=3, head="某某")
    assert [ask(api, **way).content for way in ways] == before
    assert before[2] == before[3]


def test_a_point_is_one_query(api, worker, django_assert_num_queries):
    with django_assert_num_queries(1):
        ask(api, **at(IN_B1))


def test_too_many_questions_from_one_address_wait(api, net, monkeypatch):
    from api.permissions import Politeness

    monkeypatch.setattr(Politeness, "LIMIT", 2)
    Politeness.counts.clear()
    codes = [api.get(CONTACT, at(IN_B1), REMOTE_ADDR=f"9.9.9.9:{port}").status_code for port in (1, 2, 3)]
    assert codes == [200, 200, 429]
    assert api.get(CONTACT, at(IN_B1), REMOTE_ADDR="9.9.9.8:1").status_code == 200
    Politeness.counts.clear()
