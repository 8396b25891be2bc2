"""A community's net for those who plan or lead it: grids with their counts, and what is vacant."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q

from accounts.roles import TEAM, Role
from buildings.models import Area
from grids.census import Census, census
from grids.models import Appointment, GridBoundary, Plan

MOST = 40  # communities on one page


@dataclass(frozen=True)
class GridRow:
    """One grid with its counts and the posts that nobody holds."""

    name: str
    code: str
    label: tuple[float, ...]  # longitude, latitude: where the map opens
    count: Census
    segments: int
    vacant: tuple[str, ...]


@dataclass(frozen=True)
class Community:
    area: Area
    plan: Plan | None
    grids: tuple[GridRow, ...]
    without_captain: int  # stairwells

    @property
    def vacant(self) -> int:
        """Posts of the grids that nobody holds."""
        return sum(len(row.vacant) for row in self.grids)

    @property
    def total(self) -> Census:
        total = Census()
        for row in self.grids:
            total.stairwells |= row.count.stairwells
            total.buildings |= row.count.buildings
            total.households += row.count.households
            total.people += row.count.people
        return total


def communities_of(codes: Iterable[str], on: date) -> list[Community]:
    """The communities under these official codes. The number of queries does not grow with them."""
    under = reduce(or_, (Q(code__startswith=code) for code in codes))
    areas = list(Area.objects.communities().filter(under).order_by("code")[:MOST])
    plans = {plan.community_id: plan for plan in Plan.objects.in_force(on).filter(community__in=areas)}
    counts = census([plan.pk for plan in plans.values()])
    shapes = _shapes(plans.values(), on)
    held = _held([shape.grid_id for shape in shapes], on)
    captains = _without_captain(counts, on)
    return [
        Community(
            area,
            plans.get(area.pk),
            tuple(_rows([shape for shape in shapes if shape.plan == plans.get(area.pk)], counts, held)),
            len(captains & _doors_of(plans.get(area.pk), shapes, counts)),
        )
        for area in areas
    ]


def _shapes(plans: Collection[Plan], on: date) -> list[GridBoundary]:
    shapes = GridBoundary.objects.in_force(on).filter(plan__in=plans).select_related("grid", "plan")
    return list(shapes.defer("boundary", "boundary_mercator", "label_mercator").order_by("grid__code"))


def _rows(shapes: list[GridBoundary], counts: dict[int, Census], held: set[tuple[int, str]]) -> Iterable[GridRow]:
    for shape in shapes:
        if shape.grid.level == 1:
            segments = sum(other.parent_id == shape.pk for other in shapes)
            vacant = tuple(str(role.label) for role in (Role.GRID_WORKER, *TEAM) if not _is_held(shape, role, held))
            yield GridRow(
                shape.grid.name, shape.grid.code or "", shape.label.coords, counts[shape.pk], segments, vacant
            )


def _is_held(shape: GridBoundary, role: Role, held: set[tuple[int, str]]) -> bool:
    return (shape.grid_id, role.value) in held


def _held(grids: Collection[int], on: date) -> set[tuple[int, str]]:
    """Grid and role of each post that somebody holds."""
    posts = Appointment.objects.in_force(on).filter(grid__in=grids)
    return set(posts.values_list("grid", "role"))


def _without_captain(counts: dict[int, Census], on: date) -> set[int]:
    doors: set[int] = set().union(*(count.stairwells for count in counts.values()))
    captains = Appointment.objects.in_force(on).filter(role=Role.STAIRWELL_CAPTAIN, stairwell__in=doors)
    return doors - set(captains.values_list("stairwell", flat=True))


def _doors_of(plan: Plan | None, shapes: list[GridBoundary], counts: dict[int, Census]) -> set[int]:
    if plan is None:
        return set()
    return set().union(*(counts[shape.pk].stairwells for shape in shapes if shape.plan_id == plan.pk))
