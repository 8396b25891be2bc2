"""How a case stands, in a shape, a word and the time that is left."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from cases.models import Case, Status
from cases.standing import AWAITED, NEXT, next_of, standing, time_left
from cases.states import RULES

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "chinese", "english"),
    [
        (3 * 60 + 20, "还有 3 小时 20 分钟", "3 h 20 min left"),
        (60, "还有 1 小时", "1 h left"),
        (0.5, "还有 1 分钟", "1 min left"),
        (-52 * 60, "已超时 2 天 4 小时", "2 d 4 h overdue"),
        (24 * 60 * 12 + 90, "还有 12 天", "12 d left"),
        (-1, "已超时 1 分钟", "1 min overdue"),
    ],
)
def test_the_time_left_is_said_in_two_units_at_most(minutes, chinese, english):
    due = NOW + timedelta(minutes=minutes)
    assert time_left(due, NOW) == chinese
    with translation.override("en"):
        assert time_left(due, NOW) == english


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_shape_and_a_word(status):
    how = standing(Case(status=status, due_at=None), NOW)
    assert (how.mark, how.word) == (AWAITED[status][0], str(AWAITED[status][1]))
    assert not how.is_late


def test_overdue_is_a_shape_of_its_own_and_nothing_of_what_has_ended_is_overdue():
    past = NOW - timedelta(hours=1)
    assert standing(Case(status="dispatched", due_at=past), NOW).mark == "▲"
    for status in ("closed", "suspended", "merged"):
        assert standing(Case(status=status, due_at=past), NOW).mark != "▲"


def test_soon_is_within_a_day():
    assert standing(Case(status="dispatched", due_at=NOW + timedelta(hours=23)), NOW).is_soon
    assert not standing(Case(status="dispatched", due_at=NOW + timedelta(hours=25)), NOW).is_soon


def test_what_was_asked_for_comes_before_the_way_and_the_way_goes_on_for_who_asked():
    asked = Case(status="in_progress", asked="extension")
    assert next_of(asked, [RULES["resolve"], RULES["agree"]]) == RULES["agree"]
    assert next_of(asked, [RULES["resolve"], RULES["note"]]) == RULES["resolve"]
    assert next_of(Case(status="closed"), [RULES["note"]]) is None
    assert next_of(Case(status="reported", needs_place=True), [RULES["place"]]) == RULES["place"]


def test_each_next_step_leads_on_from_its_status():
    assert all(status in RULES[act].before for status, act in NEXT.items())
