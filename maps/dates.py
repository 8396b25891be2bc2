"""`?date=`: any day can be asked (law 3)."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

FIRST, LAST = date(1949, 10, 1), date(2199, 12, 31)  # days that a net can be asked for


class NoSuchDay(ValueError):
    """What was asked for is not a day, or not one of a net's; the sentence is for people."""


def asked_day(query) -> date:
    """The day that a query names, today where it names none. Raises `NoSuchDay`."""
    text = query.get("date", "").strip()
    if not text:
        return timezone.localdate()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NoSuchDay(_("日期要写成 2026-11-22 这样。")) from None
    if not FIRST <= day <= LAST:
        raise NoSuchDay(_("只能查 %(first)s 到 %(last)s 之间的日期。") % {"first": FIRST, "last": LAST})
    return day
