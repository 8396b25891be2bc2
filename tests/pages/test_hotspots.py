"""The page of hot spots: the planner's question, the same for everybody without what must be withheld."""

import re

import pytest
from django.core.cache import cache

from accounts.models import User
from api.permissions import Politeness
from tests.conftest import UNTIL

MONTH = f"{UNTIL.astimezone():%Y-%m}"


@pytest.fixture
def planner(town, client, monkeypatch):
    cache.clear()
    monkeypatch.setattr(Politeness, "LIMIT", 10**9)
    client.force_login(User.objects.get(username="demo-town-planner"))
    return client


def rows(answer):
    return answer.context["page"].paginator.object_list


def test_the_planner_sees_where_requests_pile_up(planner):
    answer = planner.get("/hotspots/", {"period": MONTH, "category": "0404", "measure": "z"})
    first = rows(answer)[0]
    assert first.hot
    assert (first.spot.community, first.step) == ("南门社区", 5)
    assert "显著热点" in answer.text
    assert "少于8户" not in answer.text


def test_the_table_stands_without_a_script(planner):
    answer = planner.get("/hotspots/", {"period": MONTH})
    table = re.search(r"<table.*?</table>", answer.text, re.S).group()
    assert table.count("<tr>") == 1 + min(30, len(rows(answer)))
    assert "怎么算的" in answer.text
    for measure in ("count", "rate", "z", "density", "change"):
        sentence = planner.get("/hotspots/", {"period": MONTH, "measure": measure}).text
        assert re.search(r'id="method">\s*[^\s<]', sentence)


def test_the_page_and_the_api_are_one_answer(planner):
    asked = {"period": MONTH, "category": "0404"}
    features = planner.get("/api/v1/hotspots/", asked).json()["features"]
    told = {str(one["id"]): one["properties"]["count"] for one in features if one["properties"]["count"]}
    assert {row.key: row.count for row in rows(planner.get("/hotspots/", asked)) if row.count} == told


def test_grids_of_the_planner(planner):
    answer = planner.get("/hotspots/", {"places": "grids", "period": "2026-Q1", "measure": "rate"})
    assert len(rows(answer)) >= 34
    shapes = planner.get("/api/v1/hotspots/", {"places": "grids", "period": "2026-Q1"}).json()["features"]
    assert {one["geometry"]["type"] for one in shapes if one["geometry"]} == {"MultiPolygon"}


def test_the_cases_behind_are_for_those_who_may_see_them(planner):
    asked = {"period": MONTH, "category": "0404", "measure": "count"}
    first = rows(planner.get("/hotspots/", asked))[0]
    seen = planner.get("/hotspots/", {**asked, "cell": first.key}).context["behind"]
    assert (list(seen.cases), seen.hidden) == ([], first.count)
    planner.force_login(User.objects.get(username="demo-dispatcher"))
    seen = planner.get("/hotspots/", {**asked, "cell": first.key}).context["behind"]
    assert (len(seen.cases), seen.hidden) == (first.count, 0)


def test_a_planner_has_no_view_of_another_town(planner):
    assert planner.get("/hotspots/", {"area": "120113004013"}).status_code == 400
    page = planner.get("/hotspots/", {"period": "2026-Q1"}).context["page"]
    communities = {row.spot.community for row in page.object_list}
    assert "宝翠花都社区" not in communities


@pytest.mark.parametrize("user", [None, "demo-worker", "demo-unit"])
def test_others_see_what_is_public(planner, town, user):
    planner.logout()
    if user:
        planner.force_login(User.objects.get(username=user))
    answer = planner.get("/hotspots/", {"period": "2026-Q1"})
    assert "少于8户，不显示" in answer.text
    assert all(row.households >= 8 for row in rows(answer) if row.shown)
    assert answer.context["behind"] is None
    assert not answer.context["emerging"]


def test_staff_may_look_at_what_is_public(planner):
    answer = planner.get("/hotspots/", {"public": "1"})
    assert "少于8户，不显示" in answer.text
    assert "看我的范围" in answer.text


def test_a_town_without_cases_has_a_page(planner):
    planner.logout()
    answer = planner.get("/hotspots/", {"period": "2001-Q1"})
    assert answer.status_code == 200
    assert not any(row.shown for row in rows(answer))


def test_a_category_that_no_database_takes_is_none(planner):
    assert planner.get("/api/v1/hotspots/", {"category": "\x00"}).status_code == 400


def test_what_an_older_release_kept_is_made_anew(planner, monkeypatch):
    def get(*_args, **_more):
        raise ModuleNotFoundError("cases.openheat")

    monkeypatch.setattr("figures.hotspots.cache.get", get)
    assert planner.get("/hotspots/", {"period": "2026-Q1"}).status_code == 200


@pytest.mark.parametrize("cell", ["x", "1", "999999999999999", "-", "1-2-3", "٣"])
def test_a_hexagon_that_is_none_holds_nothing(planner, cell):
    answer = planner.get("/hotspots/", {"cell": cell})
    assert answer.status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_town(planner, django_assert_max_num_queries):
    planner.get("/hotspots/", {"period": "2026-Q1"})
    with django_assert_max_num_queries(40):
        planner.get("/hotspots/", {"period": "2026-Q1"})
