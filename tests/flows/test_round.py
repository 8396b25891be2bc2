"""The worker's round on a telephone, two people at one case, several cases at once, and what strangers typed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import Role
from cases import moves
from cases.models import Case, Category, HandlingUnit, Move, Reporter, Status
from grids.access import doors_of
from grids.models import Appointment
from tests.flows.conftest import DESK, PHONE
from tests.flows.test_resident import fits, sizes
from tests.flows.test_worker import PASSWORD, log_in
from tests.payloads import PAYLOADS

LONG_AGO = timedelta(days=900)  # due before all of the demo's cases, and so on top of every list


def a_case(person: User | None, **more) -> Case:
    """A lamp behind a door of the demo's grid worker."""
    now, worker = timezone.now(), User.objects.get(username="demo-worker")
    door = doors_of(worker, timezone.localdate()).select_related("building__community").order_by("code").first()
    assert door is not None
    said = {
        "category": Category.objects.get(code="3101"), "text": "三楼的灯不亮", "point": door.footprint.point_on_surface,
        "place_from": "door", "coord_type": "wgs84", "stairwell": door, "building": door.building,
        "community": door.building.community, "grid": worker.appointments.get().grid, "person": person,
        "status": Status.DISPATCHED, "reported_at": now - timedelta(hours=30), "due_at": now - LONG_AGO,
        "handle_due_at": now - LONG_AGO, "version": 1,
    }  # fmt: skip
    case = Case.objects.create(**(said | more))
    Move.objects.create(case=case, at=case.reported_at, act="report", status=case.status, level=1, grid=case.grid)
    return case


@pytest.fixture
def worker(town_server: str) -> Iterator[User]:
    """The demo's grid worker; what a test adds to their cases is out of the way when it ends."""
    before = Case.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    yield User.objects.get(username="demo-worker")
    Case.objects.filter(pk__gt=before).update(status=Status.VOIDED, due_at=None)


@pytest.fixture
def colleague(worker: User) -> User:
    """The second worker of the same grid."""
    known = User.objects.filter(username="demo-colleague").first()
    if known:
        return known
    user = User.objects.create(username="demo-colleague", name="高同事", password=make_password(PASSWORD))
    grid = worker.appointments.get().grid
    span = DateRange(timezone.localdate() - timedelta(days=9), None)
    Appointment.objects.create(role=Role.GRID_WORKER, person=user, grid=grid, in_force=span)
    return user


def test_the_round_is_mine_case_take_resolve_next(open_page, keep, axe, worker):
    first, second = a_case(worker, due_at=timezone.now() - LONG_AGO - timedelta(days=1)), a_case(worker)
    page = open_page(PHONE)
    log_in(page, "demo-worker")
    expect(page.get_by_role("heading", name="现在要办的")).to_be_in_viewport()
    assert axe(page) == []
    keep(page, "round-mine-390", full_page=True)
    page.locator(".case-row a").first.click()
    expect(page.locator(".case-head")).to_contain_text(first.number)
    expect(page.locator(".case-head .state")).to_contain_text("▲ 待接单 · 已超时")
    assert (axe(page), sizes(page), fits(page)) == ([], [], True)
    keep(page, "round-case-390", full_page=True)
    page.get_by_role("button", name="接单").click()
    expect(page.get_by_role("status")).to_contain_text("办好了：接单")
    page.get_by_label("怎么处理的").fill("换了灯泡")
    page.get_by_role("button", name="办结反馈").click()
    expect(page.get_by_role("status")).to_contain_text("办好了：办结反馈")
    assert axe(page) == []
    keep(page, "round-done-390")
    page.get_by_role("link", name="下一件").click()
    expect(page.locator(".case-head")).to_contain_text(second.number)
    assert Case.objects.get(pk=first.pk).status == Status.RESOLVED


