"""The outline of the community stays where it is, whatever a planner does inside (see `nets`)."""

import numpy as np
import pytest
import shapely

from geo import errors
from geo.arcs import vertex, without
from geo.draft import step
from geo.edit import apply, edit
from geo.meet import with_points
from geo.outline import outline_vertices
from tests.geo.nets import at, outline, squares, town

NET = squares(ground=["30", "31", "32", "33"])


def is_same(one, other):
    return one.normalize().equals_exact(other.normalize(), 0)


def test_a_border_that_ends_on_the_outline_says_which_vertex_it_put_there():
    line = [at(3.1, 0), at(3.1, 1.5), at(3, 1.5)]
    after, delta = edit(NET, {"op": "reshape", "grid": "d", "line": line})
    (new,) = outline_vertices(NET, after)
    assert tuple(new) == at(3.1, 0)
    assert len(outline_vertices(after, NET)) == 0
    assert len(outline_vertices(NET, step(after, delta.inverse))) == 0
    assert tuple(*outline_vertices(after, step(after, delta.inverse))) == ()
    assert [tuple(each) for each in outline_vertices(step(after, delta.inverse), after)] == [at(3.1, 0)]


def test_with_them_the_community_is_its_cells_to_the_last_bit():
    """On the slanting outline of a town, where no point of the grid lies on the edge."""
    for number in range(3):
        draft = after = town(number)
        for grid in sorted(draft.layers["grid"].members):
            west, south, east, north = draft.shape("grid", grid).bounds
            middle = (south + north) / 2
            op = {"op": "split", "grid": grid, "line": [(west, middle), (east, middle + 1e-5)], "new": f"{grid}x"}
            try:
                after = apply(after, op)
            except errors.EditRefused:
                continue
        new = outline_vertices(draft, after)
        (met,) = with_points([outline(draft)], new)
        assert is_same(met, outline(after)) or not len(new)
        assert is_same(
            without({"": outline(after)}, {vertex(each) for each in new}).get("", outline(after)), outline(draft)
        )


def test_no_edit_adds_none_where_it_does_not_reach_the_outline():
    after = apply(NET, {"op": "insert", "at": at(1, 1.5), "onto": at(1.1, 1.5)})
    assert outline_vertices(NET, after).shape == (0, 2)
    assert outline_vertices(NET, apply(NET, {"op": "assign", "units": ["10"], "to": "a"})).shape == (0, 2)


@pytest.mark.parametrize(
    "op",
    [
        {"op": "move", "moves": [[at(0, 0), at(-0.1, -0.1)]]},
        {"op": "move", "moves": [[at(2, 0), at(2.1, 0)]]},
        {"op": "delete", "places": [at(0, 1)]},
        {"op": "insert", "at": at(0, 0.5), "onto": at(0.1, 0.5)},
        {"op": "reshape", "grid": "d", "line": [at(4, 0.2), at(4.2, 0.5), at(4, 0.8)]},
    ],
)
def test_the_outline_is_locked(op):
    with pytest.raises(errors.LeavesParent) as refused:
        apply(NET, op)
    assert outline(NET).distance(shapely.Point(refused.value.place)) < 0.0003
    assert np.isfinite(refused.value.place).all()
