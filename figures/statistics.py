"""
How requests were handled: counts, rates and medians of the cases reported in a period, by place, matter, level or time.

A case counts in the grid where it was taken in, which no redraw changes (law 6): the figures of a month are the same to
the unit afterwards. To compare across a redraw, ask for the net of a day: then each case counts in the grid that its
place belongs to in the plans of that day. Nothing is counted by person, and places stand in the order of their codes:
there is no ranking (law 12).

All is counted in one query of the database. Medians are of hours by the clock, since that is how long people waited.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    BigIntegerField,
    Count,
    DurationField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models import Case as If
from django.db.models.functions import Coalesce, Left, TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from buildings.models import Area
from cases.models import Case, Category, Level, Status
from figures.periods import Period
from grids.models import Grid, GridBoundary, Plan

HOUR = 3600.0  # seconds
NOT_COUNTED = (Status.REJECTED, Status.VOIDED)  # no matter for anybody; hot spots leave them out as well
SENSITIVE = "-"  # in public the class of all that is sensitive, whatever class it is of
DIGITS = {"district": 6, "subdistrict": 9, "community": 12}
BY = (*DIGITS, "grid", "class", "category", "level", "month")


class Median(Aggregate):
    """The value in the middle; of an even number the mean of the two."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Metric:
    """A rate: `part` of `whole`, both names of counts. How it is worked out stands beside it, with an example."""

    key: str
    name: str | Promise
    part: str
    whole: str
    formula: str | Promise
    example: str | Promise


RATES = (
    Metric(
        "response", _("响应率"), "responded", "counted",
        _("有人响应的 ÷ 应办的。响应：工作人员办的第一步，例如受理或自办。应办：上报的减去合并的。"),
        _("应办 40 件，39 件有人响应：39 ÷ 40 = 97.5%。"),
    ),
    Metric(
        "resolution", _("解决率"), "resolved", "counted",
        _("已办好的 ÷ 应办的。重新办理的，办好之前不算办好。"),
        _("应办 40 件，36 件办好：36 ÷ 40 = 90.0%。"),
    ),
    Metric(
        "on_time", _("按期率"), "on_time", "due",
        _("按期办好的 ÷ 到期的。到期：派了单，并且办好了或者时限已过。获准延期的按新时限。自办自结的没有派单，不计。"),
        _("到期 30 件，27 件在时限内办好：27 ÷ 30 = 90.0%。"),
    ),
    Metric(
        "satisfaction", _("满意率"), "satisfied", "rated",
        _("评为满意的 ÷ 有评价的。一般和不满意都不算满意；没有评价的不计。"),
        _("20 人评价，18 人满意：18 ÷ 20 = 90.0%。"),
    ),
    Metric(
        "reopened", _("返工率"), "reopened", "finished",
        _("返工或重新办理过的 ÷ 办好过的。"),
        _("办好过 50 件，2 件返工：2 ÷ 50 = 4.0%。"),
    ),
    Metric(
        "accuracy", _("一次派准率"), "first_right", "due",
        _("（到期的 − 改派过的）÷ 到期的。派过两次或以上的算没有派准。"),
        _("到期 30 件，3 件改派过：（30 − 3）÷ 30 = 90.0%。"),
    ),
)  # fmt: skip
MEDIANS = (
    Metric(
        "response_hours", _("响应用时"), "response_hours", "",
        _("从上报到第一次响应的小时数（按钟点，含夜间和休息日），从短到长排在正中的那一件。"),
        _("3 件各用 1、2、9 小时：中位数是 2 小时。"),
    ),
    Metric(
        "resolution_hours", _("办理用时"), "resolution_hours", "",
        _("从上报到办好的小时数（按钟点，含夜间和休息日），从短到长排在正中的那一件。"),
        _("4 件各用 5、7、9、30 小时：中位数是（7 + 9）÷ 2 = 8 小时。"),
    ),
)  # fmt: skip
METRICS = RATES + MEDIANS


