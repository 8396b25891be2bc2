import io
import json
import zipfile
from typing import Any

import numpy as np
import osmium
import pytest
import shapely
from django.core.management import CommandError, call_command
from osmium.osm.mutable import Node, Way

from buildings.imports.ground import Choices, plan_import
from buildings.imports.osm import CREDIT
from buildings.imports.refusals import (
    ChangedMeanwhile,
    CoordTypeNeeded,
    ImportRefused,
    MassDelete,
    RowsRefused,
    UnknownCommunity,
    UnknownLayer,
)
from buildings.models import Area, Building, Compound, Dwelling, Facility, GroundChange, Road, Stairwell
from geo.crs import from_wgs84
from geo.geos import to_geos, to_shapely
from tests import hamlet
from tests.buildings.conftest import CODE, metres, slab

pytestmark = pytest.mark.django_db


def counts(report, layer="buildings"):
    count = report.counts[layer]
    return count.new, count.changed, count.unchanged, count.refused, count.gone


def test_ground_of_openstreetmap_is_credited_whatever_its_source_is_called(community, tmp_path, estate):
    hamlet.write(tmp_path / "hamlet.osm.pbf")
    plan_import(tmp_path / "hamlet.osm.pbf", source="my own").commit()
    plan_import(estate).commit()
    plan_import(estate, source="survey", credit="某市测绘院").commit()
    assert GroundChange.objects.credits() == [CREDIT, "某市测绘院"]


def test_a_plan_writes_nothing(community, estate):
    report = plan_import(estate).report
    assert counts(report) == (5, 0, 0, 0, 0)
    assert not Building.objects.exists()
    assert not GroundChange.objects.exists()


def test_buildings_get_codes_of_their_community_and_stairwells_those_of_their_building(bring, estate):
    bring(estate)
    assert list(Building.objects.order_by("code").values_list("code", flat=True)) == [
        f"{CODE}{n:05d}" for n in range(1, 6)
    ]
    building = Building.objects.get(source_id="3")
    assert (building.number, building.kind, building.floors) == ("3", "residential", 6)
    # 54 m of slab: three stairwells, marked as a guess
    assert list(building.stairwells.order_by("code").values_list("code", "number", "derived")) == [
        (f"{building.code}{n:02d}", str(n), True) for n in (1, 2, 3)
    ]


def test_the_same_file_again_changes_nothing(bring, estate):
    bring(estate)
    before = list(Building.objects.order_by("pk").values()), list(Stairwell.objects.order_by("pk").values())
    report = bring(estate)
    assert counts(report) == (0, 0, 5, 0, 0)
    assert counts(report, "stairwells") == (0, 0, 15, 0, 0)
    assert report.changes == 0
    assert GroundChange.objects.count() == 1
    assert before == (list(Building.objects.order_by("pk").values()), list(Stairwell.objects.order_by("pk").values()))


@pytest.mark.parametrize(("steps", "changed"), [(1, 0), (4, 1)])
def test_a_wall_that_took_in_the_corner_of_a_border_is_the_same_wall(bring, estate, steps, changed):
    """A publication puts vertices one step of the grid of 1e-7 degrees beside a wall; what moved further was moved."""
    bring(estate)
    house = Building.objects.get(source_id="3")
    ring = shapely.get_coordinates(to_shapely(house.footprint))
    corner = (ring[0] + ring[1]) / 2 + steps * 1e-7
    house.footprint = to_geos(shapely.MultiPolygon([shapely.Polygon(np.insert(ring, 1, corner, axis=0))]))
    house.save()
    assert counts(plan_import(estate).report) == (0, changed, 5 - changed, 0, 0)


def test_the_same_houses_drawn_in_another_order_are_the_same(bring, write):
    """GDAL makes multipolygons of OpenStreetMap's ways, and other tools begin and turn a ring as they like."""
    bring(write("estate.gpkg", [slab(n) for n in range(1, 6)]))
    turned = [(shapely.MultiPolygon([shape.reverse()]), row) for shape, row in map(slab, range(1, 6))]
    ring = [*turned[0][0].geoms[0].exterior.coords[1:], turned[0][0].geoms[0].exterior.coords[1]]
    turned[0] = shapely.MultiPolygon([shapely.Polygon(ring)]), turned[0][1]
    report = bring(write("estate.gpkg", turned))
    assert counts(report) == (0, 0, 5, 0, 0)
    assert counts(report, "stairwells") == (0, 0, 15, 0, 0)


def test_a_shape_that_was_stored_in_another_order_is_not_changed(bring, estate):
    bring(estate)
    building = Building.objects.get(source_id="3")
    building.footprint = to_geos(shapely.reverse(to_shapely(building.footprint)))
    building.save()
    assert counts(bring(estate)) == (0, 0, 5, 0, 0)


