"""The only writer of a case's status: each step locks the case, asks the table (states.py) and leaves a row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases import dispatch, notices, states, webhooks, worktime
from cases.access import Hands
from cases.models import ENDED, Case, HandlingUnit, Level, Move, Photo, Status
from grids.models import Grid

S = Status
SAME_PHASE = ((S.DISPATCHED, S.IN_PROGRESS), (S.RESOLVED, S.VERIFIED))  # its time limit goes on


class Refused(Exception):
    """A step that is not taken. `code` for programs, the sentence for people."""

    def __init__(self, sentence: str, code: str):
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Given:
    """What a step was given, and when."""

    by: User | None
    now: datetime
    status: str = ""  # of the case before the step
    reason: str = ""
    public_note: str = ""
    person: User | None = None
    handling_unit: HandlingUnit | None = None
    grid: Grid | None = None
    into: Case | None = None
    rating: int | None = None
    until: datetime | None = None


def act(
    case: Case,
    name: str,
    *,
    by: User | None,
    version: int | None = None,
    reason: str = "",
    public_note: str = "",
    person: User | None = None,
    handling_unit: HandlingUnit | None = None,
    grid: Grid | None = None,
    into: Case | None = None,
    rating: int | None = None,
    until: datetime | None = None,
    at: datetime | None = None,
) -> Case:
    """
    Take a step with a case and return it as it is then. `by` None is whoever reported it.

    `version` is the one that the person saw: raises `Refused` with code `changed` where somebody else moved the case
    since. The row is locked, so of two who act at once the second sees what the first did.
    """
    with transaction.atomic():
        case, into = _locked_with(case, into)
        given = Given(
            by=by,
            now=at or timezone.now(),
            status=case.status,
            reason=_clean(reason, 500),
            public_note=_clean(public_note, 500),
            person=person,
            handling_unit=handling_unit,
            grid=grid,
            into=into,
            rating=rating,
            until=until,
        )
        _refuse_what_changed(case, version)
        rule = _permitted(case, name, given)
        _refuse_what_lacks(case, rule, given)
        _step(case, rule, given)
    return case


def locked(pk: int) -> Case:
    """The case as it stands now, held until the transaction ends."""
    rows = Case.objects.select_for_update(of=("self",))
    return rows.select_related("category", "community", "grid", "person", "handling_unit").get(pk=pk)


def _locked_with(case: Case, into: Case | None) -> tuple[Case, Case | None]:
    """A case and the one that it is merged into, always held in one order: two who merge crosswise both go on."""
    if into is None or into.pk == case.pk:
        return locked(case.pk), into
    found = {pk: locked(pk) for pk in sorted((case.pk, into.pk))}
    return found[case.pk], found[into.pk]


def _clean(text: str, length: int) -> str:
    return text.replace("\x00", "").strip()[:length]


# --- what is refused --------------------------------------------------------------------------------------------------


def _refuse_what_changed(case: Case, version: int | None) -> None:
    if version is None or version == case.version:
        return
    last = case.moves.select_related("by").last()
    words = {
        "who": str(last.by) if last and last.by else _("居民或系统"),
        "what": states.label_of(last.act) if last else "",
        "when": timezone.localtime(last.at).strftime("%H:%M") if last else "",
    }
    raise Refused(_("%(who)s在 %(when)s 已经办过这件事（%(what)s），请看过最新情况再办。") % words, "changed")


def _permitted(case: Case, name: str, given: Given) -> states.MoveRule:
    rule = states.RULES.get(name)
    if rule is None:
        raise Refused(_("没有这个动作。"), "unknown_act")
    words = _words(case, given)
    if states.permits(rule, case, words):
        return rule
    what = {"act": rule.label, "status": Status(case.status).label}
    if words.isdisjoint(rule.who):
        raise Refused(_("您不能%(act)s这件诉求。") % what, "not_allowed")
    if "placed" in rule.only and case.needs_place:
        raise Refused(_("先确定它归哪个网格，再%(act)s。") % what, "place_missing")
    raise Refused(_("这件诉求%(status)s，现在不能%(act)s。") % what, "not_now")


def _words(case: Case, given: Given) -> set[str]:
    if given.by is None:
        return {"resident"}
    return states.words_of(case, Hands.of(given.by, timezone.localdate(given.now)))


def _refuse_what_lacks(case: Case, rule: states.MoveRule, given: Given) -> None:
    for need in rule.needs:
        sentence = _LACKS[need](case, given)
        if sentence:
            raise Refused(sentence, f"{need}_missing")


def _lacks_photo(case: Case, given: Given) -> str:
    if not case.category.after_photo or case.photos.filter(kind=Photo.Kind.AFTER).exists():
        return ""
    return _("这类事项要有处理后的照片，请先上传。")


def _lacks_into(case: Case, given: Given) -> str:
    if given.into is None or given.into.pk == case.pk:
        return _("请写明合并到哪一件。")
    if given.into.status in ENDED:
        return _("那一件已经结束，不能合并进去。")
    if given.into.community_id != case.community_id:
        return _("只能合并同一个社区的诉求。")
    return ""


def _lacks_until(case: Case, given: Given) -> str:
    late_enough = given.until is not None and given.until > max(given.now, case.due_at or given.now)
    return "" if late_enough else _("请写明延到什么时候，要晚于现在的时限。")


_LACKS: dict[str, Callable[[Case, Given], str]] = {
    "reason": lambda case, given: "" if given.reason or given.public_note else _("请写明理由。"),
    "photo": _lacks_photo,
    "into": _lacks_into,
    "grid": lambda case, given: "" if given.grid else _("请选一个网格。"),
    "rating": lambda case, given: "" if given.rating in Case.Rating.values else _("请选一个评价。"),
    "until": _lacks_until,
}


# --- what a step does -------------------------------------------------------------------------------------------------


def _step(case: Case, rule: states.MoveRule, given: Given) -> Move:
    before, had = case.status, (case.person_id, case.handling_unit_id)
    if rule.after is not None:
        case.status = rule.after
    effect = _EFFECTS.get(rule.act)
    extra = (effect(case, given) if effect else None) or {}
    if case.status != before:
        _enter(case, S(before), given.now)
    if given.by is not None and case.responded_at is None and rule.act not in ("note", "place"):
        case.responded_at = given.now
    case.version += 1
    case.save()
    said = {"reason": given.reason, "public_note": given.public_note} | extra
    move = append(case, rule.act, by=given.by, at=given.now, had=had, **said)
    if rule.act == "rate" and given.rating == Case.Rating.UNSATISFIED:
        _step(case, states.RULES["reopen"], Given(None, given.now, case.status, _("居民评价：不满意")))
    return move


def append(
    case: Case, act: str, *, by: User | None, at: datetime, had: notices.Handler | None = None, **more: Any
) -> Move:
    """The row that a step leaves, and the notices. `had`: who had the case before, where that may have changed."""
    said = {
        "status": case.status,
        "level": case.level,
        "grid": case.grid,
        "person": case.person,
        "handling_unit": case.handling_unit,
        "due_at": case.due_at,
    }
    move = Move.objects.create(case=case, act=act, by=by, at=at, **(said | more))
    notices.tell(case, move, had)
    webhooks.tell(move)
    return move


def due_of(case: Case, now: datetime) -> datetime | None:
    """Until when the phase that a case enters now should end, in working time."""
    hours = {
        S.REPORTED: case.category.accept_hours,
        S.ACCEPTED: case.category.dispatch_hours,
        S.DISPATCHED: case.category.handle_hours,
        S.IN_PROGRESS: case.category.handle_hours,
        S.RESOLVED: case.category.verify_hours,
    }.get(S(case.status))
    return None if hours is None else worktime.due(now, hours)


def _enter(case: Case, before: Status, now: datetime) -> None:
    """What follows from a new status: its time limit, and what was asked for is settled."""
    case.asked, case.asked_by = "", None
    if case.status in ENDED:
        case.closed_at, case.due_at = now, None
    elif before != S.SUSPENDED and (before, case.status) not in SAME_PHASE:
        _new_limit(case, now)
    if case.status == S.RESOLVED:
        case.resolved_at = now


def _new_limit(case: Case, now: datetime) -> None:
    case.due_at = due_of(case, now)
    if case.status in states.UNDER_WAY:
        case.handle_due_at = case.due_at


def _merge(case: Case, given: Given) -> None:
    case.merged_into = given.into


def _place(case: Case, given: Given) -> dict[str, Any]:
    assert given.grid is not None
    if not _is_within_reach(given.grid, case, given):
        raise Refused(_("这个网格不在附近，请由上一级来定。"), "grid_missing")
    on = timezone.localdate(given.now)
    found = dispatch.place_in(given.grid, case, on=on)
    if found.plan is None:
        raise Refused(_("这个网格今天没有施行，请选别的。"), "grid_missing")
    case.grid, case.community = found.grid, found.community
    case.person = None if case.handling_unit_id else found.person
    case.needs_place = False
    return {"plan": found.plan}


def _is_within_reach(grid: Grid, case: Case, given: Given) -> bool:
    """A grid of the same town; a dispatcher may choose any of theirs."""
    code, home = grid.community.code or "", case.community.code or "" if case.community else ""
    if home and code[:9] == home[:9]:
        return True
    return given.by is not None and any(
        code.startswith(area) for area in Hands.of(given.by, timezone.localdate(given.now)).dispatched
    )


def _dispatch(case: Case, given: Given) -> None:
    person, unit = given.person, given.handling_unit
    if person is None and unit is None:
        person, unit = dispatch.target(case, on=timezone.localdate(given.now))
    if person is not None and unit is not None:
        raise Refused(_("派给单位或者派给人，只能选一个。"), "two_targets")
    if person is None and unit is None:
        raise Refused(_("请选派给谁。"), "target_missing")
    if given.status != S.ACCEPTED and not given.reason:
        raise Refused(_("改派要写明理由。"), "reason_missing")
    refuse_unit(unit, case)
    if person is not None and not Hands.of(person, timezone.localdate(given.now)).is_near(case):
        raise Refused(_("这个人今天在这里没有岗位，请换一个。"), "person_without_post")
    case.redispatched += case.moves.filter(act="dispatch").exists()
    case.person, case.handling_unit = person, unit
    case.first_unit = case.first_unit or unit
    case.asked, case.asked_by = "", None
    _new_limit(case, given.now)


def refuse_unit(unit: HandlingUnit | None, case: Case) -> None:
    """Raises `Refused` where a unit is out of use, or serves another place."""
    if unit is not None and not unit.in_use:
        raise Refused(_("%(unit)s已停用，请换一个。") % {"unit": unit}, "unit_out_of_use")
    if unit is not None and case.community is not None and not unit.serves(case.community):
        raise Refused(_("%(unit)s不服务于这个社区，请换一个。") % {"unit": unit}, "unit_elsewhere")


def _take(case: Case, given: Given) -> None:
    if case.handling_unit_id is None:
        case.person = given.by


def _self_handle(case: Case, given: Given) -> None:
    case.person, case.handling_unit, case.resolved_at = given.by, None, given.now


def _rework(case: Case, given: Given) -> None:
    case.reopened += 1
    case.resolved_at = None


def _reopen(case: Case, given: Given) -> None:
    """Back to whoever had it, with a new time limit; without anybody, to the desk."""
    case.reopened += 1
    case.resolved_at = case.closed_at = None
    if case.person_id is None and case.handling_unit_id is None:
        case.status = S.ACCEPTED


def _rate(case: Case, given: Given) -> dict[str, Any]:
    """The resident's words stand on the case alone: the rows are read by the unit too."""
    case.rating, case.rated_at, case.rating_words = given.rating, given.now, given.reason[:300]
    return {"reason": ""}


