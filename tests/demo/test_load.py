"""The demo as it stands in the database, asked by SQL."""

from datetime import date

import numpy as np
import pytest
import shapely
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import RequestFactory

from accounts.models import User
from accounts.policy import roles_of
from accounts.roles import TEAM
from buildings.models import Area, Building, Facility, Household, Stairwell
from demo import load, people
from demo.management.commands.make_demo import TOTALS, log_ins
from geo.coverage import edges_of
from geo.geos import to_shapely
from grids.contact import answer_for
from grids.gate import problems
from grids.models import Appointment, GridBoundary, Leave, Plan
from grids.places import LonLat, at


def ask(sql: str, *parameters) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def totals(prefix: str) -> dict[str, int]:
    return {name: ask(sql, prefix + "%")[0][0] for name, sql in TOTALS.items()}


def test_totals_of_zhangcheng_are_the_articles(town):
    found = totals(town.zhangcheng)
    wanted = {"grids": 34, "segments": 110, "workers": 49, "households": 1550, "people": 4677}
    assert {name: found[name] for name in wanted} == wanted


def test_totals_of_baocui_are_the_articles(town):
    found = totals(town.baocui)
    wanted = {"buildings": 28, "stairwells": 63, "grids": 7}
    assert {name: found[name] for name in wanted} == wanted


def test_workers_are_full_and_part_time(town):
    rows = ask(
        """SELECT employment, count(*) FROM grids_appointment JOIN grids_grid AS grid ON grid.id = grid_id
           WHERE role = 'grid_worker' AND grid.code LIKE %s GROUP BY 1 ORDER BY 1""",
        town.zhangcheng + "%",
    )
    assert rows == [("full_time", 21), ("part_time", 28)]


def test_every_grid_has_a_worker_and_each_team_of_baocui_six_posts_but_two(town):
    without = ask(
        """SELECT code FROM grids_grid AS grid WHERE level = 1 AND NOT EXISTS
           (SELECT FROM grids_appointment WHERE grid_id = grid.id AND role = 'grid_worker')"""
    )
    posts = Appointment.objects.in_force(town.day).filter(grid__community__code=town.baocui, role__in=TEAM)
    assert without == []
    assert posts.values("grid", "role").distinct().count() == 7 * len(TEAM) - 2


def test_a_deputy_answers_while_the_worker_of_a_grid_is_away(town):
    leave = Leave.objects.get(person__username="demo-worker")
    post = leave.person.appointments.get(role="grid_worker")
    door = Stairwell.objects.filter(assignments__boundary__parent__grid=post.grid).first()
    assert answer_for(door, on=town.day).first.phone == leave.person.duty_phone
    assert answer_for(door, on=leave.away.lower).first.phone == post.deputy.duty_phone


def boundaries(day: date, level: int):
    return GridBoundary.objects.in_force(day).filter(grid__level=level).select_related("grid__community", "parent")


@pytest.mark.parametrize("level", [1, 2])
def test_the_net_tiles_by_shapely(town, level):
    families: dict = {}
    for row in boundaries(town.day, level):
        parent = row.parent.boundary if level == 2 else row.grid.community.boundary
        key = row.parent_id if level == 2 else row.grid.community_id
        families.setdefault(key, (to_shapely(parent), []))[1].append(to_shapely(row.boundary))
    assert len(families) == {1: 9, 2: 41}[level]
    for parent, shapes in families.values():
        assert shapely.coverage_is_valid(shapes)
        # Equal unions leave no gap of any width; `gap_width` would also mind acute corners on the community's edge.
        union = shapely.coverage_union_all(shapes)
        assert union.equals(parent)
        assert vertices(union) == vertices(parent)


def communities(town) -> list[shapely.Geometry]:
    areas = Area.objects.filter(code__startswith=town.zhangcheng, level=12).order_by("code")
    return [to_shapely(area.boundary) for area in areas]


def vertices(shape: shapely.Geometry) -> set[tuple[float, float]]:
    return set(map(tuple, shapely.get_coordinates(shape).tolist()))


@pytest.mark.parametrize(("level", "count"), [(1, 34), (2, 110)])
def test_the_town_tiles_across_communities(town, level, count):
    rows = boundaries(town.day, level).filter(grid__code__startswith=town.zhangcheng)
    shapes = [to_shapely(row.boundary) for row in rows]
    union = shapely.union_all(shapes)
    assert len(shapes) == count
    assert shapely.coverage_is_valid(shapes)
    assert (union.geom_type, len(union.interiors)) == ("Polygon", 0)
    assert union.equals(shapely.union_all(communities(town)))


