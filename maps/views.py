import gzip
from datetime import date

from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from buildings.models import Area
from grids.asking import NoSuchDay, asked_day
from grids.models import Grid, Plan
from maps import listing, tiles
from maps.extent import first_extent, town_extent, towns
from maps.pages import net_map
from maps.shell import shell
from maps.vacant import grids_without_worker
from maps.version import net_version, turning_days

TILE = "application/vnd.mapbox-vector-tile"
TEXT = "text/plain; charset=utf-8"


@require_safe
def tile(request: HttpRequest, version: str, z: int, x: int, y: int) -> HttpResponse:
    """
    A tile of the net of a day. Kept for ever only under the version that it was made from.

    Whoever asks under an older version gets today's net, told by `Net-Version` and not to be kept: a page that was open
    while a plan was published sees that it has to ask anew, and no cache learns a wrong net under an old name.
    """
    try:
        current, data = tiles.tile(z, x, y, asked_day(request.GET))
    except NoSuchDay as refusal:
        return HttpResponseBadRequest(str(refusal), content_type=TEXT)
    except tiles.NoSuchTile:
        return HttpResponseNotFound(_("没有这个编号的瓦片。"), content_type=TEXT)
    response = HttpResponse(data, content_type=TILE)
    response["Net-Version"] = current
    response["Cache-Control"] = "public, max-age=31536000, immutable" if version == current else "no-store"
    return squeezed(response, request)


def squeezed(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """The answer in gzip, where the visitor reads it and there is something to gain."""
    patch_vary_headers(response, ["Accept-Encoding"])
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(response.content) > 500:
        response.content = gzip.compress(response.content, compresslevel=4, mtime=0)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
    return response


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    day = day_of(request)
    vacant = grids_without_worker(day) if request.user.is_authenticated else ()
    everywhere, code = towns(day), request.GET.get("community", "")[:12]
    extent = town_extent(day, code) if code else first_extent(everywhere)
    town = net_map(extent, day=day, version=net_version(day), vacant=vacant, days=turning_days(code))
    said = {
        "shell": shell(town),
        "day": day,
        "day_asked": "date" in request.GET,
        "places": len(everywhere),
        "list_url": with_date(reverse("maps:list"), request),
        "empty": what_is_missing(day),
        "basemap_attribution": settings.BASEMAP_ATTRIBUTION,
    }
    return render(request, "maps/map.html", said)


def what_is_missing(day: date) -> str:
    """`net` where no plan is in force on a day, `ground` where there is not even a community; else nothing."""
    if Plan.objects.in_force(day).exists():
        return ""
    return "net" if Area.objects.communities().exists() else "ground"


def with_date(path: str, request: HttpRequest) -> str:
    """A page's address, for the same day as this one."""
    day = request.GET.get("date", "")
    return f"{path}?{urlencode({'date': day})}" if day else path


@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """The map in words: communities, the grids of one (`?community=`), the buildings of a grid (`?grid=`)."""
    day = day_of(request)
    said: dict[str, object] = {"day": day, "day_asked": "date" in request.GET}
    if code := request.GET.get("grid", ""):
        said["grid"] = get_object_or_404(Grid.objects.select_related("community"), code=code)
        rows: QuerySet = listing.buildings(code, day)
    elif code := request.GET.get("community", ""):
        said["community"] = get_object_or_404(Area.objects.communities(), code=code)
        rows = listing.grids(code, day)
    else:
        rows = listing.communities(day)
    said["page"] = Paginator(rows, listing.PAGE).get_page(request.GET.get("page"))
    return render(request, "maps/list.html", said)


def day_of(request: HttpRequest) -> date:
    try:
        return asked_day(request.GET)
    except NoSuchDay as refusal:
        raise BadRequest(str(refusal)) from None
