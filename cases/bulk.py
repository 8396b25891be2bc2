"""One act for several cases: each by itself, so that one which is refused takes none of the others with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import User
from cases import access, moves
from cases.lists import for_rows
from cases.models import Case, pk_of

# Acts that need no more than a reason, in the order of their buttons.
BULK = ("take", "accept", "dispatch", "verify", "close", "resume", "agree", "decline", "rework")


@dataclass(frozen=True)
class Ticked:
    """A case as somebody saw it in a list: its number, and how many moves it had then."""

    number: str
    version: int | None

    @classmethod
    def read(cls, text: str) -> "Ticked":
        """`0047113:5`; what is not so finds no case."""
        number, _colon, version = text.partition(":")
        known = version.isascii() and version.isdigit() and len(version) < 10
        return cls(number[:20], int(version) if known else None)


@dataclass(frozen=True)
class Outcome:
    """What became of one case: done, or the sentence that says why not."""

    number: str
    case: Case | None
    done: bool
    code: str = ""
    sentence: str = ""


def act_on_many(ticked: Iterable[Ticked], name: str, *, by: User, reason: str = "") -> list[Outcome]:
    """Take one step with each case, each in a transaction of its own; outcomes in the order of the question."""
    wanted = list(dict.fromkeys(ticked))
    rows = for_rows(access.cases_of(by, localdate())).filter(pk__in={pk_of(one.number) or 0 for one in wanted})
    cases = {case.number: case for case in rows}
    return list(_outcomes(wanted, cases, name, by, reason))


def _outcomes(wanted: Iterable[Ticked], cases: dict[str, Case], name: str, by: User, reason: str) -> Iterator[Outcome]:
    for one in wanted:
        case = cases.get(one.number)
        if case is None:
            yield Outcome(one.number, None, False, "not_found", _("没有这件工单，或它今天不归您管。"))
        elif name not in BULK:
            yield Outcome(one.number, case, False, "unknown_act", _("这一步要打开工单一件一件办。"))
        else:
            yield _outcome(case, name, one.version, by, reason)


def _outcome(case: Case, name: str, version: int | None, by: User, reason: str) -> Outcome:
    try:
        moves.act(case, name, by=by, version=version, reason=reason)
    except moves.Refused as refusal:
        return Outcome(case.number, case, False, refusal.code, str(refusal))
    return Outcome(case.number, case, True)
