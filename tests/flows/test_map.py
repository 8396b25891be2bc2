"""The map as people use it: by mouse, by touch, by keys alone, with names that would like to be scripts."""

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from tests.flows.conftest import DESK, PHONE

READY = "#map_town[data-ready=true]"
HOME = "#18/25.87000/118.93000"  # a house in the old town
PANEL = ".town-panel"


def see(page: Page, address: str = "/map/") -> Page:
    page.goto(address)
    page.wait_for_selector(READY, timeout=30_000)
    page.wait_for_timeout(300)  # Leaflet fades tiles in
    return page


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize(
    "view", ["", "#14/25.87000/118.93000", "#16/25.87000/118.93000", HOME, "#20/25.87000/118.93000"]
)
def test_the_map_draws_from_town_to_stairwell(open_page, keep, width, view):
    page = see(open_page(width), f"/map/{view}")
    keep(page, f"map-{width}-{view[1:3] or 'town'}")
    assert page.evaluate("document.querySelectorAll('.leaflet-tile-loaded').length") > 0


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_first_view_is_filled_by_the_whole_town(open_page, width):
    page = see(open_page(width))
    corners = page.evaluate(
        """[L.latLng(25.8741, 118.9244), L.latLng(25.8661, 118.9362)].map((at) => map_town.latLngToContainerPoint(at))
           .concat([map_town.getSize()]).map(({x, y}) => [x, y])"""
    )
    (left, top), (right, bottom), (wide, high) = corners
    assert min(left, top) >= 0
    assert right <= wide
    assert bottom <= high
    assert max((right - left) / wide, (bottom - top) / high) > 0.7
    address = page.evaluate("map_town.panBy([5, 0], {animate: false}), location.href")
    again = see(open_page(width), address)
    assert again.evaluate("map_town.getZoom()") == page.evaluate("map_town.getZoom()")


def test_results_lie_above_all_else(open_page):
    page = see(open_page(PHONE))
    page.get_by_role("searchbox").fill("宝翠花都")
    page.keyboard.press("Enter")
    first = page.locator(".town-results li button").first
    expect(first).to_contain_text("宝翠花都")
    first.click(trial=True)


def test_a_map_without_a_network_says_so_until_it_is_back(open_page, watch):
    watch.allow.append("ERR_INTERNET_DISCONNECTED")
    page = see(open_page(DESK))
    page.context.set_offline(True)
    page.get_by_role("button", name="缩小").click()
    expect(page.locator(".town-status")).to_have_text("部分地图没有载入，请检查网络。")
    page.wait_for_timeout(5500)
    expect(page.locator(".town-status")).not_to_be_empty()
    page.context.set_offline(False)
    expect(page.locator(".town-status")).to_be_empty()


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_click_tells_the_chain_and_who_answers(open_page, keep, axe, width):
    page = see(open_page(width), f"/map/{HOME}")
    box = page.locator("#map_town").bounding_box()
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.touchscreen.tap(*at) if width == PHONE else page.mouse.click(*at)
    panel = page.locator(PANEL)
    expect(panel.locator(".town-chain li").last).to_contain_text("樟城镇")
    expect(panel.locator(".town-chain")).to_contain_text("南门社区")
    expect(panel.locator("a.call")).to_have_attribute("href", "tel:19900001618")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    keep(page, f"map-{width}-place")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "map_town"


def test_keys_alone_find_a_place_and_read_it(open_page):
    page = see(open_page(DESK), f"/map/{HOME}")
    page.locator("#map_town").focus()
    before = page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    page.wait_for_timeout(900)
    assert page.evaluate("location.hash") != before
    assert page.evaluate("location.hash").startswith("#19/")
    page.keyboard.press("Enter")
    expect(page.locator(f"{PANEL} h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#map_town")).to_be_focused()
    for _press in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "缩小":
            break
    page.keyboard.press("Enter")
    page.wait_for_timeout(700)
    assert page.evaluate("location.hash").startswith("#18/")


def test_a_search_flies_to_the_door(open_page, keep):
    page = see(open_page(DESK))
    page.get_by_role("searchbox").fill("鱼市巷6号")
    page.keyboard.press("Enter")
    expect(page.locator(f"{PANEL} h2")).to_contain_text("鱼市巷6号")
    page.wait_for_selector(READY)
    page.wait_for_timeout(600)
    keep(page, "map-1440-search")
    assert page.evaluate("location.hash").startswith("#18/25.86")


