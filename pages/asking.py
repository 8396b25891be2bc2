"""What a page's address asks: a day, a point. Refused with a sentence that says what to do."""

from datetime import date

from django.contrib.gis.geos import Point
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.translation import gettext as _

from geo import crs
from geo.errors import UnknownCoordType
from grids.asking import NoSuchDay, asked_day, number


def day(request: HttpRequest) -> date:
    """The day that `?date=` names, else today."""
    try:
        return asked_day(request.GET)
    except NoSuchDay as refusal:
        raise BadRequest(str(refusal)) from None


def point(request: HttpRequest) -> Point:
    """The point of `?lon=&lat=&coord_type=` in EPSG:4326; a point without its coordinate type is refused (law 7)."""
    given = [request.GET.get(name, "") for name in ("lon", "lat")]
    if not all(given):
        raise BadRequest(_("位置不完整：需要经度 lon 和纬度 lat。"))
    lon, lat = (number(text) for text in given)
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 85:
        raise BadRequest(_("这个位置不在地图上，请检查经度和纬度。"))
    try:
        lon, lat = crs.to_wgs84(lon, lat, request.GET.get("coord_type", ""))
    except UnknownCoordType as refusal:
        raise BadRequest(_(refusal.sentence)) from None
    return Point(float(lon), float(lat), srid=crs.SRID)