def test_a_changed_row_keeps_its_code(bring, write, estate):
    bring(estate)
    report = bring(write("estate.gpkg", [slab(n) for n in (1, 2, 4, 5)] + [slab(3, 层数=7)]))
    assert counts(report) == (0, 1, 4, 0, 0)
    assert Building.objects.get(source_id="3").floors == 7
    assert Building.objects.get(source_id="3").code.endswith("00003")


def test_a_new_building_never_takes_the_code_of_one_that_is_gone(bring, write, estate):
    bring(estate)
    outline = slab(6)[0]
    bring(write("estate.gpkg", [slab(n) for n in (1, 2, 3, 5)] + [(outline, slab(6)[1])]))
    assert Building.objects.get(source_id="4").gone_since is not None
    assert not Stairwell.objects.standing().filter(building__source_id="4").exists()
    assert Building.objects.get(source_id="6").code == f"{CODE}00006"


def test_a_building_that_comes_back_stands_again(bring, write, estate):
    bring(estate)
    bring(write("estate.gpkg", [slab(n) for n in (1, 2, 3, 5)]))
    bring(write("estate.gpkg", [slab(n) for n in range(1, 6)]))
    assert Building.objects.standing().count() == 5
    assert Stairwell.objects.standing().count() == 15


def test_more_than_forty_percent_gone_is_refused_unless_allowed(bring, write, estate):
    bring(estate)
    few = write("estate.gpkg", [slab(1), slab(5)])
    with pytest.raises(MassDelete):
        bring(few)
    assert Building.objects.standing().count() == 5
    bring(few, allow_mass_delete=True)
    assert Building.objects.standing().count() == 2


def test_what_lies_outside_the_file_is_not_gone(bring, write, estate):
    bring(estate)
    report = bring(write("estate.gpkg", [slab(1), slab(2)]))
    assert counts(report) == (0, 0, 2, 0, 0)


def test_a_door_with_people_behind_it_survives_a_smaller_footprint(bring, write, estate):
    bring(estate)
    third = Stairwell.objects.get(building__source_id="1", number="3")
    Dwelling.objects.create(stairwell=third, room="301")
    small = metres(shapely.box(20, 30, 44, 42))
    bring(write("estate.gpkg", [(small, slab(1)[1])] + [slab(n) for n in range(2, 6)]))
    third.refresh_from_db()
    assert third.gone_since is None
    assert third.footprint.within(Building.objects.get(source_id="1").footprint)


def test_stairwells_drawn_by_hand_are_left_alone(bring, write, estate):
    bring(estate)
    Stairwell.objects.filter(building__source_id="1", number="1").update(derived=False, name="东门")
    report = bring(write("estate.gpkg", [slab(n, 层数=7) for n in range(1, 6)]))
    assert counts(report, "stairwells") == (0, 12, 3, 0, 0)
    assert Stairwell.objects.get(building__source_id="1", number="1").floors == 6


def test_a_bow_tie_is_refused_with_its_number_and_place(bring, write):
    tie = metres(shapely.Polygon([(100, 10), (120, 30), (120, 10), (100, 30)]))
    report = bring(write("estate.gpkg", [slab(1), (tie, slab(9)[1])]))
    [refusal] = report.refused
    assert (refusal.layer, refusal.row, refusal.source_id, refusal.code) == ("buildings", 2, "9", "self_intersection")
    assert refusal.place == pytest.approx(
        (metres(shapely.Point(110, 20)).x, metres(shapely.Point(110, 20)).y), abs=1e-6
    )
    assert Building.objects.count() == 1


def test_all_or_nothing(community, write):
    tie = metres(shapely.Polygon([(100, 10), (120, 30), (120, 10), (100, 30)]))
    plan = plan_import(write("estate.gpkg", [slab(1), (tie, slab(9)[1])]))
    with pytest.raises(RowsRefused):
        plan.commit(leave_refused=False)
    assert not Building.objects.exists()


def test_two_people_importing_at_once_do_not_both_write(community, estate):
    first, second = plan_import(estate), plan_import(estate)
    first.commit()
    with pytest.raises(ChangedMeanwhile):
        second.commit()
    assert Building.objects.count() == 5


def test_an_id_that_occurs_twice_is_refused_the_second_time(bring, write):
    report = bring(write("estate.gpkg", [slab(1), (slab(2)[0], slab(1)[1])]))
    assert [(refusal.row, refusal.code) for refusal in report.refused] == [(2, "duplicate")]


