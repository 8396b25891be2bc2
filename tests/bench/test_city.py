"""The synthetic city is sound ground to measure on, and large enough to show a query too many."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bench.city import build
from bench.net import copied
from buildings.models import Building, Stairwell
from grids import redraw
from grids.gate import problems
from grids.models import Plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def smallest_city():
    build(0.005, households=True)


@pytest.fixture
def plan(smallest_city) -> Plan:
    return Plan.objects.filter(in_force__upper_inf=True).select_related("community").earliest("pk")


def test_it_has_a_two_hundredth_of_a_city(smallest_city):
    assert (Building.objects.count(), Stairwell.objects.count()) == (1_000, 3_000)


def test_its_plans_pass_the_gate_in_few_queries(plan, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        assert problems(plan) == []


def test_publishing_a_hundred_shapes_takes_few_queries(plan, django_assert_max_num_queries):
    draft = copied(plan)
    with django_assert_max_num_queries(32):
        redraw.publish(plan=draft, by=None, effective=timezone.localdate() + timedelta(days=1))
