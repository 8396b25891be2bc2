"""
Operations on the net of four by four squares (see `nets`), each column a grid and each square with a building:

    a   b   c   d
    03  13  23  33
    02  12  22  32
    01  11  21  31
    00  10  20  30
"""

import inspect
import json

import pytest
import shapely

from geo import errors
from geo.changes import Edit
from geo.crs import on_grid
from geo.draft import start, step
from geo.edit import _READERS, OPERATIONS, apply, edit, replay
from tests.geo.nets import at, box, faults_of, outline, squares, town

NET = squares()


def members(draft, level="grid"):
    return {name: sorted(cells) for name, cells in draft.layers[level].members.items()}


def done(op, draft=NET):
    """The draft after an operation, once it is known to be sound and to lead back."""
    after, delta = edit(draft, json.loads(json.dumps(op)))
    assert faults_of(after, outline(draft)) == []
    assert all(on_grid(cell) for cell in after.fabric.cells.values())
    assert step(after, delta.inverse).fingerprint() == draft.fingerprint()
    same = draft.fabric.cells.keys() - delta.cells.keys()
    assert all(after.fabric.cells[name].wkb == draft.fabric.cells[name].wkb for name in same)
    return after


def refused(kind, op, draft=NET):
    with pytest.raises(kind) as caught:
        apply(draft, op)
    return caught.value


# Units


def test_the_ground_follows_a_building():
    after = done({"op": "assign", "units": ["10"], "to": "a"})
    assert members(after)["a"] == ["00", "01", "02", "03", "10"]
    assert after.shape("grid", "a").covers(NET.fabric.cells["10"])
    assert NET.label("grid", "10") == "b"


def test_a_giver_is_not_cut_in_two_and_the_stray_piece_is_shown():
    severed = refused(errors.Severed, {"op": "assign", "units": ["11"], "to": "a"})
    assert severed.params["name"] == "b"
    assert shapely.Point(severed.place).within(NET.fabric.cells["10"])


def test_a_taker_is_not_in_two_pieces_and_what_came_is_shown():
    detached = refused(errors.Detached, {"op": "assign", "units": ["20"], "to": "a"})
    assert detached.params["name"] == "a"
    assert shapely.Point(detached.place).within(NET.fabric.cells["20"])


def test_the_units_between_come_along_when_asked_for():
    after = done({"op": "assign", "units": ["20"], "to": "a", "intermediate": True})
    assert members(after)["a"] == ["00", "01", "02", "03", "10", "20"]
    locked = apply(NET, {"op": "lock", "grids": ["b"]})
    refused(errors.Detached, {"op": "assign", "units": ["20"], "to": "a", "intermediate": True}, locked)


def test_the_last_building_is_not_handed_over_by_the_way():
    emptied = refused(errors.Emptied, {"op": "assign", "units": ["00", "01", "02", "03"], "to": "b"})
    assert emptied.params["name"] == "a"


def test_bound_units_go_together():
    draft = squares(together=[{"10", "11"}])
    assert members(done({"op": "assign", "units": ["10"], "to": "a"}, draft))["a"] == [
        "00",
        "01",
        "02",
        "03",
        "10",
        "11",
    ]
    refused(errors.Severed, {"op": "assign", "units": ["11", "12"], "to": "a"}, squares(together=[{"11", "12"}]))


def test_ground_without_a_building_follows_what_would_cut_it_off():
    draft = squares(ground={"10"})
    assert members(done({"op": "assign", "units": ["11"], "to": "a"}, draft))["a"] == [
        "00",
        "01",
        "02",
        "03",
        "10",
        "11",
    ]


def test_a_unit_may_be_taken_out_of_every_grid_in_a_draft():
    after = apply(NET, {"op": "assign", "units": ["10"], "to": None})
    assert after.unassigned() == {"10"}
    assert faults_of(done({"op": "assign", "units": ["10"], "to": "a"}, NET)) == []