def with_heights(write, *heights: float):
    def at(z, shape):
        return shapely.Polygon([(x, y, z) for x, y in shape.exterior.coords])

    rows = [(at(z, slab(n)[0]), slab(n)[1]) for n, z in enumerate(heights, 1)]
    return write("estate.gpkg", rows, geometry_type="Polygon Z")


def test_heights_are_refused_in_words(bring, write):
    report = bring(with_heights(write, 5.0, 6.0))
    assert [refusal.code for refusal in report.refused] == ["not_2d", "not_2d"]
    assert "--drop-heights" in report.warnings[0]


def test_heights_are_dropped_on_demand(bring, write):
    report = bring(with_heights(write, 5.0, 6.0), choices={"drop_heights": True})
    assert counts(report) == (2, 0, 0, 0, 0)
    assert "高程" in report.warnings[0]
    assert Building.objects.get(source_id="1").footprint.extent == pytest.approx(slab(1)[0].bounds, abs=1e-7)


@pytest.mark.parametrize("heights", [(0.0, 0.0), (450.5, 450.5), (np.nan, np.nan), (0.0, np.nan)])
def test_heights_that_say_nothing_are_left_out_with_a_word(bring, write, heights):
    report = bring(with_heights(write, *heights))
    assert counts(report) == (2, 0, 0, 0, 0)
    assert "全部相同" in report.warnings[0]


@pytest.mark.parametrize(("last", "kept"), [(0, 1), (7, 0)])
def test_measures_are_treated_as_heights(bring, tmp_path, last, kept):
    corners = [*slab(1)[0].exterior.coords]
    ring = ",".join(f"{x} {y} {0 if at else last}" for at, (x, y) in enumerate(corners))
    (tmp_path / "buildings.csv").write_text(f'id,wkt\n1,"POLYGON M(({ring}))"\n')
    bring(tmp_path / "buildings.csv", choices={"coord_type": "wgs84"})
    assert Building.objects.count() == kept


# Communities


def test_a_building_belongs_where_its_larger_part_lies(bring, community, write):
    """The community ends 200 m east of its corner: one house reaches 5 of 20 m over the edge, one 15."""
    inner, outer = metres(shapely.box(185, 10, 205, 20)), metres(shapely.box(195, 40, 215, 50))
    within = [(slab(n)[0], {"id": str(n)}) for n in range(3, 9)]
    report = bring(write("edge.gpkg", [(inner, {"id": "in"}), (outer, {"id": "out"}), *within]))
    assert Building.objects.filter(source_id="in").exists()
    assert Building.objects.count() == 7
    assert [(refusal.source_id, refusal.code) for refusal in report.refused] == [("out", "outside_communities")]


def test_a_stray_building_makes_no_community(bring, write):
    stray = metres(shapely.box(260, 60, 275, 75))
    report = bring(
        write("stray.gpkg", [*((slab(n)[0], {"id": str(n)}) for n in range(1, 7)), (stray, {"id": "stray"})])
    )
    assert [(refusal.source_id, refusal.code) for refusal in report.refused] == [("stray", "outside_communities")]
    assert Area.objects.communities().count() == 1


@pytest.mark.django_db
def test_a_new_community_is_drawn_around_the_buildings(estate):
    plan_import(estate, new_community=f"{CODE}:永泰县/樟城镇/近邻社区").commit()
    community = Area.objects.get(code=CODE)
    assert (community.name, community.parent.name, community.parent.parent.name) == ("近邻社区", "樟城镇", "永泰县")
    assert all(community.boundary.contains(building.footprint) for building in Building.objects.all())


def test_a_new_community_takes_no_ground_from_its_neighbour(bring, community, write):
    beside = metres(shapely.box(210, 30, 260, 60))
    bring(write("beside.gpkg", [(beside, {"id": "1"})]), new_community="350125100002:东邻社区")
    assert Building.objects.get().community.name == "东邻社区"
    one, other = (area.boundary for area in Area.objects.communities())
    assert one.intersection(other).area < 1e-13  # square degrees; 1 cm2


def on_screen(path, *options) -> str:
    out = io.StringIO()
    call_command("import_ground", str(path), *options, stdout=out, verbosity=0)
    return out.getvalue()


def test_in_an_empty_town_a_provisional_community_is_made(db, estate):
    assert "将建立临时社区 999999001001" in on_screen(estate)
    assert not Area.objects.exists()
    assert "已建立临时社区 999999001001" in on_screen(estate, "--commit")
    community = Area.objects.get(code="999999001001")
    assert (community.name, community.parent.name, community.parent.parent.name) == (
        "estate（临时）", "未定区划", "未定区划",
    )  # fmt: skip
    assert all(community.boundary.contains(building.footprint) for building in Building.objects.all())
    assert Building.objects.filter(code__startswith="999999001001").count() == 5