def test_the_communities_tile_the_town(town):
    assert shapely.coverage_is_valid(communities(town))
    assert shapely.coverage_union_all(communities(town)).geom_type == "Polygon"


def points_on_inner_edges(town) -> np.ndarray:
    """Lon/lat at 0, 1/4, 1/2 and 3/4 of each edge of a segment that is not the town's, between communities too."""
    rows = boundaries(town.day, 2).filter(grid__code__startswith=town.zhangcheng)
    edges = edges_of([to_shapely(row.boundary) for row in rows])
    quarters = [edges.start + part * (edges.end - edges.start) for part in (0, 0.25, 0.5, 0.75)]
    points = np.unique(np.concatenate(quarters), axis=0)
    outline = shapely.union_all(communities(town)).boundary
    return points[~shapely.dwithin(outline, shapely.points(points), 2e-7)]


@pytest.mark.parametrize("level", [1, 2])
def test_each_point_of_an_inner_edge_is_covered(town, level):
    points = shapely.points(points_on_inner_edges(town))
    shapes = np.array([to_shapely(row.boundary) for row in boundaries(town.day, level)])
    assert len(points) > 10_000
    assert np.unique(shapely.STRtree(shapes).query(points, predicate="covered_by")[0]).size == len(points)


def test_a_point_of_an_inner_edge_has_one_answer_and_always_the_same(town):
    points = [LonLat(x, y) for x, y in points_on_inner_edges(town)[::9].tolist()]
    found = [at(point, town.day) for point in points]
    assert [where.chain for where in found if where.grid is None or where.segment is None] == []
    assert [at(point, town.day).chain for point in points[::20]] == [where.chain for where in found[::20]]


def test_each_point_of_the_outer_edge_has_an_answer(town):
    """A point between two vertices is rounded to one side of the line; it is the town's on either side."""
    for code in (town.zhangcheng, town.baocui):
        outlines = Area.objects.filter(code__startswith=code, level=12).values_list("boundary", flat=True)
        edges = edges_of([shapely.union_all([to_shapely(outline) for outline in outlines])])
        quarters = [edges.start + part * (edges.end - edges.start) for part in (0, 0.25, 0.5, 0.75)]
        points = [LonLat(x, y) for x, y in np.concatenate(quarters).tolist()[::5]]
        found = [at(point, town.day) for point in points]
        assert len(points) > 30
        assert [where for where in found if None in (where.community, where.grid, where.segment)] == []
        assert [at(point, town.day).chain for point in points] == [where.chain for where in found]


OVERLAPS = """
    SELECT count(*) FROM grids_gridboundary AS one
    JOIN grids_gridboundary AS other ON one.id < other.id AND one.boundary && other.boundary
    JOIN grids_grid AS grid ON grid.id = one.grid_id
    JOIN grids_grid AS beside ON beside.id = other.grid_id AND beside.level = grid.level
    WHERE one.in_force @> %s::date AND other.in_force @> %s::date
      AND ST_Relate(one.boundary, other.boundary, '2********')
"""
UNION_OF_GRIDS = """
    SELECT area.code, ST_Equals(area.boundary, ST_Union(shape.boundary))
    FROM buildings_area AS area JOIN grids_grid AS grid ON grid.community_id = area.id AND grid.level = 1
    JOIN grids_gridboundary AS shape ON shape.grid_id = grid.id AND shape.in_force @> %s::date
    GROUP BY area.id
"""
UNION_OF_SEGMENTS = """
    SELECT parent.id, ST_Equals(parent.boundary, ST_Union(shape.boundary))
    FROM grids_gridboundary AS parent JOIN grids_gridboundary AS shape ON shape.parent_id = parent.id
    WHERE shape.in_force @> %s::date GROUP BY parent.id
"""


def test_the_net_tiles_by_postgis(town):
    assert ask(OVERLAPS, town.day, town.day) == [(0,)]
    for question, count in ((UNION_OF_GRIDS, 9), (UNION_OF_SEGMENTS, 41)):
        rows = ask(question, town.day)
        assert len(rows) == count
        assert [code for code, is_equal in rows if not is_equal] == []


def test_ten_thousand_random_points_lie_in_one_grid_and_one_segment_each(town):
    grids = np.array([to_shapely(row.boundary) for row in boundaries(town.day, 1)])
    segments = np.array([to_shapely(row.boundary) for row in boundaries(town.day, 2)])
    places = [to_shapely(a.boundary) for a in Area.objects.filter(code__startswith=town.zhangcheng, level=12)]
    points = _random_points(shapely.union_all(places), 10_000)
    for shapes in (grids, segments):
        hits = np.bincount(shapely.STRtree(shapes).query(points, predicate="covered_by")[0], minlength=len(points))
        assert hits.min() == hits.max() == 1


