"""
Every move from every status by everybody, against tables written by hand.

Letters are people (tests/cases/people.py); R is whoever reported. A dot: nobody; all: whoever may see the case.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from cases import moves, states
from cases.access import Hands
from cases.models import Case, HandlingUnit, Level, Move, Status
from grids.models import Grid
from tests.cases.desk import a_case

COLUMNS = "reported accepted dispatched in_progress resolved verified closed suspended rejected merged voided".split()
PEOPLE = "WKXMSCDTUOAN"

# In the grid; W has it, nothing is asked for.
IN_THE_GRID = """
               reported accepted dispatch progress resolved verified closed   suspend  rejected merged   voided
report         .        .        .        .        .        .        .        .        .        .        .
replan         .        .        .        .        .        .        .        .        .        .        .
place          WKSCDTA  WKSCDTA  .        .        .        .        .        .        .        .        .
accept         WKSCDTA  .        .        .        .        .        .        .        .        .        .
reject         SCDTA    .        .        .        .        .        .        .        .        .        .
merge          WKSCDTA  WKSCDTA  .        .        .        .        .        .        .        .        .
dispatch       .        WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        .        .        .        .
take           .        .        WK       .        .        .        .        .        .        .        .
resolve        .        .        .        WK       .        .        .        .        .        .        .
verify         .        .        .        .        KSCDTA   .        .        .        .        .        .
rework         .        .        .        .        KSCDTA   KSCDTA   .        .        .        .        .
close          .        .        .        .        .        WKSCDTA  .        .        .        .        .
self_handle    WKSC     WKSC     .        .        .        .        .        .        .        .        .
rate           .        .        .        .        .        .        R        .        .        .        .
reopen         .        .        .        .        .        .        SCDTA    .        .        .        .
ask_return     .        .        WK       WK       .        .        .        .        .        .        .
ask_extension  .        .        WK       WK       .        .        .        .        .        .        .
ask_suspension .        WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        .        .        .        .
ask_void       WKSCDTA  WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        WKSCDTA  .        .        .
agree          .        .        .        .        .        .        .        .        .        .        .
decline        .        .        .        .        .        .        .        .        .        .        .
resume         .        .        .        .        .        .        .        WKSCDTA  .        .        .
escalate       WKSCDTA  WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        .        .        .        .
note           all      all      all      all      all      all      all      all      all      all      all
"""
# In the grid; the unit of U has it.
AT_A_UNIT = """
               reported accepted dispatch progress resolved verified closed   suspend  rejected merged   voided
report         .        .        .        .        .        .        .        .        .        .        .
replan         .        .        .        .        .        .        .        .        .        .        .
place          WKSCDTA  WKSCDTA  .        .        .        .        .        .        .        .        .
accept         WKSCDTA  .        .        .        .        .        .        .        .        .        .
reject         SCDTA    .        .        .        .        .        .        .        .        .        .
merge          WKSCDTA  WKSCDTA  .        .        .        .        .        .        .        .        .
dispatch       .        WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        .        .        .        .
take           .        .        U        .        .        .        .        .        .        .        .
resolve        .        .        .        U        .        .        .        .        .        .        .
verify         .        .        .        .        WKSCDTA  .        .        .        .        .        .
rework         .        .        .        .        WKSCDTA  WKSCDTA  .        .        .        .        .
close          .        .        .        .        .        WKSCDTA  .        .        .        .        .
self_handle    WKSC     WKSC     .        .        .        .        .        .        .        .        .
rate           .        .        .        .        .        .        R        .        .        .        .
reopen         .        .        .        .        .        .        SCDTA    .        .        .        .
ask_return     .        .        U        U        .        .        .        .        .        .        .
ask_extension  .        .        U        U        .        .        .        .        .        .        .
ask_suspension .        WKSCDTAU WKSCDTAU WKSCDTAU .        .        .        .        .        .        .
ask_void       WKSCDTAU WKSCDTAU WKSCDTAU WKSCDTAU .        .        .        WKSCDTAU .        .        .
agree          .        .        .        .        .        .        .        .        .        .        .
decline        .        .        .        .        .        .        .        .        .        .        .
resume         .        .        .        .        .        .        .        WKSCDTA  .        .        .
escalate       WKSCDTA  WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        .        .        .        .
note           all      all      all      all      all      all      all      all      all      all      all
"""
# In the grid; the unit of U has it, and S asked for a return.
ASKED_BY_S = """
               reported accepted dispatch progress resolved verified closed   suspend  rejected merged   voided
