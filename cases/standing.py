"""Where a case stands, as people read it at a glance: a shape, a word, the time that is left. Never by colour alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, gettext_lazy, ngettext

from cases.models import ENDED, Case, Status
from cases.states import MoveRule

WAITING, WORKING, DONE, LATE = "○", "◐", "●", "▲"
# What is awaited: the status says what was done last, a list says what comes next.
AWAITED = {
    Status.REPORTED: (WAITING, gettext_lazy("待受理")),
    Status.ACCEPTED: (WAITING, gettext_lazy("待派单")),
    Status.DISPATCHED: (WAITING, gettext_lazy("待接单")),
    Status.IN_PROGRESS: (WORKING, gettext_lazy("处理中")),
    Status.RESOLVED: (WORKING, gettext_lazy("待核查")),
    Status.VERIFIED: (WORKING, gettext_lazy("待结案")),
    Status.SUSPENDED: (WORKING, gettext_lazy("挂账")),
    Status.CLOSED: (DONE, gettext_lazy("已办结")),
    Status.REJECTED: (DONE, gettext_lazy("不予受理")),
    Status.MERGED: (DONE, gettext_lazy("已合并")),
    Status.VOIDED: (DONE, gettext_lazy("已作废")),
}
# The step that a case waits for; all others are side moves.
NEXT = {
    Status.REPORTED: "accept",
    Status.ACCEPTED: "dispatch",
    Status.DISPATCHED: "take",
    Status.IN_PROGRESS: "resolve",
    Status.RESOLVED: "verify",
    Status.VERIFIED: "close",
    Status.SUSPENDED: "resume",
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """A shape (○ ◐ ● ▲), what is awaited, and in words the time left of the phase; none where nothing is due."""

    mark: str
    word: str
    left: str
    is_late: bool
    is_soon: bool


def standing(case: Case, now: datetime) -> Standing:
    """How a case stands at a moment."""
    mark, word = AWAITED[Status(case.status)]
    due = None if case.status in ENDED or case.status == Status.SUSPENDED else case.due_at
    late = due is not None and due < now
    soon = due is not None and not late and due - now < DAY
    return Standing(LATE if late else mark, str(word), time_left(due, now) if due else "", late, soon)


def next_of(case: Case, rules: Iterable[MoveRule]) -> MoveRule | None:
    """The next step among what somebody may do; None where it is not theirs."""
    awaited = ["agree"] if case.asked else ["place"] if case.needs_place else []
    possible = {rule.act: rule for rule in rules}
    return next((possible[act] for act in (*awaited, NEXT.get(Status(case.status), "")) if act in possible), None)


def time_left(due: datetime, now: datetime) -> str:
    """`还有 3 小时 20 分`, `已超时 2 天 4 小时`: two units at most, so that a glance is enough."""
    if due < now:
        return gettext("已超时 %(time)s") % {"time": _span(now - due)}
    return gettext("还有 %(time)s") % {"time": _span(due - now)}


def _span(length: timedelta) -> str:
    days, hours, minutes = length // DAY, length % DAY // HOUR, length % HOUR // timedelta(minutes=1)
    if days:
        parts = [_days(days), _hours(hours) if hours and days < 10 else ""]
    elif hours:
        parts = [_hours(hours), _minutes(minutes) if minutes else ""]
    else:
        parts = [_minutes(max(minutes, 1))]
    return " ".join(part for part in parts if part)


def _days(n: int) -> str:
    return ngettext("%(n)d 天", "%(n)d 天", n) % {"n": n}


def _hours(n: int) -> str:
    return ngettext("%(n)d 小时", "%(n)d 小时", n) % {"n": n}


def _minutes(n: int) -> str:
    return ngettext("%(n)d 分钟", "%(n)d 分钟", n) % {"n": n}