def test_a_unit_that_lies_under_another_goes_with_it():
    draft = squares(overlapping=[{"10", "cellar"}])
    after = done({"op": "assign", "units": ["cellar"], "to": "a"}, draft)
    assert after.label("grid", "10") == "a"
    assert draft.units({"10"}) == {"10", "cellar"}


def test_a_new_grid_is_drawn_from_units_of_several():
    assert members(done({"op": "draw", "units": ["13", "23"], "new": "e"}))["e"] == ["13", "23"]
    refused(errors.Severed, {"op": "draw", "units": ["13", "33"], "new": "e"})
    refused(errors.NameTaken, {"op": "draw", "units": ["13"], "new": "a"})


def test_grids_that_touch_become_one_and_others_do_not():
    assert members(done({"op": "merge", "grids": ["a", "b"], "into": "b"})).keys() == {"b", "c", "d"}
    refused(errors.Detached, {"op": "merge", "grids": ["a", "c"], "into": "c"})


def test_a_dissolved_grid_goes_to_the_neighbours_that_its_units_are_tied_to():
    ties = {("00", "10"): 0.5, ("01", "11"): 0.5, ("10", "20"): 9.0, ("11", "21"): 9.0, ("02", "12"): 900.0}
    after = done({"op": "dissolve", "grid": "b"}, squares(ties=ties))
    assert {"12", "13"} <= after.members("grid", "a")
    assert after.layers["grid"].members.keys() == {"a", "c", "d"}


def test_a_locked_neighbour_takes_nothing_of_a_dissolved_grid():
    after = done({"op": "dissolve", "grid": "b"}, apply(NET, {"op": "lock", "grids": ["a"]}))
    assert members(after)["a"] == ["00", "01", "02", "03"]


def test_units_go_by_the_side_of_a_line_on_which_most_of_their_footprint_lies():
    after = done({"op": "split", "grid": "b", "line": [at(0.5, 2.45), at(2.5, 2.45)], "new": "e"})
    assert {name: members(after)[name] for name in "be"} == {"b": ["12", "13"], "e": ["10", "11"]}
    assert after.fabric is NET.fabric


def test_a_line_that_ends_inside_is_drawn_on():
    inside = done({"op": "split", "grid": "b", "line": [at(1.2, 2.1), at(1.5, 2.1)], "new": "e"})
    assert members(inside)["e"] == ["10", "11"]


@pytest.mark.parametrize("line", [[at(5, 5), at(6, 6)], [at(0.2, 0.1), at(0.2, 3.9)]])
def test_a_line_beside_the_grid_splits_nothing(line):
    refused(errors.LineMisses, {"op": "split", "grid": "b", "line": line, "new": "e"})


def test_a_split_that_leaves_three_pieces_is_refused():
    ell = apply(NET, {"op": "assign", "units": ["13", "23", "33"], "to": "a", "intermediate": True})
    ell = apply(ell, {"op": "assign", "units": ["10"], "to": "a"})  # a horseshoe open to the east
    refused(errors.Severed, {"op": "split", "grid": "a", "line": [at(1, -1), at(1, 5)], "new": "e"}, ell)


def test_open_ground_is_cut_by_the_line_itself_and_built_ground_is_not():
    draft = squares(ground={"11"})
    after = done({"op": "split", "grid": "b", "line": [at(0.9, 1.4), at(2.1, 1.6)], "new": "e"}, draft)
    assert len(after.fabric.cells) == len(draft.fabric.cells) + 1
    border = shapely.intersection(after.shape("grid", "b"), after.shape("grid", "e"))
    assert border.distance(shapely.Point(at(1.5, 1.5))) < 2e-7
    whole = done(
        {"op": "split", "grid": "b", "line": [at(0.9, 1.4), at(2.1, 1.6)], "new": "e", "cut_ground": False}, draft
    )
    assert whole.fabric is draft.fabric


