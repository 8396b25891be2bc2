"""The resident's minute: a photo, a place, what it is, sent. With scripts, without, and without a network."""

import io
import re
import time
from itertools import product
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import User
from buildings.models import Stairwell
from cases import intake, moderation, moves
from cases.models import Case, Category
from tests.flows.conftest import DESK, PHONE
from tests.flows.test_resident import DOOR, fits, sizes

MINUTE = 60  # seconds
NUMBER = re.compile(r"^\d{7,}$")
COMPRESSED = 300 * 1024  # bytes of a photo that a telephone sends


def picture(name: str = "lamp", size: tuple[int, int] = (2400, 1800)) -> dict:
    """A photo with so much in it that it has to be made small."""
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG", quality=90)
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def cases() -> int:
    return Case.objects.count()


def of(page: Page) -> Case:
    """The case whose page this is."""
    key = re.search(r"/r/([0-9a-f-]+)/", page.url)
    assert key
    return Case.objects.get(key=key[1])


def fill(page: Page, *, photos: int = 1, text: str = "") -> None:
    page.locator("#photos").set_input_files([picture() for _ in range(photos)])
    page.locator(".tile", has_text="楼道照明").click()
    if text:
        page.get_by_label("情况说明").fill(text)


def send(page: Page) -> None:
    page.get_by_role("button", name="发送", exact=True).click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_minute_is_enough(open_page, keep, axe, scripts):
    page, before, began = open_page(PHONE, java_script_enabled=scripts), cases(), time.monotonic()
    page.goto(f"/d/{DOOR}/")
    page.get_by_role("link", name="拍照报问题").click()
    expect(page.locator("#place-name")).to_contain_text("3号楼")
    fill(page, photos=2, text="三楼的灯坏了")
    keep(page, f"report-filled-390{'' if scripts else '-no-scripts'}", full_page=True)
    send(page)
    page.wait_for_url("**/r/*/?sent=1")
    expect(page.get_by_role("heading", level=1)).to_contain_text("收到了")
    expect(page.locator(".number")).to_have_text(NUMBER)
    assert time.monotonic() - began < MINUTE
    keep(page, f"report-sent-390{'' if scripts else '-no-scripts'}", full_page=True)
    case = of(page)
    assert (cases(), case.photos.count(), case.stairwell.code) == (before + 1, 2, DOOR)
    assert page.locator(".shots img").count() == 2
    if scripts:
        assert (axe(page), sizes(page), fits(page)) == ([], [], True)


def test_the_telephone_sends_small_photos(open_page):
    page, sent = open_page(PHONE), []
    page.on("request", lambda request: "/photos/" in request.url and request.method == "POST" and sent.append(request))
    page.goto(f"/report/?door={DOOR}")
    fill(page)
    send(page)
    page.wait_for_url("**/r/*/?sent=1")
    [one] = sent
    assert len(one.post_data_buffer or b"") < COMPRESSED + 2000


def test_without_a_network_it_waits_and_goes_by_itself(open_page, watch, keep):
    watch.allow.append("ERR_INTERNET_DISCONNECTED")
    page, before = open_page(PHONE), cases()
    page.goto(f"/report/?door={DOOR}")
    expect(page.locator("html[data-ready]")).to_have_count(1)
    page.context.set_offline(True)
    fill(page, photos=2)
    send(page)
    expect(page.locator("#status")).to_contain_text("有网后自动发送")
    keep(page, "report-offline-390", full_page=True)
    assert cases() == before
    page.context.set_offline(False)
    page.wait_for_url("**/r/*/?sent=1")
    assert (cases(), of(page).photos.count()) == (before + 1, 2)


def test_what_waits_is_sent_from_the_home_page_too(open_page, watch):
    watch.allow.append("ERR_INTERNET_DISCONNECTED")
    page, before = open_page(PHONE), cases()
    page.goto(f"/report/?door={DOOR}")
    page.context.set_offline(True)
    fill(page)
    send(page)
    expect(page.locator("#status")).to_contain_text("有网后自动发送")
    page.close()
    other = page.context.new_page()
    page.context.set_offline(False)
    other.goto("/")
    expect(other.locator("#outbox")).to_contain_text("都发出了")
    assert cases() == before + 1


