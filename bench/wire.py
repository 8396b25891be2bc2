"""
Eight people on one draft over HTTP, through a server of two processes: nothing that was acknowledged is lost.

`WIRE_STEPS=1250` in the environment makes it 10,000 edits; by default it is 400. Four of five are on ground of one's
own, the fifth on a border that all of them push; every twentieth is sent twice under one key, as after a broken line.
Each client knows what the server told it and nothing else.
"""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection
from multiprocessing import get_context
from random import Random
from time import perf_counter
from typing import Any
from uuid import UUID

from django.db import connections
from django.test import Client

from accounts.models import User
from bench.chequer import chequer
from bench.contact import served
from bench.hands import COLUMNS, HANDS, ROWS, SEED, _door, lost
from bench.harness import print_row, scratch
from grids.models import Plan
from planning.base import Wish, begin
from planning.models import Operation


@dataclass
class Hand:
    """One client: what it was told, and what came of its edits."""

    number: int
    address: str
    http: HTTPConnection
    session: str
    version: int = 0
    grid: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[int, str] = field(default_factory=dict)  # version of the log -> key of the edit
    answers: Counter[int] = field(default_factory=Counter)
    unnamed: int = 0  # conflicts that do not say who and what
    doubled: int = 0  # edits sent twice and done twice

    def ask(self, method: str, path: str, sent: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        headers = {"Cookie": f"sessionid={self.session}; csrftoken={'c' * 32}", "X-CSRFToken": "c" * 32}
        self.http.request(method, self.address + path, json.dumps(sent), headers | {"Content-Type": "application/json"})
        answer = self.http.getresponse()
        status, said = answer.status, json.loads(answer.read())
        self.http.close()  # the next one goes to whichever process is free
        return status, said

    def learn(self, answer: dict[str, Any]) -> None:
        self.version = answer["version"]
        self.grid |= {unit: labels["grid"] for unit, labels in answer["units"].items()}

    def edit(self, column: int, chance: Random, *, twice: bool) -> None:
        key = str(UUID(int=chance.getrandbits(128), version=4))
        sent = {"version": self.version, "key": key, "op": self.hand_over(column, chance)}
        status, said = self.ask("POST", "operations/", sent)
        self.answers[status] += 1
        if status == 409:
            self.unnamed += not all(said.get(name) for name in ("by", "words", "version", "at", "detail"))
            said = self.ask("GET", f"operations/?after={self.version}")[1]
        elif status == 200 and said["operation"]:
            self.acknowledged[said["operation"]["version"]] = key
            if twice:
                again = self.ask("POST", "operations/", sent)[1]["operation"]
                self.doubled += again["version"] != said["operation"]["version"]
        self.learn(said)

    def hand_over(self, column: int, chance: Random) -> dict[str, Any]:
        """The door left of a border to the other side, or back where it came from."""
        row = chance.randrange(ROWS)
        left, door, right = (_door(x, row) for x in (column - 2, column - 1, column + 1))
        to = self.grid[right] if self.grid[door] == self.grid[left] else self.grid[left]
        return {"op": "assign", "units": [door], "to": to}


def main() -> None:
    with scratch("wire"):
        plan = chequer(COLUMNS, ROWS, wide=2, high=ROWS)
        draft = begin(community=plan.community, by=None, base="in_force", wish=Wish())
        steps, sessions = int(os.environ.get("WIRE_STEPS", "50")), [_session(number) for number in range(HANDS)]
        with served(workers=2, threads=4) as port:
            connections.close_all()
            begun = perf_counter()
            with get_context("fork").Pool(HANDS) as pool:
                jobs = [(draft.pk, port, number, sessions[number], steps) for number in range(HANDS)]
                told = pool.starmap(work, jobs)
            seconds = perf_counter() - begun
        report(draft, told, seconds)


def _session(number: int) -> str:
    client = Client()
    client.force_login(User.objects.create_superuser(username=f"wire-{number}", name=f"第{number}人"))
    return client.cookies["sessionid"].value


def work(plan: int, port: int, number: int, session: str, steps: int) -> Hand:
    """The edits of one client."""
    hand = Hand(number, f"/api/v1/plans/{plan}/", HTTPConnection("127.0.0.1", port, timeout=120), session)
    table = hand.ask("GET", "table/")[1]
    hand.version, hand.grid = table["plan"]["version"], {unit["id"]: unit["grid"] for unit in table["units"]}
    chance = Random(SEED + number)
    for turn in range(steps):
        hand.edit(COLUMNS - 2 if turn % 5 == 4 else 4 * number + 2, chance, twice=turn % 20 == 0)
    return hand


def report(draft: Plan, told: list[Hand], seconds: float) -> None:
    kept = {version: key for hand in told for version, key in hand.acknowledged.items()}
    answers = sum((hand.answers for hand in told), Counter[int]())
    rows = Operation.objects.filter(draft__plan=draft).values_list("version", "key")
    log = {version: str(key) for version, key in rows}
    said = ", ".join(f"{count:,} x {status}" for status, count in sorted(answers.items()))
    print_row(f"{HANDS} hands over HTTP, {answers.total():,} edits: {said}", f"{answers.total() / seconds:.0f}/s")
    missing = sum(log.get(version) != key for version, key in kept.items())
    print_row("of those acknowledged, lost", str(missing + lost(draft, len(log))), aim="0")
    print_row(
        "in the log and not acknowledged; done twice", f"{len(log) - len(kept)}; {_sum(told, 'doubled')}", aim="0"
    )
    print_row("conflicts that do not say who and what", str(_sum(told, "unnamed")), aim="0")


def _sum(told: list[Hand], what: str) -> int:
    return sum(getattr(hand, what) for hand in told)


if __name__ == "__main__":
    main()