@pytest.mark.parametrize("names", [["e"], ["e", "f"], ["e", "f", "g"]])
def test_a_grid_is_divided_into_as_many_parts_as_named(names):
    after = done({"op": "divide", "grid": "b", "names": names})
    assert after.layers["grid"].members.keys() == {*"abcd", *names}
    loads = [after.measures("grid", name).sums["households"] for name in ("b", *names)]
    assert sum(loads) == 40
    assert max(loads) <= 20


def test_a_grid_is_not_divided_into_more_parts_than_it_has_units():
    refused(errors.CannotDivide, {"op": "divide", "grid": "b", "names": list("efghi")})


# Lines


def test_all_that_have_a_vertex_follow_it():
    after = done({"op": "move", "moves": [[at(1, 1), at(1.1, 1.15)]]})
    for name in ("00", "01", "10", "11"):
        assert at(1.1, 1.15) in after.fabric.cells[name].exterior.coords
    assert at(1.1, 1.15) in after.shape("grid", "a").exterior.coords


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        (at(1.35, 1.35), errors.CutsFootprint),
        (at(2.5, 1.0), errors.Crosses),
        (at(1.0, 2.0), errors.Crosses),
        (at(1.0, -3.0), errors.Crosses),
    ],
)
def test_a_vertex_does_not_go_where_it_breaks_something(to, kind):
    broken = refused(kind, {"op": "move", "moves": [[at(1, 1), to]]})
    assert broken.place is not None


def test_the_outline_of_the_community_is_not_moved():
    refused(errors.LeavesParent, {"op": "move", "moves": [[at(1, 0), at(1.1, 0)]]})
    refused(errors.LeavesParent, {"op": "insert", "at": at(1.5, 0)})
    refused(errors.LeavesParent, {"op": "delete", "places": [at(1, 0)]})
    refused(errors.NoVertex, {"op": "move", "moves": [[at(1.5, 1.5), at(1.6, 1.5)]]})


def test_a_vertex_is_put_in_on_both_sides_moved_and_taken_out_again():
    bent = done({"op": "insert", "at": at(1.001, 1.5), "onto": at(1.2, 1.5)})
    assert all(at(1.2, 1.5) in bent.fabric.cells[name].exterior.coords for name in ("01", "11"))
    straight = done({"op": "delete", "places": [at(1.2, 1.5)]}, bent)
    assert straight.fingerprint() == NET.fingerprint()
    refused(errors.IsJunction, {"op": "delete", "places": [at(1, 1)]})


def test_a_cell_is_not_squeezed_to_nothing():
    draft = squares(ground={"11"})
    moves = [
        [at(1, 1), at(1.499, 1.499)],
        [at(2, 1), at(1.501, 1.499)],
        [at(2, 2), at(1.501, 1.501)],
        [at(1, 2), at(1.499, 1.501)],
    ]
    refused(errors.Collapsed, {"op": "move", "moves": moves}, draft)
    bent = apply(draft, {"op": "insert", "at": at(1, 1.5)})
    refused(errors.Crosses, {"op": "move", "moves": [[at(1, 1.5), at(2, 1.5)]]}, bent)


def test_a_new_stretch_takes_ground_on_one_side_and_gives_on_the_other():
    line = [at(1, 0.1), at(0.8, 0.1), at(1.2, 1.0), at(1, 1.9)]
    after = done({"op": "reshape", "grid": "a", "line": line})
    assert members(after) == members(NET)
    assert after.shape("grid", "b").covers(shapely.Point(at(0.9, 0.2)))
    assert after.shape("grid", "a").covers(shapely.Point(at(1.1, 1.0)))


def test_a_stretch_around_a_whole_building_takes_the_building():
    after = done({"op": "reshape", "grid": "a", "line": [at(1, 0.1), at(1.8, 0.1), at(1.8, 0.9), at(1, 0.9)]})
    assert members(after)["a"] == ["00", "01", "02", "03", "10"]
    assert after.shape("grid", "b").covers(shapely.Point(at(1.9, 0.5)))


