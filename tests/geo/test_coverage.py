"""
A net of four by four squares of about 100 m, each with a building:

    03 13 23 33
    02 12 22 32
    01 11 21 31
    00 10 20 30
"""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage import colour, dissolve, faults, label_point, neighbours
from geo.crs import snap

WEST, SOUTH, SIDE = 119.3, 26.05, 0.001  # degrees
CM = 1e-7  # degrees, a step of the grid: 1.0 cm east-west and 1.1 cm north-south


def square(column, row, *, east=0.0, north=0.0):
    """A cell, with its eastern or northern edge moved by so many degrees."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return snap(shapely.box(west, south, west + SIDE + east, south + SIDE + north))


CELLS = {f"{column}{row}": square(column, row) for column in range(4) for row in range(4)}
PARENT = snap(shapely.box(WEST, SOUTH, WEST + 4 * SIDE, SOUTH + 4 * SIDE))
BUILDINGS = {f"b{name}": snap(cell.buffer(-0.0003, join_style="mitre")) for name, cell in CELLS.items()}
HOMES = {building: building[1:] for building in BUILDINGS}


def found(cells=CELLS, parent=PARENT, buildings=BUILDINGS, homes=HOMES, **options):
    return faults(cells, parent, footprints=buildings, assignment=homes, **options)


def codes(*args, **kwargs):
    return {fault.code for fault in found(*args, **kwargs)}


def test_a_sound_net_has_no_faults():
    assert found() == []


def test_a_missing_polygon_is_a_gap():
    cells = {name: cell for name, cell in CELLS.items() if name != "11"}
    gap = next(fault for fault in found(cells, buildings={}) if fault.code == "gap")
    assert gap.measure == pytest.approx(100.07 * 110.79, rel=0.001)  # metres per 0.001 degrees at 26.05 N
    assert gap.geometry.equals(CELLS["11"])
    assert shapely.Point(gap.place).within(CELLS["11"])
    assert "%" not in str(gap)


@pytest.mark.parametrize("name", ["11", "30"])
def test_a_gap_of_5_cm_is_narrow(name):
    column, row = int(name[0]), int(name[1])
    shrunk = {**CELLS, name: square(column, row, east=-5 * CM)}
    assert "narrow_gap" in codes(shrunk)


def test_a_vertex_pulled_by_2_cm_is_found():
    first, *others = CELLS["11"].exterior.coords[:-1]
    pulled = [(first[0] - 2 * CM, first[1]), *others]
    assert codes({**CELLS, "11": snap(shapely.Polygon(pulled))}) & {"narrow_gap", "unmatched_edge"}


def test_an_overlap_of_5_cm_is_found_with_both_names():
    overlaps = [fault for fault in found({**CELLS, "11": square(1, 1, east=5 * CM)}) if fault.code == "overlap"]
    assert {overlaps[0].params["name"], overlaps[0].params["other"]} == {"11", "21"}
    assert len(overlaps) == 1
    assert overlaps[0].measure == pytest.approx(0.05 * 110.79, rel=0.1)


def test_a_polygon_twice_is_an_overlap():
    assert "overlap" in codes({**CELLS, "twin": CELLS["22"]})


def test_a_polygon_inside_another_is_an_overlap():
    assert "overlap" in codes({**CELLS, "inner": BUILDINGS["b22"]})


def test_a_vertex_that_the_neighbour_lacks_is_an_unmatched_edge():
    more = shapely.Polygon(shapely.segmentize(CELLS["11"].exterior, SIDE * 0.6))
    assert codes({**CELLS, "11": snap(more)}) == {"unmatched_edge"}


def test_a_polygon_beyond_the_parent_is_found():
    larger = {**CELLS, "33": square(3, 3, east=0.0002)}
    outside = next(fault for fault in found(larger) if fault.code == "outside_parent")
    assert outside.params["name"] == "33"


def test_an_invalid_polygon_is_reported_alone_with_its_place():
    bow = shapely.Polygon([(WEST, SOUTH), (WEST + SIDE, SOUTH + SIDE), (WEST + SIDE, SOUTH), (WEST, SOUTH + SIDE)])
    (fault,) = found({**CELLS, "00": bow})
    assert fault.code == "invalid"
    assert fault.place == pytest.approx((WEST + SIDE / 2, SOUTH + SIDE / 2))


@pytest.mark.parametrize("nothing", [shapely.Polygon(), None])
def test_an_empty_polygon_is_reported(nothing):
    assert codes({**CELLS, "00": nothing}) == {"empty"}


def test_a_grid_in_two_pieces_is_found_unless_expected():
    labels = {**{name: name for name in CELLS}, "33": "00"}
    cells = dissolve(CELLS, labels)
    homes = {**HOMES, "b33": "00"}
    assert codes(cells, homes=homes) == {"pieces"}
    assert codes(cells, homes=homes, pieces={"00": 2}) == set()
    assert codes(CELLS, pieces={"00": 2}) == {"pieces"}


def test_a_building_across_a_border_is_cut():
    across = snap(shapely.box(WEST + 0.0008, SOUTH + 0.0002, WEST + 0.0012, SOUTH + 0.0004))
    faults_ = found(buildings={"hall": across}, homes={"hall": "00"})
    assert [(fault.code, fault.params["building"]) for fault in faults_] == [("building_cut", "hall")]


def test_a_building_in_another_grid_than_its_own_is_misplaced():
    (fault,) = found(homes={**HOMES, "b11": "22"})
    assert (fault.code, fault.params["name"], fault.params["other"]) == ("building_misplaced", "22", "11")


def test_a_building_in_no_grid_is_found():
    beyond = snap(shapely.box(WEST - 0.002, SOUTH, WEST - 0.001, SOUTH + 0.001))
    assert codes(buildings={"far": beyond}, homes={"far": "00"}) == {"building_in_none"}


@pytest.mark.parametrize("homes", [{}, {"b00": "no such grid"}])
def test_a_building_without_a_grid_is_found(homes):
    assert codes(buildings={"b00": BUILDINGS["b00"]}, homes=homes) == {"building_unassigned"}


def test_a_building_across_the_parents_edge_is_judged_by_its_inner_part():
    across = snap(shapely.box(WEST - 0.0003, SOUTH + 0.0002, WEST + 0.0004, SOUTH + 0.0004))
    assert codes(buildings={"gate": across}, homes={"gate": "00"}) == set()


def test_an_outline_bent_by_the_rounding_of_a_vertex_is_no_fault_and_by_2_cm_is_one():
    assert codes(bent(-1), buildings={}) == codes(bent(1), buildings={}) == set()
    assert "narrow_gap" in codes(bent(2), buildings={})
    assert "outside_parent" in codes(bent(-2), buildings={})


def bent(steps):
    """The net with the corner that 00 and 10 have on the southern edge moved north by so many steps of the grid."""
    corner = (WEST + SIDE, SOUTH)

    def move(coordinates):
        near = (abs(coordinates - corner) < CM / 2).all(axis=1)
        return coordinates + np.outer(near, (0.0, steps * CM))

    return {name: snap(shapely.transform(cell, move)) for name, cell in CELLS.items()}


def test_dissolved_cells_are_again_a_coverage_of_the_same_ground():
    grids = dissolve(CELLS, {name: name[0] for name in CELLS})
    assert list(grids) == ["0", "1", "2", "3"]
    assert {grid.geom_type for grid in grids.values()} == {"Polygon"}
    assert codes(grids, homes={building: home[0] for building, home in HOMES.items()}) == set()


def test_cells_without_a_label_are_left_out():
    assert list(dissolve(CELLS, {"00": "west", "33": "west"})) == ["west"]
    assert dissolve(CELLS, {"00": "west", "33": "west"})["west"].geom_type == "MultiPolygon"
    assert dissolve({}, {}) == {}


def test_neighbours_share_an_edge_and_not_only_a_corner():
    shared = neighbours(CELLS)
    assert len(shared) == 24
    assert shared["00", "01"] == pytest.approx(100.07, abs=0.1)  # east-west edge, metres
    assert shared["00", "10"] == pytest.approx(110.79, abs=0.1)
    assert ("00", "11") not in shared


@given(st.sets(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] < pair[1])))
def test_neighbours_never_share_a_colour(pairs):
    pairs = {(str(a), str(b)) for a, b in pairs}
    colours = colour(pairs, codes=["alone"])
    assert all(colours[a] != colours[b] for a, b in pairs)
    assert colours["alone"] == 0
    assert colours == colour(sorted(pairs, reverse=True), codes=["alone"])


def test_a_chess_board_needs_two_colours():
    assert set(colour(neighbours(CELLS)).values()) == {0, 1}


def test_a_label_stands_inside_in_the_widest_part():
    horseshoe = PARENT.difference(shapely.box(WEST + SIDE, SOUTH + SIDE, WEST + 5 * SIDE, SOUTH + 3.5 * SIDE))
    point = label_point(horseshoe)
    assert horseshoe.contains(point)
    assert point.x < WEST + SIDE
    assert label_point(shapely.MultiPolygon([CELLS["33"], horseshoe])).within(horseshoe)
    assert label_point(shapely.Polygon()).is_empty
