"""Two people on one case, two who follow one plan, and a worker that is killed: with real connections and processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from buildings.models import Area
from cases import intake, moves, publication
from cases.models import Case, Category, Move, Notice
from cases.moves import Refused, act
from grids.drawing import draw
from grids.models import Grid, Plan
from grids.redraw import locked
from grids.redraw import publish as put_in_force
from tests.cases.desk import a_case, reported_by
from tests.cases.people import everybody
from tests.cases.test_notices import later, work
from tests.grids.conftest import by_code, ground
from tests.grids.test_contact import IN_B1, net_over


@pytest.fixture
def net(transactional_db) -> Area:
    """Committed, so that other connections see it."""
    return net_over(ground(), by_code())


@pytest.fixture
def people(net) -> dict[str, Any]:
    return everybody(net)


def both(*steps: Callable[[], Any]) -> list[str]:
    """Take steps at once, each by a connection of its own; how each ended."""
    ended: list[str] = []

    def run(step: Callable[[], Any]) -> None:
        try:
            step()
            ended.append("won")
        except Refused as refusal:
            ended.append(f"{refusal.code}: {refusal}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def meeting(do: Callable[..., Any]) -> Callable[..., Any]:
    """Wait for the other before doing it; not for ever, since a lock may hold the other back."""
    both_are_here = threading.Barrier(2)

    def slowly(*given: Any) -> Any:
        try:
            both_are_here.wait(timeout=0.7)
        except threading.BrokenBarrierError:
            pass
        return do(*given)

    return slowly


def test_of_two_at_once_one_wins(net, people, monkeypatch):
    case = a_case(net, person=people["W"])
    act(case, "accept", by=people["W"])
    monkeypatch.setattr(moves, "_permitted", meeting(moves._permitted))  # without the lock, both come this far
    given = {"person": people["W"], "version": 2}
    lost, won = both(*(partial(act, case, "dispatch", by=people[letter], **given) for letter in "WS"))
    assert won == "won"
    assert lost.startswith("changed: ")
    assert "派单" in lost
    assert Move.objects.filter(case=case, act="dispatch").count() == 1


def test_of_two_that_are_merged_crosswise_one_stays_open(net, people, monkeypatch):
    one, other = a_case(net, person=people["W"]), a_case(net, person=people["W"])
    monkeypatch.setattr(moves, "_permitted", meeting(moves._permitted))
    merge = partial(act, name="merge", by=people["W"])
    assert [end[:12] for end in both(partial(merge, one, into=other), partial(merge, other, into=one))][-1] == "won"
    assert sorted(Case.objects.values_list("status", flat=True)) == ["merged", "reported"]


def test_a_report_need_not_wait_for_a_publication(net, people):
    category = Category.objects.create(code="t9", name="楼道照明")
    waiting: list[str] = []

    def report() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        point = {"point": IN_B1, "place_from": "position", "coord_type": "wgs84"}
        intake.take_in(key=uuid4(), category=category, **point)

    with transaction.atomic():
        locked(Plan.objects.get(community=net))  # what a publication does first, and holds to its end
        waiting += both(report)
    assert waiting == ["won"]


def test_two_that_follow_a_plan_at_once_move_each_case_once(net, people, monkeypatch):
    cases = [a_case(net, person=people["W"]) for _ in range(3)]
    plan = Plan.objects.create(community=net, number=2)
    draw(plan=plan, cells=by_code(), grid_of=dict.fromkeys(by_code(), Grid.objects.get(name="西格")))
    put_in_force(plan=plan, by=None, effective=timezone.localdate())
    monkeypatch.setattr(publication, "_stragglers", meeting(publication._stragglers))
    follow = partial(publication.follow, net, timezone.localdate(), None)
    assert both(follow, follow) == ["won", "won"]
    assert Move.objects.filter(act="replan", case__in=cases).count() == 3


@pytest.fixture
def committed(net, people, settings) -> Notice:
    """A notice that other processes see."""
    settings.NOTICE_CHANNELS = ["tests.cases.slow.Slow"]
    case = a_case(net, person=people["W"])
    reported_by(case)
    act(case, "accept", by=people["W"])
    return Notice.objects.get()


def a_worker(file: Path) -> subprocess.Popen:
    """A process of its own that never comes back from sending."""
    to = connection.get_connection_params()
    log_in = f"{to.get('user', '')}:{to.get('password', '')}@" if to.get("user") else ""
    url = f"postgis://{log_in}/{to['dbname']}?host={to.get('host', '')}&port={to.get('port', '')}"
    said = {"DATABASE_URL": url, "NOTICE_CHANNELS": "tests.cases.slow.Slow", "SLOW_SECONDS": "600"}
    command = [sys.executable, "manage.py", "db_worker", "--interval", "0.1", "--no-startup-delay", "-v", "0"]
    return subprocess.Popen(command, cwd=configured.BASE_DIR, env=os.environ | said | {"SLOW_FILE": str(file)})


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def test_a_worker_that_is_killed_in_the_middle_loses_nothing_and_sends_once_more_at_most(
    committed, tmp_path, monkeypatch
):
    file = tmp_path / "sent"
    monkeypatch.setenv("SLOW_FILE", str(file))
    worker = a_worker(file)
    deadline = time.monotonic() + 40
    while not lines(file) and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    committed.refresh_from_db()
    assert (committed.state, committed.attempts, lines(file)) == ("waiting", 1, [str(committed.pk)])

    later(4)  # its pause and the clock's patience
    call_command("case_clock")
    call_command("case_clock")
    work()
    committed.refresh_from_db()
    assert (committed.state, committed.attempts) == ("sent", 2)
    assert lines(file) == [str(committed.pk)] * 2
