"""A plan out to a file and in again. The square of tests/grids; west and east are its grids."""

import zipfile
from pathlib import Path

import numpy as np
import orjson
import pyogrio.raw
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


# Names that nobody could read


ODD = "甲\x07\u202e乙\n丙"  # a bell, a mark that turns the direction, a line end
SEEN = "甲 乙 丙"


def geojson_of(folder: Path, name: str) -> Path:
    return net(folder / "net.geojson", (WEST, name, box(0, 0, 0.5, 1)), (EAST, "东格", box(0.5, 0, 1, 1)))


def through_gdal(suffix: str, driver: str):
    def write(folder: Path, name: str) -> Path:
        shapes = shapely.to_wkb(np.array([box(0, 0, 0.5, 1), box(0.5, 0, 1, 1)], dtype=object))
        columns = [np.array([WEST, EAST], dtype=object), np.array([name, "东格"], dtype=object)]
        path = folder / f"net{suffix}"
        how = {"driver": driver, "crs": "EPSG:4326", "geometry_type": "Polygon", "encoding": "UTF-8"}
        pyogrio.raw.write(path, shapes, columns, ["code", "name"], layer="net", **how)
        if suffix != ".shp":
            return path
        with zipfile.ZipFile(folder / "net.zip", "w") as archive:
            for part in folder.glob("net.???"):
                archive.write(part, part.name) if part.suffix != ".zip" else None
        return folder / "net.zip"

    return write


def table_of(folder: Path, name: str) -> Path:
    path = folder / "net.csv"
    rows = "".join(
        f'{CODE}{number:05d},{WEST if number % 2 else EAST},"{name if number % 2 else "东格"}"\n'
        for number in (1, 2, 3, 4)
    )
    path.write_text(f"楼栋编码,网格编码,网格名称\n{rows}", encoding="utf-8", newline="")
    return path


WRITERS = {
    "geojson": geojson_of, "gpkg": through_gdal(".gpkg", "GPKG"), "shp": through_gdal(".shp", "ESRI Shapefile"),
    "csv": table_of,
}  # fmt: skip


@pytest.mark.parametrize("kind", WRITERS)
def test_what_nobody_sees_is_left_out_of_names(redraw, planner, kind, tmp_path):  # noqa: F811
    assert WRITERS.keys() == FORMATS.keys()
    found = take_in(redraw, WRITERS[kind](tmp_path, ODD))
    commit(plan=redraw, by=planner, version=0, op=found.op)
    assert engine.current(redraw).info("grid", WEST).name == SEEN


@pytest.mark.parametrize("kind", WRITERS)
def test_a_name_with_nul_is_no_fault(redraw, planner, kind, tmp_path):  # noqa: F811
    found = take_in(redraw, WRITERS[kind](tmp_path, "甲\x00乙"))
    commit(plan=redraw, by=planner, version=0, op=found.op)
    assert engine.current(redraw).info("grid", WEST).name in ("甲", "甲 乙")
    assert "\x00" not in export(redraw, "csv").content.decode("utf-8-sig")


def test_a_code_with_nul_names_no_grid_of_ours(redraw, planner, tmp_path):  # noqa: F811
    path = net(tmp_path / "net.geojson", ("新\x00码", "", box(0, 0, 0.5, 1)), (EAST, "东格", box(0.5, 0, 1, 1)))
    found = take_in(redraw, path)
    assert found.created == ["新 码"]
    commit(plan=redraw, by=planner, version=0, op=found.op)
    assert {info.name for info in engine.current(redraw).infos.values()} >= {"新 码", "东格"}


# Rows that contradict each other


def table_with(folder: Path, *rows: str) -> Path:
    path = folder / "net.csv"
    path.write_text("\n".join(["楼栋编码,网格编码,楼段编码", *rows]), encoding="utf-8")
    return path


def test_a_row_that_contradicts_an_earlier_one_is_refused_once_and_says_nothing(net_of_segments, tmp_path):
    """In both of its columns: neither its grid nor its segment counts."""
    first, fourth = (Grid.objects.get(name=f"楼段{number}").code for number in (1, 4))
    rows = (f"{CODE}00001,{EAST},{fourth}", f"{CODE}00001,{WEST},{first}", f"{CODE}00001,{EAST},{first}")
    found = take_in(net_of_segments, table_with(tmp_path, *rows, f"{CODE}00001,新网格,"))
    assert found.created == []
    assert found.refused.pop().number == 5
    assert [(row.number, row.code) for row in found.refused] == [(3, "said_twice"), (4, "said_twice")]
    assert found.op["labels"] == {"grid": dict.fromkeys(B1, EAST), "segment": dict.fromkeys(B1, fourth)}


def test_a_row_that_says_the_same_again_is_no_contradiction(redraw, tmp_path):  # noqa: F811
    rows = [f"{CODE}00001,{EAST},"] * 2
    found = take_in(redraw, table_with(tmp_path, *rows))
    assert found.refused == []
    assert found.op["labels"] == {"grid": dict.fromkeys(B1, EAST)}