report         .        .        .        .        .        .        .        .        .        .        .
replan         .        .        .        .        .        .        .        .        .        .        .
place          WKSCDTA  WKSCDTA  .        .        .        .        .        .        .        .        .
accept         WKSCDTA  .        .        .        .        .        .        .        .        .        .
reject         SCDTA    .        .        .        .        .        .        .        .        .        .
merge          WKSCDTA  WKSCDTA  .        .        .        .        .        .        .        .        .
dispatch       .        WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        .        .        .        .
take           .        .        U        .        .        .        .        .        .        .        .
resolve        .        .        .        U        .        .        .        .        .        .        .
verify         .        .        .        .        WKSCDTA  .        .        .        .        .        .
rework         .        .        .        .        WKSCDTA  WKSCDTA  .        .        .        .        .
close          .        .        .        .        .        WKSCDTA  .        .        .        .        .
self_handle    WKSC     WKSC     .        .        .        .        .        .        .        .        .
rate           .        .        .        .        .        .        R        .        .        .        .
reopen         .        .        .        .        .        .        SCDTA    .        .        .        .
ask_return     .        .        .        .        .        .        .        .        .        .        .
ask_extension  .        .        .        .        .        .        .        .        .        .        .
ask_suspension .        .        .        .        .        .        .        .        .        .        .
ask_void       .        .        .        .        .        .        .        .        .        .        .
agree          CDTA     CDTA     CDTA     CDTA     .        .        .        CDTA     .        .        .
decline        CDTA     CDTA     CDTA     CDTA     .        .        .        CDTA     .        .        .
resume         .        .        .        .        .        .        .        WKSCDTA  .        .        .
escalate       WKSCDTA  WKSCDTA  WKSCDTA  WKSCDTA  .        .        .        .        .        .        .
note           all      all      all      all      all      all      all      all      all      all      all
"""
# In the community; S has it.
IN_THE_COMMUNITY = """
               reported accepted dispatch progress resolved verified closed   suspend  rejected merged   voided
report         .        .        .        .        .        .        .        .        .        .        .
replan         .        .        .        .        .        .        .        .        .        .        .
place          SCDTA    SCDTA    .        .        .        .        .        .        .        .        .
accept         SCDTA    .        .        .        .        .        .        .        .        .        .
reject         SCDTA    .        .        .        .        .        .        .        .        .        .
merge          SCDTA    SCDTA    .        .        .        .        .        .        .        .        .
dispatch       .        SCDTA    SCDTA    SCDTA    .        .        .        .        .        .        .
take           .        .        SC       .        .        .        .        .        .        .        .
resolve        .        .        .        SC       .        .        .        .        .        .        .
verify         .        .        .        .        CDTA     .        .        .        .        .        .
rework         .        .        .        .        CDTA     CDTA     .        .        .        .        .
close          .        .        .        .        .        SCDTA    .        .        .        .        .
self_handle    SC       SC       .        .        .        .        .        .        .        .        .
rate           .        .        .        .        .        .        R        .        .        .        .
reopen         .        .        .        .        .        .        SCDTA    .        .        .        .
ask_return     .        .        SC       SC       .        .        .        .        .        .        .
ask_extension  .        .        SC       SC       .        .        .        .        .        .        .
ask_suspension .        SCDTA    SCDTA    SCDTA    .        .        .        .        .        .        .
ask_void       SCDTA    SCDTA    SCDTA    SCDTA    .        .        .        SCDTA    .        .        .
agree          .        .        .        .        .        .        .        .        .        .        .
decline        .        .        .        .        .        .        .        .        .        .        .
resume         .        .        .        .        .        .        .        SCDTA    .        .        .
escalate       SCDTA    SCDTA    SCDTA    SCDTA    .        .        .        .        .        .        .
note           all      all      all      all      all      all      all      all      all      all      all
"""
# At the district, the highest level; T has it, and asked for a return.
AT_THE_DISTRICT = """
               reported accepted dispatch progress resolved verified closed   suspend  rejected merged   voided
