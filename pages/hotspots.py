"""Where and when requests pile up: a map, the same as a table, how it is worked out, and what emerges for planners."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from cases import access
from cases.models import Case, Level
from figures import hotspots
from figures.cells import Spot, spots_of
from figures.choropleth import GridRow
from figures.heat import BANDWIDTH, LEAST, WEEKS, Emerging, Table
from figures.hotspots import BY_GRID, Measure, NotAsked, Question
from geo.suppression import HOUSEHOLDS, REPORTERS
from maps.extent import town_extent
from maps.pages import tile_template
from maps.version import net_version
from pages import asking

PAGE = 30  # rows of the table


@require_safe
def hotspots_page(request: HttpRequest) -> HttpResponse:
    """The planner's question, asked by a form that is an address, and everybody's without what must be withheld."""
    try:
        question = hotspots.asked(request.GET, request.user, asking.day(request))
    except NotAsked as refusal:
        raise BadRequest(str(refusal)) from None
    rows, lows = _rows(question)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    _name(list(page), question)
    said = {
        "question": question,
        "measure": question.measure,
        "choice": _choice(question, request),
        "page": page,
        "legend": legend(lows, question.measure),
        "total": sum(row.count or 0 for row in rows),
        "withheld": sum(not row.shown for row in rows),
        "hot": sum(row.hot for row in rows),
        "emerging": list(_emerging(question)),
        "behind": _behind(request, question),
        "map": _map(request, question, lows),
        "cell": _size(question),
        "known": {"least": LEAST, "bandwidth": BANDWIDTH, "weeks": WEEKS, "homes": HOUSEHOLDS, "people": REPORTERS},
    }
    return render(request, "figures/hotspots.html", said)


def _size(question: Question) -> dict[str, Any]:
    lattice = question.lattice
    return {"width": round(lattice.spacing_m), "hectares": f"{lattice.area_m2 / 10_000:.2g}"}


# --- the table --------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A hexagon or a grid as the table shows it; a figure that is withheld or that there is none of is None."""

    key: str
    shown: bool
    value: float | None
    step: int
    hot: bool = False
    count: int | None = None
    households: int | None = None
    rate: float | None = None
    z: float | None = None
    q: float | None = None
    density: float | None = None
    change: float | None = None
    change_q: float | None = None
    spot: Spot | None = None

    @property
    def changed(self) -> bool:
        """Whether the change is more than chance."""
        return self.change_q is not None and self.change_q <= 0.05


def _rows(question: Question) -> tuple[list[Row], list[float]]:
    """The rows, those with most of the measure first and the withheld last, and the steps of the legend."""
    rows, lows = _grids(question) if question.by_grid else _cells(question)
    return sorted(rows, key=lambda row: (not row.shown, -(row.value or 0), -(row.count or 0), row.key)), lows


def _cells(question: Question) -> tuple[list[Row], list[float]]:
    table = question.table
    values = hotspots.values_of(table, question.measure)
    lows = hotspots.steps(values, question.measure)
    some = np.flatnonzero(~table.shown | (table.counts > 0) | table.hot)
    return [_cell(table, number, float(values[number]), lows) for number in some.tolist()], lows


def _cell(table: Table, number: int, value: float, lows: list[float]) -> Row:
    key = str(table.cells[number])
    if not table.shown[number]:
        return Row(key, False, None, 0)
    return Row(
        key,
        True,
        _or_none(value),
        hotspots.step_of(value, lows),
        hot=bool(table.hot[number]),
        count=int(table.counts[number]),
        households=int(table.households[number]),
        rate=_or_none(table.rate[number]),
        z=_or_none(table.z[number]),
        q=_or_none(table.q[number]),
        density=_or_none(table.density[number]),
        change=_or_none(table.change[number]),
        change_q=_or_none(table.change_q[number]),
    )


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _grids(question: Question) -> tuple[list[Row], list[float]]:
    rows = question.grids
    values = hotspots.grid_values(rows, question.measure)
    lows = hotspots.steps(values, question.measure)
    return [_grid(row, value, lows) for row, value in zip(rows, values.tolist(), strict=True)], lows


