"""What each step leaves behind: status, time limits, who has the case, and the row."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.roles import Role
from buildings.models import Area
from cases.models import Case, Category, HandlingUnit, Level, Photo, Status
from cases.moves import Refused, act
from grids.models import Grid
from tests.cases.desk import a_case, a_category
from tests.cases.people import person, post


def at(day: int, clock: str) -> datetime:
    """A moment of November 2026, of which the 23rd is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return timezone.make_aware(datetime(2026, 11, day, hour, minute))


@pytest.fixture
def category() -> Category:
    return a_category(code="t2", accept_hours=2, dispatch_hours=2, handle_hours=14, verify_hours=7)


@pytest.fixture
def case(net, people, category) -> Case:
    """Reported on Monday at 8:30, in the west grid."""
    return a_case(net, category=category, person=people["W"], reported_at=at(23, "8:30"), due_at=at(23, "10:30"))


def unit(letter: str) -> HandlingUnit:
    return HandlingUnit.objects.get(name=f"单位{letter}")


def refused(case: Case, name: str, **given: Any) -> str:
    with pytest.raises(Refused) as refusal:
        act(case, name, **given)
    return refusal.value.code


def in_progress_at_u(case: Case, people) -> Case:
    act(case, "accept", by=people["W"], at=at(23, "8:30"))
    act(case, "dispatch", by=people["W"], handling_unit=unit("U"), at=at(23, "8:30"))
    return act(case, "take", by=people["U"], at=at(23, "8:45"))


def closed(case: Case, people) -> Case:
    case = in_progress_at_u(case, people)
    act(case, "resolve", by=people["U"], reason="换了灯", at=at(23, "15:00"))
    act(case, "verify", by=people["W"], at=at(23, "15:30"))
    return act(case, "close", by=people["W"], reason="已亮", public_note="灯修好了", at=at(23, "16:00"))


def test_the_way_from_report_to_end_with_its_time_limits(case, people):
    def due(name: str, clock: str, who: str, **given: Any) -> datetime | None:
        found = act(case, name, by=people[who], at=at(23, clock), **given)
        return timezone.localtime(found.due_at) if found.due_at else None

    assert due("accept", "9:00", "W") == at(23, "11:00")  # two hours to dispatch
    assert due("dispatch", "9:00", "W", handling_unit=unit("U")) == at(25, "9:00")  # 6.5 h, 7 h and half an hour
    assert due("take", "10:00", "U") == at(25, "9:00")  # taking it over gives no more time
    assert due("resolve", "15:00", "U", reason="换了灯") == at(24, "15:00")  # a day of seven hours to check
    assert due("verify", "16:00", "W") == at(24, "15:00")
    assert due("close", "16:30", "W", reason="已亮") is None
    case.refresh_from_db()
    assert (case.responded_at, case.resolved_at, case.closed_at) == (at(23, "9:00"), at(23, "15:00"), at(23, "16:30"))
    assert [move.act for move in case.moves.all()] == "report accept dispatch take resolve verify close".split()
    assert case.version == 7
    assert (case.first_unit, case.redispatched) == (unit("U"), 0)


def test_each_row_says_where_the_case_stood(case, people):
    in_progress_at_u(case, people)
    row = case.moves.get(act="dispatch")
    assert (row.by, row.status, row.level, row.handling_unit) == (people["W"], "dispatched", Level.GRID, unit("U"))
    assert (row.grid, row.person, row.at) == (case.grid, None, at(23, "8:30"))


def test_a_unit_may_object_and_stays_answerable_as_the_first(case, people):
    case = in_progress_at_u(case, people)
    assert refused(case, "ask_return", by=people["U"]) == "reason_missing"
    act(case, "ask_return", by=people["U"], reason="不属于我单位", at=at(23, "9:00"))
    assert refused(case, "agree", by=people["U"]) == "not_allowed"
    assert refused(case, "agree", by=people["W"]) == "not_allowed"  # another person, and not the desk below
    case = act(case, "agree", by=people["S"], at=at(23, "9:30"))
    assert (case.status, case.handling_unit, case.person, case.asked) == ("accepted", None, people["W"], "")
    case = act(case, "dispatch", by=people["W"], handling_unit=unit("O"), at=at(23, "10:00"))
    assert (case.first_unit, case.handling_unit, case.redispatched) == (unit("U"), unit("O"), 1)


def test_what_is_not_agreed_to_goes_on(case, people):
    case = in_progress_at_u(case, people)
    act(case, "ask_return", by=people["U"], reason="不属于我单位")
    assert refused(case, "ask_void", by=people["U"], reason="一次一件") == "not_now"
    assert refused(case, "decline", by=people["S"]) == "reason_missing"
    case = act(case, "decline", by=people["S"], reason="属于")
    assert (case.status, case.handling_unit, case.asked, case.asked_by) == ("in_progress", unit("U"), "", None)


