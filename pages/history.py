"""The history of a grid: its shape in each plan, who held its posts, and what it is called. Open to anybody."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from shapely.geometry.base import BaseGeometry

from geo.crs import area_m2, metres_per_degree
from geo.geos import to_shapely
from grids.models import Appointment, Grid, GridBoundary
from pages import asking
from pages.errors import Unknown

SIDE = 100.0  # units of a drawing, in which all shapes of a grid have one scale
MARGIN = 4.0


@dataclass(frozen=True)
class Chapter:
    """The grid in one plan: `path` is its outline for SVG, `before` that of the chapter before."""

    boundary: GridBoundary
    path: str
    before: str
    hectares: float
    doors: int
    stage: str


@require_safe
def grid(request: HttpRequest, code: str) -> HttpResponse:
    """All that a grid was and is, the newest first."""
    row = Grid.objects.filter(code=code).select_related("community").first() if code.isdecimal() else None
    if row is None:
        raise Unknown(_("没有这个编码的网格。"))
    said = {"grid": row, "chapters": chapters(row, asking.day(request)), "posts": _posts(row)}
    return render(request, "plans/history.html", said)


def chapters(grid: Grid, on: date) -> list[Chapter]:
    """One for each published plan that has the grid, the newest first, by its stage on a day."""
    rows = grid.boundaries.filter(in_force__isnull=False).select_related("plan").order_by("-in_force")
    shapes = [to_shapely(row.boundary) for row in rows]
    paths = outlines([shape for shape in shapes if shape is not None])
    return [
        Chapter(
            boundary=row,
            path=paths[at],
            before=paths[at + 1] if at + 1 < len(paths) else "",
            hectares=round(area_m2(shape) / 10_000, 2) if shape is not None else 0.0,
            doors=row.plan.assignments.filter(boundary__in=[row, *row.segments.all()]).count(),
            stage=row.plan.stage_words(on),
        )
        for at, (row, shape) in enumerate(zip(rows, shapes, strict=True))
    ]


def outlines(shapes: list[BaseGeometry]) -> list[str]:
    """Shapes (degrees) as paths of an SVG, all in one frame, so that one sees what moved. North is up."""
    if not shapes:
        return []
    west, south, east, north = shapely.total_bounds(shapes)
    across, up = metres_per_degree((south + north) / 2)
    scale = (SIDE - 2 * MARGIN) / max((east - west) * across, (north - south) * up)
    factors = np.array([scale * across, -scale * up])
    origin = np.array([west, north])
    return [_path(shapely.transform(shape, lambda at: (at - origin) * factors + MARGIN)) for shape in shapes]


def _path(shape: BaseGeometry) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    return "".join(f"M{'L'.join(f'{x:.1f} {y:.1f}' for x, y in ring.coords)}Z" for ring in rings)


def _posts(grid: Grid) -> list[Appointment]:
    """Who held a post here, the newest first; the page names only those who agreed."""
    rows = Appointment.objects.filter(grid=grid).select_related("person")
    return list(rows.order_by("-in_force", "role", "pk")[:200])
