"""
Who answers for a place on a day, and why it is this person (law 4).

The deepest place with a holder of the role answers; on leave, the deputy; where the post is vacant, the next place up;
at the end the community's office, and outside of any net the hotline. Never "nobody". Dwellings are never looked at:
the answer for an occupied and an empty flat is the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext

from accounts.roles import TEAM, Role
from buildings.models import Stairwell
from grids import places
from grids.places import NEAR_EDGE, Office, Place, PlanInForce, Position, Where

OFFICE = "office"  # as a contact's role: a desk, no person
HOTLINE = "hotline"

# Who speaks for a level beside the role that is asked for, most concerned first.
SPEAKS_FOR: dict[str, tuple[Role, ...]] = {
    "stairwell": (Role.STAIRWELL_CAPTAIN,),
    "building": (Role.BUILDING_CAPTAIN,),
    "segment": (),
    "grid": (Role.GRID_HEAD,),
    "compound": (Role.COMPOUND_SECRETARY,),
    "community": (Role.COMMUNITY_SECRETARY,),
    "subdistrict": (),
}
BELOW_THE_GRID = ("stairwell", "building", "segment")
ABOVE_THE_GRID = ("compound", "community", "subdistrict")


def _(sentence: str) -> str:
    """A sentence in the visitor's language. An answer says forty; to look each up again took a third of its time."""
    return _in(get_language(), sentence)


@lru_cache(maxsize=256)
def _in(language: str | None, sentence: str) -> str:
    return gettext(sentence)


@lru_cache(maxsize=64)
def _role_in(language: str | None, role: Role) -> str:
    return str(role.label)


def _title(role: Role) -> str:
    return _role_in(get_language(), role)


@dataclass(frozen=True)
class Contact:
    """Somebody to turn to. `rule`: holder, deputy, vacant_next_up, no_grid, office or hotline."""

    role: str
    title: str
    name: str  # empty when the person does not wish to be named: then the title is shown
    phone: str
    hours: str
    why: str
    rule: str
    place: Place | None
    person: int | None = field(default=None, repr=False, compare=False)  # the key of the user; None for a desk


@dataclass(frozen=True)
class Link:
    """One place of the chain and who answers at its level."""

    place: Place
    contact: Contact


@dataclass(frozen=True)
class Post:
    """One of the six posts of a grid's team (两长四员); without a contact it is vacant."""

    role: str
    title: str
    contact: Contact | None

    @property
    def vacant(self) -> bool:
        return self.contact is None


@dataclass(frozen=True)
class Answer:
    """Everything that a resident is told about a place."""

    on: date
    plan: PlanInForce | None
    place: Where
    chain: tuple[Link, ...]
    contacts: tuple[Contact, ...]  # who answers, then the next ones up, at the end an office or the hotline
    team: tuple[Post, ...]
    edge_distance_m: float | None
    near_edge: tuple[Place, ...]  # neighbouring grids, when the edge is so near that one should ask which building
    supervision_phone: str
    outside: bool  # in no community
    nearest: Place | None  # outside: whose ground it is or would be, if known
    nearest_distance_m: float | None

    @property
    def first(self) -> Contact:
        """Who answers."""
        return self.contacts[0]


def answer(point: Position, *, on: date, role: Role = Role.GRID_WORKER) -> Answer:
    """Who answers for a point, longitude and latitude in EPSG:4326, on a day. One query, two near an edge."""
    where = places.at(point, on)
    if where.community is None:
        return _outside(point, where, on)
    near: tuple[Place, ...] = ()
    if where.grid and where.edge_distance_m is not None and where.edge_distance_m < NEAR_EDGE:
        near = places.neighbours(point, where.grid, on)
    return _inside(where, on, role, near)


def answer_for(stairwell: Stairwell, *, on: date, role: Role = Role.GRID_WORKER) -> Answer:
    """Who answers for a door on a day. One query; a door is never near an edge: its plan says whose it is."""
    return _inside(places.behind(stairwell, on), on, role, near=())


def _inside(where: Where, on: date, role: Role, near: tuple[Place, ...]) -> Answer:
    staff = Staff.of(where)
    return Answer(
        on=on,
        plan=where.plan,
        place=where,
        chain=tuple(_chain(where, staff, role)),
        contacts=tuple(_contacts(where, staff, role)),
        team=tuple(_team(where, staff)),
        edge_distance_m=where.edge_distance_m,
        near_edge=near,
        supervision_phone=_first(office.supervision_phone for office in where.offices),
        outside=False,
        nearest=None,
        nearest_distance_m=None,
    )