report         .        .        .        .        .        .        .        .        .        .        .
replan         .        .        .        .        .        .        .        .        .        .        .
place          TA       TA       .        .        .        .        .        .        .        .        .
accept         TA       .        .        .        .        .        .        .        .        .        .
reject         TA       .        .        .        .        .        .        .        .        .        .
merge          TA       TA       .        .        .        .        .        .        .        .        .
dispatch       .        TA       TA       TA       .        .        .        .        .        .        .
take           .        .        TA       .        .        .        .        .        .        .        .
resolve        .        .        .        TA       .        .        .        .        .        .        .
verify         .        .        .        .        A        .        .        .        .        .        .
rework         .        .        .        .        A        A        .        .        .        .        .
close          .        .        .        .        .        TA       .        .        .        .        .
self_handle    TA       TA       .        .        .        .        .        .        .        .        .
rate           .        .        .        .        .        .        R        .        .        .        .
reopen         .        .        .        .        .        .        TA       .        .        .        .
ask_return     .        .        .        .        .        .        .        .        .        .        .
ask_extension  .        .        .        .        .        .        .        .        .        .        .
ask_suspension .        .        .        .        .        .        .        .        .        .        .
ask_void       .        .        .        .        .        .        .        .        .        .        .
agree          A        A        A        A        .        .        .        A        .        .        .
decline        A        A        A        A        .        .        .        A        .        .        .
resume         .        .        .        .        .        .        .        TA       .        .        .
escalate       .        .        .        .        .        .        .        .        .        .        .
note           all      all      all      all      all      all      all      all      all      all      all
"""
TABLES = {
    "in the grid": (IN_THE_GRID, {"level": Level.GRID, "person": "W"}),
    "at a unit": (AT_A_UNIT, {"level": Level.GRID, "unit": True}),
    "asked by S": (ASKED_BY_S, {"level": Level.GRID, "unit": True, "asked": "return", "asked_by": "S"}),
    "in the community": (IN_THE_COMMUNITY, {"level": Level.COMMUNITY, "person": "S"}),
    "at the district": (AT_THE_DISTRICT, {"level": 4, "person": "T", "asked": "return", "asked_by": "T"}),
}


def read(table: str) -> dict[tuple[str, str], set[str]]:
    """Who may take each act from each status."""
    rows = [line.split() for line in table.strip().splitlines()[1:]]
    everyone = "WKMSCDTAU" if "U" in table else "WKMSCDTA"
    return {
        (row[0], status): set(cell.replace("all", everyone)) - {"."}
        for row in rows
        for status, cell in zip(COLUMNS, row[1:], strict=True)
    }


def as_told(case: Case, people: dict[str, Any], *, level: int, status: str, **told: Any) -> Case:
    """The case as the heading of a table has it."""
    case.level, case.status = level, status
    case.person = people[told["person"]] if "person" in told else None
    case.handling_unit = HandlingUnit.objects.get(name="单位U") if "unit" in told else None
    case.asked, case.asked_by = told.get("asked", ""), people[told["asked_by"]] if "asked_by" in told else None
    return case


def test_the_tables_name_every_act_and_every_status():
    assert set(COLUMNS) == set(Status.values)
    for table, _told in TABLES.values():
        assert {act for act, _status in read(table)} == set(states.RULES)


@pytest.mark.parametrize("name", TABLES)
def test_everybody_may_what_the_table_says_and_nothing_else(net, people, name):
    table, told = TABLES[name]
    expected = read(table)
    case = a_case(net)
    hands = {letter: Hands.of(people[letter], timezone.localdate()) for letter in PEOPLE}
    for status in COLUMNS:
        as_told(case, people, status=status, **told)
        may = {letter: {rule.act for rule in states.allowed_for(case, hands[letter])} for letter in PEOPLE}
        may["R"] = {rule.act for rule in states.for_resident(case)}
        for act in states.RULES:
            assert {who for who in may if act in may[who]} == expected[act, status], (act, status)


@pytest.mark.parametrize("letter", [*"WUNR"])
def test_a_step_is_taken_or_refused_as_the_table_says(net, people, letter):
    table, told = TABLES["at a unit"]
    expected = read(table)
    case, other = a_case(net), a_case(net)
    given = everything(case, other, people)
    remember_a_suspension(case)
    for status in COLUMNS:
        as_told(case, people, status=status, **told).merged_into = other if status == "merged" else None
        case.save()
        for act in states.RULES:
            if letter in expected[act, status]:
                assert taken_back(case, act, people.get(letter), given), (act, status)
            else:
                with pytest.raises(moves.Refused) as refusal:
                    moves.act(case, act, by=people.get(letter), **given)
                assert refusal.value.code in ("not_allowed", "not_now"), (act, status)
    assert Move.objects.filter(case=case).count() == 3  # what was refused left no row, what was taken was rolled back


def everything(case: Case, other: Case, people: dict[str, Any]) -> dict[str, Any]:
    """Whatever any step needs."""
    until = timezone.now() + timedelta(days=30)
    grid = Grid.objects.get(name="东格")
    return {"reason": "因为", "grid": grid, "into": other, "rating": 3, "until": until, "person": people["W"]}


def remember_a_suspension(case: Case) -> None:
    agreed = {"case": case, "at": case.reported_at, "level": case.level}
    Move.objects.create(act="ask_suspension", status="in_progress", **agreed)
    Move.objects.create(act="agree", status="suspended", **agreed)


def taken_back(case: Case, act: str, by: Any, given: dict[str, Any]) -> bool:
    """Take a step, and take it back."""
    with transaction.atomic():
        moves.act(case, act, by=by, **given)
        transaction.set_rollback(True)
    return True


def test_a_case_without_a_sure_place_is_placed_first(net, people):
    case = a_case(net, needs_place=True, person=people["W"])
    hands = Hands.of(people["W"], timezone.localdate())
    assert {"accept", "self_handle"} & {rule.act for rule in states.allowed_for(case, hands)} == set()
    with pytest.raises(moves.Refused) as refusal:
        moves.act(case, "accept", by=people["W"])
    assert refusal.value.code == "place_missing"
    case = moves.act(case, "place", by=people["W"], grid=Grid.objects.get(name="东格"))
    assert (case.grid.name, case.person, case.needs_place) == ("东格", people["X"], False)
    assert moves.act(case, "accept", by=people["X"]).status == Status.ACCEPTED


def test_somebody_who_is_away_or_gone_may_nothing(net, people):
    case = a_case(net, person=people["W"])
    people["W"].appointments.update(in_force=("2026-01-01", "2026-02-01"))
    hands = Hands.of(people["W"], timezone.localdate())
    assert states.allowed_for(case, hands) == []


def test_a_list_asks_for_posts_once(net, people, django_assert_num_queries):
    for _ in range(5):
        a_case(net, person=people["W"])
    cases = list(Case.objects.select_related("community", "category"))
    with django_assert_num_queries(2):
        found = states.allowed_many(cases, people["W"], timezone.localdate())
    assert len(found) == 5
    assert all(found.values())
