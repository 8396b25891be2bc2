"""The list of what is wrong: each fault is found where it is, and its remedy mends it."""

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from bench.chequer import CODE, field
from buildings.models import Area
from geo.geos import to_geos
from grids.models import Grid, Plan, PlanCell
from planning import base, engine
from planning.findings import narrow_place
from planning.models import DraftGrid
from planning.problems import Problem, problems_of
from planning.table import Table, load
from planning.words import words_of
from tests.grids.test_contact import appoint
from tests.planning.conftest import anew, door


def found(plan: Plan, code: str, table: Table | None = None) -> list[Problem]:
    """The problems of a kind, of a fresh table and of the one that a process keeps: they must be the same."""
    plan.refresh_from_db()
    kept = problems_of(table or engine.current(plan), plan)
    assert kept == problems_of(load(plan, plan.draft), plan)
    return [problem for problem in kept if problem.code == code]


def test_nothing_hard_is_wrong_with_the_plan_in_force(draft):
    assert [problem for problem in problems_of(engine.current(draft), draft) if problem.hard] == []


def test_a_door_in_no_grid_finds_its_way_home(draft, planner, labels, hand):
    hand(planner, 0, None, door(1, 0), door(1, 1))
    [problem] = found(draft, "unit_in_no_grid")
    assert (problem.hard, list(problem.units)) == (True, [door(1, 0), door(1, 1)])
    engine.apply(plan=draft, by=planner, version=1, op=problem.remedy.op)
    assert found(draft, "unit_in_no_grid") == []


def test_doors_that_border_on_no_grid_become_one(board, planner):
    plan = engine_plan_from_nothing(board, planner)
    [problem] = found(plan, "unit_in_no_grid")
    assert problem.remedy.op["op"] == "draw"
    engine.apply(plan=plan, by=planner, version=0, op=problem.remedy.op)
    assert found(plan, "unit_in_no_grid") == []


def engine_plan_from_nothing(board, planner) -> Plan:
    return base.begin(community=board.community, by=planner, base="nothing", wish=base.Wish())


def test_a_grid_in_two_parts_is_put_together(draft, planner, labels, hand):
    engine.apply(plan=draft, by=planner, version=0, op={"op": "allow", "grid": labels["B"], "pieces": 2})
    hand(planner, 1, "C", door(2, 2), door(3, 2))
    engine.apply(plan=draft, by=planner, version=2, op={"op": "allow", "grid": labels["B"], "pieces": 1})
    [problem] = found(draft, "several_pieces")
    assert (problem.hard, problem.label, list(problem.units)) == (True, labels["B"], [door(2, 3), door(3, 3)])
    engine.apply(plan=draft, by=planner, version=3, op=problem.remedy.op)
    assert found(draft, "several_pieces") == []


def test_the_band_is_the_plans(draft, labels):
    assert found(draft, "too_large") == found(draft, "too_small") == []
    Plan.objects.filter(pk=draft.pk).update(target_min=1, target_max=15)
    [first, *_] = found(draft, "too_large")
    assert (first.hard, first.label) == (False, labels["A"])
    assert first.remedy.op == {"op": "divide", "grid": labels["A"], "parts": 2}
    Plan.objects.filter(pk=draft.pk).update(target_min=17, target_max=40)
    [first, *_] = found(draft, "too_small")
    assert first.remedy.op == {"op": "merge", "grids": [labels["A"], labels["B"]], "into": labels["B"]}


def test_a_special_grid_has_no_band(draft, labels):
    DraftGrid.objects.filter(draft__plan=draft).update(kind=Grid.Kind.SPECIAL)
    Plan.objects.filter(pk=draft.pk).update(target_min=100, target_max=100)
    draft.refresh_from_db()
    assert [p for p in problems_of(anew(draft), draft) if p.code == "too_small"] == []


def test_a_grid_without_a_worker_is_named(draft, labels):
    assert {problem.label for problem in found(draft, "nobody_appointed")} == set(labels.values())
    appoint(Role.GRID_WORKER, "林网格", grid=Grid.objects.get(code=labels["A"]))
    assert {problem.label for problem in found(draft, "nobody_appointed")} == set(labels.values()) - {labels["A"]}


