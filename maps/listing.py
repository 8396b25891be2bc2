"""What the map shows, as lists: communities, their grids, the buildings of a grid. For those who cannot see a map."""

from datetime import date

from django.contrib.gis.db.models.functions import PointOnSurface
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from buildings.models import Area, Building
from grids.models import Assignment, Grid, GridBoundary

PAGE = 100  # rows on a page


def communities(day: date) -> QuerySet[Area]:
    """All communities with the numbers of their grids and buildings, and where the map opens."""
    shapes = GridBoundary.objects.in_force(day).filter(grid__community=OuterRef("pk"))
    standing = Building.objects.filter(stands_on(day), community=OuterRef("pk"))
    return (
        Area.objects.communities()
        .annotate(
            grids_n=number_of(shapes.filter(grid__level=Grid.Level.GRID), "grid__community"),
            segments_n=number_of(shapes.filter(grid__level=Grid.Level.SEGMENT), "grid__community"),
            buildings_n=number_of(standing, "community"),
            spot=Coalesce("label", PointOnSurface("boundary")),
        )
        .select_related("parent")
        .order_by("code")
    )


def grids(community: str, day: date) -> QuerySet[GridBoundary]:
    """The grids of a community on a day, with what is in them."""
    held = Assignment.objects.filter(
        Q(boundary=OuterRef("pk")) | Q(boundary__parent=OuterRef("pk")), plan=OuterRef("plan")
    )
    return (
        GridBoundary.objects.in_force(day)
        .filter(grid__level=Grid.Level.GRID, grid__community__code=community)
        .annotate(
            segments_n=number_of(GridBoundary.objects.filter(parent=OuterRef("pk")), "parent"),
            stairwells_n=number_of(held, "plan"),
            buildings_n=number_of(held, "plan", "stairwell__building"),
        )
        .select_related("grid")
        .order_by("grid__code")
    )


def buildings(grid: str, day: date) -> QuerySet[Building]:
    """The buildings of a grid on a day; `stairwells` are all doors of the building, and a grid holds it whole."""
    shapes = GridBoundary.objects.in_force(day).filter(grid__code=grid)
    inside = Assignment.objects.filter(Q(boundary__in=shapes) | Q(boundary__parent__in=shapes))
    return (
        Building.objects.filter(stands_on(day), stairwells__in=inside.values("stairwell"))
        .distinct()
        .annotate(spot=PointOnSurface("footprint"))
        .select_related("compound")
        .prefetch_related("stairwells")
        .order_by("code")
    )


def stands_on(day: date) -> Q:
    return Q(gone_since=None) | Q(gone_since__gt=day)


def number_of(rows: QuerySet, of: str, what: str = "pk") -> Coalesce:
    """How many different `what` the rows of each `of` have, 0 where there is none."""
    counted = rows.order_by().values(of).annotate(n=Count(what, distinct=True)).values("n")[:1]
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
