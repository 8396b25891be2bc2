"""A plan on paper, read back."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from planning.fonts import NoFont, chinese_font
from planning.impact import impact
from planning.paper import difference_sheets, map_sheet
from tests.grids.conftest import cells, community, draft  # noqa: F401
from tests.planning.test_impact import B1, EAST, appoint, base, do, planner, redraw  # noqa: F401

A3 = (420, 297)  # millimetres


@pytest.fixture(autouse=True)
def a_font() -> None:
    try:
        chinese_font()
    except NoFont:
        pytest.skip("no Chinese font on this machine")


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def test_a_wall_map_is_one_a3_sheet_with_scale_names_and_version(base):  # noqa: F811
    appoint("林网格", f"{base.community.code}001")
    [sheet] = read(map_sheet(base)).pages
    assert [round(float(side) / 72 * 25.4) for side in sheet.mediabox[2:]] == list(A3)
    text = sheet.extract_text()
    for words in ("方正社区", "第 1 号方案", "比例尺 1:500", "图例", "西格", "东格", "林网格", "2026-01-01 起施行"):
        assert words in text
    assert "内部资料" not in text


def test_a_draft_is_marked_as_internal(redraw):  # noqa: F811
    assert "内部资料" in read(map_sheet(redraw)).pages[0].extract_text()


def test_every_font_is_inside(redraw):  # noqa: F811
    fonts = read(map_sheet(redraw)).pages[0]["/Resources"]["/Font"].values()
    for font in (each.get_object() for each in fonts):
        assert "/FontFile2" in font["/FontDescriptor"]


def test_a_difference_has_its_map_and_its_tables(redraw, planner):  # noqa: F811
    do(redraw, planner, op="assign", units=B1, to=EAST)
    pages = [page.extract_text() for page in read(difference_sheets(impact(redraw))).pages]
    assert "2 户换网格，2 个楼道。" in pages[0]
    assert "换网格的楼" in pages[0]
    assert any("换网格的楼栋" in page and "1号楼" in page for page in pages[1:])
    assert not any("不该出现" in page for page in pages)
