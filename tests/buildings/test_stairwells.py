"""Footprints cut into stairwells: drawn in metres, turned by every angle, always a coverage of the footprint."""

import pytest
import shapely
from shapely.affinity import rotate

from buildings.imports.stairwells import Entrance, attach, cut, cut_all, slab_count
from geo.crs import on_grid
from tests.buildings.conftest import metres

SLAB = shapely.box(0, 0, 72, 12)
ELL = shapely.union(shapely.box(0, 0, 60, 12), shapely.box(0, 0, 12, 60))
YOU = shapely.union_all([shapely.box(0, 0, 60, 12), shapely.box(0, 0, 12, 60), shapely.box(48, 0, 60, 60)])
RING = shapely.box(0, 0, 60, 60) - shapely.box(12, 12, 48, 48)
PAIR = shapely.MultiPolygon([shapely.box(0, 0, 30, 12), shapely.box(40, 0, 70, 12)])
TOWER = shapely.box(0, 0, 30, 30)
SHAPES = {"slab": SLAB, "ell": ELL, "you": YOU, "ring": RING, "pair": PAIR, "tower": TOWER}


def door(x: float, y: float, number: str = "") -> Entrance:
    return Entrance(metres(shapely.Point(x, y)), number)


@pytest.mark.parametrize("angle", [0, 17, 45, 90, 133.3, 271])
@pytest.mark.parametrize("name", SHAPES)
def test_the_parts_tile_the_footprint_on_the_grid(name, angle):
    footprint = metres(rotate(SHAPES[name], angle, origin=(0, 0)))
    for result in (
        cut(footprint, residential=True),
        *cut_all([footprint], residential=[True], entrances={}, least=[1]),
    ):
        parts = [part.footprint for part in result.parts]
        assert shapely.union_all(parts).equals(result.footprint)
        assert shapely.coverage_is_valid(parts)
        assert all(map(on_grid, parts))
        assert all(map(shapely.is_valid, parts))
        assert shapely.hausdorff_distance(result.footprint.boundary, footprint.boundary) < 1e-7


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        (SLAB, 4),  # 72 m by 18 m a stairwell
        (ELL, 6),  # 60 m and 48 m of slab
        (YOU, 9),
        (RING, 10),
        (TOWER, 1),
        (shapely.box(0, 0, 25, 12), 1),
        (shapely.box(0, 0, 60, 25), 1),  # too deep for flats with windows on both sides
    ],
)
def test_stairwells_are_counted_along_the_slab(shape, count):
    assert slab_count(shape) == count


def test_a_school_has_one_stairwell_however_long():
    assert len(cut(metres(SLAB), residential=False).parts) == 1


@pytest.mark.parametrize("angle", range(0, 360, 30))
def test_a_rectangle_is_cut_as_any_other_shape(angle):
    footprint = metres(rotate(SLAB, angle, origin=(0, 0)))
    [fast] = cut_all([footprint], residential=[True], entrances={}, least=[1])
    slow = cut(footprint, residential=True)
    assert [part.number for part in fast.parts] == [part.number for part in slow.parts]
    for one, other in zip(fast.parts, slow.parts, strict=True):
        assert one.footprint.symmetric_difference(other.footprint).area < 2e-3 * one.footprint.area


def test_parts_of_an_ell_have_equal_area():
    areas = [part.footprint.area for part in cut(metres(ELL), residential=True).parts]
    assert max(areas) / min(areas) < 1.02


@pytest.mark.parametrize("name", ["ell", "you", "ring"])
def test_no_stairwell_is_in_two_places(name):
    assert {part.footprint.geom_type for part in cut(metres(SHAPES[name]), residential=True).parts} == {"Polygon"}


def test_entrances_decide_where_to_cut():
    """
    +----+---------+
    |    |         |
    +-1--+----2----+      cut at 25, midway between the doors at 10 and 40
    """
    first, second = cut(metres(SLAB), residential=True, entrances=[door(40, 0), door(10, 0)]).parts
    east = metres(shapely.Point(25, 0)).x
    assert first.footprint.bounds[2] == pytest.approx(east, abs=1e-7) == second.footprint.bounds[0]
    assert shapely.intersects(first.footprint, first.entrance)
    assert shapely.intersects(second.footprint, second.entrance)


def test_front_and_back_door_are_one_stairwell():
    result = cut(metres(SLAB), residential=True, entrances=[door(10, 0), door(11, 12), door(40, 0)])
    assert len(result.parts) == 2


def test_doors_keep_the_numbers_that_the_source_gives_them():
    result = cut(metres(SLAB), residential=True, entrances=[door(10, 0, "甲"), door(40, 0, "乙")])
    assert [part.number for part in result.parts] == ["甲", "乙"]


def test_numbers_run_from_the_west_and_from_the_north():
    west, *_, east = cut(metres(SLAB), residential=True).parts
    assert (west.number, east.number) == ("1", "4")
    assert west.footprint.centroid.x < east.footprint.centroid.x
    north, *_, south = cut(metres(rotate(SLAB, 90, origin=(0, 0))), residential=True).parts
    assert (north.number, south.number) == ("1", "4")
    assert north.footprint.centroid.y > south.footprint.centroid.y


def test_a_cut_leaves_as_many_stairwells_as_have_people():
    assert len(cut(metres(TOWER), residential=True, least=3).parts) == 3


def test_entrances_belong_to_the_outline_they_lie_on_and_no_further():
    footprints = [metres(SLAB), metres(shapely.box(0, 20, 72, 32))]
    points = [metres(shapely.Point(*place)) for place in [(10, 0), (10, 12.8), (10, 14), (10, 6), (5, 32)]]
    assert attach(footprints, points) == [0, 0, None, None, 1]
