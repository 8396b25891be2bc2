"""Who works in the grids of a plan today."""

from collections.abc import Iterable

from django.utils import timezone

from accounts.roles import Role
from grids.models import Appointment


def workers_of(grids: Iterable[int | None]) -> dict[int, list[str]]:
    """The names of the grid workers of today, by the primary key of their grid. One query."""
    wanted = {grid for grid in grids if grid is not None}
    rows = Appointment.objects.in_force(timezone.localdate()).filter(role=Role.GRID_WORKER, grid__in=wanted)
    found: dict[int, list[str]] = {}
    for grid, name in rows.order_by("grid", "pk").values_list("grid", "person__name"):
        found.setdefault(grid, []).append(name)
    return found