def _ask(what: str) -> Callable[[Case, Given], dict[str, Any]]:
    def effect(case: Case, given: Given) -> dict[str, Any]:
        case.asked, case.asked_by = what, given.by
        return {"due_at": given.until} if what == "extension" else {}

    return effect


def _agree(case: Case, given: Given) -> None:
    asked = case.asked
    case.asked, case.asked_by = "", None
    _AGREED[asked](case, given)


def _returned(case: Case, given: Given) -> None:
    """Back to the desk. `first_unit` stays: who had it first answers for it until another takes it over."""
    case.status, case.handling_unit = S.ACCEPTED, None
    case.person = dispatch.desk_of(case, on=timezone.localdate(given.now))


def _extended(case: Case, given: Given) -> None:
    wanted = case.moves.filter(act="ask_extension").last()
    assert wanted is not None
    case.due_at = case.handle_due_at = wanted.due_at


def _suspended(case: Case, given: Given) -> None:
    case.status = S.SUSPENDED


def _voided(case: Case, given: Given) -> None:
    case.status = S.VOIDED


_AGREED: dict[str, Callable[[Case, Given], None]] = {
    "return": _returned,
    "extension": _extended,
    "suspension": _suspended,
    "void": _voided,
}


def _decline(case: Case, given: Given) -> None:
    case.asked, case.asked_by = "", None


