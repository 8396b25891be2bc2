"""
Whom a plan moves. In the square community of tests/grids building 1 goes from the west to the east.

    +-----------+-----------+
    |  b1 [1|2] |  b2 [1|2] |    three people live behind the first door of b1, one alone behind the second
    +-----------+-----------+
    |  b3 [1|2] |  b4 [1|2] |
    +-----------+-----------+
        west        east
"""

from datetime import date

import pytest
import shapely

from accounts.models import User
from accounts.roles import Role
from buildings.models import Dwelling, Household, Stairwell
from geo.crs import area_m2
from grids.drawing import draw
from grids.models import Appointment, Grid, Plan
from grids.redraw import publish as put_in_force
from planning import engine, sheets
from planning.base import Wish, begin
from planning.impact import Figures, impact
from tests.grids.conftest import CELLS, CODE, cells, community, draft  # noqa: F401

NEW_YEAR = date(2026, 1, 1)
WEST, EAST = f"{CODE}001", f"{CODE}002"
B1 = [f"{CODE}0000101", f"{CODE}0000102"]


def live(door: str, room: str, people: int) -> None:
    home = Dwelling.objects.create(stairwell=Stairwell.objects.get(code=door), room=room)
    Household.objects.create(dwelling=home, head="不该出现", people=people)


@pytest.fixture
def planner(db) -> User:
    return User.objects.create(username="planner", name="规划员")


@pytest.fixture
def base(draft) -> Plan:  # noqa: F811
    put_in_force(plan=draft, by=None, effective=NEW_YEAR)
    live(B1[0], "301", 3)
    live(B1[1], "101", 1)
    live(f"{CODE}0000301", "101", 2)
    return Plan.objects.get(pk=draft.pk)


@pytest.fixture
def redraw(base, planner) -> Plan:
    return begin(community=base.community, by=planner, base="in_force", wish=Wish())


def do(plan: Plan, by: User, **op: object) -> engine.Step:
    return engine.apply(plan=plan, by=by, version=engine.current(plan).version, op=op)


def appoint(name: str, grid: str, role: Role = Role.GRID_WORKER) -> User:
    person, _ = User.objects.get_or_create(username=name, name=name)
    Appointment.objects.create(role=role, person=person, grid=Grid.objects.get(code=grid), in_force=(NEW_YEAR, None))
    return person


def test_a_draft_that_changed_nothing_moves_nobody(redraw):
    found = impact(redraw)
    assert (found.moved, found.changes, found.people, found.plates, found.ground) == ([], [], [], [], [])


def test_people_of_a_few_households_are_counted_as_households_only(redraw, planner):
    """Three households in all: nothing is said of who lives in them (law 10)."""
    do(redraw, planner, op="assign", units=B1, to=EAST)
    found = impact(redraw)
    assert found.counts.told == {"stairwells": 2, "households": 2, "people": None, "alone": None}
    assert sheets.sentence(found) == "2 户换网格，2 个楼道。"
    [handing] = found.handings
    assert (found.name(handing.giver), found.name(handing.taker), handing.buildings) == ("西格", "东格", ["1号楼"])


@pytest.fixture
def full(base) -> Plan:
    """Eight households more behind each door of building 1, two of them of one person."""
    for door in B1:
        for number, people in enumerate([1, 1, 2, 2, 2, 2, 2, 2]):
            live(door, f"8{number}", people + (door == B1[1]) * (number == 2))
    return base


def test_households_people_and_those_who_live_alone_are_counted(full, redraw, planner):
    do(redraw, planner, op="assign", units=B1, to=EAST)
    found = impact(redraw)
    assert found.counts.told == {"stairwells": 2, "households": 18, "people": 33, "alone": 5}
    assert sheets.sentence(found) == "18 户 33 人换网格，其中独居 5 人。"


def test_the_figures_of_both_grids_are_told_before_and_after(full, redraw, planner):
    do(redraw, planner, op="assign", units=B1, to=EAST)
    west, east = impact(redraw).grids
    nothing = {"stairwells": 4, "households": 0, "people": None, "alone": None}
    assert (west.before, west.after) == (Figures(4, 19, 33, 5), Figures(2, 1, 0, 0))
    assert (east.before.told, east.after) == (nothing, Figures(6, 18, 33, 5))
    assert (west.fate, east.fate) == ("changed", "changed")


def test_the_ground_goes_along(redraw, planner):
    do(redraw, planner, op="assign", units=B1, to=EAST)
    [piece] = impact(redraw).ground
    table = engine.current(redraw)
    expected = shapely.union_all([table.state.fabric.cells[code] for code in B1])
    assert piece[:2] == (WEST, EAST)
    assert piece.shape.equals(expected)
    west, east = impact(redraw).grids
    assert east.area_after - east.area_before == pytest.approx(area_m2(expected), rel=1e-6)
    assert west.area_before - west.area_after == pytest.approx(area_m2(expected), rel=1e-6)


