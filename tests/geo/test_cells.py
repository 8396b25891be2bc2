"""
The ground cut into one cell per building. Distances below are in degrees: 0.0001 is 10 m east-west, 11 m north-south.
"""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, translate
from shapely.ops import split

from geo.cells import borders, cut
from geo.coverage import dissolve, faults, neighbours
from geo.crs import distance_m, metres_per_degree, on_grid, snap

WEST, SOUTH = 119.3, 26.05
GROUND = snap(shapely.box(WEST, SOUTH, WEST + 0.004, SOUTH + 0.004))  # 400 m by 443 m


def at(west, south, east, north):
    """A box in units of 0.0001 degrees from the corner of the ground."""
    return snap(shapely.box(WEST + west / 1e4, SOUTH + south / 1e4, WEST + east / 1e4, SOUTH + north / 1e4))


def line(*corners):
    return shapely.LineString([(WEST + x / 1e4, SOUTH + y / 1e4) for x, y in corners])


def assert_sound(cells, footprints, ground=GROUND):
    """Law 1 for the finest plan: a grid per cell, and one for those that cannot be separated."""
    label = {unit: unit for unit in cells.shapes}
    for group in cells.together:
        label.update(dict.fromkeys(group, min(group)))
    grids = dissolve(cells.shapes, label)
    inside = {unit: snap(shape) for unit, shape in footprints.items() if unit not in cells.outside}
    pieces = {name: len(shapely.get_parts(shape)) for name, shape in grids.items()}
    assert faults(grids, ground, footprints=inside, assignment=label, pieces=pieces) == []
    assert all(on_grid(shape) for shape in cells.shapes.values())
    return grids


ROWS = {"a": at(5, 5, 15, 8), "b": at(5, 12, 15, 15), "c": at(25, 5, 35, 8), "d": at(25, 12, 35, 15)}


def test_each_building_has_a_cell_of_its_own():
    cells = cut(GROUND, ROWS)
    assert list(cells.shapes) == ["a", "b", "c", "d"]
    assert_sound(cells, ROWS)
    assert all(cells.shapes[name].covers(footprint) for name, footprint in ROWS.items())


def test_the_border_runs_midway():
    cells = cut(GROUND, {"a": at(5, 5, 15, 35), "c": at(25, 5, 35, 35)})
    border = shapely.intersection(cells.shapes["a"], cells.shapes["c"])
    middle = WEST + 0.0020
    east, _ = metres_per_degree(SOUTH)
    assert border.length == pytest.approx(0.004, rel=0.01)
    off = abs(shapely.get_coordinates(border)[:, 0] - middle) * east
    assert off.max() < 0.6  # metres, with 100 m between the two


def test_the_border_runs_along_the_road_where_there_is_one():
    road = line((16, -5), (16, 45))  # much nearer to a than to c
    cells = cut(GROUND, ROWS, [road])
    assert_sound(cells, ROWS)
    west = dissolve(cells.shapes, {"a": "west", "b": "west"})["west"]
    assert west.bounds[2] == pytest.approx(WEST + 0.0016, abs=1e-7)
    assert borders(cells.shapes, {"street": [road]})["a", "c"].keys() == {"street"}
    assert borders(cells.shapes, {"street": [road]})["a", "b"].keys() == {""}


def test_a_road_that_ends_in_the_open_separates_nothing_and_is_reported():
    alley = line((20, -5), (20, 20))
    cells = cut(GROUND, ROWS, [alley])
    assert cells.dangles.length == pytest.approx(0.0020, rel=0.01)
    assert cells.shapes.keys() == cut(GROUND, ROWS).shapes.keys()
    assert_sound(cells, ROWS)


def test_a_road_under_a_building_yields():
    road = line((10, -5), (10, 45))
    cells = cut(GROUND, ROWS, [road])
    assert cells.crossed == ["a", "b"]
    assert_sound(cells, ROWS)


def test_a_party_wall_is_the_border_of_two_stairwells():
    stairs = {"1": at(5, 5, 10, 8), "2": at(10, 5, 15, 8), "3": at(15, 5, 20, 8)}
    cells = cut(GROUND, stairs)
    assert cells.together == []
    assert_sound(cells, stairs)
    assert all(cells.shapes[name].covers(footprint) for name, footprint in stairs.items())


