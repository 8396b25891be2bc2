"""Where drafts begin."""

from io import StringIO

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import LineString
from django.core.management import call_command
from django.utils import timezone

from bench.chequer import CODE, SIDE, field
from buildings.models import Area, Building, Road, Stairwell
from geo.coverage import neighbours
from geo.geos import to_geos
from grids.draft import draft as draft_elsewhere
from grids.gate import PlanRefused
from grids.gate import problems as gate
from grids.models import Plan
from planning import base, engine
from planning.base import NoBase, Wish
from planning.freeze import freeze
from planning.models import Draft
from planning.problems import problems_of
from planning.refusals import NotADraft
from planning.table import shelf
from tests.grids.conftest import cells, community  # noqa: F401
from tests.grids.test_contact import net  # noqa: F401
from tests.planning.conftest import anew, door


def house(number: int, shape: shapely.Polygon) -> Building:
    footprint = to_geos(shapely.MultiPolygon([shape]))
    home = Area.objects.get(code=CODE)
    built = Building.objects.create(code=f"{CODE}{number:05d}", community=home, number=str(number), footprint=footprint)
    Stairwell.objects.create(code=f"{built.code}01", building=built, number="1", footprint=footprint)
    return built


def moved(shape: shapely.Polygon, steps: int) -> shapely.Polygon:
    return shapely.transform(shape, lambda at: np.add((at * 1e7).round(), (steps, 0)) / 1e7)


def test_a_draft_of_the_plan_in_force_is_that_plan(board, draft):
    table = engine.current(draft)
    assert (draft.number, draft.status) == (2, Plan.Status.DRAFT)
    shapes = {row.grid.code: row.boundary for row in board.boundaries.select_related("grid")}
    assert {label: table.info("grid", label).code for label in shapes} == {code: code for code in shapes}
    for code, boundary in shapes.items():
        assert shapely.equals(shapely.from_wkb(bytes(boundary.wkb)), table.state.shape("grid", code))
    assert table.info("grid", table.labels("grid")[0]).before["households"] == 16


def test_a_draft_of_a_draft_has_its_grids_and_names(draft, planner, labels):
    engine.apply(plan=draft, by=planner, version=0, op={"op": "draw", "units": [door(1, 0), door(1, 1)]})
    engine.apply(plan=draft, by=planner, version=1, op={"op": "rename", "grid": "n1", "name": "河边网格"})
    twin = base.begin(community=draft.community, by=planner, base=draft.pk, wish=Wish())
    table = engine.current(twin)
    assert (table.info("grid", "n1").name, table.figures("grid", "n1")["stairwells"]) == ("河边网格", 2)
    assert table.version == 0
    assert engine.fingerprint(twin) == engine.fingerprint(draft)


def test_from_nothing_no_cell_is_in_a_grid(board):
    plan = base.begin(community=board.community, by=None, base="nothing", wish=Wish())
    table = engine.current(plan)
    assert table.labels("grid") == []
    assert table.bare["grid"] == table.state.fabric.cells.keys()
    assert {problem.code for problem in problems_of(table, plan)} == {"unit_in_no_grid"}


def test_from_nothing_with_a_target_there_are_grids(board):
    plan = base.begin(community=board.community, by=None, base="nothing", wish=Wish(target=16))
    table = engine.current(plan)
    assert len(table.labels("grid")) == 4
    assert (plan.target_min, plan.target_max) == (12, 20)
    shapes = table.state.shapes("grid")
    assert all(table.info("grid", a).colour != table.info("grid", b).colour for a, b in neighbours(shapes))


def test_more_than_a_page_may_wait_for_is_cut_by_the_command(board, monkeypatch):
    monkeypatch.setattr(base, "MOST_CUT", 31)
    with pytest.raises(PlanRefused, match=f"32 个楼道.*draft_plan {CODE}") as refusal:
        base.begin(community=board.community, by=None, base="nothing", wish=Wish())
    assert refusal.value.code == "too_large_to_cut"
    call_command("draft_plan", CODE, stdout=StringIO())
    assert engine.current(Plan.objects.get(number=2)).version == 0
    monkeypatch.setattr(base, "MOST_CUT", 32)
    assert base.begin(community=board.community, by=None, base="nothing", wish=Wish()).number == 3


def test_what_was_drafted_elsewhere_is_put_on_the_table(board, planner):
    plan = draft_elsewhere(community=board.community, target=16)
    table = engine.current(plan)
    assert Draft.objects.filter(plan=plan).count() == 1
    label = table.labels("grid")[0]
    assert label.startswith("g")
    engine.apply(plan=plan, by=planner, version=0, op={"op": "rename", "grid": label, "name": "西头"})
    assert anew(plan).info("grid", label).name == "西头"


def test_a_community_without_a_plan_has_no_base(board):
    Plan.objects.filter(pk=board.pk).update(in_force=(timezone.localdate().replace(year=2030), None))
    with pytest.raises(NoBase):
        base.begin(community=board.community, by=None, base="in_force", wish=Wish())
    with pytest.raises(NoBase):
        base.begin(community=board.community, by=None, base=board.pk + 100, wish=Wish())


