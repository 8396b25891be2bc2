"""The planner's table under a finger: on a tablet of 1280 by 800, without a mouse."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.flows.test_planner import EXPECTED, at, choose, heard, households, listed, saved, see
from tests.flows.test_worker import log_in

Spot = tuple[float, float]
FINGER = 14  # css px that a fingertip misses by


class Hand:
    """Fingers on the glass: what a browser makes of them is its own doing."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)

    def touch(self, kind: str, *spots: Spot) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(spots)]
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def tap(self, spot: Spot) -> None:
        self.drag(spot)

    def drag(self, *corners: Spot) -> None:
        self.touch("touchStart", corners[0])
        for before, after in pairwise(corners):
            for spot in between(before, after):
                self.touch("touchMove", spot)
        self.touch("touchEnd")

    def spread(self, first: Sequence[Spot], second: Sequence[Spot]) -> None:
        """Two fingers, each along a line of its own."""
        self.touch("touchStart", first[0])
        self.touch("touchStart", first[0], second[0])
        for one, other in zip(between(*first), between(*second), strict=True):
            self.touch("touchMove", one, other)
        self.touch("touchEnd")


def between(before: Spot, after: Spot, steps: int = 8) -> list[Spot]:
    (x, y), (to_x, to_y) = before, after
    return [(x + (to_x - x) * i / steps, y + (to_y - y) * i / steps) for i in range(1, steps + 1)]


@pytest.fixture
def tablet(open_page, watch) -> Callable[[], tuple[Page, Hand]]:
    watch.allow += EXPECTED

    def tablet() -> tuple[Page, Hand]:
        page = open_page(1280, viewport={"width": 1280, "height": 800}, has_touch=True, is_mobile=True)
        log_in(page, "demo-planner")
        page.goto("/plans/")
        page.locator(".new-draft summary").tap()
        page.get_by_role("button", name="建立草稿").tap()
        page.wait_for_url(re.compile(r"/plans/\d+/"))
        return see(page), Hand(page)

    return tablet


def centre(page: Page) -> list[float]:
    found: list[float] = page.evaluate(
        "(({ lat, lng }) => [lat, lng, Plans.app.map.getZoom()])(Plans.app.map.getCenter())"
    )
    return found


def corner(page: Page) -> Spot:
    """Where on the screen an inner vertex of a border lies: of those in sight the one nearest to the middle."""
    x, y = page.evaluate(
        """async () => {
            const { api, map } = Plans.app, { left, top } = map.getContainer().getBoundingClientRect();
            const arcs = (await api.get("arcs/")).arcs.filter((arc) => arc.level === "grid" && arc.left && arc.right);
            const places = arcs.flatMap(({ line }) => line.slice(1, -1));
            const spots = places.map(([x, y]) => map.latLngToContainerPoint([y, x]));
            const half = map.getSize().divideBy(2);
            const nearest = spots.sort((a, b) => a.distanceTo(half) - b.distanceTo(half))[0];
            return [nearest.x + left, nearest.y + top];
        }"""
    )
    return x, y


def test_one_finger_paints_and_two_move_the_map(tablet, keep):
    page, hand = tablet()
    page.locator(".grids .pick", has_text="第四网格").tap()
    page.get_by_role("button", name="画笔").tap()
    before, here = households(page, "第四网格"), centre(page)
    hand.drag(at(page, "22号楼"), at(page, "18-1号楼"))
    saved(page)
    assert households(page, "第四网格") > before
    assert centre(page) == here
    keep(page, "planner-touch-brush")
    after = households(page, "第四网格")
    hand.spread([(500, 400), (450, 300)], [(600, 400), (650, 300)])
    assert centre(page) != here
    assert centre(page)[2] > here[2]
    assert households(page, "第四网格") == after


def test_one_finger_moves_the_map_and_chooses_with_the_arrow(tablet):
    page, hand = tablet()
    here = centre(page)
    hand.drag((500, 400), (420, 340))
    assert centre(page)[:2] != here[:2]
    hand.tap(at(page, "17号楼"))
    expect(page.locator(".chosen")).to_contain_text("已选 1 栋")
    hand.tap(at(page, "18-1号楼"))  # there is no Shift to hold
    expect(page.locator(".chosen")).to_contain_text("已选 2 栋")
    choose(page, "第七网格")
    page.get_by_role("button", name="归过去").tap()
    heard(page, "已移动 2 栋到第七网格")


def test_a_box_drawn_by_a_finger_chooses(tablet):
    page, hand = tablet()
    page.get_by_role("button", name="框选").tap()
    (west, north), (east, south) = at(page, "17号楼"), at(page, "18-1号楼")
    west, east, north, south = min(west, east), max(west, east), min(north, south), max(north, south)
    hand.drag((west - 30, north - 30), (east + 30, south + 30))
    expect(page.locator(".chosen")).to_contain_text("栋")


def test_a_fingertip_takes_hold_of_a_border(tablet, keep):
    page, hand = tablet()
    page.get_by_role("button", name="拖边界").tap()
    page.evaluate("Plans.app.map.setZoom(18.5, { animate: false })")
    x, y = corner(page)
    hand.drag((x, y + FINGER), (x, y + FINGER + 16))
    heard(page, "已完成：移动")
    saved(page)
    keep(page, "planner-touch-border")
    assert page.evaluate("Plans.app.state.version") == 1


def test_the_list_is_for_fingers_too(tablet, keep):
    page, _hand = tablet()
    page.get_by_role("tab", name="名单").tap()
    page.get_by_role("searchbox").tap()
    page.keyboard.insert_text("20号楼")
    expect(listed(page)).to_have_text(["20号楼"])
    page.locator(".units .tick").tap()
    expect(page.locator(".chosen")).to_contain_text("已选 1 栋")
    page.get_by_role("button", name="移出网格").tap()
    heard(page, "已完成：把 1 栋移出网格")
    keep(page, "planner-touch-list")