def test_what_was_found_on_a_telephone_is_not_under_the_sheet(open_page):
    page = see(open_page(PHONE))
    page.get_by_role("searchbox").fill("鱼市巷6号")
    page.keyboard.press("Enter")
    expect(page.locator(f"{PANEL} h2")).to_contain_text("鱼市巷6号")
    page.wait_for_timeout(1500)  # flown there, then lifted
    found = "map_town.latLngToContainerPoint(location.hash.split('@')[1].split(',').map(Number)).y"
    top = page.locator(PANEL).bounding_box()["y"] - page.locator("#map_town").bounding_box()["y"]
    assert page.evaluate(found) < top


def test_an_unclear_search_asks_back(open_page):
    page = see(open_page(PHONE))
    page.get_by_role("searchbox").fill("宝翠花都")
    page.keyboard.press("Enter")
    choice = page.locator(".town-results li button").first
    expect(choice).to_be_visible()
    choice.click()
    expect(page.locator(f"{PANEL} .town-chain li").last).to_be_visible()


def test_the_address_reproduces_the_view(open_page):
    first = see(open_page(DESK), "/map/?date=2026-06-15#17/25.87000/118.93000")
    first.get_by_role("checkbox", name="道路").uncheck()
    first.mouse.click(720, 480)
    expect(first.locator(f"{PANEL} .town-chain")).to_be_visible()
    address = first.evaluate("location.href")
    assert "date=2026-06-15" in address
    assert "roads" in address
    second = see(open_page(DESK), address)
    expect(second.locator(f"{PANEL} h2")).to_have_text(first.locator(f"{PANEL} h2").text_content())
    expect(second.get_by_role("checkbox", name="道路")).not_to_be_checked()
    assert second.evaluate("location.href") == address


def test_another_language_keeps_the_view(open_page):
    page = see(open_page(DESK), "/map/#17/25.87000/118.93000")
    page.locator("button[name=language]").click()
    page.wait_for_selector("html[lang=en]")
    page.wait_for_selector(READY)
    assert page.evaluate("location.hash") == "#17/25.87000/118.93000"
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()


def test_the_map_has_nothing_that_axe_calls_serious(open_page, axe):
    assert axe(see(open_page(DESK))) == []
    assert axe(see(open_page(PHONE))) == []


def test_controls_are_large_enough_for_a_thumb(open_page):
    page = see(open_page(PHONE))
    for button in page.locator(".town-corner button, .town-open, .town-go").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 48


def test_the_page_may_be_zoomed_by_fingers(open_page):
    page = see(open_page(PHONE))
    viewports = page.locator("meta[name=viewport]").evaluate_all("all => all.map((one) => one.content)")
    assert viewports == ["width=device-width, initial-scale=1"]


def test_without_a_map_the_list_tells_the_same(open_page, keep, axe):
    page = open_page(PHONE, java_script_enabled=False)
    page.goto("/map/")
    page.get_by_role("link", name="列表").first.click()
    page.get_by_role("link", name="宝翠花都社区", exact=True).click()
    keep(page, "list-390-community")
    assert page.locator("tbody tr").count() == 7
    page.locator("tbody th a").first.click()
    assert page.locator("tbody tr").count() > 1
    page.locator("tbody td a[href^='/d/']").first.click()
    expect(page.locator("a[href^='tel:']").first).to_be_visible()


def test_a_stale_version_is_noticed_and_the_map_drawn_anew(open_page, watch):
    page = open_page(DESK)
    page.route("**/map/", lambda route: route.fulfill(response=(answer := route.fetch()), body=outdated(answer.text())))
    see(page)
    versions = {url.split("/tiles/")[1].split("/")[0] for url in watch.requests if "/tiles/" in url}
    assert len(versions) == 2
    assert page.evaluate("window.ready")


def outdated(html: str) -> str:
    """The page as it was before a publication: another version of the net in it."""
    head, _mark, tail = html.partition('"version":"')
    return f'{head}"version":"{"0" * 12}{tail[12:]}'


# Keeps what is written on any canvas: names on the map are not in the document.
WRITING = """window.written = new Set(); const fill = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText =
    function (text, ...at) { written.add(text); return fill.call(this, text, ...at); };"""


def written(page: Page, address: str = "/map/") -> set[str]:
    page.add_init_script(WRITING)
    return set(see(page, address).evaluate("[...written]"))


