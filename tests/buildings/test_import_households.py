import csv
import io
from pathlib import Path

import pytest
import shapely
from django.core.management import call_command
from openpyxl import Workbook

from buildings.imports.households import plan_households
from buildings.imports.refusals import ChangedMeanwhile, CoordTypeNeeded, ImportRefused, MassDelete, MissingColumn
from buildings.models import Building, Compound, Dwelling, GroundChange, Household, Stairwell
from geo.crs import from_wgs84
from geo.geos import to_geos
from tests.buildings.conftest import CODE, metres

pytestmark = pytest.mark.django_db
HEAD = ["地址", "户主", "电话", "人数"]
PERSON = ["林小满", "13800138000", "3"]  # invented


@pytest.fixture
def town(community):
    """永安里 with building 1 (stairwells 1 and 2) and 3 (one stairwell), and a house at 南门路31号."""

    def build(serial: int, x: float, doors: int, **names) -> Building:
        shape = shapely.MultiPolygon([metres(shapely.box(x, 10, x + 15 * doors, 22))])
        row = Building.objects.create(
            code=f"{CODE}{serial:05d}", community=community, footprint=to_geos(shape), kind="residential", **names
        )
        for door in range(1, doors + 1):
            part = shapely.MultiPolygon([metres(shapely.box(x + 15 * (door - 1), 10, x + 15 * door, 22))])
            Stairwell.objects.create(
                code=f"{row.code}{door:02d}", building=row, number=str(door), footprint=to_geos(part)
            )
        return row

    compound = Compound.objects.create(
        code=f"{CODE}-001",
        community=community,
        name="永安里",
        aliases=["永安新村"],
        boundary=to_geos(shapely.MultiPolygon([metres(shapely.box(0, 0, 90, 60))])),
    )
    build(1, 10, 2, number="1", compound=compound)
    build(2, 60, 1, number="3", compound=compound)
    build(3, 120, 1, address="南门路31号")
    return compound


@pytest.fixture
def sheet(tmp_path: Path):
    def write(*rows, head=HEAD, name="名单.csv", encoding="utf-8-sig", delimiter=",") -> Path:
        stream = io.StringIO()
        csv.writer(stream, delimiter=delimiter).writerows([head, *rows])
        (tmp_path / name).write_bytes(stream.getvalue().encode(encoding))
        return tmp_path / name

    return write


def bring(path: Path, **options):
    return plan_households(path, **options).commit()


def counts(report):
    count = report.counts["households"]
    return count.new, count.changed, count.unchanged, count.refused, count.gone


def codes(report):
    return [(refusal.row, refusal.code) for refusal in report.refused]


@pytest.mark.parametrize(
    ("address", "door", "room"),
    [
        ("永安里1栋2单元301室", "0000102", "301"),
        ("永安里1-2-301", "0000102", "301"),
        ("永安裏１號樓二單元３０１室", "0000102", "301"),
        ("永泰县樟城镇近邻社区永安新村1幢1楼门101", "0000101", "101"),
        ("永安里3号楼402", "0000201", "402"),  # one stairwell: nothing to say
        ("南门路31号201室", "0000301", "201"),
        ("南门路31号", "0000301", "无"),
    ],
)
def test_an_address_in_any_usual_spelling_finds_its_stairwell(town, sheet, address, door, room):
    bring(sheet([address, *PERSON]))
    household = Household.objects.select_related("dwelling__stairwell").get()
    assert household.dwelling.stairwell.code == f"{CODE}{door}"
    assert (household.dwelling.room, household.head, household.phone, household.people) == (room, *PERSON[:2], 3)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("永安里1栋301室", "ambiguous_stairwell"),
        ("永安里1栋5单元301室", "unknown_stairwell"),
        ("永安里8栋1单元301室", "unplaced"),
        ("", "unplaced"),
        ("鍦板潃涔辩爜", "garbled"),
        ("=HYPERLINK(1)", "formula"),
    ],
)
def test_what_cannot_be_placed_is_named_and_not_guessed(town, sheet, address, code):
    report = bring(sheet([address, *PERSON]))
    assert codes(report) == [(2, code)]
    assert "林小满" not in report.refused[0].sentence
    assert "13800138000" not in report.refused[0].sentence
    assert not Household.objects.exists()


def test_the_parts_of_an_address_in_columns_of_their_own(town, sheet):
    head = ["小区名称", "楼栋", "单元", "室", "户主姓名", "联系电话", "家庭人数"]
    bring(sheet(["永安里", "1栋", "2单元", "301室", *PERSON], head=head))
    assert Household.objects.get().dwelling.stairwell.code == f"{CODE}0000102"


