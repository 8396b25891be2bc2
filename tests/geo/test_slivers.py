"""
Slivers between squares of about 100 m (see `nets.at`): 0.01 of a side is 1 m.

    +-----+-----+
    |  a  |  b  |
    +-----+-----+
    |  c  |  d  |
    +-----+-----+
"""

import random

import numpy as np
import pytest
import shapely

from geo.coverage import faults
from geo.crs import on_grid
from geo.errors import Collapsed, GeometryRefused, Severed
from geo.slivers import close, find
from tests.geo.nets import at, box

PARENT = box(0, 0, 2, 2)


def four(**others):
    squares = {"a": box(0, 1, 1, 2), "b": box(1, 1, 2, 2), "c": box(0, 0, 1, 1), "d": box(1, 0, 2, 1)}
    return squares | others


def polygon(*corners):
    return shapely.Polygon([at(*corner) for corner in corners])


def whole(polygons, parent=PARENT):
    return faults(polygons, parent, footprints={}, assignment={})


def test_a_sound_net_has_none_and_comes_back_as_it_was():
    net = four()
    assert find(net, PARENT) == []
    closed = close(net, 5.0, PARENT)
    assert closed.closed == closed.left == []
    assert all(closed.polygons[label] is shape for label, shape in net.items())


def test_a_gap_is_found_with_its_width_and_neighbours_and_goes_to_the_longer_edge():
    net = four(a=polygon((0, 1), (0.98, 1), (0.98, 1.5), (1, 1.6), (1, 2), (0, 2)))
    (gap,) = find(net, PARENT)
    assert (gap.kind, gap.among, gap.to) == ("gap", ("a", "b", "c"), None)
    assert gap.width == pytest.approx(2.0, rel=0.06)
    assert gap.area == pytest.approx(0.011 * 100.07 * 110.79, rel=0.01)
    assert gap.shape.covers(shapely.Point(gap.place))
    closed = close(net, 3.0, PARENT)
    assert [each.to for each in closed.closed] == ["a"]  # its side is the slanting one
    assert whole(closed.polygons) == []


def test_what_is_wider_than_asked_for_stays():
    net = four(a=polygon((0, 1), (0.98, 1), (0.98, 2), (0, 2)))
    closed = close(net, 1.5, PARENT)
    assert closed.closed == []
    assert [each.kind for each in closed.left] == ["gap"]
    assert closed.polygons["a"] is net["a"]


def test_an_overlap_is_given_to_one_of_the_two_and_the_rest_stays_bit_for_bit():
    net = four(a=polygon((0, 1), (1, 1), (1.01, 1.2), (1.01, 1.8), (1, 2), (0, 2)))
    (overlap,) = find(net, PARENT)
    assert (overlap.kind, overlap.among) == ("overlap", ("a", "b"))
    closed = close(net, 3.0, PARENT)
    assert [each.to for each in closed.closed] == ["b"]  # on its side the overlap bulges
    assert whole(closed.polygons) == []
    assert closed.polygons["c"] is net["c"]
    assert closed.polygons["d"] is net["d"]


def test_what_reaches_over_the_edge_is_cut_off_and_what_stays_behind_it_is_filled():
    net = four(a=polygon((-0.01, 1), (1, 1), (1, 2), (0, 2)), b=polygon((1, 1), (2, 1), (1.99, 2), (1, 2)))
    assert sorted(each.kind for each in find(net, PARENT)) == ["gap", "outside"]
    closed = close(net, 3.0, PARENT)
    assert {each.kind: each.to for each in closed.closed} == {"outside": None, "gap": "b"}
    assert whole(closed.polygons) == []


def test_without_a_parent_only_what_is_enclosed_is_a_gap():
    net = four(a=polygon((0, 1), (0.98, 1), (0.98, 2), (0, 2)))
    assert find(net) == []
    assert [each.kind for each in find(net, PARENT)] == ["gap"]


def test_a_polygon_that_would_have_nothing_left_is_refused_with_its_place():
    """Twice the same needle: one of the two has nothing else."""
    net = four(x=box(0.5, 1.2, 0.51, 1.8), y=box(0.5, 1.2, 0.51, 1.8))
    with pytest.raises(Collapsed) as refused:
        close(net, 3.0, PARENT)
    assert net["x"].covers(shapely.Point(refused.value.place))