def test_who_comes_second_reads_who_was_first_and_keeps_what_they_wrote(open_page, watch, keep, axe, worker, colleague):
    case = a_case(worker)
    watch.allow.append("409")
    first, second = open_page(PHONE), open_page(PHONE)
    for page, name in ((first, "demo-colleague"), (second, "demo-worker")):
        log_in(page, name)
        page.goto(f"/cases/{case.number}/")
    second.get_by_text("更多", exact=True).click()
    second.get_by_text("申请挂账", exact=True).first.click()
    second.locator("form[action$='ask_suspension/'] textarea").fill("要等配件，写了很久")
    first.get_by_role("button", name="接单").click()
    expect(first.get_by_role("status")).to_contain_text("办好了")
    second.get_by_role("button", name="申请挂账").click()
    expect(second.get_by_role("alert")).to_contain_text("高同事在")
    expect(second.get_by_role("alert")).to_contain_text("接单")
    expect(second.locator("form[action$='ask_suspension/'] textarea")).to_have_value("要等配件，写了很久")
    assert axe(second) == []
    keep(second, "round-second-390", full_page=True)
    assert Case.objects.get(pk=case.pk).person == colleague


def test_what_was_typed_is_there_after_the_session_ended(open_page, watch, worker):
    watch.allow.append("403")
    page, case = open_page(PHONE), a_case(worker, status=Status.IN_PROGRESS)
    log_in(page, "demo-worker")
    page.goto(f"/cases/{case.number}/")
    page.get_by_label("怎么处理的").fill("换了灯泡，写了很久")
    page.context.clear_cookies()
    page.get_by_role("button", name="办结反馈").click()
    log_in(page, "demo-worker")
    page.goto(f"/cases/{case.number}/")
    expect(page.get_by_label("怎么处理的")).to_have_value("换了灯泡，写了很久")
    page.get_by_role("button", name="办结反馈").click()
    expect(page.get_by_role("status")).to_contain_text("办好了")
    assert page.evaluate("Object.keys(sessionStorage)") == []


def test_several_are_taken_at_once_and_each_is_answered(open_page, keep, axe, worker, colleague):
    cases = [a_case(worker, due_at=timezone.now() - LONG_AGO - timedelta(days=9 - n)) for n in range(3)]
    page = open_page(PHONE)
    log_in(page, "demo-worker")
    page.goto("/cases/?status=dispatched")
    moves.act(cases[2], "take", by=colleague)
    expect(page.locator("[data-bar]")).to_be_hidden()
    for number in range(3):
        page.locator(".tick").nth(number).click()
    expect(page.locator("[data-chosen]")).to_have_text("选了 3 件")
    assert (axe(page), fits(page)) == ([], True)
    keep(page, "round-several-390")
    page.locator("[data-bar]").get_by_role("button", name="接单").click()
    expect(page.get_by_role("heading", name="办好 2 件，没办成 1 件")).to_be_visible()
    expect(page.locator(".report")).to_contain_text("高同事在")
    assert axe(page) == []
    keep(page, "round-report-390", full_page=True)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_map_of_the_list_is_drawn_and_the_position_stays_on_the_phone(open_page, watch, keep, axe, worker, width):
    a_case(worker)
    page = open_page(width, geolocation={"longitude": 117.0993, "latitude": 39.2092}, permissions=["geolocation"])
    log_in(page, "demo-secretary")
    page.goto("/cases/")
    page.get_by_role("button", name="看地图").click()
    page.wait_for_selector("#case-map[data-ready]")
    assert (axe(page), fits(page)) == ([], True)
    keep(page, f"round-map-{width}")
    page.get_by_role("button", name="附近").click()
    expect(page.get_by_text("没有发送")).to_be_visible()
    expect(page.locator(".nearest .case-row").first).to_contain_text("米")
    assert not [address for address in watch.requests if "117.099" in address or "39.209" in address]


