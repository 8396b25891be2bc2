"""
Visitors who write without having logged in: who may, how much, and how they are known again.

There is no CSRF token in their forms: a draft that is sent hours later, or by a browser that keeps no cookies, would be
lost for it. Instead the browser itself says whether a request comes from another site's page (Fetch Metadata).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from cases.abuse import mark_of
from cases.intake import MOST_PHOTOS
from cases.pictures import LARGEST

YEAR = 365 * 24 * 3600  # seconds
MOST = MOST_PHOTOS * LARGEST + 2**20  # bytes of a form with all its photos
DEVICE = "device"

View = Callable[..., HttpResponse]


def from_own_pages(view: View) -> View:
    """For views that visitors post to: no page of another site may do it in their name, and nobody sends a flood."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
                raise PermissionDenied(_("请从我们自己的网页上发送。"))
            if _length(request) > MOST:
                return HttpResponse(_("一次发得太多，请少选几张照片。"), status=413)
        return view(request, *args, **kwargs)

    return guarded


def _length(request: HttpRequest) -> int:
    """Bytes of the body; what is no number is none, as Django reads it too."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if said.isascii() and said.isdigit() else 0


def device_of(request: HttpRequest) -> str:
    """What this browser is known by, to count people and not reports; a new one where it is not known yet."""
    known = request.COOKIES.get(DEVICE, "")
    if not (known.isalnum() and len(known) == 32):
        request.COOKIES[DEVICE] = uuid4().hex  # the same for the rest of this request
    return request.COOKIES[DEVICE]


def mark(request: HttpRequest, phone: str = "") -> str:
    """The telephone tells people apart better than the browser; both only as a sign that leads back to nobody."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return mark_of(f"tel:{digits}" if digits else f"device:{device_of(request)}")


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    device = device_of(request)
    response.set_cookie(DEVICE, device, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


def wants_json(request: HttpRequest) -> bool:
    """Whether it is a script of our pages that asks."""
    return request.headers.get("Accept", "") == "application/json"
