"""
How the demo's reports were handled: the steps of each, with their times. No database.

Most go straight through; some are sent back, extended, put off, opened again. What would happen after the diary's last
moment has not happened yet, and so the last ones are open.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.diary import Story

Later = Callable[[datetime, float], datetime]  # so many working hours after a moment

OPENED = ("accept", "dispatch", "take")
DONE = ("resolve", "verify", "close")
PATHS: dict[str, tuple[str, ...]] = {
    "usual": (*OPENED, *DONE),
    "self_handled": ("self_handle",),
    "rejected": ("reject",),
    "merged": ("merge",),
    "returned": ("accept", "dispatch", "ask_return", "agree", "dispatch", "take", *DONE),
    "kept": ("accept", "dispatch", "ask_return", "decline", "take", *DONE),
    "extended": (*OPENED, "ask_extension", "agree", *DONE),
    "suspended": (*OPENED, "ask_suspension", "agree", "resume", *DONE),
    "escalated": ("accept", "escalate", "dispatch", "take", *DONE),
    "voided": ("accept", "ask_void", "agree"),
    "again": (*OPENED, *DONE, "rate", "take", *DONE),  # not satisfied: that opens it again
    "reopened": (*OPENED, *DONE, "reopen", "take", *DONE),
    "reworked": (*OPENED, "resolve", "rework", *DONE),
}
# Of a thousand; the rest is usual. Those without a unit may be settled by the grid's worker on the spot.
SHARES = {
    "rejected": 25, "merged": 60, "returned": 35, "kept": 10, "extended": 30, "suspended": 16, "escalated": 30,
    "voided": 10, "again": 30, "reopened": 8, "reworked": 15,
}  # fmt: skip
# Working hours from the step before, in the middle; "handle" is the matter's own.
HOURS = {
    "accept": 0.7, "reject": 1.5, "dispatch": 0.8, "take": 1.2, "verify": 3.0, "close": 1.5,
    "self_handle": 3.0, "ask_return": 2.5, "agree": 1.5, "decline": 1.5, "ask_extension": 8.0, "ask_suspension": 8.0,
    "resume": 420.0, "escalate": 2.0, "ask_void": 3.0, "reopen": 20.0, "rework": 2.0,
}  # fmt: skip
MERGED_AFTER = 1.0
# Recent reports are made to stand so: path and how many steps were taken.
STANDING: tuple[tuple[str, int], ...] = (
    ("usual", 0), ("usual", 1), ("usual", 2), ("usual", 3), ("usual", 4), ("usual", 5), ("returned", 3),
    ("extended", 4), ("suspended", 4), ("suspended", 5), ("voided", 2), ("escalated", 2), ("escalated", 4),
    ("again", 7), ("again", 8), ("reworked", 5), ("usual", 0), ("usual", 2), ("usual", 3),
)  # fmt: skip
SQUEEZED = 3 * len(STANDING)  # of the last reports


@dataclass(frozen=True)
class Step:
    act: str
    at: datetime


@dataclass(frozen=True)
class Handling:
    path: str
    steps: tuple[Step, ...]


def handled(story: Story, path: str, until: datetime, later: Later, rng: Random) -> Handling:
    """The steps of a report up to the last moment."""
    steps = tuple(step for step in _steps(story, path, later, rng) if step.at < until)
    return Handling(path, steps)


def standing(story: Story, place: int, until: datetime) -> Handling:
    """The steps of one of the last reports, which is made to stand at one of `STANDING`."""
    path, count = STANDING[place % len(STANDING)]
    pause = (until - story.at) / (count + 1)
    acts = PATHS[path][:count]
    return Handling(path, tuple(Step(act, story.at + pause * i) for i, act in enumerate(acts, start=1)))


def path_of(may_self_handle: bool, rng: Random) -> str:
    if may_self_handle and rng.random() < 0.3:
        return "self_handled"
    dice = rng.random() * 1000
    for path, share in SHARES.items():
        dice -= share
        if dice < 0:
            return path
    return "usual"


def _steps(story: Story, path: str, later: Later, rng: Random) -> Iterator[Step]:
    at = story.at
    for act in PATHS[path]:
        middle = story.matter.hours if act == "resolve" else HOURS.get(act, 0.0)
        hours = MERGED_AFTER if act == "merge" else _spread(middle, rng)
        at = at + timedelta(hours=rng.uniform(1, 40)) if act == "rate" else later(at, hours)
        yield Step(act, at)
    if path not in ("rejected", "merged", "voided", "again") and rng.random() < 0.42:
        yield Step("rate", at + timedelta(hours=rng.uniform(0.5, 60)))


def _spread(middle: float, rng: Random) -> float:
    """Most take about as long as usual, a few much longer."""
    return float(min(middle * rng.lognormvariate(0, 0.75), 12 * middle))
