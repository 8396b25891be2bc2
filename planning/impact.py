"""
Whom a plan moves, before it moves them: any two plans of one community, compared in counts and never by name (law 10).

Read are the cells that differ, and the doors of the grids that they are in: it costs by what a plan changes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import F
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from accounts.roles import SEES_HOUSEHOLDS
from buildings.models import Household, Stairwell
from geo.coverage import dissolve
from geo.crs import area_m2
from geo.difference import Fate, Ground, compare
from geo.draft import LEVELS, Level
from grids import headcount
from grids.draft import households_of
from grids.models import Appointment, Plan
from planning.caseload import Moving, moving
from planning.plan_pairs import NOWHERE, Cell, Changed, Home, Pair, cells_of, changed_cells, guests_of, pair, reference
from planning.site import read_shapes
from planning.table import Info, figures_of


@dataclass(frozen=True)
class Figures:
    """What is counted of some stairwells. `people` and `alone` are shares: see grids/headcount.py, and `told`."""

    stairwells: int = 0
    households: int = 0
    people: float = 0
    alone: float = 0

    @property
    def told(self) -> dict[str, int | None]:
        """As planners are told them: people and people living alone never of fewer than 8 households."""
        return {"stairwells": self.stairwells, **figures_of(vars(self))}

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.stairwells + other.stairwells,
            self.households + other.households,
            self.people + other.people,
            self.alone + other.alone,
        )


@dataclass(frozen=True)
class Door:
    """
    A stairwell of a grid that the plan concerns: who has it, and who will.

    `name`, `number` and `compound` are those of its building; each may be empty.
    """

    code: str
    title: str
    building: str
    building_title: str
    name: str
    number: str
    compound: str
    footprint: BaseGeometry
    counts: Figures
    before: Home
    after: Home

    def moves(self, level: Level = "grid") -> bool:
        return self.before.at(level) != self.after.at(level)


@dataclass(frozen=True)
class Handing:
    """What goes from one grid to another; None is no grid at all."""

    giver: str | None
    taker: str | None
    doors: list[Door]

    @property
    def counts(self) -> Figures:
        return total(self.doors)

    @property
    def buildings(self) -> list[str]:
        return list(dict.fromkeys(door.building_title for door in self.doors))


@dataclass(frozen=True)
class Change:
    """A grid or segment that comes, goes, changes or gets another name, with its figures before and after."""

    level: Level
    identity: str
    code: str | None
    name: str
    old_name: str
    fate: Fate | Literal["renamed"]
    before: Figures
    after: Figures
    area_before: float
    area_after: float
    shape_before: BaseGeometry | None
    shape: BaseGeometry | None


@dataclass(frozen=True)
class Person:
    """Somebody with a post at a grid that the plan concerns. `sees` says whether the post opens household rows."""

    pk: int
    name: str
    roles: list[str]
    sees: bool
    gained: list[Door]
    lost: list[Door]
    before: Figures
    after: Figures


@dataclass(frozen=True)
class Plate:
    """A stairwell whose captain's plate and door sheet say something else once the plan is in force."""

    door: Door
    reasons: list[str]  # grid, segment, name


@dataclass(frozen=True)
class Impact:
    """What a plan changes against another one. Names of grids are identities: see `name`."""

    before: Plan | None
    after: Plan
    on: date
    is_estimated: bool
    doors: list[Door]
    handings: list[Handing]
    changes: list[Change]
    people: list[Person]
    plates: list[Plate]
    cases: list[Moving]
    ground: list[Ground]
    sides: Pair = field(repr=False)

    @property
    def moved(self) -> list[Door]:
        """The doors that change grid."""
        return [door for door in self.doors if door.moves()]

    @property
    def counts(self) -> Figures:
        return total(self.moved)

    @property
    def grids(self) -> list[Change]:
        return [change for change in self.changes if change.level == "grid"]

    def name(self, identity: str | None) -> str:
        """What people call a grid; empty for none."""
        info = self._info(identity)
        return info.name if info else identity or ""

    def code(self, identity: str | None) -> str | None:
        info = self._info(identity)
        return info.code if info else None

    def _info(self, identity: str | None) -> Info | None:
        known = identity or ""
        return self.sides.after.infos.get(known) or self.sides.before.infos.get(known)


def total(doors: Iterable[Door]) -> Figures:
    return sum((door.counts for door in doors), Figures())


def impact(after: Plan, before: Plan | None = None) -> Impact:
    """What a plan changes against another, by default against what it began from. Raises nothing; a dozen queries."""
    before = before or reference(after)
    both = pair(before, after)
    changed, guests = changed_cells(both), guests_of(both)
    on = _day(after)
    posts = _posts(after, on)
    wanted = _concerned(both, changed, guests)
    held = wanted | _also_held(posts, both, wanted)
    old, new = cells_of(both.before, held), cells_of(both.after, held)
    doors, is_estimated = _doors(after, old, new, _among(guests, held))
    return Impact(
        before=before,
        after=after,
        on=on,
        is_estimated=is_estimated,
        doors=[door for door in doors if {door.before.grid, door.after.grid} & wanted],
        handings=_handings(doors),
        changes=_changes(both, doors, old, new, changed, guests),
        people=_people(posts, doors),
        plates=_plates(both, doors),
        cases=moving(after.community_id, {door.code: (door.before, door.after) for door in doors}, old, new),
        ground=_ground(changed),
        sides=both,
    )