def test_a_band_that_is_none_is_refused(board, draft):
    with pytest.raises(PlanRefused):
        base.begin(community=board.community, by=None, base="in_force", wish=Wish(target_min=5, target_max=4))
    with pytest.raises(PlanRefused):
        base.change(draft, Wish(target_min=5, target_max=4))


def test_a_new_house_is_with_the_cell_that_holds_most_of_it(board, draft, planner, labels):
    shape = moved(field(1, 0, inset=800), SIDE // 2 + 100)  # a little more in column 2 than in column 1
    new = house(900, shape)
    table = anew(draft)
    unit = f"{new.code}01"
    assert table.hosts == {unit: door(2, 0)}
    assert table.label("grid", unit) == labels["B"]
    assert table.figures("grid", labels["B"])["stairwells"] == 9
    found = [problem for problem in problems_of(table, draft) if unit in problem.units]
    assert [(problem.code, problem.hard) for problem in found] == [("new_building_across", True)]
    assert found[0].remedy.op == {"op": "assign", "units": [door(1, 0)], "to": labels["B"]}
    step = engine.apply(plan=draft, by=planner, version=0, op=found[0].remedy.op)
    assert [(p.code, p.hard) for p in problems_of(step.table, draft) if unit in p.units] == [("new_building", False)]


def test_a_new_house_in_one_grid_goes_where_its_cell_goes(board, draft, planner, labels):
    new = house(900, moved(field(1, 0, inset=900), -900))
    table = anew(draft)
    unit = f"{new.code}01"
    assert [p.hard for p in problems_of(table, draft) if p.code == "new_building"] == [False]
    host = table.hosts[unit]
    op = {"op": "assign", "units": [host, door(1, 0)], "to": labels["B"]}
    step = engine.apply(plan=draft, by=planner, version=0, op=op)
    assert step.table.label("grid", unit) == labels["B"]
    freeze(draft)
    assert gate(draft) == []
    assert draft.assignments.get(stairwell__code=unit).boundary.grid.code == labels["B"]


def test_a_house_outside_the_community_is_named(board, draft):
    new = house(900, moved(field(0, 0, inset=800), -10 * SIDE))
    found = problems_of(anew(draft), draft)
    assert [(p.code, p.hard, list(p.units)) for p in found if p.code == "unit_outside"] == [
        ("unit_outside", True, [f"{new.code}01"])
    ]


def test_a_house_that_is_gone_leaves_ground(board, draft):
    today = timezone.localdate()
    Stairwell.objects.filter(code=door(0, 0)).update(gone_since=today)
    table = anew(draft)
    assert door(0, 0) in table.state.fabric.cells
    assert door(0, 0) not in table.site.units
    assert table.figures("grid", table.label("grid", door(0, 0)))["stairwells"] == 7


# The bin


def test_a_draft_comes_back_from_the_bin(draft):
    base.throw_away(draft)
    assert Draft.objects.get(plan=draft).deleted_at is not None
    base.put_back(draft)
    assert Draft.objects.get(plan=draft).deleted_at is None


def test_the_bin_is_emptied_after_thirty_days(draft, planner, hand):
    hand(planner, 0, "B", door(1, 0))
    engine.undo(plan=draft, by=planner, version=1)
    twin = base.begin(community=draft.community, by=planner, base=draft.pk, wish=Wish())
    base.throw_away(draft)
    Draft.objects.filter(plan=draft).update(deleted_at=timezone.now() - base.KEPT * 2)
    base.throw_away(twin)
    assert not Plan.objects.filter(pk=draft.pk).exists()
    assert Plan.objects.filter(pk=twin.pk).exists()


def test_what_is_published_is_not_thrown_away(board):
    with pytest.raises(NotADraft):
        base.throw_away(board)


def test_a_grid_that_is_dissolved_parts_along_a_road(board, draft, planner, labels):
    """B is next to A and to C alike. Along its border with C runs an arterial road: all of it goes to A."""
    line = LineString((119.0008, 25.99), (119.0008, 26.01))
    Road.objects.create(name="中街", kind=Road.Kind.ARTERIAL, line=line)
    step = engine.apply(plan=draft, by=planner, version=0, op={"op": "dissolve", "grid": labels["B"]})
    assert {step.table.label("grid", door(x, y)) for x in (2, 3) for y in range(4)} == {labels["A"]}


def test_a_plan_from_before_plans_had_cells_gets_them(net):  # noqa: F811
    """The square with segments: each door has the labels that the plan assigns, and the cells tile the community."""
    plan = net.plans.get()
    before = {row.name: (row.grid, row.segment) for row in plan.cells.all()}
    plan.cells.all().delete()
    table = engine.current(plan)
    assert {name: (table.label("grid", name), table.label("segment", name)) for name in before} == before
    assert [problem for problem in problems_of(table, plan) if problem.hard] == []
    shelf.clear()
    assert base.begin(community=net, by=None, base="in_force", wish=Wish()).cells.count() == plan.cells.count()