@dataclass(frozen=True)
class Wish:
    """
    What is asked for. `net`: the day by whose plans places are told; None is the grid of the intake.
    """

    period: Period
    by: str = "community"
    codes: tuple[str, ...] = ("",)  # official codes of areas; "" is all
    category: str = ""
    level: int | None = None
    net: date | None = None


@dataclass(frozen=True)
class Row:
    """The figures of one place, matter, level or month. `figures` has the counts by name and the medians in hours."""

    code: str
    name: str
    figures: Mapping[str, Any]

    def rate(self, metric: Metric) -> float | None:
        """Per cent; None where there is nothing to divide by."""
        whole = self.figures[metric.whole]
        return 100.0 * self.figures[metric.part] / whole if whole else None

    def value(self, metric: Metric) -> float | None:
        """Per cent of a rate, hours of a median."""
        if metric in MEDIANS:
            hours: float | None = self.figures[metric.key]
            return hours
        return self.rate(metric)


def rows(wish: Wish, now: datetime) -> list[Row]:
    """A row for each place, matter, level or month of which anything was reported. Two queries; three by grid."""
    key = _KEYS[wish.by]
    cases = _of_the_net(reported(wish), wish) if wish.by == "grid" else reported(wish)
    found = cases.annotate(group=_key_of_grid(wish) if wish.by == "grid" else key).values("group")
    figures: list[dict[str, Any]] = list(found.annotate(**_counts(now)).order_by("group"))  # type: ignore[arg-type]
    return _named(wish.by, [(row.pop("group"), _finished(row)) for row in figures])


def total(wish: Wish, now: datetime) -> Row:
    """All that was reported. One query."""
    return Row("", str(_("合计")), _finished(reported(wish).aggregate(**_counts(now))))


def reported(wish: Wish) -> QuerySet[Case]:
    """The cases reported in a period in these areas, of a category (or class) and a level of handling."""
    first, end = wish.period.span
    cases = Case.objects.filter(reported_at__gte=first, reported_at__lt=end).exclude(status__in=NOT_COUNTED)
    cases = cases.filter(_in_areas(wish.codes)).order_by()
    if wish.category:
        cases = cases.filter(Q(category__code=wish.category) | Q(category__parent__code=wish.category))
    return cases if wish.level is None else cases.filter(level=wish.level)


def _in_areas(codes: Iterable[str]) -> Q:
    if "" in codes:
        return Q()
    inside = Q(pk__in=[])
    for code in codes:
        inside |= Q(code__startswith=code)
    return Q(community__in=Area.objects.communities().filter(inside))


# --- what is counted --------------------------------------------------------------------------------------------------

# A duplicate is handled with the case that it was merged into. Asked ten times a row, and so not of the status, a text.
_MATTER = Q(merged_into=None)
_RESOLVED = _MATTER & Q(resolved_at__isnull=False)


def _counts(now: datetime) -> dict[str, Aggregate]:
    due = _MATTER & Q(handle_due_at__isnull=False) & (Q(resolved_at__isnull=False) | Q(handle_due_at__lt=now))
    chosen = {
        "counted": _MATTER,
        "responded": _MATTER & Q(responded_at__isnull=False),
        "resolved": _RESOLVED,
        "due": due,
        "on_time": due & Q(resolved_at__lte=F("handle_due_at")),
        "rated": Q(rating__isnull=False),
        "satisfied": Q(rating=Case.Rating.SATISFIED),
        "finished": _RESOLVED | (_MATTER & Q(reopened__gt=0)),
        "reopened": _MATTER & Q(reopened__gt=0),
        "first_right": due & Q(redispatched=0),
    }
    counts = {f"n_{name}": Count("pk", filter=which) for name, which in chosen.items()}
    waits = {"response": F("responded_at") - F("reported_at"), "resolution": F("resolved_at") - F("reported_at")}
    hours = {f"n_{name}_hours": Median(wait, filter=_MATTER) for name, wait in waits.items()}
    return {"n_reported": Count("*"), **counts, **hours}


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    """The names without the prefix that keeps them apart from the model's fields; hours to a hundredth."""
    told = {name.removeprefix("n_"): value for name, value in row.items()}
    return {name: _hours(value) if isinstance(value, timedelta) else value for name, value in told.items()}


