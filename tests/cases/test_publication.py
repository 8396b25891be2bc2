"""Open cases follow a plan, once; closed ones stay as they were."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.roles import Role
from buildings.models import Stairwell
from cases import clock, publication
from cases.models import Case, HandlingUnit, Level, Move, Notice
from grids.drawing import draw
from grids.models import Appointment, Grid, Plan
from grids.redraw import call_off
from grids.redraw import publish as put_in_force
from planning import chain
from tests.cases.desk import a_case
from tests.cases.people import person, post
from tests.grids.conftest import CODE
from tests.grids.test_contact import IN_B2, spot

TODAY = timezone.localdate()


def door(building: int) -> Stairwell:
    return Stairwell.objects.get(code=f"{CODE}{building:05d}01")


def plan_of(net, cells, west: str, *, number: int = 2) -> Plan:
    """A draft whose west grid has the buildings with these numbers; the others are the east grid's. No segments."""
    plan = Plan.objects.create(community=net, number=number)
    sides = {side: Grid.objects.get(name=side) for side in ("西格", "东格")}
    draw(plan=plan, cells=cells, grid_of={code: sides["西格" if code[16] in west else "东格"] for code in cells})
    return plan


def in_force(plan: Plan, day: date = TODAY) -> Plan:
    return put_in_force(plan=plan, by=None, effective=day)


@pytest.fixture
def open_cases(net, people) -> dict[str, Case]:
    west = {"grid": Grid.objects.get(name="西格"), "person": people["W"], "intake_plan": Plan.objects.get()}
    east = west | {"grid": Grid.objects.get(name="东格"), "person": people["X"]}
    unit = HandlingUnit.objects.get(name="单位U")
    return {
        "b1": a_case(net, stairwell=door(1), **west),
        "b3": a_case(net, point=spot(0.2, 0.2), stairwell=door(3), **west),
        "yard": a_case(net, point=spot(0.2, 0.15), **west),  # in building 3, without a door
        "unit": a_case(net, stairwell=door(3), status="in_progress", **west | {"person": None, "handling_unit": unit}),
        "b2": a_case(net, point=IN_B2, stairwell=door(2), **east),
    }


def stand(cases: dict[str, Case]) -> dict[str, tuple[str, str]]:
    for case in cases.values():
        case.refresh_from_db()
    return {name: (case.grid.name, str(case.person or case.handling_unit)) for name, case in cases.items()}


def test_open_cases_go_where_their_doors_went(net, cells, people, open_cases):
    plan = in_force(plan_of(net, cells, west="12"))  # building 3 goes east, building 2 west
    assert publication.follow(net, TODAY, people["S"]) == 5
    assert stand(open_cases) == {
        "b1": ("西格", "W"),
        "b3": ("东格", "X"),
        "yard": ("东格", "X"),
        "unit": ("东格", "单位U"),
        "b2": ("西格", "W"),
    }
    rows = Move.objects.filter(act="replan", plan=plan, by=people["S"])
    assert {row.case_id for row in rows} == {case.pk for case in open_cases.values()}
    assert rows.get(case=open_cases["b3"]).reason == "第 2 号网格方案施行：西格 → 东格。"
    assert rows.get(case=open_cases["b1"]).reason == "第 2 号网格方案施行，网格不变。"
    assert open_cases["b3"].version == 2
    assert (open_cases["unit"].status, open_cases["unit"].due_at) == ("in_progress", rows.get(
        case=open_cases["unit"]).due_at)  # fmt: skip


def test_a_case_moves_once_a_plan(net, cells, people, open_cases):
    in_force(plan_of(net, cells, west="12"))
    assert publication.follow(net, TODAY, None) == 5
    assert publication.follow(net, TODAY, None) == 0
    assert publication.follow_all(TODAY) == 0
    assert Move.objects.filter(act="replan").count() == 5


def test_what_was_taken_in_on_the_plan_does_not_move(net, cells, people):
    plan = in_force(plan_of(net, cells, west="12"))
    a_case(net, stairwell=door(1), intake_plan=plan)
    assert publication.follow(net, TODAY, None) == 0


@pytest.mark.parametrize("status", ["closed", "rejected", "voided"])
def test_what_has_ended_stays(net, cells, people, status):
    case = a_case(net, stairwell=door(3), point=spot(0.2, 0.2), person=people["W"], status=status)
    before = Case.objects.filter(pk=case.pk).values().get()
    in_force(plan_of(net, cells, west="12"))
    assert publication.follow(net, TODAY, None) == 0
    assert Case.objects.filter(pk=case.pk).values().get() == before


def test_what_was_decided_at_the_intake_stays(net, cells, people, open_cases):
    columns = ("intake_plan", "intake_grid", "intake_person", "intake_rule", "reported_at")
    before = list(Case.objects.order_by("pk").values(*columns))
    in_force(plan_of(net, cells, west="12"))
    publication.follow(net, TODAY, None)
    assert list(Case.objects.order_by("pk").values(*columns)) == before


