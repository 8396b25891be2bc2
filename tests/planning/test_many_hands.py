"""Eight people on one draft, each with a connection of their own: what was acknowledged is there, in one order."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Thread

import pytest
from django.db import connection

from accounts.models import User
from bench.chequer import CODE, chequer
from geo.draft import Delta
from grids.models import Plan
from planning import engine
from planning.base import Wish, begin
from planning.models import Draft, Operation
from planning.refusals import Overtaken
from planning.steps import Change
from planning.table import load, shelf

HANDS = 8
COLUMNS, ROWS = 4 * HANDS, 4
STEPS = 30  # of each
SEED = 20261122


@pytest.fixture
def draft(transactional_db) -> Plan:
    """Two grids side by side for each hand: ab cd ef …"""
    plan = chequer(COLUMNS, ROWS, wide=2, high=ROWS)
    shelf.clear()
    return begin(community=plan.community, by=None, base="in_force", wish=Wish())


def people() -> list[User]:
    return [User.objects.create(username=f"hand-{number}", name=f"第{number}人") for number in range(HANDS)]


def door(x: int, y: int) -> str:
    return f"{CODE}{y * COLUMNS + x + 1:05d}01"


def all_at_once(work: Callable[[User, int], tuple[int, int]], hands: list[User]) -> list[tuple[int, int]]:
    def one(user: User, number: int) -> tuple[int, int]:
        try:
            return work(user, number)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(one, hands, range(HANDS)))


def move(draft: Plan, user: User, version: int, column: int, row: int) -> engine.Step:
    """Hand the door left of a border to the other side, or back where it came from."""
    table = engine.current(draft)
    left, right = (table.label("grid", door(x, row)) for x in (column - 2, column + 1))
    to = right if table.label("grid", door(column - 1, row)) == left else left
    op = {"op": "assign", "units": [door(column - 1, row)], "to": to}
    return engine.apply(plan=draft, by=user, version=version, op=op)


def work_on_ones_own(draft: Plan) -> Callable[[User, int], tuple[int, int]]:
    def work(user: User, number: int) -> tuple[int, int]:
        chance, version = Random(SEED + number), 0
        for _ in range(STEPS):
            version = move(draft, user, version, 4 * number + 2, chance.randrange(ROWS)).table.version
        return STEPS, 0

    return work


def work_on_the_same(draft: Plan) -> Callable[[User, int], tuple[int, int]]:
    def work(user: User, number: int) -> tuple[int, int]:
        chance, version, kept, refused = Random(SEED + number), 0, 0, 0
        for _ in range(STEPS):
            try:
                step = move(draft, user, version, 2, chance.randrange(ROWS))
                version, kept = step.table.version, kept + (step.own is not None)
            except Overtaken:
                version, refused = engine.current(draft).version, refused + 1
        return kept, refused

    return work


def assert_nothing_lost(draft: Plan, kept: int) -> None:
    """The log has every step once, in order, and the cells are what it leads to from the beginning."""
    row = Draft.objects.get(plan=draft)
    log = list(Operation.objects.filter(draft=row).order_by("version"))
    assert [each.version for each in log] == list(range(1, kept + 1))
    state = {name: label for base in [row.base] for name, label in base.cells.values_list("name", "grid")}
    for each in log:
        for cell, (old, new) in Change.from_json(each.delta).delta.labels["grid"].items():
            assert state[cell] == old
            state[cell] = new
    assert dict(draft.cells.values_list("name", "grid")) == state
    assert engine.current(draft).state.fingerprint() == load(draft, row).state.fingerprint()


def test_a_table_is_looked_at_by_one_while_another_steps_on(draft):
    """Threads of one server share the table: what one finds out must not trip the other up."""
    table, interval = engine.current(draft), sys.getswitchinterval()
    caches = table._found, table.state._shapes, table.state._measures

    def look() -> None:
        for number in range(30_000):
            for cache in caches:
                cache["number", "grid", number] = cache["grid", number] = number

    looker = Thread(target=look)
    sys.setswitchinterval(1e-6)
    try:
        looker.start()
        while looker.is_alive():
            table.after(table.state.made_of([], table.state.layers), Delta())
    finally:
        sys.setswitchinterval(interval)
        looker.join()


def test_hands_on_different_ground_lose_nothing(draft):
    told = all_at_once(work_on_ones_own(draft), people())
    assert_nothing_lost(draft, sum(kept for kept, _ in told))


def test_hands_on_the_same_ground_lose_nothing_and_are_told(draft):
    told = all_at_once(work_on_the_same(draft), people())
    assert sum(refused for _, refused in told) > 0
    assert_nothing_lost(draft, sum(kept for kept, _ in told))
