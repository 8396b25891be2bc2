"""The synthetic city is sound ground to measure on, and large enough to show a query too many."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bench.city import build
from buildings.models import Building, Stairwell
from grids import redraw
from grids.gate import problems
from grids.models import Assignment, GridBoundary, Plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def smallest_city():
    build(0.005, households=True)


@pytest.fixture
def plan(smallest_city) -> Plan:
    return Plan.objects.filter(in_force__upper_inf=True).select_related("community").earliest("pk")


def copied(plan: Plan) -> Plan:
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


def test_it_has_a_two_hundredth_of_a_city(smallest_city):
    assert (Building.objects.count(), Stairwell.objects.count()) == (1_000, 3_000)


def test_its_plans_pass_the_gate_in_few_queries(plan, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        assert problems(plan) == []


def test_publishing_a_hundred_shapes_takes_few_queries(plan, django_assert_max_num_queries):
    draft = copied(plan)
    with django_assert_max_num_queries(25):
        redraw.publish(plan=draft, by=None, effective=timezone.localdate() + timedelta(days=1))
