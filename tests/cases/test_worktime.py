"""Working hours of working days. In 2026 春节 is 15 to 23 February, 国庆节 1 to 7 October; Saturdays pay for them."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases import checks, worktime


def at(day: str, clock: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(f"{day}T{clock}"))


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        (("2026-11-23", "09:00"), 2, ("2026-11-23", "11:00")),  # a Monday
        (("2026-11-23", "11:00"), 2, ("2026-11-23", "15:00")),  # over noon
        (("2026-11-23", "08:30"), 3.5, ("2026-11-23", "12:00")),  # a limit at noon is at noon, not at two
        (("2026-11-23", "12:30"), 1, ("2026-11-23", "15:00")),  # reported at noon
        (("2026-11-23", "17:00"), 1, ("2026-11-24", "09:00")),  # over night
        (("2026-11-23", "03:00"), 1, ("2026-11-23", "09:30")),  # reported at night
        (("2026-11-20", "17:00"), 1, ("2026-11-23", "09:00")),  # over a weekend
        (("2026-11-23", "09:00"), 24, ("2026-11-26", "12:00")),  # 6.5 on Monday, twice 7, and 3.5
        (("2026-09-30", "17:00"), 1, ("2026-10-08", "09:00")),  # 国庆节, seven days
        (("2026-10-09", "17:00"), 1, ("2026-10-10", "09:00")),  # a Saturday that pays for it
        (("2026-02-13", "17:00"), 1, ("2026-02-14", "09:00")),  # a Saturday that pays for 春节
        (("2026-02-14", "17:00"), 1, ("2026-02-24", "09:00")),  # 春节, nine days
        (("2026-11-21", "10:00"), 0, ("2026-11-23", "08:30")),  # none: the next working moment
    ],
)
def test_a_limit_counts_working_time(start, hours, expected):
    assert worktime.due(at(*start), hours) == at(*expected)


def test_the_clock_of_the_town_counts_whatever_zone_a_time_comes_in():
    utc = datetime.fromisoformat("2026-11-23T01:00:00+00:00")  # nine in the morning
    assert worktime.due(utc, 2) == at("2026-11-23", "11:00")


def test_beyond_the_announced_years_the_week_counts_and_the_days_that_the_law_names():
    year = worktime.known_until().year + 1
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    off = {(day.month, day.day) for day in days if day.weekday() < 5 and not worktime.is_workday(day)}
    law = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
    assert off == {(day.month, day.day) for day in days if (day.month, day.day) in law and day.weekday() < 5}
    assert not any(worktime.is_workday(day) for day in days if day.weekday() >= 5)


def test_all_days_of_the_last_known_year_are_known():
    first = date(worktime.known_until().year, 1, 1)
    days = [first + timedelta(days=n) for n in range(365)]
    assert 240 < sum(map(worktime.is_workday, days)) < 256


moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(timezone.make_aware)


@given(moments, st.integers(0, 60))
def test_what_lies_between_is_what_was_given(start, hours):
    due = worktime.due(start, hours)
    assert worktime.between(start, due) == timedelta(hours=hours)
    assert worktime.is_workday(timezone.localdate(due))
    assert start <= due


@given(moments, moments, moments)
def test_working_time_adds_up(a, b, c):
    a, b, c = sorted([a, b, c])
    assert worktime.between(a, b) + worktime.between(b, c) == worktime.between(a, c)
    assert worktime.between(c, a) == timedelta()


def test_an_hour_that_counts_is_a_clocks_hour():
    """Minute by minute through a fortnight with a holiday and a working Saturday."""
    start, minutes = at("2026-09-28", "00:00"), 0
    for n in range(14 * 24 * 60):
        now = timezone.localtime(start + timedelta(minutes=n))
        works = worktime.is_workday(now.date()) and (
            (8, 30) <= (now.hour, now.minute) < (12, 0) or (14, 0) <= (now.hour, now.minute) < (17, 30)
        )
        minutes += works
    assert worktime.between(start, start + timedelta(days=14)) == timedelta(minutes=minutes)


@pytest.mark.parametrize("hours", ["", "9", "17:30-8:30", "8:30-12:00 11:00-17:00", "8:30-25:00", "morning"])
def test_hours_that_are_none_are_refused_at_start(settings, hours):
    settings.WORK_HOURS = hours
    assert [error.id for error in checks.offices_have_hours(None)] == ["cases.E002"]


def test_offices_may_keep_other_hours(settings):
    settings.WORK_HOURS = "9-17"
    worktime.office_hours.cache_clear()
    try:
        assert worktime.due(at("2026-11-23", "16:00"), 2) == at("2026-11-24", "10:00")
    finally:
        worktime.office_hours.cache_clear()


@pytest.mark.parametrize(("today", "warned"), [("2026-11-30", False), ("2026-12-02", True), ("2027-03-01", True)])
def test_the_start_says_when_holidays_run_out(monkeypatch, today, warned):
    monkeypatch.setattr(worktime, "known_until", lambda: date(2026, 12, 31))
    monkeypatch.setattr(checks.timezone, "localdate", lambda: date.fromisoformat(today))
    assert [warning.id for warning in checks.holidays_are_known(None)] == ["cases.W001"] * warned
