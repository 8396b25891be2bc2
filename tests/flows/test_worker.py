"""A grid worker on the phone: log in, see which doors are mine, open one; others stay closed."""

import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import DESK, PHONE
from tests.flows.test_resident import DOOR, fits, sizes

PASSWORD = "demo-town"


def log_in(page: Page, username: str) -> None:
    page.goto("/login/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    page.wait_for_url("**/mine/")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_worker_sees_own_doors_and_who_lives_there(open_page, keep, axe, width):
    page = open_page(width)
    log_in(page, "demo-worker")
    expect(page.get_by_role("heading", name="哪些门归我管")).to_be_visible()
    assert axe(page) == []
    assert (sizes(page), fits(page)) == ([], True)
    keep(page, f"worker-mine-{width}", full_page=True)
    page.locator(".doors a").first.click()
    expect(page.get_by_role("heading", name="户室图")).to_be_visible()
    assert axe(page) == []
    assert fits(page)
    keep(page, f"worker-doors-{width}", full_page=True)
    page.locator(".matrix a:not(.empty)").first.click()
    expect(page.locator(".num", has_text="****")).to_be_visible()
    page.get_by_role("link", name="显示电话（将被记录）").click()
    expect(page.locator("a.call")).to_have_attribute(
        "href", "tel:" + page.locator("a.call .num").inner_text().replace(" ", "")
    )
    keep(page, f"worker-household-{width}", full_page=True)


def test_the_neighbours_doors_stay_closed_with_a_human_sentence(open_page, watch, keep):
    watch.allow.append("403")
    page = open_page(PHONE)
    log_in(page, "demo-worker")
    page.goto(f"/mine/{DOOR}/")
    expect(page.get_by_text("这个楼道今天不归您管")).to_be_visible()
    keep(page, "worker-refused-390")


@pytest.mark.parametrize("who", ["demo-secretary", "demo-planner", "demo-admin"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_others_see_what_is_theirs(open_page, keep, axe, who, width):
    page = open_page(width)
    log_in(page, who)
    assert axe(page) == []
    assert fits(page)
    keep(page, f"{who}-mine-{width}", full_page=True)


def test_a_wrong_password_is_told_in_words(open_page, keep, axe):
    page = open_page(PHONE)
    page.goto("/login/")
    page.get_by_label("用户名").fill("nobody")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("main").get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")
    expect(page.get_by_label("用户名")).to_have_value("nobody")
    assert axe(page) == []
    keep(page, "worker-wrong-password-390")


def test_who_logs_out_is_out(open_page):
    page = open_page(PHONE)
    log_in(page, "demo-worker")
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="我家归谁管？")).to_be_visible()
    page.goto("/mine/")
    assert "/login/" in page.url