def test_a_stretch_through_a_building_is_refused():
    cut = refused(errors.CutsFootprint, {"op": "reshape", "grid": "a", "line": [at(1, 0.1), at(1.5, 0.5), at(1, 2.8)]})
    assert cut.params["name"] == "10"


def test_a_stretch_begins_and_ends_on_the_border():
    refused(errors.OffBorder, {"op": "reshape", "grid": "a", "line": [at(1.5, 0.1), at(1.2, 2.8)]})
    refused(errors.TooTight, {"op": "reshape", "grid": "a", "line": [at(1, 1), at(1.2, 2), at(1.2, 1), at(1, 2)]})


def test_a_border_is_led_along_a_road():
    road = [at(1.1, -1), at(1.12, 2), at(1.1, 5)]
    after = done({"op": "snap", "grid": "a", "start": at(1, 0.2), "end": at(1, 3.8), "along": road})
    border = shapely.intersection(after.shape("grid", "a"), after.shape("grid", "b"))
    middle = shapely.intersection(border, shapely.box(*at(0, 0.3), *at(4, 3.7)))
    assert (
        middle.hausdorff_distance(shapely.intersection(shapely.LineString(road), middle.envelope.buffer(1e-6))) < 3e-6
    )


def test_simplifying_keeps_the_borders_common_and_the_buildings_whole():
    wavy = NET
    for number in range(1, 10):
        place = at(1.0005, number / 3 + 0.05)
        wavy = apply(wavy, {"op": "insert", "at": place, "onto": at(1 + 0.01 * (-1) ** number, number / 3 + 0.05)})
    after = done({"op": "simplify", "grids": ["a"], "tolerance": 5.0}, wavy)
    assert shapely.get_num_coordinates(after.shape("grid", "a")) < shapely.get_num_coordinates(wavy.shape("grid", "a"))


def test_simplifying_leaves_a_corner_that_goes_around_a_building():
    bent = apply(NET, {"op": "insert", "at": at(1, 1.5), "onto": at(1.2, 1.5)})
    footprints = {**NET.ground.footprints, "01": box(0.3, 1.4, 1.1, 1.6)}  # beyond the straight line
    draft = start(bent.fabric.cells, NET.layers["grid"].label, footprints=footprints)
    op = {"op": "simplify", "grids": ["a"], "tolerance": 80.0}
    assert done(op, bent).fingerprint() == NET.fingerprint()
    assert done(op, draft).fingerprint() == draft.fingerprint()


def test_a_grid_alone_has_nothing_to_simplify():
    alone = start(NET.fabric.cells, dict.fromkeys(NET.fabric.cells, "a"), footprints=NET.ground.footprints)
    assert not edit(alone, {"op": "simplify", "grids": ["a"], "tolerance": 1.0}).delta


def test_a_vertex_more_on_a_third_edge_is_a_vertex_on_both_sides_of_it():
    """The fault of cutting giver and taker alone: the new edge ends on the edge of a third cell."""
    after = done({"op": "reshape", "grid": "a", "line": [at(1, 1), at(1.2, 1.0), at(1.2, 1.6), at(1, 2)]})
    assert at(1.2, 1.0) in after.fabric.cells["10"].exterior.coords


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        ({"11": box(1.1, 1, 2, 2)}, errors.Crosses),  # a gap: the edges of 01 have no twin any more
        ({"11": box(0.9, 1, 2, 2)}, errors.Crosses),  # an overlap with 01
        ({"33": box(3, 3, 3.9, 4)}, errors.Crosses),
        ({"33": box(3, 3, 4, 4.1)}, errors.Crosses),
        ({"33": box(3.25, 3.25, 3.75, 3.75)}, errors.LeavesParent),  # an island that touches nobody
        ({"11": None}, errors.LeavesParent),
    ],
)
def test_whatever_an_operation_makes_of_the_ground_it_is_looked_at(shapes, kind):
    """No operation does this; one that cut two polygons of three would."""
    work = Edit(NET)
    work.shapes |= shapes
    with pytest.raises(kind):
        work.finish()


