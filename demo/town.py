"""
The demo: 宝翠花都 in Tianjin and 樟城镇 in Fujian, made by code and the same each time.

Where they lie, their codes and the totals are real (the articles' figures); streets, houses, telephone numbers and
people are invented. Everything is drawn from the seeds of the two plans; no clock, no network, no database.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from demo import baocui, people, zhangcheng
from demo.delineate import divide, shares
from demo.frame import Frame
from demo.names import Registry
from demo.places import Area, Away, Cell, Place, Spot
from demo.services import spots
from demo.survey import Survey
from geo.cells import cut
from geo.coverage import dissolve, neighbours
from geo.meet import fit, meet, with_points

ACROSS_A_STREET = 0.12  # how strongly two cells on either side of a street belong together, against a common yard
NUMERALS = "一二三四五六七八九十"

# 樟城镇, the figures of the articles
ZHANGCHENG_GRIDS = {
    "350125100001": 6,
    "350125100002": 4,
    "350125100003": 4,
    "350125100004": 4,
    "350125100005": 5,
    "350125100006": 4,
    "350125100007": 4,
    "350125100201": 3,
}  # 34 in all
ZHANGCHENG_SEGMENTS = 110
ZHANGCHENG_WORKERS = 21, 28  # full time, part time: 49
ZHANGCHENG_HOUSEHOLDS, ZHANGCHENG_PEOPLE = 1550, 4677
# 宝翠花都: 28 buildings, 63 stairwells and 7 grids are the articles'; its 1,880 flats, 90 % lived in, are a guess
BAOCUI_GRIDS, BAOCUI_SEGMENTS = {baocui.CODE: 7}, 21
BAOCUI_HOUSEHOLDS, BAOCUI_PEOPLE = 1692, 4568
BAOCUI_VACANT = frozenset({(2, "hygiene_member"), (5, "mediator")})


def zhangcheng_town() -> Place:
    """樟城镇: eight communities on a bend of the river."""
    rng, registry = Random(zhangcheng.SEED), Registry(Random(1), "福建", first=0)
    survey = Survey(zhangcheng.draw(), Frame(4549, 118.93, 25.87), door_word="单元")
    county = Area("350125", "永泰县", "county")
    town = Area("350125100", "樟城镇", "town", None, "樟城镇县府路", "0591-5550 1000", "0591-5550 1001")
    place = _surveyed(survey, [county, town], zhangcheng.COMMUNITIES, "0591-5550 1")
    place.river = survey.river("大樟溪")
    people.settle(place, ZHANGCHENG_HOUSEHOLDS, ZHANGCHENG_PEOPLE, registry, rng)
    draw_net(place, ZHANGCHENG_GRIDS, ZHANGCHENG_SEGMENTS, rng)
    place.posts = [
        *people.planning("350125100", registry),
        *people.offices(place, registry),
        *people.heads(place, registry),
        *people.workers(place, *ZHANGCHENG_WORKERS, registry),
        *people.teams(place, registry),
        *people.captains(place, registry),
        *people.dispatching("350125100", registry),
    ]
    _give_log_ins(place, ZHANGCHENG_LOGINS)
    place.away = _away(place, position=2, first=date(2026, 10, 8), last=date(2027, 3, 31))
    return place


def baocui_community() -> Place:
    """宝翠花都: one community of three walled estates."""
    rng, registry = Random(baocui.SEED), Registry(Random(2), "天津", first=5000)
    survey = Survey(baocui.draw(), Frame(4548, 117.10, 39.21), door_word="门")
    district = Area("120113", "北辰区", "district")
    street = Area("120113004", "瑞景街道", "subdistrict", None, "辰昌路", "022-5550 2000", "022-5550 2001")
    place = _surveyed(survey, [district, street], baocui.COMMUNITIES, "022-5550 2")
    people.settle(place, BAOCUI_HOUSEHOLDS, BAOCUI_PEOPLE, registry, rng)
    draw_net(place, BAOCUI_GRIDS, BAOCUI_SEGMENTS, rng)
    place.posts = [
        *people.planning("120113004", registry),
        *people.offices(place, registry),
        *people.heads(place, registry),
        *people.workers(place, 7, 3, registry),
        *people.teams(place, registry, vacant=BAOCUI_VACANT),
        *people.captains(place, registry),
        *people.dispatching("120113004", registry),
    ]
    _give_log_ins(place, LOGINS)
    place.away = _away(place, position=0, first=date(2026, 2, 12), last=date(2026, 2, 23))
    return place


def _away(place: Place, *, position: int, first: date, last: date) -> list[Away]:
    """The worker of the grid at a position is on leave, so that one can see the deputy answer."""
    workers = [post for post in place.posts if post.role == "grid_worker" and post.deputy]
    return [Away(workers[position].person, first, last)]


LOGINS = {"worker": "grid_worker", "planner": "planner", "approver": "approver", "secretary": "community_secretary"}
ZHANGCHENG_LOGINS = {"dispatcher": "dispatcher", "town-planner": "planner"}


def _give_log_ins(place: Place, logins: dict[str, str]) -> None:
    """The first holder of each of these posts may log in, under the name of the post."""
    for login, role in logins.items():
        index = next(i for i, post in enumerate(place.posts) if post.role == role)
        place.posts[index] = replace(place.posts[index], login=login)


def build() -> list[Place]:
    """Both places."""
    return [baocui_community(), zhangcheng_town()]


def _surveyed(survey: Survey, above: list[Area], names: dict[str, str], phone: str) -> Place:
    """The ground of a place: everything but its people and its net."""
    estates, houses = survey.estates(), survey.houses()
    grounds = survey.communities()
    found: list[Spot] = spots(survey, houses, grounds, names, phone)
    communities = [
        Area(
            code,
            name,
            "village" if name.endswith("村") else "community",
            grounds[code],
            next(spot.address for spot in found if spot.community == code and spot.kind == "service_center"),
            f"{phone}{i:02d}0",
            f"{phone}{i:02d}1",
        )
        for i, (code, name) in enumerate(names.items(), start=1)
    ]
    return Place(
        areas=[*above, *communities],
        ways=survey.ways(),
        grounds=survey.grounds(),
        estates=estates,
        houses=houses,
        spots=found,
    )


# The net


def draw_net(place: Place, grids: dict[str, int], segments: int, rng: Random) -> None:
    """Cut each community into cells, group its buildings into grids and the stairwells of each grid into segments."""
    bonds: dict[str, dict[tuple[str, str], float]] = {}
    groups: dict[str, list[list[str]]] = {}
    place.cells = _cells(place)
    for area in place.communities:
        assert area.boundary is not None
        doors = {door.code: door.footprint for door in place.doors(area.code)}
        bonds[area.code] = _bonds(place.cells[area.code], doors, [*_barriers(place), area.boundary.boundary])
        groups[area.code] = _grids(place, area.code, bonds[area.code], grids[area.code], rng)
    weights = {(code, i): _weight(place, doors) for code, found in groups.items() for i, doors in enumerate(found)}
    limits = {(code, i): len(doors) for code, found in groups.items() for i, doors in enumerate(found)}
    counts = shares(segments, weights, limits, least=2)
    for code, found in groups.items():
        parts = [_segments(place, code, doors, bonds[code], counts[code, i], rng) for i, doors in enumerate(found)]
        place.grids[code] = _named(place, code, found, parts)


def _barriers(place: Place) -> list[LineString]:
    return [way.line for way in (*place.ways, *place.river) if way.kind != "path"]


def _cells(place: Place) -> dict[str, dict[str, BaseGeometry]]:
    """
    The cells of each community, cut again once walls and edges have a vertex wherever a cell ends on them.

    The second cut ends its lines on new places: these too are taken in, by the neighbours across the edge as well.
    """
    first = [shapely.get_coordinates(list(_cut(place, area).values())) for area in place.communities]
    _take_in(place, np.unique(np.concatenate(first), axis=0))
    return _met(place, {area.code: _cut(place, area) for area in place.communities})


def _met(place: Place, cells: dict[str, dict[str, BaseGeometry]]) -> dict[str, dict[str, BaseGeometry]]:
    """The cells, and with them walls and edges, with every vertex in common: they tile to the last bit."""
    keys = [(code, door) for code, found in cells.items() for door in found]
    doors, edges = list(place.doors()), [area.boundary for area in place.communities]
    met = meet([*(cells[code][door] for code, door in keys), *edges, *(door.footprint for door in doors)])
    shapes = dict(zip(keys, met, strict=False))
    walls = zip(met[-len(doors) :], doors, strict=True)
    _redraw(place, [fit(shape, shapes[door.code[:12], door.code]) for shape, door in walls])
    _rebound(place, met[len(keys) : len(keys) + len(edges)])
    return {code: {door: shapes[code, door] for door in found} for code, found in cells.items()}


def _cut(place: Place, area: Area) -> dict[str, BaseGeometry]:
    assert area.boundary is not None
    footprints = {door.code: door.footprint for door in place.doors(area.code)}
    return cut(area.boundary, footprints, _barriers(place)).shapes


def _take_in(place: Place, corners: np.ndarray) -> None:
    """Give walls, streets and communities' edges the corners of cells that lie on them."""
    doors, edges = list(place.doors()), [area.boundary for area in place.communities]
    before = [*(door.footprint for door in doors), *edges, *(way.line for way in (*place.ways, *place.river))]
    after = with_points(before, corners)
    _redraw(place, after[: len(doors)])
    _rebound(place, after[len(doors) : len(doors) + len(edges)])
    lines = iter(after[len(doors) + len(edges) :])
    place.ways = [replace(way, line=next(lines)) for way in place.ways]
    place.river = [replace(way, line=next(lines)) for way in place.river]


