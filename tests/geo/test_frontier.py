"""
Which squares may be handed over, on the net of four by four (see `nets`), each column a grid:

    a   b   c   d
    03  13  23  33
    02  12  22  32
    01  11  21  31
    00  10  20  30
"""

import json
import random

import pytest

from geo.edit import apply, edit
from geo.errors import EditRefused
from geo.frontier import frontier, moved_on
from tests.geo.nets import squares, town
from tests.geo.test_edit_machine import Planner

NET = squares()


def test_only_the_ends_of_a_column_may_go_and_only_to_neighbours():
    found = frontier(NET)
    assert found.to("a") == {"10", "13"}
    assert found.of(NET, "b") == {"10", "13"}
    assert found.takers["10"] == {"a", "c"}
    assert "11" not in found.takers


def test_what_is_locked_neither_gives_nor_takes():
    draft = apply(NET, {"op": "lock", "grids": ["b"]})
    found = frontier(draft)
    assert found.of(draft, "b") == found.to("b") == set()
    assert found.takers["20"] == {"d"}


def test_stairwells_of_a_building_react_together_or_not_at_all():
    assert "10" not in frontier(squares(together=[("10", "11", "12", "13")])).takers
    found = frontier(squares(together=[("10", "11")]))
    assert found.takers["10"] == found.takers["11"] == {"a", "c"}


def test_ground_that_would_be_cut_off_keeps_nobody():
    assert "11" not in frontier(NET).takers
    assert frontier(squares(ground=["10"])).takers["11"] == {"a", "c"}


def test_what_nobody_has_may_go_to_any_neighbour():
    draft = apply(NET, {"op": "assign", "units": ["10"], "to": None})
    assert frontier(draft).takers["10"] == {"a", "b", "c"}


def test_segments_take_only_inside_their_grid():
    draft = squares(segments={name: name[0] + str(int(name[1]) // 2) for name in NET.fabric.cells})
    found = frontier(draft, "segment")
    assert found.takers["01"] == {"01"}
    assert "00" not in found.takers


@pytest.mark.parametrize("level", ["grid", "segment"])
@pytest.mark.parametrize("seed", range(3))
def test_it_keeps_up_with_any_edit_and_a_stroke_is_taken_where_it_says_and_nowhere_else(seed, level):
    draft, planner, chance = town(seed), Planner(seed), random.Random(seed)
    found = frontier(draft, level)
    for _ in range(60):
        try:
            after, delta = edit(draft, json.loads(json.dumps(planner.operation(draft))))
        except EditRefused:
            continue
        found, draft = moved_on(found, after, delta), after
        fresh = frontier(draft, level)
        assert dict(found.takers) == dict(fresh.takers)
        unit = chance.choice(sorted(draft.ground.footprints))
        cell = draft.ground.host.get(unit, unit)
        for to in sorted({str(draft.label(level, near)) for near in draft.fabric.around(cell)} - {"None"}):
            if to != draft.label(level, cell):
                assert (to in found.takers.get(unit, ())) == _is_taken(draft, level, unit, to)


def _is_taken(draft, level, unit, to):
    try:
        edit(draft, {"op": "assign", "units": [unit], "to": to, "level": level})
    except EditRefused:
        return False
    return True
