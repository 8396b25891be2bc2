"""
Two communities on either side of a slanted line, each of 24 houses and drafted by itself:

    o o o o / o o o o
    o o o o/ o o o o
    o o o /o o o o o
      west     east
"""

from datetime import date, timedelta
from time import monotonic

import pytest
import shapely
from django.utils import timezone

from buildings.models import Area, Building, GroundChange, Stairwell
from geo.coverage import dissolve
from geo.geos import to_shapely
from grids.draft import draft
from grids.drawing import draw
from grids.models import Assignment, Grid, GridBoundary, Plan
from grids.outline import put_vertices, settle
from grids.redraw import publish
from tests.buildings.conftest import metres
from tests.grids.conftest import CODE, box, community, multi  # noqa: F401

pytestmark = pytest.mark.django_db
NEW_YEAR = date(2026, 1, 1)
WEST = [(0, 0), (187, 0), (236, 171), (0, 171)]
EAST = [(187, 0), (430, 0), (430, 171), (236, 171)]


def settled(code: str, corners, first: float) -> Area:
    """A community with four rows of six houses of two stairwells, party walls between every two of them."""
    shape = metres(shapely.Polygon(corners))
    area = Area.objects.create(code=code, name=f"社区{code[-1]}", level=12, boundary=multi(shape))
    for number in range(24):
        x, y = first + number % 6 * 27 + number // 6 * 9.3, 8 + number // 6 * 41.0
        house = turned(x, y, 27 if number % 3 == 0 else 19)
        building = Building.objects.create(
            code=f"{code}{number + 1:05d}",
            community=area,
            kind="residential",
            footprint=multi(shapely.unary_union(house)),
        )
        for half, part in enumerate(house, start=1):
            Stairwell.objects.create(
                code=f"{building.code}0{half}", building=building, number=str(half), footprint=multi(part)
            )
    return area


def turned(x: float, y: float, width: float) -> list[shapely.Polygon]:
    """Two stairwells side by side at a slant, in degrees."""
    parts = [shapely.box(x, y, x + width / 2, y + 11), shapely.box(x + width / 2, y, x + width, y + 11)]
    return [metres(shapely.affinity.rotate(part, 4, origin=(x, y))) for part in parts]


@pytest.fixture
def communities(db) -> list[Area]:
    return [settled("350125100001", WEST, 4), settled("350125100002", EAST, 204)]


def published(area: Area, target: int = 8) -> Plan:
    return publish(plan=draft(community=area, target=target, segments=3), by=None, effective=NEW_YEAR)


def shapes(plan: Plan, level: int = 1) -> list[shapely.Geometry]:
    return [to_shapely(row.boundary) for row in plan.boundaries.filter(grid__level=level).order_by("pk")]


def ground(*areas: Area) -> list[shapely.Geometry]:
    return [to_shapely(area.boundary) for area in Area.objects.filter(pk__in=[a.pk for a in areas]).order_by("code")]


def test_the_grids_of_a_published_plan_are_its_community_to_the_last_bit(communities):
    plans = [published(area) for area in communities]
    for plan, outline in zip(plans, ground(*communities), strict=True):
        for level in (1, 2):
            assert shapely.coverage_union_all(shapes(plan, level)).equals(outline)


def test_grids_of_neighbouring_communities_tile_together(communities):
    plans = [published(area) for area in communities]
    assert shapely.coverage_is_valid(ground(*communities))
    for level in (1, 2):
        together = [shape for plan in plans for shape in shapes(plan, level)]
        assert shapely.coverage_is_valid(together)
        assert shapely.union_all(together).equals(shapely.union_all(ground(*communities)))


def test_what_stands_in_a_shape_is_covered_by_it(communities):
    for area in communities:
        published(area)
    for row in Assignment.objects.select_related("boundary__parent", "stairwell__building"):
        assert to_shapely(row.boundary.boundary).covers(to_shapely(row.stairwell.footprint))
        assert to_shapely(row.boundary.parent.boundary).covers(to_shapely(row.stairwell.building.footprint))


def test_lines_move_by_less_than_the_grid(communities):
    before = ground(*communities), [to_shapely(door.footprint) for door in Stairwell.objects.order_by("pk")]
    for area in communities:
        published(area)
    after = ground(*communities), [to_shapely(door.footprint) for door in Stairwell.objects.order_by("pk")]
    for old, new in zip(before, after, strict=True):
        assert shapely.hausdorff_distance(old, new).max() < 1.6e-7