def test_the_same_source_finds_its_provisional_community_again(db, write, estate):
    plan_import(estate).commit()
    plan = plan_import(estate)
    assert (plan.report.changes, plan.report.provisional) == (0, None)
    grown = plan_import(write("estate.gpkg", [slab(n) for n in range(1, 6)] + [(slab(1)[0], slab(9)[1])]))
    assert grown.report.provisional is None
    assert grown.commit().counts["buildings"].new == 1


def test_other_ground_gets_the_next_provisional_code(db, write, estate):
    """Both say `osm` for their source when they are extracts, so the ground decides and not the source."""
    plan_import(estate, source="osm").commit()
    elsewhere = [(metres(shapely.box(9000, y, 9020, y + 9)), {"id": f"far{y}"}) for y in (0, 40, 80)]
    report = plan_import(write("far.gpkg", elsewhere), source="osm").commit()
    assert report.provisional == ("999999001002", "far（临时）")
    assert Building.objects.filter(code__startswith="999999001002").count() == 3


def test_what_lies_in_a_known_community_goes_there_and_the_rest_to_a_provisional_one(bring, write):
    """The community ends 200 m east of its corner."""
    outside = [(metres(shapely.box(x, 60, x + 15, 75)), {"id": f"x{x}"}) for x in (190, 230, 260, 290)]
    inside = [(slab(n)[0], {"id": str(n)}) for n in (1, 2)]
    report = bring(write("both.gpkg", inside + outside))
    assert report.provisional is not None
    assert report.refused == []
    homes = dict(Building.objects.values_list("source_id", "community__code"))
    assert [homes[key] for key in ("1", "2", "x190", "x290")] == [CODE, CODE, CODE, "999999001001"]
    one, other = (area.boundary for area in Area.objects.communities())
    assert one.intersection(other).area < 1e-13  # square degrees; 1 cm2


def test_an_unknown_community_is_refused(community, estate):
    with pytest.raises(UnknownCommunity):
        plan_import(estate, community="350125100999")


# Coordinates


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4490", "EPSG:4549", "EPSG:2225"])
def test_any_coordinate_system_becomes_longitude_and_latitude(bring, write, crs):
    """Web Mercator, CGCS2000 with latitude first by definition, its zone with northing first, and one in US feet."""
    from pyproj import Transformer

    transformer = Transformer.from_crs(4326, crs, always_xy=True)
    shape = shapely.transform(slab(1)[0], lambda x, y: transformer.transform(x, y), interleaved=False)
    bring(write("estate.gpkg", [(shape, slab(1)[1])], crs=crs))
    [(west, south, east, north)] = [building.footprint.extent for building in Building.objects.all()]
    assert (west, south, east, north) == pytest.approx(slab(1)[0].bounds, abs=2e-7)


@pytest.mark.parametrize("coord_type", ["gcj02", "bd09"])
def test_shifted_coordinates_are_shifted_back(bring, write, coord_type):
    shape = shapely.transform(slab(1)[0], lambda x, y: from_wgs84(x, y, coord_type), interleaved=False)
    bring(write("estate.gpkg", [(shape, slab(1)[1])]), choices={"coord_type": coord_type})
    assert Building.objects.get().footprint.extent == pytest.approx(slab(1)[0].bounds, abs=2e-7)


def test_latitude_before_longitude_is_refused(bring, write):
    swapped = shapely.transform(slab(1)[0], lambda x, y: (y, x), interleaved=False)
    report = bring(write("estate.gpkg", [(swapped, slab(1)[1]), slab(2)]))
    assert [refusal.code for refusal in report.refused] == ["axes_swapped"]


@pytest.mark.parametrize("coord_type", ["gcj02", "bd09"])
def test_data_that_look_shifted_raise_a_warning(bring, write, coord_type):
    """Against 30 stored houses of 3 m, 40 m apart: no other reading hits them by chance."""
    rows = [
        (metres(shapely.box(x, y, x + 3, y + 3)), {"id": f"{x}-{y}"})
        for x in range(5, 190, 40)
        for y in range(5, 240, 40)
    ]
    bring(write("estate.gpkg", rows))
    shifted = [
        (shapely.transform(shape, lambda x, y: from_wgs84(x, y, coord_type), interleaved=False), values)
        for shape, values in rows
    ]
    report = plan_import(write("other.gpkg", shifted), new_community="350125100002:甲").report
    assert any(coord_type in warning for warning in report.warnings)
    assert not plan_import(write("estate.gpkg", rows)).report.warnings


# Formats


def features(*rows):
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": values, "geometry": json.loads(shapely.to_geojson(shape))}
            for shape, values in rows
        ],
    }


