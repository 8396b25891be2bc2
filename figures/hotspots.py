"""A question about hot spots, as pages and programs ask it: read, checked, answered, and kept for a while."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from django.core.cache import cache
from django.db.models import Count, Max, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from buildings.models import Area, GroundChange
from cases.columns import Floats
from cases.models import Case, Category, Level, OpenPlace
from cases.places import LATTICE
from cases.study import Ground, ground_of
from figures import heat, openheat
from figures.choropleth import GridRow, grid_rows
from figures.heat import Emerging, Table, Wish
from figures.periods import Period, back_to, parse, period_of, weeks
from geo.hexagons import Lattice
from grids.models import Plan

MONTHS = (12, 3, 1)  # of the periods that staff may ask for
STEPS = 5  # of the legend
DAY, MINUTES = 86_400, 600  # seconds for which figures of an ended and of a running period are kept
Kept = TypeVar("Kept")


class Measure(TextChoices):
    COUNT = "count", gettext_lazy("件数")
    RATE = "rate", gettext_lazy("每百户件数")
    SIGNIFICANCE = "z", gettext_lazy("显著性（Gi*）")
    DENSITY = "density", gettext_lazy("密度")
    TREND = "change", gettext_lazy("比上期")


BY_GRID = (Measure.COUNT, Measure.RATE, Measure.TREND)  # what is known of a grid


class NotAsked(ValueError):
    """Something that cannot be asked for; the sentence is for people, the code for programs."""

    def __init__(self, code: str, field: str, sentence: str):
        super().__init__(sentence)
        self.code, self.field = code, field


@dataclass(frozen=True)
class Question:
    """What is asked, on which day, and on whose ground: None is everybody's, withheld where it must be."""

    wish: Wish
    on: date
    ground: Ground | None = None
    area: Area | None = None
    measure: Measure = Measure.COUNT
    by_grid: bool = False

    @cached_property
    def table(self) -> Table:
        wish = self.wish
        if (ground := self.ground) is None:
            return openheat.figures(wish, self._open_figures)
        return self._kept(lambda: heat.figures(ground, wish, timezone.localdate()), "exact", wish, self._codes)

    def _open_figures(self, period: Period) -> openheat.Figures:
        return self._kept(lambda: openheat.figures_of(period), "open", period)

    @cached_property
    def grids(self) -> list[GridRow]:
        """The same by grid, for staff: in public it would cut the hexagons."""
        if (ground := self.ground) is None:
            return []
        return self._kept(lambda: grid_rows(ground, self.wish, self.on), "grids", self.wish, self._codes)

    @cached_property
    def emerging(self) -> list[Emerging]:
        """For staff: what was hot in the last whole week, whatever period is asked for."""
        if (ground := self.ground) is None:
            return []
        asked = ("emerging", self.wish.category, self.wish.level, self._codes)
        return self._kept(lambda: heat.emerging_now(ground, self.wish, self.on), *asked)

    @property
    def lattice(self) -> Lattice:
        return LATTICE if self.ground is None else heat.FINE

    def cases_in(self, cells: Sequence[int], *, last_week: bool) -> QuerySet[Case]:
        """For staff: the cases behind hexagons, in the period or in the last whole week."""
        if self.ground is None:
            return Case.objects.none()
        period = weeks(self.on, 1)[0] if last_week else self.wish.period
        return heat.cases_in(self.ground, self.wish, cells, period, period)

    @property
    def _codes(self) -> list[str]:
        return sorted(self.ground.codes) if self.ground else []

    def _kept(self, make: Callable[[], Kept], *asked: Any) -> Kept:
        """Under the question, the day and the net of that day, so that a redraw or a new day asks anew."""
        key = f"{__name__}:" + hashlib.sha256(repr((asked, self.on, _version(self.on))).encode()).hexdigest()
        found = _remembered(key)
        if found is None:
            found = make()
            cache.set(key, found, DAY if self.wish.period.ended(self.on) and asked[0] != "emerging" else MINUTES)
        return found


def _remembered(key: str) -> Any:
    """What is kept, or None: an older release may have left objects of classes that are no longer there."""
    try:
        return cache.get(key)
    except (ImportError, AttributeError):
        return None


def _version(on: date) -> Any:
    """What changes with a plan of that day, with the ground, and when the public places are drawn anew."""
    plans = Plan.objects.in_force(on).aggregate(Count("pk"), Max("published_at"))
    drawn = OpenPlace.objects.aggregate(Max("pk"))
    return *plans.values(), *drawn.values(), GroundChange.objects.count()


# --- reading a question -----------------------------------------------------------------------------------------------


def asked(query: Mapping[str, str], user: Any, on: date) -> Question:
    """The question of a query. Raises `NotAsked`. Rights are those of today, and no period ends before its time."""
    today = timezone.localdate()
    ground, on = None if query.get("public") else ground_of(user, today), min(on, today)
    area = _area(query.get("area", ""), ground)
    if ground and area:
        ground = Ground((area.code,))
    return Question(
        wish=_wish(query, on, ground),
        on=on,
        ground=ground,
        area=area,
        measure=_measure(query.get("measure", "")),
        by_grid=_places(query.get("places", ""), ground),
    )


