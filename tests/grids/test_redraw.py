from datetime import date, timedelta

import pytest
import shapely
from django.db import IntegrityError, transaction
from django.utils import timezone

from buildings.models import Area
from geo.geos import to_shapely
from grids.drawing import draw
from grids.gate import PlanRefused, problems
from grids.models import Assignment, Grid, GridBoundary, Plan
from grids.redraw import publish
from tests.grids.conftest import CODE, box, multi

NEW_YEAR = date(2026, 1, 1)


def next_draft(plan: Plan, cells, *, moved: str = "") -> Plan:
    """A draft from a plan, with the building whose serial is `moved` handed to the other grid."""
    west, east = Grid.objects.filter(boundaries__plan=plan, level=1).order_by("code")
    draft = Plan.objects.create(community=plan.community, number=plan.number + 1)
    is_west = {code: int(code[15:17]) in (1, 3) for code in cells}
    grid_of = {code: west if is_west[code] != (code[12:17] == moved) else east for code in cells}
    draw(plan=draft, cells=cells, grid_of=grid_of)
    return draft


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)


def test_a_published_plan_tiles_and_is_in_force(draft):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    shapes = [to_shapely(b.boundary) for b in GridBoundary.objects.in_force(NEW_YEAR)]
    assert shapely.coverage_is_valid(shapes, gap_width=0)
    assert shapely.union_all(shapes).equals(to_shapely(draft.community.boundary))
    assert Plan.objects.in_force(NEW_YEAR).get() == draft
    assert not Plan.objects.in_force(NEW_YEAR - timedelta(days=1)).exists()


def test_codes_run_from_west_to_east(draft):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    assert list(Grid.objects.order_by("code").values_list("code", "name")) == [
        (f"{CODE}001", "西格"),
        (f"{CODE}002", "东格"),
    ]


def test_a_redraw_ends_the_plan_before_it_and_keeps_the_codes(draft, cells):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    redrawn = publish(plan=next_draft(draft, cells, moved="00001"), by=None, effective=tomorrow())
    draft.refresh_from_db()
    assert (draft.status, draft.in_force.upper) == (Plan.Status.PUBLISHED, tomorrow())
    assert Plan.objects.in_force(timezone.localdate()).get() == draft
    assert Plan.objects.in_force(tomorrow()).get() == redrawn
    assert set(Grid.objects.values_list("code", flat=True)) == {f"{CODE}001", f"{CODE}002"}


def test_a_new_grid_never_gets_the_code_of_a_retired_one(draft, cells):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    draft2 = Plan.objects.create(community=draft.community, number=2)
    whole = Grid.objects.create(community=draft.community, name="全格")
    draw(plan=draft2, cells=cells, grid_of=dict.fromkeys(cells, whole))
    publish(plan=draft2, by=None, effective=tomorrow())
    whole.refresh_from_db()
    assert whole.code == f"{CODE}003"


def test_a_plan_with_a_hole_is_refused_and_nothing_changes(draft):
    hurt = draft.boundaries.order_by("pk").first()
    hurt.boundary = multi(to_shapely(hurt.boundary).difference(box(0.05, 0.4, 0.08, 0.45)))
    hurt.save()
    with pytest.raises(PlanRefused) as refused:
        publish(plan=draft, by=None, effective=NEW_YEAR)
    assert [problem.code for problem in refused.value.problems] == ["gap"]
    assert refused.value.problems[0].measure == pytest.approx(0.03 * 0.05 * 100 * 110.8, rel=0.02)
    draft.refresh_from_db()
    assert (draft.status, draft.in_force) == (Plan.Status.DRAFT, None)
    assert not Grid.objects.exclude(code=None).exists()


def test_a_building_in_two_grids_is_refused(draft):
    east = draft.boundaries.get(grid__name="东格")
    Assignment.objects.filter(plan=draft, stairwell__code=f"{CODE}0000101").update(boundary=east)
    assert "building_in_two_grids" in {problem.code for problem in problems(draft)}


