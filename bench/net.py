"""What a planner, a worker and a resident wait for, in the city: the gate, publication, my doors, an address."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from unittest import mock

from django.db import transaction
from django.utils import timezone

from bench.city import city
from bench.harness import compare, measure
from buildings import search
from buildings.models import Building
from geo.coverage import faults
from grids import redraw
from grids.access import doors_of
from grids.gate import problems
from grids.models import Appointment, Assignment, Grid, GridBoundary, Plan
from grids.territory import territory

TODAY = timezone.localdate()


def main() -> None:
    with city(), transaction.atomic():
        plan = Plan.objects.in_force(TODAY).select_related("community").latest("community__code")
        draft = copied(plan)
        gate, kernel = partial(problems, draft), in_memory(draft)
        compare("gate of a community; the kernel's checks, all in memory", gate, kernel, aim=4)
        measure("publish a plan of 25 grids and 75 segments", partial(published, draft))
        grid = plan.boundaries.filter(grid__level=Grid.Level.GRID).earliest("grid__code").grid
        worker = Appointment.objects.get(role="grid_worker", grid=grid).person
        measure("buildings of a grid", lambda: territory(grid.pk, TODAY))
        measure("doors of a worker", lambda: list(doors_of(worker, TODAY)))
        bench_search()
        transaction.set_rollback(True)


def bench_search() -> None:
    building = Building.objects.select_related("compound").latest("code")
    name = building.compound.name if building.compound else building.address
    compare(
        "find compound, building and stairwell; by code",
        lambda: search.find(f"{name}{building.number}栋2单元301室"),
        lambda: search.find(building.code),
    )
    measure("find by a name that does not exist", lambda: search.find("不存在的地方"))


def in_memory(plan: Plan) -> Callable[[], object]:
    """The kernel's checks that the gate asks for, with everything read and converted beforehand."""
    calls: list[Callable[[], object]] = []

    def noted(*shapes, **rest) -> list:
        calls.append(partial(faults, *shapes, **rest))
        return []

    with mock.patch("grids.gate.faults", noted):
        problems(plan)
    return lambda: [call() for call in calls]


def copied(plan: Plan) -> Plan:
    """A draft with the same shapes and doors as a plan."""
    draft = Plan.objects.create(community=plan.community, number=plan.number + 1)
    new: dict[int | None, GridBoundary | None] = {None: None}
    for old in plan.boundaries.order_by("grid__level"):
        new[old.pk] = GridBoundary.objects.create(
            plan=draft, grid=old.grid, parent=new[old.parent_id], boundary=old.boundary, label=old.label
        )
    Assignment.objects.bulk_create(
        Assignment(plan=draft, stairwell_id=old.stairwell_id, boundary=new[old.boundary_id])
        for old in plan.assignments.all()
    )
    return draft


def published(draft: Plan) -> None:
    """Publish and take it back."""
    with transaction.atomic():
        redraw.publish(plan=draft, by=None, effective=TODAY + timedelta(days=1))
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