def _resume(case: Case, given: Given) -> None:
    """Go on where it stood; the working time that it was suspended is not counted."""
    suspended = case.moves.filter(act="agree", status=S.SUSPENDED).last()
    assert suspended is not None
    before = case.moves.filter(pk__lt=suspended.pk).exclude(status=S.SUSPENDED).last()
    assert before is not None
    case.status = before.status
    case.due_at = _later(before.due_at, suspended.at, given.now)
    if case.status in (S.DISPATCHED, S.IN_PROGRESS):
        case.handle_due_at = case.due_at


def _later(due: datetime | None, since: datetime, now: datetime) -> datetime | None:
    """A time limit after a pause: what was left of it then is left of it now."""
    if due is None or due <= since:
        return due
    return worktime.due(now, worktime.between(since, due).total_seconds() / 3600)


def _escalate(case: Case, given: Given) -> None:
    """To the desk of the next level, which accepts or dispatches it."""
    case.level = Level(case.level + 1)
    case.handling_unit = None
    case.person = dispatch.desk_of(case, on=timezone.localdate(given.now))
    if case.status != S.REPORTED:
        case.status = S.ACCEPTED
    _new_limit(case, given.now)


_EFFECTS: dict[str, Callable[[Case, Given], dict[str, Any] | None]] = {
    "merge": _merge,
    "place": _place,
    "dispatch": _dispatch,
    "take": _take,
    "self_handle": _self_handle,
    "rework": _rework,
    "reopen": _reopen,
    "rate": _rate,
    "ask_return": _ask("return"),
    "ask_extension": _ask("extension"),
    "ask_suspension": _ask("suspension"),
    "ask_void": _ask("void"),
    "agree": _agree,
    "decline": _decline,
    "resume": _resume,
    "escalate": _escalate,
}