def test_without_scripts_a_case_is_taken_too(open_page, worker):
    case = a_case(worker)
    page = open_page(PHONE, java_script_enabled=False)
    log_in(page, "demo-worker")
    page.goto("/cases/?show=turn")
    expect(page.get_by_role("button", name="附近")).to_be_hidden()
    page.goto(f"/cases/{case.number}/")
    page.get_by_role("button", name="接单").click()
    expect(page.get_by_role("status")).to_contain_text("办好了：接单")


def test_the_pages_of_the_desk_hold_at_twice_the_type_size_and_in_english(open_page, axe, worker):
    page, case = open_page(PHONE), a_case(worker)
    log_in(page, "demo-secretary")
    paths = ["/cases/", "/cases/?show=due&grid=nowhere", "/case-rules/", "/whistles/"]
    paths.append(f"/cases/{case.number}/whistles/")
    for path in paths:
        page.goto(path)
        assert (axe(page), sizes(page), fits(page)) == ([], [], True), path
        page.evaluate("document.documentElement.style.fontSize = '225%'")
        assert fits(page), path
    page.get_by_role("button", name="English").click()
    for path in (*paths, f"/cases/{case.number}/"):
        page.goto(path)
        assert fits(page), path
    assert axe(page) == []


def ran(page: Page) -> bool:
    return bool(page.evaluate("'pwned' in window"))


def test_the_scripts_bite_where_nothing_stops_them(open_page):
    page, bitten = open_page(DESK), 0
    for text in PAYLOADS[::5]:
        page.goto("about:blank")
        page.set_content(f"<p>{text}</p>")
        page.wait_for_timeout(50)
        bitten += ran(page)
    assert bitten >= 6


def test_sixty_scripts_in_every_column_of_text_run_nowhere(open_page, axe, worker):
    """A unit, a category, people and cases that are called by scripts, on every page of the desk and on its map."""
    grid, admin = worker.appointments.get().grid, User.objects.get(username="demo-admin")
    unit = HandlingUnit.objects.create(name=PAYLOADS[0][:60], area=grid.community, phone="199 0000 0000")
    kinds = [
        Category.objects.create(code=f"x{n}", name=text[:40], icon=text[:20], level=1)
        for n, text in enumerate(PAYLOADS)
    ]
    cases = []
    for kind, text in zip(kinds, PAYLOADS, strict=True):
        case = a_case(None, category=kind, text=text, intake_rule=text[:200], rating_words=text[:300])
        Reporter.objects.create(case=case, name=text[:40], email="a@example.org", phone="13900000000")
        cases.append(case)
        moves.act(cases[0], "note", by=admin, reason=text, public_note=text)
    moves.act(cases[0], "dispatch", by=User.objects.get(username="demo-secretary"), handling_unit=unit, reason="x")
    page = open_page(DESK)
    log_in(page, "demo-secretary")
    for path in ("/mine/", "/cases/", "/cases/?page=2", "/case-rules/", f"/cases/{cases[0].number}/print/"):
        page.goto(path)
        assert not ran(page), path
    page.goto("/cases/")
    page.get_by_role("button", name="看地图").click()
    page.wait_for_selector("#case-map[data-ready]")
    box = page.locator(".case-field").bounding_box()
    assert box is not None
    page.locator("#case-map canvas").first.wait_for(state="attached")
    # What a tap shows is a link to the case: a later tap that meets it would leave the page.
    page.evaluate("document.addEventListener('click', (tap) => tap.target.closest('a') && tap.preventDefault(), true)")
    for x in range(40, int(box["width"]), 60):
        page.mouse.click(box["x"] + x, box["y"] + box["height"] / 2)
    assert not ran(page)
    for case in cases[::5]:
        page.goto(f"/cases/{case.number}/")
        assert not ran(page), case.text
        assert page.locator(".said").first.inner_text().strip()
    page.get_by_role("button", name="显示（将被记录）").click()
    assert not ran(page)
