"""The clock runs once, or on and on beside another process."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import OperationalError

from cases import clock
from cases.management.commands import case_clock


@pytest.fixture
def ticks(monkeypatch) -> list[str]:
    """What the clock did, instead of doing it."""
    done: list[str] = []
    monkeypatch.setattr(clock, "tick", lambda: done.append("tick") or clock.Tick(2, 1))
    monkeypatch.setattr(case_clock, "call_command", lambda name, **more: done.append(name))
    monkeypatch.setattr(case_clock, "close_old_connections", lambda: None)
    return done


def test_it_says_what_it_did(ticks, capsys):
    call_command("case_clock")
    assert ticks == ["tick"]
    assert capsys.readouterr().out == "2 cases followed a plan, 1 notices were queued again.\n"


def test_it_sends_too_when_asked(ticks):
    call_command("case_clock", "--work")
    assert ticks == ["tick", "db_worker"]


def test_it_goes_on_until_the_process_beside_it_is_gone(ticks):
    other = subprocess.Popen(["sleep", "0.3"])
    threading.Thread(target=other.wait).start()  # until somebody has waited for it, a process is still there
    began = time.monotonic()
    call_command("case_clock", every=0.1, beside=other.pid)
    assert len(ticks) > 1
    assert time.monotonic() - began < 20


def test_it_goes_on_while_the_database_is_away(ticks, monkeypatch, capsys):
    answers: Iterator[clock.Tick | BaseException] = iter(
        [OperationalError("gone"), clock.Tick(0, 0), KeyboardInterrupt()]
    )

    def tick() -> clock.Tick:
        answer = next(answers)
        if isinstance(answer, clock.Tick):
            return answer
        raise answer

    monkeypatch.setattr(clock, "tick", tick)
    with pytest.raises(KeyboardInterrupt):
        call_command("case_clock", every=0.01, beside=os.getpid())
    assert capsys.readouterr().err == "gone\n"
