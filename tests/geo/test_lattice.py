"""Near any place on a long edge there is a point of the grid that lies on it, for all that matters."""

import numpy as np
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.affinity import rotate

from geo.crs import on_grid, snap
from geo.lattice import moor, points_on_edges

corner = st.tuples(st.floats(119.3, 119.32), st.floats(26.05, 26.07))


@given(corner, corner, corner, st.floats(0, 1))
def test_a_point_of_the_grid_is_found_near_any_place_on_an_edge(a, b, c, share):
    ground = snap(shapely.Polygon([a, b, c]))
    assume(ground.area > 1e-7)
    place = ground.exterior.interpolate(share, normalized=True)
    found = shapely.points(points_on_edges(np.array(place.coords), ground))[0]
    assert on_grid(found)
    assert found.distance(ground.exterior) < 0.75e-7  # degrees; half the diagonal of the grid, as rounding
    assert found.distance(place) < 250e-7


def test_the_point_lies_on_the_edge_for_all_that_matters():
    turns = [snap(rotate(shapely.box(119.3, 26.05, 119.304, 26.054), angle)) for angle in np.linspace(3, 87, 60)]
    places = [ground.exterior.interpolate(0.0013) for ground in turns]
    found = [points_on_edges(np.array(place.coords), ground) for place, ground in zip(places, turns, strict=True)]
    off = shapely.distance(shapely.points(np.concatenate(found)), [ground.exterior for ground in turns])
    assert np.median(off) < 0.003e-7  # degrees; 30 µm
    assert np.quantile(off, 0.9) < 0.02e-7


def test_lines_end_on_the_outline_and_those_along_it_are_left_out():
    ground = snap(shapely.box(119.3, 26.05, 119.31, 26.06))
    across = shapely.LineString([(119.29, 26.0512345), (119.32, 26.0587654)])
    along = shapely.LineString([(119.3000005, 26.051), (119.3000005, 26.059)])
    moored = shapely.union_all(moor(np.array([across, along]), ground))
    ends = shapely.boundary(shapely.line_merge(moored))
    assert len(ends.geoms) == 2
    assert all(on_grid(end) and ground.exterior.distance(end) == 0 for end in ends.geoms)
