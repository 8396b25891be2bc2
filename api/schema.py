"""The shapes of answers, for the OpenAPI document: problems, GeoJSON pages, contacts."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.authentication import BasicScheme
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from api.asking import LARGEST_PAGE, PAGE
from api.errors import MEDIA_TYPE
from api.http import GEOJSON
from buildings.imports.rows import LAYERS
from geo.crs import COORD_TYPES
from grids.places import LEVELS

Schema = dict[str, Any]


class NameAndPasswordScheme(BasicScheme):
    target_class = "api.permissions.NameAndPassword"


class Fault(serializers.Serializer):
    code = serializers.CharField()
    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """RFC 9457. `place` is the longitude and latitude of the fault of a geometry."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="For programs; never changes.")
    field = serializers.CharField(allow_blank=True, help_text="The parameter or member that is wrong; may be empty.")
    place = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True)
    errors = Fault(many=True, required=False, help_text="All faults, where several.")  # type: ignore[assignment]


PROBLEMS = {
    400: _("请求有误"), 401: _("用户名或密码不对，或需要登录"), 403: _("没有权限"), 404: _("没有找到"),
    409: _("与已有数据冲突"), 413: _("内容太大"), 415: _("不支持的格式"), 429: _("请求太频繁"), 503: _("暂时不可用"),
}  # fmt: skip


def with_problems(responses: Mapping[int, Any], *codes: int, media_type: str = "application/json") -> dict[Any, Any]:
    """
    The answers of an operation: the good ones, and the problems that it may give. A log-in may always be wrong, and
    the database away.
    """
    good = {(code, media_type): answer for code, answer in responses.items()}
    bad = {
        (code, MEDIA_TYPE): OpenApiResponse(Problem, description=str(PROBLEMS[code]))
        for code in sorted({401, 403, 503, *codes})
    }
    return {**good, **bad}


# --- the contact answer -----------------------------------------------------------------------------------------------


class Named(serializers.Serializer):
    code = serializers.CharField(allow_blank=True)
    name = serializers.CharField()


class PlaceRef(Named):
    level = serializers.ChoiceField([*LEVELS, "district"])


class ContactShape(serializers.Serializer):
    role = serializers.CharField(help_text="A role's code, `office` or `hotline`.")
    title = serializers.CharField()
    name = serializers.CharField(allow_blank=True, help_text="Empty when the person is not named in public.")
    phone = serializers.CharField()
    hours = serializers.CharField(allow_blank=True)
    why = serializers.CharField(help_text="Why it is this contact, in a sentence.")
    rule = serializers.ChoiceField(["holder", "deputy", "vacant_next_up", "no_grid", "office", "hotline"])
    place = PlaceRef(allow_null=True)


class Link(PlaceRef):
    contact = ContactShape()


class PostShape(serializers.Serializer):
    role = serializers.CharField()
    title = serializers.CharField()
    contact = ContactShape(allow_null=True, help_text="null: the post is vacant.")


class PlanRef(serializers.Serializer):
    community = serializers.CharField()
    number = serializers.IntegerField()
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True, help_text="The first day on which it is no longer in force.")


class Places(serializers.Serializer):
    stairwell = Named(allow_null=True)
    building = Named(allow_null=True)
    segment = Named(allow_null=True)
    grid = Named(allow_null=True)
    compound = Named(allow_null=True)
    community = Named(allow_null=True)
    subdistrict = Named(allow_null=True)


class Nearest(PlaceRef):
    distance_m = serializers.FloatField()


class Choice(serializers.Serializer):
    level = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    title = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    lon = serializers.FloatField(allow_null=True)
    lat = serializers.FloatField(allow_null=True)


class ContactAnswer(serializers.Serializer):
    """
    Who answers for a place on a day. `contacts` begins with who answers and is never empty. Where an address fits
    several places, `choices` lists them, and the hotline answers until one is chosen.
    """

    date = serializers.DateField()
    plan = PlanRef(allow_null=True)
    place = Places()
    chain = Link(many=True, help_text="From the deepest place up, with who answers at each level.")
    contacts = ContactShape(many=True)
    team = PostShape(many=True, help_text="The six posts of the grid's team, vacant ones too.")
    edge_distance_m = serializers.FloatField(allow_null=True)
    near_edge = Named(many=True, help_text="Neighbouring grids, when the edge is nearer than 15 m.")
    supervision_phone = serializers.CharField()
    outside = serializers.BooleanField(help_text="In no community.")
    nearest = Nearest(allow_null=True)
    choices = Choice(many=True)


# --- the import -------------------------------------------------------------------------------------------------------

