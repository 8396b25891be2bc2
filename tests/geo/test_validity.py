"""What a stranger sends is either a sound geometry or refused with a code, a sentence and a place."""

import json
import struct
import time

import pytest
import shapely
from shapely.affinity import scale, translate

from geo.errors import GeometryRefused
from geo.validity import WORLD, check_area, check_line, check_point, read_geojson, read_wkb, read_wkt

SQUARE = shapely.box(119.30, 26.05, 119.31, 26.06)
BOW = shapely.Polygon([(119.30, 26.05), (119.31, 26.06), (119.31, 26.05), (119.30, 26.06)])
HOLE = [(119.302, 26.052), (119.304, 26.052), (119.304, 26.054), (119.302, 26.054)]


def refusal(check, *args, **kwargs):
    with pytest.raises(GeometryRefused) as caught:
        check(*args, **kwargs)
    assert str(caught.value)
    return caught.value


# Each shape is drawn in the corner of 119.30 E, 26.05 N; GEOS names the place.
INVALID = {
    "self_intersection": BOW,
    "ring_self_intersection": shapely.Polygon(
        [(119.30, 26.05), (119.31, 26.05), (119.31, 26.06), (119.305, 26.05), (119.30, 26.06)]
    ),
    "hole_outside_shell": shapely.Polygon(SQUARE.exterior, [[(x + 1, y) for x, y in HOLE]]),
    "nested_holes": shapely.Polygon(SQUARE.exterior, [HOLE, scale(shapely.Polygon(HOLE), 0.5, 0.5).exterior]),
    "nested_shells": shapely.MultiPolygon([SQUARE, shapely.Polygon(HOLE)]),
    "disconnected_interior": shapely.Polygon(
        SQUARE.exterior, [[(119.30, 26.055), (119.305, 26.056), (119.31, 26.055), (119.305, 26.054)]]
    ),
    "too_few_points": shapely.from_wkt("POLYGON ((119.3 26.05, 119.3 26.05, 119.3 26.05, 119.3 26.05))"),
}


@pytest.mark.parametrize("code", INVALID)
def test_an_invalid_polygon_is_refused_with_its_place(code):
    refused = refusal(check_area, INVALID[code])
    lon, lat = refused.place
    assert refused.code == code
    assert 119.2 < lon < 120.4
    assert 26.0 < lat < 26.1


@pytest.mark.parametrize("code", INVALID)
def test_an_invalid_polygon_is_refused_in_every_format(code):
    shape = INVALID[code]
    document = json.loads(shapely.to_geojson(shape))
    assert refusal(read_geojson, document).code == code
    assert refusal(read_wkt, shapely.to_wkt(shape, rounding_precision=-1)).code == code
    assert refusal(read_wkb, shapely.to_wkb(shape)).code == code


def test_a_self_intersection_is_where_the_lines_cross():
    assert refusal(check_area, BOW).place == pytest.approx((119.305, 26.055))


@pytest.mark.parametrize("shape", [SQUARE, shapely.Polygon(SQUARE.exterior, [HOLE]), shapely.MultiPolygon([SQUARE])])
def test_a_sound_shape_is_read_bit_for_bit_in_every_format(shape):
    assert read_geojson(json.loads(shapely.to_geojson(shape))).equals_exact(shape)
    assert read_geojson(shapely.to_geojson(shape)).equals_exact(shape)
    assert read_wkt(shapely.to_wkt(shape, rounding_precision=-1)).equals_exact(shape)
    assert read_wkt("SRID=4326;" + shapely.to_wkt(shape, rounding_precision=-1)).equals_exact(shape)
    for order in (0, 1):
        assert read_wkb(shapely.to_wkb(shape, byte_order=order)).equals_exact(shape)
    assert read_wkb(shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True)).equals_exact(shape)


RING = [[119.3, 26.0], [119.4, 26.0], [119.4, 26.1], [119.3, 26.0]]


