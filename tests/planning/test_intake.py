"""A plan out to a file and in again. The square of tests/grids; west and east are its grids."""

from pathlib import Path

import orjson
import pytest
import shapely
from shapely.affinity import translate
from shapely.geometry import mapping

from buildings.imports.refusals import ImportRefused
from geo.crs import project
from grids.models import Grid, Plan
from planning import engine
from planning.adoption import commit
from planning.base import Wish, begin
from planning.exports import FORMATS, export
from planning.impact import impact
from planning.intake import Intake, read
from tests.grids.conftest import CODE, box, cells, community, draft  # noqa: F401
from tests.grids.test_contact import net as net_in_force  # noqa: F401
from tests.planning.test_impact import B1, EAST, WEST, base, do, planner, redraw  # noqa: F401


def take_in(plan: Plan, path: Path, **how) -> Intake:
    return read(engine.current(plan), path, name=path.name, **how)


def net(path: Path, *rows: tuple[str, str, shapely.Geometry], crs: str | None = None) -> Path:
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": mapping(shape)}
        for code, name, shape in rows
    ]
    more = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features, **more}))
    return path


def write(plan: Plan, kind: str, folder: Path) -> Path:
    file = export(plan, kind)
    path = folder / f"plan.{file.suffix}"
    path.write_bytes(file.content)
    return path


@pytest.fixture
def edited(redraw, planner):  # noqa: F811
    """A draft with a new grid of building 2, and a segment in it."""
    label = do(redraw, planner, op="draw", units=[f"{CODE}0000201"]).own.op["new"]
    do(redraw, planner, op="rename", grid=label, name="新设网格")
    return redraw


@pytest.fixture
def net_of_segments(net_in_force, planner):  # noqa: F811
    """A draft from a net in which each building is a segment."""
    return begin(community=net_in_force, by=planner, base="in_force", wish=Wish())


@pytest.mark.parametrize("kind", FORMATS)
def test_a_plan_that_comes_back_changes_nothing(edited, kind, tmp_path):
    found = take_in(edited, write(edited, kind, tmp_path))
    assert (found.op, found.refused, found.created, found.slivers, found.doubts) == (None, [], [], [], [])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_makes_another_draft_like_the_one_it_was_written_from(edited, base, planner, kind, tmp_path):  # noqa: F811
    other = begin(community=base.community, by=planner, base="in_force", wish=Wish())
    found = take_in(other, write(edited, kind, tmp_path))
    commit(plan=other, by=planner, version=0, op=found.op)
    ours, theirs = engine.current(other), engine.current(edited)
    assert [ours.label("grid", code) for code in ours.site.units] == [theirs.label("grid", c) for c in ours.site.units]
    assert ours.info("grid", "n1").name == "新设网格"
    assert engine.fingerprint(other) == ours.state.fingerprint()


def test_what_was_committed_is_undone_in_one_step(redraw, planner, tmp_path):  # noqa: F811
    before = engine.fingerprint(redraw)
    path = net(tmp_path / "net.geojson", (WEST, "西格", box(0, 0, 0.5, 0.5)), ("", "北格", box(0, 0.5, 1, 1)),
               (EAST, "东格", box(0.5, 0, 1, 0.5)))  # fmt: skip
    found = take_in(redraw, path)
    assert found.created == ["北格"]
    commit(plan=redraw, by=planner, version=0, op=found.op)
    assert {change.fate for change in impact(redraw).grids} == {"added", "changed"}
    engine.undo(plan=redraw, by=planner, version=1)
    assert engine.fingerprint(redraw) == before


def test_gaps_overlaps_and_buildings_on_a_line_are_listed(redraw, tmp_path):  # noqa: F811
    """The west ends 10 m short of the community's south; both reach into buildings 2 and 4, where they overlap."""
    west, east = box(0, 0.05, 0.75, 1), box(0.65, 0, 1, 1)
    found = take_in(redraw, net(tmp_path / "net.geojson", (WEST, "西格", west), (EAST, "东格", east)))
    assert {sliver.kind for sliver in found.slivers} == {"gap", "overlap"}
    assert {unit[12:17] for doubt in found.doubts for unit in doubt.units} == {"00002", "00004"}
    assert all(doubt.place for doubt in found.doubts)