def _outside(point: Position, where: Where, on: date) -> Answer:
    found = places.nearest(point)
    whose, metres = found if found else (None, None)
    contacts = [hotline(_("这里不在任何社区的网格内，请拨打政务服务热线。"))]
    if whose and (desk := places.office_of(whose.pk)).phone:
        contacts.insert(0, _desk(desk, _whose_ground(whose, metres or 0)))
    return Answer(
        on=on,
        plan=None,
        place=where,
        chain=(),
        contacts=tuple(contacts),
        team=(),
        edge_distance_m=None,
        near_edge=(),
        supervision_phone=settings.HOTLINE,
        outside=True,
        nearest=whose,
        nearest_distance_m=metres,
    )


def _whose_ground(whose: Place, metres: float) -> str:
    if metres == 0:
        return _("这里属于%(place)s，但还没有划入网格。") % {"place": whose.name}
    return _("这里不在网格内，最近的是%(place)s，约 %(metres)d 米。") % {"place": whose.name, "metres": metres}


# --- who holds a post -------------------------------------------------------------------------------------------------


class Staff:
    """The appointments in force on a day at the places of one chain: full time first, then the longest in post."""

    def __init__(self, rows: dict[tuple[str, str], list[dict[str, Any]]]):
        self.rows = rows

    @classmethod
    def of(cls, where: Where) -> "Staff":
        level_of = {(_column(place.level), place.pk): place.level for place in where.chain}
        rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in where.staff:
            column = next(column for column in _COLUMNS if row[column] is not None)
            # A younger door that stands in another building's footprint: that building's captain is not this door's.
            if level := level_of.get((column, row[column])):
                rows.setdefault((level, row["role"]), []).append(row)
        return cls(rows)

    def at(self, place: Place, role: str) -> list[dict[str, Any]]:
        return self.rows.get((place.level, role), [])

    def available(self, place: Place, role: str) -> Iterator[dict[str, Any]]:
        """Those who are there, or have a deputy who is."""
        return (row for row in self.at(place, role) if not row["away"] or _has_deputy(row))


_COLUMNS = ("stairwell_id", "building_id", "grid_id", "compound_id", "area_id")
_COLUMN_OF = {"segment": "grid_id", "community": "area_id", "subdistrict": "area_id"}


def _column(level: str) -> str:
    return _COLUMN_OF.get(level, f"{level}_id")


def _has_deputy(row: dict[str, Any]) -> bool:
    return row["deputy_pk"] is not None and not row["deputy_away"]


# --- the answer's lists -----------------------------------------------------------------------------------------------


def _contacts(where: Where, staff: Staff, role: Role) -> Iterator[Contact]:
    """The holders of the role from the deepest place up, then who speaks for the grid and above, then the office."""
    deepest = True
    gap = _gap(where, staff, role)
    for place in where.chain:
        for row in staff.available(place, role):
            above = deepest and place.level in ABOVE_THE_GRID
            yield _person(where, row, role, place, instead_of=gap if above else None)
            deepest = False
    for place in where.chain:
        for other in () if place.level in BELOW_THE_GRID else SPEAKS_FOR[place.level]:
            for row in staff.available(place, other):
                yield _person(where, row, other, place, instead_of=gap if deepest else None)
                deepest = False
    yield _office(where, instead_of=gap if deepest else None)


def _gap(where: Where, staff: Staff, role: Role) -> str:
    """Why nobody in the role answers at the grid, as the first half of a sentence."""
    if where.grid is None:
        return _("这里还没有划入网格")
    away = any(row["away"] for place in where.chain for row in staff.at(place, role))
    words = {"place": where.grid.name, "role": _title(role)}
    if not staff.rows:  # imported ground: nobody has left a post, none was ever given
        return _("%(place)s还没有登记%(role)s") % words
    if away:
        return _("%(place)s的%(role)s今天离岗，没有代理人") % words
    return _("%(place)s的%(role)s暂缺") % words


