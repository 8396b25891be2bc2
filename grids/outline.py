"""
The outline of a community has each vertex of its grids, and so have its neighbours: then grids tile to the last bit.

A border that ends on the outline ends on a point of the grid of 1e-7 degrees, up to 8 mm beside it, and cuts made on
different days end in different places. Whoever lacks such a vertex disagrees with the others about a sliver. So a
publication gives each vertex on the outline to all whom the outline bounds, and walls to what stands at a border. No
line moves by more than 1.2 cm.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from buildings.models import Area, Building, GroundChange
from geo.geos import to_geos, to_shapely
from geo.meet import BESIDE_A_CORNER, fit, meet, with_points
from grids.gate import with_shapes
from grids.models import Assignment, GridBoundary, Plan, PlanCell


class _Drawn(NamedTuple):
    """A shape of the database: whose it is, in which field, and what it is or shall be."""

    row: Any
    field: str
    shape: BaseGeometry


def lock_around(community: int) -> None:
    """
    Lock a community and those it touches, in one order: two publications next door to each other then queue up.

    Their keys stay free (`no_key`): a resident's report of there need not wait for a publication.
    """
    around = Area.objects.filter(Q(pk=community) | Q(pk__in=_neighbours(Area.objects.get(pk=community))))
    list(around.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def settle(plan: Plan) -> None:
    """
    Let a plan that is about to be published tile its community bit for bit, and cover what stands in its shapes.

    Vertices that the plan has on the outline go into the outline, the neighbours' outlines and their plans, and
    theirs into this one; walls along its borders take the borders' vertices. `lock_around` must be held.
    """
    changed = put_vertices(plan.community, plans=[plan])
    plans = {plan.pk, *(row.plan_id for row in changed if isinstance(row, GridBoundary))}
    walls = _write([wall for pk in sorted(plans) for wall in _walls(pk)])
    if changed or walls:
        counts = {"communities": sum(isinstance(row, Area) for row in changed), "footprints": len(walls)}
        GroundChange.objects.create(what="公布方案时边界与墙线取齐", counts=counts)


def put_vertices(
    community: Area, points: Iterable[tuple[float, float]] = (), *, plans: Sequence[Plan] = ()
) -> list[Any]:
    """
    Give all that a community's outline bounds each other's vertices on it, and further points: (lon, lat), degrees.

    That is the community, its neighbours, their plans in force or to come, and `plans`. Points off the outline are
    left alone. Returns the rows that changed.
    """
    drawn = _bounded(community, plans)
    outline = shapely.boundary(drawn[0].shape)
    before = [one.shape for one in drawn]
    given = np.array(list(points)).reshape(-1, 2)
    given = given[shapely.dwithin(outline, shapely.points(given), BESIDE_A_CORNER)]
    after = meet(with_points(before, given), along=outline)
    return _write(
        [one._replace(shape=shape) for one, shape in zip(drawn, after, strict=True) if shape is not one.shape]
    )


def _bounded(community: Area, plans: Sequence[Plan]) -> list[_Drawn]:
    """The community, and what its outline bounds."""
    community = Area.objects.get(pk=community.pk)  # a neighbour's publication may have changed it since it was read
    areas = [community, *_neighbours(community)]
    open_plans = Plan.objects.filter(Q(in_force__upper_inf=True) | Q(in_force__endswith__gt=timezone.localdate()))
    ids = [*open_plans.filter(community__in=areas).values_list("pk", flat=True), *(plan.pk for plan in plans)]
    assert community.boundary is not None
    outline = community.boundary.boundary
    shapes = GridBoundary.objects.filter(plan__in=ids, boundary__dwithin=(outline, BESIDE_A_CORNER))
    cells = PlanCell.objects.filter(plan__in=ids, shape__dwithin=(outline, BESIDE_A_CORNER))
    return [
        *(_drawn(area, "boundary") for area in areas),
        *(_drawn(row, "boundary") for row in shapes.defer("boundary_mercator", "label_mercator")),
        *(_drawn(cell, "shape") for cell in cells),
    ]


def _neighbours(community: Area) -> QuerySet[Area]:
    """Communities that touch one, corners included."""
    others = Area.objects.communities().exclude(pk=community.pk)
    if community.boundary is None:
        return others.none()
    return others.filter(boundary__dwithin=(community.boundary, BESIDE_A_CORNER)).order_by("pk")


def _drawn(row: Model, field: str) -> _Drawn:
    shape = to_shapely(getattr(row, field))
    assert shape is not None
    return _Drawn(row, field, shape)


# Walls


def _walls(plan: int) -> Iterator[_Drawn]:
    """Footprints that rounding keeps out of their own grid or segment, as they have to be for it."""
    by_grid: dict[int, list[Assignment]] = {}
    for row in _torn(plan):
        by_grid.setdefault(row.boundary.parent_id or row.boundary_id, []).append(row)
    for _grid, members in sorted(by_grid.items()):
        yield from _mended(members)


def _torn(plan: int) -> list[Assignment]:
    """
    Assignments of all doors of a building, where one of them, or the building, is not covered by its shape.

    Asked here and not in SQL: on tables that were just filled PostgreSQL has joined each door with each shape.
    """
    rows = list(
        Assignment.objects.filter(plan=plan, stairwell__gone_since=None, stairwell__building__in=_torn_buildings(plan))
        .select_related("stairwell__building")
        .defer("stairwell__footprint_mercator", "stairwell__building__footprint_mercator")
        .order_by("boundary", "pk")
    )
    parts = GridBoundary.objects.filter(pk__in={row.boundary_id for row in rows})
    whole = GridBoundary.objects.filter(pk__in=parts.values("parent"))
    cells = (parts | whole).defer("boundary_mercator", "label_mercator").in_bulk()
    for row in rows:
        row.boundary = cells[row.boundary_id]
        if row.boundary.parent_id:
            row.boundary.parent = cells[row.boundary.parent_id]
    return rows


def _torn_buildings(plan: int) -> set[int]:
    """Buildings that their grid does not cover, or with a door that its shape does not cover."""
    shapes, grid_of = {}, {}
    boundaries = GridBoundary.objects.filter(plan=plan).annotate(wkb=AsWKB("boundary"))
    for pk, parent, shape in with_shapes(boundaries.values_list("pk", "parent", "wkb")):
        shapes[pk], grid_of[pk] = shape, parent or pk
    shapely.prepare(list(shapes.values()))
    doors = Assignment.objects.filter(plan=plan, stairwell__gone_since=None)
    rows = doors.annotate(wkb=AsWKB("stairwell__footprint")).values_list("stairwell__building", "boundary", "wkb")
    asked = list(with_shapes(rows))
    grids = {(building, grid_of[cell]) for building, cell, _door in asked}
    buildings = Building.objects.filter(pk__in=doors.values("stairwell__building")).annotate(wkb=AsWKB("footprint"))
    footprints = dict(with_shapes(buildings.values_list("pk", "wkb")))
    asked += [(building, grid, footprints[building]) for building, grid in sorted(grids)]
    covered = shapely.covers([shapes[cell] for _, cell, _ in asked], [footprint for *_, footprint in asked])
    return {building for (building, *_), whole in zip(asked, covered, strict=True) if not whole}


def _mended(rows: list[Assignment]) -> Iterator[_Drawn]:
    """The walls of buildings in one grid with the vertices of its shapes, and without what rounding left outside."""
    grid = rows[0].boundary.parent or rows[0].boundary
    cells = {row.pk: _drawn(row, "boundary").shape for row in (grid, *(row.boundary for row in rows))}
    homes: list[tuple[Model, int]] = [(row.stairwell, row.boundary_id) for row in rows]
    homes += [(building, grid.pk) for building in {row.stairwell.building for row in rows}]
    before = [_drawn(row, "footprint") for row, _home in homes]
    corners = np.unique(shapely.get_coordinates(list(cells.values())), axis=0)
    after = with_points([one.shape for one in before], corners)
    for one, shape, (_row, home) in zip(before, after, homes, strict=True):
        fitted = fit(shape, cells[home])
        if fitted is not one.shape:
            yield one._replace(shape=fitted)


def _write(changes: Sequence[_Drawn]) -> list[Any]:
    """Store shapes, many rows a statement; the rows."""
    for one in changes:
        is_multi = one.field != "shape"
        setattr(one.row, one.field, to_geos(_multi(one.shape) if is_multi else one.shape))
    by_model: dict[tuple[type[Model], str], list[Any]] = {}
    for one in changes:
        by_model.setdefault((type(one.row), one.field), []).append(one.row)
    for (model, field), rows in by_model.items():
        model._default_manager.bulk_update(rows, [field], batch_size=500)
    return [one.row for one in changes]


def _multi(shape: BaseGeometry) -> BaseGeometry:
    return shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
