"""What a query says, read alike by pages, tiles and API: a day, a number."""

import math
import re
from collections.abc import Mapping
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

FIRST, LAST = date(1949, 10, 1), date(2199, 12, 31)  # days that a net can be asked for


class NoSuchDay(ValueError):
    """What was asked for is not a day, or not one of a net's; the sentence is for people."""


def asked_day(query: Mapping[str, str]) -> date:
    """The day that `date=2026-11-22` names, today where it names none (law 3). Raises `NoSuchDay`."""
    text = query.get("date", "")
    if not text:
        return timezone.localdate()
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # `fromisoformat` reads 2026W47, too
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise NoSuchDay(_("日期要写成 2026-11-22 这样。")) from None
    if not FIRST <= day <= LAST:
        raise NoSuchDay(_("只能查 %(first)s 到 %(last)s 之间的日期。") % {"first": FIRST, "last": LAST})
    return day


def number(text: str) -> float | None:
    """A plain finite number; `nan`, `1_000`, ` 5` and full-width digits are none."""
    if not re.fullmatch(r"[+-]?[0-9]{0,20}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,3})?", text):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