def _chain(where: Where, staff: Staff, role: Role) -> list[Link]:
    """Each place with who answers at its level; a vacant level passes to the next one up."""
    links: list[Link] = []
    above = _office(where)
    for place in reversed(where.chain):
        if place.level == "subdistrict":
            contact = _desk(where.offices[-1], _("街道（乡镇）由办公室接听。"))
        else:
            own_desk = place.level == "community"
            contact = _at_level(where, staff, role, place) or (above if own_desk else _passed_up(place, above))
            above = contact
        links.append(Link(place, contact))
    return links[::-1]


def _at_level(where: Where, staff: Staff, role: Role, place: Place) -> Contact | None:
    for candidate in _roles_at(place, role):
        for row in staff.available(place, candidate):
            return _person(where, row, candidate, place)
    return None


def _roles_at(place: Place, role: Role) -> tuple[Role, ...]:
    """A captain answers for the own stairwell; elsewhere the role that is asked for comes first."""
    if place.level in ("stairwell", "building"):
        return (*SPEAKS_FOR[place.level], role)
    return (role, *SPEAKS_FOR[place.level])


def _team(where: Where, staff: Staff) -> Iterator[Post]:
    """The six posts of the grid, the vacant ones too. A stairwell's own captain goes before the grid's."""
    if where.grid is None:
        return
    for role in TEAM:
        contact = None
        for place in where.chain:
            if contact is None and place.level not in ABOVE_THE_GRID:
                contact = next((_person(where, row, role, place) for row in staff.available(place, role)), None)
        yield Post(role.value, _title(role), contact)


# --- one contact ------------------------------------------------------------------------------------------------------


def _person(where: Where, row: dict[str, Any], role: Role, place: Place, instead_of: str | None = None) -> Contact:
    """The holder of a post, or the deputy on a day of leave."""
    who = "deputy_" if row["away"] else ""
    title = _title(role)
    words = {"place": place.name, "role": title}
    if instead_of:
        why = _("%(gap)s，由%(place)s的%(role)s接听。") % {**words, "gap": instead_of}
        rule = "vacant_next_up" if where.grid else "no_grid"
    elif row["away"]:
        why, rule = _("%(place)s的%(role)s今天离岗，由代理人接听。") % words, "deputy"
    else:
        why, rule = _("是%(place)s的%(role)s。") % words, "holder"
    return Contact(
        role=role.value,
        title=title,
        name=row[f"{who}name"] if row[f"{who}name_is_public"] else "",
        phone=row[f"{who}duty_phone"] or _phone(where),
        hours=row[f"{who}duty_hours"] or _hours(where),
        why=why,
        rule=rule,
        place=place,
        person=row[f"{who}pk"] if who else row["person_pk"],
    )


def _office(where: Where, instead_of: str | None = None) -> Contact:
    """The community's desk, the end of each list; else the subdistrict's; the hotline where neither has a telephone."""
    if not any(office.phone for office in where.offices):
        return hotline(_("%s，请拨打政务服务热线。") % instead_of if instead_of else _("请拨打政务服务热线。"))
    place = where.offices[0].place
    why = _("最后由%(place)s的办公室接听。") % {"place": place.name}
    if instead_of:
        why = _("%(gap)s，由%(place)s的办公室接听。") % {"gap": instead_of, "place": place.name}
    return Contact(OFFICE, _("社区办公室"), "", _phone(where), _hours(where), why, "office", place)


def _desk(office: Office, why: str) -> Contact:
    if not office.phone:
        return hotline(_("请拨打政务服务热线。"))
    title = _("社区办公室") if office.place.level == "community" else _("街道（乡镇）办公室")
    return Contact(OFFICE, title, "", office.phone, office.hours, why, "office", office.place)


def hotline(why: str) -> Contact:
    """The last resort of every answer."""
    return Contact(HOTLINE, _("政务服务热线"), "", settings.HOTLINE, _("全天"), why, "hotline", None)


def _passed_up(place: Place, above: Contact) -> Contact:
    why = _("%(place)s暂时没有专人，由上一级接听。") % {"place": place.name}
    return Contact(above.role, above.title, above.name, above.phone, above.hours, why, "vacant_next_up", above.place)


def _phone(where: Where) -> str:
    return _first(office.phone for office in where.offices)


def _hours(where: Where) -> str:
    return where.offices[0].hours


def _first(phones: Iterator[str]) -> str:
    """The first phone that is known, else the hotline."""
    return next((phone for phone in phones if phone), settings.HOTLINE)