def test_the_name_of_a_grid_that_is_too_small_for_it_is_its_number(open_page):
    names = written(open_page(PHONE))
    assert {"1", "2", "4", "网格"} <= names  # a house has no number at this zoom
    assert not {"第一网格", "第二网格", "第四网格"} & names
    assert "第五网格" in written(open_page(DESK), f"/map/{HOME}")


def test_a_long_name_is_broken_between_its_words(open_page, renamed):
    renamed("北门社区", "chengdu_qingyang_2026（临时）")
    names = written(open_page(DESK))
    assert {"chengdu_", "qingyang_", "2026（临时）"} <= names


@pytest.fixture
def renamed(town_server):
    """`renamed("北门社区", "Northgate")`: a community under another name, till the test ends."""
    from buildings.models import Area, GroundChange

    def rename(old: str, new: str) -> None:
        assert Area.objects.filter(name=old).update(name=new) == 1
        GroundChange.objects.create(what="a new name")
        undone.append((new, old))

    undone: list[tuple[str, str]] = []
    yield rename
    for new, old in list(undone):  # undoing one writes it down as well
        rename(new, old)


@pytest.mark.parametrize("query", ["", "?community=350125100001", "?grid=350125100001001"])
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_lists_hold_a_thumb_a_narrow_window_and_axe(open_page, axe, keep, query, width):
    page = open_page(width)
    page.goto(f"/map/list/{query}")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".table").evaluate("(table) => table.offsetWidth <= table.parentElement.clientWidth")
    assert min(link.bounding_box()["height"] for link in page.locator(".table a").all()) >= 44
    keep(page, f"list-{width}-{query[1:5] or 'all'}")


def test_a_telephone_stands_once_in_a_chain(open_page):
    page = see(open_page(PHONE), f"/map/{HOME}")
    page.locator("#map_town").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{PANEL} .town-chain li").last).to_be_visible()
    phones = page.locator(f"{PANEL} .town-chain a").evaluate_all("all => all.map((one) => one.href)")
    assert len(phones) == len(set(phones)) >= 2


PAYLOAD = "<img src=x onerror=pwned=1>`${pwned=1}</script><script>pwned=1</script>"  # the first 40 letters bite already


def test_a_script_in_a_name_runs_nowhere(open_page, town_server, named_for_trouble):
    for address in ("/map/#18/25.87000/118.93000", "/map/list/", "/map/list/?community=350125100001"):
        page = open_page(DESK)
        page.goto(address)
        if address.startswith("/map/#"):
            page.wait_for_selector(READY)
            page.mouse.click(720, 480)
            expect(page.locator(f"{PANEL} .town-chain")).to_contain_text("pwned")
            page.get_by_role("searchbox").fill("网格")
            page.keyboard.press("Enter")
            page.wait_for_timeout(500)
        assert page.evaluate("window.pwned") is None
        assert page.locator("img[src=x]").count() == 0


@pytest.fixture
def named_for_trouble(town_server):
    """Every name in the town tries to be a script; they are themselves again afterwards."""
    from buildings.models import Area, Building, Compound, Facility, GroundChange, Road
    from grids.models import Grid

    room = {Area: 60, Building: 60, Compound: 60, Road: 60, Facility: 80, Grid: 40}
    before = {model: dict(model.objects.values_list("pk", "name")) for model in room}
    for model, length in room.items():
        model.objects.update(name=PAYLOAD[:length])
    GroundChange.objects.create(what="names for trouble")
    yield
    for model, names in before.items():
        model.objects.bulk_update([model(pk=pk, name=name) for pk, name in names.items()], ["name"], batch_size=500)
    GroundChange.objects.create(what="names as they were")


def test_an_exported_map_opens_from_a_disk_and_runs_no_name(open_page, watch, keep, tmp_path, named_for_trouble):
    path = tmp_path / "map.html"
    call_command("export_map", path, community="120113004013", date="2026-06-15", verbosity=0)
    assert path.stat().st_size < 2_000_000
    page = open_page(DESK)
    page.goto(f"{path.as_uri()}#18/39.21050/117.09970")
    page.wait_for_selector(READY)
    page.mouse.click(720, 450)
    expect(page.locator(f"{PANEL} .town-chain")).to_contain_text("pwned")
    keep(page, "export")
    assert page.evaluate("window.pwned") is None
    assert [url for url in watch.requests if not url.startswith("file:")] == []
    assert "<img src=x" not in path.read_text()