def test_whoever_asked_does_not_agree(case, people):
    case = in_progress_at_u(case, people)
    act(case, "ask_suspension", by=people["S"], reason="等配件")
    assert refused(case, "agree", by=people["S"]) == "not_allowed"
    assert act(case, "agree", by=people["C"]).status == Status.SUSPENDED


def test_an_extension_moves_the_limit_when_it_is_agreed_to(case, people):
    case = in_progress_at_u(case, people)
    for until in (None, at(23, "9:00"), case.due_at):
        given = {"by": people["U"], "reason": "等配件", "until": until, "at": at(23, "9:00")}
        assert refused(case, "ask_extension", **given) == "until_missing"
    case = act(case, "ask_extension", by=people["U"], reason="等配件", until=at(30, "12:00"), at=at(23, "9:00"))
    assert case.due_at == at(24, "17:30")
    case = act(case, "agree", by=people["S"], at=at(23, "10:00"))
    assert (case.due_at, case.handle_due_at, case.status) == (at(30, "12:00"), at(30, "12:00"), "in_progress")


def test_the_time_that_a_case_is_suspended_does_not_count(case, people):
    case = in_progress_at_u(case, people)  # 14 hours from Monday 8:30: until Tuesday 17:30
    act(case, "ask_suspension", by=people["U"], reason="等配件", at=at(23, "9:00"))
    case = act(case, "agree", by=people["S"], at=at(23, "10:30"))  # two hours used, twelve are left
    assert (case.status, case.due_at) == ("suspended", None)
    assert not Case.objects.overdue(at(30, "9:00")).exists()
    case = act(case, "resume", by=people["S"], at=at(25, "8:30"))  # seven of them on Wednesday, five on Thursday
    assert (case.status, timezone.localtime(case.due_at)) == ("in_progress", at(26, "15:30"))
    assert case.handle_due_at == case.due_at


def test_what_was_late_before_it_was_suspended_is_late_after(case, people):
    case = in_progress_at_u(case, people)
    act(case, "ask_suspension", by=people["U"], reason="等配件", at=at(25, "9:00"))
    act(case, "agree", by=people["S"], at=at(25, "10:30"))
    assert act(case, "resume", by=people["S"], at=at(27, "8:30")).due_at == at(24, "17:30")


def test_a_case_is_voided_by_two(case, people):
    act(case, "ask_void", by=people["W"], reason="误报")
    case = act(case, "agree", by=people["S"])
    assert (case.status, case.due_at, case.asked) == ("voided", None, "")
    assert case.closed_at


def test_a_case_goes_up_level_by_level(case, people):
    for level, who, by in ((2, "S", "W"), (3, "D", "S"), (4, "T", "D")):
        case = act(case, "escalate", by=people[by], reason="网格解决不了")
        assert (case.level, case.person, case.status) == (level, people[who], "reported")
    assert refused(case, "escalate", by=people["T"], reason="再上") == "not_now"


def test_a_unit_loses_a_case_that_goes_up(case, people):
    case = act(in_progress_at_u(case, people), "escalate", by=people["W"], reason="要街道协调")
    assert (case.status, case.handling_unit, case.person, case.level) == ("accepted", None, people["S"], 2)
    assert case.first_unit == unit("U")


def test_the_worker_settles_it_on_the_spot(case, people, category):
    category.after_photo = True
    category.save()
    assert refused(case, "self_handle", by=people["K"]) == "reason_missing"
    assert refused(case, "self_handle", by=people["K"], reason="拧紧了") == "photo_missing"
    Photo.objects.create(case=case, key=uuid4(), kind="before", file="x.jpg", sha256="0", width=1, height=1)
    assert refused(case, "self_handle", by=people["K"], reason="拧紧了") == "photo_missing"
    Photo.objects.create(case=case, key=uuid4(), kind="after", file="y.jpg", sha256="1", width=1, height=1)
    case = act(case, "self_handle", by=people["K"], reason="拧紧了", at=at(23, "9:00"))
    assert (case.status, case.person, case.due_at) == ("closed", people["K"], None)
    assert case.responded_at == case.resolved_at == case.closed_at == at(23, "9:00")


def test_closing_needs_a_reason(case, people):
    case = in_progress_at_u(case, people)
    act(case, "resolve", by=people["U"], reason="换了灯")
    act(case, "verify", by=people["W"])
    assert refused(case, "close", by=people["W"]) == "reason_missing"


def test_bad_work_is_done_again_with_time_for_it(case, people):
    case = in_progress_at_u(case, people)
    act(case, "resolve", by=people["U"], reason="换了灯", at=at(23, "15:00"))
    case = act(case, "rework", by=people["W"], reason="还是不亮", at=at(24, "8:30"))
    assert (case.status, case.handling_unit, case.reopened, case.resolved_at) == ("in_progress", unit("U"), 1, None)
    assert timezone.localtime(case.due_at) == at(25, "17:30")


