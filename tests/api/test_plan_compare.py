"""Impact and comparison by API."""

import csv
import io

import pytest

from accounts.roles import Role
from planning.base import Wish, begin
from tests.grids.conftest import CODE, cells, community, draft  # noqa: F401
from tests.planning.test_chain import person
from tests.planning.test_impact import B1, EAST, WEST, base, do, planner  # noqa: F401


@pytest.fixture
def redraw(base, planner, client):  # noqa: F811
    plan = begin(community=base.community, by=planner, base="in_force", wish=Wish())
    do(plan, planner, op="assign", units=B1, to=EAST)
    client.force_login(person("drafter", Role.PLANNER, base.community))
    return plan


def test_impact_says_who_goes_where(client, redraw, base):  # noqa: F811
    told = client.get(f"/api/v1/plans/{redraw.pk}/impact/").json()
    assert told["sentence"] == "2 户换网格，2 个楼道。"
    assert told["figures"] == {"stairwells": 2, "households": 2, "people": None, "alone": None}
    assert (told["plan"]["id"], told["with"]["id"]) == (redraw.pk, base.pk)
    [handing] = told["handed_over"]
    assert (handing["giver"]["id"], handing["taker"]["id"], handing["stairwells"]) == (WEST, EAST, B1)
    assert [piece["shape"]["type"] for piece in told["ground"]] == ["Polygon"]


def test_nobody_is_named_who_lives_anywhere(client, redraw):
    for how in ("", "?format=csv"):
        assert "不该出现" not in client.get(f"/api/v1/plans/{redraw.pk}/impact/{how}").content.decode()


def test_a_comparison_turned_round_is_its_mirror(client, redraw, base):  # noqa: F811
    there = client.get(f"/api/v1/plans/{redraw.pk}/comparison/", {"with": base.pk}).json()
    back = client.get(f"/api/v1/plans/{base.pk}/comparison/", {"with": redraw.pk}).json()
    assert there["handed_over"][0]["giver"] == back["handed_over"][0]["taker"]
    assert there["figures"] == back["figures"]


def test_a_table_of_the_moved_doors_has_no_formula_in_it(client, redraw, planner):  # noqa: F811
    do(redraw, planner, op="rename", grid=EAST, name="=HYPERLINK(1)")
    answer = client.get(f"/api/v1/plans/{redraw.pk}/impact/?format=csv")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    doors = {row[0]: row for row in rows if row and row[0].startswith(CODE)}
    assert doors[B1[0]][3:7] == [WEST, "西格", EAST, "'=HYPERLINK(1)"]
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row if cell)


def test_what_is_asked_wrongly_is_named(client, redraw):
    for query, field in (({"with": "x"}, "with"), ({"with": "999999"}, "with"), ({"format": "doc"}, "format")):
        answer = client.get(f"/api/v1/plans/{redraw.pk}/comparison/", query)
        assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_strangers_are_told_nothing(client, redraw):
    client.logout()
    assert client.get(f"/api/v1/plans/{redraw.pk}/impact/").status_code in (401, 403)