def test_a_stairwell_that_no_grid_has_is_refused(draft):
    Assignment.objects.filter(plan=draft, stairwell__code=f"{CODE}0000101").delete()
    assert "stairwell_in_no_grid" in {problem.code for problem in problems(draft)}


def test_a_building_assigned_against_its_ground_is_refused(draft):
    east = draft.boundaries.get(grid__name="东格")
    Assignment.objects.filter(plan=draft, stairwell__building__code=f"{CODE}00001").update(boundary=east)
    assert "building_misplaced" in {problem.code for problem in problems(draft)}


def test_the_same_name_twice_is_refused(draft):
    Grid.objects.update(name="同名")
    assert "name_twice" in {problem.code for problem in problems(draft)}


def test_segments_must_tile_their_grid(draft, cells):
    west, east = draft.boundaries.order_by("pk").values_list("grid", flat=True)
    grids = Grid.objects.in_bulk([west, east])
    segment = Grid.objects.create(community=draft.community, name="一段", level=Grid.Level.SEGMENT)
    is_west = {code: int(code[15:17]) in (1, 3) for code in cells}
    grid_of = {code: grids[west] if is_west[code] else grids[east] for code in cells}
    only_north = {code: segment for code in cells if is_west[code] and code[12:17] == "00001"}
    draw(plan=draft, cells=cells, grid_of=grid_of, segment_of=only_north)
    assert {"gap", "unit_in_no_cell"} <= {problem.code for problem in problems(draft)}
    draw(plan=draft, cells=cells, grid_of=grid_of, segment_of={c: segment for c in cells if is_west[c]})
    assert problems(draft) == []
    publish(plan=draft, by=None, effective=NEW_YEAR)
    segment.refresh_from_db()
    assert segment.code == f"{CODE}001001"


def test_a_plan_is_published_once(draft):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    with pytest.raises(PlanRefused) as refused:
        publish(plan=draft, by=None, effective=tomorrow())
    assert refused.value.code == "already_published"


@pytest.mark.parametrize("effective", [NEW_YEAR, date(2026, 3, 1)])
def test_the_past_is_not_rewritten(draft, cells, effective):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    with pytest.raises(PlanRefused):
        publish(plan=next_draft(draft, cells), by=None, effective=effective)


def test_the_database_refuses_two_shapes_of_a_grid_at_one_time(draft):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    other = Plan.objects.create(community=draft.community, number=2)
    shape = draft.boundaries.first()
    with pytest.raises(IntegrityError, match="one_shape_of_a_grid_at_a_time"), transaction.atomic():
        GridBoundary.objects.create(
            plan=other, grid=shape.grid, boundary=shape.boundary, label=shape.label, in_force=(tomorrow(), None)
        )


def test_the_database_refuses_a_second_plan_in_force(draft):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    draft.refresh_from_db()
    with pytest.raises(IntegrityError, match="one_plan_in_force_per_community"), transaction.atomic():
        Plan.objects.create(
            community=draft.community,
            number=2,
            status=Plan.Status.PUBLISHED,
            in_force=draft.in_force,
            published_at=draft.published_at,
        )


def test_neighbours_across_the_communitys_edge_differ_in_colour(draft, community):
    publish(plan=draft, by=None, effective=NEW_YEAR)
    east = Area.objects.create(
        code=f"{CODE[:-1]}2", name="东邻社区", level=12, parent=community.parent, boundary=multi(box(1, 0, 2, 1))
    )
    plan = Plan.objects.create(community=east, number=1)
    grid = Grid.objects.create(community=east, name="东邻")
    draw(plan=plan, cells={"ground": box(1, 0, 2, 1)}, grid_of={"ground": grid})
    touched = GridBoundary.objects.get(grid__name="东格")
    plan.boundaries.update(colour=touched.colour)
    publish(plan=plan, by=None, effective=NEW_YEAR)
    assert plan.boundaries.get().colour != touched.colour