def _day(plan: Plan) -> date:
    """The day whose posts are asked for: that on which the plan takes effect, else today."""
    return plan.in_force.lower if plan.in_force else timezone.localdate()


# What is concerned


def _concerned(both: Pair, changed: Iterable[Changed], guests: Mapping[str, tuple[Home, Home]]) -> set[str]:
    """The grids of all that differs, and those with another name, or a segment of another name."""
    homes = [cell.home for pair in changed for cell in (pair.before, pair.after) if cell]
    homes += [home for pair in guests.values() for home in pair if pair[0] != pair[1]]
    found = {home.grid for home in homes if home.grid}
    return found | {identity for identity in _renamed(both) if both.after.infos[identity].level == "grid"}


def _renamed(both: Pair) -> set[str]:
    old, new = both.before.infos, both.after.infos
    return {identity for identity in old.keys() & new.keys() if old[identity].name != new[identity].name}


def _among(guests: Mapping[str, tuple[Home, Home]], grids: Collection[str]) -> dict[str, tuple[Home, Home]]:
    return {code: homes for code, homes in guests.items() if homes[0].grid in grids or homes[1].grid in grids}


# Doors


def _doors(
    plan: Plan, old: Mapping[str, Cell], new: Mapping[str, Cell], guests: Mapping[str, tuple[Home, Home]]
) -> tuple[list[Door], bool]:
    """The stairwells of some cells, in order of their codes; and whether their households are only estimated."""
    homes = {name: (_home(old, name), _home(new, name)) for name in {*old, *new}} | dict(guests)
    rows = Stairwell.objects.standing().filter(code__in=list(homes), building__gone_since=None).order_by("code")
    standing = list(rows.select_related("building__compound").annotate(wkb=AsWKB(F("footprint"))).only(*_OF_A_DOOR))
    footprints = read_shapes(row.wkb for row in standing)
    counts, is_estimated = _counts(plan, [row.code for row in standing])
    doors = [
        Door(
            code=row.code,
            title=f"{row.building.title} {row.title}",
            building=row.building.code,
            building_title=row.building.title,
            name=row.building.name,
            number="" if row.building.name else row.building.number,
            compound=row.building.compound.name if row.building.compound else "",
            footprint=footprint,
            counts=counts.get(row.code, Figures(1)),
            before=homes[row.code][0],
            after=homes[row.code][1],
        )
        for row, footprint in zip(standing, footprints, strict=True)
    ]
    return doors, is_estimated


_OF_A_DOOR = (
    "code", "name", "number", "building__code", "building__name", "building__number", "building__address",
    "building__compound__name",
)  # fmt: skip


def _home(cells: Mapping[str, Cell], name: str) -> Home:
    return cells[name].home if name in cells else NOWHERE


def _counts(plan: Plan, codes: list[str]) -> tuple[dict[str, Figures], bool]:
    """Households, people and people living alone behind each door; estimated where no household is known at all."""
    found = {code: Figures(1, *counts) for code, counts in headcount.of_doors(codes, plan.community_id).items()}
    inside = Household.objects.filter(dwelling__stairwell__building__community=plan.community_id)
    if found or not codes or inside.exists():
        return found, False
    doors = Stairwell.objects.filter(code__in=codes).select_related("building")
    return {code: Figures(1, round(count)) for code, count in households_of(list(doors)).items()}, True


def _handings(doors: Iterable[Door]) -> list[Handing]:
    """By giver and taker, those with most people living alone first."""
    found: dict[tuple[str | None, str | None], list[Door]] = {}
    for door in doors:
        if door.moves():
            found.setdefault((door.before.grid, door.after.grid), []).append(door)
    handings = [Handing(giver, taker, moved) for (giver, taker), moved in found.items()]
    return sorted(handings, key=lambda each: (-each.counts.alone, -each.counts.households, each.giver or ""))


# Grids


def _changes(
    both: Pair,
    doors: list[Door],
    old: Mapping[str, Cell],
    new: Mapping[str, Cell],
    changed: Iterable[Changed],
    guests: Mapping[str, tuple[Home, Home]],
) -> list[Change]:
    found = []
    for level in LEVELS:
        shapes = [_shapes(cells, level) for cells in (old, new)]
        for identity in sorted(_touched(both, level, changed, guests)):
            found.append(_change(both, level, identity, doors, shapes[0].get(identity), shapes[1].get(identity)))
    return found


def _touched(both: Pair, level: Level, changed: Iterable[Changed], guests: Mapping[str, tuple[Home, Home]]) -> set[str]:
    """The grids, or segments, that something came to, went from, or that got another name."""
    found = {identity for identity in _renamed(both) if both.after.infos[identity].level == level}
    for each in changed:
        homes = [cell.home.at(level) if cell else None for cell in (each.before, each.after)]
        is_moved = homes[0] != homes[1]
        if is_moved or each.before is None or each.after is None or each.before.shape.wkb != each.after.shape.wkb:
            found |= {home for home in homes if home}
    for old, new in guests.values():
        if old.at(level) != new.at(level):
            found |= {home for home in (old.at(level), new.at(level)) if home}
    return found


