"""The desk for programs: the same lists, steps and refusals as on the pages."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from cases import moves
from cases.models import Case, Status
from tests.cases.desk import EMAIL, NAME, PHONE, a_case, a_unit, reported_by
from tests.grids.test_contact import appoint, grid

pytestmark = pytest.mark.django_db


@pytest.fixture
def who(net) -> User:
    return appoint(Role.GRID_WORKER, "林网格", grid=grid("西格")).person


@pytest.fixture
def caller(who) -> APIClient:
    return signed_in(who)


@pytest.fixture
def lamp(net, who) -> Case:
    return a_case(net, status=Status.DISPATCHED, person=who)


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def act(client: APIClient, case: Case, **body):
    return client.post(f"/api/v1/cases/{case.number}/moves/", body, format="json")


def test_a_visitor_gets_nothing(api, lamp):
    for path in ("", f"{lamp.number}/"):
        assert api.get(f"/api/v1/cases/{path}").status_code == 401
    assert api.post("/api/v1/cases/moves/", {}, format="json").status_code == 401


def test_the_list_is_that_of_the_page(caller, lamp, net):
    late = a_case(net, status=Status.IN_PROGRESS, due_at=lamp.reported_at)
    found = caller.get("/api/v1/cases/").json()
    assert [one["number"] for one in found["cases"]] == [late.number, lamp.number]
    assert (found["cases"][0]["mark"], found["cases"][0]["late"], found["more"]) == ("▲", True, False)
    assert [one["number"] for one in caller.get("/api/v1/cases/?show=due").json()["cases"]] == [lamp.number]


def test_pages_follow_one_another(caller, lamp, net):
    other = a_case(net, status=Status.DISPATCHED)
    pages = [caller.get(f"/api/v1/cases/?size=1&page={n}").json() for n in (1, 2, 3)]
    assert [[one["number"] for one in page["cases"]] for page in pages] == [[lamp.number], [other.number], []]
    assert [page["more"] for page in pages] == [True, False, False]


def test_what_no_code_has_is_left_out(caller, lamp):
    assert caller.get("/api/v1/cases/?grid=%00&category=%00t1").json()["cases"][0]["number"] == lamp.number


@pytest.mark.parametrize("query", ["page=x", "size=-1", "page=99999999999"])
def test_what_is_no_number_is_refused(caller, query):
    assert caller.get(f"/api/v1/cases/?{query}").status_code == 400


def test_the_list_is_one_query_whatever_its_length(caller, lamp, net, django_assert_max_num_queries):
    for _n in range(20):
        a_case(net, status=Status.DISPATCHED)
    with django_assert_max_num_queries(4):
        assert len(caller.get("/api/v1/cases/").json()["cases"]) == 21


def test_a_case_says_what_the_caller_may_do(caller, lamp):
    found = caller.get(f"/api/v1/cases/{lamp.number}/").json()
    assert (found["next"], found["status"], found["version"]) == ("take", "dispatched", 1)
    assert {"act": "take", "label": "接单", "needs": []} in found["acts"]
    assert found["moves"][0]["act"] == "report"


def test_steps_are_taken_and_refused_with_a_code(caller, lamp):
    assert act(caller, lamp, act="take", version=1).json()["status"] == "in_progress"
    stale = act(caller, lamp, act="resolve", version=1, reason="好了")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed")
    assert "林网格" in stale.json()["detail"]
    assert act(caller, lamp, act="resolve").json()["code"] == "reason_missing"
    assert act(caller, lamp, act="nothing").json()["code"] == "unknown_act"
    for until in ("soon", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00+14:00", "2100-01-01T00:00"):
        assert act(caller, lamp, act="ask_extension", until=until).json()["field"] == "until"
    assert act(caller, lamp, act="resolve", version=2, reason="好了").json()["status"] == "resolved"


def test_a_case_that_leaves_ones_sight_is_named(lamp, net, who):
    unit = a_unit(net)
    user = User.objects.create(username="unit", name="经办")
    unit.members.add(user)
    moves.act(lamp, "dispatch", by=who, handling_unit=unit, reason="要换整灯")
    Case.objects.update(first_unit=None)
    client = signed_in(user)
    assert act(client, lamp, act="ask_return", reason="不归我们").status_code == 200


def test_several_are_answered_each(caller, lamp, net):
    other = a_case(net, status=Status.CLOSED)
    cases = [{"number": lamp.number, "version": 1}, {"number": other.number}, {"number": "12"}]
    found = caller.post("/api/v1/cases/moves/", {"cases": cases, "act": "take"}, format="json").json()["outcomes"]
    assert [one["done"] for one in found] == [True, False, False]
    assert [one["code"] for one in found] == ["", "not_now", "not_found"]


@pytest.mark.parametrize("body", [[], {}, {"cases": []}, {"cases": [1], "act": "take"}, {"cases": [{}], "act": "take"}])
def test_a_body_that_is_none_is_refused(caller, lamp, body):
    assert caller.post("/api/v1/cases/moves/", body, format="json").status_code == 400


def test_nothing_of_the_reporter_is_in_any_answer(caller, lamp):
    reported_by(lamp)
    answers = [
        caller.get("/api/v1/cases/"), caller.get(f"/api/v1/cases/{lamp.number}/"), act(caller, lamp, act="take"),
    ]  # fmt: skip
    for answer in answers:
        assert not any(secret in answer.content.decode() for secret in (PHONE, NAME, EMAIL, str(lamp.key)))
