"""
A case as those who handle it may read it (law 10). A telephone in the words is blotted out for all until somebody who
may know asks for it. Units and captains never may, and what the desk noted for itself is left out for them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_lazy

from cases.access import Hands
from cases.models import Case, Move
from cases.privacy import masked
from cases.states import RULES

INSIDE = frozenset({"worker", "staff", "dispatcher"})
RESIDENT = ("report", "rate", "reopen")  # acts of a resident, where nobody of the staff did them
OTHERS = {
    "show_words": gettext_lazy("公开文字"),
    "hide_words": gettext_lazy("不公开文字"),
    "show_photo": gettext_lazy("公开照片"),
    "hide_photo": gettext_lazy("撤下照片"),
    "whistle": gettext_lazy("吹哨"),
    "answer_whistle": gettext_lazy("响应吹哨"),
    "arrive": gettext_lazy("到场"),
    "report_back": gettext_lazy("现场反馈"),
    "end_whistle": gettext_lazy("结束吹哨"),
}


@dataclass(frozen=True)
class Line:
    """A row of the trail: what was done, by whom, to whom it went, and what was said."""

    act: str
    label: str
    at: datetime
    who: str
    to: str
    reason: str
    public_note: str
    due_at: datetime | None


def is_inside(case: Case, hands: Hands) -> bool:
    """Whether somebody reads a case as its desk does, and not as a unit or a neighbour."""
    unit = case.handling_unit_id in hands.units or case.first_unit_id in hands.units
    return not unit and bool(hands.is_to(case) & INSIDE)


def words_of(case: Case) -> str:
    """The reporter's words as anybody at the desk reads them; a telephone in them is the reporter's, and kept apart."""
    return masked(case.text)


def hides_words(case: Case) -> bool:
    """Whether something is blotted out of the words, to be seen by those who may know who reported."""
    return masked(case.text) != case.text


def trail(moves: Iterable[Move], inside: bool, hands: Hands) -> Iterator[Line]:
    """The moves of a case, in words. `moves` with by, person, handling_unit and grid read along."""
    before: Move | None = None
    for move in moves:
        if inside or move.act != "note" or move.by_id == hands.user.pk:
            yield _line(move, before, inside)
        before = move


def _line(move: Move, before: Move | None, inside: bool) -> Line:
    shown = str if inside else masked
    return Line(
        act=move.act,
        label=label_of(move.act),
        at=move.at,
        who=_who(move, inside),
        to=_to(move, before),
        reason="" if move.act == "rate" and not inside else shown(move.reason),  # a resident to their community
        public_note=shown(move.public_note),
        due_at=move.due_at if before is None or before.due_at != move.due_at else None,
    )


def label_of(act: str) -> str:
    return str(RULES[act].label if act in RULES else OTHERS.get(act, gettext("办理")))


def _who(move: Move, inside: bool) -> str:
    """Who did it. A worker who reported is a reporter, too."""
    if move.act == "report" and not inside:
        return ""
    if move.by is not None:
        return str(move.by)
    return gettext("居民") if move.act in RESIDENT else gettext("系统")


def _to(move: Move, before: Move | None) -> str:
    """Where a case went with a move, if it went."""
    changed = [
        str(getattr(move, name))
        for name in ("handling_unit", "person", "grid")
        if getattr(move, f"{name}_id") and getattr(move, f"{name}_id") != getattr(before, f"{name}_id", None)
    ]
    return "，".join(changed) if move.act != "take" else ""
