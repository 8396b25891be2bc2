"""
A quarter of 40 houses on both sides of a street, a wall across the east side:

    o o o o o | o o o o o
    o o o o o | o o o o o
              |===========  wall
    o o o o o | o o o o o
    o o o o o | o o o o o
"""

import io

import pytest
import shapely
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command

from buildings.models import Area, Barrier, Building, Dwelling, Household, Road, Stairwell
from geo.geos import to_geos, to_shapely
from grids.draft import chinese_number, draft
from grids.gate import PlanRefused, problems
from grids.models import Grid, GridBoundary, Plan
from tests.buildings.conftest import metres

pytestmark = pytest.mark.django_db
CODE = "350125100009"
STREET, WALL = 100, 80  # metres from the west and from the south


def multi(shape):
    return to_geos(shapely.MultiPolygon([metres(shape)]))


@pytest.fixture
def quarter(db) -> Area:
    area = Area.objects.create(code=CODE, name="街坊社区", level=12, boundary=multi(shapely.box(0, 0, 200, 160)))
    places = [(x, y) for x in (5, 25, 45, 65, 80, 107, 127, 147, 167, 185) for y in (10, 50, 90, 130)]
    for number, (x, y) in enumerate(places, start=1):
        building = Building.objects.create(
            code=f"{CODE}{number:05d}",
            community=area,
            kind="residential",
            footprint=multi(shapely.box(x, y, x + 12, y + 20)),
        )
        for half in (0, 1):
            shape = multi(shapely.box(x, y + 10 * half, x + 12, y + 10 * half + 10))
            Stairwell.objects.create(
                code=f"{building.code}0{half + 1}", building=building, number=half + 1, footprint=shape
            )
    line = metres(shapely.LineString([(STREET, -5), (STREET, 165)]))
    Road.objects.create(kind="street", name="中街", line=to_geos(line))
    Barrier.objects.create(kind="wall", line=to_geos(metres(shapely.LineString([(STREET, WALL), (205, WALL)]))))
    return area


def live_in(area: Area, each: int) -> None:
    for stairwell in Stairwell.objects.filter(building__community=area):
        for room in range(each):
            dwelling = Dwelling.objects.create(stairwell=stairwell, room=str(room))
            Household.objects.create(dwelling=dwelling, people=2)


def grids(plan):
    return plan.boundaries.filter(grid__level=Grid.Level.GRID)


def test_a_draft_tiles_and_cuts_no_building(quarter):
    plan = draft(community=quarter, target=20)
    assert problems(plan) == []
    assert plan.status == "draft"
    assert plan.assignments.count() == 80


def test_grids_part_at_the_street(quarter):
    live_in(quarter, 1)
    plan = draft(community=quarter, target=40)
    west, east = sorted(grids(plan), key=lambda boundary: boundary.boundary.centroid.x)
    street = metres(shapely.Point(STREET, 0)).x
    assert west.boundary.extent[2] == pytest.approx(street, abs=2e-7) == east.boundary.extent[0]
    assert [west.grid.name, east.grid.name] == ["第一网格", "第二网格"]


def test_grids_are_of_about_the_target(quarter):
    live_in(quarter, 2)
    plan = draft(community=quarter, target=40)
    sizes = [plan.assignments.filter(boundary=boundary).count() * 2 for boundary in grids(plan)]
    assert len(sizes) == 4
    assert all(24 <= size <= 56 for size in sizes)


def test_each_building_lies_in_one_grid(quarter):
    plan = draft(community=quarter, target=10)
    for building in Building.objects.all():
        assert plan.assignments.filter(stairwell__building=building).values("boundary").distinct().count() == 1


def test_segments_tile_their_grid(quarter):
    live_in(quarter, 1)
    plan = draft(community=quarter, target=40, segments=10)
    segments = plan.boundaries.filter(grid__level=Grid.Level.SEGMENT)
    assert problems(plan) == []
    assert segments.count() >= 6
    assert set(plan.assignments.values_list("boundary", flat=True)) == set(segments.values_list("pk", flat=True))


def test_buildings_that_overlap_share_a_grid(quarter):
    """A hut on the roof of another house has no ground of its own, and is not forgotten."""
    inside = multi(shapely.box(6, 12, 10, 18))
    hut = Building.objects.create(code=f"{CODE}00099", community=quarter, footprint=inside)
    Stairwell.objects.create(code=f"{hut.code}01", building=hut, number="1", footprint=inside)
    plan = draft(community=quarter, target=20)
    assert problems(plan) == []
    house = plan.assignments.get(stairwell__code=f"{CODE}0000101")
    assert plan.assignments.get(stairwell__building=hut).boundary_id == house.boundary_id


def test_the_same_ground_gives_the_same_plan(quarter):
    first, second = (draft(community=quarter, target=20) for _ in range(2))
    assert [b.boundary.wkt for b in first.boundaries.order_by("grid_id")] == [
        b.boundary.wkt for b in second.boundaries.order_by("grid_id")
    ]
    assert (first.number, second.number) == (1, 2)


def test_a_community_without_boundary_or_stairwells_is_refused(quarter):
    empty = Area.objects.create(code="350125100010", name="空社区", level=12)
    with pytest.raises(PlanRefused):
        draft(community=empty)
    empty.boundary = quarter.boundary
    with pytest.raises(PlanRefused):
        draft(community=empty)


