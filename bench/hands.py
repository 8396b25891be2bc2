"""
Eight people on one draft, each a process of its own: how many steps a second, and that none is lost.

`HANDS_STEPS=1250` in the environment makes it 10,000 steps; by default it is 400. Four of five steps are on ground of
one's own, the fifth on a border that all of them push.
"""

import json
import multiprocessing
import os
from itertools import cycle
from random import Random
from time import perf_counter

from django.db import connections
from django.test import Client

from accounts.models import User
from bench.chequer import CODE, chequer
from bench.harness import measure, print_row, scratch
from grids.models import Plan
from planning import engine
from planning.base import Wish, begin
from planning.models import Draft, Operation
from planning.refusals import Overtaken
from planning.steps import Change
from planning.table import load, shelf

HANDS = 8
COLUMNS, ROWS = 4 * HANDS + 4, 8  # two grids for each hand, and two for all, two columns each
SEED = 20261122


def main() -> None:
    with scratch("hands"):
        many_hands(int(os.environ.get("HANDS_STEPS", "50")))
    for side in (32, 100):
        with scratch("hands"):
            one_step(side)


# Many hands


def many_hands(steps: int) -> None:
    draft = begin(community=chequer(COLUMNS, ROWS, wide=2, high=ROWS).community, by=None, base="in_force", wish=Wish())
    people = [User.objects.create(username=f"hand-{n}", name=f"第{n}人").pk for n in range(HANDS)]
    connections.close_all()
    begun = perf_counter()
    with multiprocessing.get_context("fork").Pool(HANDS) as pool:
        told = pool.starmap(work, [(draft.pk, person, number, steps) for number, person in enumerate(people)])
    seconds = perf_counter() - begun
    kept, refused = (sum(counts) for counts in zip(*told, strict=True))
    print_row(
        f"{HANDS} hands, {HANDS * steps:,} steps: {kept:,} kept, {refused:,} told of another", f"{kept / seconds:.0f}/s"
    )
    print_row("of those kept, lost", str(lost(draft, kept)), aim="0")


def work(plan: int, person: int, number: int, steps: int) -> tuple[int, int]:
    """The steps of one hand: how many were kept, and how many refused since another was there before."""
    draft, user = Plan.objects.select_related("community").get(pk=plan), User.objects.get(pk=person)
    chance, version, kept, refused = Random(SEED + number), 0, 0, 0
    for turn in range(steps):
        column = COLUMNS - 2 if turn % 5 == 4 else 4 * number + 2
        try:
            step = engine.apply(plan=draft, by=user, version=version, op=_hand_over(draft, column, chance))
            version, kept = step.table.version, kept + (step.own is not None)
        except Overtaken:
            version, refused = engine.current(draft).version, refused + 1
    connections.close_all()
    return kept, refused


def _door(column: int, row: int, columns: int = COLUMNS) -> str:
    return f"{CODE}{row * columns + column + 1:05d}01"


def _hand_over(draft: Plan, column: int, chance: Random) -> dict[str, object]:
    """The door left of a border to the other side, or back where it came from."""
    table, row = engine.current(draft), chance.randrange(ROWS)
    left, right = (table.label("grid", _door(x, row)) for x in (column - 2, column + 1))
    door = _door(column - 1, row)
    return {"op": "assign", "units": [door], "to": right if table.label("grid", door) == left else left}


def lost(draft: Plan, kept: int) -> int:
    """How many acknowledged steps the log has not; an error where the cells are not what the log leads to."""
    row = Draft.objects.select_related("base").get(plan=draft)
    log = Operation.objects.filter(draft=row).order_by("version").values_list("version", "delta")
    state = dict(row.base.cells.values_list("name", "grid")) if row.base else {}
    versions = []
    for version, delta in log:
        versions.append(version)
        for cell, (old, new) in Change.from_json(delta).delta.labels["grid"].items():
            if state[cell] != old:
                raise AssertionError(f"Step {version} does not follow on the one before it.")
            state[cell] = new or ""
    if versions != list(range(1, len(versions) + 1)) or dict(draft.cells.values_list("name", "grid")) != state:
        raise AssertionError("The cells are not what the log leads to.")
    shelf.clear()
    if engine.current(draft).state.fingerprint() != load(draft, row).state.fingerprint():
        raise AssertionError("A process has another draft than the database.")
    return kept - len(versions)


# One step


def one_step(side: int) -> None:
    """A stroke as the browser sends it, and the answer with all figures and problems, through every layer of ours."""
    plan = chequer(side, side, wide=20, high=20)
    planner = User.objects.create_superuser(username="planner", name="规划员")
    draft = begin(community=plan.community, by=planner, base="in_force", wish=Wish())
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(planner)
    shelf.clear()
    size = f"{side * side:,} cells"
    measure(f"table of {size}, from the database", lambda: load(draft, draft.draft), rounds=3)
    rows = cycle(range(side))

    def stroke() -> None:
        table, row = engine.current(draft), next(rows)
        west, door, east = (_door(column, row, side) for column in (18, 19, 20))
        to = east if table.label("grid", door) == table.label("grid", west) else west
        op = {"op": "assign", "units": [door], "to": table.label("grid", to)}
        sent = json.dumps({"version": table.version, "op": op})
        answer = client.post(f"/api/v1/plans/{draft.pk}/operations/", sent, content_type="application/json")
        if answer.status_code != 200:
            raise AssertionError(answer.content.decode())

    measure(f"one step over HTTP, kept and answered, of {size}", stroke, aim="<= 200 ms", rounds=40)
