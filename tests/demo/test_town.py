"""The two places as they are drawn, before any database."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import shapely

from demo import town
from demo.board import WIDTHS
from demo.houses import long_axis
from demo.places import Place
from geo import crs


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return town.build()


@pytest.fixture(scope="module", params=["宝翠花都", "樟城镇"])
def place(request, places) -> Place:
    return places[["宝翠花都", "樟城镇"].index(request.param)]


def digest(places: list[Place]) -> str:
    """Of all that was built: shapes to the last bit, and each name, number and post."""
    found = hashlib.sha256()
    for place in places:
        shapes = [door.footprint for door in place.doors()] + [
            shape for c in place.cells.values() for shape in c.values()
        ]
        found.update(b"".join(shapely.to_wkb(shapes)))
        found.update(b"".join(shapely.to_wkb([way.line for way in place.ways])))
        words = [(h.code, h.address, [(d.code, d.rooms) for d in h.doors]) for h in place.houses]
        found.update(repr((words, place.grids, place.posts, place.estates, place.spots)).encode())
    return found.hexdigest()


def metric(shapes) -> np.ndarray:
    shapes = np.asarray(shapes, dtype=object)
    return crs.project(shapes, crs.zone_of(shapes[0]))


def test_another_process_builds_the_same_town(places):
    script = "from demo import town; from tests.demo.test_town import digest; print(digest(town.build()))"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == digest(places)


def test_figures_are_the_articles(places):
    baocui, zhangcheng = places
    segments = [sum(len(grid.segments) for grids in p.grids.values() for grid in grids) for p in places]
    assert (len(baocui.houses), len(list(baocui.doors())), sum(map(len, baocui.grids.values()))) == (28, 63, 7)
    assert (sum(map(len, zhangcheng.grids.values())), segments[1]) == (34, 110)
    assert (zhangcheng.households, zhangcheng.people) == (1550, 4677)
    assert len({post.person for post in zhangcheng.posts if post.role == "grid_worker"}) == 49


def test_all_shapes_lie_on_the_grid_of_1e_7_degrees(place):
    shapes = [d.footprint for d in place.doors()] + [w.line for w in place.ways] + [e.boundary for e in place.estates]
    shapes += [area.boundary for area in place.communities] + [spot.point for spot in place.spots]
    shapes += [house.footprint for house in place.houses] + [ground.extent for ground in place.grounds]
    assert all(crs.on_grid(shape) for shape in shapes)
    assert all(shapely.is_valid(shapes))


def test_stairwells_tile_their_building(place):
    for house in place.houses:
        parts = [door.footprint for door in house.doors]
        assert shapely.coverage_is_valid(parts)
        assert shapely.equals(shapely.coverage_union_all(parts), house.footprint), house.code


def test_no_building_overlaps_another(place):
    flat = metric([house.footprint for house in place.houses])
    first, second = shapely.STRtree(flat).query(flat, predicate="intersects")
    pair = first < second
    # Party walls are rounded once for both sides; 10 cm² is a hair along a wall of ten metres.
    assert shapely.area(shapely.intersection(flat[first[pair]], flat[second[pair]])).max(initial=0) < 0.001


def test_no_building_stands_on_a_road(place):
    houses = metric([house.footprint for house in place.houses])
    roads = metric([way.line for way in place.ways])
    widths = np.array([WIDTHS[way.kind] / 2 for way in place.ways])
    tree = shapely.STRtree(houses)
    hits = tree.query(shapely.buffer(roads, widths - 0.05), predicate="intersects")
    assert [(place.ways[road].name, place.houses[house].code) for road, house in hits.T] == []


def test_communities_tile_the_place_and_hold_their_buildings(place):
    grounds = {area.code: area.boundary for area in place.communities}
    assert shapely.coverage_is_valid(list(grounds.values()))
    whole = shapely.coverage_union_all(list(grounds.values()))
    assert isinstance(whole, shapely.Polygon)
    assert not whole.interiors
    assert all(grounds[house.community].covers(house.footprint) for house in place.houses)


def test_houses_face_all_ways(places):
    _, zhangcheng = places
    ends = [long_axis(shape) for shape in metric([house.footprint for house in zhangcheng.houses])]
    headings = [np.degrees(np.arctan2(*(b - a)[::-1])) % 90 for a, b in ends]
    fullest = max(Counter(int(heading // 5) for heading in headings).values())
    assert fullest < len(headings) / 5  # a chessboard has all of them in one twentieth of the circle


def test_there_are_courts_rows_with_party_walls_and_bent_houses(places):
    _, zhangcheng = places
    courts = [house for house in zhangcheng.houses if house.footprint.interiors]
    walls = metric([house.footprint for house in zhangcheng.houses])
    touching = shapely.STRtree(walls).query(walls, predicate="touches")
    hollow = [
        h
        for h in zhangcheng.houses
        if not h.footprint.interiors and h.footprint.convex_hull.area > 1.15 * h.footprint.area
    ]
    assert min(len(courts), touching.shape[1] / 2, len(hollow)) > 40


def test_an_address_names_one_house(place):
    own = Counter((house.community, house.address) for house in place.houses if not house.compound)
    numbers = Counter((house.compound, house.number) for house in place.houses if house.compound)
    assert [key for key, count in (own + numbers).items() if count > 1] == []


def test_some_house_numbers_are_irregular(place):
    numbers = [house.number for house in place.houses]
    assert any(re.fullmatch(r"\d+甲", number) for number in numbers)
    assert any(re.fullmatch(r"\d+-\d+", number) for number in numbers)


def test_telephone_numbers_are_invented_and_differ(places):
    homes = [home.head for place in places for door in place.doors() for home in door.homes]
    people = [*homes, *{post.person for place in places for post in place.posts}]
    assert all(re.fullmatch(r"1990000\d{4}", person.phone) for person in people)
    assert len({person.phone for person in people}) == len(people)


def test_two_posts_of_the_teams_are_vacant(places):
    baocui, _ = places
    grids = {post.place[1] for post in baocui.posts if post.place[0] == "grid"}
    team = [post for post in baocui.posts if post.place[0] == "grid" and post.role in town.people.TEAM]
    assert (len(grids), len(team)) == (7, 7 * 6 - 2)