# Stairwells and entrances come with their buildings or not at all, which one layer cannot do.
IMPORT_LAYERS = tuple(layer for layer in LAYERS if layer not in ("stairwells", "entrances"))


class RowCounts(serializers.Serializer):
    read = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    gone = serializers.IntegerField(help_text="Of this source, in the rectangle of the document, and not in it.")
    left_out = serializers.IntegerField()


class RefusedRow(serializers.Serializer):
    layer = serializers.CharField()
    row = serializers.IntegerField(help_text="From 1.")
    source_id = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    field = serializers.CharField(allow_blank=True)
    place = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True)
    sentence = serializers.CharField()


class ImportAnswer(serializers.Serializer):
    """What an import did, or would do."""

    committed = serializers.BooleanField()
    counts = serializers.DictField(child=RowCounts(), help_text="By layer.")
    refused = RefusedRow(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    provisional_community = Named(allow_null=True, help_text="Made where nobody named the ground.")


# --- parameters -------------------------------------------------------------------------------------------------------


def parameter(name: str, kind: Any, words: Any, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=str(words), **more)


CODE = parameter("code", {"type": "string", "pattern": "^[0-9A-Za-z-]{1,24}$"}, "Its code.", location="path")
DATE = parameter("date", OpenApiTypes.DATE, "The day that is asked for; today by default.")
CONTACT_PARAMETERS = [
    parameter("lon", OpenApiTypes.DOUBLE, "Longitude, degrees; with `lat` and `coord_type`."),
    parameter("lat", OpenApiTypes.DOUBLE, "Latitude, degrees."),
    parameter("coord_type", OpenApiTypes.STR, "What the coordinates are. No guess is made.", enum=COORD_TYPES),
    parameter("address", OpenApiTypes.STR, "An address in any usual spelling, instead of a point."),
    parameter("door", {"type": "string", "pattern": "^[0-9]{19}$"}, "The code of a stairwell, instead of a point."),
    DATE,
]
LIST_PARAMETERS = [
    parameter("in_bbox", OpenApiTypes.STR, "west,south,east,north in degrees, WGS 84."),
    DATE,
    parameter("community", {"type": "string", "pattern": "^[0-9]{12}$"}, "Code of a community."),
    parameter("cursor", OpenApiTypes.STR, "Where the page begins: the `next` of the page before holds it."),
    parameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}, "Features a page."
    ),
]
IMPORT_PARAMETERS = [
    parameter("layer", OpenApiTypes.STR, "What the features are.", enum=IMPORT_LAYERS, required=True),
    parameter("coord_type", OpenApiTypes.STR, "What the degrees are; needless if `crs` names CRS84.", enum=COORD_TYPES),
    parameter(
        "community", {"type": "string", "pattern": "^[0-9]{12}$"}, "Where to write; administrators may leave it open."
    ),
    parameter(
        "source",
        {"type": "string", "maxLength": 60},
        "Rows are recognised by it and their `id`; by default, `api` and the community.",
    ),
    parameter("commit", {"type": "boolean", "default": False}, "Write. Otherwise a dry run."),
]
LEVEL = {
    "areas": parameter("level", {"type": "integer", "enum": [6, 9, 12]}, "District, subdistrict or community."),
    "grids": parameter("level", {"type": "integer", "enum": [1, 2]}, "Grid or segment."),
}


# --- GeoJSON ----------------------------------------------------------------------------------------------------------

_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_RING = {"type": "array", "items": _POSITION, "minItems": 4}
_POLYGONS = {"type": "array", "items": {"type": "array", "items": _RING, "minItems": 1}, "minItems": 1}
MULTIPOLYGON: Schema = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {"type": {"type": "string", "enum": ["MultiPolygon"]}, "coordinates": _POLYGONS},
}


def text(**more: Any) -> Schema:
    return {"type": "string", **more}


def or_null(schema: Schema) -> Schema:
    return {**schema, "nullable": True}


_CODES, _DATE = or_null(text()), text(format="date")
PROPERTIES: dict[str, dict[str, Schema]] = {
    "Area": {
        "code": text(), "name": text(), "level": {"type": "integer"}, "kind": text(), "parent": _CODES,
        "office_phone": text(), "office_hours": text(), "office_address": text(), "supervision_phone": text(),
    },
    "Compound": {
        "code": text(), "community": text(), "name": text(), "aliases": {"type": "array", "items": text()},
        "kind": text(), "address": text(), "property_company": text(), "property_phone": text(),
    },
    "Grid": {
        "code": text(), "community": text(), "name": text(), "level": {"type": "integer"}, "kind": text(),
        "parent": _CODES, "plan": {"type": "integer"}, "since": _DATE, "until": or_null(_DATE),
        "colour": {"type": "integer"},
    },
    "Building": {
        "code": text(), "community": text(), "compound": _CODES, "number": text(), "name": text(), "address": text(),
        "aliases": {"type": "array", "items": text()}, "kind": text(), "floors": or_null({"type": "integer"}),
        "gone_since": or_null(_DATE),
    },
    "Stairwell": {
        "code": text(), "building": text(), "number": text(), "name": text(), "floors": or_null({"type": "integer"}),
        "entrance": or_null(_POSITION), "derived": {"type": "boolean"}, "gone_since": or_null(_DATE),
    },
}  # fmt: skip


