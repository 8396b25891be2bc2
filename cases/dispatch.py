"""
Where a case belongs and who gets it: place on the plan of that day, person by the contact rule (law 4), by rules.

A rule (`DispatchRule`) names a role or a handling unit for a category at a level in an area; where there is none, the
level's own desk gets the case. Near an edge of a grid, or outside of the net, a person decides: `needs_place`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area, Stairwell
from cases.models import Case, Category, DispatchRule, HandlingUnit, Level
from grids import contact
from grids.models import Appointment, Grid, GridBoundary, Leave, Plan
from grids.places import Place, PlanInForce, Position

DESKS = {
    Level.GRID: Role.GRID_WORKER,
    Level.COMMUNITY: Role.COMMUNITY_STAFF,
    Level.SUBDISTRICT: Role.DISPATCHER,
    Level.DISTRICT: Role.DISPATCHER,
}
STANDS_IN = {
    Role.COMMUNITY_STAFF: (Role.COMMUNITY_SECRETARY,),
    Role.COMMUNITY_SECRETARY: (Role.COMMUNITY_STAFF,),
    Role.COMMUNITY_POLICE: (Role.COMMUNITY_STAFF, Role.COMMUNITY_SECRETARY),
}
SENTENCE = 200  # characters of Case.intake_rule


@dataclass(frozen=True)
class Placement:
    """
    Where a case belongs on a day. `person` is who accepts it; `handling_unit` whom a rule wants it dispatched to then.

    `rule` is what decided, for the file; `why` why it is this person. `needs_place`: somebody must say which grid.
    """

    plan: Plan | None
    community: Area | None
    grid: Grid | None
    person: User | None
    handling_unit: HandlingUnit | None
    rule: str
    needs_place: bool
    why: str


def place(where: Position | Stairwell, *, on: date, category: Category, level: int | None = None) -> Placement:
    """Where a case at a point (longitude and latitude in EPSG:4326) or at a door belongs on a day, and who gets it."""
    answer = _ask(where, on, Role.GRID_WORKER)
    community = _community(answer)
    who = _who(answer, where, on, category, level or category.level, community)
    return Placement(
        plan=_row(Plan.objects.all(), answer.plan),
        community=community,
        grid=_row(Grid.objects.all(), answer.place.grid),
        person=who.person,
        handling_unit=who.unit,
        rule=who.rule,
        needs_place=_is_doubtful(answer),
        why=who.why,
    )


def place_in(grid: Grid, case: Case, *, on: date) -> Placement:
    """Where a case belongs when a person says which grid; without a plan where the grid has no shape that day."""
    shape = GridBoundary.objects.in_force(on).filter(grid=grid).select_related("plan").first()
    if shape is None or grid.level != Grid.Level.GRID:
        return Placement(None, None, None, None, None, "", True, "")
    who = _for_case(case, grid, grid.community, on)
    return Placement(shape.plan, grid.community, grid, who.person, who.unit, who.rule, False, who.why)


def target(case: Case, *, on: date) -> tuple[User | None, HandlingUnit | None]:
    """To whom the rules dispatch a case at its level: a person, else a handling unit, or neither."""
    who = _for_case(case, case.grid, case.community, on)
    return (None, who.unit) if who.unit else (who.person, None)


def desk_of(case: Case, *, on: date) -> User | None:
    """Who accepts a case at its level."""
    return _for_case(case, case.grid, case.community, on).person


def chosen(category: Category, level: int, community: Area | None) -> DispatchRule | None:
    """The most special rule: the category itself before its class before any, then the smallest area."""
    code = community.code or "" if community else ""
    kinds = Q(category=None) | Q(category__in=[pk for pk in (category.pk, category.parent_id) if pk])
    areas = Q(area=None) | Q(area__code__in=[code[:digits] for digits in (6, 9, 12)])
    rules = DispatchRule.objects.filter(kinds, areas, level=level).select_related("area", "category", "handling_unit")
    return most_special(rules, category, community)


def most_special(rules: QuerySet[DispatchRule] | list[DispatchRule], category: Category, community: Area | None):
    """The rule out of these that decides, or None. Rules whose unit is out of use do not count."""
    code = community.code or "" if community else ""
    kinds = {category.pk: 3, category.parent_id: 2} if category.parent_id else {category.pk: 3}

    def weight(rule: DispatchRule) -> tuple[int, int] | None:
        kind = kinds.get(rule.category_id, 0) if rule.category_id else 1
        if not kind or (rule.handling_unit and not rule.handling_unit.in_use):
            return None
        area = (rule.area.code or "" if rule.area else "") if rule.area_id else ""
        return (kind, len(area)) if code.startswith(area) else None

    fitting = [(found, rule) for rule in rules if (found := weight(rule)) is not None]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


@dataclass(frozen=True)
class Who:
    """Who accepts a case, to which unit it is dispatched then, and why."""

    person: User | None
    unit: HandlingUnit | None
    rule: str
    why: str


def _for_case(case: Case, grid: Grid | None, community: Area | None, on: date) -> Who:
    """Who gets a case whose grid is known: asked at its door or point if that lies in the grid, else amid the grid."""
    places: list[Position | Stairwell] = [case.stairwell, case.point] if case.stairwell else [case.point]
    for where in places:
        answer = _ask(where, on, Role.GRID_WORKER)
        if grid is None or (answer.place.grid and answer.place.grid.pk == grid.pk):
            return _who(answer, where, on, case.category, case.level, community)
    shape = GridBoundary.objects.in_force(on).filter(grid=grid).first()
    where = shape.label if shape else case.point
    return _who(_ask(where, on, Role.GRID_WORKER), where, on, case.category, case.level, community)


def _who(
    answer: contact.Answer,
    where: Position | Stairwell,
    on: date,
    category: Category,
    level: int,
    community: Area | None,
) -> Who:
    rule = chosen(category, level, community)
    role = Role(rule.role) if rule and rule.role else DESKS[Level(level)]
    if level > Level.GRID:
        person, why = desk(community, level, role, on)
    else:
        answer = answer if role == Role.GRID_WORKER else _ask(where, on, role)
        found = next((one for one in answer.contacts if one.person), None)
        person, why = _user(found), (found or answer.first).why
    return Who(person, rule.handling_unit if rule else None, _in_words(rule, level, role, why), why)


def desk(community: Area | None, level: int, role: Role, on: date) -> tuple[User | None, str]:
    """Who sits at the desk of a level above the grid: the holder, the deputy on leave, else the next area up."""
    if community is None:
        return None, (_("这里不在任何社区的网格内，由受理派遣员决定。"))
    code, digits = community.code or "", {Level.COMMUNITY: 12, Level.SUBDISTRICT: 9}.get(Level(level), 6)
    wanted = [role, *STANDS_IN.get(role, ())]
    areas = [code[:n] for n in (12, 9, 6) if n <= digits]
    posts = Appointment.objects.in_force(on).filter(area__code__in=areas, role__in={*wanted, Role.DISPATCHER})
    posts = posts.select_related("person", "deputy", "area")
    away = set(Leave.objects.filter(away__contains=on).values_list("person", flat=True))
    for post in sorted(posts, key=lambda post: _precedence(post, wanted)):
        if post.person_id not in away:
            return post.person, (_("是%(place)s的%(role)s。") % _named(post))
        if post.deputy and post.deputy_id not in away:
            return post.deputy, (_("%(place)s的%(role)s今天离岗，由代理人接听。") % _named(post))
    words = {"level": Level(level).label, "role": role.label}
    return None, (_("%(level)s没有%(role)s，由上一级决定。") % words)


def _precedence(post: Appointment, wanted: list[Role]) -> tuple:
    order = wanted.index(Role(post.role)) if post.role in wanted else len(wanted)
    assert post.area is not None
    part_time = post.employment != Appointment.Employment.FULL_TIME
    return -len(post.area.code or ""), order, part_time, post.in_force.lower, post.pk


def _named(post: Appointment) -> dict[str, str]:
    return {"place": str(post.area), "role": str(Role(post.role).label)}


def _ask(where: Position | Stairwell, on: date, role: Role) -> contact.Answer:
    if isinstance(where, Stairwell):
        return contact.answer_for(where, on=on, role=role)
    return contact.answer(where, on=on, role=role)


def _is_doubtful(answer: contact.Answer) -> bool:
    """Outside of the net; or so near an edge that the position may be another grid's, unless it is in a building."""
    if answer.outside or answer.place.grid is None:
        return True
    return bool(answer.near_edge) and answer.place.building is None


