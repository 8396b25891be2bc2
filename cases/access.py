"""Which cases a person may see and what they are to a case, by the posts that they answer for that day (law 10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Look, User
from accounts.roles import TEAM, Role
from buildings.models import Area, Stairwell
from cases.models import ENDED, Call, Case, Category, HandlingUnit, Level, Reporter
from grids.access import doors_in, posts_of
from grids.models import Appointment, Grid

WORKERS = (Role.GRID_WORKER, Role.GRID_HEAD)
STAFF = (Role.COMMUNITY_STAFF, Role.COMMUNITY_SECRETARY)
SEES_A_GRID = (*WORKERS, Role.GRID_ADVISOR, *TEAM)  # all of a grid's team see its cases; who acts is in states.py
CAPTAINS = (Role.BUILDING_CAPTAIN, Role.STAIRWELL_CAPTAIN)


@dataclass(frozen=True)
class Hands:
    """What a person holds on a day: read once, then asked about any number of cases."""

    user: Any
    on: date
    posts: tuple[Appointment, ...]
    units: frozenset[int]  # handling units that they are a member of

    @classmethod
    def of(cls, user: Any, on: date) -> "Hands":
        """Two queries; none for a visitor."""
        if not user.is_authenticated or not user.is_active:
            return cls(user, on, (), frozenset())
        units = HandlingUnit.objects.filter(members=user.pk, in_use=True).values_list("pk", flat=True)
        return cls(user, on, tuple(posts_of(user, on)), frozenset(units))

    @cached_property
    def community_ids(self) -> list[int]:
        """Communities of which they are staff or dispatcher, by key: a list that an index of cases can use."""
        codes = (*self.communities, *self.dispatched)
        inside = Q(pk__in=[])
        for code in codes:
            inside |= Q(code__startswith=code)
        return list(Area.objects.communities().filter(inside).values_list("pk", flat=True)) if codes else []

    @cached_property
    def called(self) -> list[int]:
        """Cases to which their units were called."""
        calls = Call.objects.filter(handling_unit__in=self.units) if self.units else Call.objects.none()
        return list(calls.values_list("whistle__case", flat=True).distinct())

    @cached_property
    def grids(self) -> frozenset[int]:
        """Grids of the first level that they are worker or head of."""
        return frozenset(post.grid_id for post in self._at_grids(WORKERS) if post.grid_id)

    @cached_property
    def teams(self) -> frozenset[int]:
        """Grids of the first level of whose team they are."""
        return frozenset(post.grid_id for post in self._at_grids(SEES_A_GRID) if post.grid_id)

    @cached_property
    def communities(self) -> tuple[str, ...]:
        return self._areas(STAFF)

    @cached_property
    def dispatched(self) -> tuple[str, ...]:
        """Codes of the areas whose dispatcher they are; an administrator is one everywhere, as with plans."""
        return ("", *self._areas((Role.DISPATCHER,))) if self.user.is_superuser else self._areas((Role.DISPATCHER,))

    def is_to(self, case: Case) -> set[str]:
        """By the place of a case whatever its level: worker, team, staff, dispatcher; by what they do: unit, person."""
        code = case.community.code or "" if case.community else ""
        words = {"worker"} if case.grid_id in self.grids else set()
        words |= {"staff"} if code and code.startswith(self.communities) else set()
        if any(code.startswith(area) or not code for area in self.dispatched):
            words.add("dispatcher")
        words |= {"team"} if case.grid_id in self.teams else set()
        words |= {"unit"} if case.handling_unit_id in self.units else set()
        words |= {"person"} if self.posts and case.person_id == self.user.pk else set()
        return words

    def dispatches(self, case: Case) -> bool:
        """Whether they are dispatcher at the level of the case, or above it."""
        code = case.community.code or "" if case.community else ""
        longest = 6 if case.level == Level.DISTRICT else 12
        return any(len(area) <= longest and (code.startswith(area) or not code) for area in self.dispatched)

    def is_near(self, case: Case) -> bool:
        """Whether they hold a post for the case's community, in it or above it; anywhere, for a case in none."""
        code = case.community.code or "" if case.community else ""
        places = (post.area or post.grid or post.compound or post.building for post in self.posts)
        return any(not code or _holds(place, case, code) for place in places)

    def _areas(self, roles: Iterable[Role]) -> tuple[str, ...]:
        held = set(roles)
        return tuple(post.area.code for post in self.posts if post.area and post.area.code and post.role in held)

    def _at_grids(self, roles: Iterable[Role], level: Grid.Level = Grid.Level.GRID) -> list[Appointment]:
        held = set(roles)
        return [post for post in self.posts if post.grid and post.grid.level == level and post.role in held]


