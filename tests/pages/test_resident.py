import re

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area, Building, Household, Stairwell
from tests.grids.test_contact import IN_B1, SOUTH, WEST, appoint, grid, spot
from tests.pages.conftest import B1, on_leave

pytestmark = pytest.mark.django_db
WEIGHT = 100 * 1024  # bytes: HTML, style and picture together


def door(client, code=B1, **query):
    return client.get(reverse("pages:door", args=[code]), query)


def place(client, point, **query):
    return client.get(reverse("pages:place"), {"lon": point.x, "lat": point.y, "coord_type": "wgs84"} | query)


def text(response) -> str:
    """What is read on the page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def test_a_door_says_its_grid_who_answers_and_the_telephone_first(client, worker):
    page = door(client)
    assert page.status_code == 200
    assert "您这里归 西格 管" in text(page)
    assert "林网格" in text(page)
    assert 'href="tel:05912248' in page.content.decode()
    assert page.content.index("林网格".encode()) < page.content.index(b"<img")


def test_a_point_says_the_same_as_the_door_there(client, worker):
    assert "您这里归 西格 管" in text(place(client, IN_B1))


def test_the_grids_buildings_are_named_in_words(client, net):
    assert "西苑 1、3号楼" in text(door(client))


def test_buildings_along_a_street_are_house_numbers(client, net):
    Building.objects.filter(number="1").update(compound=None, address="学前巷1号")
    Building.objects.filter(number="3").update(compound=None, address="学前巷3号")
    assert "学前巷 1、3号。" in text(door(client))


def test_buildings_without_a_number_are_only_counted(client, net):
    Building.objects.update(compound=None, address="", number="", name="")
    assert re.search(r"这个网格有 \d+ 栋楼。", text(door(client)))
    assert "网格，就是这几栋楼" not in text(door(client))


def test_ground_where_nobody_was_ever_appointed_leads_to_the_hotline_and_no_further(client, net, settings):
    Area.objects.update(office_phone="", supervision_phone="")
    page = text(door(client))
    assert "西格还没有登记网格员，请拨打政务服务热线。" in page
    assert "社区办公室" not in page
    assert "先找网格员" not in page
    assert "监督电话" not in page


def test_a_grid_without_any_team_says_so_once(client, worker):
    page = text(door(client))
    assert "还没有组成两长四员" in page
    assert "暂缺" not in page


def test_who_does_not_wish_to_be_named_is_a_post(client, worker):
    User.objects.update(name_is_public=False)
    page = text(door(client))
    assert "林网格" not in page
    assert "网格员" in page


def test_on_a_day_of_leave_the_deputy_answers_and_the_page_says_why(client, worker):
    on_leave(worker)
    page = text(door(client))
    assert "0591-2248 1002" in page
    assert "今天离岗，由代理人接听" in page


def test_vacant_posts_of_the_team_are_said(client, worker):
    appoint(Role.MEDIATOR, "赵调解", grid=grid("西格"))
    page = text(door(client))
    assert page.count("暂缺") == 5
    assert "赵调解" in page


def test_the_supervision_phone_and_the_hotline_stand_on_the_page(client, worker):
    page = text(door(client))
    assert "0591-2248 1999" in page
    assert "12345" in page


def test_an_occupied_and_an_empty_flat_have_the_same_page(client, household):
    with_people = door(client).content
    Household.objects.all().delete()
    assert door(client).content == with_people


def test_the_page_asks_neither_dwellings_nor_households(client, household, django_assert_max_num_queries):
    with django_assert_max_num_queries(4) as queries:  # the stairwell, its places, its staff, the grid's buildings
        door(client)
    asked = " ".join(query["sql"] for query in queries.captured_queries)
    assert "buildings_dwelling" not in asked
    assert "buildings_household" not in asked


def test_a_visitor_without_a_session_gets_no_cookie(client, worker):
    assert not door(client).cookies


def test_near_an_edge_the_page_asks_which_building(client, net):
    page = place(client, spot(0.5, 0.7))
    assert "您在两个网格的边上" in text(page)
    assert "您住哪栋楼？" in text(page)
    nearest = re.findall(r'href="/d/(\d{19})/"', page.content.decode())
    assert {Stairwell.objects.get(code=code).building.number for code in nearest[:2]} == {"1", "2"}


def test_outside_of_the_net_the_page_gives_a_telephone(client, net):
    page = text(place(client, spot(40, 40)))
    assert "这里不在我们的网格里" in page
    assert "12345" in page


def test_any_day_can_be_asked(client, worker):
    before = text(door(client, date="2025-06-01"))
    assert "这是 2025年6月1日的安排" in before
    assert "西格 管" not in before


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"lon": "119.3", "lat": "26.05"}, "请说明坐标类型"),
        ({"lon": "119.3", "coord_type": "wgs84"}, "位置不完整"),
        ({"lon": "nan", "lat": "26", "coord_type": "wgs84"}, "不在地图上"),
        ({"lon": "1e400", "lat": "26", "coord_type": "gcj02"}, "不在地图上"),
        ({"lon": "119.3", "lat": "26.05", "coord_type": "wgs84", "date": "yesterday"}, "日期"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(client, db, query, sentence):
    page = client.get(reverse("pages:place"), query)
    assert page.status_code == 400
    assert sentence in text(page)


@pytest.mark.parametrize("code", ["0000000000000000000", "1", "abc", "3501251000010000101999"])
def test_an_unknown_door_says_why_and_what_to_do(client, net, code):
    page = door(client, code)
    assert page.status_code == 404
    assert "这个门牌码我们查不到" in text(page)
    assert 'name="q"' in page.content.decode()
    assert "12345" in text(page)


def test_a_door_that_was_pulled_down_is_gone_from_that_day(client, net):
    Stairwell.objects.filter(code=B1).update(gone_since="2026-06-01")
    assert door(client, date="2026-05-31").status_code == 200
    assert door(client, date="2026-06-01").status_code == 404


def test_a_shifted_position_finds_the_same_grid(client, net):
    from geo.crs import from_wgs84

    lon, lat = from_wgs84(IN_B1.x, IN_B1.y, "gcj02")
    page = client.get(reverse("pages:place"), {"lon": lon, "lat": lat, "coord_type": "gcj02"})
    assert "西格" in text(page)


def test_the_drawing_is_a_small_picture_of_the_place(client, net):
    url = door(client).context["sketch"]
    drawing = client.get(url)
    assert drawing["Content-Type"].startswith("image/svg+xml")
    assert "您在这里" in drawing.content.decode()
    assert f"{WEST}"[:6] not in drawing.content.decode()  # drawn, not given away as coordinates
    assert len(drawing.content) < 40 * 1024


def test_the_drawing_of_a_place_without_a_net_is_drawn_too(client, db):
    drawing = client.get(reverse("pages:sketch"), {"lon": WEST - 3, "lat": SOUTH, "coord_type": "wgs84"})
    assert drawing.status_code == 200


def test_a_page_with_all_that_it_loads_is_light(client, worker, settings):
    page = door(client)
    style = (settings.BASE_DIR / "static" / "site.css").stat().st_size
    drawing = client.get(page.context["sketch"]).content
    assert len(page.content) + style + len(drawing) < WEIGHT


def test_large_type_is_one_press_away_and_remembered(client, net):
    page = client.post(reverse("pages:elder"), {"elder": "1", "next": "/privacy/"})
    assert page["Location"] == "/privacy/"
    assert 'class="elder"' in client.get("/privacy/").content.decode()
    client.post(reverse("pages:elder"), {"elder": "", "next": "/"})
    assert 'class="elder"' not in client.get("/privacy/").content.decode()


def test_large_type_leads_to_no_other_site(client):
    assert client.post(reverse("pages:elder"), {"elder": "1", "next": "https://example.com/"})["Location"] == "/"


def test_pages_are_chinese_whatever_the_browser_prefers(client, db):
    page = client.get("/privacy/", headers={"accept-language": "en-US,en;q=0.9"})
    assert 'lang="zh-CN"' in page.content.decode()


def test_the_switch_makes_them_english(client, db):
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    page = client.get("/").content.decode()
    assert 'lang="en"' in page
    assert "Who looks after my home?" in page


def test_the_privacy_page_is_short(client, db):
    page = client.get(reverse("pages:privacy")).content.decode()
    words = re.sub(r"<[^>]+>|\s", "", page[page.index("<article") : page.index("</article>")])
    assert len(words) <= 450  # Chinese characters; 300 English words


def test_sentences_are_short(client, worker):
    """Primary school reading level: at most 25 characters between stops."""
    for page in (door(client), client.get("/"), client.get(reverse("pages:privacy"))):
        lines = re.sub(r"<[^>]+>", "\n", page.content.decode()).split("\n")
        sentences = [part for line in lines for part in re.split(r"[。；！？：]", line)]
        assert [s for s in sentences if len(re.findall(r"[\u4e00-\u9fff]", s)) > 32] == []


def test_shared_links_have_a_title_and_a_picture(client, worker):
    page = door(client).content.decode()
    assert '<meta property="og:title" content="这里归西格管">' in page
    assert 'property="og:image" content="http://testserver/static/pages/share.png"' in page