def _shapes(cells: Mapping[str, Cell], level: Level) -> dict[str, BaseGeometry]:
    labels = {name: home for name, cell in cells.items() if (home := cell.home.at(level))}
    return dissolve({name: cell.shape for name, cell in cells.items()}, labels)


def _change(
    both: Pair,
    level: Level,
    identity: str,
    doors: list[Door],
    old: BaseGeometry | None,
    new: BaseGeometry | None,
) -> Change:
    names = [side.infos[identity].name if identity in side.infos else "" for side in both.sides()]
    known = both.after.infos.get(identity) or both.before.infos.get(identity)
    gave = [door for door in doors if door.before.at(level) == identity]
    has = [door for door in doors if door.after.at(level) == identity]
    return Change(
        level=level,
        identity=identity,
        code=known.code if known else None,
        name=names[1] or names[0] or identity,
        old_name=names[0],
        fate=_fate(old, new, names),
        before=total(gave),
        after=total(has),
        area_before=area_m2(old) if old else 0.0,
        area_after=area_m2(new) if new else 0.0,
        shape_before=old,
        shape=new,
    )


def _fate(old: BaseGeometry | None, new: BaseGeometry | None, names: list[str]) -> Fate | Literal["renamed"]:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "renamed" if names[0] != names[1] and old.wkb == new.wkb else "changed"


def _ground(changed: Iterable[Changed]) -> list[Ground]:
    """The ground that changes hands, by giver and taker: the cells that differ are overlaid, and no others."""
    shapes = []
    for pick in _SIDES:
        cells = {cell.name: cell for each in changed if (cell := pick(each)) is not None}
        shapes.append(_shapes(cells, "grid"))
    return compare(shapes[0], shapes[1], homes_before={}, homes_after={}).ground


_SIDES: tuple[Callable[[Changed], Cell | None], ...] = (lambda each: each.before, lambda each: each.after)


# People


def _posts(plan: Plan, on: date) -> list[Appointment]:
    """All posts at grids and segments of the community on a day."""
    rows = Appointment.objects.in_force(on).filter(grid__community=plan.community_id)
    return list(rows.select_related("person", "grid").order_by("person__name", "person", "pk"))


def _post_identity(post: Appointment) -> str:
    assert post.grid is not None
    return post.grid.code or f"g{post.grid.pk}"


def _also_held(posts: Iterable[Appointment], both: Pair, wanted: Collection[str]) -> set[str]:
    """The other grids of people with a post at a grid that is concerned: without them their load would be too small."""
    infos = {**both.before.infos, **both.after.infos}
    at: dict[int, set[str]] = {}
    for post in posts:
        identity = _post_identity(post)
        if identity in infos and infos[identity].level == "grid":
            at.setdefault(post.person_id, set()).add(identity)
    return {grid for grids in at.values() if grids & set(wanted) for grid in grids}


def _people(posts: Iterable[Appointment], doors: list[Door]) -> list[Person]:
    """Who gets or loses doors: first those who see who lives there, and of these those whose load grows most."""
    before, after = (_by_home(doors, pick) for pick in (lambda door: door.before, lambda door: door.after))
    own: dict[int, list[Appointment]] = {}
    for post in posts:
        own.setdefault(post.person_id, []).append(post)
    found = [_person(held, before, after) for held in own.values()]
    moved = [person for person in found if person.gained or person.lost]
    return sorted(moved, key=lambda person: (not person.sees, -abs(person.after.households - person.before.households)))


def _by_home(doors: Iterable[Door], pick: Callable[[Door], Home]) -> dict[str, dict[str, Door]]:
    found: dict[str, dict[str, Door]] = {}
    for door in doors:
        for identity in pick(door):
            if identity is not None:
                found.setdefault(identity, {})[door.code] = door
    return found


def _person(
    held: list[Appointment], before: Mapping[str, dict[str, Door]], after: Mapping[str, dict[str, Door]]
) -> Person:
    had: dict[str, Door] = {}
    gets: dict[str, Door] = {}
    for post in held:
        had |= before.get(_post_identity(post), {})
        gets |= after.get(_post_identity(post), {})
    return Person(
        pk=held[0].person_id,
        name=held[0].person.name,
        roles=list(dict.fromkeys(post.get_role_display() for post in held)),
        sees=any(post.role in SEES_HOUSEHOLDS for post in held),
        gained=[door for code, door in gets.items() if code not in had],
        lost=[door for code, door in had.items() if code not in gets],
        before=total(had.values()),
        after=total(gets.values()),
    )


# Print


def _plates(both: Pair, doors: Iterable[Door]) -> list[Plate]:
    renamed = _renamed(both)
    found = []
    for door in doors:
        reasons: list[str] = [level for level in LEVELS if door.moves(level)]
        if renamed & set(door.after):
            reasons.append("name")
        if reasons:
            found.append(Plate(door, reasons))
    return found