@pytest.mark.parametrize(
    ("code", "document"),
    [
        ("unreadable", None),
        ("unreadable", []),
        ("unreadable", "{"),
        ("unreadable", "[" * 100_000),
        ("wrong_type", {}),
        ("wrong_type", {"type": ["Polygon"], "coordinates": [RING]}),
        ("wrong_type", {"type": "GeometryCollection", "geometries": []}),
        ("wrong_type", {"type": "Point", "coordinates": [119, 26]}),
        ("wrong_type", {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING]}}),
        ("bad_position", {"type": "Polygon"}),
        ("bad_position", {"type": "Polygon", "coordinates": {"0": RING}}),
        ("bad_position", {"type": "Polygon", "coordinates": RING}),
        ("bad_position", {"type": "Polygon", "coordinates": [[*RING[:3], [119.3]]]}),
        ("bad_position", {"type": "Polygon", "coordinates": [[[True, 26], *RING[1:]]]}),
        ("bad_position", {"type": "Polygon", "coordinates": [[["119.3", 26], *RING[1:]]]}),
        ("bad_position", {"type": "Polygon", "coordinates": [[[None, 26], *RING[1:]]]}),
        ("bad_position", {"type": "Polygon", "coordinates": [[[[[]]]] * 4]}),
        ("not_2d", {"type": "Polygon", "coordinates": [[[119.3, 26.0, 5.0], *RING[1:]]]}),
        ("nan_coordinate", {"type": "Polygon", "coordinates": [[[float("nan"), 26], *RING[1:]]]}),
        ("nan_coordinate", {"type": "Polygon", "coordinates": [[[10**400, 26], *RING[1:]]]}),
        ("ring_not_closed", {"type": "Polygon", "coordinates": [[*RING[:3], [119.3, 26.0000001]]]}),
        ("too_few_points", {"type": "Polygon", "coordinates": [[RING[0], RING[1], RING[0]]]}),
        ("empty", {"type": "Polygon", "coordinates": []}),
        ("empty", {"type": "Polygon", "coordinates": [[]]}),
        ("axes_swapped", {"type": "Polygon", "coordinates": [[[y, x] for x, y in RING]]}),
        ("out_of_range", {"type": "Polygon", "coordinates": [[[x + 100, y] for x, y in RING]]}),
        ("outside_extent", {"type": "Polygon", "coordinates": [[[x - 100, y] for x, y in RING]]}),
        ("too_many_vertices", {"type": "Polygon", "coordinates": [[RING[0]] * 20_001]}),
        ("too_many_vertices", {"type": "MultiPolygon", "coordinates": [[]] * 20_001}),
        ("wrong_crs", {"type": "Polygon", "coordinates": [RING], "crs": {"properties": {"name": "EPSG:3857"}}}),
        ("wrong_crs", {"type": "Polygon", "coordinates": [RING], "crs": "EPSG:4326"}),
    ],
)
def test_a_document_that_is_no_polygon_is_refused(code, document):
    assert refusal(read_geojson, document).code == code


def test_a_crs_of_longitude_and_latitude_is_accepted():
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert read_geojson({"type": "Polygon", "coordinates": [RING], "crs": crs}).area > 0


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("unreadable", None),
        ("unreadable", ""),
        ("unreadable", "POLYGON ((1 2)"),
        ("unreadable", "POLYGON ((x y, 1 2))"),
        ("empty", "POLYGON EMPTY"),
        ("not_2d", "POLYGON Z ((119 26 1, 119 27 1, 120 27 1, 119 26 1))"),
        ("not_2d", "POLYGON ((119 26 1, 119 27 1, 120 27 1, 119 26 1))"),
        ("wrong_crs", "SRID=3857;POLYGON ((1 2, 3 4, 5 6, 1 2))"),
        ("wrong_type", "GEOMETRYCOLLECTION (POINT (1 2))"),
        ("wrong_type", "CURVEPOLYGON ((0 0, 1 1, 1 0, 0 0))"),
        ("ring_not_closed", "POLYGON ((119 26, 119 27, 120 27, 120 26))"),
        ("unreadable", "POLYGON " + "(" * 100_000),
        ("too_many_vertices", " " * 5_000_000),
    ],
)
def test_text_that_is_no_polygon_is_refused(code, text):
    assert refusal(read_wkt, text).code == code


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("unreadable", b""),
        ("unreadable", "zz"),
        ("unreadable", b"\x02"),
        ("unreadable", shapely.to_wkb(SQUARE)[:-1]),
        ("unreadable", shapely.to_wkb(SQUARE) + b"\0"),
        ("wrong_type", struct.pack("<BII", 1, 7, 1) * 100_000),
        ("unreadable", struct.pack("<BII", 1, 6, 1) * 100_000),
        ("too_many_vertices", struct.pack("<BIII", 1, 3, 1, 2**32 - 1)),
        ("too_many_vertices", struct.pack("<BII", 1, 3, 2**32 - 1) + b"\0" * 400_000),
        ("unreadable", struct.pack("<BIII", 1, 3, 1, 10)),
        ("not_2d", shapely.to_wkb(shapely.force_3d(SQUARE))),
        ("not_2d", shapely.to_wkb(shapely.force_3d(SQUARE), flavor="iso")),
        ("wrong_crs", shapely.to_wkb(shapely.set_srid(SQUARE, 3857), include_srid=True)),
    ],
)
def test_bytes_that_are_no_polygon_are_refused(code, data):
    assert refusal(read_wkb, data).code == code


