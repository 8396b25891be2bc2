"""
Time as offices count it: working hours of working days, public holidays left out and the days that pay for them in.

Holidays and 调休 days come from `chinese_calendar`, which knows them once the State Council has announced them, a year
at a time. Days that it does not know yet count by the week, Monday to Friday, without the few that the law itself
names: 1 January, 1 and 2 May, 1 to 3 October. `known_until` says how far that is.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise

import chinese_calendar
from django.conf import settings
from django.utils import timezone

Span = tuple[time, time]
BY_LAW = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})  # 全国年节及纪念日放假办法, 2024; month and day


def due(start: datetime, hours: float) -> datetime:
    """The moment when so many working hours have passed since `start`. With 0 hours, the next working moment."""
    left = timedelta(hours=hours)
    for begin, end in _spans_from(start):
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise AssertionError("there is always another working day")


def between(start: datetime, end: datetime) -> timedelta:
    """The working time from one moment to a later one; zero when it is not later."""
    total = timedelta()
    for begin, until in _spans_from(start):
        if begin >= end:
            break
        total += min(until, end) - begin
    return total


@cache
def is_workday(day: date) -> bool:
    """
    Whether offices work on a day.

    >>> is_workday(date(2026, 10, 1)), is_workday(date(2026, 10, 10))  # a holiday; a Saturday that pays for one
    (False, True)
    >>> is_workday(date(2099, 10, 1)), is_workday(date(2099, 10, 8))  # Thursdays; nobody has announced anything yet
    (False, True)
    """
    if day > known_until():
        return day.weekday() < 5 and (day.month, day.day) not in BY_LAW
    return bool(chinese_calendar.is_workday(day))


@cache
def known_until() -> date:
    """The last day of the last year whose holidays are known."""
    return date(max(day.year for day in chinese_calendar.constants.holidays), 12, 31)


@cache
def office_hours() -> tuple[Span, ...]:
    """The parts of a working day, from settings.WORK_HOURS such as `8:30-12:00 14:00-17:30`."""
    return parsed(settings.WORK_HOURS)


def parsed(text: str) -> tuple[Span, ...]:
    """
    Raises `ValueError` for what are no hours of a day, in order.

    >>> parsed("8:30-12:00 14:00-17:30")[1]
    (datetime.time(14, 0), datetime.time(17, 30))
    """
    spans = tuple((_clock(begin), _clock(end)) for begin, _, end in (part.partition("-") for part in text.split()))
    times = [moment for span in spans for moment in span]
    if not times or any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(text)
    return spans


def _clock(text: str) -> time:
    hours, _, minutes = text.partition(":")
    return time(int(hours), int(minutes or 0))


def _spans_from(start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The working time from a moment on, piece by piece."""
    here = timezone.get_default_timezone()
    start = start.astimezone(here)
    day = start.date()
    while True:
        for begin, end in office_hours() if is_workday(day) else ():
            begins = datetime.combine(day, begin, here)
            ends = datetime.combine(day, end, here)
            if ends > start:
                yield max(begins, start), ends
        day += timedelta(days=1)
