"""What hangs together on a board of squares, each a neighbour of the four beside it."""

import random

import pytest

from geo.contiguity import pieces, strays, way

BOARD = {(x, y) for x in range(8) for y in range(8)}


def around(square):
    x, y = square
    return [near for near in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)) if near in BOARD]


def test_pieces_come_largest_first():
    wall = {(3, y) for y in range(8)}
    assert [len(piece) for piece in pieces(BOARD - wall, around)] == [32, 24]
    assert pieces(set(), around) == []


def test_a_corner_is_no_connection():
    assert len(pieces({(0, 0), (1, 1)}, around)) == 2


@pytest.mark.parametrize("seed", range(200))
def test_strays_are_all_pieces_but_one(seed):
    chance = random.Random(seed)
    members = pieces({square for square in BOARD if chance.random() < 0.8}, around)[0]
    gone = set(chance.sample(sorted(members), k=chance.randint(1, max(1, len(members) // 3))))
    rest = members - gone
    found, expected = strays(rest, gone, around), pieces(rest, around)
    assert len(found) == max(0, len(expected) - 1)
    assert all(piece in expected for piece in found)


def test_a_look_at_the_neighbourhood_is_enough_where_nothing_breaks():
    asked = []

    def counted(square):
        asked.append(square)
        return around(square)

    assert strays(BOARD - {(4, 4)}, [(4, 4)], counted) == []
    assert len(asked) < 20  # of 64


def test_the_shortest_way_goes_around_what_is_closed():
    wall = {(3, y) for y in range(7)}
    assert way({(2, 0)}, {(3, 0)}, lambda square: True, around) == []
    assert len(way({(2, 7)}, {(5, 7)}, lambda square: square not in wall, around)) == 2
    assert len(way({(2, 6)}, {(4, 6)}, lambda square: square not in wall, around)) == 3
    assert way({(0, 0)}, {(5, 5)}, lambda square: False, around) is None