def test_a_narrow_gap_is_closed_only_when_it_is_asked_for(redraw, tmp_path):  # noqa: F811
    path = net(tmp_path / "net.geojson", (WEST, "西格", box(0, 0, 0.495, 1)), (EAST, "东格", box(0.5, 0, 1, 1)))
    assert [sliver.kind for sliver in take_in(redraw, path).slivers] == ["gap"]
    found = take_in(redraw, path, close_slivers=2.0)
    assert (found.slivers, [sliver.kind for sliver in found.closed]) == ([], ["gap"])


def test_borders_are_followed_when_it_is_asked_for(redraw, planner, tmp_path):  # noqa: F811
    path = net(tmp_path / "net.geojson", (WEST, "西格", box(0, 0, 0.45, 1)), (EAST, "东格", box(0.45, 0, 1, 1)))
    assert take_in(redraw, path).op is None
    found = take_in(redraw, path, follow=True)
    commit(plan=redraw, by=planner, version=0, op=found.op)
    assert engine.current(redraw).state.shape("grid", WEST).equals(box(0, 0, 0.45, 1))
    assert impact(redraw).moved == []


def test_a_net_in_metres_is_understood(redraw, tmp_path):  # noqa: F811
    west, east = (project(box(*each), 4548) for each in ((0, 0, 0.5, 1), (0.5, 0, 1, 1)))
    path = net(tmp_path / "net.geojson", (WEST, "西格", west), (EAST, "东格", east), crs="EPSG:4548")
    assert take_in(redraw, path).op is None


def test_a_table_hands_over_whole_buildings(redraw, planner, tmp_path):  # noqa: F811
    path = tmp_path / "net.csv"
    path.write_text(f"楼栋编码,网格编码\n{CODE}00001,{EAST}\n{CODE}99999,{EAST}\n", encoding="utf-8")
    found = take_in(redraw, path)
    assert [(row.number, row.code) for row in found.refused] == [(3, "unknown_code")]
    commit(plan=redraw, by=planner, version=0, op=found.op)
    assert [door.code for door in impact(redraw).moved] == B1


def test_a_table_says_the_segments_too(net_of_segments, planner, tmp_path):  # noqa: F811
    """Building 1, of one segment with building 3, goes to the segment of 4, where 2 has the longer common edge."""
    first, third, segment = (Grid.objects.get(name=f"楼段{number}").code for number in (1, 3, 4))
    do(net_of_segments, planner, op="merge", level="segment", grids=[first, third], into=third)
    path = tmp_path / "net.csv"
    path.write_text(f"楼栋编码,网格编码,楼段编码\n{CODE}00001,{EAST},{segment}\n", encoding="utf-8")
    found = take_in(net_of_segments, path)
    commit(plan=net_of_segments, by=planner, version=engine.current(net_of_segments).version, op=found.op)
    table = engine.current(net_of_segments)
    assert {(table.label("grid", door), table.label("segment", door)) for door in B1} == {(EAST, segment)}


@pytest.mark.parametrize("kind", FORMATS)
def test_segments_come_back_as_they_went(net_of_segments, kind, tmp_path):
    found = take_in(net_of_segments, write(net_of_segments, kind, tmp_path))
    assert (found.op, found.refused, found.created) == (None, [], [])


def test_a_table_that_tears_a_building_is_refused_in_words(redraw, tmp_path):  # noqa: F811
    path = tmp_path / "net.csv"
    path.write_text(f"楼道编码,网格编码\n{B1[0]},{EAST}\n", encoding="utf-8")
    found = take_in(redraw, path)
    assert found.op is None
    assert found.refusal


def test_a_net_of_elsewhere_is_refused(redraw, tmp_path):  # noqa: F811
    away = [translate(box(*each), 1) for each in ((0, 0, 0.5, 1), (0.5, 0, 1, 1))]
    path = net(tmp_path / "net.geojson", (WEST, "西格", away[0]), (EAST, "东格", away[1]))
    with pytest.raises(ImportRefused) as refusal:
        take_in(redraw, path)
    assert refusal.value.code == "elsewhere"


def test_a_polygon_that_crosses_itself_is_refused_with_its_row(redraw, tmp_path):  # noqa: F811
    west, south, east, north = box(0.5, 0, 1, 1).bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    found = take_in(redraw, net(tmp_path / "n.geojson", (WEST, "西格", box(0, 0, 0.5, 1)), (EAST, "东格", bow)))
    assert [row.number for row in found.refused] == [2]
