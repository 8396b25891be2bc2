"""Whistle and report: who may call, who comes, in which order, and who rates whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases import states, whistle
from cases.access import Hands
from cases.models import Call, Case, HandlingUnit, Notice, Whistle
from cases.moves import Refused
from tests.cases.desk import a_case

SOON = timezone.now() + timedelta(hours=1)


@pytest.fixture
def case(net, people) -> Case:
    return a_case(net, status="accepted", person=people["W"])


@pytest.fixture
def units(people) -> list[HandlingUnit]:
    return list(HandlingUnit.objects.order_by("pk"))  # of U, of O


@pytest.fixture
def blown(case, people, units) -> Whistle:
    return whistle.blow(case=case, by=people["S"], units=units, matter="地下室积水", meet_at=SOON)


def call_of(letter: str) -> Call:
    return Call.objects.get(handling_unit__name=f"单位{letter}")


def refused(step, **given: Any) -> str:
    with pytest.raises(Refused) as refusal:
        step(**given)
    return refusal.value.code


def test_community_and_dispatchers_whistle(case, people, units):
    for letter, by in people.items():
        given = {"case": case, "by": by, "units": units, "matter": "积水", "meet_at": SOON}
        assert whistle.may_blow(case, Hands.of(by, timezone.localdate())) == (letter in "SCDTA"), letter
        if letter in "SCDTA":
            assert whistle.blow(**given).calls.count() == 2
        else:
            assert refused(whistle.blow, **given) == "not_allowed"


def test_one_whistles_while_there_is_something_to_do(case, people, units):
    for status in ("reported", "resolved", "verified", "closed", "voided", "suspended"):
        Case.objects.update(status=status)
        given = {"case": case, "by": people["S"], "units": units, "matter": "积水", "meet_at": SOON}
        assert refused(whistle.blow, **given) == "not_allowed", status


def test_a_whistle_says_whom_why_and_when(case, people, units):
    def blow(**more: Any) -> str:
        return refused(
            whistle.blow, **{"case": case, "by": people["S"], "units": units, "matter": "水", "meet_at": SOON} | more
        )

    assert blow(units=[]) == "units_missing"
    assert blow(matter=" ") == "matter_missing"
    assert blow(meet_at=timezone.now() - timedelta(minutes=1)) == "meet_at_past"
    HandlingUnit.objects.filter(pk=units[0].pk).update(in_use=False)
    assert blow(units=HandlingUnit.objects.all()) == "unit_out_of_use"
    assert not Whistle.objects.exists()


def test_each_unit_answers_arrives_and_reports_in_this_order_once(blown, people):
    call, by = call_of("U"), people["U"]
    assert refused(whistle.arrive, call=call, by=by) == "not_now"
    assert refused(whistle.report, call=call, by=by, text="抽干了") == "not_now"
    whistle.answer(call=call, by=by)
    assert refused(whistle.answer, call=call, by=by) == "not_now"
    whistle.arrive(call=call, by=by)
    assert refused(whistle.report, call=call, by=by, text=" ") == "reason_missing"
    call = whistle.report(call=call, by=by, text="抽干了")
    times = [call.accepted_at, call.arrived_at, call.reported_at]
    assert None not in times
    assert times == sorted(times, key=str)
    assert refused(whistle.report, call=call, by=by, text="再来") == "not_now"


def test_only_the_called_unit_speaks_for_itself(blown, people):
    call = call_of("U")
    for by in (people[letter] for letter in "WSDOAN"):
        for step, more in ((whistle.answer, {}), (whistle.arrive, {}), (whistle.report, {"text": "x"})):
            assert refused(step, call=call, by=by, **more) == "not_allowed"
        assert refused(whistle.rate_whistle, call=call, by=by, rating=3) == "not_allowed"


def test_both_sides_rate_once_after_the_report(blown, people):
    call = call_of("U")
    assert refused(whistle.rate_unit, call=call, by=people["S"], rating=3) == "not_now"
    whistle.answer(call=call, by=people["U"])
    whistle.arrive(call=call, by=people["U"])
    whistle.report(call=call, by=people["U"], text="抽干了")
    assert refused(whistle.rate_unit, call=call, by=people["U"], rating=3) == "not_allowed"
    assert refused(whistle.rate_unit, call=call, by=people["S"], rating=9) == "rating_missing"
    whistle.rate_unit(call=call, by=people["C"], rating=3)
    whistle.rate_whistle(call=call, by=people["U"], rating=2)
    assert refused(whistle.rate_unit, call=call, by=people["S"], rating=1) == "not_now"
    assert refused(whistle.rate_whistle, call=call, by=people["U"], rating=1) == "not_now"
    assert (call_of("U").unit_rating, call_of("U").whistle_rating) == (3, 2)


def test_after_the_end_nobody_comes_and_who_did_not_come_can_be_rated(blown, people):
    assert refused(whistle.end, whistle=blown, by=people["U"]) == "not_allowed"
    whistle.end(whistle=blown, by=people["C"])
    assert refused(whistle.end, whistle=blown, by=people["C"]) == "not_now"
    assert refused(whistle.answer, call=call_of("U"), by=people["U"]) == "not_now"
    assert whistle.rate_unit(call=call_of("O"), by=people["S"], rating=1).unit_rating == 1


def test_the_case_keeps_its_status_and_remembers_each_step(blown, case, people, units):
    whistle.answer(call=call_of("U"), by=people["U"])
    whistle.arrive(call=call_of("U"), by=people["U"])
    whistle.report(call=call_of("U"), by=people["U"], text="抽干了")
    whistle.end(whistle=blown, by=people["S"])
    case.refresh_from_db()
    rows = case.moves.order_by("pk")
    acts = ["report", "whistle", "answer_whistle", "arrive", "report_back", "end_whistle"]
    assert [row.act for row in rows] == acts
    assert all(states.label_of(act) != act for act in acts)
    assert (case.status, case.person, case.version) == ("accepted", people["W"], 6)
    assert rows.get(act="arrive").handling_unit == units[0]
    assert rows.get(act="whistle").reason == "地下室积水；请 单位U、单位O 到场"


def test_a_unit_is_called_once_however_often_it_is_named(case, people, units):
    blown = whistle.blow(case=case, by=people["S"], units=[*units, *units], matter="积水", meet_at=SOON)
    assert blown.calls.count() == 2


def test_the_units_are_told_place_and_time_and_nothing_else(case, people, units):
    people["U"].email = "u@unit.example"
    people["U"].save()
    whistle.blow(case=case, by=people["S"], units=units, matter="王五家积水", meet_at=SOON)
    note = Notice.objects.get()
    at = timezone.localtime(SOON).strftime("%m-%d %H:%M")
    assert (note.to, note.text) == ("u@unit.example", f"诉求 {case.number}（楼道照明）：请于 {at} 到场。\n地点：1号楼")
