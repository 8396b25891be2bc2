"""Which doors an appointment covers on a day: the row rule for everything behind a door (law 10)."""

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import SEES_HOUSEHOLDS, Role
from buildings.models import Stairwell
from grids.models import Appointment, Assignment, GridBoundary


def posts_of(user: User, on: date) -> QuerySet[Appointment]:
    """The posts that a person answers for on a day, with their places."""
    posts = Appointment.objects.answered_by(user, on)
    return posts.select_related("person", "area", "compound", "grid", "building", "stairwell").order_by("pk")


def doors_of(user: User, on: date, roles: Collection[Role] = SEES_HOUSEHOLDS) -> QuerySet[Stairwell]:
    """
    The stairwells that a person's posts in `roles` cover on a day, none where there are no such posts. Two queries.

    A grid's doors are those that the plan in force that day assigns to it, so a redraw moves access on its date.
    """
    covered = Q(pk__in=[])
    for post in posts_of(user, on):
        if post.role in roles:
            covered |= _covered_by(post, on)
    return Stairwell.objects.filter(covered).filter(Q(gone_since=None) | Q(gone_since__gt=on))


def may_open(user: User, stairwell: Stairwell, on: date) -> bool:
    """Whether a person may see who lives behind this door on this day."""
    return user.is_authenticated and doors_of(user, on).filter(pk=stairwell.pk).exists()


def doors_in(grids: Iterable[int], on: date) -> Q:
    """The stairwells that the plans in force on a day assign to these grids or segments."""
    shapes = GridBoundary.objects.within(list(grids), on)
    return Q(pk__in=Assignment.objects.filter(boundary__in=shapes).values("stairwell"))


def _covered_by(post: Appointment, on: date) -> Q:
    if post.stairwell_id:
        return Q(pk=post.stairwell_id)
    if post.building_id:
        return Q(building=post.building_id)
    if post.compound_id:
        return Q(building__compound=post.compound_id)
    if post.area is not None:
        return Q(building__community__code__startswith=post.area.code)
    return doors_in([post.grid_id] if post.grid_id else [], on)
