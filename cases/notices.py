"""
Who is told what about a case. Written in the transaction of the step, sent by a worker (tasks.py).

A notice says number, matter, place and what comes next. It says nothing about other people: not who reported, not who
handles, and no word that a resident wrote. Staff's words to the resident (`public_note`) go to the resident alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from cases import tasks
from cases.channels import Recipient, way_to
from cases.models import Case, HandlingUnit, Move, Notice, Reporter
from cases.models.cases import number_of

Handler = tuple[int | None, int | None]  # a person or a unit, by key


# What a resident is told of, in words.
TOLD: dict[str, Callable[[Case], str]] = {
    "report": lambda case: _("已收到。"),
    "accept": lambda case: _("已受理。"),
    "reject": lambda case: _("没有受理。"),
    "merge": lambda case: _("和另一件相同的诉求合并办理，编号 %(number)s。") % {"number": number_of(_into(case))},
    "dispatch": lambda case: _("已派单，预计 %(due)s 前处理。") % {"due": _moment(case.due_at)},
    "resolve": lambda case: _("已处理，等待核查。"),
    "close": lambda case: _("已办结，请评价。"),
    "self_handle": lambda case: _("已办结，请评价。"),
    "reopen": lambda case: _("重新办理，预计 %(due)s 前处理。") % {"due": _moment(case.due_at)},
    "resume": lambda case: _("恢复办理。"),
    "escalate": lambda case: _("已上报上一级办理。"),
}
AGREED: dict[str, Callable[[Case], str]] = {
    "suspended": lambda case: _("暂时不能处理，先挂账。"),
    "voided": lambda case: _("已作废。"),
}


def _into(case: Case) -> int:
    return case.merged_into_id or case.pk


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%m-%d %H:%M") if at else ""


def tell(case: Case, move: Move, had: Handler | None) -> None:
    """Write what a step means to whoever reported the case and to whoever has it now, and queue it."""
    had = (None, None) if move.act == "report" else had
    with translation.override(settings.LANGUAGE_CODE):
        rows = [*_to_resident(case, move), *(_to_handler(case, move, had) if had else ())]
    written = Notice.objects.bulk_create(rows)
    tasks.enqueue(row.pk for row in written)


def _to_resident(case: Case, move: Move) -> Iterator[Notice]:
    said = AGREED.get(case.status) if move.act == "agree" else TOLD.get(move.act)
    if said is None:
        return
    reporter = Reporter.objects.filter(case=case).exclude(phone="", email="").first()
    if reporter is not None:
        text = _head(case) + said(case) + (f"\n{move.public_note}" if move.public_note else "")
        yield from _notices(case.pk, move, [Recipient(reporter.phone, reporter.email)], text)


def _to_handler(case: Case, move: Move, had: Handler) -> Iterator[Notice]:
    """Whoever has the case since this step and did not take it themselves."""
    has = (case.person_id, case.handling_unit_id)
    if has == had or case.ended or case.person_id == move.by_id is not None:
        return
    text = _head(case) + _("请在 %(due)s 前办理。") % {"due": _moment(case.due_at)} + where(case)
    if case.handling_unit is not None:
        yield from _notices(case.pk, move, of_unit(case.handling_unit), text)
    elif case.person is not None:
        yield from _notices(case.pk, move, [of_user(case.person)], text)


def _head(case: Case) -> str:
    return _("诉求 %(number)s（%(category)s）：") % {"number": case.number, "category": case.category.name}


def where(case: Case) -> str:
    """The place as far as a building: a door would say whose it is."""
    if case.building is not None:
        return "\n" + _("地点：%(place)s") % {"place": case.building}
    return "\n" + _("地点：%(place)s") % {"place": case.grid} if case.grid else ""


def of_user(user: User) -> Recipient:
    return Recipient(user.duty_phone, user.email)


def of_unit(unit: HandlingUnit) -> list[Recipient]:
    """The members that can be reached; where none can, the unit's own telephone."""
    members = [of_user(user) for user in unit.members.filter(is_active=True).order_by("pk")]
    return [one for one in members if way_to(one)] or [Recipient(unit.phone)]


def _notices(case: int, move: Move, recipients: Iterable[Recipient], text: str) -> Iterator[Notice]:
    ways = {(way[0].name, way[1]) for recipient in recipients if (way := way_to(recipient))}
    for channel, to in sorted(ways):
        yield Notice(case_id=case, move=move, channel=channel, to=to, text=text)


def tell_of_handover(moves: Iterable[Move]) -> None:
    """One notice to each person who got cases by a redraw, whatever their number; it hangs on the first of them."""
    first: dict[int, Move] = {}
    counts: Counter[int] = Counter()
    for move in moves:
        if move.person_id:
            first.setdefault(move.person_id, move)
            counts[move.person_id] += 1
    people = User.objects.in_bulk(first)
    rows: list[Notice] = []
    with translation.override(settings.LANGUAGE_CODE):
        for pk, move in first.items():
            text = _("网格调整，%(n)d 件诉求转给您办理。") % {"n": counts[pk]}
            rows += _notices(move.case_id, move, [of_user(people[pk])], text)
    tasks.enqueue(row.pk for row in Notice.objects.bulk_create(rows))


def tell_units(case: Case, move: Move, units: Iterable[HandlingUnit], meet_at: datetime) -> None:
    """Call units to a place."""
    with translation.override(settings.LANGUAGE_CODE):
        text = _head(case) + _("请于 %(at)s 到场。") % {"at": _moment(meet_at)} + where(case)
        rows = _notices(case.pk, move, [one for unit in units for one in of_unit(unit)], text)
        tasks.enqueue(row.pk for row in Notice.objects.bulk_create(rows))