def _community(answer: contact.Answer) -> Area | None:
    """The community that holds a place, or whose ground it would be."""
    found = _row(Area.objects.all(), answer.place.community or answer.nearest)
    return found if found and found.level == Area.Level.COMMUNITY else None


def _user(found: contact.Contact | None) -> User | None:
    return User.objects.filter(pk=found.person).first() if found and found.person else None


def _row(rows: Any, named: Place | PlanInForce | None) -> Any:
    return rows.filter(pk=named.pk).first() if named else None


def _in_words(rule: DispatchRule | None, level: int, role: Role, why: str) -> str:
    which = _("规则 %(pk)d（%(rule)s）") % {"pk": rule.pk, "rule": rule} if rule else _("没有专门规则")
    level_words = Level(level).label
    whom = str(rule.handling_unit) if rule and rule.handling_unit else str(role.label)
    return f"{which}：{level_words}，{whom}；{why}"[:SENTENCE]


def warnings(rule: DispatchRule, on: date) -> list[str]:
    """What a rule may be saved with, but somebody should know: it sends cases to nobody today."""
    if rule.handling_unit is not None:
        if rule.handling_unit.members.filter(is_active=True).exists():
            return []
        return [_("%(unit)s没有登记经办人，派了单也没有人能接。") % {"unit": rule.handling_unit}]
    if Appointment.objects.in_force(on).filter(_within(rule.area), role=rule.role).exists():
        return []
    return [_("今天没有人任%(role)s，这条规则下的诉求会由上一级接。") % {"role": Role(rule.role).label}]


def _within(area: Area | None) -> Q:
    """Posts for places in an area, and for the areas above it."""
    if area is None:
        return Q()
    code = area.code or ""
    inside = Q(area__code__in=[code[:digits] for digits in (6, 9, 12) if digits < len(code)])
    inside |= Q(area__code__startswith=code) | Q(grid__community__code__startswith=code)
    inside |= Q(compound__community__code__startswith=code) | Q(building__community__code__startswith=code)
    return inside | Q(stairwell__building__community__code__startswith=code)