def _holds(place: Any, case: Case, code: str) -> bool:
    if isinstance(place, Area):
        return code.startswith(place.code or "-")
    return place is not None and place.community_id == case.community_id


def cases_of(user: Any, on: date) -> QuerySet[Case]:
    """
    The cases that a person may see on a day; none for a visitor. Four queries with the one that reads them.

    A grid's team sees the grid, a captain the open cases of their own stairs but for sensitive ones, staff the
    community, a dispatcher the area, a handling unit what it has, had first or was called to; whoever a case was given
    to sees it.
    """
    hands = Hands.of(user, on)
    return Case.objects.filter(seen_by(hands))


def may_see(user: Any, case: Case, on: date) -> bool:
    return cases_of(user, on).filter(pk=case.pk).exists()


def seen_by(hands: Hands) -> Q:
    """
    The condition by which a person sees cases, for whoever has read their posts already.

    Keys in lists, no joins: of a million cases the indices find each part.
    """
    if hands.user.is_superuser:
        return Q()
    seen = Q(pk__in=[])
    if hands.units:
        seen |= Q(handling_unit__in=hands.units) | Q(first_unit__in=hands.units) | Q(pk__in=hands.called)
    if hands.posts:
        seen |= Q(person=hands.user.pk) | Q(community__in=hands.community_ids)
    if hands.dispatched:
        seen |= Q(community=None)
    return seen | _below(hands)


def _below(hands: Hands) -> Q:
    """What posts below the community see."""
    segments = [post.grid_id for post in hands._at_grids(SEES_A_GRID, Grid.Level.SEGMENT) if post.grid_id]
    buildings = [post.building_id for post in hands.posts if post.building_id and post.role in CAPTAINS]
    stairs = [post.stairwell_id for post in hands.posts if post.stairwell_id and post.role in CAPTAINS]
    seen = Q(grid__in=hands.teams) if hands.teams else Q(pk__in=[])
    if segments:
        doors = Stairwell.objects.filter(doors_in(segments, hands.on))
        seen |= Q(stairwell__in=list(doors.values_list("pk", flat=True)))
    if buildings or stairs:
        sensitive = Q(category__in=Category.objects.filter(sensitive=True))  # a captain is a neighbour
        seen |= (Q(building__in=buildings) | Q(stairwell__in=stairs)) & ~Q(status__in=ENDED) & ~sensitive
    return seen


def may_see_reporter(user: Any, case: Case, on: date) -> bool:
    """
    Whether a person may know who reported: the grid's worker and the community's staff, and further up the dispatcher.

    Never somebody of a unit that handles it, handled it or was called to it, whatever else they are.
    """
    hands = Hands.of(user, on)
    if hands.units and _handles(case, hands.units):
        return False
    words = hands.is_to(case)
    further_up = case.level >= Level.SUBDISTRICT and hands.dispatches(case) and not user.is_superuser
    return bool(words & {"worker", "staff"}) or further_up


def _handles(case: Case, units: frozenset[int]) -> bool:
    if case.handling_unit_id in units or case.first_unit_id in units:
        return True
    past = case.moves.filter(handling_unit__in=units).exists()
    return past or case.whistles.filter(calls__handling_unit__in=units).exists()


def reporter_of(user: User, case: Case, on: date, page: str) -> Reporter | None:
    """Who reported, for somebody who may know; None for others and where nobody left a name. The look is kept."""
    if not may_see_reporter(user, case, on):
        return None
    found = Reporter.objects.filter(case=case).first()
    if found is not None:
        Look.objects.create(user=user, subject=case.number, rows=1, page=page)
    return found