def test_a_draft_survives_the_page(open_page):
    page = open_page(PHONE)
    page.goto(f"/report/?door={DOOR}")
    fill(page, text="写到一半")
    expect(page.locator("#shots img")).to_have_count(1)
    page.wait_for_timeout(400)
    page.close()
    again = page.context.new_page()
    again.goto("/report/")
    expect(again.get_by_label("情况说明")).to_have_value("写到一半")
    expect(again.locator("#shots img")).to_have_count(1)
    expect(again.locator("#place-name")).to_contain_text("3号楼")
    before = cases()
    send(again)
    again.wait_for_url("**/r/*/?sent=1")
    assert (cases(), of(again).stairwell.code, of(again).photos.count()) == (before + 1, DOOR, 1)
    again.goto("/report/")
    expect(again.get_by_label("情况说明")).to_have_value("")


def test_pressed_twice_gone_back_and_sent_again_it_is_one(open_page):
    page, before = open_page(PHONE, java_script_enabled=False), cases()
    page.goto(f"/report/?door={DOOR}")
    fill(page)
    send(page)
    page.wait_for_url("**/r/*/?sent=1")
    page.go_back()
    send(page)
    page.wait_for_url("**/r/*/?sent=again")
    expect(page.get_by_role("status")).to_contain_text("没有报成两件")
    assert cases() == before + 1
    other = open_page(PHONE)
    other.goto(f"/report/?door={DOOR}")
    fill(other)
    other.get_by_role("button", name="发送", exact=True).dblclick()
    other.wait_for_url("**/r/*/?sent=1")
    other.go_back()
    other.wait_for_timeout(300)
    assert cases() == before + 2


def test_a_lost_answer_makes_no_second_case(open_page, watch):
    """The server has done it and the answer is lost on the way: once for the report, once for the photo."""
    watch.allow.append("Failed to load resource")
    page, before, lost = open_page(PHONE), cases(), []

    def lose(route):
        if route.request.method == "POST" and route.request.url not in lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/report/", lose)
    page.route("**/photos/", lose)
    page.goto(f"/report/?door={DOOR}")
    fill(page)
    send(page)
    page.wait_for_url("**/r/*/?sent=1")
    assert (len(lost), cases(), of(page).photos.count()) == (2, before + 1, 1)


def test_the_place_by_position_by_address_and_by_the_cross(open_page, keep):
    page = open_page(PHONE, geolocation={"longitude": 117.0993, "latitude": 39.2107}, permissions=["geolocation"])
    page.goto("/report/")
    page.get_by_role("button", name="用我现在的位置").click()
    expect(page.locator("#place-name")).to_have_text("您现在的位置")
    page.get_by_label("小区、楼号、单元").fill("宝翠花都翠竹园5号楼")
    page.get_by_role("button", name="查一查").click()
    expect(page.locator("#place-name")).to_contain_text("5号楼")
    page.locator("#pad").click(position={"x": 40, "y": 60})
    expect(page.locator("#place-name")).to_have_text("图上十字的位置")
    page.locator("#pad").press("ArrowLeft")
    page.locator(".tile", has_text="路面破损").click()
    keep(page, "report-cross-390", full_page=True)
    send(page)
    page.wait_for_url("**/r/*/?sent=1")
    assert (of(page).place_from, of(page).coord_type, of(page).stairwell) == ("crosshair", "wgs84", None)


def test_what_a_text_gives_away_is_said_and_what_will_be_public(open_page):
    page = open_page(PHONE)
    page.goto(f"/report/?door={DOOR}")
    page.get_by_label("情况说明").fill("找我，一三八零零一三八零零零")
    expect(page.locator("#preview")).to_contain_text("您写了电话号码")
    expect(page.locator("#preview q")).to_have_text("找我，■■■■")


def test_what_is_missing_is_said_with_the_way_there(open_page, axe):
    page = open_page(PHONE)
    page.goto("/report/")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("请选一下是什么事。")
    expect(page.locator("#errors")).to_be_focused()
    assert axe(page) == []


