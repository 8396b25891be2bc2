"""Whistle and report (吹哨报到): a community calls units to a place; they come and report; both sides rate."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases import moves, notices, states
from cases.access import Hands
from cases.models import Call, Case, HandlingUnit, Move, Status, Whistle
from cases.moves import Refused

WHEN = (Status.ACCEPTED, Status.DISPATCHED, Status.IN_PROGRESS)


def may_blow(case: Case, hands: Hands) -> bool:
    """Staff and dispatchers, at the level of the case or above."""
    return case.status in WHEN and bool(states.words_of(case, hands) & {"staff", "dispatcher"})


@transaction.atomic
def blow(
    *,
    case: Case,
    by: User,
    units: Iterable[HandlingUnit],
    matter: str,
    meet_at: datetime,
    at: datetime | None = None,
) -> Whistle:
    """Call units to the place of a case. Raises `moves.Refused`."""
    now, called = at or timezone.now(), list(dict.fromkeys(units))
    case = moves.locked(case.pk)
    if not may_blow(case, Hands.of(by, timezone.localdate(now))):
        raise Refused(_("吹哨由社区或受理派遣员来做，要在受理之后、办结之前。"), "not_allowed")
    _refuse_units(called, case)
    if not matter.strip():
        raise Refused(_("请写明要办的事。"), "matter_missing")
    if meet_at <= now:
        raise Refused(_("到场时间要晚于现在。"), "meet_at_past")
    whistle = Whistle.objects.create(case=case, by=by, at=now, matter=matter.strip()[:300], meet_at=meet_at)
    Call.objects.bulk_create(Call(whistle=whistle, handling_unit=unit) for unit in called)
    said = _("%(matter)s；请 %(units)s 到场") % {"matter": whistle.matter, "units": "、".join(map(str, called))}
    move = _log(case, "whistle", by, now, reason=said[:500])
    notices.tell_units(case, move, called, meet_at)
    return whistle


def _refuse_units(units: list[HandlingUnit], case: Case) -> None:
    if not units:
        raise Refused(_("请选要到场的单位。"), "units_missing")
    for unit in units:
        moves.refuse_unit(unit, case)


# --- the units' side --------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(*, call: Call, by: User, at: datetime | None = None) -> Call:
    """A unit says that it comes."""
    call = _its_turn(call, by, "accepted_at", after=None)
    return _stamp(call, "accepted_at", by, at, "answer_whistle")


@transaction.atomic
def arrive(*, call: Call, by: User, at: datetime | None = None) -> Call:
    """A unit is there."""
    call = _its_turn(call, by, "arrived_at", after="accepted_at")
    return _stamp(call, "arrived_at", by, at, "arrive")


@transaction.atomic
def report(*, call: Call, by: User, text: str, at: datetime | None = None) -> Call:
    """A unit says what it did."""
    call = _its_turn(call, by, "reported_at", after="arrived_at")
    if not text.strip():
        raise Refused(_("请写明做了什么。"), "reason_missing")
    call.report = text.strip()[:500]
    return _stamp(call, "reported_at", by, at, "report_back", reason=call.report)


def _its_turn(call: Call, by: User, step: str, after: str | None) -> Call:
    call = _locked(call)
    if call.handling_unit_id not in Hands.of(by, timezone.localdate()).units:
        raise Refused(_("这一步由被叫到的单位来做。"), "not_allowed")
    if call.whistle.ended_at or getattr(call, step) or (after and not getattr(call, after)):
        raise Refused(_("现在不是这一步：先响应，再到场，再反馈，各一次。"), "not_now")
    return call


def _stamp(call: Call, step: str, by: User, at: datetime | None, act: str, reason: str = "") -> Call:
    now = at or timezone.now()
    setattr(call, step, now)
    call.save()
    _log(moves.locked(call.whistle.case_id), act, by, now, reason=reason, handling_unit=call.handling_unit)
    return call


# --- the end, and both ratings ----------------------------------------------------------------------------------------


@transaction.atomic
def end(*, whistle: Whistle, by: User, at: datetime | None = None) -> Whistle:
    """The caller's side ends it; who did not come is seen by it."""
    whistle = Whistle.objects.select_for_update().get(pk=whistle.pk)
    case, now = moves.locked(whistle.case_id), at or timezone.now()
    if whistle.ended_at:
        raise Refused(_("这次吹哨已经结束。"), "not_now")
    _refuse_unless_caller(case, by)
    whistle.ended_at = now
    whistle.save(update_fields=["ended_at"])
    _log(case, "end_whistle", by, now)
    return whistle


@transaction.atomic
def rate_unit(*, call: Call, by: User, rating: int) -> Call:
    """The community rates a unit, once, after its report or after the end."""
    call = _locked(call)
    _refuse_unless_caller(moves.locked(call.whistle.case_id), by)
    return _rate(call, "unit_rating", rating)


@transaction.atomic
def rate_whistle(*, call: Call, by: User, rating: int) -> Call:
    """A unit rates the call: was it the one that was needed, was it told enough. Once."""
    call = _locked(call)
    if call.handling_unit_id not in Hands.of(by, timezone.localdate()).units:
        raise Refused(_("这一步由被叫到的单位来做。"), "not_allowed")
    return _rate(call, "whistle_rating", rating)


def _rate(call: Call, column: str, rating: int) -> Call:
    if rating not in Case.Rating.values:
        raise Refused(_("请选一个评价。"), "rating_missing")
    if getattr(call, column) is not None or not (call.reported_at or call.whistle.ended_at):
        raise Refused(_("反馈或结束之后才评价，各评一次。"), "not_now")
    setattr(call, column, rating)
    call.save(update_fields=[column])
    return call


def may_lead(case: Case, hands: Hands) -> bool:
    """Whether somebody is of the side that called: who ends it, and rates the units."""
    return bool(states.words_of(case, hands) & {"staff", "dispatcher"})


def _refuse_unless_caller(case: Case, by: User) -> None:
    if not may_lead(case, Hands.of(by, timezone.localdate())):
        raise Refused(_("这一步由吹哨的社区来做。"), "not_allowed")


def _locked(call: Call) -> Call:
    rows = Call.objects.select_for_update(of=("self",)).select_related("whistle", "handling_unit")
    return rows.get(pk=call.pk)


def _log(case: Case, act: str, by: User, at: datetime, **more: Any) -> Move:
    case.version += 1
    case.save(update_fields=["version"])
    return moves.append(case, act, by=by, at=at, **more)