def test_the_border_goes_straight_on_where_a_party_wall_ends():
    stairs = {"1": at(5, 5, 10, 8), "2": at(10, 5, 15, 8)}
    border = shapely.intersection(*cut(GROUND, stairs).shapes.values())
    east, _ = metres_per_degree(SOUTH)
    assert border.length == pytest.approx(0.004, rel=0.01)
    assert abs(shapely.get_coordinates(border)[:, 0] - WEST - 0.0010).max() * east < 0.6  # metres


def test_alleys_that_end_at_a_building_part_the_ground_with_it():
    alleys = [line((11, -5), (11, 6)), line((11, 7), (11, 45))]  # both end under building a
    footprints = {"a": at(5, 5, 15, 8), "c": at(25, 5, 35, 8)}
    beside = shapely.Point(WEST + 0.0014, SOUTH + 0.0010)  # close to a, but beyond the alley
    assert beside.within(cut(GROUND, footprints).shapes["a"])
    cells = cut(GROUND, footprints, alleys)
    assert cells.dangles.is_empty
    assert beside.within(cells.shapes["c"])


def test_ground_goes_over_open_ground_rather_than_over_a_longer_road():
    footprints = {"gate": at(5, 18, 9, 22), "c": at(25, 5, 35, 8)}
    cells = cut(GROUND, footprints, [line((-5, 21), (45, 21)), line((12, -5), (12, 21))])
    assert cells.crossed == ["gate"]
    assert_sound(cells, footprints)
    assert shapely.Point(WEST + 0.0030, SOUTH + 0.0030).within(cells.shapes["gate"])


def test_buildings_that_overlap_stay_together():
    towers = {
        "podium": at(5, 5, 20, 20),
        "tower": at(8, 8, 12, 12),
        "wing": at(18, 18, 25, 25),
        "far": at(30, 5, 35, 8),
    }
    cells = cut(GROUND, towers)
    assert cells.together == [{"podium", "tower", "wing"}]
    assert cells.shapes.keys() == towers.keys()
    assert_sound(cells, towers)


def test_the_same_building_twice_stays_together():
    cells = cut(GROUND, {"a": at(5, 5, 15, 8), "a again": at(5, 5, 15, 8), "b": at(5, 12, 15, 15)})
    assert cells.together == [{"a", "a again"}]
    assert len(cells.shapes.keys() & {"a", "a again"}) == 1
    assert_sound(cells, {"b": at(5, 12, 15, 15)})


def test_a_courtyard_belongs_to_its_building_unless_another_stands_in_it():
    ring = at(5, 5, 25, 25).difference(at(8, 8, 22, 22))
    cells = cut(GROUND, {"ring": ring, "far": at(30, 30, 35, 35)})
    assert cells.shapes["ring"].covers(at(5, 5, 25, 25))
    inner = {"ring": ring, "pavilion": at(12, 12, 18, 18)}
    cells = cut(GROUND, inner)
    assert_sound(cells, inner)
    assert not cells.together


def test_a_building_of_two_parts_has_a_cell_around_both():
    parts = {"twin": shapely.union(at(5, 5, 8, 8), at(5, 30, 8, 33)), "between": at(5, 15, 8, 20)}
    cells = cut(GROUND, parts)
    assert_sound(cells, parts)


def test_ground_with_a_lake_and_an_island_is_tiled():
    lake = GROUND.difference(at(18, 18, 22, 22)).difference(at(36, -1, 37, 41))
    cells = cut(lake, ROWS)
    assert_sound(cells, ROWS, lake)
    island = [spare for spare in cells.spare if spare.cell == "ground-1"]
    assert island[0].shape.equals(cells.shapes["ground-1"])


def test_ground_without_buildings_is_one_cell():
    cells = cut(GROUND, {})
    assert cells.shapes["ground-1"].equals(GROUND)
    assert list(cells.shapes) == ["ground-1"]