def test_cells_are_kept_as_the_grids_that_they_make(communities):
    plans = [published(area) for area in communities]
    for plan in plans:
        cells = {cell.name: cell for cell in plan.cells.all()}
        made = dissolve({n: to_shapely(c.shape) for n, c in cells.items()}, {n: c.grid for n, c in cells.items()})
        drawn = {row.grid_id: to_shapely(row.boundary) for row in plan.boundaries.filter(grid__level=1)}
        assert {shape.normalize().wkt for shape in drawn.values()} == {
            shapely.MultiPolygon([*shapely.get_parts(shape)]).normalize().wkt for shape in made.values()
        }


def test_a_publication_that_finds_all_in_order_changes_nothing(communities):
    plans = [published(area) for area in communities]
    state = GroundChange.objects.count(), [shape.wkb for plan in plans for shape in shapes(plan)]
    for plan in plans:
        settle(plan)
    assert (GroundChange.objects.count(), [shape.wkb for plan in plans for shape in shapes(plan)]) == state


def test_a_change_of_the_ground_is_written_down(communities):
    before = GroundChange.objects.count()
    published(communities[0])
    assert GroundChange.objects.count() == before + 1


def point_on_the_line(share: float) -> tuple[float, float]:
    """On the line between the communities, rounded to the grid."""
    at = metres(shapely.LineString([WEST[1], WEST[2]])).interpolate(share, normalized=True)
    return round(at.x, 7), round(at.y, 7)


def has(shape: shapely.Geometry, point: tuple[float, float]) -> bool:
    return point in set(map(tuple, shapely.get_coordinates(shape).tolist()))


def test_a_point_on_the_outline_is_given_to_all_whom_it_bounds(communities):
    west, east = communities
    plans = [published(area) for area in communities]
    point = point_on_the_line(0.377)
    put_vertices(Area.objects.get(pk=west.pk), [point])
    assert [has(outline, point) for outline in ground(west, east)] == [True, True]
    for plan in plans:
        for level in (1, 2):
            assert sum(has(shape, point) for shape in shapes(plan, level)) == 1
    assert shapely.coverage_is_valid([shape for plan in plans for shape in shapes(plan)])


def test_a_point_off_the_outline_is_given_to_nobody(communities):
    inside = metres(shapely.Point(90, 90))
    assert put_vertices(communities[0], [(round(inside.x, 7), round(inside.y, 7))]) == []


def test_a_plan_of_the_past_stays_as_it_was(communities):
    west = communities[0]
    old = published(west)
    tomorrow = timezone.localdate() + timedelta(days=1)
    GridBoundary.objects.filter(plan=old).update(in_force=(NEW_YEAR, timezone.localdate()))
    Plan.objects.filter(pk=old.pk).update(in_force=(NEW_YEAR, timezone.localdate()))
    before = [shape.wkb for shape in shapes(old)]
    publish(plan=draft(community=west, target=5), by=None, effective=tomorrow)
    put_vertices(Area.objects.get(pk=west.pk), [point_on_the_line(0.377)])
    assert [shape.wkb for shape in shapes(old)] == before


def test_four_hundred_doors_written_a_moment_ago_are_published_in_seconds(community):  # noqa: F811
    """PostgreSQL knows nothing yet of tables that were filled in this transaction, and plans badly for them."""
    side = 20
    Stairwell.objects.all().delete()
    Building.objects.all().delete()
    numbered = [(column, row) for column in range(side) for row in range(side)]
    buildings = Building.objects.bulk_create(
        Building(
            code=f"{CODE}{number:05d}",
            community=community,
            number=str(number),
            footprint=multi(box((x + 0.2) / side, (y + 0.2) / side, (x + 0.8) / side, (y + 0.8) / side)),
        )
        for number, (x, y) in enumerate(numbered, start=1)
    )
    Stairwell.objects.bulk_create(
        Stairwell(code=f"{home.code}01", building=home, number="1", footprint=home.footprint) for home in buildings
    )
    fields = {
        f"{home.code}01": box(x / side, y / side, (x + 1) / side, (y + 1) / side)
        for home, (x, y) in zip(buildings, numbered, strict=True)
    }
    grids = [Grid.objects.create(community=community, name=f"{number}格") for number in range(side)]
    grid_of = {code: grids[at // side] for at, code in enumerate(fields)}
    plan = Plan.objects.create(community=community, number=1)
    draw(plan=plan, cells=fields, grid_of=grid_of)
    start = monotonic()
    publish(plan=plan, by=None, effective=date(2026, 1, 1))
    assert monotonic() - start < 20  # half a second where nobody else works; it was minutes