# Locks and pieces


@pytest.mark.parametrize(
    "op",
    [
        {"op": "assign", "units": ["10"], "to": "a"},
        {"op": "assign", "units": ["20"], "to": "b"},
        {"op": "merge", "grids": ["a", "b"], "into": "a"},
        {"op": "dissolve", "grid": "b"},
        {"op": "split", "grid": "b", "line": [at(0, 2.1), at(4, 2.1)], "new": "e"},
        {"op": "move", "moves": [[at(1, 1), at(1.1, 1.1)]]},
        {"op": "reshape", "grid": "a", "line": [at(1, 0.5), at(1.2, 0.6), at(1, 2.6)]},
    ],
)
def test_a_locked_grid_stays_as_it_is_until_it_is_unlocked(op):
    locked = apply(NET, {"op": "lock", "grids": ["b"]})
    assert refused(errors.Locked, op, locked).params["name"] == "b"
    assert members(done(op, apply(locked, {"op": "unlock", "grids": ["b"]}))) == members(apply(NET, op))


def test_a_locked_grid_may_get_a_vertex_more_on_its_edge():
    locked = apply(NET, {"op": "lock", "grids": ["c"]})
    after = done({"op": "reshape", "grid": "a", "line": [at(1, 2.8), at(2, 2.8), at(2, 4), at(1, 4)]}, locked)
    assert at(2, 2.8) in after.fabric.cells["22"].exterior.coords


def test_a_grid_may_lie_in_as_many_pieces_as_allowed():
    two = apply(NET, {"op": "allow", "grid": "b", "pieces": 2})
    after = done({"op": "assign", "units": ["11"], "to": "a"}, two)
    assert after.measures("grid", "b").pieces == 2
    refused(errors.Severed, {"op": "assign", "units": ["21"], "to": "d"}, after)


def test_a_grid_that_is_in_pieces_already_may_be_mended():
    broken = apply(apply(NET, {"op": "allow", "grid": "b", "pieces": 2}), {"op": "assign", "units": ["11"], "to": "a"})
    broken = apply(broken, {"op": "allow", "grid": "b", "pieces": 1})
    mended = apply(broken, {"op": "assign", "units": ["11"], "to": "b"})
    assert faults_of(mended) == []


# One level down


SEGMENTS = {f"{column}{row}": f"{'abcd'[column]}{row // 2}" for column in range(4) for row in range(4)}


def test_segments_change_inside_their_grid_only():
    draft = squares(segments=SEGMENTS)
    after = done({"op": "assign", "units": ["01"], "to": "a1", "level": "segment"}, draft)
    assert members(after, "segment")["a1"] == ["01", "02", "03"]
    assert after.shape("grid", "a").wkb == draft.shape("grid", "a").wkb
    refused(errors.OtherParent, {"op": "assign", "units": ["11"], "to": "a0", "level": "segment"}, draft)
    refused(errors.OtherParent, {"op": "merge", "grids": ["a0", "b0"], "into": "a0", "level": "segment"}, draft)
    refused(errors.OtherParent, {"op": "draw", "units": ["01", "11"], "new": "x", "level": "segment"}, draft)
    refused(errors.LeavesParent, {"op": "move", "moves": [[at(1, 1), at(1.1, 1)]], "level": "segment"}, draft)
    line = [at(1, 0.1), at(1.2, 0.5), at(1, 0.9)]
    refused(errors.LeavesParent, {"op": "reshape", "grid": "a0", "line": line, "level": "segment"}, draft)