def test_not_satisfied_reopens_once(case, people):
    case = act(closed(case, people), "rate", by=None, rating=1, reason="又坏了", at=at(24, "8:30"))
    assert (case.status, case.handling_unit, case.reopened, case.closed_at) == ("dispatched", unit("U"), 1, None)
    assert (case.rating, case.rating_words, timezone.localtime(case.due_at)) == (1, "又坏了", at(25, "17:30"))
    rows = [(move.act, move.by, move.reason) for move in case.moves.all()][-2:]
    assert rows == [
        ("rate", None, ""),
        ("reopen", None, "居民评价：不满意"),
    ]
    act(case, "take", by=people["U"])
    act(case, "resolve", by=people["U"], reason="再修")
    act(case, "verify", by=people["W"])
    case = act(case, "close", by=people["W"], reason="好了")
    assert refused(case, "rate", by=None, rating=1) == "not_now"
    assert refused(case, "reopen", by=None, reason="再来") == "not_allowed"


def test_a_good_rating_changes_nothing_else_and_is_given_once(case, people):
    case = closed(case, people)
    assert refused(case, "rate", by=None, rating=7) == "rating_missing"
    case = act(case, "rate", by=None, rating=3)
    assert (case.status, case.rating, case.reopened) == ("closed", 3, 0)
    assert refused(case, "rate", by=None, rating=1) == "not_now"


def test_a_case_is_merged_into_an_open_one(case, people, net):
    other = a_case(net, category=case.category)
    assert refused(case, "merge", by=people["W"]) == "into_missing"
    assert refused(case, "merge", by=people["W"], into=case) == "into_missing"
    assert refused(case, "merge", by=people["W"], into=a_case(net, status="voided")) == "into_missing"
    case = act(case, "merge", by=people["W"], into=other)
    assert (case.status, case.merged_into) == ("merged", other)
    assert refused(other, "merge", by=people["W"], into=case) == "into_missing"


def test_a_case_goes_to_somebody_who_can_have_it(case, people):
    act(case, "accept", by=people["W"])
    HandlingUnit.objects.filter(name="单位O").update(in_use=False)
    assert refused(case, "dispatch", by=people["W"], handling_unit=unit("O")) == "unit_out_of_use"
    assert refused(case, "dispatch", by=people["W"], person=people["N"]) == "person_without_post"
    both = {"person": people["W"], "handling_unit": unit("U")}
    assert refused(case, "dispatch", by=people["W"], **both) == "two_targets"
    case = act(case, "dispatch", by=people["W"])  # by the rules: the worker, since no rule says otherwise
    assert (case.person, case.handling_unit) == (people["W"], None)


def test_a_case_stays_with_people_and_units_of_its_place(case, people):
    abroad = Area.objects.create(code="350125200001", name="邻镇社区", level=12)
    act(case, "accept", by=people["W"])
    HandlingUnit.objects.filter(name="单位O").update(area=abroad)
    assert refused(case, "dispatch", by=people["W"], handling_unit=unit("O")) == "unit_elsewhere"
    stranger = post(person("远"), Role.COMMUNITY_STAFF, area=abroad)
    assert refused(case, "dispatch", by=people["W"], person=stranger) == "person_without_post"
    assert act(case, "dispatch", by=people["W"], person=people["X"]).person == people["X"]  # of the grid beside


def test_a_case_is_placed_in_its_town_or_by_whoever_dispatches_there(net, case, people):
    far = Grid.objects.create(community=Area.objects.create(code="350125200001", name="邻镇", level=12), name="远格")
    assert refused(case, "place", by=people["S"], grid=far) == "grid_missing"
    assert refused(case, "place", by=people["D"], grid=far) == "grid_missing"
    with pytest.raises(Refused, match="没有施行"):
        act(case, "place", by=people["T"], grid=far)


def test_a_case_can_be_taken_from_whoever_does_nothing(case, people):
    case = in_progress_at_u(case, people)
    assert refused(case, "dispatch", by=people["S"], handling_unit=unit("O")) == "reason_missing"
    case = act(case, "dispatch", by=people["S"], handling_unit=unit("O"), reason="三天没有动静")
    assert (case.status, case.handling_unit, case.first_unit) == ("dispatched", unit("O"), unit("U"))
    assert case.redispatched == 1


def test_a_colleague_of_the_same_grid_takes_over(case, people):
    act(case, "accept", by=people["K"])
    act(case, "dispatch", by=people["K"], person=people["W"])
    assert act(case, "take", by=people["K"]).person == people["K"]


def test_text_is_kept_in_its_measure(case, people):
    act(case, "note", by=people["W"], reason="\x00 " + "长" * 600)
    assert case.moves.last().reason == "长" * 500


def test_an_act_that_is_none_is_refused(case, people):
    assert refused(case, "explode", by=people["W"]) == "unknown_act"


def test_what_somebody_else_did_meanwhile_is_said(case, people):
    act(case, "accept", by=people["S"], version=1, at=at(23, "9:05"))
    with pytest.raises(Refused) as refusal:
        act(case, "accept", by=people["W"], version=1)
    assert refusal.value.code == "changed"
    assert str(refusal.value) == "S在 09:05 已经办过这件事（受理），请看过最新情况再办。"