def _hours(wait: timedelta) -> float:
    return round(wait.total_seconds() / HOUR, 2)


# --- by what ----------------------------------------------------------------------------------------------------------

_KEYS: dict[str, Any] = {
    **{name: Left("community__code", digits) for name, digits in DIGITS.items()},
    "class": Coalesce("category__parent__code", "category__code"),
    "open_class": If(
        When(Q(category__sensitive=True) | Q(category__parent__sensitive=True), then=Value(SENSITIVE)),
        default=Coalesce("category__parent__code", "category__code"),
    ),
    "category": F("category__code"),
    "level": F("level"),
    "month": TruncMonth("reported_at"),
    "grid": None,
}


def _of_the_net(cases: QuerySet[Case], wish: Wish) -> QuerySet[Case]:
    """Join each case with the place of its door in the plans of a day."""
    if wish.net is None:
        return cases
    plans = Plan.objects.in_force(wish.net).filter(_communities_of(wish.codes)).values_list("pk", flat=True)
    here = Q(stairwell__assignments__plan__in=list(plans))
    return cases.annotate(cell=FilteredRelation("stairwell__assignments", condition=here))


def _communities_of(codes: Iterable[str]) -> Q:
    inside = Q(pk__in=[])
    for code in codes:
        inside |= Q(community__code__startswith=code)
    return inside


def _key_of_grid(wish: Wish) -> Any:
    """The grid of the intake; by the net of a day that of the door, else the one that holds the point (law 5)."""
    if wish.net is None:
        return F("intake_grid")
    shapes = GridBoundary.objects.in_force(wish.net).filter(grid__level=Grid.Level.GRID)
    at_point = shapes.filter(boundary__covers=OuterRef("point")).order_by("grid__code").values("grid")[:1]
    places = ("cell__boundary__parent__grid", "cell__boundary__grid", Subquery(at_point))
    return Coalesce(*places, output_field=BigIntegerField())


def _named(by: str, found: list[tuple[Any, dict[str, Any]]]) -> list[Row]:
    """Rows in the order of their codes; what has none comes last."""
    names = _NAMES[by](key for key, _figures in found)
    nowhere = "", str(_("不在网格或社区里"))
    told = [(names.get(key, nowhere), figures) for key, figures in found]
    return sorted(
        (Row(code, name, figures) for (code, name), figures in told), key=lambda row: (not row.code, row.code)
    )


Names = dict[Any, tuple[str, str]]


def _areas(keys: Iterable[Any]) -> Names:
    wanted = Area.objects.filter(code__in=[key for key in keys if key])
    return {code: (code, name) for code, name in wanted.values_list("code", "name")}


def _grids(keys: Iterable[Any]) -> Names:
    wanted = Grid.objects.filter(pk__in=[key for key in keys if key])
    rows = wanted.values_list("pk", "code", "community__name", "name")
    return {pk: (code or f"g{pk}", f"{community} {name}") for pk, code, community, name in rows}


def _categories(keys: Iterable[Any]) -> Names:
    return {code: (code, name) for code, name in Category.objects.values_list("code", "name")}


def _open_classes(keys: Iterable[Any]) -> Names:
    return _categories(keys) | {SENSITIVE: (SENSITIVE, str(_("个人和家庭的事")))}


def _levels(keys: Iterable[Any]) -> Names:
    return {level: (str(level), str(Level(level).label)) for level in keys}


def _months(keys: Iterable[Any]) -> Names:
    return {month: (f"{month:%Y-%m}", f"{month:%Y-%m}") for month in keys}


_NAMES: dict[str, Any] = {
    **dict.fromkeys(DIGITS, _areas),
    "grid": _grids,
    "class": _categories,
    "open_class": _open_classes,
    "category": _categories,
    "level": _levels,
    "month": _months,
}