@pytest.mark.parametrize(
    "op",
    [
        {"op": "split", "grid": "a1", "line": [at(-1, 3), at(5, 3)], "new": "x"},
        {"op": "divide", "grid": "a1", "names": ["x"]},
        {"op": "merge", "grids": ["a0", "a1"], "into": "a1"},
        {"op": "dissolve", "grid": "a0"},
        {"op": "draw", "units": ["01"], "new": "x"},
        {"op": "reshape", "grid": "a0", "line": [at(0.1, 2), at(0.5, 1.8), at(0.9, 2)]},
    ],
)
def test_the_same_is_done_to_segments(op):
    draft = squares(segments=SEGMENTS)
    after = done({**op, "level": "segment"}, draft)
    assert members(after) == members(draft)
    assert after.shape("grid", "b").wkb == draft.shape("grid", "b").wkb


def test_a_unit_that_goes_to_another_grid_joins_a_segment_there():
    draft = squares(segments=SEGMENTS)
    assert done({"op": "assign", "units": ["10"], "to": "a"}, draft).label("segment", "10") == "a0"


def test_a_segment_that_goes_over_whole_stays_one():
    draft = squares(segments=SEGMENTS)
    assert done({"op": "assign", "units": ["10", "11"], "to": "a"}, draft).label("segment", "10") == "b0"
    assert members(done({"op": "merge", "grids": ["a", "b"], "into": "a"}, draft), "segment").keys() >= {
        "a0",
        "b0",
        "b1",
    }


def test_what_a_segment_leaves_stranded_joins_its_neighbour():
    columns = squares(segments={name: f"s{name[0]}" for name in NET.fabric.cells})
    wide = apply(columns, {"op": "merge", "grids": ["a", "b"], "into": "a"})
    after = done({"op": "assign", "units": ["11"], "to": "c"}, wide)
    assert members(after, "segment")["s0"] == ["00", "01", "02", "03", "10"]
    assert members(after, "segment")["s1"] == ["12", "13"]


def test_what_overlaps_joins_one_segment_together():
    """11 lies between two segments of its new grid, 10 at the foot of one of them; they overlap."""
    one = dict.fromkeys(("10", "11", "12", "13"), "b1")
    draft = squares(overlapping=[{"10", "11"}], segments=SEGMENTS | {"01": "a1"} | one)
    after = done({"op": "assign", "units": ["10"], "to": "a"}, draft)
    assert after.label("segment", "10") == after.label("segment", "11") in ("a0", "a1")


def test_a_grid_without_segments_takes_none():
    draft = squares(segments={name: label for name, label in SEGMENTS.items() if label[0] != "a"})
    after = done({"op": "assign", "units": ["10", "11"], "to": "a"}, draft)
    assert after.label("segment", "10") is after.label("segment", "11") is None


# From nothing


def test_a_plan_is_drawn_from_nothing():
    bare = start(NET.fabric.cells, {}, footprints=NET.ground.footprints)
    assert bare.unassigned() == NET.fabric.cells.keys()
    west = [name for name in NET.fabric.cells if name[0] in "01"]
    half = apply(bare, {"op": "draw", "units": west, "new": "w"})
    assert half.unassigned() == NET.fabric.cells.keys() - set(west)
    whole = done({"op": "draw", "units": sorted(half.unassigned()), "new": "e"}, half)
    assert whole.unassigned() == set()


# Measures


def test_figures_follow_and_only_what_changed_is_counted_again():
    before = {name: NET.measures("grid", name) for name in "abcd"}
    after = apply(NET, {"op": "assign", "units": ["10"], "to": "a"})
    assert after.measures("grid", "a").sums == {"households": 50, "people": 125}
    assert after.measures("grid", "b").units == 3
    assert after.measures("grid", "c") is before["c"]
    assert after.measures("grid", "a").area + after.measures("grid", "b").area == pytest.approx(
        before["a"].area + before["b"].area, rel=1e-9
    )


# The log


LOG = [
    {"op": "lock", "grids": ["d"]},
    {"op": "assign", "units": ["10"], "to": "a"},
    {"op": "reshape", "grid": "c", "line": [at(2, 0.1), at(2.2, 1), at(2, 1.9)]},
    {"op": "move", "moves": [[at(2, 2), at(2.1, 2.1)]]},
    {"op": "split", "grid": "c", "line": [at(1.5, 2.5), at(3.5, 2.5)], "new": "e"},
    {"op": "merge", "grids": ["c", "e"], "into": "e"},
]


