"""Cells for a plan from the time before plans kept theirs: cut afresh, each with the label that its ground has."""

from django.contrib.gis.db.models.functions import AsWKB
from django.db import transaction
from django.db.models import F

from geo.draft import LEVELS, Level
from geo.geos import to_geos
from grids.draft import cut_along, gather
from grids.models import GridBoundary, Plan, PlanCell, label_of
from planning.site import read_shapes


@transaction.atomic
def see_to_cells(plan: Plan) -> None:
    """
    Give a plan cells where it has shapes and no cells.

    A stairwell's cell has the label that the plan assigns, other ground that of the shape that it lies in. Borders are
    those of the new cut: near the published ones, and not the same to the last bit.
    """
    Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.cells.exists() or not plan.boundaries.exists():
        return
    shapes = cut_along(gather(plan.community)).shapes
    points = {name: shape.representative_point() for name, shape in shapes.items()}
    labels = {level: _by_place(plan, level, points) for level in LEVELS}
    for code, grid, segment in _assigned(plan):
        labels["grid"][code], labels["segment"][code] = grid, segment
    rows = [
        PlanCell(
            plan=plan,
            name=name,
            shape=to_geos(shape),
            grid=labels["grid"].get(name, ""),
            segment=labels["segment"].get(name, ""),
        )
        for name, shape in shapes.items()
    ]
    PlanCell.objects.bulk_create(rows, batch_size=1000)


def _by_place(plan: Plan, level: Level, points: dict) -> dict[str, str]:
    """The label of the shape of a level that each point lies in."""
    rows = plan.boundaries.filter(grid__level=LEVELS.index(level) + 1).select_related("grid")
    rows = rows.only("grid__code", "grid__level").annotate(wkb=AsWKB(F("boundary")))
    found: dict[str, str] = {}
    for row, shape in zip(rows, read_shapes(row.wkb for row in rows), strict=True):
        found |= {name: label_of(row.grid) for name, point in points.items() if shape.covers(point)}
    return found


def _assigned(plan: Plan) -> list[tuple[str, str, str]]:
    """Each stairwell's code, and the labels of its grid and segment."""
    rows = plan.assignments.select_related("stairwell", "boundary__grid", "boundary__parent__grid")
    rows = rows.only("stairwell__code", "boundary__grid__code", "boundary__parent__grid__code")
    return [(row.stairwell.code, *_labels(row.boundary)) for row in rows]


def _labels(shape: GridBoundary) -> tuple[str, str]:
    own = label_of(shape.grid)
    return (label_of(shape.parent.grid), own) if shape.parent else (own, "")