def test_the_command_publishes_and_each_place_has_one_grid(quarter):
    out = io.StringIO()
    call_command("draft_plan", CODE, "--target", "20", "--publish", stdout=out)
    assert "不重不漏" in out.getvalue()
    assert all(grid.code for grid in Grid.objects.all())
    ground = to_shapely(quarter.boundary)
    for x in range(3, 200, 17):
        point = metres(shapely.Point(x, x * 0.7))
        assert ground.covers(point)
        assert GridBoundary.objects.covering(Point(point.x, point.y, srid=4326)).exists()


def test_the_command_names_an_unknown_community(db):
    with pytest.raises(CommandError, match="350125100404"):
        call_command("draft_plan", "350125100404")


def beside(quarter: Area, code: str, *, built: bool) -> Area:
    """A community east of the quarter, with one house or none."""
    ground = multi(shapely.box(300, 0, 400, 160))
    area = Area.objects.create(code=code, name="东邻社区", level=12, boundary=ground)
    if built:
        shape = multi(shapely.box(310, 10, 330, 20))
        house = Building.objects.create(code=f"{code}00001", community=area, footprint=shape)
        Stairwell.objects.create(code=f"{house.code}01", building=house, number="1", footprint=shape)
    return area


def on_screen(*arguments: str) -> str:
    out = io.StringIO()
    call_command("draft_plan", *arguments, stdout=out)
    return out.getvalue()


def test_without_a_code_each_community_that_lacks_a_plan_gets_one(quarter):
    other = beside(quarter, "350125100010", built=True)
    beside(quarter, "350125100011", built=False)
    Area.objects.create(code="350125100012", name="无边界社区", level=12)
    printed = on_screen("--publish")
    assert f"{CODE} 街坊社区" in printed
    assert set(Plan.objects.values_list("community", "status")) == {(quarter.pk, "published"), (other.pk, "published")}
    assert "没有要起草的社区" in on_screen("--publish")
    assert Plan.objects.count() == 2


def test_without_publish_each_stays_a_draft(quarter):
    assert "街坊社区" in on_screen()
    assert Plan.objects.get().status == "draft"


def test_segments_are_drawn_unless_they_are_refused(quarter):
    on_screen(CODE, "--target", "40", "--segments", "0")
    assert Grid.objects.filter(level=Grid.Level.SEGMENT).count() == 0
    on_screen(CODE)
    assert Grid.objects.filter(level=Grid.Level.SEGMENT).count() > 0


def test_a_draft_that_was_kept_is_named_and_can_be_seen_published_and_removed(quarter):
    said = on_screen(CODE)
    assert f"草稿已保存，还没有施行。再看一遍：manage.py draft_plan {CODE} --plan 1" in said
    on_screen(CODE)
    drawn = Grid.objects.count()
    assert "不重不漏" in on_screen(CODE, "--plan", "1")
    assert "已删除" in on_screen(CODE, "--plan", "1", "--remove")
    assert Grid.objects.count() == drawn / 2
    assert "已公布" in on_screen(CODE, "--plan", "2", "--publish")
    assert Plan.objects.get().status == "published"


def test_a_plan_in_force_or_none_is_no_draft_to_remove(quarter):
    on_screen(CODE, "--publish")
    for arguments in ((CODE, "--plan", "1", "--remove"), (CODE, "--plan", "7"), ("--plan", "1"), (CODE, "--remove")):
        with pytest.raises(CommandError):
            on_screen(*arguments)
    assert Plan.objects.get().status == "published"


def test_a_second_publication_on_one_day_is_refused_before_the_work(quarter, monkeypatch):
    on_screen(CODE, "--publish")
    monkeypatch.setattr("grids.management.commands.draft_plan.draft", None)
    with pytest.raises(CommandError, match="--effective"):
        on_screen(CODE, "--publish")
    assert Plan.objects.count() == 1


def test_one_community_that_cannot_be_drafted_keeps_none_of_the_others_from_it(quarter, monkeypatch):
    other = beside(quarter, "350125100008", built=True)  # comes first

    def moody(*, community, **options):
        if community == other:
            raise PlanRefused("不行", code="no")
        return draft(community=community, **options)

    monkeypatch.setattr("grids.management.commands.draft_plan.draft", moody)
    with pytest.raises(CommandError, match="350125100008 东邻社区：不行"):
        on_screen()
    assert Plan.objects.get().community == quarter


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (105, "一百零五"), (110, "一百一十"), (342, "三百四十二")],
)
def test_numbers_are_written_as_they_are_spoken(number, text):
    assert chinese_number(number) == text


def test_a_building_drawn_twice_is_assigned_twice(quarter):
    """The second has no cell, the first has it all."""
    first = Building.objects.get(code=f"{CODE}00001")
    twin = Building.objects.create(code=f"{CODE}00098", community=quarter, footprint=first.footprint)
    Stairwell.objects.create(code=f"{twin.code}01", building=twin, number="1", footprint=first.footprint)
    plan = draft(community=quarter, target=20)
    assert problems(plan) == []
    owner = plan.assignments.filter(stairwell__building=first).values_list("boundary", flat=True)
    assert {plan.assignments.get(stairwell__building=twin).boundary_id} == set(owner)