def test_a_log_makes_the_same_draft_again_and_each_step_leads_back():
    draft, back = NET, []
    for op in LOG:
        back.append((draft.fingerprint(), edit(draft, op).delta.as_json()))
        draft = apply(draft, op)
    assert replay(squares(), json.loads(json.dumps(LOG))).fingerprint() == draft.fingerprint()
    for print_, delta in reversed(back):
        draft = apply(draft, {"op": "revert", "delta": delta, "linear": True})
        assert draft.fingerprint() == print_


def test_an_older_step_is_taken_back_alone_unless_somebody_changed_the_same():
    first, delta = edit(NET, {"op": "assign", "units": ["10"], "to": "a"})
    later = apply(first, {"op": "assign", "units": ["33"], "to": "c"})
    alone = done({"op": "revert", "delta": delta.as_json()}, later)
    assert alone.fingerprint() == apply(NET, {"op": "assign", "units": ["33"], "to": "c"}).fingerprint()
    again = apply(first, {"op": "assign", "units": ["10"], "to": "b"})
    refused(errors.ChangedSince, {"op": "revert", "delta": delta.as_json()}, again)
    grown = apply(first, {"op": "assign", "units": ["20"], "to": "a"})
    refused(errors.Severed, {"op": "revert", "delta": delta.as_json()}, grown)


def test_edits_conflict_when_they_touch_the_same_building_or_border():
    hand = edit(NET, {"op": "assign", "units": ["10"], "to": "a"}).delta.touched
    other = edit(NET, {"op": "assign", "units": ["33"], "to": "c"}).delta.touched
    same = edit(NET, {"op": "assign", "units": ["10"], "to": "c"}).delta.touched
    move = edit(NET, {"op": "move", "moves": [[at(1, 1), at(1.1, 1.1)]]}).delta.touched
    near = edit(NET, {"op": "insert", "at": at(1, 1.5)}).delta.touched
    merge = edit(NET, {"op": "merge", "grids": ["a", "b"], "into": "a"}).delta.touched
    assert hand.conflict(other) is hand.conflict(move) is other.conflict(near) is None
    assert hand.conflict(same).units == {("grid", "10")}
    assert move.conflict(near).borders == {("01", "11")}
    assert merge.conflict(hand).grids == hand.conflict(merge).grids == {("grid", "a"), ("grid", "b")}


@pytest.mark.parametrize(
    ("op", "kind"),
    [
        ({}, errors.BadOperation),
        ({"op": "explode"}, errors.BadOperation),
        ({"op": "assign", "units": ["10"]}, errors.BadOperation),
        ({"op": "assign", "units": "10", "to": "a"}, errors.BadOperation),
        ({"op": "assign", "units": ["10"], "to": "a", "by": "me"}, errors.BadOperation),
        ({"op": "assign", "units": ["10"], "to": "a", "level": "town"}, errors.BadOperation),
        ({"op": "assign", "units": ["99"], "to": "a"}, errors.Unknown),
        ({"op": "assign", "units": ["10"], "to": "z"}, errors.Unknown),
        ({"op": "merge", "grids": ["a", "z"], "into": "a"}, errors.Unknown),
        ({"op": "move", "moves": [[at(1, 1), ["x", 2]]]}, errors.BadPosition),
        ({"op": "move", "moves": [[at(1, 1), [float("nan"), 2]]]}, errors.BadPosition),
        ({"op": "split", "grid": "b", "line": [at(0, 1)] * 3, "new": "e"}, errors.BadOperation),
        ({"op": "split", "grid": "b", "line": [at(0, 1)] * 3000, "new": "e"}, errors.TooComplex),
        ({"op": "simplify", "grids": ["a"], "tolerance": -1}, errors.BadOperation),
        ({"op": "allow", "grid": "a", "pieces": 0}, errors.BadOperation),
        ({"op": "revert", "delta": {"cells": 3}}, errors.BadOperation),
    ],
)  # fmt: skip
def test_what_is_no_operation_is_refused(op, kind):
    refused(kind, op)