def _redraw(place: Place, footprints: Sequence[BaseGeometry]) -> None:
    """Give the stairwells other footprints, in their order, and the buildings that are made of them."""
    for door, shape in zip(place.doors(), footprints, strict=True):
        door.footprint = shape
    for house in place.houses:
        house.footprint = shapely.normalize(shapely.coverage_union_all([door.footprint for door in house.doors]))


def _rebound(place: Place, boundaries: Sequence[BaseGeometry]) -> None:
    """Give the communities other boundaries, in their order."""
    named = dict(zip((area.code for area in place.communities), boundaries, strict=True))
    place.areas = [replace(area, boundary=named.get(area.code)) for area in place.areas]


def _bonds(
    cells: dict[str, BaseGeometry], doors: dict[str, BaseGeometry], lines: list[BaseGeometry]
) -> dict[tuple[str, str], float]:
    """How strongly neighbouring cells belong together: metres of common edge, of little weight across a street."""
    blocks = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.unary_union(lines))))
    spots = shapely.point_on_surface(list(doors.values()))
    block = dict(zip(doors, shapely.STRtree(blocks).nearest(spots).tolist(), strict=True))
    return {
        (a, b): metres * (1.0 if block[a] == block[b] else ACROSS_A_STREET)
        for (a, b), metres in neighbours(cells).items()
    }


