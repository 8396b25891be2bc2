"""What a move asks for, and how the answers of a form or of a program are read. The table is cases/states.py."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Role
from cases import dispatch
from cases.models import Case, HandlingUnit, Status, pk_of
from cases.states import MoveRule
from grids.models import Appointment, Grid, GridBoundary

YEAR = timedelta(days=366)
LONGEST = 500  # characters of a reason
AROUND = 0.005  # degrees, about 500 m: grids to choose from for a case near an edge
TELLS = ("reject", "resolve", "close", "self_handle", "escalate")  # with a word for the resident
MAY_SAY_WHY = ("dispatch", "agree", "accept", "verify", "resume", "place")
DESKS = (Role.GRID_WORKER, Role.GRID_HEAD, Role.COMMUNITY_STAFF, Role.COMMUNITY_SECRETARY)


NAMES = ("reason", "public_note", "into", "until", "grid", "to")  # of all answers that are texts


class NotFilled(ValueError):
    """An answer that cannot be read: the sentence is for people, the field for programs."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Field:
    """One question of a form. `kind`: textarea, photo, date, number, or the name of a list to choose from."""

    name: str
    kind: str
    label: str
    needed: bool = True


def fields(rule: MoveRule, case: Case) -> list[Field]:
    """The questions of a move's form, in the order in which they are answered."""
    asked = [_question(need, rule, case) for need in rule.needs]
    if rule.act == "dispatch":
        asked.append(Field("to", "handlers", _("派给谁"), needed=False))
    if rule.act == "dispatch" and case.status != Status.ACCEPTED:
        asked.append(Field("reason", "textarea", _("为什么改派")))
    elif rule.act in MAY_SAY_WHY:
        asked.append(Field("reason", "textarea", _("说明（可不填）"), needed=False))
    if rule.act in TELLS:
        asked.append(Field("public_note", "textarea", _("给居民的话（可不填，会公开）"), needed=False))
    return asked


def _question(need: str, rule: MoveRule, case: Case) -> Field:
    if need == "photo":
        wanted = case.category.after_photo
        return Field("photos", "photo", _("处理后的照片") if wanted else _("处理后的照片（可不拍）"), wanted)
    if need == "grid":
        return Field("grid", "grids", _("归哪个网格"))
    if need == "into":
        return Field("into", "number", _("并到哪一件（编号）"))
    if need == "until":
        return Field("until", "date", _("延到什么时候"))
    words = {"resolve": _("怎么处理的"), "self_handle": _("怎么处理的"), "close": _("结案理由"), "note": _("说明")}
    return Field("reason", "textarea", words.get(rule.act, _("理由")))


# --- what there is to choose from -------------------------------------------------------------------------------------


def choices(case: Case, rules: Iterable[MoveRule], on: date) -> dict[str, list[tuple[str, str]]]:
    """Lists for the forms of some moves, each only where a form shows it."""
    acts = {rule.act for rule in rules}
    return {
        "handlers": _handlers(case, on) if "dispatch" in acts else [],
        "grids": _grids(case, on) if "place" in acts else [],
    }


def _handlers(case: Case, on: date) -> list[tuple[str, str]]:
    """The people of the grid and the community, then the units that serve the community."""
    posts = Appointment.objects.in_force(on).filter(role__in=DESKS).select_related("person", "grid", "area")
    at = Q(grid=case.grid_id) if case.grid_id else Q(pk__in=[])
    at |= Q(area=case.community_id) if case.community_id else Q(pk__in=[])
    people = [(f"person:{post.person_id}", f"{post.get_role_display()} {post.person}") for post in posts.filter(at)]
    return [
        ("", _by_rule(case, on)),
        *dict.fromkeys(people),
        *((f"unit:{unit.pk}", unit.name) for unit in units_near(case)),
    ]


def _by_rule(case: Case, on: date) -> str:
    person, unit = dispatch.target(case, on=on)
    return _("按规则：%(who)s") % {"who": unit or person} if unit or person else _("请选派给谁")


def units_near(case: Case) -> list[HandlingUnit]:
    """The units that serve the community of a case; all of them where it lies in none."""
    code = case.community.code or "" if case.community else ""
    units = HandlingUnit.objects.filter(in_use=True).select_related("area").order_by("name")
    return [unit for unit in units if not code or code.startswith(unit.area.code or "-")]


def _grids(case: Case, on: date) -> list[tuple[str, str]]:
    """The grids round the place, the nearest first."""
    around = case.point.buffer(AROUND)
    shapes = GridBoundary.objects.in_force(on).filter(grid__level=Grid.Level.GRID, boundary__bboverlaps=around)
    near = sorted(shapes.select_related("grid__community"), key=lambda shape: shape.boundary.distance(case.point))
    return [(str(shape.grid_id), f"{shape.grid.name}（{shape.grid.community.name}）") for shape in near[:30]]


# --- what was answered ------------------------------------------------------------------------------------------------


def answers(rule: MoveRule, form: Mapping[str, Any], case: Case, seen: QuerySet[Case]) -> dict[str, Any]:
    """
    The form's answers as `moves.act` takes them. Raises `NotFilled`.

    `seen` are the cases that may be named. A grid, a person or a unit must be one of those that the form offers.
    """
    offered = choices(case, [rule], timezone.localdate())
    said: dict[str, Any] = {"reason": text(form, "reason"), "public_note": text(form, "public_note")}
    if "into" in rule.needs:
        said["into"] = _case(text(form, "into"), seen)
    if "until" in rule.needs:
        said["until"] = moment(form, "until")
    if "grid" in rule.needs:
        said["grid"] = _row(Grid, _offered(form, "grid", offered["grids"], _("请选一个网格。")))
    if rule.act == "dispatch":
        said |= _given_to(_offered(form, "to", offered["handlers"], _("请从单子里选派给谁。")))
    return said


def text(form: Mapping[str, Any], name: str) -> str:
    return str(form.get(name, "")).replace("\x00", "").strip()[:LONGEST]


def _case(number: str, seen: QuerySet[Case]) -> Case:
    found = seen.filter(pk=pk_of(number) or 0).first()
    if found is None:
        raise NotFilled(_("没有编号是“%(number)s”的工单，请核对。") % {"number": number}, "into")
    return found


def moment(form: Mapping[str, Any], name: str) -> datetime:
    """
    `2026-11-22T14:00`, by the clock of the town where it names no other. Raises `NotFilled`.

    Nothing is put off for longer than a year; and what lies in the year 10000 could be stored, but not read again.
    """
    try:
        found = datetime.fromisoformat(text(form, name))
        found = found if timezone.is_aware(found) else timezone.make_aware(found)
    except (ValueError, OverflowError):
        raise NotFilled(_("请填哪一天几点。"), name) from None
    if abs(found - timezone.now()) > YEAR:
        raise NotFilled(_("请填一年之内的时间。"), name)
    return found


def _offered(form: Mapping[str, Any], name: str, offered: list[tuple[str, str]], sentence: str) -> str:
    value = text(form, name)
    if value not in dict(offered):
        raise NotFilled(sentence, name)
    return value


def _given_to(words: str) -> dict[str, Any]:
    """`unit:3`, `person:5`, or nothing: by the rules."""
    kind, _colon, number = words.partition(":")
    if not kind:
        return {}
    return {"handling_unit": _row(HandlingUnit, number)} if kind == "unit" else {"person": _row(User, number)}


def _row(model: Any, number: str) -> Any:
    return model.objects.get(pk=int(number))
