"""The resident's pages: who looks after the place where I am? No log-in, no script, words first."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.gis.db.models.functions import Distance, PointOnSurface
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from buildings.models import Stairwell
from grids.asking import number
from grids.contact import HOTLINE, OFFICE, Answer, answer, answer_for
from grids.territory import territory
from pages import asking, sketch
from pages.choices import Choice, choices_for, door_choice, inside, place_named
from pages.errors import Unknown

YEAR = 365 * 24 * 3600  # seconds
NEARBY = 120  # metres; beyond it a building is no longer "where you are"
DRAWN = 200  # metres; beyond it a sketch shows nothing but the point


def home(request: HttpRequest) -> HttpResponse:
    text, on = request.GET.get("q", "").strip()[:100], asking.day(request)
    if not text:
        return render(request, "pages/home.html")
    chosen = place_named(request.GET.get("level", ""), request.GET.get("pk", ""), text)
    found = inside(chosen, on) if chosen else choices_for(text, on)
    if found.certain:
        return redirect(_on_that_day(request, found.choices[0].url))
    choices = [replace(choice, url=_on_that_day(request, choice.url)) for choice in found.choices]
    # What was typed is shown again only where it has to be mended: the page says nothing about a room.
    text = "" if found.exact else text
    return render(request, "pages/home.html", {"text": text, "found": found, "choices": choices})


def place(request: HttpRequest) -> HttpResponse:
    point, on = asking.point(request), asking.day(request)
    found = answer(point, on=on)
    near = nearest_doors(point, on) if found.near_edge or (found.outside and found.nearest) else []
    ask = [replace(choice, url=_on_that_day(request, choice.url)) for choice in near]
    return render(request, "pages/answer.html", {"ask": ask, **_said(request, found, point)})


def door(request: HttpRequest, code: str) -> HttpResponse:
    on = asking.day(request)
    standing = Stairwell.objects.filter(Q(gone_since=None) | Q(gone_since__gt=on), code=code[:19])
    stairwell = standing.annotate(middle=PointOnSurface("footprint")).first() if len(code) == 19 else None
    if stairwell is None:
        raise Unknown(_("这个门牌码我们查不到。可能是楼拆了、码换了，或者没有扫全。请重新扫一次，或按地址查。"))
    return render(request, "pages/answer.html", _said(request, answer_for(stairwell, on=on), stairwell.middle))


def sketch_of(request: HttpRequest) -> HttpResponse:
    point, across = asking.point(request), number(request.GET.get("metres", ""))
    if across is not None:  # the ground under the crosshair of a report
        drawing = sketch.plain_svg(point, min(max(across, 60), 400))
    else:
        words = _("在这里") if "there" in request.GET else _("您在这里")
        drawing = sketch.svg(point, asking.day(request), words)
    response = HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")
    response["Cache-Control"] = "max-age=300"  # a plan changes by the day
    return response


def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/privacy.html")


@csrf_exempt  # changes a cookie of the visitor's own; a token in each page would make equal answers differ
@require_POST
def elder(request: HttpRequest) -> HttpResponse:
    """Large type on or off, remembered on this phone; back to where the visitor was."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    if request.POST.get("elder"):
        response.set_cookie("elder", "1", max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    else:
        response.delete_cookie("elder")
    return response


def nearest_doors(point: Point, on: date) -> list[Choice]:
    """The doors of the nearest buildings, one each: what to ask somebody who stands between two grids."""
    near = Stairwell.objects.filter(Q(gone_since=None) | Q(gone_since__gt=on))
    near = near.filter(footprint__dwithin=(point, NEARBY / 90_000)).select_related("building__compound")
    near = near.annotate(far=Distance("footprint", point)).filter(far__lte=D(m=NEARBY)).order_by("far", "code")
    by_building: dict[int, Stairwell] = {}
    for stairwell in near[:40]:
        by_building.setdefault(stairwell.building_id, stairwell)
    return [door_choice(stairwell) for stairwell in list(by_building.values())[:4]]


def _on_that_day(request: HttpRequest, url: str) -> str:
    """The address of another page about the day that this one was asked for."""
    if "date" not in request.GET:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'date': asking.day(request).isoformat()})}"


def _said(request: HttpRequest, found: Answer, point: Point) -> dict[str, Any]:
    """What the answer's page needs beside the answer."""
    lon, lat = round(point.x, 6), round(point.y, 6)
    query = {"lon": str(lon), "lat": str(lat), "coord_type": "wgs84"}
    if "date" in request.GET:
        query["date"] = found.on.isoformat()
    no_team = all(post.vacant for post in found.team)
    return {
        "answer": found,
        "where": found.place,
        **_held_by(found),
        "no_team": no_team,
        "unstaffed": no_team and found.first.role in (OFFICE, HOTLINE),
        "sketch": f"{reverse('pages:sketch')}?{urlencode(query)}",
        "map_hash": f"{f'?date={found.on}' if 'date' in request.GET else ''}#18/{lat}/{lon}@{lat},{lon}",
        "other_day": "date" in request.GET,
        "report_query": urlencode({"door": found.place.stairwell.code} if found.place.stairwell else query),
        "drawn_m": DRAWN,
    }


def _held_by(found: Answer) -> dict[str, Any]:
    """The buildings of the grid: those with a number in words, the others only counted."""
    blocks = territory(found.place.grid.pk, found.on) if found.place.grid else []
    named = [block for block in blocks if block.numbers]
    shown = sum(len(block.numbers[:12]) for block in named[:3])
    return {"blocks": named, "shown": shown, "total": sum(block.total for block in blocks)}
