"""What lies on the desks of those who may log in to the demo: something late, something due today, something new."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from demo.diary import Door, Story, told
from demo.matters import MATTERS

Due = Callable[[datetime, float], datetime]
HANDLE_HOURS = {"3109": 16, "0404": 16, "0406": 8, "3107": 8}  # of the catalogue; all others have 24
ACTS = ("accept", "dispatch", "take", "resolve")
# The category, how many of the steps are taken, and whether its time is over, or almost, or has just begun.
WORKER = (
    ("3109", 3, "late"), ("0201", 3, "today"), ("0504", 2, "today"), ("0504", 2, "new"), ("3108", 2, "new"),
    ("0201", 3, "new"), ("3109", 0, "new"), ("3108", 4, "new"),
)  # fmt: skip
UNIT = (("0404", 3, "late"), ("3103", 2, "today"), ("3103", 2, "new"), ("0404", 3, "new"), ("0404", 2, "new"))


def today(worker: Sequence[Door], unit: Sequence[Door], until: datetime, due: Due, rng: Random) -> Iterator[Story]:
    """Reports at the doors of the worker's grid, and at doors where the unit of the log-in puts things right."""
    for doors, rows in ((worker, WORKER), (unit, UNIT)):
        for (code, taken, when), door in zip(rows, rng.sample(list(doors), len(rows)), strict=True):
            yield _story(code, taken, _dispatched(code, when, until, due), door, until, rng)


def _dispatched(code: str, when: str, until: datetime, due: Due) -> datetime:
    """When it must have been dispatched for that."""
    if when == "new":
        return until - timedelta(hours=1)
    hours = HANDLE_HOURS.get(code, 24)
    moments = [until - timedelta(hours=back) for back in range(1, 300)]
    limits = [(at, due(at, hours)) for at in moments]
    if when == "late":
        return next(at for at, limit in limits if limit < until - timedelta(hours=20))
    windows = (timedelta(days=days) for days in (1, 3, 12))  # the next day, or the first one after a holiday
    return next(at for window in windows for at, limit in limits if until < limit <= until + window)


def _story(code: str, taken: int, dispatched: datetime, door: Door, until: datetime, rng: Random) -> Story:
    matter = next(matter for matter in MATTERS if matter.code == code)
    offsets = (timedelta(hours=-0.6), timedelta(), timedelta(hours=0.3), timedelta(hours=0.6))
    steps = tuple((act, dispatched + offset) for act, offset in zip(ACTS[:taken], offsets, strict=False))
    story = told(matter, dispatched - timedelta(hours=1), door, rng, at_the_door=True)
    story.steps = tuple((act, min(at, until - timedelta(minutes=1))) for act, at in steps)
    return story
