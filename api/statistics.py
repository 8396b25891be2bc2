"""Statistics of how requests were handled: for everybody what is public, for staff their own areas, exactly."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.views import APIView

from api.errors import Refused
from api.permissions import Politeness
from api.plan_schema import FLAG, INTEGER, NUMBER, array, record
from api.plans import answer
from api.schema import or_null, parameter, text, with_problems
from cases.models import Level
from figures import summary
from figures.statistics import BY, MEDIANS, METRICS

LINE = record(
    code=text(), name=text(), reported=or_null(INTEGER), withheld=FLAG,
    values={"type": "object", "additionalProperties": or_null(NUMBER)},
)  # fmt: skip
METRIC = record(key=text(), name=text(), unit=text(enum=["%", "h"]), formula=text(), example=text())
SUMMARY = record(
    public=FLAG, period=text(), by=text(enum=list(BY)), code=text(), net=or_null(text(format="date")),
    metrics=array(METRIC), rows=array(LINE), total=or_null(LINE),
)  # fmt: skip


class StatisticsView(APIView):
    throttle_classes = [Politeness]

    @extend_schema(
        operation_id="statistics",
        summary="How requests were handled: rates and medians by place, matter, level or month",
        description=(
            "Everybody gets whole communities and what is above them, in ended quarters, with what is about fewer than "
            "8 households or 3 reporters withheld. Staff get their own areas down to the grid, exactly. Grids are "
            "those of the intake, which no redraw changes, or with `net` those of a day's plans. `metrics` says how "
            "each figure is worked out. Nothing is counted by person."
        ),
        parameters=[
            parameter("period", OpenApiTypes.STR, "2026-Q3; for staff also 2026 and 2026-09."),
            parameter("by", OpenApiTypes.STR, "What a row is about.", enum=list(BY)),
            parameter("code", OpenApiTypes.STR, "Code of an area: only what is below it."),
            parameter("category", OpenApiTypes.STR, "For staff: code of a category or class."),
            parameter("level", OpenApiTypes.INT, "For staff: level of handling.", enum=Level.values),
            parameter("net", OpenApiTypes.DATE, "For staff: the day whose grids are meant."),
        ],
        responses=with_problems({200: OpenApiResponse(SUMMARY)}, 400, 429),
        tags=["cases"],
    )
    def get(self, request: Any) -> HttpResponse:
        try:
            found = summary.summary(request.GET, request.user, timezone.now())
        except summary.NotAsked as refusal:
            raise Refused("bad_question", str(refusal), field=refusal.field) from None
        return answer(_document(found))


def _document(found: summary.Summary) -> dict[str, Any]:
    return {
        "public": found.is_open,
        "period": found.period.name,
        "by": found.by,
        "code": found.code,
        "net": found.net.isoformat() if found.net else None,
        "metrics": [_metric(metric) for metric in METRICS],
        "rows": [_line(line) for line in found.lines],
        "total": _line(found.total) if found.total else None,
    }


def _metric(metric: Any) -> dict[str, str]:
    unit = "h" if metric in MEDIANS else "%"
    words = {"name": str(metric.name), "formula": str(metric.formula), "example": str(metric.example)}
    return {"key": metric.key, "unit": unit, **words}


def _line(line: summary.Line) -> dict[str, Any]:
    values = {metric.key: value for metric, value in zip(METRICS, line.values, strict=True)}
    return {
        "code": line.code, "name": line.name, "reported": line.reported, "withheld": line.withheld, "values": values
    }  # fmt: skip