def test_a_block_without_a_building_goes_to_the_neighbour_with_the_longest_edge():
    north = line((-5, 20), (45, 20))
    cells = cut(GROUND, {"a": at(2, 5, 5, 8), "c": at(25, 5, 35, 8)}, [north])
    assert [spare.cell for spare in cells.spare] == ["c"]
    own = cut(GROUND, {"a": at(2, 5, 5, 8), "c": at(25, 5, 35, 8)}, [north], own_ground_m2=10_000)
    assert list(own.shapes) == ["a", "c", "ground-1"]
    assert_sound(own, {"a": at(2, 5, 5, 8), "c": at(25, 5, 35, 8)})


def test_a_building_at_the_rim_counts_with_its_inner_part_and_one_beyond_is_refused():
    gates = {**ROWS, "gate": at(-2, 20, 5, 25), "beyond": at(-8, 30, 2, 35), "far": at(60, 60, 65, 65)}
    cells = cut(GROUND, gates)
    assert cells.partly_outside == ["gate"]
    assert list(cells.outside) == ["beyond", "far"]
    assert "beyond" in str(cells.outside["beyond"])
    assert_sound(cells, gates)


def test_the_outline_of_the_ground_stays_where_it_is():
    """A long slanting edge has no points of the grid where the borders happen to end."""
    slanting = snap(rotate(GROUND, 17))
    cells = cut(slanting, ROWS)
    outline = shapely.points(shapely.get_coordinates(shapely.coverage_union_all(list(cells.shapes.values()))))
    assert shapely.distance(slanting.exterior, outline).max() < 0.01e-7  # degrees; 0.1 mm


def test_two_communities_cut_one_after_the_other_still_meet():
    halves = shapely.get_parts(split(snap(rotate(GROUND, 17)), line((-20, 13), (60, 31))))
    unions = []
    for half in map(snap, halves):
        inside = {name: shape for name, shape in ROWS.items() if half.contains(shape)}
        unions.append(shapely.coverage_union_all(list(cut(half, inside).shapes.values())))
    gap = shapely.union(*map(snap, halves)).difference(shapely.union(*unions))
    assert gap.area * 100_000 * 110_000 < 0.05  # square metres on a common edge of 430 m: 0.1 mm
    assert distance_m(*unions) == 0


def test_order_of_the_footprints_makes_no_difference():
    turned = dict(reversed(ROWS.items()))
    assert {name: shape.wkb for name, shape in cut(GROUND, ROWS).shapes.items()} == {
        name: shape.wkb for name, shape in cut(GROUND, turned).shapes.items()
    }


position = st.tuples(st.floats(-1, 38), st.floats(-1, 38))
size = st.floats(0.05, 8)
boxes = st.lists(st.tuples(position, size, size, st.floats(0, 90)), max_size=14)
roads = st.lists(st.lists(st.tuples(st.floats(-5, 45), st.floats(-5, 45)), min_size=2, max_size=4), max_size=4)


def drawn(box):
    (x, y), width, height, angle = box
    return snap(rotate(translate(at(0, 0, width, height), x / 1e4, y / 1e4), angle))


@settings(max_examples=120, deadline=None)
@given(boxes, roads, st.floats(0, 89))
def test_any_ground_is_tiled_and_no_building_is_cut(buildings, streets, angle):
    ground = snap(rotate(GROUND, angle))
    footprints = {f"b{number:02}": drawn(box) for number, box in enumerate(buildings)}
    footprints = {name: shape for name, shape in footprints.items() if shape.is_valid and shape.area > 0}
    cells = cut(ground, footprints, [line(*street) for street in streets])
    shapes = np.array(list(cells.shapes.values()), dtype=object)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()
    assert_sound(cells, footprints, ground)
    placed = set().union(cells.shapes, cells.outside, *cells.together)
    assert placed >= footprints.keys()


def test_a_cell_hangs_together_and_neighbours_are_known():
    cells = cut(GROUND, ROWS)
    assert {shape.geom_type for shape in cells.shapes.values()} == {"Polygon"}
    assert ("a", "b") in neighbours(cells.shapes)