def feature(kind: str) -> Schema:
    """A Feature as the lists and the single places give it."""
    geometry = or_null(MULTIPOLYGON) if kind == "Area" else MULTIPOLYGON
    properties = PROPERTIES[kind]
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": text(),
            "geometry": geometry,
            "properties": {"type": "object", "required": list(properties), "properties": properties},
        },
    }


def collection(kind: str) -> Schema:
    """A page of Features; `next` is the address of the next one."""
    return {
        "type": "object",
        "required": ["type", "next", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "next": or_null(text(format="uri")),
            "features": {"type": "array", "items": feature(kind)},
        },
    }


def import_body() -> dict[str, Schema]:
    """A FeatureCollection; columns may have Chinese or English names, as in docs/imports.md."""
    one = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": text(),
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "nullable": True},
        },
    }
    sent = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": one, "minItems": 1},
        },
    }
    return {"application/json": sent, GEOJSON: sent}


REQUIRED = {
    "Area": ["code", "name", "level"],
    "Compound": ["community", "name"],
    "Building": ["community"],
    "Stairwell": ["building", "number"],
}


def body(kind: str, *, whole: bool) -> dict[str, Schema]:
    """What is sent to write a Feature, in either media type: all that it must have, or the changes alone."""
    geometry = {"type": "object", "description": "Polygon or MultiPolygon, longitude first, valid, of two dimensions."}
    properties = {name: shape for name, shape in PROPERTIES[kind].items() if name != "code" or kind == "Area"}
    required = {"required": REQUIRED[kind]} if whole else {}
    sent = {
        "type": "object",
        "required": ["type", "geometry", "properties"] if whole and kind != "Area" else ["type"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "geometry": geometry,
            "properties": {"type": "object", **required, "properties": properties},
        },
    }
    return {"application/json": sent, GEOJSON: sent}


def list_operations(name: str, kind: str, *, writable: bool) -> dict[str, Any]:
    """The operations on a list of a layer."""
    page = with_problems({200: OpenApiResponse(collection(kind), description=kind)}, 400, media_type=GEOJSON)
    level = [LEVEL[name]] if name in LEVEL else []
    operations = {
        "get": extend_schema(
            operation_id=f"{name}_list",
            summary="A page of the layer",
            parameters=[*LIST_PARAMETERS, *level],
            responses=page,
            tags=[name],
        )
    }
    if writable:
        operations["post"] = _writing(f"{name}_create", name, kind, 201)
    return operations


def place_operations(name: str, kind: str, *, writable: bool) -> dict[str, Any]:
    """The operations on one place of a layer."""
    one = with_problems({200: OpenApiResponse(feature(kind), description=kind)}, 400, 404, media_type=GEOJSON)
    operations = {
        "get": extend_schema(
            operation_id=f"{name}_retrieve", summary="One place", parameters=[CODE, DATE], responses=one, tags=[name]
        )
    }
    if writable:
        operations["put"] = _writing(f"{name}_update", name, kind, 200, CODE)
        operations["patch"] = _writing(f"{name}_partial_update", name, kind, 200, CODE)
    return operations


def _written(kind: str) -> Schema:
    """What was stored. A building comes with warnings: over a grid's line, on another building."""
    stored = feature(kind)
    if kind == "Building":
        stored["required"].append("warnings")
        stored["properties"]["warnings"] = {"type": "array", "items": text()}
    return stored


def _writing(operation_id: str, name: str, kind: str, status: int, *parameters: OpenApiParameter) -> Any:
    answer = OpenApiResponse(_written(kind), description=kind)
    return extend_schema(
        operation_id=operation_id,
        summary={201: "Add a place", 200: "Change a place"}[status],
        parameters=list(parameters),
        request=body(kind, whole=not operation_id.endswith("partial_update")),
        responses=with_problems({status: answer}, 400, 404, 409, 413, 415, media_type=GEOJSON),
        tags=[name],
    )