def test_geojson(bring, tmp_path):
    path = tmp_path / "楼栋.geojson"
    path.write_text(json.dumps(features(slab(1), slab(2)), ensure_ascii=False), encoding="utf-8-sig")
    assert counts(bring(path)) == (2, 0, 0, 0, 0)


def test_a_zipped_shapefile_with_chinese_names_in_gb18030(bring, write, tmp_path):
    write("楼.shp", [slab(1, 名称="永安里甲楼")], encoding="GB18030")
    (tmp_path / "楼.cpg").unlink(missing_ok=True)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in tmp_path.glob("楼.*"):
            archive.write(part, f"数据/{part.name}")
    bring(tmp_path / "a.zip", choices={"layers": {"": "buildings"}})
    assert Building.objects.get().name == "永安里甲楼"


def test_csv_with_wkt(bring, tmp_path):
    path = tmp_path / "buildings.csv"
    path.write_text(f'编号,楼号,wkt\n1,1,"{slab(1)[0].wkt}"\n2,2,POLYGON((1 1)\n', encoding="gb18030")
    with pytest.raises(CoordTypeNeeded):
        plan_import(path)
    report = bring(path, choices={"coord_type": "cgcs2000"})
    assert counts(report) == (1, 0, 0, 1, 0)
    assert report.refused[0].row == 2


def test_csv_of_facilities_with_longitude_and_latitude(bring, tmp_path):
    point = metres(shapely.Point(50, 50))
    path = tmp_path / "设施.csv"
    rows = [f"卫生站,{point.x},{point.y}", "坏的,1e300,nan", "空的,,", "远的,400,91"]
    path.write_text("名称,经度,纬度\n" + "\n".join(rows), encoding="utf-8-sig")
    report = bring(path, choices={"coord_type": "wgs84"})
    assert counts(report, "facilities") == (1, 0, 0, 3, 0)
    assert Facility.objects.get().community.code == CODE


def test_columns_of_any_name_by_mapping(bring, write):
    path = write("estate.gpkg", [(slab(1)[0], {"BH": "7", "MC": "文化楼"})], layer="fw")
    with pytest.raises(UnknownLayer):
        plan_import(path)
    bring(path, choices={"layers": {"fw": "buildings"}, "columns": {"BH": "number", "MC": "name"}})
    assert Building.objects.get().number == "7"
    assert Building.objects.get().name == "文化楼"


def test_compounds_and_roads_of_one_file(bring, write):
    write("town.gpkg", [slab(1), slab(2)])
    write("town.gpkg", [(metres(shapely.box(10, 20, 90, 110)), {"名称": "永安里"})], layer="小区", append=True)
    lines = [metres(shapely.LineString([(0, 0), (0, 200)])), metres(shapely.LineString([(5, 0), (90, 15)]))]
    path = write("town.gpkg", [(lines[0], {"名称": "南门路"}), (lines[1], {"名称": ""})], layer="roads", append=True)
    bring(path)
    assert Compound.objects.get().code == f"{CODE}-001"
    assert {building.compound.name for building in Building.objects.select_related("compound")} == {"永安里"}
    assert Road.objects.count() == 2


def halves(number: int, at: float = 40, end: float = 74):
    """The stairwells of a slab, cut at some metres from the corner: two, unlike the three that the rule makes."""
    y = 30 * number
    shapes = metres(shapely.box(20, y, at, y + 12)), metres(shapely.box(at, y, end, y + 12))
    return [(shape, {"id": f"{number}-{no}", "单元号": no}) for shape, no in zip(shapes, "12", strict=True)]


def test_stairwells_that_a_file_brings_are_kept_as_they_are_drawn(bring, write, estate):
    bring(write("estate.gpkg", halves(1), layer="楼道", append=True))
    drawn = Stairwell.objects.filter(building__source_id="1").order_by("number")
    assert [(row.number, row.derived) for row in drawn] == [("1", False), ("2", False)]
    assert drawn[0].footprint.extent == pytest.approx(halves(1)[0][0].bounds, abs=1e-7)
    report = bring(write("again.gpkg", [slab(n) for n in range(1, 6)]), source="estate")
    assert report.changes == 0


def test_stairwells_that_leave_a_part_of_their_building_out_are_refused(bring, write, estate):
    rows = [*halves(1, end=60), (metres(shapely.box(150, 10, 160, 20)), {"id": "far", "单元号": "1"})]
    report = bring(write("estate.gpkg", rows, layer="楼道", append=True))
    assert [(refusal.source_id, refusal.code) for refusal in report.refused] == [
        ("far", "no_building"),
        ("1-1", "stairwells_do_not_tile"),
        ("1-2", "stairwells_do_not_tile"),
    ]
    assert Stairwell.objects.filter(building__source_id="1", derived=True).count() == 3