def test_an_overlap_goes_to_who_would_fall_apart_without_it():
    """
    A dumb-bell whose neck two others claim along their longer edges:

        aaa   aaa
        aaa=n=aaa
        aaa   aaa
    """
    bell = polygon(
        (0, 0), (1, 0), (1, 0.99), (2, 0.99), (2, 0), (3, 0), (3, 2), (2, 2), (2, 1.01), (1, 1.01), (1, 2), (0, 2)
    )  # fmt: skip
    net = {"a": bell, "n": box(1, 0.99, 2, 2), "s": box(1, 0, 2, 0.99)}
    closed = close(net, 4.0, box(0, 0, 3, 2))
    assert [each.to for each in closed.closed] == ["a"]
    assert closed.polygons["a"].geom_type == "Polygon"
    assert whole(closed.polygons, box(0, 0, 3, 2)) == []


def test_what_a_closed_overlap_cuts_off_goes_along_when_it_is_no_wider():
    """
    A needle of a, 2 m wide, reaches through b:

        aaa  b
        aaa==b==
        aaa  b
    """
    net = {"a": box(0, 0, 1, 1).union(box(1, 0.49, 2, 0.51)), "b": box(1.4, -1, 1.6, 2)}
    closed = close(net, 4.0)
    assert [(each.kind, each.to) for each in closed.closed] == [("overlap", "b"), ("stray", "b")]
    assert [closed.polygons[label].geom_type for label in "ab"] == ["Polygon", "Polygon"]
    assert closed.polygons["b"].covers(box(1.7, 0.49, 1.9, 0.51))


def test_when_either_would_fall_apart_it_is_refused():
    """Two needles across each other, each with a square at both ends."""
    across = shapely.union_all([box(0, 0, 1, 1), box(1, 0.49, 2, 0.51), box(2, 0, 3, 1)])
    along = shapely.union_all([box(1.1, 2, 1.9, 3), box(1.49, -1, 1.51, 2), box(1.1, -2, 1.9, -1)])
    with pytest.raises(Severed) as refused:
        close({"a": across, "b": along}, 4.0)
    assert shapely.Point(refused.value.place).within(box(1.4, 0.4, 1.6, 0.6))


def test_an_invalid_polygon_is_refused():
    bow = polygon((0, 0), (1, 1), (1, 0), (0, 1))
    for ask in (find, lambda net: close(net, 1.0)):
        with pytest.raises(GeometryRefused):
            ask({"a": bow})


@pytest.mark.parametrize("seed", range(8))
def test_a_net_drawn_by_hand_becomes_a_coverage_and_far_vertices_stay(seed):
    """Four polygons along common lines, each drawn again with a hand that shakes by half a metre."""
    chance = np.random.default_rng(seed)
    net = {}
    for label, (x, y) in {"a": (0, 1), "b": (1, 1), "c": (0, 0), "d": (1, 0)}.items():
        ring = shapely.segmentize(box(x, y, x + 1, y + 1), 0.0001)
        net[label] = shapely.transform(ring, lambda c: _shaken(c, chance))
        if not net[label].is_valid:
            pytest.skip("the hand drew a knot")
    closed = close(net, 4.0, PARENT)
    assert closed.left == []
    assert whole(closed.polygons) == []
    assert all(on_grid(shape) for shape in closed.polygons.values())
    old = {tuple(c) for shape in net.values() for c in shapely.get_coordinates(shape).tolist()}
    spots = shapely.union_all([each.shape for each in closed.closed])
    for shape in closed.polygons.values():
        new = [c for c in shapely.get_coordinates(shape).tolist() if tuple(c) not in old]
        assert all(spots.distance(shapely.Point(c)) < 2e-7 for c in new)


def _shaken(coordinates, chance):
    unique, where = np.unique(coordinates, axis=0, return_inverse=True)
    return (unique + chance.normal(0, 5e-6, unique.shape)).round(7)[where.reshape(-1)]


def test_order_of_the_polygons_makes_no_difference():
    chance = random.Random(3)
    net = four(a=polygon((0, 1), (1, 1), (1.01, 1.2), (1.01, 1.8), (1, 2), (0, 2)))
    labels = list(net)
    chance.shuffle(labels)
    one, other = close(net, 3.0, PARENT), close({label: net[label] for label in labels}, 3.0, PARENT)
    assert {k: v.wkb for k, v in one.polygons.items()} == {k: v.wkb for k, v in other.polygons.items()}
