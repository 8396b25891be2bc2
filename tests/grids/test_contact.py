"""
The square community of conftest.py with a compound over its west, segments of one building each, and its people.

    +-----------+-----------+
    |  b1 [1|2] |  b2 [1|2] |
    +-----------+-----------+    west (b1, b3) and east (b2, b4) are grids, each building a segment
    |  b3 [1|2] |  b4 [1|2] |
    +-----------+-----------+
"""

from datetime import date, timedelta

import pytest
import shapely
from django.contrib.gis.geos import Point
from django.db.backends.postgresql.psycopg_any import DateRange

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area, Building, Compound, Dwelling, Household, Stairwell
from grids.contact import answer, answer_for
from grids.drawing import draw
from grids.models import Appointment, Grid, GridBoundary, Leave, Plan
from grids.places import LonLat
from grids.redraw import publish
from tests.grids.conftest import CODE, SIDE, SOUTH, WEST, box, multi

NEW_YEAR = date(2026, 1, 1)
TODAY = date(2026, 11, 22)


def spot(x: float, y: float) -> Point:
    """A point in parts of the community's side."""
    return Point(round(WEST + SIDE * x, 7), round(SOUTH + SIDE * y, 7), srid=4326)


IN_B1 = spot(0.15, 0.7)
IN_B2 = spot(0.65, 0.7)
ON_THE_EDGE = spot(0.5, 0.55)
ON_THE_CROSS = spot(0.5, 0.5)
OFFICE, SUPERVISION = "0591-2248 1000", "0591-2248 1999"


@pytest.fixture
def net(community, cells) -> Area:
    return net_over(community, cells)


def net_over(community: Area, cells: dict[str, shapely.Polygon]) -> Area:
    """The square with a published plan of two grids and four segments."""
    Area.objects.filter(pk=community.pk).update(office_phone=OFFICE, supervision_phone=SUPERVISION, office_hours="8-17")
    community.refresh_from_db()
    west = Compound.objects.create(
        code=f"{CODE}-1", community=community, name="西苑", boundary=multi(box(0, 0, 0.5, 1))
    )
    Building.objects.filter(number__in=["1", "3"]).update(compound=west)
    plan = Plan.objects.create(community=community, number=1)
    grids = {side: Grid.objects.create(community=community, name=side) for side in ("西格", "东格")}
    segments = {n: Grid.objects.create(community=community, name=f"楼段{n}", level=2) for n in "1234"}
    draw(
        plan=plan,
        cells=cells,
        grid_of={code: grids["西格" if code[16] in "13" else "东格"] for code in cells},
        segment_of={code: segments[code[16]] for code in cells},
    )
    publish(plan=plan, by=None, effective=NEW_YEAR)
    return community


def person(name: str, *, public: bool = True, phone: str = "0591-2248 1001") -> User:
    return User.objects.create(username=name, name=name, name_is_public=public, duty_phone=phone)


def appoint(role: Role, name: str, *, since: date = NEW_YEAR, until: date | None = None, **more) -> Appointment:
    somebody = more.pop("person", None) or person(name)
    return Appointment.objects.create(role=role, person=somebody, in_force=DateRange(since, until), **more)


def grid(name: str) -> Grid:
    return Grid.objects.get(name=name)


@pytest.fixture
def worker(net) -> Appointment:
    deputy = person("陈代班", phone="0591-2248 1002")
    return appoint(Role.GRID_WORKER, "林网格", grid=grid("西格"), deputy=deputy)


def first(point: Point, on: date = TODAY) -> tuple[str, str]:
    contact = answer(point, on=on).first
    return contact.rule, contact.name


def away(who: User, day: date = TODAY) -> None:
    Leave.objects.create(person=who, away=DateRange(day, day + timedelta(days=1)))


# --- places


