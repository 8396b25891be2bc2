"""Whom a plan moves, two plans side by side, and a net from a file, as pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.roles import Role
from planning import engine
from planning.base import Wish, begin
from tests.grids.conftest import CODE, cells, community, draft  # noqa: F401
from tests.planning.test_chain import person
from tests.planning.test_impact import B1, EAST, WEST, appoint, base, do, planner  # noqa: F401


@pytest.fixture
def redraw(base, planner, client):  # noqa: F811
    plan = begin(community=base.community, by=planner, base="in_force", wish=Wish(title="试改"))
    client.force_login(person("drafter", Role.PLANNER, base.community))
    return plan


@pytest.fixture
def moved(redraw, planner):  # noqa: F811
    do(redraw, planner, op="assign", units=B1, to=EAST)
    return redraw


def page(client, plan, name: str, **query) -> str:
    answer = client.get(f"/plans/{plan.pk}/{name}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_thing_that_impact_says_is_how_many_change_grid(client, moved):
    text = page(client, moved, "impact")
    assert "<h1>2 户换网格，2 个楼道。</h1>" in text
    assert "东至" in text
    assert "不该出现" not in text


def test_a_draft_without_a_change_says_so(client, redraw):
    assert "没有住户换网格。" in page(client, redraw, "impact")


def test_workers_are_told_with_their_load(client, moved):
    appoint("陈网格", EAST)
    text = page(client, moved, "impact")
    assert "陈网格" in text
    assert "新增楼道" in text


def test_two_plans_stand_side_by_side_and_the_table_sorts_without_a_script(client, moved, base):  # noqa: F811
    text = page(client, moved, "compare", **{"with": base.pk, "sort": "-0"})
    assert text.count('<svg class="net"') == 2
    assert text.index(B1[1]) < text.index(B1[0])


def test_a_plan_of_another_community_is_no_choice(client, moved):
    assert client.get(f"/plans/{moved.pk}/compare/", {"with": "999999"}).status_code == 404


def test_each_stairwell_that_moves_gets_a_notice_with_the_old_grid_and_the_new(client, moved):
    text = page(client, moved, "notices")
    assert text.count('class="card notice"') == len(B1)
    assert "由“西格”划到“东格”" in text


def test_strangers_see_nothing(client, moved):
    client.force_login(person("stranger", None, moved.community))
    for name in ("impact", "compare", "notices", "import"):
        assert client.get(f"/plans/{moved.pk}/{name}/").status_code == 403


def send(client, plan, text: str):
    file = SimpleUploadedFile("net.csv", text.encode())
    return client.post(f"/plans/{plan.pk}/import/", {"file": file})


def test_a_file_is_looked_at_first_and_written_on_a_second_click(client, redraw):
    answer = send(client, redraw, f"楼栋编码,网格编码\n{CODE}00001,{EAST}\n{CODE}77777,{EAST}\n")
    assert "2 个楼道换网格" in answer.content.decode()
    assert "77777" in answer.content.decode()
    assert engine.current(redraw).version == 0
    done = client.post(f"/plans/{redraw.pk}/import/", {"step": answer.context["step"]})
    assert done.url == f"/plans/{redraw.pk}/impact/"
    assert engine.current(redraw).label("grid", B1[0]) == EAST


def test_a_report_that_was_tampered_with_does_nothing(client, redraw):
    answer = send(client, redraw, f"楼栋编码,网格编码\n{CODE}00001,{EAST}\n")
    done = client.post(f"/plans/{redraw.pk}/import/", {"step": answer.context["step"] + "x"})
    assert done.status_code == 409
    assert engine.current(redraw).version == 0


def test_a_report_is_for_its_own_plan(client, redraw, base, planner):  # noqa: F811
    answer = send(client, redraw, f"楼栋编码,网格编码\n{CODE}00001,{EAST}\n")
    other = begin(community=base.community, by=planner, base="in_force", wish=Wish())
    assert client.post(f"/plans/{other.pk}/import/", {"step": answer.context["step"]}).status_code == 403


def test_a_file_that_is_none_is_refused_on_the_page(client, redraw):
    assert send(client, redraw, "hello\nworld").status_code == 409
    assert client.post(f"/plans/{redraw.pk}/import/", {}).status_code == 409


def test_only_a_draft_takes_a_file(client, redraw, base):  # noqa: F811
    assert 'type="file"' not in client.get(f"/plans/{base.pk}/import/").content.decode()
    assert send(client, base, f"楼栋编码,网格编码\n{CODE}00001,{EAST}\n").status_code == 409


def test_an_approver_takes_a_plan_out_and_brings_none(client, redraw):
    client.force_login(person("approver", Role.APPROVER, redraw.community))
    text = page(client, redraw, "import")
    assert "GeoPackage" in text
    assert 'type="file"' not in text
    assert send(client, redraw, "x").status_code == 403
