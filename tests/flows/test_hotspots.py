"""The planner asks where requests pile up; a stranger finds the same map with less on it."""

import pytest

from tests.conftest import UNTIL
from tests.flows.conftest import DESK, PHONE

MONTH = f"{UNTIL.astimezone():%Y-%m}"


def log_in(page, name):
    page.goto("/login/")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill("demo-town")
    page.get_by_role("button", name="登录").click()


def drawn(page):
    page.wait_for_selector("#heat-map[data-ready=yes]")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_planner_finds_the_hot_spot_and_what_is_behind_it(open_page, axe, keep, width):
    page = open_page(width)
    log_in(page, "demo-town-planner")
    page.goto("/hotspots/")
    drawn(page)
    page.get_by_label("时段").select_option(MONTH)
    page.wait_for_url(f"**period={MONTH}**")
    page.get_by_label("类别").select_option("0404")
    page.wait_for_url("**category=0404**")
    page.get_by_label("看什么").select_option("z")
    page.wait_for_url("**measure=z**")
    drawn(page)
    first = page.locator(".heat-table tbody tr").first
    assert "南门社区" in first.inner_text()
    assert "显著热点" in first.inner_text()
    assert axe(page) == []
    keep(page, f"hotspots-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    first.get_by_role("link", name="看诉求").click()
    page.wait_for_selector("#behind")
    assert "您的岗位只看数字" in page.locator("#behind").inner_text()


def test_a_press_on_a_hexagon_tells_its_figures(open_page):
    page = open_page(DESK)
    page.goto("/hotspots/")
    drawn(page)
    page.locator(".heat-field").focus()
    page.keyboard.press("Enter")  # the middle of the map
    panel = page.locator(".heat-panel")
    panel.wait_for()
    assert "件" in panel.inner_text() or "不显示" in panel.inner_text()
    panel.get_by_role("button", name="关闭").click()
    assert panel.is_hidden()


def test_without_a_script_the_table_and_the_form_are_there(open_page):
    page = open_page(PHONE, java_script_enabled=False)
    page.goto("/hotspots/")
    page.get_by_label("看什么").select_option("rate")
    page.get_by_role("button", name="查看").click()
    assert "measure=rate" in page.url
    assert page.locator(".heat-table tbody tr").count() > 5


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_map_has_a_switch_for_hot_spots(open_page, axe, keep, width):
    page = open_page(width)
    page.goto("/map/")
    page.wait_for_selector("#map_town[data-ready=true]")
    if width == PHONE:
        page.get_by_role("button", name="图例和图层").click()
    page.get_by_label("诉求热点").check()
    page.get_by_role("link", name="列表和怎么算的").wait_for()
    assert "少于8户，不显示" in page.locator(".town-heat").inner_text()
    keep(page, f"map-hotspots-{width}")
    assert axe(page) == []
    page.get_by_label("诉求热点").uncheck()
    assert page.locator(".town-heat").is_hidden()
