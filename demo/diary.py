"""
Two years of what people of the demo report: when, where, what and in which words. No database, no clock: the same
seed and the same last moment give the same diary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import exp
from random import Random

import numpy as np

from demo.matters import GIVES_AWAY, MATTERS, SENSITIVE, SEWAGE, Matter

DAYS = 730
A_DAY = 4.6  # reports a day in both places together, at the end; two years earlier about two thirds of it
WEEKDAYS = (1.15, 1.1, 1.05, 1.0, 1.05, 0.9, 0.75)
RAINY = (0.25, 0.35, 0.42, 0.45, 0.5, 0.52, 0.3, 0.35, 0.28, 0.15, 0.15, 0.18)  # the chance of rain, by month
METRES = 111_320  # a degree of latitude
NEAR_A_MARKET = 160  # metres


@dataclass(frozen=True)
class Door:
    """A stairwell as the diary sees it: degrees, what stands round it, and whose it is (primary keys)."""

    pk: int
    code: str
    lon: float
    lat: float
    building: int
    floors: int
    compound: str  # kind of the compound, empty outside of one
    community: int
    plan: int
    grid: int


@dataclass(frozen=True)
class Hotspot:
    """What is planted: reports of one category round one door, in the last days of the diary."""

    category: str = SEWAGE
    community: str = "350125100001"  # 南门社区
    door: int = 60  # in the order of codes
    reports: int = 44
    days: int = 35
    reach: float = 45.0  # metres


HOTSPOT = Hotspot()


@dataclass
class Story:
    """One report."""

    matter: Matter
    at: datetime
    door: Door
    lon: float
    lat: float
    at_the_door: bool  # whether the door itself is named, by its code
    text: str
    gives_away: bool = False  # the text has a number in it that must stay hidden
    planted: bool = False
    steps: tuple[tuple[str, datetime], ...] | None = None  # how it was handled, where that is laid down


def diary(doors: Sequence[Door], markets: Sequence[tuple[float, float]], until: datetime) -> list[Story]:
    """All reports of the two years before a moment, in the order of time."""
    rng = Random(311)
    pools = _pools(sorted(doors, key=lambda door: door.code), markets, rng)
    stories = [story for day in _days(until) for story in _of_a_day(day, pools, until, rng)]
    stories += _planted(pools["any"][0], until, rng)
    return sorted((story for story in stories if story.at < until), key=lambda story: (story.at, story.door.code))


def _days(until: datetime) -> Iterator[date]:
    last = until.date()
    return (last - timedelta(days=back) for back in range(DAYS, -1, -1))


Pool = tuple[list[Door], list[float]]


def _pools(doors: list[Door], markets: Sequence[tuple[float, float]], rng: Random) -> dict[str, Pool]:
    """The doors of each kind of place, and how much happens at each: by its floors; a little at most, much at a few."""
    weight = {door.code: min(rng.paretovariate(1.6), 12.0) * door.floors for door in doors}
    kinds = {
        "any": doors,
        "old": [door for door in doors if door.compound in ("", "old")],
        "estate": [door for door in doors if door.compound not in ("", "other")],
        "tower": [door for door in doors if door.floors >= 8],
        "market": [door for door in doors if any(_metres(door, spot) < NEAR_A_MARKET for spot in markets)],
    }
    return {kind: (some, [weight[door.code] for door in some]) for kind, some in kinds.items()}


def _metres(door: Door, spot: tuple[float, float]) -> float:
    return float(np.hypot((door.lon - spot[0]) * METRES * np.cos(np.radians(door.lat)), (door.lat - spot[1]) * METRES))


def rains(day: date) -> bool:
    return Random(day.toordinal()).random() < RAINY[day.month - 1]


def _of_a_day(day: date, pools: dict[str, Pool], until: datetime, rng: Random) -> Iterator[Story]:
    wet = rains(day)
    grown = 1 - (until.date() - day).days / DAYS / 3
    usual = A_DAY * WEEKDAYS[day.weekday()] * grown / sum(matter.share for matter in MATTERS)
    for matter in MATTERS:
        expected = usual * matter.share * matter.by_month[day.month - 1] * (matter.rain if wet else 1)
        for _ in range(_poisson(expected, rng)):
            yield _story(matter, _moment(day, matter, until, rng), _somewhere(matter, pools, rng), rng)


def _poisson(expected: float, rng: Random) -> int:
    """Knuth's way: fine for small numbers."""
    limit, count, product = exp(-expected), 0, rng.random()
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


def _moment(day: date, matter: Matter, until: datetime, rng: Random) -> datetime:
    [hour] = rng.choices(range(24), matter.by_hour)
    return datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), until.tzinfo)


def _somewhere(matter: Matter, pools: dict[str, Pool], rng: Random) -> Door:
    """Four in five where such things happen, the others anywhere."""
    doors, weights = pools[matter.where if rng.random() < 0.8 else "any"]
    return rng.choices(doors, weights)[0]


def _story(matter: Matter, at: datetime, door: Door, rng: Random) -> Story:
    return told(matter, at, door, rng, at_the_door=rng.random() < 0.55)


def told(matter: Matter, at: datetime, door: Door, rng: Random, *, at_the_door: bool) -> Story:
    """A report in somebody's words, at a door or in the street before it."""
    reach = 0.0 if at_the_door else 3 + 11 * rng.random()
    lon, lat = beside(door.lon, door.lat, reach, rng)
    text, gives_away = _words(matter, rng)
    return Story(matter, at, door, lon, lat, at_the_door, text, gives_away)


def beside(lon: float, lat: float, metres: float, rng: Random) -> tuple[float, float]:
    """A point so far away, in any direction; lon/lat in degrees, on the grid of 1e-7."""
    angle = rng.random() * 2 * np.pi
    east, north = metres * np.cos(angle), metres * np.sin(angle)
    return round(lon + float(east / METRES / np.cos(np.radians(lat))), 7), round(lat + float(north / METRES), 7)


def _words(matter: Matter, rng: Random) -> tuple[str, bool]:
    if rng.random() < 0.18:
        return "", False
    floor = rng.randint(2, 5)
    text = rng.choice(matter.texts).format(floor=floor, above=floor + 1)
    if matter.code not in SENSITIVE and rng.random() < 0.03:
        return f"{text}。{rng.choice(GIVES_AWAY).format(tail=f'{rng.randrange(8000, 9000)}')}", True
    return text, False


def _planted(doors: list[Door], until: datetime, rng: Random) -> Iterator[Story]:
    """The hot spot: a main that breaks again and again."""
    matter = next(matter for matter in MATTERS if matter.code == HOTSPOT.category)
    middle = hotspot_door(doors)
    near = [door for door in doors if _metres(door, (middle.lon, middle.lat)) < HOTSPOT.reach]
    for _ in range(HOTSPOT.reports):
        day = until.date() - timedelta(days=rng.randrange(1, HOTSPOT.days))
        story = _story(matter, _moment(day, matter, until, rng), rng.choice(near), rng)
        story.planted = True
        yield story


def hotspot_door(doors: Sequence[Door]) -> Door:
    """The door in the middle of the planted hot spot."""
    in_it = [door for door in sorted(doors, key=lambda door: door.code) if door.code.startswith(HOTSPOT.community)]
    return in_it[HOTSPOT.door]