def _grids(
    place: Place, community: str, bonds: dict[tuple[str, str], float], count: int, rng: Random
) -> list[list[str]]:
    """The stairwells of each grid; a building is never cut."""
    doors = {house.code: [door.code for door in house.doors] for house in place.houses if house.community == community}
    weights = {code: _weight(place, members) for code, members in doors.items()}
    edges: dict[tuple[str, str], float] = {}
    for (a, b), bond in bonds.items():
        pair = a[:17], b[:17]
        if pair[0] != pair[1]:
            edges[pair] = edges.get(pair, 0.0) + bond
    groups = divide(weights, edges, count, rng)
    return [[door for house in group for door in doors[house]] for group in groups]


def _segments(
    place: Place, community: str, doors: list[str], bonds: dict[tuple[str, str], float], count: int, rng: Random
) -> list[list[str]]:
    members = set(doors)
    edges = {pair: bond for pair, bond in bonds.items() if members.issuperset(pair)}
    return divide({door: _weight(place, [door]) for door in doors}, edges, count, rng)


def _weight(place: Place, doors: list[str]) -> float:
    """Households, and a little for each stairwell, since it is visited even when nobody lives there."""
    members = set(doors)
    return sum(len(door.homes) + 0.5 for door in place.doors() if door.code in members)


def _named(place: Place, code: str, grids: list[list[str]], segments: list[list[list[str]]]) -> list[Cell]:
    """Names in the order in which codes are given: west to east, then north to south."""
    order = _west_to_east(place, code, grids)
    return [
        Cell(f"第{_chinese(n)}网格", tuple(grids[i]), tuple(_named_segments(place, code, segments[i])))
        for n, i in enumerate(order, start=1)
    ]


def _named_segments(place: Place, code: str, segments: list[list[str]]) -> list[Cell]:
    order = _west_to_east(place, code, segments)
    return [Cell(f"第{_chinese(n)}楼段", tuple(segments[i])) for n, i in enumerate(order, start=1)]


def _west_to_east(place: Place, code: str, groups: list[list[str]]) -> list[int]:
    shapes = dissolve(
        {door: place.cells[code][door] for group in groups for door in group},
        {door: str(i) for i, group in enumerate(groups) for door in group},
    )
    middle = {i: shapes[str(i)].centroid for i in range(len(groups))}
    return sorted(middle, key=lambda i: (middle[i].x, -middle[i].y))


def _chinese(number: int) -> str:
    """1 to 19 in Chinese numerals."""
    return NUMERALS[number - 1] if number <= 10 else "十" + NUMERALS[number - 11]