def test_communities_come_from_a_file_with_their_codes(db, write):
    ground = metres(shapely.box(0, 0, 200, 300))
    write("town.gpkg", [(ground, {"社区编码": CODE, "社区名称": "近邻社区"})], layer="社区")
    path = write("town.gpkg", [slab(1)], layer="楼栋", append=True)
    plan_import(path).commit()
    assert Building.objects.get().community.name == "近邻社区"
    assert Area.objects.get(code=CODE).parent.code == "350125100"
    assert plan_import(path).report.changes == 0


def test_a_moved_community_boundary_is_a_change_with_a_warning(bring, write):
    wider = metres(shapely.box(0, 0, 220, 300))
    report = bring(write("town.gpkg", [(wider, {"社区编码": CODE, "社区名称": "近邻社区"})], layer="社区"))
    assert counts(report, "communities") == (0, 1, 0, 0, 0)
    assert any("重画" in warning for warning in report.warnings)
    assert Area.objects.get(code=CODE).boundary.extent == pytest.approx(wider.bounds, abs=1e-7)


# Hostile files


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


VRT = (
    b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>'
    b"</OGRVRTLayer></OGRVRTDataSource>"
)
HOSTILE = {
    "empty.gpkg": (b"", "empty_file"),
    "text.gpkg": ("不是地图".encode(), "unknown_format"),
    "sqlite.gpkg": (b"SQLite format 3\0" + bytes(200), "not_a_geopackage"),
    "half.gpkg": (b"SQLite format 3\0" + bytes(52) + b"GPKG" + bytes(500), "damaged_file"),
    "half.osm.pbf": (b"\0\0\0\x0d\x0a\x09OSMHeader" + b"\xff" * 40, "damaged_file"),
    "layer.vrt": (VRT, "unknown_format"),
    "layer.gpkg": (VRT, "unknown_format"),
    "layer.geojson": (VRT, "unknown_format"),
    "layer.csv": (VRT, "unknown_format"),
    "half.geojson": (b'{"type": "FeatureCollection", "features": [', "damaged_file"),
    "deep.geojson": (b'{"a":' * 100_000, "damaged_file"),
    "topology.geojson": (b'{"type": "Topology"}', "unknown_format"),
    "none.geojson": (b'{"type": "FeatureCollection", "features": []}', "nothing_to_import"),
    "half.zip": (zipped(**{"a.geojson": b"{}"})[:60], "damaged_file"),
    "outside.zip": (zipped(**{"..__..__a.geojson": b"{}"}), "unsafe_archive"),
    "root.zip": (zipped(**{"__tmp__a.geojson": b"{}"}), "unsafe_archive"),
    "bomb.zip": (zipped(**{"a.geojson": bytes(30 * 2**20)}), "archive_bomb"),
    "nothing.zip": (zipped(**{"a.exe": b"MZ"}), "unknown_format"),
    "alone.shp": (b"\0\0\x27\x0a" + bytes(200), "shapefile_part_missing"),
    "bytes.csv": (b"a,b\n\xff\xfe\xfd\x80\x80,1", "bad_encoding"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_sentence_and_writes_nothing(community, tmp_path, name):
    content, code = HOSTILE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportRefused) as why:
        plan_import(tmp_path / name, choices=Choices(coord_type="wgs84"))
    assert why.value.code == code
    assert str(why.value)
    assert str(tmp_path) not in str(why.value)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_truncated_geopackage_never_comes_halfway(community, write, tmp_path, share):
    path = write("estate.gpkg", [slab(n) for n in range(1, 6)])
    data = path.read_bytes()
    (tmp_path / "half.gpkg").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImportRefused):
        plan_import(tmp_path / "half.gpkg")


BAD = {
    "null": None,
    "collection": {"type": "GeometryCollection", "geometries": []},
    "nan": {"type": "Polygon", "coordinates": [[[1e300, 1e300], [1, 1], [2, 2], [1e300, 1e300]]]},
    "words": {"type": "Polygon", "coordinates": "everywhere"},
    "open": {"type": "Polygon", "coordinates": [[[118.94, 25.86], [118.95, 25.86], [118.95, 25.87]]]},
    "empty": {"type": "Polygon", "coordinates": []},
    "point": {"type": "Point", "coordinates": [118.94, 25.86]},
    "curve": {"type": "CurvePolygon", "coordinates": []},
    "world": {"type": "Polygon", "coordinates": [[[-179, 0], [179, 0], [179, 1], [-179, 1], [-179, 0]]]},
}


