"""The layers: lists and single places read as GeoJSON; the ground also written, by those whose community it is."""

from datetime import date
from hashlib import sha1
from typing import Any, ClassVar

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.exceptions import PermissionDenied
from rest_framework.views import APIView

from accounts import policy
from api import asking, features, schema
from api.errors import Conflict
from api.http import GEOJSON, json_response
from api.serializers import (
    AreaSerializer,
    BuildingSerializer,
    CompoundSerializer,
    FeatureSerializer,
    StairwellSerializer,
)  # fmt: skip
from buildings.models import Area, Building, Compound, GroundChange, Stairwell
from grids import fit


class LayerView(APIView):
    """A page of one layer. Texts come from the database ready made; the serializers only read what is written."""

    layer: ClassVar[features.Layer]

    def get(self, request: HttpRequest) -> HttpResponse:
        page = features.page(
            self.layer,
            on=asking.day(request.GET),
            size=asking.page_size(request.GET),
            after=asking.after(request.GET),
            box=asking.box(request.GET),
            filters=self.filters(request.GET),
        )
        following = "null" if page.last is None else f'"{_following(request, page.last)}"'
        head = f'{{"type":"FeatureCollection","next":{following},"features":['
        return _conditional(request, b"".join((head.encode(), page.features.encode(), b"]}")))

    def filters(self, asked: asking.Asked) -> dict[str, str]:
        found = {"community": asking.code(asked, "community", "12"), "level": asking.code(asked, "level", "1,2")}
        return {name: value for name, value in found.items() if value is not None and name in self.layer.filters}


class PlaceView(APIView):
    """One place of a layer."""

    layer: ClassVar[features.Layer]

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        text = features.one(self.layer, code, on=asking.day(request.GET))
        if text is None:
            raise Http404
        return _conditional(request, text.encode())


class Writing:
    """What creating and changing a place of the ground have in common."""

    layer: ClassVar[features.Layer]
    serializer_class: ClassVar[type[FeatureSerializer]]

    def write(self, request: Any, instance: Any = None, *, partial: bool = False) -> HttpResponse:
        sent = {} if request.data is None else request.data  # `null` is refused as no Feature, not as nothing sent
        serializer = self.serializer_class(instance, data=sent, partial=partial)
        if instance is not None:
            _refuse_strangers(request.user, _community_code(instance))
        serializer.is_valid(raise_exception=True)
        saved = _save(serializer, request.user)
        text = features.one(self.layer, saved.code, on=date.min) or ""
        if isinstance(saved, Building):
            text = _with_warnings(text, fit.warnings(saved, timezone.localdate()))
        response = json_response(text.encode(), media_type=GEOJSON)
        response.status_code = 201 if instance is None else 200
        return response


class WritableLayer(Writing, LayerView):
    def post(self, request: Any) -> HttpResponse:
        return self.write(request)


class WritablePlace(Writing, PlaceView):
    def put(self, request: Any, code: str) -> HttpResponse:
        return self.write(request, self._place(code))

    def patch(self, request: Any, code: str) -> HttpResponse:
        return self.write(request, self._place(code), partial=True)

    def _place(self, code: str) -> Any:
        found = self.serializer_class.Meta.model._default_manager.filter(code=code).first()
        if found is None:
            raise Http404
        return found


# --- writing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def _save(serializer: FeatureSerializer, user: Any) -> Any:
    """Store what was checked, give it a code where it is new, and log the act."""
    values = serializer.validated_data
    extra: dict[str, str] = {}
    if serializer.instance is None:
        _refuse_strangers(user, _community_code(values))
        extra = _next_code(serializer.Meta.model, values)
    try:
        with transaction.atomic():
            saved = serializer.save(**extra)
    except IntegrityError:
        raise Conflict("conflict", _("与已有数据冲突：编码或编号已经有了。")) from None
    GroundChange.objects.create(what=f"API {serializer.Meta.model.__name__} {saved.code}", by=user)
    return saved


