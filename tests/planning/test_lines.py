"""Borders to drag and lines to snap to."""

from django.contrib.gis.geos import LineString

from buildings.models import Road
from grids.models import Plan
from planning import engine
from planning.lines import arcs, lines
from tests.planning.conftest import door


def test_a_border_is_one_line_from_junction_to_junction(draft, labels):
    found = arcs(engine.current(draft))
    assert [(arc.left, arc.right) for arc in found] == [
        (labels["A"], labels["B"]),
        (labels["B"], labels["C"]),
        (labels["C"], labels["D"]),
    ]
    assert found[0].line[0] in ([119.0004, 26.0], [119.0004, 26.0008])
    assert len(found[0].line) == 5


def test_a_vertex_of_a_border_can_be_moved_as_it_is_told(draft, planner):
    x, y = arcs(engine.current(draft))[0].line[2]
    op = {"op": "move", "moves": [[[x, y], [x + 1e-6, y]]]}
    step = engine.apply(plan=draft, by=planner, version=0, op=op)
    assert [round(x + 1e-6, 7), y] in arcs(step.table)[0].line


def test_a_box_leaves_out_borders_beyond_it(draft, labels):
    [arc] = arcs(engine.current(draft), (119.0003, 26.0, 119.0005, 26.0008))
    assert (arc.left, arc.right) == (labels["A"], labels["B"])


def test_ground_in_no_grid_has_a_border_with_nobody(draft, planner, labels, hand):
    step = hand(planner, 0, None, door(0, 0))
    assert (None, labels["A"]) in {(arc.left, arc.right) for arc in arcs(step.table)}


def test_segments_tell_only_their_own_borders(town):
    plan = Plan.objects.filter(community__code=town.baocui).first()
    table = engine.current(plan)
    inner = [arc for arc in arcs(table) if arc.level == "segment"]
    assert inner
    assert all(table.parent(arc.left) == table.parent(arc.right) for arc in inner)


def test_roads_of_the_community_are_lines(board):
    road = Road.objects.create(name="学前巷", kind="alley", line=LineString((119.0, 26.0004), (119.01, 26.0004)))
    Road.objects.create(name="远处", kind="alley", line=LineString((118.0, 26.0), (118.1, 26.0)))
    assert [(line.id, line.kind, line.name, line.line) for line in lines(board.community)] == [
        (f"road-{road.pk}-0", "alley", "学前巷", [[119.0, 26.0004], [119.01, 26.0004]])
    ]
