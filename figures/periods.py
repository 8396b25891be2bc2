"""The fixed periods that figures are about: calendar years, quarters and months, in local time."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

_FIRST = 2000  # the first year that a figure is asked for
_NAME = re.compile(r"(20[0-9]{2})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", re.ASCII)


@dataclass(frozen=True)
class Period:
    """From a day to another that is no more in it."""

    start: date
    end: date

    @property
    def name(self) -> str:
        """As an address says it: 2026, 2026-Q3, 2026-09."""
        if self.months == 12:
            return f"{self.start:%Y}"
        return f"{self.start:%Y}-Q{(self.start.month + 2) // 3}" if self.months == 3 else f"{self.start:%Y-%m}"

    @property
    def months(self) -> int:
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def before(self) -> "Period":
        """The period of the same length right before."""
        return Period(_months_later(self.start, -self.months), self.start)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its first moment and the first moment after it."""
        return moment(self.start), moment(self.end)

    def ended(self, on: date) -> bool:
        return self.end <= on

    def __str__(self) -> str:
        year = {"year": self.start.year}
        if self.months == 12:
            return _("%(year)d年") % year
        if self.months == 3:
            return _("%(year)d年第%(quarter)d季度") % (year | {"quarter": (self.start.month + 2) // 3})
        return _("%(year)d年%(month)d月") % (year | {"month": self.start.month})


def parse(name: str) -> Period | None:
    """The period of a name; None for what is none."""
    if not (found := _NAME.fullmatch(name)):
        return None
    year, quarter, month = (int(part) if part else 0 for part in found.groups())
    if quarter:
        return _period(date(year, 3 * quarter - 2, 1), 3)
    return _period(date(year, month, 1), 1) if month else _period(date(year, 1, 1), 12)


def period_of(day: date, months: int) -> Period:
    """The month, quarter or year (1, 3 or 12 months) that a day is in."""
    return _period(date(day.year, (day.month - 1) // months * months + 1, 1), months)


def last_ended(on: date, months: int) -> Period:
    return period_of(on, months).before


def back_to(first: date, on: date, months: int) -> list[Period]:
    """The periods from the one of `on` back to the one of `first`, the newest first."""
    found = [period_of(on, months)]
    while found[-1].start > first and found[-1].start.year >= _FIRST:
        found.append(found[-1].before)
    return found


def weeks(on: date, many: int) -> list[Period]:
    """So many whole weeks, Monday to Sunday, before a day; the oldest first."""
    monday = on - timedelta(days=on.weekday())
    return [Period(monday - timedelta(weeks=n), monday - timedelta(weeks=n - 1)) for n in range(many, 0, -1)]


def moment(day: date) -> datetime:
    """Midnight at the beginning of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _period(start: date, months: int) -> Period:
    return Period(start, _months_later(start, months))


def _months_later(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
