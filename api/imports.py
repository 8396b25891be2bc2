"""The ground of a whole file at once: the import of `manage.py import_ground`, for programs (law 13)."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.parsers import BaseParser
from rest_framework.views import APIView

from accounts import policy
from api import asking
from api.errors import Conflict, Refused, refused_geometry
from api.http import GEOJSON, TooLarge, json_response
from api.schema import IMPORT_LAYERS, IMPORT_PARAMETERS, ImportAnswer, import_body, with_problems
from buildings.imports.ground import Choices, GroundImport, plan_import
from buildings.imports.refusals import ChangedMeanwhile, DatabaseRefused, ImportRefused, MassDelete, Trespass
from buildings.imports.report import Report
from buildings.imports.scope import keep_within
from buildings.imports.text import clean
from geo.crs import COORD_TYPES
from geo.errors import UnknownCoordType
from geo.validity import LONLAT_NAMES

LARGEST = 5 * 2**20  # bytes; 20,000 buildings. More is a matter for the command
# Names of coordinate systems; a definition in full could name files on the server.
_CRS = re.compile(r"CRS84|(?:urn:ogc:def:crs:)?(?:EPSG|OGC):[0-9.]{0,8}:?[A-Za-z0-9]{1,12}")

# Half a sentence about an option of the command: "；不需要高程请加 --drop-heights", "已按 --drop-heights 略去".
_OPTION = re.compile(r"[；;][^；;。.]*--drop-heights[^。.]*")


class Document(BaseParser):
    """The body as it comes: the import reads it itself."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        data: bytes = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise TooLarge(_("内容太大，一次最多 5 MB；更大的文件请管理员在服务器上导入。"))
        return data


class GeoJSONDocument(Document):
    media_type = GEOJSON


class ImportView(APIView):
    """A dry run, unless `commit=true`. The same functions as the command; the same file sent to both does the same."""

    parser_classes = [Document, GeoJSONDocument]

    @extend_schema(
        operation_id="imports_create",
        summary="Import a layer of the ground, or say what that would do",
        parameters=IMPORT_PARAMETERS,
        request=import_body(),
        responses=with_problems({200: ImportAnswer}, 400, 409, 413, 415),
        tags=["imports"],
    )
    def post(self, request: Any) -> HttpResponse:
        community, layer, commit = _community(request), _layer(request), _commit(request.GET)
        document = _document(request.data)
        choices = Choices(layers={"": layer}, coord_type=_coord_type(request.GET, document))
        source = clean(request.GET.get("source", ""))[:60] or f"api {community}".strip()
        try:
            plan = _plan(document, community=community, choices=choices, source=source)
            if not request.user.is_superuser:
                keep_within(plan, community)
            report = plan.commit(by=request.user) if commit else plan.report
        except ImportRefused as why:
            raise _problem(why) from None
        return json_response(orjson.dumps({"committed": commit, **_answer(report)}))


def _plan(document: dict[str, Any], **how: Any) -> GroundImport:
    """Read from a file of ours, written anew so that its first bytes are ours as well."""
    with TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / "api.geojson"
        try:
            path.write_bytes(orjson.dumps({"type": "FeatureCollection"} | document))
        except orjson.JSONEncodeError:  # nested too deep
            raise ParseError from None
        return plan_import(path, **how)


def _community(request: Any) -> str:
    """The community to write in: one of the caller's own; only administrators may leave it open."""
    code = asking.code(request.GET, "community", "12") or ""
    if request.user.is_superuser:
        return code
    if not code:
        raise Refused("missing", _("请用 community 说明是哪个社区（12 位编码）。"), field="community")
    if not policy.covers_area(request.user, code, policy.GROUND, timezone.localdate()):
        raise PermissionDenied
    return code


def _layer(request: Any) -> str:
    layer: str = request.GET.get("layer", "")
    if layer not in IMPORT_LAYERS:
        sentence = _("请用 layer 说明图层：%(layers)s。") % {"layers": "、".join(IMPORT_LAYERS)}
        raise Refused("unknown_layer", sentence, field="layer")
    if layer == "communities" and not request.user.is_superuser:
        raise PermissionDenied
    return layer


def _commit(asked: asking.Asked) -> bool:
    if asked.get("commit", "false") not in ("true", "false"):
        raise Refused("bad_commit", _("commit 只能是 true 或 false。"), field="commit")
    return asked.get("commit") == "true"


def _document(data: Any) -> dict[str, Any]:
    try:
        document = orjson.loads(data if isinstance(data, bytes) else b"")
    except orjson.JSONDecodeError:
        raise ParseError from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise Refused("not_a_feature_collection", _("内容应是一个 GeoJSON FeatureCollection。"), field="type")
    crs = _crs(document)
    if document.get("crs") is not None and not _CRS.fullmatch(crs):
        raise Refused("unknown_crs", _("坐标系请写成 EPSG:4549 的样子。"), field="crs")
    return {"features": features} | ({"crs": document["crs"]} if crs else {})


def _crs(document: dict[str, Any]) -> str:
    """The `crs` member's name; empty where there is none to read."""
    properties = crs.get("properties") if isinstance(crs := document.get("crs"), dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else ""


def _coord_type(asked: asking.Asked, document: dict[str, Any]) -> str:
    """As asked. Only a document that names its system in so many words needs none: no guess is made (law 7)."""
    coord_type = asked.get("coord_type", "wgs84" if _crs(document) in LONLAT_NAMES else "")
    if coord_type not in COORD_TYPES:
        raise refused_geometry(UnknownCoordType(), "coord_type")
    return coord_type


# What the command's sentences say about its options, for those who have none.
_WITHOUT_OPTIONS = {
    "mass_delete": gettext_noop(
        "这次导入会去掉“%(layer)s”现有 %(stored)s 条中的 %(gone)s 条，超过 40%%，没有写入任何内容。"
        "请缩小范围；确实要去掉这么多，请管理员在服务器上导入。"
    ),
    "unknown_community": gettext_noop("没有编码为 %(community)s 的社区。请先导入这个社区的范围。"),
    "missing_column": gettext_noop("缺少“%(column)s”。收到的属性是：%(found)s。请把属性改名为 %(field)s。"),
    "outside_communities": gettext_noop("不在任何社区内，或大部分在社区之外。请先导入它所在的社区。"),
    "garbled": gettext_noop("有一项是乱码：内容要用 UTF-8 编码。请更正这一行。"),
}


def _sentence(code: str, otherwise: str, params: Mapping[str, object] | None = None) -> str:
    own = _WITHOUT_OPTIONS.get(code)
    return _(own) % (params or {}) if own else otherwise


def _problem(why: ImportRefused) -> Exception:
    sentence = _sentence(why.code, str(why), why.params)
    if isinstance(why, Trespass):
        return Foreign(why.code, sentence, field="community")
    if isinstance(why, (ChangedMeanwhile, DatabaseRefused, MassDelete)):
        return Conflict(why.code, sentence)
    return Refused(why.code, sentence, field="community" if "community" in why.params else "")


class Foreign(Refused):
    status_code = 403


def _answer(report: Report) -> dict[str, Any]:
    answer = report.as_dict()
    for row in answer["refused"]:
        lon, lat = row.pop("lon"), row.pop("lat")
        row["place"] = None if lon == "" else [lon, lat]
        row["sentence"] = _sentence(row["code"], row["sentence"])
    answer["warnings"] = [
        _OPTION.sub("", warning).replace("--coord-type ", "coord_type=") for warning in report.warnings
    ]
    return answer