def _wish(query: Mapping[str, str], on: date, ground: Ground | None) -> Wish:
    category, level = query.get("category", ""), _level(query.get("level", ""))
    if category and ("\x00" in category or not _categories(ground).filter(code=category).exists()):
        raise NotAsked("no_such_category", "category", _("没有这个类别，或它的分布不公开。"))
    if ground is None and category and level is not None:
        raise NotAsked("one_of_two", "level", _("公开的数字按类别或按层级查，不能同时按两样查。"))
    return Wish(_period(query.get("period", ""), on, ground), category, level)


def _period(name: str, on: date, ground: Ground | None) -> Period:
    found = openheat.asked_period(name, on) if ground is None else _staff_period(name, on)
    if found is None and ground is None:
        raise NotAsked("no_such_period", "period", _("公开的数字只有已经结束的季度，例如 2026-Q3。"))
    if found is None:
        raise NotAsked("no_such_period", "period", _("时段写成 2026、2026-Q3 或 2026-09，不能在以后。"))
    return found


def _staff_period(name: str, on: date) -> Period | None:
    found = parse(name) if name else period_of(on, 3)
    return found if found and found.start <= on else None


def _categories(ground: Ground | None) -> Any:
    return Category.objects.all() if ground else Category.objects.filter(parent=None, sensitive=False)


def _level(text: str) -> int | None:
    if not text:
        return None
    if text not in {str(value) for value in Level.values}:
        raise NotAsked("no_such_level", "level", _("层级是 1 到 4。"))
    return int(text)


def _measure(text: str) -> Measure:
    if text and text not in Measure.values:
        raise NotAsked("no_such_measure", "measure", _("没有这种算法。"))
    return Measure(text) if text else Measure.COUNT


def _places(text: str, ground: Ground | None) -> bool:
    if text not in ("", "cells", "grids"):
        raise NotAsked("no_such_places", "places", _("按 cells（六边形）或 grids（网格）查。"))
    if text == "grids" and ground is None:
        raise NotAsked("grids_are_for_staff", "places", _("公开的数字只按六边形，不按网格：两种相减会露出小范围。"))
    return text == "grids"


def _area(code: str, ground: Ground | None) -> Area | None:
    if not code:
        return None
    found = Area.objects.filter(code=code).first() if ground and code.startswith(ground.codes) else None
    if found is None:
        raise NotAsked("no_such_area", "area", _("没有这个区域，或它不归您管。"))
    return found


# --- what may be chosen -----------------------------------------------------------------------------------------------


def periods(question: Question) -> list[Period]:
    """The periods that a form offers, the newest first."""
    if question.ground is None:
        return openheat.periods(question.on)
    first = Case.objects.order_by("reported_at").values_list("reported_at__date", flat=True).first() or question.on
    return [period for months in MONTHS for period in back_to(first, question.on, months)]


def categories(question: Question) -> list[Category]:
    return list(_categories(question.ground).select_related("parent").order_by("code"))


def is_staff(user: Any) -> bool:
    """Whether there is more for somebody to see than what everybody sees."""
    return ground_of(user, timezone.localdate()) is not None


def areas(question: Question, user: Any) -> list[Area]:
    """The towns and communities among which staff may choose."""
    ground = ground_of(user, timezone.localdate())
    if ground is None or question.ground is None:
        return []
    towns = set(ground.communities.values()) if len(ground.communities) > 1 else set()
    chosen = [*towns, *ground.communities]
    return [area for area in Area.objects.filter(pk__in=chosen).order_by("code") if area.code.startswith(ground.codes)]


# --- the legend -------------------------------------------------------------------------------------------------------


def values_of(table: Table, measure: Measure) -> Floats:
    """The figures of a measure, NaN where there is none."""
    values = {
        Measure.COUNT: table.counts, Measure.RATE: table.rate, Measure.SIGNIFICANCE: table.z,
        Measure.DENSITY: table.density, Measure.TREND: table.change,
    }[measure]  # fmt: skip
    return np.where(table.shown, values, np.nan)


def steps(values: Floats, measure: Measure) -> list[float]:
    """
    The lower ends of the legend's five steps, fewer where there are fewer different values above 0.

    Those of Gi* are fixed: 90, 95, 99 and 99.9 % of a normal law; the others leave as many hexagons in each step.
    """
    if measure == Measure.SIGNIFICANCE:
        return [0.0, 1.65, 1.96, 2.58, 3.29]
    some = np.unique(np.round(values[np.isfinite(values) & (values > 0)], 0 if measure == Measure.COUNT else 1))
    some = some[some > 0]
    if len(some) <= STEPS:
        return [float(value) for value in some]
    all_of = np.sort(values[np.isfinite(values) & (values > 0)])
    lows = [float(some[0]), *np.quantile(all_of, np.arange(1, STEPS) / STEPS, method="higher").tolist()]
    return sorted({round(low, 0 if measure == Measure.COUNT else 1) for low in lows if low > 0})


def step_of(value: float, lows: list[float]) -> int:
    """From 1 for the lightest to 5; 0 for what lies below all."""
    return int(np.searchsorted(lows, round(value, 1), side="right")) if np.isfinite(value) else 0


def grid_values(rows: list[GridRow], measure: Measure) -> Floats:
    """The figures of a measure by grid, NaN where there is none."""
    values = {
        Measure.COUNT: [row.count for row in rows],
        Measure.RATE: [row.rate for row in rows],
        Measure.TREND: [row.change for row in rows],
    }.get(measure, [None] * len(rows))
    return np.array(values, dtype=float)


def grid_steps(rows: list[GridRow], measure: Measure) -> list[float]:
    return steps(grid_values(rows, measure), measure)
