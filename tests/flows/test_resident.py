"""The resident's ways to an answer, as a phone and a desk see them, with scripts and without."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import DESK, PHONE

DOOR = "1201130040130000301"  # 宝翠花都翠竹园 3号楼, in the second grid
OLD_TOWN = "3501251000010013501"  # a house in the alleys of 南门
ANSWER = "您这里归 第二网格 管"
WEIGHT = 100 * 1024  # bytes of a first view, uncompressed
BODY, TARGET = 18, 48  # css px
ELDER_BODY, ELDER_TARGET = 24, 60
PRESSED = ".button, .call, .choices a, .top nav a, .top button, .top .brand, .tel, .foot a, input[type=search]"


def sizes(page: Page) -> list[str]:
    """What is smaller than a finger, with its height."""
    least = ELDER_TARGET if page.locator("html.elder").count() else TARGET
    heights = [(one, one.bounding_box()) for one in page.locator(PRESSED).all() if one.is_visible()]
    return [f"{one.inner_text()} {box['height']}" for one, box in heights if box and box["height"] < least - 0.5]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def type_size(page: Page) -> float:
    return float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)"))


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_address_that_is_typed_leads_to_the_answer(open_page, keep, width, scripts):
    page = open_page(width, java_script_enabled=scripts)
    page.goto("/")
    keep(page, f"resident-home-{width}{'' if scripts else '-no-scripts'}")
    page.get_by_role("searchbox").fill("宝翠花都三号楼一单元501")
    page.get_by_role("button", name="查一查").click()
    if "/d/" not in page.url:  # 1门 is no 单元: the nearest is offered
        page.locator(".choices a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ANSWER)
    expect(page.locator("a.call")).to_have_attribute("href", re.compile(r"^tel:\d+$"))
    keep(page, f"resident-answer-{width}{'' if scripts else '-no-scripts'}", full_page=True)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_qr_code_of_a_door_opens_its_answer(open_page, keep, axe, width):
    page = open_page(width)
    page.goto(f"/d/{DOOR}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(ANSWER)
    assert page.locator("a.call").bounding_box()["y"] < 500  # without scrolling
    assert page.locator("figure img").evaluate("(picture) => picture.naturalWidth > 0")
    assert axe(page) == []
    assert (sizes(page), fits(page), type_size(page)) == ([], True, BODY)
    page.goto(f"/d/{OLD_TOWN}/")
    assert axe(page) == []
    assert fits(page)
    keep(page, f"resident-old-town-{width}", full_page=True)


def test_the_position_of_the_phone_leads_to_the_answer(open_page, keep):
    page = open_page(PHONE, geolocation={"longitude": 117.0993, "latitude": 39.2107}, permissions=["geolocation"])
    page.goto("/")
    page.get_by_role("button", name="用我现在的位置").click()
    page.wait_for_url("**/place/?lon=117.099300&lat=39.210700&coord_type=wgs84")
    expect(page.get_by_role("heading", level=1)).to_contain_text("您这里归")
    keep(page, "resident-position-390", full_page=True)


def test_a_refused_position_says_what_else_to_do(open_page, keep):
    page = open_page(PHONE)
    page.goto("/")
    page.evaluate(
        "() => { navigator.geolocation.getCurrentPosition = (f, failed) => failed({code: 1, PERMISSION_DENIED: 1}) }"
    )
    page.get_by_role("button", name="用我现在的位置").click()
    expect(page.get_by_role("status")).to_contain_text("没关系，请输入地址")
    keep(page, "resident-refused-390")


def test_without_scripts_there_is_no_button_that_does_nothing(open_page):
    page = open_page(PHONE, java_script_enabled=False)
    page.goto("/")
    expect(page.get_by_role("button", name="用我现在的位置")).to_be_hidden()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_several_places_are_large_choices(open_page, keep, axe, width):
    page = open_page(width)
    page.goto(f"/?q={quote('宝翠花都')}")
    expect(page.get_by_role("heading", name="您找的是哪一个？")).to_be_visible()
    assert axe(page) == []
    assert (sizes(page), fits(page)) == ([], True)
    page.get_by_role("link", name="宝翠花都翠竹园").click()
    expect(page.get_by_role("heading", name="您住哪栋楼？")).to_be_visible()
    keep(page, f"resident-choices-{width}", full_page=True)
    page.locator(".choices a", has_text="12号楼").click()
    page.locator(".choices a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您这里归")


def test_an_address_that_is_not_found_is_no_dead_end(open_page, keep, axe):
    page = open_page(PHONE)
    page.goto(f"/?q={quote('宝翠化都99栋')}")
    expect(page.get_by_text("没有找到这个地址")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("宝翠化都99栋")
    assert page.locator(".choices a").count() >= 3
    assert axe(page) == []
    keep(page, "resident-not-found-390", full_page=True)


def test_an_unknown_door_says_why(open_page, watch, keep, axe):
    watch.allow.append("404")
    page = open_page(PHONE)
    page.goto("/d/0000000000000000000/")
    expect(page.get_by_text("这个门牌码我们查不到")).to_be_visible()
    assert axe(page) == []
    assert (sizes(page), fits(page)) == ([], True)
    keep(page, "resident-unknown-door-390")


@pytest.mark.parametrize("path", ["/", f"/d/{DOOR}/", "/privacy/", "/login/"])
def test_large_type_is_one_press_away_on_every_page(open_page, keep, axe, path):
    page = open_page(PHONE)
    page.goto(path)
    page.get_by_role("button", name="长辈版").click()
    page.wait_for_load_state()
    assert page.url.endswith(path)
    assert (type_size(page), sizes(page), fits(page)) == (ELDER_BODY, [], True)
    assert axe(page) == []
    keep(page, f"elder{path.replace('/', '-').rstrip('-')}-390", full_page=True)
    page.goto("/")
    assert type_size(page) == ELDER_BODY
    page.get_by_role("button", name="普通版").click()
    page.wait_for_load_state()
    assert type_size(page) == BODY


def test_english_is_one_press_away(open_page, keep, axe):
    page = open_page(PHONE)
    page.goto(f"/d/{DOOR}/")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("looks after this place")
    assert axe(page) == []
    assert fits(page)
    keep(page, "resident-english-390", full_page=True)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ANSWER)


@pytest.mark.parametrize("path", ["/", f"/d/{DOOR}/", f"/d/{OLD_TOWN}/"])
def test_a_first_view_weighs_little(open_page, path):
    page = open_page(PHONE)
    loaded = []
    page.on("response", lambda response: loaded.append(response))
    page.goto(path, wait_until="networkidle")
    weights = {response.url: len(response.body()) for response in loaded}
    assert sum(weights.values()) < WEIGHT, weights


@pytest.mark.parametrize("path", ["/", f"/d/{DOOR}/"])
def test_the_page_holds_at_twice_the_type_size(open_page, path):
    page = open_page(PHONE)
    page.goto(path)
    page.evaluate("document.documentElement.style.fontSize = '225%'")
    assert fits(page)


def test_the_keyboard_reaches_the_answer(open_page):
    page = open_page(DESK)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("直接看内容")).to_be_focused()
    page.get_by_role("searchbox").focus()
    page.keyboard.type(DOOR)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ANSWER)
