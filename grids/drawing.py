"""Write the shapes of a draft: a labelling of cells, dissolved into grids and segments."""

from collections.abc import Mapping

import shapely
from django.db import transaction
from shapely.geometry.base import BaseGeometry

from buildings.models import Stairwell
from geo.coverage import colour, dissolve, label_point, neighbours
from geo.geos import to_geos
from grids.models import Assignment, Grid, GridBoundary, Plan, PlanCell, label_of


@transaction.atomic
def draw(
    *,
    plan: Plan,
    cells: Mapping[str, BaseGeometry],
    grid_of: Mapping[str, Grid],
    segment_of: Mapping[str, Grid] | None = None,
    keeps_cells: bool = False,
) -> list[GridBoundary]:
    """
    Replace the shapes and assignments of a draft.

    `cells` tile the community, keyed by stairwell code (or by another name for ground without a door); `grid_of`
    labels each of them, `segment_of` those that lie in a grid with segments. The grids are saved already. With
    `keeps_cells` the plan has its cells, as a draft of the planner's table does, and they stay as they are.
    """
    plan.boundaries.all().delete()
    grids = _write_level(plan, cells, grid_of, {})
    parents = {segment.pk: grids[grid_of[unit].pk] for unit, segment in (segment_of or {}).items()}
    segments = _write_level(plan, cells, segment_of or {}, parents)
    deepest = {unit: grids[grid.pk] for unit, grid in grid_of.items()}
    deepest |= {unit: segments[segment.pk] for unit, segment in (segment_of or {}).items()}
    _assign(plan, deepest)
    if not keeps_cells:
        _write_cells(plan, cells, grid_of, segment_of or {})
    return [*grids.values(), *segments.values()]


def _write_cells(
    plan: Plan, cells: Mapping[str, BaseGeometry], grid_of: Mapping[str, Grid], segment_of: Mapping[str, Grid]
) -> None:
    """Keep what the shapes are made of, for the redraw that starts from this plan."""
    plan.cells.all().delete()
    rows = [
        PlanCell(
            plan=plan,
            name=name,
            shape=to_geos(shape),
            grid=label_of(grid_of[name]) if name in grid_of else "",
            segment=label_of(segment_of[name]) if name in segment_of else "",
        )
        for name, shape in cells.items()
    ]
    PlanCell.objects.bulk_create(rows, batch_size=1000)


def _write_level(
    plan: Plan, cells: Mapping[str, BaseGeometry], label: Mapping[str, Grid], parents: Mapping[int, GridBoundary]
) -> dict[int, GridBoundary]:
    """One row per grid of a level, keyed by the grid's primary key."""
    if not label:
        return {}
    shapes = dissolve({unit: cells[unit] for unit in label}, {unit: str(grid.pk) for unit, grid in label.items()})
    colours = colour(neighbours(shapes), shapes)
    rows = [
        GridBoundary(
            plan=plan,
            grid_id=int(key),
            parent=parents.get(int(key)),
            boundary=to_geos(shapely.MultiPolygon(shapely.get_parts(shape).tolist())),
            label=to_geos(label_point(shape)),
            colour=colours[key],
            pieces=shapely.get_num_geometries(shape),
        )
        for key, shape in shapes.items()
    ]
    return {row.grid_id: row for row in GridBoundary.objects.bulk_create(rows, batch_size=500)}


def _assign(plan: Plan, deepest: Mapping[str, GridBoundary]) -> None:
    stairwells = Stairwell.objects.standing().filter(code__in=list(deepest)).values_list("pk", "code")
    Assignment.objects.bulk_create(
        [Assignment(plan=plan, stairwell_id=pk, boundary=deepest[code]) for pk, code in stairwells], batch_size=2000
    )
