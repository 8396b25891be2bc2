import pytest

from buildings.address import Mojibake
from buildings.models import Area, Building, Compound, Facility, Road, Stairwell
from buildings.search import find, near
from geo.geos import to_geos
from tests.grids.conftest import CODE, box, community, multi  # noqa: F401  the square of four buildings is enough


@pytest.fixture
def ground(community):  # noqa: F811
    """宝翠花都 with its four buildings; a building 3-2 beside it, which has a road's address."""
    estate = Compound.objects.create(
        code=f"{CODE}-001", community=community, name="宝翠花都", aliases=["宝翠小区"], boundary=multi(box(0, 0, 1, 1))
    )
    Building.objects.update(compound=estate)
    annex = Building.objects.create(
        code=f"{CODE}00009",
        community=community,
        number="9-1",
        address="南门路31号",
        footprint=multi(box(0, 0, 0.05, 0.05)),
    )
    Stairwell.objects.create(code=f"{annex.code}01", building=annex, number="1", footprint=annex.footprint)
    point = to_geos(box(0, 0, 1, 1).centroid)
    Facility.objects.create(name="宝翠邻里中心", community=community, point=point)
    line = to_geos(box(0, 0, 1, 1).exterior)
    for _ in range(3):
        Road.objects.create(name="南门路", kind="street", line=line)
    return estate


def first(text: str) -> tuple[str, str, bool]:
    match = find(text)[0]
    return match.level, match.title, match.exact


@pytest.mark.parametrize(
    "text",
    ["宝翠花都3栋2单元", "宝翠花都三号楼二单元", "宝翠花都 3-2", "寶翠花都３號樓２單元", "宝翠花都3-2-501",
     "宝翠小区3幢2门", "樟城镇宝翠花都3座2梯501室"],
)  # fmt: skip
def test_each_spelling_finds_the_door(ground, text):
    assert first(text) == ("stairwell", "宝翠花都3号楼2单元", True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3栋2单元", ("stairwell", "宝翠花都3号楼2单元", True)),
        ("宝翠花都3栋", ("building", "宝翠花都3号楼", True)),
        ("宝翠花都", ("compound", "宝翠花都", True)),
        ("宝翠小区", ("compound", "宝翠花都", True)),
        ("南门路31号", ("building", "9-1号楼", True)),
        ("9-1", ("building", "9-1号楼", True)),
        ("南门路", ("road", "南门路", True)),
        ("宝翠邻里中心", ("facility", "宝翠邻里中心", True)),
        ("方正社区", ("community", "方正社区", True)),
        ("方正社区2栋1单元", ("stairwell", "宝翠花都2号楼1单元", True)),
        (f"{CODE}00003", ("building", "宝翠花都3号楼", True)),
        (f"{CODE}0000302", ("stairwell", "宝翠花都3号楼2单元", True)),
    ],
)
def test_what_people_call_a_place_finds_it(ground, text, found):
    assert first(text) == found


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("宝翠花园", "宝翠花都"),
        ("宝脆花都3栋2单元", "宝翠花都3号楼2单元"),
        ("宝脆花都", "宝翠花都"),
        ("翠花", "宝翠花都"),
        ("南门路99号", "南门路"),
    ],
)
def test_a_slip_of_the_finger_finds_the_nearest(ground, text, nearest):
    assert nearest in [match.title for match in find(text)[:2]]
    assert not find(text)[0].exact


def test_a_stairwell_that_is_not_there_offers_those_that_are(ground):
    found = find("宝翠花都3栋7单元")
    assert [match.title for match in found[:2]] == ["宝翠花都3号楼1单元", "宝翠花都3号楼2单元"]
    assert not any(match.exact for match in found)


@pytest.mark.parametrize("text", ["外星基地", "x", "%", "_", "\\", "''", "99-99-9999", "路" * 100, "12345678901234567"])
def test_nothing_is_a_dead_end(ground, text):
    assert len(find(text)) <= 8
    if text not in ("''", "_", "12345678901234567"):  # no words, and a code that nobody has
        assert find(text)


def test_a_road_of_many_lines_is_one_choice(ground):
    assert [match.level for match in find("南门路")].count("road") == 1


def test_homes_come_before_what_stands_beside_them(ground):
    Facility.objects.create(name="宝翠花都警务室", community=ground.community, point=to_geos(box(0, 0, 1, 1).centroid))
    found = [match.level for match in find("宝翠花")]
    assert found.index("compound") < found.index("facility")


def test_a_traditional_name_that_is_stored_so_is_found(ground):
    Compound.objects.create(
        code=f"{CODE}-002", community=Area.objects.get(level=12), name="鍾樓小區", boundary=multi(box(0, 0, 1, 1))
    )
    assert first("鍾樓小區")[1] == "鍾樓小區"


def test_what_was_pulled_down_is_not_found(ground):
    Building.objects.filter(number="3").update(gone_since="2026-01-01")
    assert not any(match.exact for match in find("宝翠花都3栋"))


def test_mojibake_is_refused(ground):
    with pytest.raises(Mojibake):
        find("å®\x9dç¿\xa0")


FOREIGN = ["Pääskynen", "Töölönkatu", "中国银行(atm)", "乐购（tesco）", "坏\ufffd名", "\ue5e5店"]


@pytest.fixture
def foreign(ground):
    """A town whose map was drawn by people from everywhere."""
    point = to_geos(box(0, 0, 1, 1).centroid)
    for name in FOREIGN:
        Facility.objects.create(name=name, community=ground.community, point=point)
        Road.objects.create(name=name, kind="street", line=to_geos(box(0, 0, 1, 1).exterior))
    Compound.objects.update(aliases=FOREIGN)
    Building.objects.filter(number="1").update(name="Pääposti", aliases=FOREIGN)


@pytest.mark.parametrize("text", ["宝翠花都3栋2单元", "樟城镇", "Aleksanterinkatu 1", "';drop", "Käännös", "外星基地"])
def test_no_stored_name_silences_a_search(foreign, text):
    assert find(text)


@pytest.mark.parametrize("text", ["Pääskynen", "Töölönkatu", "中国银行(atm)", "中国银行（ATM）", "乐购（tesco）"])
def test_a_name_of_any_letters_is_found_as_it_is_written(foreign, text):
    match = find(text)[0]
    assert match.exact
    assert match.score == 1.0


def test_the_order_never_changes(ground):
    assert find("3栋") == find("3栋")
    assert [match.title for match in find("宝翠")] == [match.title for match in find("宝翠")]


def test_near_a_point_the_nearest_building_comes_first(ground):
    from tests.grids.test_contact import spot

    assert [match.title for match in near(spot(0.5, 0.7))] == ["宝翠花都1号楼", "宝翠花都2号楼"]  # 10 m each


def test_a_search_is_a_handful_of_queries(ground, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        find("宝翠花都3栋2单元")