def test_each_bad_geometry_of_a_file_is_refused_and_the_good_one_is_kept(bring, tmp_path):
    document = features(slab(1))
    for name, geometry in BAD.items():
        document["features"].append({"type": "Feature", "properties": {"id": name}, "geometry": geometry})
    (tmp_path / "buildings.geojson").write_text(json.dumps(document))
    report = bring(tmp_path / "buildings.geojson")
    assert {refusal.source_id for refusal in report.refused} == set(BAD)
    assert all(refusal.sentence for refusal in report.refused)
    assert Building.objects.count() == 1


def test_garbled_names_are_refused(bring, write):
    garbled = "永安里".encode().decode("gbk", "ignore")
    report = bring(write("estate.gpkg", [slab(1, 名称="永安里"), slab(2, 名称=garbled), slab(3, 名称="Töölöntori")]))
    assert [(refusal.source_id, refusal.code, refusal.field) for refusal in report.refused] == [
        ("2", "garbled", "name")
    ]


def test_an_id_that_is_too_long_to_keep_is_refused(bring, write):
    report = bring(write("estate.gpkg", [slab(1), slab(2, id="x" * 65), slab(3, id="y" * 64)]))
    assert [(refusal.row, refusal.code, refusal.field) for refusal in report.refused] == [(2, "too_long", "id")]
    assert Building.objects.count() == 2


# The command


def test_the_command_runs_dry_first_and_writes_on_demand(community, estate, tmp_path):
    out = io.StringIO()
    call_command("import_ground", str(estate), stdout=out, verbosity=0)
    assert "试运行" in out.getvalue()
    assert not Building.objects.exists()
    report = tmp_path / "report.json"
    call_command("import_ground", str(estate), "--commit", "--report", str(report), stdout=io.StringIO(), verbosity=0)
    assert Building.objects.count() == 5
    assert json.loads(report.read_text())["counts"]["buildings"]["new"] == 5


def test_a_refusal_comes_before_the_rows_and_none_of_them_seems_to_be_written(bring, estate, write):
    bring(estate)
    out = io.StringIO()
    with pytest.raises(CommandError, match="--allow-mass-delete"):
        call_command("import_ground", str(write("estate.gpkg", [slab(1), slab(5)])), stdout=out, verbosity=0)
    said = out.getvalue()
    assert said.index("没有导入") < said.index("楼栋")
    assert "变化" not in said
    assert "--commit" not in said


@pytest.mark.parametrize("options", [{"new_community": "51:x"}, {"new_community": "510105001001"}, {"community": "51"}])
def test_a_wrong_code_is_refused_before_the_file_is_read(db, options, tmp_path):
    with pytest.raises(CommandError, match="编码"):
        call_command("import_ground", str(tmp_path / "none.gpkg"), **options, verbosity=0)


@pytest.mark.parametrize("command", ["import_ground", "import_households"])
def test_a_report_that_cannot_be_written_is_refused_before_the_work(community, estate, tmp_path, command):
    with pytest.raises(CommandError, match="nowhere"):
        call_command(command, str(estate), "--commit", "--report", str(tmp_path / "nowhere" / "r.csv"), verbosity=0)
    assert not Building.objects.exists()


def test_the_command_answers_a_refusal_with_its_sentence(db, tmp_path):
    (tmp_path / "a.gpkg").write_bytes(b"x")
    with pytest.raises(CommandError, match="无法识别"):
        call_command("import_ground", str(tmp_path / "a.gpkg"), verbosity=0)


def test_a_thousand_rows_are_a_handful_of_queries(community, write, django_assert_max_num_queries):
    rows = [
        (metres(shapely.box(x, y, x + 3, y + 3)), {"id": f"{x}-{y}"})
        for x in range(5, 195, 6)
        for y in range(5, 195, 6)
    ]
    path = write("many.gpkg", rows)
    with django_assert_max_num_queries(60):
        plan_import(path).commit()
    assert Building.objects.count() == len(rows) == np.prod([32, 32])


def test_a_file_without_one_sound_building_says_what_is_wrong_with_each(db, write):
    path = write("estate.gpkg", [(metres(shapely.Polygon([(0, 0), (20, 20), (20, 0), (0, 20)])), {"id": "1"})])
    with pytest.raises(ImportRefused) as why:
        plan_import(path, new_community=f"{CODE}:近邻社区")
    assert [refusal.code for refusal in why.value.report.refused] == ["self_intersection"]


def test_a_building_as_large_as_a_town_is_refused(db, write):
    path = write("estate.gpkg", [slab(1), (metres(shapely.box(0, 0, 3000, 3000)), slab(2)[1])])
    report = plan_import(path, new_community=f"{CODE}:近邻社区").report
    assert [refusal.code for refusal in report.refused] == ["too_large"]


