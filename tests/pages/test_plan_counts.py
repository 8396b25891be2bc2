"""What a planner is told is the same whichever household of a block lives alone (law 10), in every answer and file."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pyogrio.raw
import pytest
from django.urls import reverse
from pypdf import PdfReader

from buildings.models import Household
from planning import engine
from planning.exports import FORMATS
from planning.fonts import NoFont, chinese_font
from planning.table import shelf
from tests.planning.conftest import an_empty_shelf, board, door, draft, hand, labels, planner  # noqa: F401

ONE, OTHER = door(1, 0), door(2, 0)  # neighbours of one block, of grids A and B: 3 and 4 people, and 1 and 2


def swap() -> None:
    """Let those behind one door live behind the other."""
    homes = [list(Household.objects.filter(dwelling__stairwell__code=code).order_by("pk")) for code in (ONE, OTHER)]
    assert sorted(home.people for home in homes[1]) == [1, 2]
    for first, second in zip(*homes, strict=True):
        first.people, second.people = second.people, first.people
        first.save()
        second.save()


def timeless(content: bytes) -> str:
    return re.sub(r'"(now|at|saved_at|created_at|csrf\w*)": ?"[^"]*"|value="\w{64}"|\d{13}', "", content.decode())


def answers(client: Any, plan: int) -> Iterator[tuple[str, object]]:
    """All that a planner can read of a plan."""
    for path in (
        "",
        "table/?cells=1",
        "problems/",
        "impact/",
        "comparison/",
        "impact/?format=csv",
        "operations/?after=0",
    ):
        yield path, timeless(client.get(f"/api/v1/plans/{plan}/{path}").content)
    for kind in FORMATS:
        content = client.get(f"/api/v1/plans/{plan}/export/?format={kind}").content
        yield kind, _rows(content) if kind in ("gpkg", "shp") else content
    for name in ("pages:impact", "pages:compare", "pages:notices", "pages:review", "pages:table"):
        yield name, timeless(client.get(reverse(name, args=[plan])).content)
    yield "mine", timeless(client.get(reverse("pages:mine")).content)


def _rows(content: bytes) -> object:
    layers = pyogrio.list_layers(content)[:, 0]
    columns = [pyogrio.raw.read(content, layer=layer)[3] for layer in layers]
    return [[[None if value != value else value for value in column.tolist()] for column in each] for each in columns]


def papers(client: Any, plan: int) -> Iterator[str]:
    for path in ("export/?format=pdf", "impact/?format=pdf"):
        content = client.get(f"/api/v1/plans/{plan}/{path}").content
        yield "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.fixture
def read(client, planner, draft) -> Callable[..., Any]:  # noqa: F811
    client.force_login(planner)

    def read(what: Callable[..., Any]) -> list[Any]:
        shelf.clear()
        return list(what(client, draft.pk))

    return read


def test_whose_door_it_is_makes_no_difference_to_any_answer(read, planner, hand):  # noqa: F811
    """One of the doors is handed over and the other one not, so that the sums of both grids could tell."""
    hand(planner, 0, "B", ONE)
    hand(planner, 1, "A", door(2, 1))
    before = read(answers)
    swap()
    for (name, one), (_name, other) in zip(before, read(answers), strict=True):
        assert one == other, name


def test_nor_to_paper(read, planner, hand):  # noqa: F811
    try:
        chinese_font()
    except NoFont:
        pytest.skip("no Chinese font on this machine")
    hand(planner, 0, "B", ONE)
    before = read(papers)
    swap()
    assert before == read(papers)


def test_figures_of_few_households_are_left_empty_in_every_format(read, planner, draft, hand, labels):  # noqa: F811
    """A grid of one house of two households, drawn for the purpose."""
    made = engine.apply(plan=draft, by=planner, version=0, op={"op": "draw", "units": [ONE]})
    label = made.own.op["new"]
    assert made.table.figures("grid", label)["households"] == 2
    assert made.table.figures("grid", label)["alone"] is None
    told = dict(read(answers))
    names, *_ = (pyogrio.raw.read(export(draft, "gpkg"), layer="grids")[0]["fields"],)
    columns = dict(zip(names, told["gpkg"][0], strict=True))
    at = columns["code"].index(label)
    assert columns["households"][at] == 2
    assert columns["alone"][at] is None
    assert '"alone":null' in told["geojson"].decode()


def export(plan, kind: str) -> bytes:
    return FORMATS[kind](engine.current(plan)).content
