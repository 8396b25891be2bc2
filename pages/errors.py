"""Pages for when something is wrong: what happened, what to do, whom to call. Programs get problem documents."""

import sys
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from api import errors as api

RETRY = 10  # seconds until a program should ask again

HEADINGS = {
    HTTPStatus.BAD_REQUEST: gettext_noop("这一步没有做成"),
    HTTPStatus.FORBIDDEN: gettext_noop("这一页不对您开放"),
    HTTPStatus.NOT_FOUND: gettext_noop("没有找到"),
}


class Unknown(Http404):
    """Nothing stands at this address, and we can say why."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) if type(exception) is BadRequest else ""
    return _answer(request, HTTPStatus.BAD_REQUEST, sentence or _("这个请求看不懂，请返回首页重新查。"))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) if type(exception) is PermissionDenied else ""
    return _answer(request, HTTPStatus.FORBIDDEN, sentence or _("这一页不对您开放。"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: the log-in ended meanwhile, or cookies are off. `reason` is for programmers."""
    sentence = _("这一页放得太久，登录已经结束。请返回上一页，刷新后再提交一次；浏览器要允许 Cookie。")
    return _answer(request, HTTPStatus.FORBIDDEN, sentence)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) if isinstance(exception, Unknown) else ""
    return _answer(request, HTTPStatus.NOT_FOUND, sentence or _("没有这个网页，地址可能写错了，或者网页已经搬走。"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs no database, no visitor and, at the worst, no template."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    headers = {}
    if is_away(sys.exc_info()[1]):
        status, headers = HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(RETRY)}
    if request.path.startswith("/api/"):
        return _problem(status, _("服务出了差错，请稍后再试。"), headers)
    try:
        text, kind = str(render_to_string("500.html", {"hotline": settings.HOTLINE})), "text/html; charset=utf-8"
    except Exception:  # the page about errors must come whatever is broken
        text = f"服务暂时不可用，请稍后再试。急事请拨打 {settings.HOTLINE}。"
        kind = "text/plain; charset=utf-8"
    return HttpResponse(text, status=status, headers=headers, content_type=kind)


def is_away(fault: BaseException | None) -> bool:
    """
    Whether a fault is that the database is gone, is going or has no connection left, and nothing of ours.

    A connection that could not be made has no SQLSTATE; others of class 08, 53 and 57P say the same, and a query that
    took too long (57014) does not.
    """
    if not isinstance(fault, (InterfaceError, OperationalError)):
        return False
    state = getattr(fault.__cause__, "pgcode", None) or ""
    return not state or state.startswith(("08", "53", "57P"))


def _answer(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return _problem(status, sentence)
    return render(request, "error.html", {"heading": _(HEADINGS[status]), "sentence": sentence}, status=status)


def _problem(status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return api.answer(api.document(status.value, status.name.lower(), sentence), headers)