def _random_points(ground: shapely.Geometry, count: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    west, south, east, north = ground.bounds
    shapely.prepare(ground)
    xy = rng.uniform((west, south), (east, north), (3 * count, 2))
    return shapely.points(xy[shapely.contains_xy(ground, *xy.T)][:count])


def test_no_fault_is_found_by_the_gate_of_publication(town):
    plans = Plan.objects.in_force(town.day)
    assert plans.count() == 9
    assert [problem for plan in plans for problem in problems(plan)] == []


ASTRAY = """
    SELECT door.code FROM grids_assignment AS assigned
    JOIN buildings_stairwell AS door ON door.id = assigned.stairwell_id
    JOIN grids_gridboundary AS segment ON segment.id = assigned.boundary_id
    JOIN grids_gridboundary AS grid ON grid.id = segment.parent_id
    JOIN buildings_building AS house ON house.id = door.building_id
    WHERE NOT ST_Covers(segment.boundary, door.footprint) OR NOT ST_Covers(grid.boundary, house.footprint)
"""
UNASSIGNED = """
    SELECT code FROM buildings_stairwell AS door
    WHERE 1 <> (SELECT count(*) FROM grids_assignment AS assigned JOIN grids_gridboundary AS shape
                ON shape.id = assigned.boundary_id AND shape.parent_id IS NOT NULL WHERE stairwell_id = door.id)
"""
TORN = """
    SELECT building_id FROM buildings_stairwell AS door JOIN grids_assignment AS assigned ON stairwell_id = door.id
    JOIN grids_gridboundary AS segment ON segment.id = assigned.boundary_id
    GROUP BY building_id HAVING count(DISTINCT segment.parent_id) > 1
"""


def test_each_building_lies_whole_in_one_grid_and_each_stairwell_in_its_segment(town):
    assert ask(UNASSIGNED) == []
    assert ask(TORN) == []
    assert ask(ASTRAY) == []


def test_grid_names_follow_their_codes(town):
    names = ask("SELECT name FROM grids_grid WHERE level = 1 AND code LIKE %s ORDER BY code", town.nanmen + "%")
    assert [name for (name,) in names] == [f"第{n}网格" for n in "一二三四五六"]


def test_all_people_are_marked_as_invented(town):
    assert not User.objects.exclude(username__startswith=load.PREFIX).exists()
    assert not Household.objects.exclude(source=load.SOURCE).exists()


def test_roles_of_a_team_are_those_that_the_contact_page_shows():
    assert people.TEAM == TEAM


def test_each_log_in_works_and_holds_its_role(town):
    asked = RequestFactory().post("/")
    users = {login: authenticate(asked, username=f"demo-{login}", password=load.PASSWORD) for _, login in log_ins()}
    roles = {login: roles_of(user, town.day) for login, user in users.items()}
    assert "grid_worker" in roles["worker"]
    assert "planner" in roles["planner"]
    assert "community_secretary" in roles["secretary"]
    assert "administrator" in roles["admin"]


def test_nobody_else_can_log_in(town):
    usable = [user.username for user in User.objects.all() if user.has_usable_password()]
    assert sorted(usable) == sorted(load.PREFIX + login for _, login in log_ins())


def test_facilities_have_opening_hours_and_stand_in_their_community(town):
    astray = [f.name for f in Facility.objects.select_related("community") if not f.community.boundary.covers(f.point)]
    assert astray == []
    assert not Facility.objects.filter(hours="").exists()


def test_a_second_run_changes_nothing(town, capsys):
    before = Building.objects.count(), User.objects.count()
    call_command("make_demo")
    assert (Building.objects.count(), User.objects.count()) == before
    assert "--reset" in capsys.readouterr().out


def test_the_demo_is_not_made_beside_other_data(db):
    Area.objects.create(code="110101", name="东城区", level=6)
    with pytest.raises(CommandError):
        call_command("make_demo", verbosity=0)
    call_command("make_demo", "--if-empty", verbosity=0)
    assert not Building.objects.exists()


def test_reset_takes_away_the_demo_and_nothing_else(town):
    User.objects.create(username="li", name="李工")
    load.remove()
    assert (Area.objects.count(), Building.objects.count(), Household.objects.count()) == (0, 0, 0)
    assert [user.username for user in User.objects.all()] == ["li"]


def test_other_data_are_never_removed(town):
    Area.objects.create(code="110101", name="东城区", level=6)
    with pytest.raises(load.HoldsOtherData):
        load.remove()
    assert Building.objects.exists()
