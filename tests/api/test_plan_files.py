"""Plans as files, by API."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.roles import Role
from buildings.models import Building
from planning import engine
from planning.base import Wish, begin
from planning.exports import FORMATS
from tests.grids.conftest import CODE, cells, community, draft  # noqa: F401
from tests.planning.test_chain import person
from tests.planning.test_impact import B1, EAST, WEST, base, planner  # noqa: F401

TABLE = f"楼栋编码,网格编码\n{CODE}00001,{EAST}\n"


@pytest.fixture
def redraw(base, planner, client):  # noqa: F811
    client.force_login(person("drafter", Role.PLANNER, base.community))
    return begin(community=base.community, by=planner, base="in_force", wish=Wish())


def send(client, plan, content: str | bytes, name: str = "net.csv", query: str = ""):
    data = content.encode() if isinstance(content, str) else content
    return client.post(f"/api/v1/plans/{plan.pk}/import/{query}", {"file": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_exported_comes_back_without_a_change(client, redraw, kind):
    file = client.get(f"/api/v1/plans/{redraw.pk}/export/?format={kind}")
    assert f"{CODE}-2." in file["Content-Disposition"]
    told = send(client, redraw, file.content, f"net.{kind}", "?commit=1").json()
    assert (told["committed"], told["version"], told["changes"]) == (False, 0, {"grid": 0, "segment": 0})


def test_a_dry_run_writes_nothing_and_a_commit_one_step(client, redraw):
    told = send(client, redraw, TABLE).json()
    assert (told["committed"], told["changes"]["grid"]) == (False, 2)
    assert engine.current(redraw).version == 0
    told = send(client, redraw, TABLE, query="?commit=1").json()
    assert (told["committed"], told["version"]) == (True, 1)
    assert engine.current(redraw).label("grid", B1[0]) == EAST
    log = client.get(f"/api/v1/plans/{redraw.pk}/operations/?after=0").json()
    assert log["operations"][0]["words"] == "导入net.csv"


def test_a_file_that_is_none_is_refused_with_a_sentence(client, redraw):
    for content, name, code in (("hello\nworld", "net.txt", "not_a_net"), (b"\x00" * 50, "x.bin", "unknown_format")):
        answer = send(client, redraw, content, name)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, code, "file")
    assert client.post(f"/api/v1/plans/{redraw.pk}/import/", {}).json()["field"] == "file"
    answer = send(client, redraw, TABLE, query="?close_slivers=nan")
    assert (answer.status_code, answer.json()["field"]) == (400, "close_slivers")


def test_only_a_draft_takes_a_file(client, redraw, base):  # noqa: F811
    assert send(client, base, TABLE).status_code == 409


def test_an_approver_may_read_a_plan_and_not_bring_one(client, redraw, base):  # noqa: F811
    client.force_login(person("approver", Role.APPROVER, base.community))
    assert client.get(f"/api/v1/plans/{redraw.pk}/export/").status_code == 200
    assert send(client, redraw, TABLE).status_code == 403


TABLES = ["export/?format=csv", "impact/?format=csv", "comparison/?format=csv"]


@pytest.mark.parametrize("starter", "=+-@＝＋－＠")
@pytest.mark.parametrize("table", TABLES)
def test_a_cell_of_an_export_is_no_formula(client, redraw, planner, table, starter):  # noqa: F811
    """Names of grids and buildings are what strangers write."""
    Building.objects.filter(number="1").update(name=f"{starter}2+2")
    op = {"op": "assign", "units": B1, "to": EAST}
    engine.apply(plan=redraw, by=planner, version=0, op=op)
    engine.apply(plan=redraw, by=planner, version=1, op={"op": "rename", "grid": EAST, "name": f"{starter}1+1"})
    text = client.get(f"/api/v1/plans/{redraw.pk}/{table}").content.decode("utf-8-sig")
    told = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert f"'{starter}1+1" in told
    assert any(cell.startswith(f"'{starter}2+2") for cell in told)
    assert [cell for cell in told if cell.startswith(starter)] == []
