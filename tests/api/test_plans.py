"""The planner's table over HTTP: who may, what is answered, and what is told when something cannot be."""

import gzip
import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area, Dwelling, Household, Stairwell
from geo.edit import OPERATIONS
from grids.models import Appointment, Leave, Plan
from planning import engine
from planning.models import Operation
from planning.table import shelf
from tests.api.conftest import PROBLEM
from tests.grids.conftest import CODE
from tests.grids.test_contact import appoint

NORTH_WEST = f"{CODE}0000101"
TABLE_QUERIES, STEP_QUERIES = 16, 22


@pytest.fixture(autouse=True)
def an_empty_shelf() -> None:
    shelf.clear()


def caller(role: Role, name: str, net: Area) -> APIClient:
    client = APIClient()
    client.force_authenticate(appoint(role, name, area=net).person)
    return client


@pytest.fixture
def other(net) -> APIClient:
    return caller(Role.COMMUNITY_SECRETARY, "社区书记", net)


@pytest.fixture
def draft(planner) -> dict:
    answer = planner.post("/api/v1/plans/", {"community": CODE, "title": "并格"}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def labels(planner, draft) -> dict[str, str]:
    grids = planner.get(f"/api/v1/plans/{draft['id']}/table/").json()["grids"]
    return {grid["name"]: grid["label"] for grid in grids}


@pytest.fixture
def do(draft) -> Callable:
    def do(client: APIClient, version: int, op: dict, **more):
        return client.post(url(draft, "operations/"), {"version": version, "op": op, **more}, format="json")

    return do


def url(draft: dict, rest: str = "") -> str:
    return f"/api/v1/plans/{draft['id']}/{rest}"


def east(labels: dict[str, str], *units: str) -> dict:
    return {"op": "assign", "units": list(units or [NORTH_WEST]), "to": labels["东格"]}


# A draft and its table


def test_a_draft_begins_from_the_plan_in_force(draft):
    in_force = Plan.objects.get(number=1)
    assert (draft["number"], draft["status"], draft["version"]) == (2, "draft", 0)
    assert draft["base"] == {"id": in_force.pk, "number": 1, "title": ""}
    assert draft["owner"] == "规划员"


def test_the_table_tells_all(planner, draft, labels):
    table = planner.get(url(draft, "table/")).json()
    assert table["may"] == {"edit": True, "approve": False, "publish": False}
    assert len(table["units"]) == 8
    first = table["units"][0]
    assert (first["id"], first["building_title"], first["title"]) == (NORTH_WEST, "1号楼", "1号楼 1单元")
    assert first["grid"] == labels["西格"]
    assert [grid["level"] for grid in table["grids"]] == ["grid"] * 2 + ["segment"] * 4
    assert {segment["parent"] for segment in table["grids"][2:]} == {labels["西格"], labels["东格"]}
    assert table["cells"] == []
    assert len(planner.get(url(draft, "table/?cells=1")).json()["cells"]) == 8


def test_a_table_comes_compressed_to_who_reads_that(planner, draft):
    plain = planner.get(url(draft, "table/"), headers={"Accept-Encoding": "identity"})
    small = planner.get(url(draft, "table/"), headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain
    assert small["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small["Vary"]
    told = [json.loads(text) for text in (plain.content, gzip.decompress(small.content))]
    assert told[0] | {"now": None} == told[1] | {"now": None}


def test_a_table_counts_people_and_names_none(planner, draft):
    flat = Dwelling.objects.create(stairwell=Stairwell.objects.get(code=NORTH_WEST), room="101")
    Household.objects.create(dwelling=flat, head="郑户主", people=1)
    shelf.clear()
    answer = planner.get(url(draft, "table/"))
    assert sum(grid["measures"]["households"] for grid in answer.json()["grids"] if grid["level"] == "grid") == 1
    assert "郑户主" not in answer.content.decode()


def test_the_plan_in_force_is_a_table_to_look_at(planner, labels):
    plan = Plan.objects.get(number=1)
    answer = planner.get(f"/api/v1/plans/{plan.pk}/table/").json()
    assert answer["may"]["edit"] is False
    assert {grid["label"] for grid in answer["grids"]} == {grid["code"] for grid in answer["grids"]}


def test_plans_are_listed_by_community_and_state(planner, draft):
    assert [plan["number"] for plan in planner.get("/api/v1/plans/").json()["plans"]] == [2, 1]
    found = planner.get(f"/api/v1/plans/?community={CODE}&status=draft").json()["plans"]
    assert [plan["id"] for plan in found] == [draft["id"]]
    assert planner.get("/api/v1/plans/?status=lost").status_code == 400


def test_a_draft_is_said_otherwise_thrown_away_and_taken_back(planner, draft):
    answer = planner.patch(url(draft), {"title": "并两格", "target_min": 1}, format="json").json()
    assert (answer["title"], answer["target_min"], answer["reason"]) == ("并两格", 1, "")
    assert planner.patch(url(draft), {"target_min": 10**6}, format="json").json()["code"] == "bad_band"
    assert planner.delete(url(draft)).status_code == 204
    assert planner.get(url(draft)).status_code == 404
    assert draft["id"] not in {plan["id"] for plan in planner.get("/api/v1/plans/").json()["plans"]}
    assert planner.patch(url(draft), {"deleted": False}, format="json").status_code == 200
    assert planner.get(url(draft)).status_code == 200


# Steps


def test_a_step_answers_what_changed(planner, draft, labels, do):
    building = [NORTH_WEST, f"{CODE}0000102"]
    answer = do(planner, 0, east(labels)).json()
    assert answer["version"] == 1
    assert answer["operation"]["by"] == "规划员"
    assert set(answer["units"]) == set(building)
    assert {grid["label"] for grid in answer["grids"] if grid["level"] == "grid"} == set(labels.values()) & {
        labels["西格"],
        labels["东格"],
    }
    assert answer["can_undo"] is True
    assert planner.get(url(draft, "table/")).json()["plan"]["version"] == 1


def test_a_step_answers_what_others_did_too(planner, other, draft, labels, do):
    do(planner, 0, east(labels))
    rename = {"op": "rename", "grid": labels["西格"], "name": "老西格"}
    answer = do(other, 0, rename).json()
    assert [row["mine"] for row in answer["operations"]] == [False, True]
    assert NORTH_WEST in answer["units"]
    assert [row["name"] for row in answer["editors"]] == ["规划员"]


def test_undo_and_redo_survive_the_log_out(net, draft, labels, do, planner):
    do(planner, 0, east(labels))
    shelf.clear()
    back = APIClient()
    back.force_authenticate(User.objects.get(name="规划员"))
    table = back.get(url(draft, "table/")).json()
    assert (table["can_undo"], table["can_redo"]) == (True, False)
    undone = back.post(url(draft, "undo/"), {"version": 1}, format="json").json()
    assert undone["units"][NORTH_WEST]["grid"] == labels["西格"]
    assert (undone["can_undo"], undone["can_redo"]) == (False, True)
    redone = back.post(url(draft, "redo/"), {"version": 2}, format="json").json()
    assert redone["units"][NORTH_WEST]["grid"] == labels["东格"]


def test_a_preview_of_what_would_be_refused_says_why(planner, draft, labels, do):
    op = {"op": "lock", "grids": [labels["东格"]]}
    assert do(planner, 0, op).status_code == 200
    op = {"op": "assign", "units": [NORTH_WEST], "to": labels["东格"]}
    answer = send(planner, url(draft, "operations/?preview=1"), {"version": 1, "op": op})
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert answer.json()["refused"]["code"] == "locked"
    assert "东格" in answer.json()["refused"]["detail"]
    assert do(planner, 1, op).status_code == 400  # the deed itself
    nonsense = send(planner, url(draft, "operations/?preview=1"), {"version": 1, "op": {"op": "assign"}})
    assert nonsense.status_code == 400


def test_a_preview_is_the_answer_without_the_deed(planner, draft, labels):
    sent = {"version": 0, "op": east(labels)}
    preview = planner.post(url(draft, "operations/?preview=1"), sent, format="json").json()
    made = planner.post(url(draft, "operations/"), sent, format="json").json()
    assert preview["grids"] == made["grids"]
    assert preview["operation"] is None
    assert Operation.objects.count() == 1


def test_what_is_sent_twice_under_one_key_is_done_once(planner, labels, do):
    key = str(uuid4())
    first = do(planner, 0, east(labels), key=key).json()
    again = do(planner, 0, east(labels), key=key).json()
    assert again["operation"] == first["operation"]
    assert Operation.objects.count() == 1


def test_what_happened_since_is_asked_for(planner, other, draft, labels, do):
    do(planner, 0, east(labels))
    answer = other.get(url(draft, "operations/?after=0")).json()
    assert [row["words"] for row in answer["operations"]] == ["把1号楼 1单元划入东格"]
    assert answer["operation"] is None
    assert other.get(url(draft, "operations/?after=1")).json()["operations"] == []
    assert other.get(url(draft, "operations/?after=7")).json()["code"] == "unknown_version"


# What cannot be


def test_a_conflict_says_what_changed_by_whom_and_when(planner, other, labels, do):
    made = do(planner, 0, east(labels)).json()
    answer = do(other, 0, east(labels))
    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (409, PROBLEM)
    assert (problem["code"], problem["by"], problem["version"]) == ("changed_since", "规划员", 1)
    assert problem["at"] == made["operation"]["at"]
    assert problem["words"] in problem["detail"]
    assert Operation.objects.count() == 1


def test_a_refusal_has_the_kernels_code_the_names_of_people_and_a_place(planner, labels, do):
    do(planner, 0, {"op": "lock", "grids": [labels["西格"]]})
    answer = do(planner, 1, east(labels))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (400, "locked", "op")
    assert "西格" in problem["detail"]
    assert labels["西格"] not in problem["detail"]
    assert len(problem["place"]) == 2


def test_a_plan_that_is_no_draft_is_not_edited(planner, draft, labels, do):
    Plan.objects.filter(pk=draft["id"]).update(status=Plan.Status.IN_REVIEW)
    for answer in (
        do(planner, 0, east(labels)),
        planner.post(url(draft, "undo/"), {"version": 0}, format="json"),
        planner.patch(url(draft), {"title": "x"}, format="json"),
        planner.delete(url(draft)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "not_a_draft")


@pytest.mark.parametrize("role", [Role.GRID_WORKER, Role.STAIRWELL_CAPTAIN, Role.COMMUNITY_POLICE])
def test_other_roles_are_kept_out(net, draft, labels, do, role):
    stranger = caller(role, "外人", net)
    assert stranger.get("/api/v1/plans/").status_code == 403
    assert stranger.get(url(draft, "table/")).status_code == 403
    assert do(stranger, 0, east(labels)).status_code == 403


def test_an_approver_reads_and_does_not_draw(net, draft, labels, do):
    approver = caller(Role.APPROVER, "审批人", net)
    assert approver.get(url(draft, "table/")).status_code == 200
    assert do(approver, 0, east(labels)).status_code == 403
    assert approver.post("/api/v1/plans/", {"community": CODE}, format="json").status_code == 403
    assert approver.post(url(draft, "notes/"), {"text": "这里再看一下"}, format="json").status_code == 201


def test_a_planner_of_another_community_is_kept_out(net, draft, labels, do):
    elsewhere = Area.objects.create(code="350125100999", name="别处", level=12, parent=net.parent)
    stranger = caller(Role.PLANNER, "别处规划员", elsewhere)
    assert stranger.get("/api/v1/plans/").json() == {"plans": []}
    assert stranger.get(url(draft)).status_code == 403
    assert do(stranger, 0, east(labels)).status_code == 403
    assert stranger.post("/api/v1/plans/", {"community": CODE}, format="json").status_code == 403


def test_a_post_that_ended_keeps_nobody_in(net, draft):
    last = appoint(Role.PLANNER, "前任", area=net, until=timezone.localdate())
    client = APIClient()
    client.force_authenticate(last.person)
    assert client.get(url(draft)).status_code == 403


def test_nobody_is_asked_to_sign_in(api, draft):
    assert api.get(url(draft)).status_code == 401


CHAIN = [[119.3, 26.0505], [119.301, 26.0505]]
NONSENSE = [None, True, -1, 10**30, 1.5, "", "x" * 300, "\ud800", [], {}, [[]], {"op": {}}, ["a"], [[1, 2], [3]]]


def send(client: APIClient, address: str, body: object):
    """As any program may: with half characters, and numbers that are none."""
    return client.post(address, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("field", ["version", "op", "key"])
def test_nonsense_is_refused_in_words(planner, draft, field):
    for value in [*NONSENSE, float("nan")]:
        answer = send(
            planner, url(draft, "operations/"), {"version": 0, "op": {"op": "lock", "grids": []}, field: value}
        )
        assert answer.status_code in (200, 400, 409), value
        assert answer.status_code == 200 or answer.json()["detail"]


@pytest.mark.parametrize("name", [*OPERATIONS, "rename"])
def test_no_operation_breaks_the_server(planner, draft, labels, name):
    """Each operation with one field at a time wrong in each way, the others as they should be."""
    west = labels["西格"]
    right: dict[str, object] = {
        "units": [NORTH_WEST], "to": labels["东格"], "grid": west, "grids": [west, labels["东格"]], "into": west,
        "line": CHAIN, "along": CHAIN, "start": CHAIN[0], "end": CHAIN[1], "at": [119.3005, 26.0505], "places": CHAIN,
        "moves": [CHAIN], "parts": 2, "name": "新名", "pieces": 2, "tolerance": 1.0, "level": "grid", "polygons": {},
    }  # fmt: skip
    wanted = inspect.signature(OPERATIONS[name]).parameters if name in OPERATIONS else {"grid", "name", "level"}
    given = {field: right[field] for field in right if field in wanted}
    others = [west, [west], CHAIN, [CHAIN], [119.3, 26.05], 10**400, [[float("inf"), 0]] * 3]
    for field in [*wanted, "strange"]:
        for value in [*NONSENSE, *others]:
            op = {"op": name, **given, field: value}
            answer = send(planner, url(draft, "operations/?preview=1"), {"version": 0, "op": op})
            assert answer.status_code < 500, op


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"community": CODE, "base": None},
        {"community": CODE, "base": "x"},
        {"community": CODE, "base": 10**12},
        {"community": CODE, "base": [1]},
        {"community": CODE, "title": "x" * 81},
        {"community": CODE, "target_min": 9, "target_max": 8},
        {"community": CODE, "target_min": 10**6},
        {"community": "1" * 12},
        {"community": 5},
        [],
    ],
)
def test_a_draft_of_nonsense_is_refused(planner, body):
    answer = planner.post("/api/v1/plans/", body, format="json")
    assert answer.status_code == 400, answer.content
    assert answer.json()["detail"]


# Notes


def test_notes_are_pinned_and_settled(planner, other, draft):
    note = planner.post(url(draft, "notes/"), {"text": "沿河走", "place": [119.3005, 26.0505]}, format="json").json()
    assert (note["mine"], note["place"], note["resolved"]) == (True, [119.3005, 26.0505], False)
    one = url(draft, f"notes/{note['id']}/")
    assert other.patch(one, {"resolved": True}, format="json").json()["resolved"] is True
    assert other.patch(one, {"text": "不行"}, format="json").status_code == 403
    assert planner.patch(one, {"text": "沿河边走"}, format="json").json()["text"] == "沿河边走"
    assert [row["text"] for row in other.get(url(draft, "notes/")).json()["notes"]] == ["沿河边走"]


NO_NOTES = [{}, {"text": " "}, {"text": 5}, {"text": "x", "place": [500, 0]}, {"text": "x", "place": 5}]


@pytest.mark.parametrize("body", NO_NOTES)
def test_a_note_of_nonsense_is_refused(planner, draft, body):
    assert planner.post(url(draft, "notes/"), body, format="json").status_code == 400


# What it costs


def test_a_table_that_is_kept_asks_so_often(planner, draft, labels):
    with CaptureQueriesContext(connection) as asked:
        planner.get(url(draft, "table/"))
    assert len(asked) <= TABLE_QUERIES, [query["sql"][:90] for query in asked]


def test_a_step_asks_so_often(planner, labels, do):
    do(planner, 0, east(labels))
    with CaptureQueriesContext(connection) as asked:
        do(planner, 1, {"op": "assign", "units": [NORTH_WEST], "to": labels["西格"]})
    assert len(asked) <= STEP_QUERIES, [query["sql"][:90] for query in asked]
    assert engine.current(Plan.objects.get(number=2)).version == 2


# Deputies


def test_a_planners_deputy_draws_on_days_of_leave_only(net, planner, draft, labels, do):
    post = Appointment.objects.get(role=Role.PLANNER)
    deputy = User.objects.create(username="deputy", name="代理人")
    Appointment.objects.filter(pk=post.pk).update(deputy=deputy)
    client = APIClient()
    client.force_authenticate(deputy)
    assert client.get(url(draft)).status_code == 403
    today = timezone.localdate()
    leave = Leave.objects.create(person=post.person, away=(today, today + timedelta(days=1)))
    assert client.get(url(draft)).status_code == 200
    assert draft["id"] in [plan["id"] for plan in client.get("/api/v1/plans/").json()["plans"]]
    assert do(client, 0, east(labels)).status_code == 200
    assert client.post("/api/v1/plans/", {"community": CODE, "title": "另一份"}, format="json").status_code == 201
    leave.delete()
    assert client.get(url(draft)).status_code == 403
    assert do(client, 1, east(labels)).status_code == 403


# How large grids are to be


TOO_MUCH = [0, -1, 100_001, 2**31, 2**63, 10**30, 1.5, 1e300, True, "300", "", [], {}, "NaN"]


@pytest.mark.parametrize("target", TOO_MUCH, ids=repr)
def test_a_target_that_no_grid_can_have_is_refused_and_makes_no_plan(planner, target):
    sent = {"community": CODE, "base": "nothing", "target": target}
    answer = planner.post("/api/v1/plans/", sent, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_number", "target")
    assert Plan.objects.count() == 1


@pytest.mark.parametrize("target", ["NaN", "Infinity", "-Infinity", "1e999", "0x10", "01"])
def test_a_target_that_is_no_number_of_json_is_refused(planner, target):
    sent = f'{{"community": "{CODE}", "base": "nothing", "target": {target}}}'
    answer = planner.post("/api/v1/plans/", sent, content_type="application/json")
    assert answer.status_code == 400
    assert Plan.objects.count() == 1


@pytest.mark.parametrize("target", [1, 100_000, None])
def test_a_target_at_its_bounds_is_taken(planner, target):
    sent = {"community": CODE, "base": "nothing", "target": target}
    answer = planner.post("/api/v1/plans/", sent, format="json")
    assert answer.status_code == 201
    assert 0 <= answer.json()["target_min"] <= answer.json()["target_max"]


@pytest.mark.parametrize(
    ("band", "code", "field"),
    [
        ({"target_min": -1}, "bad_number", "target_min"),
        ({"target_max": 2**31}, "bad_number", "target_max"),
        ({"target_min": 1.5}, "bad_number", "target_min"),
        ({"target_max": "500"}, "bad_number", "target_max"),
        ({"target_min": True}, "bad_number", "target_min"),
        ({"target_min": 600, "target_max": 599}, "bad_band", "base"),
    ],
)
def test_a_band_that_is_none_is_refused(planner, draft, band, code, field):
    answer = planner.post(
        "/api/v1/plans/", {"community": CODE, "target": 300, "base": "nothing", **band}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["field"] in (field, "target_min")
    answer = planner.patch(url(draft), band, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert Plan.objects.count() == 2
