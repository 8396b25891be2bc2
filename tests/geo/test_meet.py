"""
West and east of a long slanted edge; a line in the west ends on it one step beside:

    +------o      the edge o-o of west and east is straight,
    |  a  /|      a and b have the vertex x, which is rounded and so lies beside it
    +----x |
    |  b/  |
    +--o---+
"""

import numpy as np
import pytest
import shapely

from geo.meet import fit, meet, same_ground, with_points

STEP = 1e-7


def steps(*corners: tuple[int, int]) -> shapely.Polygon:
    """A polygon whose corners are given in steps of the grid from a place on earth."""
    return shapely.Polygon([((1_193_000_000 + x) / 1e7, (260_500_000 + y) / 1e7) for x, y in corners])


WEST = steps((0, 0), (3000, 0), (6001, 9000), (0, 9000))
EAST = steps((3000, 0), (9000, 0), (9000, 9000), (6001, 9000))
BELOW = steps((0, 0), (3000, 0), (4500, 4501), (0, 4501))  # the edge is at 4500.5 there
ABOVE = steps((0, 4501), (4500, 4501), (6001, 9000), (0, 9000))
X = shapely.get_coordinates(BELOW)[2]


def test_what_an_edge_bounds_takes_its_vertex_in():
    west, east, below, above = meet([WEST, EAST, BELOW, ABOVE])
    assert not shapely.union_all([BELOW, ABOVE]).equals(WEST)  # as it was
    assert shapely.coverage_union_all([below, above]).equals(west)
    assert shapely.coverage_is_valid([below, above, east])
    assert (below, above) == (BELOW, ABOVE)


def test_shapes_that_meet_already_are_the_very_same():
    shapes = [BELOW, ABOVE]
    assert all(new is old for new, old in zip(meet(shapes), shapes, strict=True))


def test_a_point_off_the_edge_or_beside_a_corner_is_left_out():
    corner = shapely.get_coordinates(WEST)[1]
    for point in (X + np.array([5 * STEP, 0]), corner + STEP, corner):
        assert with_points([WEST], point[None])[0] is WEST
    assert with_points([WEST], np.zeros((0, 2)))[0] is WEST


def test_holes_parts_and_lines_take_points_too():
    ring = WEST.union(EAST).envelope.buffer(0.001).difference(WEST)
    two = shapely.MultiPolygon([WEST, steps((90_000, 0), (91_000, 0), (91_000, 1000))])
    line = shapely.LineString(shapely.get_coordinates(WEST)[1:3])
    for shape in (ring, two, line):
        (taken,) = with_points([shape], X[None])
        assert taken.geom_type == shape.geom_type
        assert shapely.get_num_coordinates(taken) == shapely.get_num_coordinates(shape) + 1
        assert taken.intersects(shapely.Point(X))


def test_a_shape_that_a_point_would_break_stays_as_it_was():
    needle = steps((0, 0), (9000, 0), (9000, 1), (0, 3))
    below = np.array([[(1_193_000_000 + 8000) / 1e7, (260_500_000 + 1) / 1e7]])
    assert with_points([needle], below)[0] is needle


def test_a_footprint_one_step_outside_of_its_cell_is_moved_in():
    cell = steps((0, 0), (1000, 0), (1000, 1000), (0, 1000))
    house = steps((100, 100), (1001, 100), (1001, 800), (100, 800))
    fitted = fit(house, cell)
    assert cell.covers(fitted)
    assert same_ground(fitted, house)


@pytest.mark.parametrize("over", [5, 400])
def test_a_footprint_that_reaches_further_out_stays(over):
    cell = steps((0, 0), (1000, 0), (1000, 1000), (0, 1000))
    house = steps((100, 100), (1000 + over, 100), (1000 + over, 800), (100, 800))
    assert fit(house, cell) is house


def test_a_vertex_more_is_the_same_ground_and_a_moved_corner_is_not():
    (taken,) = with_points([WEST], X[None])
    assert taken != WEST
    assert same_ground(taken, WEST)
    assert not same_ground(steps((0, 0), (3000, 0), (6001, 9000), (0, 9002)), WEST)