def test_a_point_in_a_building_has_the_whole_chain(net):
    found = answer(IN_B1, on=TODAY)
    assert [link.place.level for link in found.chain] == [
        "stairwell", "building", "segment", "grid", "compound", "community", "subdistrict",
    ]  # fmt: skip
    names = [link.place.name for link in found.chain]
    assert names == ["1单元", "1号楼", "楼段1", "西格", "西苑", "方正社区", "樟城镇"]
    assert found.place.grid.code == f"{CODE}001"
    assert (found.plan.community, found.plan.number, found.plan.since, found.plan.until) == (CODE, 1, NEW_YEAR, None)


def test_a_point_on_a_shared_edge_has_the_answer_with_the_smallest_code_always(net, worker):
    for point in (ON_THE_EDGE, ON_THE_CROSS, spot(0, 0), spot(1, 1), spot(0.25, 0.5)):
        answers = [answer(point, on=TODAY) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        assert answers[0].contacts
    assert answer(ON_THE_CROSS, on=TODAY).place.grid.code == f"{CODE}001"
    assert answer(ON_THE_CROSS, on=TODAY).place.segment.code == f"{CODE}001001"
    assert answer(ON_THE_EDGE, on=TODAY).edge_distance_m == 0


def part(name: str, gap: float) -> None:
    """Draw a grid or segment anew with its west edge moved east, and leave its neighbour alone. Degrees."""
    row = GridBoundary.objects.get(grid__name=name)
    west, south, east, north = row.boundary.extent
    row.boundary = multi(shapely.box(west + gap, south, east, north))
    row.save()


def between(x: float, gap: float) -> LonLat:
    return LonLat(WEST + SIDE * x + gap, SOUTH + SIDE * 0.55)


def test_a_point_in_a_gap_of_rounding_belongs_to_the_nearest_grid_and_segment(net, worker):
    for name in ("东格", "楼段2"):
        part(name, 2e-7)
    near_west, near_east = (answer(between(0.5, gap), on=TODAY) for gap in (0.5e-7, 1.5e-7))
    assert (near_west.place.grid.name, near_west.place.segment.name) == ("西格", "楼段1")
    assert (near_east.place.grid.name, near_east.place.segment.name) == ("东格", "楼段2")
    assert near_west.first.name == "林网格"
    assert near_west.plan == near_east.plan is not None


def test_between_two_that_are_as_near_the_smaller_code_answers(net):
    for name in ("东格", "楼段2"):
        part(name, 2**-23)  # 1.2e-7 degrees, halved without rounding
    middle = answer(LonLat(WEST + SIDE * 0.5 + 2**-24, SOUTH + SIDE * 0.55), on=TODAY)
    assert (middle.place.grid.code, middle.place.segment.name) == (f"{CODE}001", "楼段1")


def test_a_gap_between_segments_alone_has_the_nearest_segment(net):
    west, south, east, north = box(0, 0.5, 0.5, 1).bounds
    GridBoundary.objects.filter(grid__name="楼段1").update(boundary=multi(shapely.box(west, south + 2e-7, east, north)))
    found = answer(LonLat(WEST + SIDE * 0.2, south + 1.5e-7), on=TODAY)
    assert (found.place.grid.name, found.place.segment.name) == ("西格", "楼段1")


def test_a_gap_that_was_left_is_nobodys(net):
    part("东格", 10e-7)
    assert answer(between(0.5, 5e-7), on=TODAY).place.grid is None


def test_the_neighbours_grid_does_not_answer_beside_a_community_without_a_plan(net):
    beyond = box(1, 0, 2, 1)
    other = Area.objects.create(code="350125100002", name="无网社区", level=12, boundary=multi(beyond))
    found = answer(LonLat(WEST + SIDE + 1e-7, SOUTH + SIDE * 0.55), on=TODAY)
    assert (found.place.grid, found.place.community.code) == (None, other.code)


def test_the_wall_between_two_stairwells_belongs_to_the_smaller_code(net):
    assert answer(spot(0.25, 0.7), on=TODAY).place.stairwell.code == f"{CODE}0000101"


def test_near_an_edge_the_neighbour_is_named(net):
    east = answer(spot(0.55, 0.95), on=TODAY)  # 5 m from the edge: 0.05 of 100 m
    assert east.edge_distance_m == pytest.approx(5.0, abs=0.1)  # 0.00005 degrees of longitude at 26.05 N
    assert [place.name for place in east.near_edge] == ["西格"]
    assert answer(spot(0.25, 0.75), on=TODAY).near_edge == ()


def test_a_door_is_answered_by_the_assignment_of_its_plan(net, worker):
    door = Stairwell.objects.get(code=f"{CODE}0000102")
    found = answer_for(door, on=TODAY)
    assert found.place.stairwell.code == door.code
    assert (found.place.segment.name, found.place.grid.name) == ("楼段1", "西格")
    assert (found.first.name, found.near_edge) == ("林网格", ())


def test_a_door_younger_than_the_plan_is_answered_by_where_it_stands(net, worker):
    building = Building.objects.get(number="1")
    shape = multi(box(0.4, 0.9, 0.45, 0.95))
    annex = Stairwell.objects.create(code=f"{CODE}0000103", building=building, number="3", footprint=shape)
    found = answer_for(annex, on=TODAY)
    assert (found.place.stairwell.code, found.place.segment.name, found.place.grid.name) == (
        annex.code,
        "楼段1",
        "西格",
    )


def younger_door(where) -> Stairwell:
    """A door of building 2 that the plan does not know, standing elsewhere."""
    building = Building.objects.get(number="2")
    return Stairwell.objects.create(code=f"{building.code}09", building=building, number="9", footprint=multi(where))


def test_a_younger_door_within_another_building_has_its_own_captain_only(net):
    appoint(Role.BUILDING_CAPTAIN, "一栋栋长", building=Building.objects.get(number="1"))
    found = answer_for(younger_door(box(0.12, 0.62, 0.14, 0.64)), on=TODAY)
    assert found.place.grid.name == "西格"
    assert found.place.building.name.startswith("2")
    assert "一栋栋长" not in [contact.name for contact in found.contacts]


def test_a_younger_door_beyond_the_edge_is_answered_by_its_communitys_office(net):
    found = answer_for(younger_door(box(2, 2, 2.1, 2.1)), on=TODAY)
    assert found.place.community.code == CODE
    assert found.first.phone == OFFICE


def test_a_building_that_was_pulled_down_is_there_until_that_day(net):
    Building.objects.filter(number="1").update(gone_since=TODAY)
    Stairwell.objects.filter(building__number="1").update(gone_since=TODAY)
    assert answer(IN_B1, on=TODAY).place.building is None
    assert answer(IN_B1, on=TODAY - timedelta(days=1)).place.building.name == "1号楼"


# --- any day


def test_a_day_before_the_first_plan_has_no_grid_but_an_answer(net, worker):
    found = answer(IN_B1, on=NEW_YEAR - timedelta(days=1))
    assert (found.plan, found.place.grid, found.outside) == (None, None, False)
    assert (found.first.rule, found.first.phone) == ("office", OFFICE)
    assert "还没有划入网格" in found.first.why
    assert "暂缺" not in found.first.why


def test_where_there_is_no_grid_nobody_is_called_missing(net, worker):
    appoint(Role.COMMUNITY_SECRETARY, "社区书记", area=net)
    first = answer(IN_B1, on=NEW_YEAR).first
    assert (first.name, first.rule) == ("林网格", "holder")
    Plan.objects.update(in_force=(TODAY, None))
    GridBoundary.objects.update(in_force=(TODAY, None))
    first = answer(IN_B1, on=TODAY - timedelta(days=1)).first
    assert (first.name, first.rule) == ("社区书记", "no_grid")
    assert first.why == "这里还没有划入网格，由方正社区的社区书记接听。"


def test_a_redraw_moves_the_answer_on_its_day(net, cells, worker):
    old, day = Plan.objects.get(), date.today() + timedelta(days=7)
    west, east = (Grid.objects.get(name=name) for name in ("西格", "东格"))
    plan = Plan.objects.create(community=net, number=2)
    draw(plan=plan, cells=cells, grid_of={code: west if code[16] == "3" else east for code in cells})
    publish(plan=plan, by=None, effective=day)
    door = Stairwell.objects.get(code=f"{CODE}0000101")
    for ask in (lambda on: answer(IN_B1, on=on), lambda on: answer_for(door, on=on)):
        assert (ask(day - timedelta(days=1)).place.grid.name, ask(day).place.grid.name) == ("西格", "东格")
        assert (ask(day - timedelta(days=1)).plan.number, ask(day).plan.number) == (old.number, 2)
        assert ask(day).first.rule == "office"


def test_a_post_ends_before_the_last_day_of_its_span(net):
    appoint(Role.GRID_WORKER, "旧网格", grid=grid("西格"), until=TODAY)
    appoint(Role.GRID_WORKER, "新网格", grid=grid("西格"), since=TODAY)
    assert first(IN_B1, TODAY - timedelta(days=1)) == ("holder", "旧网格")
    assert first(IN_B1) == ("holder", "新网格")


# --- who answers (law 4)


def test_the_deepest_holder_answers_and_the_office_is_last(worker):
    appoint(Role.GRID_WORKER, "楼段网格员", grid=grid("楼段1"))
    appoint(Role.GRID_HEAD, "网格长", grid=grid("西格"))
    contacts = answer(IN_B1, on=TODAY).contacts
    assert [contact.name for contact in contacts] == ["楼段网格员", "林网格", "网格长", ""]
    assert (contacts[-1].rule, contacts[-1].phone) == ("office", OFFICE)
    assert first(spot(0.15, 0.2)) == ("holder", "林网格")


def test_on_leave_the_deputy_answers_and_the_answer_says_so(worker):
    away(worker.person)
    contact = answer(IN_B1, on=TODAY).first
    assert (contact.rule, contact.name, contact.phone) == ("deputy", "陈代班", "0591-2248 1002")
    assert "离岗" in contact.why
    assert first(IN_B1, TODAY + timedelta(days=1)) == ("holder", "林网格")


def test_where_the_deputy_is_away_too_the_next_place_up_answers(worker):
    appoint(Role.COMPOUND_SECRETARY, "小区书记", compound=Compound.objects.get())
    away(worker.person)
    away(worker.deputy)
    contact = answer(IN_B1, on=TODAY).first
    assert (contact.rule, contact.name) == ("vacant_next_up", "小区书记")
    assert "离岗" in contact.why


def test_a_vacant_post_passes_up_to_the_office_and_never_to_nobody(net):
    contact = answer(IN_B1, on=TODAY).first
    assert (contact.rule, contact.phone) == ("office", OFFICE)
    assert "还没有登记网格员" in contact.why
    appoint(Role.COMMUNITY_SECRETARY, "社区书记", area=net)
    assert "暂缺" in answer(IN_B1, on=TODAY).first.why
    assert first(IN_B1) == ("vacant_next_up", "社区书记")


def test_a_community_without_a_phone_gives_the_next_one_up_and_then_the_hotline(net, settings):
    Area.objects.filter(pk=net.pk).update(office_phone="")
    contact = answer(IN_B1, on=TODAY).first
    assert (contact.rule, contact.phone) == ("hotline", settings.HOTLINE)
    Area.objects.filter(level=9).update(office_phone="0591-2233 0000")
    assert answer(IN_B1, on=TODAY).first.phone == "0591-2233 0000"


def test_a_person_who_did_not_agree_is_not_named(net):
    appoint(Role.GRID_WORKER, "", grid=grid("西格"), person=person("不公开", public=False))
    found = answer(IN_B1, on=TODAY)
    assert (found.first.name, found.first.title) == ("", "网格员")
    assert "不公开" not in repr(found)


def test_of_two_workers_the_full_time_one_comes_first(net):
    appoint(Role.GRID_WORKER, "兼职", grid=grid("西格"), employment="part_time")
    appoint(Role.GRID_WORKER, "专职", grid=grid("西格"), employment="full_time")
    assert [contact.name for contact in answer(IN_B1, on=TODAY).contacts[:2]] == ["专职", "兼职"]


def test_each_level_of_the_chain_answers(worker):
    appoint(Role.BUILDING_CAPTAIN, "楼栋长", building=Building.objects.get(number="1"))
    chain = {link.place.level: link.contact for link in answer(IN_B1, on=TODAY).chain}
    assert (chain["building"].name, chain["building"].rule) == ("楼栋长", "holder")
    assert (chain["stairwell"].name, chain["stairwell"].rule) == ("楼栋长", "vacant_next_up")
    assert (chain["grid"].name, chain["segment"].name) == ("林网格", "林网格")
    assert chain["community"].rule == "office"


def test_the_team_names_its_vacant_posts(worker):
    appoint(Role.MEDIATOR, "调解员", grid=grid("西格"))
    appoint(Role.STAIRWELL_CAPTAIN, "楼门长", stairwell=Stairwell.objects.get(code=f"{CODE}0000101"))
    team = answer(IN_B1, on=TODAY).team
    assert len(team) == 6
    assert {post.role for post in team if not post.vacant} == {"mediator", "stairwell_captain"}


# --- outside


def test_outside_the_nearest_community_is_named_and_the_hotline_answers(net, settings):
    found = answer(spot(-1, 0.5), on=TODAY)  # one side, 100 m, west of the community
    assert (found.outside, found.nearest.name, found.chain) == (True, "方正社区", ())
    assert found.nearest_distance_m == pytest.approx(100, abs=1)
    assert [contact.phone for contact in found.contacts] == [OFFICE, settings.HOTLINE]
    assert found.contacts[-1].rule == "hotline"


def test_far_outside_the_hotline_answers(net, settings):
    found = answer(Point(100.0, 30.0, srid=4326), on=TODAY)
    assert (found.nearest, [contact.phone for contact in found.contacts]) == (None, [settings.HOTLINE])


def test_ground_of_a_town_that_no_community_holds_is_the_towns(net):
    town = Area.objects.get(level=9)
    Area.objects.filter(pk=town.pk).update(boundary=multi(box(-2, -2, 2, 2)), office_phone="0591-2233 0000")
    found = answer(spot(-1, 0.5), on=TODAY)
    assert (found.outside, found.nearest.name, found.nearest_distance_m) == (True, "樟城镇", 0)
    assert found.first.phone == "0591-2233 0000"


# --- law 10, and the cost


def test_an_occupied_and_an_empty_flat_have_the_same_answer(worker):
    door = Stairwell.objects.get(code=f"{CODE}0000101")
    before = (repr(answer(IN_B1, on=TODAY)), repr(answer_for(door, on=TODAY)))
    flat = Dwelling.objects.create(stairwell=door, room="501", status="owner_occupied")
    Household.objects.create(dwelling=flat, people=4, head="某某")
    assert (repr(answer(IN_B1, on=TODAY)), repr(answer_for(door, on=TODAY))) == before


def test_the_answer_never_asks_about_flats(worker, django_assert_num_queries):
    door = Stairwell.objects.get(code=f"{CODE}0000101")
    with django_assert_num_queries(1) as asked:
        answer(IN_B1, on=TODAY)
    with django_assert_num_queries(1):
        answer_for(door, on=TODAY)
    assert not any(word in q["sql"] for q in asked.captured_queries for word in ("dwelling", "household"))


def test_near_an_edge_it_is_two_queries(worker, django_assert_num_queries):
    with django_assert_num_queries(2):
        answer(ON_THE_EDGE, on=TODAY)
