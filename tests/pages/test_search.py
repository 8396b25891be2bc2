import re

import pytest
from django.urls import reverse

from buildings.models import Building, Household, Stairwell
from tests.pages.conftest import B1
from tests.pages.test_resident import text

pytestmark = pytest.mark.django_db


def ask(client, words, **query):
    return client.get(reverse("pages:home"), {"q": words} | query)


@pytest.mark.parametrize("words", ["西苑1栋1单元", "西苑 1-1", "西苑一号楼一单元", "西苑１幢１單元301室", B1])
def test_any_usual_spelling_leads_to_the_door(client, net, words):
    page = ask(client, words)
    assert page.status_code == 302
    assert page["Location"] == reverse("pages:door", args=[B1])


def test_a_building_asks_for_the_stairwell(client, net):
    page = ask(client, "西苑1号楼")
    assert "您住哪个" in text(page)
    assert set(re.findall(r'href="/d/(\d+)/"', page.content.decode())) == {B1, B1[:-1] + "2"}


def test_a_building_with_one_stairwell_asks_nothing(client, net):
    Stairwell.objects.filter(code=B1[:-1] + "2").update(gone_since="2026-01-02")
    assert ask(client, "西苑1号楼")["Location"] == reverse("pages:door", args=[B1])


def test_a_compound_asks_for_the_building_and_leads_on(client, net):
    page = ask(client, "西苑")
    assert "您住哪栋楼" in text(page)
    links = re.findall(r'href="(/\?q=[^"]+)"', page.content.decode())
    assert len(links) == 2
    assert "您住哪个" in text(client.get(links[0].replace("&amp;", "&")))


def test_a_community_and_a_town_lead_on_too(client, net):
    assert "您住哪栋楼" in text(ask(client, "方正社区"))
    assert "您住哪个社区" in text(ask(client, "樟城镇"))


def test_nothing_found_offers_the_nearest_and_a_telephone(client, net):
    page = ask(client, "西园9号楼")
    assert "没有找到这个地址" in text(page)
    assert "西苑" in text(page)
    assert "12345" in text(page)
    assert 'value="西园9号楼"' in page.content.decode()


def test_a_stairwell_that_is_not_there_is_said_to_be_missing(client, net):
    page = ask(client, "西苑1栋7单元")
    assert "没有这个单元" in text(page)
    assert set(re.findall(r'href="/d/(\d+)/"', page.content.decode())) == {B1, B1[:-1] + "2"}


def test_an_empty_town_is_no_dead_end(client, db):
    page = ask(client, "哪里都不是")
    assert page.status_code == 200
    assert "还没有录入社区和楼栋" in text(page)
    assert "12345" in text(page)


def test_an_empty_map_and_list_say_that_they_are(client, db):
    for address in ("/map/", "/map/list/"):
        assert "还没有录入社区和楼栋" in text(client.get(address))


def test_what_is_typed_is_shown_as_text(client, net):
    page = ask(client, '"><script>alert(1)</script>')
    assert b"<script>alert" not in page.content


@pytest.mark.parametrize("words", ["锟斤拷烫烫烫", "长" * 500, "\x00", "%", "' OR 1=1"])
def test_odd_input_is_answered(client, net, words):
    assert ask(client, words).status_code == 200


@pytest.mark.parametrize("query", [{"level": "compound", "pk": "999999"}, {"level": "road", "pk": "x"}, {"level": "x"}])
def test_a_stale_choice_is_answered(client, net, query):
    assert ask(client, "西苑", **query).status_code == 200


def test_an_occupied_and_an_empty_flat_are_answered_alike(client, household):
    occupied, empty = ask(client, "西苑1栋1单元301"), ask(client, "西苑1栋1单元302")
    assert occupied["Location"] == empty["Location"]
    assert occupied.content == empty.content
    nowhere = ask(client, "西苑1栋1单元9999")
    Household.objects.all().delete()
    assert nowhere["Location"] == ask(client, "西苑1栋1单元301")["Location"]


def test_the_day_travels_along(client, net):
    assert ask(client, "西苑1栋1单元", date="2026-05-01")["Location"].endswith("?date=2026-05-01")


@pytest.mark.parametrize("name", ["Pääskynen", "Töölönkatu", "中国银行(atm)"])
def test_a_name_that_is_stored_in_any_letters_silences_nobody(client, net, name):
    Stairwell.objects.filter(code=B1).update(name=name)
    Building.objects.update(name=name)
    for words in ("西苑", "西苑1栋", "Aleksanterinkatu 1", name):
        page = ask(client, words)
        assert page.status_code in (200, 302)
        assert "无法识别" not in text(page)
