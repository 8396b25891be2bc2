"""/statistics/: what everybody reads, what staff read, and that no text of the database becomes a script."""

from html import unescape

import pytest

from accounts.models import User
from buildings.models import Area
from cases.models import Category
from figures.statistics import METRICS
from tests.payloads import PAYLOADS


@pytest.fixture(autouse=True)
def plain_http(settings) -> None:
    settings.SECURE_SSL_REDIRECT = False


def page(client, **asked) -> str:
    answer = client.get("/statistics/", asked)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_everybody_reads_quarters_by_community_and_how_each_figure_is_worked_out(town, client):
    found = page(client, period="2026-Q1")
    assert "南门社区" in found
    assert "第一网格" not in found
    assert all(str(metric.formula) in found and str(metric.example) in found for metric in METRICS)
    assert "不排名" in found


def test_staff_go_from_their_community_to_its_grids(town, client):
    client.force_login(User.objects.get(username="demo-dispatcher"))
    assert f"by=grid&code={town.nanmen}" in page(client, period="2026-05")
    found = page(client, period="2026-05", by="grid", code=town.nanmen)
    assert "南门社区 第一网格" in found
    assert "宝翠花都" not in found


@pytest.mark.parametrize("asked", [{"period": "2026-05"}, {"by": "grid"}, {"code": "1"}, {"period": "<script>"}])
def test_what_is_not_public_is_refused_with_a_sentence(town, client, asked):
    assert client.get("/statistics/", asked).status_code == 400


def test_one_answer_for_all_visitors_and_none_kept_of_what_staff_see(town, client):
    assert "no-store" not in client.get("/statistics/?period=2026-Q1").get("Cache-Control", "")
    client.force_login(User.objects.get(username="demo-secretary"))
    assert "no-store" in client.get("/statistics/?period=2026-05")["Cache-Control"]


def test_names_that_would_be_scripts_stay_names(town, client):
    client.force_login(User.objects.get(username="demo-admin"))
    for start in range(0, len(PAYLOADS), 2):
        name, kind = PAYLOADS[start][:60], PAYLOADS[start + 1][:40]
        Area.objects.filter(code=town.nanmen).update(name=name)
        Category.objects.filter(code="31").update(name=kind)
        raw = (
            client.get("/statistics/?period=2026-05").content
            + client.get("/statistics/?period=2026-05&by=class").content
        )
        for payload in (name, kind):
            assert payload.encode() not in raw or "<" not in payload
            assert payload in unescape(raw.decode())
