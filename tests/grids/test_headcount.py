"""Planners are told how many live alone, and can subtract what they are told as they like: never whose door it is."""

from itertools import combinations
from random import Random

import pytest

from buildings.models import Area, Building, Dwelling, Household, Stairwell
from grids.headcount import LEAST, Headcount, of_communities, of_doors, told
from tests.grids.conftest import CODE, box, community, multi  # noqa: F401

SEED = 20261122


def live(numbers: dict[int, list[int]]) -> dict[str, list[int]]:
    """Households of so many people behind the one door of each numbered building; returned by door."""
    square = Area.objects.get(code=CODE)
    for model in (Household, Dwelling, Stairwell, Building):
        model.objects.all().delete()
    shape = multi(box(0.1, 0.1, 0.2, 0.2))
    houses = [Building(code=f"{CODE}{n:05d}", community=square, number=str(n), footprint=shape) for n in numbers]
    doors = [
        Stairwell(code=f"{house.code}01", building=house, number="1", footprint=shape)
        for house in Building.objects.bulk_create(houses)
    ]
    Stairwell.objects.bulk_create(doors)
    flats = [
        (Dwelling(stairwell=door, room=str(room)), people)
        for door, homes in zip(doors, numbers.values(), strict=True)
        for room, people in enumerate(homes)
    ]
    Dwelling.objects.bulk_create([flat for flat, _people in flats])
    Household.objects.bulk_create([Household(dwelling=flat, people=people) for flat, people in flats])
    return {door.code: homes for door, homes in zip(doors, numbers.values(), strict=True) if homes}


def everything() -> dict[str, Headcount]:
    return of_communities([Area.objects.get(code=CODE).pk])


def blocks(found: dict[str, Headcount]) -> list[list[str]]:
    """Doors that are told alike, which is what a planner can find out about blocks."""
    known: dict[tuple[float, float], list[str]] = {}
    for code, count in found.items():
        key = round(count.people / count.households, 9), round(count.alone / count.households, 9)
        known.setdefault(key, []).append(code)
    return list(known.values())


def test_a_door_of_many_households_is_told_as_it_is(community):  # noqa: F811
    live({1: [1, 2, 3, 4, 1, 2, 2, 2], 2: [3] * 9})
    assert list(everything().values()) == [Headcount(8, 17, 2), Headcount(9, 27, 0)]


def test_one_household_behind_a_door_is_told_as_its_neighbours_are(community):  # noqa: F811
    """Ten houses of one household each, three of one person: each is told as three tenths."""
    live({n: [1] if n in (2, 5, 9) else [3] for n in range(10)})
    assert {(count.households, round(count.people, 9), round(count.alone, 9)) for count in everything().values()} == {
        (1, 2.4, 0.3)
    }


def test_no_difference_of_two_sets_tells_whether_one_household_lives_alone(community):  # noqa: F811
    """Whoever of a block lives alone, all sets of doors are told the same."""
    houses = range(10, 20)
    told_of = set()
    for alone in houses:
        live({n: [1] if n == alone else [2] for n in houses})
        found = everything()
        told_of.add(tuple(round(sum(found[c].alone for c in pair), 9) for pair in combinations(sorted(found), 2)))
    assert len(told_of) == 1


def test_each_block_has_eight_households_and_somebody_who_lives_in_company(community):  # noqa: F811
    chance = Random(SEED)
    for _ in range(12):
        sizes = {n: [chance.choice((1, 1, 2, 4)) for _ in range(chance.choice((0, 1, 1, 2, 5, 12)))] for n in range(40)}
        homes = live(sizes)
        found = everything()
        for block in blocks(found):
            people = [size for code in block for size in homes[code]]
            held = sum(found[code].people for code in block)
            if held:
                assert len(people) >= LEAST
                assert round(held, 6) == sum(people)
                assert round(sum(found[code].alone for code in block), 6) == people.count(1)
            else:
                assert len(people) < LEAST


def test_which_doors_are_a_block_says_nothing_of_who_lives_there(community):  # noqa: F811
    """A block is one by its households alone: one that waited because all in it live alone would say just that."""
    live({1: [1] * 8, 2: [3] * 8, 3: [2], 30: [4] * 7})
    first, second, *rest = everything().values()
    assert (first, second) == (Headcount(8, 8, 8), Headcount(8, 24, 0))
    assert [round(count.people / count.households, 9) for count in rest] == [3.75, 3.75]


def test_fewer_than_eight_households_in_all_are_counted_as_households_only(community):  # noqa: F811
    live({1: [1], 50: [2], 99: [3] * 5})
    assert {count[1:] for count in everything().values()} == {(0, 0)}
    assert sum(count.households for count in everything().values()) == 7


@pytest.mark.parametrize(
    ("queries", "sizes"), [(1, {n: [1, 2] for n in range(30)}), (2, {n * 10: [n] for n in range(1, 10)})]
)
def test_some_doors_are_told_as_all_are(community, django_assert_num_queries, queries, sizes):  # noqa: F811
    """In one query where ten buildings are enough; where they are not, in two."""
    live(sizes)
    every = everything()
    some, square = sorted(every)[::4], Area.objects.get(code=CODE).pk
    with django_assert_num_queries(queries):
        found = of_doors(some, square)
    assert found == {code: every[code] for code in some}


@pytest.mark.parametrize(
    ("households", "count", "words"),
    [(7, 3.0, None), (8, 3.0, 3), (8, 2.4999999999, 2), (0, 0, None), (300, 2.5000000001, 2)],
)
def test_people_of_fewer_than_eight_households_are_not_told(households, count, words):
    assert told(households, count) == words