def test_a_later_day_is_the_clocks(net, cells, people, open_cases, monkeypatch):
    tomorrow = TODAY + timedelta(days=1)
    in_force(plan_of(net, cells, west="12"), tomorrow)
    call_command("case_clock")
    assert not Move.objects.filter(act="replan").exists()
    monkeypatch.setattr(clock.timezone, "localdate", lambda: tomorrow)
    call_command("case_clock")
    assert Move.objects.filter(act="replan").count() == 5
    call_command("case_clock")
    assert Move.objects.filter(act="replan").count() == 5


def test_a_plan_that_was_called_off_moves_nothing(net, cells, people, open_cases):
    plan = in_force(plan_of(net, cells, west="12"), TODAY + timedelta(days=1))
    call_off(plan=plan)
    assert publication.follow_all(TODAY + timedelta(days=1)) == 0


def test_cases_come_back_with_the_plan_before(net, cells, people, open_cases):
    before = stand(open_cases)
    in_force(plan_of(net, cells, west="12"))
    publication.follow(net, TODAY, None)
    in_force(plan_of(net, cells, west="13", number=3), TODAY + timedelta(days=1))
    assert publication.follow_all(TODAY + timedelta(days=1)) == 5
    assert stand(open_cases) == before
    assert Move.objects.filter(act="replan").count() == 10


def test_where_a_person_placed_a_case_it_stays_while_the_edge_is_near(net, cells, people):
    near, far = (
        a_case(net, point=spot(x, 0.97), person=people["X"], grid=Grid.objects.get(name="东格")) for x in (0.45, 0.05)
    )
    for case in (near, far):
        Move.objects.create(case=case, act="place", at=case.reported_at, status="reported", level=1, grid=case.grid)
    in_force(plan_of(net, cells, west="13"))
    publication.follow(net, TODAY, None)
    assert list(stand({"near": near, "far": far}).values()) == [("东格", "X"), ("西格", "W")]


def test_what_the_plan_does_not_hold_is_for_a_person_to_place(net, cells, people):
    case = a_case(net, point=spot(2, 2), person=people["W"])
    in_force(plan_of(net, cells, west="12"))
    publication.follow(net, TODAY, None)
    case.refresh_from_db()
    assert (case.grid, case.needs_place) == (None, True)


def test_who_has_a_case_further_up_keeps_it(net, cells, people):
    case = a_case(net, stairwell=door(3), point=spot(0.2, 0.2), person=people["S"], level=Level.COMMUNITY)
    in_force(plan_of(net, cells, west="12"))
    publication.follow(net, TODAY, None)
    assert stand({"it": case}) == {"it": ("东格", "S")}


def test_who_left_the_net_hands_over_where_the_grid_stays_too(net, cells, people):
    case = a_case(net, stairwell=door(1), person=people["W"])
    Appointment.objects.filter(person=people["W"]).delete()
    successor = post(person("新"), Role.GRID_WORKER, grid=case.grid)
    in_force(plan_of(net, cells, west="12"))
    publication.follow(net, TODAY, None)
    case.refresh_from_db()
    assert case.person == successor


def test_who_gets_cases_is_told_once(net, cells, people, open_cases):
    people["X"].email = "x@example.org"
    people["X"].save()
    in_force(plan_of(net, cells, west="12"))
    publication.follow(net, TODAY, None)
    assert [(note.to, note.text) for note in Notice.objects.all()] == [
        ("x@example.org", "网格调整，2 件诉求转给您办理。")
    ]


def test_a_thousand_cases_cost_no_more_queries_than_ten(net, cells, people, django_assert_max_num_queries):
    west = {"grid": Grid.objects.get(name="西格"), "person": people["W"], "category_id": a_case(net).category_id}
    said = {
        "point": spot(0.2, 0.2),
        "place_from": "door",
        "coord_type": "wgs84",
        "community": net,
        "stairwell": door(3),
    }
    reported = {"reported_at": timezone.now(), "level": 1}
    Case.objects.bulk_create([Case(**said, **west, **reported) for _ in range(1000)])
    in_force(plan_of(net, cells, west="12"))
    with django_assert_max_num_queries(30):
        assert publication.follow(net, TODAY, None) == 1001
    assert Case.objects.filter(person=people["X"]).count() == 1000


def test_a_publication_and_a_restoration_of_today_take_the_cases_along(net, cells, people, open_cases):
    before = stand(open_cases)
    plan = plan_of(net, cells, west="12")
    Plan.objects.filter(pk=plan.pk).update(status=Plan.Status.APPROVED)
    chain.publish(plan=plan, by=people["C"], effective=TODAY)
    assert stand(open_cases)["b3"] == ("东格", "X")
    approver = post(person("批"), Role.APPROVER, area=net)
    chain.restore(plan=plan, by=approver, reason="有误")  # from tomorrow, since the plan began today
    assert stand(open_cases)["b3"] == ("东格", "X")
    assert publication.follow_all(TODAY + timedelta(days=1)) == 5
    assert stand(open_cases) == before
