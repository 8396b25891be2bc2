"""Hot spots as GeoJSON: for everybody with what must be withheld withheld, for staff exact on their own ground."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import shapely
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.views import APIView

from api import asking
from api.errors import Refused
from api.http import GEOJSON, json_response
from api.permissions import Politeness
from api.schema import DATE, parameter, with_problems
from cases.models import Level
from figures import heat, hotspots
from figures.choropleth import GridRow
from figures.heat import Table
from figures.hotspots import Measure, NotAsked, Question
from geo.suppression import HOUSEHOLDS, REPORTERS
from grids.models import GridBoundary

MOST = 20_000  # hexagons in one answer, those with most requests; of a city's, where all are asked for
DIGITS = 6  # of a figure; degrees have as many, 0.1 m
FIGURES = ("rate", "z", "p", "q", "density", "change", "change_q")


class HotspotsView(APIView):
    throttle_classes = [Politeness]

    @extend_schema(
        operation_id="hotspots",
        summary="Requests by hexagon: number, rate, Gi*, density and trend",
        description=(
            "Everybody gets hexagons of 100 m and ended quarters, and of these what is about at least 8 households and "
            "3 reporters; `shown` is false for the others, and they have no figures. Staff get hexagons of 50 m of "
            "their own area, or its grids, with nothing withheld, unless `public` is 1. `about` says how all is "
            "worked out."
        ),
        parameters=[
            parameter("period", OpenApiTypes.STR, "2026-Q3; for staff also 2026 and 2026-09."),
            parameter("category", OpenApiTypes.STR, "Code of a class; for staff also of a category."),
            parameter("level", OpenApiTypes.INT, "Level of handling.", enum=Level.values),
            parameter("places", OpenApiTypes.STR, "`grids` for staff only.", enum=["cells", "grids"]),
            parameter("area", OpenApiTypes.STR, "Code of an area that the caller answers for."),
            parameter("public", OpenApiTypes.STR, "1: what everybody gets.", enum=["1"]),
            DATE,
        ],
        responses=with_problems({200: OpenApiResponse(OpenApiTypes.OBJECT)}, 400, 429, media_type=GEOJSON),
        tags=["hotspots"],
    )
    def get(self, request: Any) -> HttpResponse:
        try:
            question = hotspots.asked(request.GET, request.user, asking.day(request.GET))
        except NotAsked as refusal:
            raise Refused(refusal.code, str(refusal), field=refusal.field) from None
        document = _by_grid(question) if question.by_grid else _by_cell(question)
        return json_response(orjson.dumps(document), media_type=GEOJSON)


def _by_cell(question: Question) -> dict[str, Any]:
    table = question.table
    legend = {measure.value: hotspots.steps(hotspots.values_of(table, measure), measure) for measure in Measure}
    some = _worth_telling(table)
    return {
        "type": "FeatureCollection",
        "about": _about(question, table),
        "legend": legend,
        "left_out": int(max(0, some.sum() - MOST)),
        "features": list(_features(table.where(_first(table, some)))),
    }


def _worth_telling(table: Table) -> Any:
    """All but the hexagons in which nobody lives, nothing was reported and that are no part of a hot spot."""
    return ~table.shown | (table.counts > 0) | (table.households > 0) | table.hot


def _first(table: Table, some: Any) -> Any:
    if some.sum() <= MOST:
        return some
    order = np.argsort(np.where(some, -table.counts, 1), kind="stable")
    return np.sort(order[:MOST])


def _features(table: Table) -> Iterator[dict[str, Any]]:
    rings = shapely.get_coordinates(table.lattice.polygons(table.cells)).reshape(-1, 7, 2).round(DIGITS).tolist()
    for number, ring in enumerate(rings):
        yield {
            "type": "Feature",
            "id": int(table.cells[number]),
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": _figures(table, number) if table.shown[number] else {"shown": False},
        }


def _figures(table: Table, number: int) -> dict[str, Any]:
    found = {name: _number(getattr(table, name)[number]) for name in FIGURES}
    return {
        "shown": True,
        "count": int(table.counts[number]),
        "households": int(table.households[number]),
        "before": int(table.before[number]) if found["change"] is not None else None,
        "hot": bool(table.hot[number]),
        **found,
    }


def _number(value: float) -> float | None:
    return round(float(value), DIGITS) if np.isfinite(value) else None


def _by_grid(question: Question) -> dict[str, Any]:
    rows = question.grids
    shapes = GridBoundary.objects.in_bulk([row.boundary for row in rows if row.boundary])
    return {
        "type": "FeatureCollection",
        "about": {"period": question.wish.period.name, "places": "grids", "exact": True},
        "legend": {measure.value: hotspots.grid_steps(rows, measure) for measure in hotspots.BY_GRID},
        "left_out": 0,
        "features": [_grid(row, shapes.get(row.boundary) if row.boundary else None) for row in rows],
    }


def _grid(row: GridRow, shape: GridBoundary | None) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row.code,
        "geometry": orjson.loads(shape.boundary.geojson) if shape else None,
        "properties": {
            "shown": True, "code": row.code, "name": row.name, "community": row.community, "count": row.count,
            "households": row.households, "rate": row.rate, "before": row.before, "change": row.change,
            "change_q": row.change_q,
        },
    }  # fmt: skip


def _about(question: Question, table: Table) -> dict[str, Any]:
    """How the figures are worked out, for programs; docs/hotspots.md says it in words."""
    return {
        "period": question.wish.period.name,
        "places": "cells",
        "exact": question.ground is not None,
        "least_households": None if question.ground else HOUSEHOLDS,
        "least_reporters": None if question.ground else REPORTERS,
        "cell": {"shape": "hexagon", "side_m": table.lattice.side, "width_m": round(table.lattice.spacing_m, 1),
                 "area_m2": round(table.lattice.area_m2, 1)},
        "gi_star": {"of": "count", "window": "itself and its 6 neighbours, weights 1", "among": "hexagons of a town",
                    "p": "two-sided, normal", "correction": "false discovery rate, Benjamini and Hochberg",
                    "hot": f"z > 0, q <= {heat.HOT}, at least {heat.LEAST:g} requests in the window",
                    "withheld_count_as": None if question.ground else heat.UNSEEN},
        "density": {"kernel": "quartic", "bandwidth_m": heat.BANDWIDTH, "unit": "requests per km2"},
        "rate": "per 100 households",
        "change": "count less the period before, by days; exact binomial, false discovery rate",
    }  # fmt: skip
