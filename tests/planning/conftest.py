"""
A board of 8 x 4 houses in four grids, each two columns wide, and a draft of it.

    +----+----+----+----+
    | A  | B  | C  | D  |    doors by column and row: (0, 0) is in the south-west
    +----+----+----+----+
"""

from collections.abc import Callable

import pytest

from accounts.models import User
from accounts.roles import Role
from bench.chequer import CODE, chequer
from buildings.models import Area
from grids.models import Plan
from planning import base, engine
from planning.base import Wish
from planning.table import Table, shelf
from tests.grids.test_contact import appoint

COLUMNS = 8


@pytest.fixture(autouse=True)
def an_empty_shelf() -> None:
    """What a process keeps of drafts is no other test's."""
    shelf.clear()


def door(x: int, y: int) -> str:
    """The code of the stairwell in a column and row of the board."""
    return f"{CODE}{y * COLUMNS + x + 1:05d}01"


@pytest.fixture
def board(db) -> Plan:
    """The plan in force."""
    return chequer(COLUMNS, 4, wide=2, high=4, homes=2)


@pytest.fixture
def planner(board) -> User:
    return appoint(Role.PLANNER, "王规划", area=Area.objects.get(code=CODE)).person


@pytest.fixture
def other(board) -> User:
    return appoint(Role.PLANNER, "李规划", area=Area.objects.get(code=CODE)).person


@pytest.fixture
def draft(board, planner) -> Plan:
    return base.begin(community=board.community, by=planner, base="in_force", wish=Wish(title="草稿"))


@pytest.fixture
def labels(draft) -> dict[str, str]:
    """The label of each grid by its letter, west to east."""
    table = engine.current(draft)
    return {letter: str(table.label("grid", door(2 * number, 0))) for number, letter in enumerate("ABCD")}


@pytest.fixture
def hand(draft, labels) -> Callable[..., engine.Step]:
    """Hand doors to a grid, by its letter."""

    def hand(by: User, version: int, to: str | None, *units: str, **more) -> engine.Step:
        op = {"op": "assign", "units": list(units), "to": labels.get(to or "")}
        return engine.apply(plan=draft, by=by, version=version, op=op, **more)

    return hand


def anew(plan: Plan) -> Table:
    """The table as another process would read it."""
    shelf.clear()
    return engine.current(plan)
