"""Coordinates come back as they went, and mean what the field means by them."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo import crs
from geo.errors import UnknownCoordType

# Medians of seven public implementations (gcoord 1.0.7, coordtransform 2.1.2, eviltransform 0.2.2 and 0.1.1, prcoords
# 1.0.5 and 1.0.2, coord-convert 0.2.1), which agree within 1.2 cm.
VECTORS = {
    "Fuzhou": ((119.3062, 26.0745), (119.311015954, 26.071413852), (119.317539598, 26.077399079)),
    "Xiamen": ((118.0894, 24.4798), (118.094377084, 24.477153232), (118.100820586, 24.483411181)),
    "Longyan": ((117.0176, 25.0911), (117.022477089, 25.088344723), (117.028956477, 25.094481234)),
    "Tianjin": ((117.209, 39.12), (117.215291072, 39.121015973), (117.22175998, 39.127112488)),
    "far west": ((89.857853, 47.25547), (89.860241885, 47.256517888), (89.86665277, 47.262646852)),
    "Hong Kong": ((114.1694, 22.3193), (114.174367066, 22.316550799), (114.180927599, 22.322222377)),
    "Tokyo": ((139.6917, 35.6895), (139.6917, 35.6895), (139.698122526, 35.695845453)),
    "London": ((-0.1276, 51.5072), (-0.1276, 51.5072), (-0.121242497, 51.513219432)),
    "Null island": ((0.0, 0.0), (0.0, 0.0), (0.0065, 0.006)),
}


def metres_apart(a, b):
    east, north = crs.metres_per_degree(b[1])
    return np.hypot((a[0] - b[0]) * east, (a[1] - b[1]) * north)


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("coord_type", ["gcj02", "bd09"])
def test_shifts_agree_with_the_public_implementations_within_2_cm(name, coord_type):
    wgs84, gcj02, bd09 = VECTORS[name]
    lon, lat = gcj02 if coord_type == "gcj02" else bd09
    assert metres_apart(crs.from_wgs84(*wgs84, coord_type), (lon, lat)) < 0.02
    assert metres_apart(crs.to_wgs84(lon, lat, coord_type), wgs84) < 0.02


@given(st.floats(73, 135), st.floats(3, 54), st.sampled_from(crs.COORD_TYPES))
def test_there_and_back_is_within_a_millimetre(lon, lat, coord_type):
    east, north = crs.from_wgs84(lon, lat, coord_type)
    assert metres_apart(crs.to_wgs84(east, north, coord_type), (lon, lat)) < 0.001


@given(st.floats(73.5, 135), st.floats(3, 54))
def test_a_wrong_guess_is_hundreds_of_metres_off(lon, lat):
    assert 20 < metres_apart(crs.from_wgs84(lon, lat, "gcj02"), (lon, lat)) < 1000


def test_arrays_are_shifted_as_numbers_are():
    lon, lat = np.array([119.3, 117.2, np.nan]), np.array([26.07, 39.12, 30.0])
    east, north = crs.from_wgs84(lon, lat, "gcj02")
    assert (east[1], north[1]) == crs.from_wgs84(117.2, 39.12, "gcj02")
    assert np.isnan(east[2])
    assert isinstance(crs.from_wgs84(119.3, 26.07, "bd09")[0], float)


@pytest.mark.parametrize("coord_type", ["", "WGS84", "local", None])
def test_a_coord_type_is_never_guessed(coord_type):
    with pytest.raises(UnknownCoordType):
        crs.to_wgs84(119.3, 26.07, coord_type)


def test_a_geometry_is_shifted_vertex_by_vertex():
    square = shapely.box(119.30, 26.05, 119.31, 26.06)
    shifted = shapely.transform(square, lambda x, y: crs.from_wgs84(x, y, "bd09"), interleaved=False)
    assert crs.geometry_to_wgs84(shifted, "bd09").equals_exact(square, 1e-9)


# Central meridians of EPSG:4534 to 4554 are 75 E, 78 E … 135 E; those of the towns are in shared tables of surveyors.
@pytest.mark.parametrize(
    ("lon", "srid"), [(118.9, 4549), (117.0, 4548), (111.2, 4546), (75, 4534), (135, 4554), (136.5, 4554), (73.5, 4534),
                      (118.4999, 4548), (118.5, 4549), (24.9, 32635), (-87.6, 32616), (180, 32601)]
)  # fmt: skip
def test_metres_are_measured_in_the_zone_of_the_place(lon, srid):
    assert crs.zone_srid(lon) == srid


def test_eastings_come_first():
    x, y = shapely.get_coordinates(crs.project(shapely.Point(120, 26), 4549))[0]
    assert x == pytest.approx(500_000)  # on the central meridian: the false easting
    assert y == pytest.approx(Geod(ellps="GRS80").inv(120, 0, 120, 26)[2])  # metres along the meridian, to the equator


@given(st.floats(74, 135), st.floats(3, 54))
def test_projecting_there_and_back_is_within_a_micrometre(lon, lat):
    srid = crs.zone_srid(lon)
    back = crs.unproject(crs.project(shapely.Point(lon, lat), srid), srid)
    assert metres_apart((back.x, back.y), (lon, lat)) < 1e-6


def test_lengths_and_areas_are_those_of_the_ellipsoid():
    square = shapely.box(119.30, 26.05, 119.31, 26.06)
    area, length = Geod(ellps="GRS80").geometry_area_perimeter(shapely.segmentize(square, 0.0001))
    assert crs.area_m2(square) == pytest.approx(area, rel=7e-4)
    assert crs.length_m(square) == pytest.approx(length, rel=4e-4)
    assert crs.distance_m(shapely.Point(119.30, 26.05), shapely.Point(119.31, 26.05)) == pytest.approx(1000.8, abs=0.5)


def test_nothing_has_no_size():
    assert crs.area_m2(shapely.Polygon()) == crs.length_m(shapely.LineString()) == 0
    assert np.isnan(crs.distance_m(shapely.Point(), shapely.Point(1, 1)))


degrees = st.tuples(st.floats(119, 120), st.floats(26, 27))


@given(st.lists(degrees, min_size=3, max_size=12))
def test_snapping_twice_is_snapping_once(corners):
    hull = shapely.MultiPoint(corners).convex_hull
    once = crs.snap(hull)
    assert crs.snap(once).equals_exact(once, 0)
    assert crs.on_grid(once)


def test_many_are_snapped_as_each_is():
    box, needle = shapely.box(119.3, 26.0, 119.31, 26.01), shapely.Polygon([(0, 0), (1, 0.00000001), (1, 0)])
    rough = [box, shapely.affinity.translate(box, 1e-8), needle, box, shapely.Point(119.00000014, 26)]
    assert [shape.wkb for shape in crs.snap_all(rough)] == [crs.snap(shape).wkb for shape in rough]
    assert crs.off_grid(np.array(rough)).tolist() == [1, 2, 4]
    assert len(crs.snap_all([])) == 0


def test_a_vertex_on_the_grid_stays_bit_for_bit_when_its_neighbour_is_snapped():
    line = crs.snap(shapely.LineString([(119.3000001, 26.0000007), (119.30000014, 26.1)]))
    assert list(line.coords) == [(119.3000001, 26.0000007), (119.3000001, 26.1)]


def test_a_needle_thinner_than_the_grid_is_gone_and_never_invalid():
    needle = shapely.Polygon([(119.3, 26), (119.4, 26), (119.4, 26.00000002), (119.3, 26.00000001)])
    assert crs.snap(needle).is_valid
    assert crs.snap(needle).area == 0
