"""Grids that nobody works in: hatched on the map of those who are signed in."""

from datetime import date

from django.db.models import Exists, OuterRef

from accounts.roles import Role
from grids.models import Appointment, Grid, GridBoundary

MOST = 120  # codes in a page; a whole city's are asked for by community


def grids_without_worker(day: date) -> list[str]:
    """Codes of the grids in force that have no grid worker on a day."""
    workers = Appointment.objects.in_force(day).filter(role=Role.GRID_WORKER, grid=OuterRef("grid"))
    shapes = GridBoundary.objects.in_force(day).filter(~Exists(workers), grid__level=Grid.Level.GRID)
    return list(shapes.order_by("grid__code").values_list("grid__code", flat=True)[:MOST])
