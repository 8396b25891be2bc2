"""
Refusals as RFC 9457 problem documents: a code for programs, the field, a sentence for people, and for a geometry the
place where it is broken.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.views import set_rollback

from geo.errors import GeometryRefused

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:neighbourhood-map:problem:"  # and the code; docs/api.md tells what they look like


class Refused(exceptions.APIException):
    """One thing wrong with a request, at one field of it."""

    status_code: int = status.HTTP_400_BAD_REQUEST

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str = "",
        place: tuple[float, float] | None = None,
        more: dict[str, Any] | None = None,
    ):
        super().__init__(detail, code)
        self.code, self.field, self.place, self.more = code, field, place, more or {}


class Conflict(Refused):
    """What was sent is in order, but not beside what is stored."""

    status_code = status.HTTP_409_CONFLICT


def refused_geometry(refusal: GeometryRefused, field: str = "geometry") -> Refused:
    """A refusal of the kernel, in the visitor's language."""
    sentence = _(refusal.sentence)
    return Refused(
        refusal.code, sentence % refusal.params if refusal.params else sentence, field=field, place=refusal.place
    )


def problem(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The problem document of an exception; None for a fault of ours, which the server must report as one."""
    if isinstance(exc, GeometryRefused):
        exc = refused_geometry(exc)
    elif isinstance(exc, Http404):
        exc = exceptions.NotFound(_("没有这个地址或编码。"))
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    return answer(_document(exc), _headers(exc))


def answer(document: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    """A finished text: whatever the view's renderers are, a refusal is JSON."""
    text = orjson.dumps(document)
    response = HttpResponse(text, status=document["status"], headers=headers, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def document(status: int, code: str, detail: str, *, field: str = "", place: Any = None) -> dict[str, Any]:
    """RFC 9457's members and ours."""
    return {
        "type": f"{TYPE}{code}", "title": _title(status), "status": status, "detail": detail, "code": code,
        "field": field, "place": place,
    }  # fmt: skip


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _document(exc: exceptions.APIException) -> dict[str, Any]:
    errors = list(_errors(exc))
    whole = document(exc.status_code, **errors[0], place=getattr(exc, "place", None)) | getattr(exc, "more", {})
    return {**whole, "errors": errors} if len(errors) > 1 else whole


def _title(code: int) -> str:
    return {
        400: _("请求有误"),
        401: _("需要登录"),
        403: _("没有权限"),
        404: _("没有找到"),
        405: _("不支持的方法"),
        409: _("与已有数据冲突"),
        413: _("内容太大"),
        415: _("不支持的格式"),
        429: _("请求太频繁"),
        503: _("暂时不可用"),
    }.get(code, _("请求没有完成"))


def _errors(exc: exceptions.APIException) -> Iterator[dict[str, str]]:
    """Each fault with its code, its field and its sentence."""
    if isinstance(exc, Refused):
        yield {"code": exc.code, "field": exc.field, "detail": str(exc.detail)}
    elif isinstance(exc, exceptions.ValidationError):
        yield from _flat(exc.detail, "")
    else:
        yield {"code": str(exc.get_codes()), "field": "", "detail": _SENTENCES.get(exc.default_code, str)(exc.detail)}


def _flat(detail: Any, field: str) -> Iterator[dict[str, str]]:
    """The faults in the nested lists and dicts of a serializer, the field as a path: properties.number."""
    if isinstance(detail, dict):
        for name, value in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flat(value, ".".join(part for part in (field, own) if part))
    elif isinstance(detail, list):
        for value in detail:
            yield from _flat(value, field)
    else:
        yield {"code": detail.code or "invalid", "field": field, "detail": str(detail)}


# Sentences of the framework that would tell a person nothing, or echo what was sent.
_SENTENCES = {
    "parse_error": lambda detail: _("内容不是有效的 JSON。"),
    "unsupported_media_type": lambda detail: _("只接受 application/json 或 application/geo+json。"),
    "permission_denied": lambda detail: _("您的岗位不能做这一步，或者需要先登录。"),
    "not_authenticated": lambda detail: _("请先登录。"),
    "authentication_failed": lambda detail: _("用户名或密码不对。"),
    "throttled": lambda detail: _("问得太快了，请过一会儿再试。"),
    "method_not_allowed": lambda detail: _("这个地址不支持这种方法。"),
}