def test_every_operation_has_a_reader_for_each_of_its_fields():
    fields = {name for run in OPERATIONS.values() for name in inspect.signature(run).parameters} - {"edit"}
    assert fields == _READERS.keys()


def test_cells_beside_the_grid_are_refused():
    draft = town()
    cells = {name: shapely.transform(cell, lambda c: c + 3e-9) for name, cell in draft.fabric.cells.items()}
    with pytest.raises(errors.OffGrid):
        start(cells, {}, footprints={})


def test_a_cell_of_two_parts_is_no_bridge():
    """
    Grid a is l, m, r and p, and m lies in two parts. Without p its left half hangs on the right one only through the
    name of m.

    +-----------------+
    | p               |
    +---+---------+---+
    | l | n       | r |
    |   +--+---+--+   |
    |   |m | n |m |   |
    +---+--+---+--+---+
    """
    corners = [at(*place) for place in ((1, 1), (2, 1), (2, 0), (3, 0), (3, 1), (4, 1), (4, 2), (1, 2))]
    cells = {
        "l": shapely.Polygon([at(*place) for place in ((0, 0), (1, 0), (1, 1), (1, 2), (0, 2))]),
        "m": shapely.MultiPolygon([box(1, 0, 2, 1), box(3, 0, 4, 1)]),
        "n": shapely.Polygon(corners),
        "p": shapely.Polygon([at(*place) for place in ((0, 2), (1, 2), (4, 2), (5, 2), (5, 3), (0, 3))]),
        "r": shapely.Polygon([at(*place) for place in ((4, 0), (5, 0), (5, 2), (4, 2), (4, 1))]),
    }
    draft = start(cells, {**dict.fromkeys("lmpr", "a"), "n": "b"}, footprints={})
    assert faults_of(draft) == []
    severed = refused(errors.Severed, {"op": "assign", "units": ["p"], "to": "b"}, draft)
    assert severed.params["name"] == "a"


@pytest.mark.parametrize("number", [10**400, -(10**400), float("nan"), float("inf"), 181, True])
def test_a_position_that_is_none_is_refused_however_long_it_is(number):
    refused(errors.BadPosition, {"op": "move", "moves": [[[number, 26.05], [119.3, 26.05]]]})


def test_a_road_of_one_place_is_refused():
    refused(errors.BadOperation, {"op": "snap", "grid": "a", "start": at(1, 0), "end": at(1, 1), "along": [at(1, 0)]})


@pytest.mark.parametrize("wkb", [7, "", "00", "zz", shapely.Point(1, 1).wkb_hex, shapely.Polygon().wkb_hex, {}, []])
def test_a_step_with_what_is_no_cell_is_refused(wkb):
    """As if somebody had written into the log."""
    delta = edit(NET, {"op": "assign", "units": ["10"], "to": "a"}).delta.as_json()
    forged = {**delta, "labels": {}, "cells": {"10": [wkb, NET.fabric.cells["10"].wkb_hex]}}
    refused(errors.BadOperation, {"op": "revert", "delta": forged})


@pytest.mark.parametrize(
    "forged",
    [
        {"labels": {"street": {}}}, {"labels": {"grid": {"10": [7, "b"]}}}, {"touched": 5}, {"cells": []},
        {"labels": {"grid": {"nowhere": ["a", None]}}}, {"locked": [["grid", "a", 1, 0]]},
        {"allowed": [["grid", "a", "x", 1]]},
    ],
)  # fmt: skip
def test_a_step_that_is_none_is_refused(forged):
    delta = edit(NET, {"op": "assign", "units": ["10"], "to": "a"}).delta.as_json()
    refused(errors.BadOperation, {"op": "revert", "delta": {**delta, "labels": {}, **forged}})
