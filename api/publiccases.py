"""Cases for everybody as GeoJSON: at a public place, never where they are (cases/places.py)."""

from typing import Any

import orjson
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.views import APIView

from api.errors import Refused
from api.http import GEOJSON, json_response
from api.permissions import Politeness
from api.schema import parameter, with_problems
from cases.models import pk_of
from cases.opencases import FINISHED, OpenCase, public_cases, told

PAGE, MOST = 200, 500
SECONDS = 60  # that callers may keep an answer


class PublicCasesView(APIView):
    authentication_classes = []  # everybody is told the same
    throttle_classes = [Politeness]

    @extend_schema(
        operation_id="public_cases",
        summary="Cases as everybody may see them, the newest first",
        description=(
            "A case stands at its building where that has 8 households, else in the middle of a hexagon, else only in "
            "a community (no geometry). Words and photos are those that staff have looked at. Sensitive matters are "
            "not here; statistics count them. A further page begins `before` the last number."
        ),
        parameters=[
            parameter("category", OpenApiTypes.STR, "Code of a category or class."),
            parameter("status", OpenApiTypes.STR, "Only those still open, or done.", enum=["open", "closed"]),
            parameter("before", OpenApiTypes.STR, "Only cases with a smaller number than this one."),
            parameter("size", OpenApiTypes.INT, f"Cases in an answer, {PAGE} if not said, at most {MOST}."),
        ],
        responses=with_problems({200: OpenApiResponse(OpenApiTypes.OBJECT)}, 400, 429, media_type=GEOJSON),
        auth=[],
        tags=["cases"],
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        size = _size(request.GET.get("size", ""))
        rows = list(_wanted(request.GET)[: size + 1])
        features = [feature(case) for case in told(rows[:size])]
        more = features[-1]["id"] if len(rows) > size else None
        document = {"type": "FeatureCollection", "features": features, "next_before": more}
        return json_response(orjson.dumps(document), media_type=GEOJSON, seconds=SECONDS)


def _wanted(asked: Any) -> Any:
    cases = public_cases().order_by("-pk")
    if category := asked.get("category", ""):
        if not (category.isascii() and category.isalnum() and len(category) <= 8):
            raise Refused("bad_code", _("没有这个类别编码。"), field="category")
        cases = cases.filter(Q(category__code=category) | Q(category__parent__code=category))
    if (status := asked.get("status", "")) not in ("", "open", "closed"):
        raise Refused("bad_status", _("status 只能是 open 或 closed。"), field="status")
    if status:
        cases = cases.filter(status__in=FINISHED) if status == "closed" else cases.exclude(status__in=FINISHED)
    if before := asked.get("before", ""):
        if (pk := pk_of(before)) is None:
            raise Refused("bad_number", _("before 要写一件诉求的编号。"), field="before")
        cases = cases.filter(pk__lt=pk)
    return cases


def _size(said: str) -> int:
    if not said:
        return PAGE
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:6]) <= MOST):
        raise Refused("bad_size", _("size 要在 1 到 %d 之间。") % MOST, field="size")
    return int(said)


def feature(case: OpenCase) -> dict[str, Any]:
    place = case.place
    at = None if place.lon is None else {"type": "Point", "coordinates": [place.lon, place.lat]}
    properties = {
        "number": case.number,
        "category": case.category,
        "category_name": case.category_name,
        "status": case.status,
        "reported_on": timezone.localdate(case.reported_at).isoformat(),
        "changed_on": timezone.localdate(case.changed_at).isoformat(),
        "words": case.words,
        "note": case.note,
        "photos": [photo_address(key) for key in case.photos],
        "place": place.kind,
        "place_code": place.code,
        "place_name": place.name,
    }
    return {"type": "Feature", "id": case.number, "geometry": at, "properties": properties}


def photo_address(key: str) -> str:
    return reverse("pages:photo", args=[key])
