"""The lattice lies still, has no gaps, and a cell is the same ground everywhere."""

import numpy as np
import pytest
import shapely

from geo.crs import area_m2, distance_m
from geo.hexagons import Lattice, axial, neighbours, spread

WEST, SOUTH, EAST, NORTH = 73.5, 18.0, 135.0, 53.5  # the country


def positions(seed: int, n: int = 2000, west=119.0, south=25.8, size=0.05):
    chance = np.random.default_rng(seed)
    return west + size * chance.random(n), south + size * chance.random(n)


@pytest.mark.parametrize("side", [5.0, 37.5, 100.0, 1000.0])
def test_a_position_lies_in_the_polygon_of_its_cell(side):
    lon, lat = positions(1)
    lattice = Lattice(side)
    polygons = lattice.polygons(lattice.cells_of(lon, lat))
    apart = shapely.distance(polygons, shapely.points(lon, lat))
    assert apart.max() < 1e-6 * side / 100  # degrees; edges straight in degrees bow by micrometres to millimetres


def test_the_centre_of_a_cell_lies_in_it():
    lon, lat = np.random.default_rng(2).uniform((WEST, SOUTH), (EAST, NORTH), (500, 2)).T
    lattice = Lattice(50)
    cells = lattice.cells_of(lon, lat)
    assert (lattice.cells_of(*lattice.centres(cells).T) == cells).all()


def test_cells_tile_the_ground_without_gap_or_overlap():
    lattice = Lattice(80)
    cells = spread(lattice.cells_of([119.0], [25.9]), rings=4)
    polygons = lattice.polygons(cells)
    assert len(cells) == 61  # 1 + 6 + 12 + 18 + 24
    assert shapely.coverage_is_valid(polygons)
    assert shapely.coverage_union_all(polygons).geom_type == "Polygon"
    assert not shapely.coverage_union_all(polygons).interiors


@pytest.mark.parametrize("lat", [18.5, 26.0, 40.0, 53.0])
def test_a_cell_is_the_same_area_in_the_south_and_the_north(lat):
    lattice = Lattice(200)
    (cell,) = lattice.polygons(lattice.cells_of([120.0], [lat]))
    assert area_m2(cell) == pytest.approx(lattice.area_m2, rel=2e-5)  # on the central meridian of a zone


def test_neighbours_touch_and_lie_as_far_apart_as_stated():
    lattice = Lattice(100)
    (cell,) = cells = lattice.cells_of([119.0], [25.9])
    around = neighbours(cells)[0]
    here = lattice.polygons(cells)[0]
    for near, polygon in zip(around, lattice.polygons(around), strict=True):
        assert shapely.intersection(here, polygon).geom_type == "LineString"
        assert cell in neighbours(np.array([near]))
        middles = shapely.points(lattice.centres(np.array([cell, near])))
        assert distance_m(*middles) == pytest.approx(lattice.spacing_m, rel=0.004)  # 0.3 % at 26 N


def test_the_neighbours_come_round_from_the_east():
    lattice = Lattice(100)
    cells = lattice.cells_of([105.0], [26.0])
    east, north = (lattice.centres(neighbours(cells)[0]) - lattice.centres(cells)).T
    turned = np.unwrap(np.arctan2(north, east * np.cos(np.radians(26.0))))
    assert turned == pytest.approx(np.radians([0, 60, 120, 180, 240, 300]), abs=0.01)


def test_two_queries_share_their_cells():
    lon, lat = positions(3)
    lattice = Lattice()
    part = slice(100, 300)
    assert (lattice.cells_of(lon, lat)[part] == Lattice().cells_of(lon[part], lat[part])).all()


def test_the_lattice_is_anchored_for_good():
    # Frozen: cells stored today must mean the same ground after every release.
    lattice = Lattice(100)
    cells = lattice.cells_of([105.0, 119.3, 118.9363], [0.0, 26.08, 25.8666])
    assert cells[0] == neighbours(neighbours(cells[:1])[0, :1])[0, 3]
    assert axial(cells).tolist() == [[0, 0], [-1248, 18909], [-1341, 18718]]
    assert (cells > 0).all()
    assert (cells < 2**53).all()


def test_a_study_area_is_the_cells_with_their_centre_in_it():
    lattice = Lattice(60)
    ground = shapely.box(119.0, 25.9, 119.02, 25.92)
    cells = lattice.within(ground)
    around = spread(cells)
    inside = shapely.intersects(ground, shapely.points(lattice.centres(around)))
    assert (cells == around[inside]).all()
    assert len(cells) == pytest.approx(area_m2(ground) / lattice.area_m2, rel=0.02)


def test_the_cells_of_two_grounds_side_by_side_are_those_of_both():
    lattice = Lattice(60)
    west, east = shapely.box(119.0, 25.9, 119.01, 25.92), shapely.box(119.01, 25.9, 119.02, 25.92)
    both = np.concatenate([lattice.within(west), lattice.within(east)])
    assert sorted(both) == lattice.within(shapely.box(119.0, 25.9, 119.02, 25.92)).tolist()


def test_nothing_gives_nothing():
    lattice = Lattice()
    none = lattice.cells_of([], [])
    assert len(none) == len(lattice.polygons(none)) == len(lattice.centres(none)) == len(spread(none)) == 0
    assert len(lattice.within(shapely.Polygon())) == 0


@pytest.mark.parametrize("lat", [np.nan, np.inf, 95.0])
def test_a_missing_position_is_refused(lat):
    with pytest.raises(ValueError, match="missing"):
        Lattice().cells_of([119.0, 119.0], [26.0, lat])


@pytest.mark.parametrize("side", [0, -1, 4.9, np.nan, np.inf])
def test_a_lattice_of_impossible_cells_is_refused(side):
    with pytest.raises(ValueError, match="side"):
        Lattice(side)