def _grid(row: GridRow, value: float, lows: list[float]) -> Row:
    return Row(
        row.code,
        True,
        _or_none(value),
        hotspots.step_of(value, lows),
        count=row.count,
        households=row.households if row.boundary else None,
        rate=row.rate,
        change=row.change,
        change_q=row.change_q,
        spot=Spot(row.community, row.name, row.lon, row.lat),
    )


def _name(rows: Sequence[Row], question: Question) -> None:
    """Say where the hexagons of a page are; grids have names."""
    if not question.by_grid:
        spots = spots_of([int(row.key) for row in rows], question.lattice)
        for row in rows:
            row.spot = spots[int(row.key)]


# --- the legend -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    number: int
    label: str


def legend(lows: list[float], measure: Measure) -> list[Step]:
    """The steps from light to dark, each up to where the next begins."""
    digits = 2 if measure == Measure.SIGNIFICANCE else 1
    words = [f"{low:.{digits}f}".rstrip("0").rstrip(".") for low in lows]
    spans = [f"{low}–{high}" for low, high in pairwise(words)]
    return [Step(n, label) for n, label in enumerate([*spans, *(f"≥ {low}" for low in words[-1:])], 1)]


# --- the form ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """What the form offers, and what stands in the address beside it."""

    periods: Sequence[Any]
    categories: Sequence[Any]
    levels: Sequence[tuple[int, Any]]
    areas: Sequence[Any]
    measures: Sequence[Measure]
    may_see_exact: bool
    query: str


def _choice(question: Question, request: HttpRequest) -> Choice:
    return Choice(
        periods=hotspots.periods(question),
        categories=hotspots.categories(question),
        levels=Level.choices,
        areas=hotspots.areas(question, request.user),
        measures=BY_GRID if question.by_grid else list(Measure),
        may_see_exact=question.ground is not None or hotspots.is_staff(request.user),
        query=urlencode(_query(request.GET)),
    )


def _query(query: Mapping[str, str]) -> dict[str, str]:
    """What the API is asked as well."""
    names = ("period", "category", "level", "places", "area", "public", "date")
    return {name: query[name] for name in names if query.get(name)}


def _map(request: HttpRequest, question: Question, lows: list[float]) -> dict[str, Any]:
    """What the map is drawn from."""
    code = question.area.code if question.area else next(iter(question.ground.codes), "") if question.ground else ""
    return {
        "url": f"{reverse('api:hotspots')}?{urlencode(_query(request.GET))}",
        "measure": question.measure.value,
        "steps": lows,
        "tiles": tile_template(),
        "version": net_version(question.on),
        "bounds": list(town_extent(question.on, code)),
        "byGrid": question.by_grid,
        "exact": question.ground is not None,
        "date": question.on.isoformat() if "date" in request.GET else "",
    }


# --- what emerges, and the cases behind -------------------------------------------------------------------------------


def _emerging(question: Question) -> Iterator[tuple[Emerging, Spot | None]]:
    found = question.emerging
    spots = spots_of([one.peak for one in found], question.lattice)
    for one in found:
        yield one, spots.get(one.peak)


@dataclass(frozen=True)
class Behind:
    """The cases in a hexagon that the visitor may see, in the period that is asked for; `hidden` are the others."""

    spot: Spot | None
    cases: Sequence[Case]
    hidden: int


MOST = 200  # cases behind a hexagon on the page


def _behind(request: HttpRequest, question: Question) -> Behind | None:
    """For staff, of the hexagon that `cell` names, or of several side by side."""
    cells = [int(text) for text in request.GET.get("cell", "").split("-")[:60] if text.isdecimal() and len(text) < 17]
    if question.ground is None or not cells:
        return None
    counted = question.cases_in(cells, last_week="week" in request.GET)
    visible = access.cases_of(request.user, timezone.localdate()).filter(pk__in=counted.values("pk"))
    rows = list(visible.select_related("category", "grid", "community").order_by("-reported_at")[:MOST])
    spot = spots_of(cells[:1], question.lattice)[cells[0]]
    return Behind(spot, rows, counted.count() - visible.count())