@pytest.mark.parametrize(
    ("door", "compound", "building", "stairwell", "room"),
    [
        ("0000102", "永安裏", "１號樓", "２門", "３０１"),
        ("0000102", "永安里", "一幢", "二單元", "三零一"),
        ("0000102", "永安里", "1", "2", "301"),
        ("0000102", "永安里", "1栋2单元", "", "301室"),
        ("0000102", "永安里", "1-2", "", "301"),
        ("0000102", "", "永安里1号楼", "2单元", "301"),
        ("0000201", "永安里", "9-1幢", "甲单元", "301"),
        ("0000201", "永安里", "9-1", "甲", "301"),
        ("0000201", "永安里", "９－１號樓", "甲單元", "301"),
    ],
)
def test_columns_may_be_written_in_any_usual_way(town, sheet, door, compound, building, stairwell, room):
    Building.objects.filter(number="3").update(number="9-1")
    Stairwell.objects.filter(building__number="9-1").update(number="甲")
    head = ["小区", "楼号", "单元号", "房号", "户主", "电话", "人数"]
    report = bring(sheet([compound, building, stairwell, room, *PERSON], head=head, encoding="gb18030"))
    assert codes(report) == []
    dwelling = Household.objects.get().dwelling
    assert dwelling.stairwell.code == f"{CODE}{door}"
    assert dwelling.room == "301"


def test_a_building_of_two_numbers_is_read_out_of_an_address(town, sheet):
    Building.objects.filter(number="3").update(number="9-1")
    bring(sheet(["永安里9-1-301", *PERSON]))
    assert Household.objects.get().dwelling.stairwell.code == f"{CODE}0000201"


def test_a_part_of_a_name_places_a_row_where_it_can_mean_one_compound_and_the_report_says_so(town, sheet):
    town.name = "宝翠花都永安里"
    town.save()
    report = bring(sheet(["永安里1-2-301", *PERSON], ["安里1-2-302", *PERSON]))
    assert codes(report) == [(3, "unplaced")]
    assert any("宝翠花都永安里" in warning for warning in report.warnings)
    Compound.objects.create(code=f"{CODE}-002", community=town.community, name="新永安里", boundary=town.boundary)
    Building.objects.filter(number="3").update(compound=Compound.objects.get(name="新永安里"))
    assert codes(bring(sheet(["永安里1-2-303", *PERSON], name="二.csv"))) == [(2, "unplaced")]


def test_headings_may_stand_below_a_title(town, sheet):
    path = sheet(["", "", "", ""], HEAD, ["永安里3栋402", *PERSON], head=["近邻社区居民名单", "", "", ""])
    assert counts(bring(path)) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators_are_found_out(town, sheet, encoding, delimiter):
    bring(sheet(["永安里3栋402", *PERSON], encoding=encoding, delimiter=delimiter))
    assert Household.objects.get().head == "林小满"


def test_excel_and_its_formulas(town, tmp_path):
    book = Workbook()
    book.active.append(HEAD)
    book.active.append(["永安里3栋402", "林小满", 13800138000, 3])
    book.active.append(['="永安里3栋"&501', "林小满", 13800138000, 3])  # never shown by Excel, so it has no value
    book.save(tmp_path / "名单.xlsx")
    report = bring(tmp_path / "名单.xlsx")
    assert Household.objects.get().phone == "13800138000"
    assert codes(report) == [(3, "unplaced")]


def test_a_coordinate_places_what_the_address_does_not(town, sheet):
    point = metres(shapely.Point(32, 15))  # in the second stairwell of building 1
    head = [*HEAD, "经度", "纬度"]
    lon, lat = from_wgs84(point.x, point.y, "gcj02")
    path = sheet(["", *PERSON, lon, lat], ["永安里1栋301", *PERSON, lon, lat], ["", *PERSON, 118.9, 25.8], head=head)
    with pytest.raises(CoordTypeNeeded):
        plan_households(path)
    report = bring(path, coord_type="gcj02")
    assert set(Household.objects.values_list("dwelling__stairwell__code", flat=True)) == {f"{CODE}0000102"}
    assert codes(report) == [(4, "unplaced")]


def test_a_wrong_reading_of_coordinates_places_nothing(town, sheet):
    point = metres(shapely.Point(32, 15))
    path = sheet(["", *PERSON, *from_wgs84(point.x, point.y, "gcj02")], head=[*HEAD, "经度", "纬度"])
    assert codes(bring(path, coord_type="wgs84")) == [(2, "unplaced")]


@pytest.mark.parametrize("phone", ["1380013800", "13800138000000", "电话", "1.38E+10", "12800138000"])
def test_phones_of_no_known_shape_are_refused(town, sheet, phone):
    assert codes(bring(sheet(["永安里3栋402", "林小满", phone, "3"]))) == [(2, "bad_phone")]


