"""
Statistics as somebody asks for them: on a page, in a program, as a file.

Staff see the areas that they answer for, exactly; everybody else what is public (openstatistics.py). Which of the two
it is depends on who asks and on nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from buildings.models import Area
from cases.models import Case, Category, Level
from cases.study import Ground, ground_of
from figures import openstatistics, statistics
from figures.periods import Period, back_to, last_ended, parse
from figures.statistics import METRICS, Metric, Wish

MONTHS = (1, 3, 12)  # of the periods that staff may ask for
DIGITS = 1  # after the point, of a rate or hours


class NotAsked(Exception):
    """A question that has no answer; the sentence says which part of it, and how to put it."""

    def __init__(self, sentence: str, field: str):
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Line:
    """A row: what was reported (None is withheld) and each metric's value (None: nothing to divide by, or withheld)."""

    code: str
    name: str
    reported: int | None
    values: tuple[float | None, ...]

    @property
    def withheld(self) -> bool:
        return self.reported is None


@dataclass(frozen=True)
class Summary:
    is_open: bool
    period: Period
    by: str
    code: str
    lines: list[Line]
    total: Line | None
    net: date | None = None
    category: str = ""
    level: int | None = None

    def head(self) -> list[str]:
        return [_("编码"), kinds()[self.by], _("上报（件）"), *(title(metric) for metric in METRICS)]

    def table(self) -> list[list[Any]]:
        """The lines and the total, for a file."""
        lines = [*self.lines, *([self.total] if self.total else [])]
        return [[line.code, line.name, _cell(line.reported), *map(_cell, line.values)] for line in lines]


def _cell(value: float | None) -> Any:
    return "—" if value is None else value


def title(metric: Metric) -> str:
    """A metric's name with its unit."""
    return f"{metric.name}（{_('小时') if metric in statistics.MEDIANS else '%'}）"


def kinds() -> dict[str, str]:
    return {
        "district": _("区县"),
        "subdistrict": _("街道（乡镇）"),
        "community": _("社区"),
        "grid": _("网格"),
        "class": _("大类"),
        "category": _("类别"),
        "level": _("处置层级"),
        "month": _("月份"),
    }


def summary(asked: Mapping[str, str], user: Any, now: datetime) -> Summary:
    """The answer to `period=&by=&code=&category=&level=&net=`, none of which must be said. Raises `NotAsked`."""
    on = timezone.localdate(now)
    ground = ground_of(user, on)
    return _open(asked, on, now) if ground is None else _exact(asked, ground, on, now)


def periods(user: Any, on: date) -> list[Period]:
    """What may be asked for, the newest first: ended quarters, or for staff months, quarters and years up to today."""
    if ground_of(user, on) is None:
        return openstatistics.periods(on)
    first = Case.objects.aggregate(first=Min("reported_at"))["first"]
    begin = timezone.localdate(first) if first else on
    return [period for months in MONTHS for period in back_to(begin, on, months)]


# --- for everybody ----------------------------------------------------------------------------------------------------


def _open(asked: Mapping[str, str], on: date, now: datetime) -> Summary:
    period = openstatistics.asked_period(asked.get("period", ""), on)
    if period is None:
        raise NotAsked(_("公开的统计只有已经结束的季度，例如 2026-Q2。"), "period")
    code, by = _code(asked), asked.get("by") or ("class" if len(_code(asked)) == 12 else "community")
    try:
        found = openstatistics.table(period, by, code, now)
    except ValueError:
        raise NotAsked(_("公开的统计可以按区县、街道、社区看，或看一个社区的大类（code 写社区编码）。"), "by") from None
    lines = [Line(row.code, row.name, row.reported, tuple(row.value(metric) for metric in METRICS)) for row in found]
    return Summary(True, period, by, code, lines, None)


# --- for staff --------------------------------------------------------------------------------------------------------


def _exact(asked: Mapping[str, str], ground: Ground, on: date, now: datetime) -> Summary:
    period = parse(asked["period"]) if asked.get("period") else last_ended(on, 1)
    if period is None:
        raise NotAsked(_("时段请写成 2026、2026-Q3 或 2026-09。"), "period")
    code, by = _code(asked), asked.get("by") or "community"
    if by not in statistics.BY:
        raise NotAsked(_("不能按这个分。"), "by")
    wish = Wish(period, by, _mine(ground, code), _category(asked), _level(asked), _net(asked))
    rows, whole = statistics.rows(wish, now), statistics.total(wish, now)
    lines = [_line(row) for row in rows]
    return Summary(False, period, by, code, lines, _line(whole), wish.net, wish.category, wish.level)


def _line(row: statistics.Row) -> Line:
    values = (row.value(metric) for metric in METRICS)
    rounded = tuple(None if value is None else round(value, DIGITS) for value in values)
    return Line(row.code, row.name, row.figures["reported"], rounded)


def _mine(ground: Ground, code: str) -> tuple[str, ...]:
    """The areas below a code that somebody answers for."""
    if not code:
        return ground.codes
    if any(code.startswith(own) for own in ground.codes):
        return (code,)
    below = tuple(own for own in ground.codes if own.startswith(code))
    if not below:
        raise NotAsked(_("这个区域不归您管。"), "code")
    return below


def _code(asked: Mapping[str, str]) -> str:
    code = asked.get("code", "")
    if code and not (code.isascii() and code.isdigit() and Area.objects.filter(code=code[:13]).exists()):
        raise NotAsked(_("没有这个区域编码。"), "code")
    return code


def _category(asked: Mapping[str, str]) -> str:
    said = asked.get("category", "")
    if said and not (said.isascii() and said.isalnum() and len(said) <= 8):
        raise NotAsked(_("没有这个类别编码。"), "category")
    return said


def _level(asked: Mapping[str, str]) -> int | None:
    said = asked.get("level", "")
    if said and said not in map(str, Level.values):
        raise NotAsked(_("处置层级只有 1 到 4。"), "level")
    return int(said) if said else None


def _net(asked: Mapping[str, str]) -> date | None:
    """The day whose net is meant; the grids of the intake where none is said."""
    said = asked.get("net", "")
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise NotAsked(_("日期请写成 2026-11-22。"), "net") from None


def categories() -> list[Category]:
    return list(Category.objects.order_by("code"))