def test_who_gains_and_who_loses_sight_of_which_doors(redraw, planner):
    lin, chen = appoint("林网格", WEST), appoint("陈网格", EAST)
    appoint("王治安", EAST, Role.SECURITY_MEMBER)
    do(redraw, planner, op="assign", units=B1, to=EAST)
    told = {person.name: person for person in impact(redraw).people}
    assert [door.code for door in told[lin.name].lost] == B1
    assert [door.code for door in told[chen.name].gained] == B1
    assert (told[chen.name].before.households, told[chen.name].after.households) == (0, 2)
    assert told[lin.name].sees
    assert not told["王治安"].sees


def test_the_load_of_somebody_with_two_grids_counts_both(redraw, planner):
    lin = appoint("林网格", WEST)
    Appointment.objects.create(
        role=Role.GRID_WORKER, person=lin, grid=Grid.objects.get(code=EAST), in_force=(NEW_YEAR, None)
    )
    do(redraw, planner, op="assign", units=B1, to=EAST)
    assert impact(redraw).people == []  # all doors are theirs before and after


@pytest.fixture
def three(community, cells) -> Plan:  # noqa: F811
    """Three grids: b1 and b3, b2, b4."""
    plan = Plan.objects.create(community=community, number=1)
    grids = {name: Grid.objects.create(community=community, name=name) for name in ("西格", "东北格", "东南格")}
    names = {"1": "西格", "3": "西格", "2": "东北格", "4": "东南格"}
    draw(plan=plan, cells=cells, grid_of={code: grids[names[code[16]]] for code in cells})
    return put_in_force(plan=plan, by=None, effective=NEW_YEAR)


def test_a_load_counts_the_grids_of_a_person_that_nothing_happens_to(three, planner):
    code = {grid.name: grid.code for grid in Grid.objects.all()}
    appoint("林网格", code["西格"])
    appoint("林网格", code["东北格"])
    plan = begin(community=three.community, by=planner, base="in_force", wish=Wish())
    do(plan, planner, op="assign", units=[f"{CODE}0000301", f"{CODE}0000302"], to=code["东南格"])
    [lin] = impact(plan).people
    assert (lin.before.stairwells, lin.after.stairwells) == (6, 4)


def test_doors_that_move_get_new_plates(redraw, planner):
    do(redraw, planner, op="assign", units=B1, to=EAST)
    assert [(plate.door.code, plate.reasons) for plate in impact(redraw).plates] == [(code, ["grid"]) for code in B1]


def test_a_new_name_is_a_new_plate_at_each_door(redraw, planner):
    do(redraw, planner, op="rename", grid=WEST, name="新西格")
    found = impact(redraw)
    [change] = found.grids
    assert (change.fate, change.old_name, change.name) == ("renamed", "西格", "新西格")
    assert {plate.door.code[12:17] for plate in found.plates} == {"00001", "00003"}
    assert found.moved == []


def test_a_new_grid_and_one_that_goes_are_told(redraw, planner):
    label = do(redraw, planner, op="draw", units=B1).own.op["new"]
    do(redraw, planner, op="merge", grids=[WEST, EAST], into=EAST)
    fates = {change.identity: change.fate for change in impact(redraw).grids}
    assert fates == {f"{label}@{redraw.pk}": "added", WEST: "removed", EAST: "changed"}


def test_the_new_grids_of_two_drafts_are_not_taken_for_one(redraw, base, planner):
    other = begin(community=base.community, by=planner, base="in_force", wish=Wish())
    for plan in (redraw, other):
        do(plan, planner, op="draw", units=B1)
    found = impact(redraw, other)
    assert {change.fate for change in found.grids} == {"added", "removed"}
    assert [door.code for door in found.moved] == B1


def test_a_branch_of_a_draft_keeps_the_grids_that_the_draft_made(redraw, planner):
    do(redraw, planner, op="draw", units=B1)
    branch = begin(community=redraw.community, by=planner, base=redraw.pk, wish=Wish())
    assert impact(branch).changes == []
    assert impact(redraw, branch).changes == []


def test_it_takes_the_same_queries_however_much_moves(redraw, planner, django_assert_max_num_queries):
    do(redraw, planner, op="assign", units=B1, to=EAST)
    with django_assert_max_num_queries(15) as few:
        impact(redraw)
    do(redraw, planner, op="draw", units=[f"{CODE}0000401", f"{CODE}0000402"])
    with django_assert_max_num_queries(len(few)):
        impact(redraw)


def test_a_plan_of_a_community_without_one_comes_to_everybody(base, planner):
    fresh = begin(community=base.community, by=planner, base="nothing", wish=Wish(target=2))
    Plan.objects.filter(pk=base.pk).delete()
    found = impact(fresh)
    assert found.before is None
    assert found.counts.stairwells == 8
    assert {change.fate for change in found.grids} == {"added"}


def test_each_table_of_the_impact_has_a_heading_for_each_figure(redraw):
    found = impact(redraw)
    tables = sheets.sheets(found)
    assert len(tables) == 6
    for table in tables:
        assert {len(row) for row in table.rows} <= {len(table.head)}, table.title
    by_title = {table.title: table for table in tables}
    assert by_title["人员的变化"].head[-4:] == ["楼道", "户", "人", "独居"]