def _community_code(subject: Any) -> Any:
    """The code of the area that a place lies in; of an area, its own."""
    get = subject.get if isinstance(subject, dict) else lambda name: getattr(subject, name, None)
    if building := get("building"):
        return building.community.code
    if community := get("community"):
        return community.code
    return get("code")


def _refuse_strangers(user: Any, code: str) -> None:
    if not policy.covers_area(user, code, policy.GROUND, timezone.localdate()):
        raise PermissionDenied


def _next_code(model: Any, values: dict[str, Any]) -> dict[str, str]:
    """The next free serial; the row above is locked, so that two at once get two codes."""
    if model is Area:
        return {}
    above = values["building"] if model is Stairwell else values["community"]
    type(above).objects.select_for_update(of=("self",)).get(pk=above.pk)
    serials: dict[Any, tuple[int, str]] = {Building: (5, ""), Stairwell: (2, ""), Compound: (3, "-")}
    digits, dash = serials[model]
    field = "building" if model is Stairwell else "community"
    last = model.objects.filter(**{field: above}).aggregate(last=Max("code"))["last"]
    serial = int(last[len(above.code) + len(dash) :]) + 1 if last else 1
    if serial >= 10**digits:
        raise Conflict("serials_used_up", _("这里的序号已经用完。"))
    return {"code": f"{above.code}{dash}{serial:0{digits}d}"}


def _with_warnings(text: str, warnings: list[str]) -> str:
    """A Feature's text with one member more."""
    return f'{text[:-1]},"warnings":{orjson.dumps(warnings).decode()}}}'


# --- reading ----------------------------------------------------------------------------------------------------------


def _following(request: HttpRequest, last: str) -> str:
    query = request.GET.copy()
    query["cursor"] = asking.cursor(last)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _conditional(request: HttpRequest, text: bytes) -> HttpResponse:
    """The text, or 304 where the caller has it already."""
    etag = quote_etag(sha1(text, usedforsecurity=False).hexdigest())  # the fastest of hashlib on six megabytes
    response = json_response(text, media_type=GEOJSON)
    response["ETag"] = etag
    return get_conditional_response(request._request, etag=etag, response=response)  # type: ignore[attr-defined,return-value]


# --- the five layers --------------------------------------------------------------------------------------------------


class Areas(WritableLayer):
    layer, serializer_class = features.AREAS, AreaSerializer


class OneArea(WritablePlace):
    layer, serializer_class = features.AREAS, AreaSerializer


class Compounds(WritableLayer):
    layer, serializer_class = features.COMPOUNDS, CompoundSerializer


class OneCompound(WritablePlace):
    layer, serializer_class = features.COMPOUNDS, CompoundSerializer


class Grids(LayerView):
    layer = features.GRIDS


class OneGrid(PlaceView):
    layer = features.GRIDS


class Buildings(WritableLayer):
    layer, serializer_class = features.BUILDINGS, BuildingSerializer


class OneBuilding(WritablePlace):
    layer, serializer_class = features.BUILDINGS, BuildingSerializer


class Stairwells(WritableLayer):
    layer, serializer_class = features.STAIRWELLS, StairwellSerializer


class OneStairwell(WritablePlace):
    layer, serializer_class = features.STAIRWELLS, StairwellSerializer


LAYERS: dict[str, tuple[str, type[LayerView], type[PlaceView]]] = {
    "areas": ("Area", Areas, OneArea),
    "compounds": ("Compound", Compounds, OneCompound),
    "grids": ("Grid", Grids, OneGrid),
    "buildings": ("Building", Buildings, OneBuilding),
    "stairwells": ("Stairwell", Stairwells, OneStairwell),
}
for _name, (_kind, _many, _single) in LAYERS.items():
    extend_schema_view(**schema.list_operations(_name, _kind, writable=hasattr(_many, "post")))(_many)
    extend_schema_view(**schema.place_operations(_name, _kind, writable=hasattr(_single, "put")))(_single)
