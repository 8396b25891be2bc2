"""Open cases in a draft's numbers and in its impact: at their door, else where their point lies."""

import pytest
import shapely
from django.utils import timezone

from accounts.models import User
from api import plan_answers
from buildings.models import Stairwell
from cases.models import Case, Status
from geo.geos import to_geos, to_shapely
from grids.models import Plan, PlanCell
from planning import chain, engine, sheets
from planning.caseload import caseload
from planning.impact import impact
from tests.cases.desk import a_case
from tests.grids.conftest import cells, community, draft  # noqa: F401
from tests.planning.test_impact import B1, EAST, WEST, base, do, planner, redraw

__all__ = ["base", "planner", "redraw"]


@pytest.fixture
def open_cases(base) -> dict[str, Case]:
    """Two at the doors of building 1, one in the street beside it, one at building 3, and one that is closed."""
    doors = {row.code: row for row in Stairwell.objects.all()}
    ground = PlanCell.objects.get(plan=base, name=B1[0])
    yard = to_shapely(ground.shape).difference(to_shapely(doors[B1[0]].footprint).buffer(1e-6))
    middle = to_geos(shapely.point_on_surface(yard))
    net = base.community
    return {
        "first": a_case(net, stairwell=doors[B1[0]]),
        "second": a_case(net, stairwell=doors[B1[1]], status=Status.IN_PROGRESS),
        "street": a_case(net, point=middle, building=None),
        "third": a_case(net, stairwell=doors[f"{B1[0][:12]}0000301"]),
        "closed": a_case(net, stairwell=doors[B1[0]], status=Status.CLOSED),
    }


def counted(plan: Plan) -> dict[str, int]:
    found = caseload(engine.current(plan), plan.community_id)
    return {label: count for (level, label), count in found.items() if level == "grid"}


def test_the_numbers_follow_the_hand(redraw, planner, open_cases):
    assert counted(redraw) == {WEST: 4}
    do(redraw, planner, op="assign", units=B1, to=EAST)
    assert counted(redraw) == {WEST: 1, EAST: 3}
    Case.objects.filter(pk=open_cases["first"].pk).update(status=Status.CLOSED)
    assert counted(redraw) == {WEST: 1, EAST: 2}  # a case that is closed meanwhile is not kept in the table


def test_each_grid_is_told_with_its_open_cases(redraw, open_cases):
    found = engine.current(redraw)
    told = plan_answers.grids(found, found.drawn(), caseload(found, redraw.community_id))
    assert {grid["label"]: grid["measures"]["cases"] for grid in told if grid["level"] == "grid"} == {WEST: 4, EAST: 0}


def test_the_impact_names_the_cases_that_move_by_number(redraw, planner, open_cases):
    do(redraw, planner, op="assign", units=B1, to=EAST)
    found = impact(redraw)
    moved = {open_cases[name].number for name in ("first", "second", "street")}
    assert {each.case.number for each in found.cases} == moved
    assert {(each.giver, each.taker) for each in found.cases} == {(WEST, EAST)}
    rows = sheets.cases(found).rows
    assert sorted(row[0] for row in rows) == sorted(moved)
    assert {tuple(row[2:]) for row in rows} == {("西格", "东格")}
    assert "三楼的灯不亮" not in str(rows)


def test_what_was_foreseen_is_what_moves(redraw, planner, open_cases):
    do(redraw, planner, op="assign", units=B1, to=EAST)
    foreseen = {each.case.number for each in impact(redraw).cases}
    by = User.objects.create(username="boss", name="管理员", is_superuser=True)
    chain.submit(plan=redraw, by=by, reason="试")
    Plan.objects.filter(pk=redraw.pk).update(status=Plan.Status.APPROVED)
    chain.publish(plan=Plan.objects.get(pk=redraw.pk), by=by, effective=timezone.localdate())
    assert {case.number for case in Case.objects.filter(grid__name="东格")} == foreseen
