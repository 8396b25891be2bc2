"""
What the border of a grid runs along, on squares of about 100 m (see `nets.at`):

           巷
        +------+
   河   |      |  路
        +------+
           墙
"""

import pytest
import shapely
from shapely.affinity import rotate

from geo.abuttals import SIDES, Line, abuttals, ranges
from tests.geo.nets import at, box

GRID = box(0, 0, 2, 2)


def line(name, kind, *corners):
    return Line(name, kind, shapely.LineString([at(*corner) for corner in corners]))


ROAD = line("人民路", "street", (2, -1), (2, 3))
LANE = line("三牧坊巷", "alley", (-1, 2), (3, 2))
RIVER = line("白马河", "river", (0, -1), (0, 3))
WALL = line("", "wall", (-1, 0), (3, 0))


def names(found):
    return {side: [each.name for each in found.sides[side].along] for side in SIDES}


def test_each_side_names_what_it_runs_along():
    found = abuttals(GRID, [ROAD, LANE, RIVER, WALL], {"南": box(0, -2, 2, 0), "东": box(2, 0, 4, 2)})
    assert names(found) == {"east": ["人民路"], "south": [], "west": ["白马河"], "north": ["三牧坊巷"]}
    assert found.sides["south"].rest[0][0] == "南"
    assert found.sides["east"].along[0].metres == pytest.approx(221.6, abs=6)  # 2 x 0.001 degrees of latitude
    sides = {"street": 221.6, "river": 221.6, "alley": 200.1, "wall": 200.1}
    assert {kind: found.shares[kind] for kind in sides} == pytest.approx(
        {kind: metres / 843.4 for kind, metres in sides.items()}, abs=0.02
    )
    assert sum(found.shares.values()) == pytest.approx(1.0)
    assert sum(side.metres for side in found.sides.values()) == pytest.approx(843.3, rel=0.001)


@pytest.mark.parametrize("angle", [-40, -15, 10, 30, 43])
def test_a_grid_that_lies_askew_has_four_sides_too(angle):
    def turned(each):
        return Line(each.name, each.kind, rotate(each.shape, angle, origin=GRID.centroid))

    found = abuttals(rotate(GRID, angle, origin=GRID.centroid), [turned(each) for each in (ROAD, LANE, RIVER)])
    assert names(found) == {"east": ["人民路"], "south": [], "west": ["白马河"], "north": ["三牧坊巷"]}
    [(beyond, metres)] = found.sides["south"].rest
    assert beyond is None
    assert metres == pytest.approx(200, rel=0.15)


def test_names_come_by_the_length_of_their_stretch():
    upper, lower = line("上街", "street", (2, 1.6), (2, 3)), line("下街", "street", (2, -1), (2, 1.4))
    assert names(abuttals(GRID, [upper, lower]))["east"] == ["下街", "上街"]


def test_a_road_is_met_within_a_few_metres_and_no_farther():
    def beside(metres):
        return abuttals(GRID, [line("人民路", "street", (2 + metres / 100, -1), (2 + metres / 100, 3))])

    assert names(beside(3))["east"] == ["人民路"]
    assert names(beside(-3))["east"] == ["人民路"]
    assert names(beside(6))["east"] == []


def test_a_road_that_only_crosses_the_border_names_nothing():
    small = box(0, 0, 0.5, 0.5)
    assert names(abuttals(small, [line("穿街", "street", (-1, 0.25), (3, 0.25))])) == {side: [] for side in SIDES}


def test_of_two_lines_the_named_one_counts_and_then_the_nearer():
    wall = line("", "wall", (2, -1), (2, 3))
    road = line("人民路", "street", (2.03, -1), (2.03, 3))
    path = line("小路", "alley", (2.02, -1), (2.02, 3))
    assert names(abuttals(GRID, [wall, road]))["east"] == ["人民路"]
    assert names(abuttals(GRID, [road, path, wall]))["east"] == ["小路"]


def test_a_border_full_of_teeth_faces_where_it_goes():
    """A saw with teeth of 8 m: they look north and south, and its side is the east."""
    teeth = [at(2 + 0.08 * (number % 2), 0.04 * number) for number in range(51)]
    saw = shapely.Polygon([at(0, 0), *teeth, at(0, 2)])
    found = abuttals(saw, [], {"b": box(2, 0, 4, 2)})
    assert found.sides["north"].metres == pytest.approx(200, abs=25)
    [(beyond, metres)] = found.sides["east"].rest
    assert beyond == "b"
    assert metres == pytest.approx(221.6 * (8.0**2 + 4.43**2) ** 0.5 / 4.43, rel=0.15)


def test_without_a_name_it_is_the_neighbour_or_the_world():
    found = abuttals(GRID, [], {"a": box(2, 0, 3, 1.5), "b": box(2, 1.5, 3, 2)})
    assert [label for label, _ in found.sides["east"].rest] == ["a", "b"]
    assert [label for label, _ in found.sides["west"].rest] == [None]
    assert found.shares == {"": 1.0}


def test_a_hole_is_no_side_and_nothing_has_none():
    holed = GRID.difference(box(0.5, 0.5, 1.5, 1.5))
    assert abuttals(holed, [ROAD]).sides["east"].metres == abuttals(GRID, [ROAD]).sides["east"].metres
    assert abuttals(shapely.Polygon(), [ROAD]).sides["east"].along == []
    assert abuttals(shapely.MultiPolygon([GRID, box(5, 0, 6, 1)]), [ROAD]).sides["east"].along[0].name == "人民路"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], ""),
        (["7"], "7"),
        (["1", "2"], "1、2"),
        (["3", "1", "2"], "1-3"),
        (["1", "2", "3", "4", "5", "6", "7", "9"], "1-7、9"),
        (["10", "9", "8", "2"], "2、8-10"),
        (["7", "7A", "8", "9"], "7-9、7A"),
        (["甲1", "甲2", "甲3", "1"], "1、甲1-甲3"),
        (["1-2", "1-3", "1-4"], "1-2、1-3、1-4"),
        (["1", "1", " 2 ", "", "3"], "1-3"),
        (["东楼", "1"], "1、东楼"),
        (["12345678901", "1"], "1、12345678901"),
    ],
)
def test_numbers_of_buildings_in_few_words(numbers, words):
    assert ranges(numbers) == words