class _AsWindowsDoes(zipfile.ZipInfo):
    """A name in GBK without a word about it."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("gbk"), self.flag_bits


@pytest.mark.parametrize(
    ("archive", "inner"),
    [("export.zip", "资料/楼栋"), ("楼栋.zip", "export"), ("x.zip", "房屋")],
)
def test_a_shapefile_is_called_as_its_own_file_or_its_archive(community, write, tmp_path, archive, inner):
    path = write("t.shp", [slab(n) for n in range(1, 6)])
    with zipfile.ZipFile(tmp_path / archive, "w") as packed:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            packed.writestr(_AsWindowsDoes(inner + suffix), path.with_suffix(suffix).read_bytes())
    assert counts(plan_import(tmp_path / archive).report)[0] == 5


def test_a_point_of_words_is_said_to_be_none(community, tmp_path):
    (tmp_path / "设施.csv").write_text("名称,经度,纬度\n甲,119°18′,26°5′\n乙,118.941,25.861\n丙,,\n")
    report = plan_import(tmp_path / "设施.csv", choices=Choices(coord_type="wgs84")).report
    assert [(row.row, row.code) for row in report.refused] == [(1, "bad_coordinate"), (3, "bad_coordinate")]
    assert counts(report, "facilities") == (1, 0, 0, 2, 0)


def test_many_refused_rows_are_summed_up_by_reason(community, tmp_path):
    rows = "".join(f"{n},店{n},x,y\n" for n in range(50)) + "51,店,26.08,119.3\n"
    (tmp_path / "设施.csv").write_text("编号,名称,经度,纬度\n" + rows)
    out = io.StringIO()
    call_command("import_ground", str(tmp_path / "设施.csv"), "--coord-type", "wgs84", stdout=out, verbosity=0)
    said = out.getvalue()
    assert said.count("经纬度不是数字") == 40 + 1
    assert "经度和纬度可能写反了" in said


def test_a_new_community_and_what_lies_above_it_are_counted_by_their_level(db, estate):
    report = plan_import(estate, new_community=f"{CODE}:永泰县/樟城镇/近邻社区").report
    assert [report.counts[layer].new for layer in ("districts", "subdistricts", "communities")] == [1, 1, 1]


def test_areas_of_three_levels_in_one_layer_are_counted_apart(db, write, tmp_path):
    ground = metres(shapely.box(0, 0, 200, 300))
    rows = [(ground, {"编码": CODE[:width], "名称": "近邻"}) for width in (6, 9, 12)]
    plan = plan_import(write("社区.gpkg", rows, layer="社区"))
    assert {layer: (count.read, count.new) for layer, count in plan.report.counts.items()} == dict.fromkeys(
        ("districts", "subdistricts", "communities"), (1, 1)
    )
    plan.commit()
    again = plan_import(write("社区.gpkg", rows, layer="社区")).report
    assert all((count.read, count.unchanged) == (1, 1) for count in again.counts.values())
    assert again.changes == 0


def test_an_entrance_is_new_with_its_building(bring, write):
    at = slab(1)[0].exterior.interpolate(0.3, normalized=True)
    path = write("town.gpkg", [slab(1)])
    write("town.gpkg", [(at, {"id": "d"})], layer="entrances", append=True, geometry_type="Point")
    assert counts(bring(path), "entrances") == (1, 0, 0, 0, 0)
    assert counts(bring(path), "entrances") == (0, 0, 1, 0, 0)


def test_what_an_extract_cuts_off_has_one_reason_and_a_place(db, tmp_path):
    """A house with its fourth corner outside, one with a single corner left, and one that is whole."""
    path = tmp_path / "edge.osm.pbf"
    corners = [(0, 0), (4, 0), (4, 2), (0, 2)]
    with osmium.SimpleWriter(str(path)) as out:
        for number, (x, y) in enumerate([*corners, *((x + 9, y) for x, y in corners)], start=1):
            out.add_node(Node(id=number, location=(104.5 + x / 10_000, 30.9 + y / 10_000)))
        for number, nodes in enumerate([[1, 2, 3, 4, 1], [5, 6, 7, 88, 5], [77, 8, 78, 77]], start=1):
            out.add_way(Way(id=number, nodes=nodes, tags={"building": "apartments"}))
    report = plan_import(path).report
    refused: list[Any] = [(row.source_id, row.code, row.place) for row in report.refused]
    assert refused == [
        ("way/2", "incomplete", pytest.approx((104.5009, 30.9))),
        ("way/3", "incomplete", pytest.approx((104.5009, 30.9002))),
    ]
    assert counts(report)[0] == 1