def test_points_and_lines_are_read_where_they_are_wanted():
    assert read_wkt("POINT (119 26)", wanted=("Point",)).equals(shapely.Point(119, 26))
    assert read_wkt("MULTIPOINT (119 26, (120 27))", wanted=("MultiPoint",)).geom_type == "MultiPoint"
    line = {"type": "LineString", "coordinates": [[119, 26], [119, 27]]}
    assert read_geojson(line, wanted=("LineString",)).length == 1
    assert refusal(read_geojson, {**line, "coordinates": [[119, 26]]}, wanted=("LineString",)).code == "too_few_points"
    assert refusal(check_point, SQUARE).code == "wrong_type"
    assert refusal(check_line, shapely.LineString([(119, 26), (119, 26)])).code == "too_few_points"


def test_a_polygon_round_the_world_is_refused_and_one_cut_at_the_antimeridian_is_not():
    round_the_world = shapely.box(-179, 10, 179, 11)
    cut = shapely.MultiPolygon([shapely.box(-180, 10, -179, 11), shapely.box(179, 10, 180, 11)])
    assert refusal(check_area, round_the_world, extent=WORLD).code == "crosses_antimeridian"
    check_area(cut, extent=WORLD)


def test_an_area_below_the_least_is_refused():
    assert refusal(check_area, SQUARE, min_m2=2_000_000).code == "too_small"
    check_area(SQUARE, min_m2=1_000_000)  # 1,000 m by 1,108 m


# Valid shapes, all of them, that GEOS would ponder over for seconds.


def comb(teeth):
    """A row of long thin slanting triangles: the bounds of each overlap those of all the others."""
    step = 1 / teeth
    return [[(i * step, 1 - i * step), (i * step + 1, 2 - i * step), (i * step + 1.3 * step, 1 - i * step)]
            for i in range(teeth)]  # fmt: skip


def fan(blades):
    """Triangles that meet in one point."""
    ring = shapely.get_coordinates(shapely.Point(0, 0).buffer(1, quad_segs=blades // 2))
    return [[(0, 0), tuple(ring[2 * i]), tuple(ring[2 * i + 1])] for i in range(blades)]


def squares_in_squares(count):
    frames = [shapely.box(-i, -i, i, i).difference(shapely.box(-i + 0.4, -i + 0.4, i - 0.4, i - 0.4)) for i in
              range(1, count)]  # fmt: skip
    return shapely.MultiPolygon(frames)


FLOOR = [(-5, -5), (5, -5), (5, 5), (-5, 5)]
SLOW = {
    "comb": shapely.MultiPolygon([shapely.Polygon(tooth) for tooth in comb(4_900)]),
    "holes like a comb": shapely.Polygon(FLOOR, comb(4_900)),
    "fan": shapely.MultiPolygon([shapely.Polygon(blade) for blade in fan(4_900)]),
    "holes like a fan": shapely.Polygon(FLOOR, fan(4_900)),
    "a few hundred holes like a fan": shapely.Polygon(FLOOR, fan(400)),  # 0.4 s
    "squares in squares": squares_in_squares(1_900),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_would_keep_the_server_busy_is_refused_soon(name):
    width = SLOW[name].bounds[2] - SLOW[name].bounds[0]
    shape = translate(scale(SLOW[name], 1 / width, 1 / width, origin=(0, 0)), 119, 26)
    begun = time.process_time()
    assert refusal(check_area, shape).code == "too_complex"
    # Seconds. 0.04 on a quiet machine, five times that on a busy one; unguarded each takes 0.4 to 48.
    assert time.process_time() - begun < 0.4


def test_an_ordinary_outline_of_many_vertices_is_not_too_complex():
    outline = shapely.Point(119.3, 26.05).buffer(0.1, quad_segs=4_900)
    assert shapely.get_num_coordinates(outline) > 19_000
    check_area(outline)


def test_a_refusal_survives_the_way_between_processes():
    import pickle

    refused = refusal(check_area, BOW)
    twin = pickle.loads(pickle.dumps(refused))
    assert (twin.code, str(twin), twin.place) == (refused.code, str(refused), refused.place)
