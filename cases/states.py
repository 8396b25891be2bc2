"""
The one table of what may be done with a case: from which status, by whom, to which, and what must be said.

    reported -> accepted -> dispatched -> in progress -> resolved -> verified -> closed
    aside: rejected, merged, self-handled, returned, extended, suspended, voided, escalated, reworked, reopened

`moves.act` takes a step; pages and API draw their buttons from `allowed`. Words for who somebody is to a case:
    resident    whoever reported it (no user; the key of the case lets them in)
    worker      worker or head of its grid, while it is handled in the grid
    staff       staff or secretary of its community, while it is handled in the grid or the community
    dispatcher  dispatcher of its subdistrict or district, at the level of the case or above
    handler     who has it now and is no unit, or who shares their desk
    unit        a member of the unit that has it now
    checker     worker, staff or dispatcher who did not handle it
    approver    staff or dispatcher, other than who asked, and of no unit that has it
    onlooker    anybody above whatever the level, and the team of the grid
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.access import Hands
from cases.models import Case, Level, Status

S = Status


@dataclass(frozen=True)
class MoveRule:
    """One row of the table. `after` None: the status stays, or the move decides. `needs`: what `act` must be given."""

    act: str
    label: str | Promise
    before: tuple[Status, ...]
    after: Status | None
    who: tuple[str, ...]
    needs: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # names out of CONDITIONS


# What must be true of the case beside its status.
CONDITIONS: dict[str, Callable[[Case], bool]] = {
    "placed": lambda case: not case.needs_place,
    "asked": lambda case: bool(case.asked),
    "nothing_asked": lambda case: not case.asked,
    "below_the_top": lambda case: case.level < Level.DISTRICT,
    "unrated": lambda case: case.rating is None,
}

DESK = ("worker", "staff", "dispatcher")
HAS_IT = ("handler", "unit")
OPEN = (S.REPORTED, S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS, S.RESOLVED, S.VERIFIED, S.SUSPENDED)
UNDER_WAY = (S.DISPATCHED, S.IN_PROGRESS)
BEFORE_DONE = (S.REPORTED, S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS)

MOVES: tuple[MoveRule, ...] = (
    # written by intake.take_in and publication.follow alone
    MoveRule("report", _("上报"), (), S.REPORTED, ("resident",)),
    MoveRule("replan", _("随网格调整"), (), None, ("clock",)),
    # the way
    MoveRule("place", _("确定归属"), (S.REPORTED, S.ACCEPTED), None, DESK, needs=("grid",)),
    MoveRule("accept", _("受理"), (S.REPORTED,), S.ACCEPTED, (*DESK, "handler"), only=("placed",)),
    MoveRule("reject", _("不予受理"), (S.REPORTED,), S.REJECTED, ("staff", "dispatcher"), needs=("reason",)),
    MoveRule("merge", _("合并"), (S.REPORTED, S.ACCEPTED), S.MERGED, DESK, needs=("into",)),
    MoveRule("dispatch", _("派单"), (S.ACCEPTED, *UNDER_WAY), S.DISPATCHED, DESK, only=("placed",)),
    MoveRule("take", _("接单"), (S.DISPATCHED,), S.IN_PROGRESS, HAS_IT),
    MoveRule("resolve", _("办结反馈"), (S.IN_PROGRESS,), S.RESOLVED, HAS_IT, needs=("reason", "photo")),
    MoveRule("verify", _("核查通过"), (S.RESOLVED,), S.VERIFIED, ("checker",)),
    MoveRule("rework", _("返工"), (S.RESOLVED, S.VERIFIED), S.IN_PROGRESS, ("checker",), needs=("reason",)),
    MoveRule("close", _("结案"), (S.VERIFIED,), S.CLOSED, DESK, needs=("reason", "photo")),
    MoveRule(
        "self_handle",
        _("自办自结"),
        (S.REPORTED, S.ACCEPTED),
        S.CLOSED,
        ("worker", "staff", "handler"),
        needs=("reason", "photo"),
        only=("placed",),
    ),
    MoveRule("rate", _("评价"), (S.CLOSED,), None, ("resident",), needs=("rating",), only=("unrated",)),
    MoveRule("reopen", _("重新办理"), (S.CLOSED,), S.DISPATCHED, ("staff", "dispatcher"), needs=("reason",)),
    # aside: asked for with a reason, and agreed to by somebody else
    MoveRule("ask_return", _("申请退单"), UNDER_WAY, None, HAS_IT, needs=("reason",), only=("nothing_asked",)),
    MoveRule(
        "ask_extension", _("申请延期"), UNDER_WAY, None, HAS_IT, needs=("reason", "until"), only=("nothing_asked",)
    ),
    MoveRule(
        "ask_suspension",
        _("申请挂账"),
        (S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS),
        None,
        (*DESK, *HAS_IT),
        needs=("reason",),
        only=("nothing_asked",),
    ),
    MoveRule(
        "ask_void",
        _("申请作废"),
        (*BEFORE_DONE, S.SUSPENDED),
        None,
        (*DESK, *HAS_IT),
        needs=("reason",),
        only=("nothing_asked",),
    ),
    MoveRule("agree", _("同意"), (*BEFORE_DONE, S.SUSPENDED), None, ("approver",), only=("asked",)),
    MoveRule(
        "decline", _("不同意"), (*BEFORE_DONE, S.SUSPENDED), None, ("approver",), needs=("reason",), only=("asked",)
    ),
    MoveRule("resume", _("恢复办理"), (S.SUSPENDED,), None, DESK),
    MoveRule("escalate", _("上报上一级"), BEFORE_DONE, None, DESK, needs=("reason",), only=("below_the_top",)),
    # said, with nothing else changed
    MoveRule("note", _("补充说明"), tuple(S), None, ("onlooker",), needs=("reason",)),
)
RULES = {rule.act: rule for rule in MOVES}
# What whistle.py writes beside them; it keeps its own order.
WHISTLE_ACTS = {
    "whistle": _("吹哨"),
    "answer_whistle": _("响应"),
    "arrive": _("报到"),
    "report_back": _("反馈"),
    "end_whistle": _("吹哨结束"),
}


def label_of(act: str) -> str:
    """The word for an act in a timeline."""
    return str(RULES[act].label if act in RULES else WHISTLE_ACTS.get(act, act))


def allowed(case: Case, user: Any, on: date) -> list[MoveRule]:
    """What a person may do with a case now. Two queries, if `case.community` was read along."""
    return allowed_for(case, Hands.of(user, on))


def allowed_for(case: Case, hands: Hands) -> list[MoveRule]:
    """The same for somebody whose posts were read before. No query where `case.community` was read along."""
    words = words_of(case, hands)
    return [rule for rule in MOVES if permits(rule, case, words)]


def allowed_many(cases: Iterable[Case], user: Any, on: date) -> dict[int, list[MoveRule]]:
    """What a person may do with each of many cases, by key. Two queries."""
    hands = Hands.of(user, on)
    return {case.pk: allowed_for(case, hands) for case in cases}


def for_resident(case: Case) -> list[MoveRule]:
    """What whoever reported a case may do now."""
    return [rule for rule in MOVES if permits(rule, case, {"resident"})]


def permits(rule: MoveRule, case: Case, words: set[str]) -> bool:
    if Status(case.status) not in rule.before or words.isdisjoint(rule.who):
        return False
    return all(CONDITIONS[name](case) for name in rule.only)


def words_of(case: Case, hands: Hands) -> set[str]:
    """What somebody is to a case, in the words of the table."""
    near = hands.is_to(case)
    words = {"onlooker"} if near else set()
    words |= {"worker"} & near if case.level == Level.GRID else set()
    words |= {"staff"} & near if case.level <= Level.COMMUNITY else set()
    words |= {"dispatcher"} if hands.dispatches(case) else set()
    words |= {"unit"} & near
    return words | _as_handler(case, near, words) | _beside(case, hands, words)


def _as_handler(case: Case, near: set[str], words: set[str]) -> set[str]:
    """A case that no unit has is its person's, and of whoever sits at the same desk: one is ill, the other goes on."""
    if case.handling_unit_id:
        return set()
    desk = {Level.GRID: "worker", Level.COMMUNITY: "staff"}.get(Level(case.level), "dispatcher")
    return {"handler"} if "person" in near or desk in words else set()


def _beside(case: Case, hands: Hands, words: set[str]) -> set[str]:
    """Who may look at the work of others: not the one who did it."""
    found = set()
    if "unit" not in words:
        handled = case.handling_unit_id is None and case.person_id == hands.user.pk
        found |= {"checker"} if words & set(DESK) and not handled else set()
        found |= {"approver"} if words & {"staff", "dispatcher"} and case.asked_by_id != hands.user.pk else set()
    return found