@pytest.mark.parametrize(
    "phone", ["13800138000", "138 0013 8000", "0591-22481001", "(0591)22481001", "２２４８１００１", ""]
)
def test_phones_of_known_shapes_are_taken(town, sheet, phone):
    assert counts(bring(sheet(["永安里3栋402", "林小满", phone, "3"]))) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("people", ["三", "-1", "3.5", "500"])
def test_people_are_a_number(town, sheet, people):
    assert codes(bring(sheet(["永安里3栋402", "林小满", "", people]))) == [(2, "bad_people")]


def test_the_same_row_twice_is_named(town, sheet):
    row = ["永安里3栋402", *PERSON]
    report = bring(sheet(row, row))
    assert codes(report) == [(3, "duplicate")]
    assert "第 2 行" in report.refused[0].sentence


def test_two_households_may_share_a_door(town, sheet):
    bring(sheet(["永安里3栋402", *PERSON], ["永安里3栋402", "陈小暑", "13900139000", "1"]))
    assert Dwelling.objects.count() == 1
    assert Household.objects.count() == 2


def test_the_same_list_again_changes_nothing(town, sheet):
    path = sheet(["永安里3栋402", *PERSON], ["永安里1-2-301", "陈小暑", "", "1"])
    bring(path)
    before = list(Household.objects.order_by("pk").values())
    assert counts(bring(path)) == (0, 0, 2, 0, 0)
    assert list(Household.objects.order_by("pk").values()) == before


def test_a_list_that_changes_something_leaves_a_row_by_which_processes_read_the_ground_anew(town, sheet):
    """Planners' tables keep who lives where until there is a newer one (planning/table.py, stamp)."""
    path = sheet(["永安里3栋402", *PERSON])
    plan_households(path)
    assert not GroundChange.objects.exists()
    bring(path)
    bring(path)
    assert [(row.what, row.counts) for row in GroundChange.objects.all()] == [
        ("导入 名单.csv", {"households": [1, 0, 0], "dwellings": [1, 0, 0]})
    ]


def test_of_two_lists_that_were_compared_at_once_the_second_is_refused(town, sheet):
    first, second = (plan_households(sheet(["永安里3栋402", *PERSON])) for _ in range(2))
    first.commit()
    with pytest.raises(ChangedMeanwhile):
        second.commit()
    assert Household.objects.count() == 1


def test_a_changed_row_changes_its_household(town, sheet):
    bring(sheet(["永安里3栋402", *PERSON]))
    pk = Household.objects.get().pk
    assert counts(bring(sheet(["永安里3栋402", "林小满", "13800138000", "4"]))) == (0, 1, 0, 0, 0)
    assert (Household.objects.get().pk, Household.objects.get().people) == (pk, 4)


def test_a_list_that_loses_most_of_its_rows_is_refused(town, sheet):
    bring(sheet(*[[f"永安里3栋{room}", *PERSON] for room in range(101, 111)]))
    few = sheet(["永安里3栋101", *PERSON])
    with pytest.raises(MassDelete):
        bring(few)
    assert counts(bring(few, allow_mass_delete=True)) == (0, 0, 1, 0, 9)


HOSTILE = {
    "empty.csv": b"",
    "picture.csv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "half.xlsx": b"PK\x03\x04" + bytes(40),
    "no headings.csv": "甲,乙\n1,2\n".encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_list_gets_a_sentence(town, tmp_path, name):
    (tmp_path / name).write_bytes(HOSTILE[name])
    with pytest.raises(ImportRefused) as why:
        plan_households(tmp_path / name)
    assert str(why.value)


def test_a_list_without_addresses_is_refused(town, sheet):
    with pytest.raises(MissingColumn):
        plan_households(sheet(PERSON, head=["户主", "电话", "人数"]))


def test_a_dry_run_counts_the_doors_that_a_commit_makes(town, sheet):
    path = sheet(["永安里3栋402", *PERSON], ["永安里3栋402", "陈小暑", "", "1"], ["永安里3栋501", *PERSON])
    dry = plan_households(path).report.counts["dwellings"]
    assert (dry.new, dry.changed) == (2, 0)
    bring(path)
    assert Dwelling.objects.count() == 2
    assert plan_households(path).report.changes == 0


def test_the_command_is_a_dry_run_first(town, sheet, tmp_path):
    path = sheet(["永安里3栋402", *PERSON], ["永安里8栋1单元301", *PERSON])
    out = io.StringIO()
    call_command("import_households", str(path), "--report", str(tmp_path / "r.csv"), stdout=out, verbosity=0)
    assert "试运行" in out.getvalue()
    assert not Household.objects.exists()
    assert "unplaced" in (tmp_path / "r.csv").read_text("utf-8-sig")
    call_command("import_households", str(path), "--commit", stdout=io.StringIO(), verbosity=0)
    assert Household.objects.count() == 1