@pytest.fixture
def handled(town_server) -> Case:
    """A case that is done and not rated yet."""
    door = Stairwell.objects.get(code=DOOR)
    said = {"category": Category.objects.get(code="3101"), "point": door.footprint.centroid, "coord_type": "wgs84"}
    case, _new = intake.take_in(key=uuid4(), stairwell=door, place_from="door", text="灯不亮", **said)
    worker = case.person
    assert isinstance(worker, User)
    return moves.act(case, "self_handle", by=worker, reason="换了灯泡", public_note="换了灯泡")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_way_is_shown_like_a_parcels_and_rated_with_one_press(open_page, keep, axe, handled, width):
    page = open_page(width)
    page.goto(f"/r/{handled.key}/")
    expect(page.locator(".parcel [aria-current=step]")).to_have_count(1)
    assert (axe(page), sizes(page), fits(page)) == ([], [], True)
    keep(page, f"track-{width}", full_page=True)
    page.get_by_role("button", name="不满意" if width == DESK else "满意", exact=True).click()
    expect(page.get_by_role("heading", name="您的评价")).to_be_visible()
    handled.refresh_from_db()
    assert handled.reopened == (1 if width == DESK else 0)
    page.goto(f"/track/?number={handled.number}")
    assert axe(page) == []
    keep(page, f"track-public-{width}", full_page=True)


@pytest.mark.parametrize("path", ["/report/", f"/report/?door={DOOR}", "/track/"])
@pytest.mark.parametrize("how", ["phone", "desk", "elder", "english"])
def test_the_pages_hold_for_everybody(open_page, keep, axe, path, how):
    page = open_page(DESK if how == "desk" else PHONE)
    cookie = {"elder": ("elder", "1"), "english": ("django_language", "en")}.get(how)
    if cookie:
        page.goto("/privacy/")
        page.context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": page.url.removesuffix("privacy/")}])
    page.goto(path)
    assert (axe(page), sizes(page), fits(page)) == ([], [], True)
    keep(page, f"{'report' if 'report' in path else 'find'}{'-door' if 'door' in path else ''}-{how}", full_page=True)


# --- sixty scripts that run nowhere -----------------------------------------------------------------------------------

SHELLS = ("%s", '"%s', "'%s", "</script>%s", "</textarea>%s", "</title>%s", "-->%s", "]]>%s", "&lt;%s", "\u2028%s")
CORES = (
    "<script>window.ran=1</script>",
    "<img src=x onerror=window.ran=1>",
    "<svg onload=window.ran=1>",
    "<iframe srcdoc='<script>parent.ran=1</script>'>",
    "<a href=javascript:window.ran=1 autofocus onfocus=window.ran=1>",
    "<details open ontoggle=window.ran=1>",
)
PAYLOADS = [shell % core for shell, core in product(SHELLS, CORES)]


def test_sixty_scripts_in_every_text_run_nowhere(open_page, handled):
    assert len(PAYLOADS) == 60
    page, staff = open_page(PHONE), handled.person
    door = handled.stairwell
    for start in range(0, 60, 6):
        words = " ".join(PAYLOADS[start : start + 6])
        said = {"category": handled.category, "point": handled.point, "coord_type": "wgs84", "stairwell": door}
        case, _new = intake.take_in(key=uuid4(), place_from="door", text=words, name=words[:40], **said)
        moves.act(case, "accept", by=staff, reason=words, public_note=words)
        moderation.show_words(case, True, by=staff)
        moves.act(case, "self_handle", by=staff, reason=words, public_note=words)
        moves.act(case, "rate", by=None, rating=2, reason=words)
        for path in (f"/r/{case.key}/", f"/track/?number={case.number}"):
            page.goto(path)
            assert page.evaluate("window.ran") is None
            assert page.get_by_text(PAYLOADS[start][:30]).count()
    page.goto(f"/report/?door={DOOR}")
    page.locator(".tile", has_text="楼道照明").click()
    page.get_by_label("情况说明").fill(" ".join(PAYLOADS[:20])[:900])
    expect(page.locator("#preview q")).to_be_visible()
    page.get_by_label("不是这里？写一下地址").fill(PAYLOADS[1])
    page.get_by_role("button", name="查一查").click()
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
