"""What changed between two plans on the net of squares (see `nets`)."""

import pytest
import shapely

from geo.difference import between, compare, homes
from geo.edit import apply
from tests.geo.nets import at, box, squares, town

NET = squares()


def by_polygons(before, after):
    """The same question asked of the polygons alone."""
    footprints = before.ground.footprints
    old, new = before.shapes("grid"), after.shapes("grid")
    return compare(old, new, homes_before=homes(old, footprints), homes_after=homes(new, footprints))


def test_nothing_changed():
    assert not between(NET, NET)
    assert not by_polygons(NET, squares())
    assert set(between(NET, NET).grids.values()) == {"unchanged"}


@pytest.mark.parametrize("ask", [between, by_polygons])
def test_a_unit_that_is_handed_over_takes_its_ground_along(ask):
    found = ask(NET, apply(NET, {"op": "assign", "units": ["10"], "to": "a"}))
    assert found.units == {"10": ("b", "a")}
    assert found.gained("a") == found.lost("b") == {"10"}
    assert found.gained("b") == set()
    (ground,) = found.ground
    assert (ground.giver, ground.taker) == ("b", "a")
    assert ground.shape.equals(NET.fabric.cells["10"])
    assert ground.area == pytest.approx(100.07 * 110.79, rel=0.001)  # metres per 0.001 degrees at 26.05 N
    assert found.grids == {"a": "changed", "b": "changed", "c": "unchanged", "d": "unchanged"}


@pytest.mark.parametrize("ask", [between, by_polygons])
def test_ground_that_moves_without_a_unit_changes_both_grids(ask):
    found = ask(NET, apply(NET, {"op": "insert", "at": at(1, 1.5), "onto": at(1.2, 1.5)}))
    assert found.units == {}
    assert [(ground.giver, ground.taker) for ground in found.ground] == [("b", "a")]
    assert found.grids["a"] == found.grids["b"] == "changed"
    assert found


@pytest.mark.parametrize("ask", [between, by_polygons])
def test_new_and_ended_grids_are_named(ask):
    after = apply(
        apply(NET, {"op": "draw", "units": ["33"], "new": "e"}), {"op": "merge", "grids": ["a", "b"], "into": "a"}
    )
    found = ask(NET, after)
    assert found.grids == {"a": "changed", "b": "removed", "c": "unchanged", "d": "changed", "e": "added"}
    assert found.gained("e") == {"33"}


def test_segments_are_compared_too():
    draft = squares(segments={name: name[0] + str(int(name[1]) // 2) for name in NET.fabric.cells})
    after = apply(draft, {"op": "assign", "units": ["01"], "to": "01", "level": "segment"})
    assert between(draft, after, "segment").units == {"01": ("00", "01")}
    assert not between(draft, after, "grid")


def test_plans_on_different_cells_are_compared_by_ground():
    """The same two halves, drawn by hand, and their border moved a square east."""
    west, east = box(0, 0, 2, 4), box(2, 0, 4, 4)
    hand = compare(
        {"a": west, "b": east},
        {"a": box(0, 0, 3, 4), "b": box(3, 0, 4, 4)},
        homes_before=homes({"a": west, "b": east}, NET.ground.footprints),
        homes_after=homes({"a": box(0, 0, 3, 4), "b": box(3, 0, 4, 4)}, NET.ground.footprints),
    )
    assert hand.gained("a") == {"20", "21", "22", "23"}
    assert [(piece.giver, piece.taker) for piece in hand.ground] == [("b", "a")]


def test_the_width_of_rounding_is_no_difference():
    """Another base puts a vertex on a common edge, one step of the grid beside it."""
    bent = shapely.Polygon([at(0, 0), at(1, 0), (119.3010001, 26.0505), at(1, 1), at(0, 1)])
    other = shapely.Polygon([at(1, 0), at(2, 0), at(2, 1), at(1, 1), (119.3010001, 26.0505)])
    plans = {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1)}, {"a": bent, "b": other}
    assert not compare(*plans, homes_before={}, homes_after={})


def test_ground_that_only_one_plan_has_is_nobodys_in_the_other():
    found = compare({"a": box(0, 0, 1, 1)}, {"a": box(0, 0, 2, 1)}, homes_before={}, homes_after={"new": "a"})
    assert [(piece.giver, piece.taker) for piece in found.ground] == [(None, "a")]
    assert found.units == {"new": (None, "a")}


def test_a_unit_on_a_border_is_at_home_where_most_of_it_lies_and_of_equals_in_the_first():
    labels = {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1)}
    prints = {"most": box(0.8, 0.2, 1.1, 0.4), "even": box(0.9, 0.5, 1.1, 0.6), "none": box(5, 5, 6, 6)}
    assert homes(labels, prints) == {"most": "a", "even": "a"}
    assert homes({}, prints) == homes(labels, {}) == {}


def test_both_ways_of_asking_agree_on_a_town():
    draft = town()
    after = draft
    for cell in sorted(draft.fabric.cells)[::5]:
        for near in draft.fabric.around(cell):
            op = {"op": "assign", "units": [cell], "to": after.label("grid", near), "intermediate": True}
            try:
                after = apply(after, op)
            except Exception:
                continue
    fast, slow = between(draft, after), by_polygons(draft, after)
    assert fast.units
    assert fast.units == slow.units
    assert fast.grids == slow.grids
    assert [piece[:2] for piece in fast.ground] == [piece[:2] for piece in slow.ground]
    assert sum(piece.area for piece in fast.ground) == pytest.approx(
        sum(shapely.area(draft.fabric.cells[cell]) for cell in draft.fabric.cells
            if draft.label("grid", cell) != after.label("grid", cell)) * 111_300**2 * 0.8985 * 0.9955, rel=0.02
    )  # fmt: skip


def test_a_net_drawn_anew_costs_what_changed_hands_and_says_the_same_as_its_polygons():
    """Every cell of a checkered net goes to the other side: hundreds of pieces, none of them lost."""
    draft = squares(size=10)
    swapped = {cell: "abcdefghij"[(int(cell[0]) + 1 + int(cell[1]) % 2) % 10] for cell in draft.fabric.cells}
    layers = {**draft.layers, "grid": draft.layers["grid"].relabelled(swapped)}
    after = draft.made_of(draft.fabric.cells, layers)
    fast, slow = between(draft, after), by_polygons(draft, after)
    assert [piece[:2] for piece in fast.ground] == [piece[:2] for piece in slow.ground]
    assert all(a.shape.equals(b.shape) for a, b in zip(fast.ground, slow.ground, strict=True))
    assert len(fast.units) == 100