def test_a_name_given_to_two_grids_is_changed(draft, planner, labels):
    name = engine.current(draft).info("grid", labels["A"]).name
    engine.apply(plan=draft, by=planner, version=0, op={"op": "rename", "grid": labels["B"], "name": name})
    [problem] = found(draft, "name_twice")
    assert (problem.hard, problem.label) == (True, labels["B"])
    engine.apply(plan=draft, by=planner, version=1, op=problem.remedy.op)
    assert found(draft, "name_twice") == []


def test_one_step_renames_all_that_share_a_name(draft, planner, labels):
    name = engine.current(draft).info("grid", labels["A"]).name
    same = {"op": "rename", "names": {labels[each]: name for each in "BCD"}}
    engine.apply(plan=draft, by=planner, version=0, op=same)
    problems = found(draft, "name_twice")
    assert [problem.label for problem in problems] == [labels[each] for each in "BCD"]
    [remedy] = {str(problem.for_all): problem.for_all for problem in problems}.values()
    assert len(set(remedy.op["names"].values())) == 3
    step = engine.apply(plan=draft, by=planner, version=1, op=remedy.op)
    assert found(draft, "name_twice") == []
    assert words_of(step.table, step.own) == "给 3 个网格改名"
    engine.undo(plan=draft, by=planner, version=2)
    assert len(found(draft, "name_twice")) == 3


def test_segments_leave_no_ground_of_their_grid(draft, planner, labels):
    doors = [door(x, y) for x in (0, 1) for y in range(3)]
    engine.apply(plan=draft, by=planner, version=0, op={"op": "draw", "level": "segment", "units": doors})
    [problem] = found(draft, "ground_in_no_segment")
    assert (problem.level, list(problem.units)) == ("segment", [door(0, 3), door(1, 3)])
    engine.apply(plan=draft, by=planner, version=1, op=problem.remedy.op)
    assert found(draft, "ground_in_no_segment") == []


def test_a_community_that_grew_has_ground_that_no_cell_reaches(draft):
    Area.objects.filter(code=CODE).update(boundary=to_geos(shapely.MultiPolygon([field_of(9)])))
    table = anew(Plan.objects.get(pk=draft.pk))
    assert [p.hard for p in problems_of(table, draft) if p.code == "ground_missing"] == [True]
    Area.objects.filter(code=CODE).update(boundary=to_geos(shapely.MultiPolygon([field_of(7)])))
    table = anew(Plan.objects.get(pk=draft.pk))
    assert [p.hard for p in problems_of(table, draft) if p.code == "outside_community"] == [True]


def field_of(columns: int) -> shapely.Polygon:
    return shapely.union_all([field(0, 0), field(columns - 1, 3)]).envelope


@pytest.mark.parametrize(("wide", "is_narrow"), [(300, False), (100, True)])
def test_a_tongue_of_a_metre_is_a_sliver_and_one_of_three_is_none(wide, is_narrow):
    """A field of 20 m with a tongue of 20 m to the east; a step of the grid is a centimetre."""
    tongue = shapely.box(119.0002, 26.0001, 119.0004, round(26.0001 + wide * 1e-7, 7))
    place = narrow_place(shapely.union_all([field(0, 0), tongue]))
    assert (place is not None) == is_narrow
    assert place is None or tongue.buffer(1e-6).covers(shapely.Point(place))


def test_a_field_has_no_sliver_in_its_corners():
    triangle = shapely.Polygon([(119, 26), (119.001, 26), (119, 26.0004)])
    assert narrow_place(field(0, 0)) is None
    assert narrow_place(triangle) is None


def test_all_problems_of_a_draft_are_found_in_one_query(draft):
    table = engine.current(draft)
    with CaptureQueriesContext(connection) as asked:
        problems_of(table, draft)
    assert len(asked) == 1


def test_what_was_found_is_kept_until_a_step_concerns_it(draft, planner, labels, hand, monkeypatch):
    problems_of(engine.current(draft), draft)
    looked: list[str] = []
    monkeypatch.setattr("planning.findings.narrow_place", lambda shape: looked.append(shape) and None)
    step = hand(planner, 0, "B", door(1, 0))
    problems_of(step.table, draft)
    assert len(looked) == 2


def test_buildings_in_two_segments_are_soft(town):
    plan = Plan.objects.filter(community__code=town.baocui).first()
    problems = problems_of(engine.current(plan), plan)
    torn = [problem for problem in problems if problem.code == "building_in_two_segments"]
    assert torn
    assert [problem for problem in problems if problem.hard] == []
    assert PlanCell.objects.filter(plan=plan, name__in=torn[0].units).values("segment").distinct().count() > 1
