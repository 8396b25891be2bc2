"""The steps of a case in the community's own words, like the way of a parcel (settings.CASE_WORDS)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Move, Status

S = Status
RATED = "rated"
Stop = tuple[Promise | str, frozenset[str]]  # the word, and the statuses that reach it


def _stop(word: Promise | str, *statuses: str) -> Stop:
    return word, frozenset(statuses)


VOCABULARIES: dict[str, tuple[Stop, ...]] = {
    "phases": (
        _stop(_("信息收集"), S.REPORTED),
        _stop(_("案件建立"), S.ACCEPTED),
        _stop(_("任务派遣"), S.DISPATCHED),
        _stop(_("任务处理"), S.IN_PROGRESS),
        _stop(_("处理反馈"), S.RESOLVED),
        _stop(_("核查结案"), S.VERIFIED, S.CLOSED),
        _stop(_("综合评价"), RATED),
    ),
    "five_slips": (
        _stop(_("点单"), S.REPORTED, S.ACCEPTED),
        _stop(_("派单"), S.DISPATCHED),
        _stop(_("接单"), S.IN_PROGRESS),
        _stop(_("晒单"), S.RESOLVED, S.VERIFIED, S.CLOSED),
        _stop(_("评单"), RATED),
    ),
    "five_matters": (
        _stop(_("说"), S.REPORTED),
        _stop(_("议"), S.ACCEPTED),
        _stop(_("理"), S.DISPATCHED, S.IN_PROGRESS),
        _stop(_("晒"), S.RESOLVED, S.VERIFIED, S.CLOSED),
        _stop(_("评"), RATED),
    ),
    "five_resident_steps": (
        _stop(_("民提"), S.REPORTED),
        _stop(_("民议"), S.ACCEPTED),
        _stop(_("民决"), S.DISPATCHED),
        _stop(_("民办"), S.IN_PROGRESS, S.RESOLVED, S.VERIFIED, S.CLOSED),
        _stop(_("民评"), RATED),
    ),
}
CUT_SHORT = (S.REJECTED, S.MERGED, S.VOIDED)


@dataclass(frozen=True)
class Step:
    """One step: its word, whether it was reached and when (None where it was passed over), whether it is the latest."""

    word: str
    done: bool
    at: datetime | None
    now: bool


def steps(case: Case, moves: Iterable[Move] | None = None) -> list[Step]:
    """The steps of a case. One query, none where its moves are given."""
    moves = list(case.moves.all() if moves is None else moves)
    stops = VOCABULARIES[settings.CASE_WORDS]
    if case.status in CUT_SHORT:
        return _cut_short(case, stops, moves)
    here = _position(case, stops, moves)
    return [
        Step(str(word), done=at <= here, at=_time(case, statuses, moves) if at <= here else None, now=at == here)
        for at, (word, statuses) in enumerate(stops)
    ]


def _cut_short(case: Case, stops: tuple[Stop, ...], moves: list[Move]) -> list[Step]:
    word, statuses = stops[0]
    ended = _time(case, frozenset({str(case.status)}), moves)
    first = Step(str(word), True, _time(case, statuses, moves), False)
    return [first, Step(str(Status(case.status).label), True, ended, True)]


def _position(case: Case, stops: tuple[Stop, ...], moves: list[Move]) -> int:
    if case.rating is not None and case.status == S.CLOSED:
        return len(stops) - 1
    status = case.status
    if status == S.SUSPENDED:
        status = next((move.status for move in reversed(moves) if move.status != S.SUSPENDED), S.ACCEPTED)
    return next(at for at, (_word, statuses) in enumerate(stops) if status in statuses)


def _time(case: Case, statuses: frozenset[str], moves: list[Move]) -> datetime | None:
    if RATED in statuses:
        return case.rated_at
    first = [move.at for move in moves if move.status in statuses and move.act not in ("note", "replan")]
    return first[0] if first else None
