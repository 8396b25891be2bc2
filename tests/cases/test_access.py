"""Who sees which case, and who may know who reported it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from accounts.models import Look
from accounts.roles import Role
from buildings.models import Area, Building, Stairwell
from cases import access
from cases.models import Call, Case, HandlingUnit, Move, Whistle
from grids.models import Appointment, Grid, Leave
from tests.cases.desk import a_case, a_category, reported_by
from tests.cases.people import person, post
from tests.grids.conftest import CODE
from tests.grids.test_contact import IN_B2

TODAY = timezone.localdate()


def seen_by(user: Any, on: date = TODAY) -> set[Case]:
    return set(access.cases_of(user, on))


@pytest.fixture
def cases(net, people) -> dict[str, Case]:
    unit = HandlingUnit.objects.get(name="单位U")
    door = Stairwell.objects.get(code=f"{CODE}0000101")
    abroad = Area.objects.create(code="350125200001", name="邻镇社区", level=12)
    return {
        "west": a_case(net, stairwell=door),
        "east": a_case(net, point=IN_B2, building=Building.objects.get(number="2"), grid=Grid.objects.get(name="东格")),
        "unit": a_case(net, building=None, handling_unit=unit, first_unit=unit, status="in_progress"),
        "abroad": a_case(abroad, building=None, grid=None),
        "nowhere": a_case(None, building=None, grid=None, needs_place=True),
    }


def test_everybody_sees_the_cases_of_their_place(people, cases):
    expected = {
        "W": "west unit", "K": "west unit", "M": "west unit", "X": "east", "S": "west east unit", "C": "west east unit",
        "D": "west east unit nowhere", "T": "west east unit abroad nowhere", "U": "unit", "O": "", "N": "",
        "A": "west east unit abroad nowhere",
    }  # fmt: skip
    for letter, names in expected.items():
        assert seen_by(people[letter]) == {cases[name] for name in names.split()}, letter


def test_a_visitor_and_somebody_shut_out_see_none(people, cases):
    assert seen_by(AnonymousUser()) == set()
    people["W"].is_active = False
    assert seen_by(people["W"]) == set()


def test_captains_see_the_open_cases_of_their_stairs(people, cases):
    door = post(person("门"), Role.STAIRWELL_CAPTAIN, stairwell=Stairwell.objects.get(code=f"{CODE}0000101"))
    other = post(person("邻"), Role.STAIRWELL_CAPTAIN, stairwell=Stairwell.objects.get(code=f"{CODE}0000102"))
    house = post(person("楼"), Role.BUILDING_CAPTAIN, building=Building.objects.get(number="1"))
    assert (seen_by(door), seen_by(other), seen_by(house)) == ({cases["west"]}, set(), {cases["west"]})
    Case.objects.update(status="closed")
    assert seen_by(door) == seen_by(house) == set()


def test_a_captain_is_a_neighbour_and_sees_no_sensitive_case(people, cases):
    house = post(person("楼"), Role.BUILDING_CAPTAIN, building=Building.objects.get(number="1"))
    Case.objects.update(category=a_category(code="t9", name="邻里纠纷", sensitive=True))
    assert seen_by(house) == set()
    assert cases["west"] in seen_by(people["W"])


def test_a_segments_worker_sees_the_doors_of_the_segment(people, cases):
    one = post(person("一"), Role.GRID_WORKER, grid=Grid.objects.get(name="楼段1"))
    two = post(person("二"), Role.GRID_WORKER, grid=Grid.objects.get(name="楼段2"))
    assert (seen_by(one), seen_by(two)) == ({cases["west"]}, set())


def test_who_was_given_a_case_sees_it_while_they_hold_a_post(people, cases):
    Case.objects.filter(pk=cases["east"].pk).update(person=people["M"])
    assert cases["east"] in seen_by(people["M"])
    Appointment.objects.filter(person=people["M"]).delete()
    assert seen_by(people["M"]) == set()


def test_posts_and_deputies_count_on_the_day(people, cases):
    Appointment.objects.filter(person=people["W"]).update(deputy=people["N"])
    Leave.objects.create(person=people["W"], away=DateRange(TODAY, TODAY + timedelta(days=1)))
    assert cases["west"] in seen_by(people["N"])
    assert seen_by(people["N"], TODAY + timedelta(days=1)) == set()
    assert seen_by(people["W"], date(2025, 12, 31)) == set()


def test_a_unit_sees_what_it_had_first_and_what_it_was_called_to(net, people, cases):
    Case.objects.filter(pk=cases["unit"].pk).update(handling_unit=None)
    assert seen_by(people["U"]) == {cases["unit"]}
    now = timezone.now()
    whistle = Whistle.objects.create(case=cases["west"], by=people["S"], at=now, matter="积水", meet_at=now)
    Call.objects.create(whistle=whistle, handling_unit=HandlingUnit.objects.get(name="单位O"))
    assert seen_by(people["O"]) == {cases["west"]}
    HandlingUnit.objects.update(in_use=False)
    assert seen_by(people["O"]) == seen_by(people["U"]) == set()


def test_a_list_is_four_queries(people, cases, django_assert_num_queries):
    with django_assert_num_queries(4):
        list(access.cases_of(people["S"], TODAY))


# --- who reported


def test_who_may_know_who_reported(people, cases):
    for level, letters in ((1, "WKSC"), (2, "WKSC"), (3, "WKSCDT"), (4, "WKSCT")):
        cases["west"].level = level
        may = {letter for letter, user in people.items() if access.may_see_reporter(user, cases["west"], TODAY)}
        assert may == set(letters), level


@pytest.mark.parametrize("how", ["has it", "had it first", "had it once", "was called"])
def test_nobody_of_a_unit_that_handles_may_know_even_with_a_post(people, cases, how):
    case, unit, now = cases["west"], HandlingUnit.objects.get(name="单位O"), timezone.now()
    unit.members.add(people["S"])
    assert access.may_see_reporter(people["S"], case, TODAY)
    if how == "has it":
        case.handling_unit = unit
    elif how == "had it first":
        case.first_unit = unit
    elif how == "had it once":
        Move.objects.create(case=case, at=now, act="dispatch", status="dispatched", level=1, handling_unit=unit)
    else:
        whistle = Whistle.objects.create(case=case, by=people["C"], at=now, matter="积水", meet_at=now)
        Call.objects.create(whistle=whistle, handling_unit=unit)
    assert not access.may_see_reporter(people["S"], case, TODAY)


def test_each_look_is_kept(people, cases):
    reporter = reported_by(cases["west"])
    assert access.reporter_of(people["W"], cases["west"], TODAY, "pages:case") == reporter
    look = Look.objects.get()
    assert (look.user, look.subject, look.rows, look.page) == (people["W"], cases["west"].number, 1, "pages:case")
    assert access.reporter_of(people["X"], cases["west"], TODAY, "pages:case") is None
    assert access.reporter_of(people["X"], cases["east"], TODAY, "pages:case") is None  # nobody left a name
    assert Look.objects.count() == 1
