"""/statistics/: how requests were handled, exactly for staff in their areas, as far as it is public for everybody."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from buildings import tables
from cases.models import Level
from figures import openstatistics, summary
from figures.statistics import BY, MEDIANS, METRICS, Metric

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAMES = ("period", "by", "code", "category", "level", "net")  # of what an address may ask
UNDER = {"district": "subdistrict", "subdistrict": "community"}  # what a place's own page shows
MOST_LINES = 500  # on a page; the files have all


@dataclass(frozen=True)
class Shown:
    """A line as the page shows it: texts, and the address of what lies under it."""

    line: summary.Line
    reported: str
    told: list[tuple[str, Metric]]
    url: str = ""


@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    try:
        found = summary.summary(request.GET, request.user, timezone.now())
    except summary.NotAsked as refusal:
        raise BadRequest(str(refusal)) from None
    kind = request.GET.get("file", "")
    answer = _file(found, kind) if kind in ("csv", "xlsx") else _page(request, found)
    patch_cache_control(answer, private=True, no_store=True) if not found.is_open else None
    return answer


def _file(found: summary.Summary, kind: str) -> HttpResponse:
    title = _("办理统计 %(period)s") % {"period": found.period.name}
    if kind == "csv":
        content, media_type = tables.as_csv(found.head(), found.table()), "text/csv; charset=utf-8"
    else:
        content, media_type = tables.as_xlsx(title, found.head(), found.table()), XLSX
    name = f"statistics-{found.period.name}-{found.by}.{kind}"
    return HttpResponse(content, media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _page(request: HttpRequest, found: summary.Summary) -> HttpResponse:
    kinds = summary.kinds()
    offered = openstatistics.DIGITS if found.is_open else BY
    said = {
        "found": found,
        "kind": kinds[found.by],
        "lines": [_shown(line, found) for line in found.lines[:MOST_LINES]],
        "more": max(0, len(found.lines) - MOST_LINES),
        "total": _shown(found.total, found) if found.total else None,
        "metrics": METRICS,
        "periods": summary.periods(request.user, timezone.localdate()),
        "kinds": [(name, kinds[name]) for name in offered],
        "categories": [] if found.is_open else summary.categories(),
        "levels": [] if found.is_open else Level.choices,
        "query": _query(found),
    }
    return render(request, "figures/statistics.html", said)


def _shown(line: summary.Line, found: summary.Summary) -> Shown:
    pairs = zip(METRICS, line.values, strict=True)
    told = [(_figure(value, metric in MEDIANS, found.is_open), metric) for metric, value in pairs]
    return Shown(line, "—" if line.reported is None else f"{line.reported:,}", told, _under(line, found))


def _figure(value: float | None, is_hours: bool, is_open: bool) -> str:
    if value is None:
        return "—"
    text = f"{value:,.0f}" if is_open else f"{value:,.1f}"
    return _("%s 小时") % text if is_hours else f"{text}%"


def _under(line: summary.Line, found: summary.Summary) -> str:
    """Where a line leads: to the places below it, from a community to its grids, in public to its classes."""
    below = UNDER.get(found.by) or {"community": "class" if found.is_open else "grid"}.get(found.by)
    return f"?{_query(found, by=below, code=line.code)}" if below and line.code and not line.withheld else ""


def _query(found: summary.Summary, **other: Any) -> str:
    said = {
        "period": found.period.name, "by": found.by, "code": found.code, "category": found.category,
        "level": found.level or "", "net": found.net or "",
    } | other  # fmt: skip
    return urlencode({name: value for name, value in said.items() if value})
