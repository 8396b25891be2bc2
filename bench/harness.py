"""
Time two ways of one work side by side.

A machine's speed changes from minute to minute, a ratio within one run hardly does: so the two take turns, the one
that begins changes from round to round, and medians are compared.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from django.db import connection

WIDTHS = (58, 10, 10, 7, 8)
Work = Callable[[], object]


def compare(what: str, ours: Work, floor: Work, *, aim: float | None = None, seconds: float = 4) -> float:
    """
    Print what ours costs beside its floor and return the ratio of the medians.

    Runs for about `seconds`, at least five rounds. `aim` is the ratio not to exceed.
    """
    times: dict[Work, list[float]] = {ours: [], floor: []}
    with steady():
        for work in (ours, floor, ours, floor):
            work()  # plans, caches and connections are made here
        end = perf_counter() + seconds
        while perf_counter() < end or len(times[ours]) < 5:
            for work in (ours, floor) if len(times[ours]) % 2 else (floor, ours):
                times[work].append(timed(work))
    mine, theirs = median(times[ours]), median(times[floor])
    ratio = mine / theirs
    print_row(what, in_words(mine), in_words(theirs), f"{ratio:.2f}x", f"<= {aim:g}x" if aim else "")
    return ratio


def measure(what: str, work: Work, *, aim: str = "", rounds: int = 5) -> float:
    """Print the median seconds of a work that has no floor to stand beside, and return it."""
    with steady():
        work()
        mine = median(timed(work) for _ in range(rounds))
    print_row(what, in_words(mine), aim=aim)
    return mine


def timed(work: Work) -> float:
    """Seconds of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


@contextmanager
def steady() -> Iterator[None]:
    """Keep the garbage collector from falling on one of the two."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def scratch(name: str) -> Iterator[None]:
    """A database `bench_<name>_<process>` with the real migrations and nothing in it; dropped afterwards."""
    settings, before = connection.settings_dict, connection.settings_dict["NAME"]
    tests, ours = settings["TEST"].get("NAME"), f"bench_{name}_{os.getpid()}"
    settings["TEST"]["NAME"] = ours
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        yield
    finally:
        if settings["NAME"] == ours:
            connection.creation.destroy_test_db(before, verbosity=0)
        settings["TEST"]["NAME"] = tests


def in_words(seconds: float) -> str:
    for factor, unit in ((1e6, "us"), (1e3, "ms")):
        if seconds * factor < 1000:
            return f"{seconds * factor:.{0 if unit == 'us' else 1}f} {unit}"
    return f"{seconds:.1f} s"


def print_row(what: str, ours: str = "", floor: str = "", ratio: str = "", aim: str = "") -> None:
    """One line of the table; figures that are no times (frames a second) come through here as well."""
    cells = (cell.rjust(width) for cell, width in zip((ours, floor, ratio, aim), WIDTHS[1:], strict=True))
    print(what.ljust(WIDTHS[0]), *cells, sep="  ", flush=True)
