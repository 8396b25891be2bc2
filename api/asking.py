"""What a query string asks: a day, a rectangle, a point, a page. Refused with the field and a sentence."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from api.errors import Refused, refused_geometry
from geo import crs
from geo.errors import UnknownCoordType
from grids.asking import NoSuchDay, asked_day, number
from grids.places import LonLat

PAGE = 500
LARGEST_PAGE = 10_000

Asked = Mapping[str, str]


@dataclass(frozen=True)
class Box:
    """A rectangle in degrees."""

    west: float
    south: float
    east: float
    north: float


def day(asked: Asked) -> date:
    """`date=2026-11-22`; today where it is not said."""
    try:
        return asked_day(asked)
    except NoSuchDay as refusal:
        raise Refused("bad_date", str(refusal), field="date") from None


def point(asked: Asked) -> LonLat:
    """`lon=&lat=&coord_type=` in EPSG:4326; a point that does not say its coordinate type is refused (law 7)."""
    lon, lat = _degrees(asked, "lon", 180), _degrees(asked, "lat", 90)
    try:
        lon, lat = crs.to_wgs84(lon, lat, asked.get("coord_type", ""))
    except UnknownCoordType as refusal:
        raise refused_geometry(refusal, "coord_type") from None
    return LonLat(lon, lat)


def _degrees(asked: Asked, field: str, limit: float) -> float:
    if field not in asked:
        raise Refused("missing", _("需要经度 lon、纬度 lat 和坐标类型 coord_type。"), field=field)
    value = number(asked[field])
    if value is None:
        raise Refused("not_a_number", _("经度和纬度要写成数字，例如 119.305。"), field=field)
    if abs(value) > limit:
        raise Refused("out_of_range", _("坐标超出范围：经度应在 ±180 度内，纬度应在 ±90 度内。"), field=field)
    return value


def box(asked: Asked) -> Box | None:
    """`in_bbox=west,south,east,north` in WGS 84."""
    if "in_bbox" not in asked:
        return None
    sides = [side for part in asked["in_bbox"].split(",") if (side := number(part)) is not None]
    if len(sides) == 4 == asked["in_bbox"].count(",") + 1:
        west, south, east, north = sides
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            return Box(west, south, east, north)
    raise Refused("bad_bbox", _("范围请写成 in_bbox=西,南,东,北，四个经纬度数字。"), field="in_bbox")


def code(asked: Asked, field: str, digits: str) -> str | None:
    """A code of so many digits (`12`, `6,12`)."""
    if field not in asked:
        return None
    if not re.fullmatch(rf"[0-9]{{{digits}}}", asked[field], re.ASCII):
        raise Refused("bad_code", _("编码只能由数字组成，位数也要对。"), field=field)
    return asked[field]


def page_size(asked: Asked) -> int:
    """`page_size=`, 1 to 10,000; 500 where it is not said."""
    text = asked.get("page_size", str(PAGE))
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= LARGEST_PAGE:
        raise Refused("bad_page_size", _("每页条数要写成 1 到 10000 的整数。"), field="page_size")
    return int(text)


def after(asked: Asked) -> str:
    """The code after which the page begins: `cursor=` as the page before gave it."""
    if "cursor" not in asked:
        return ""
    try:
        text = base64.urlsafe_b64decode(asked["cursor"].encode("ascii") + b"==").decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not re.fullmatch(r"[0-9A-Za-z-]{1,24}", text):
        raise Refused("bad_cursor", _("cursor 请用上一页给出的值。"), field="cursor")
    return text


def cursor(code: str) -> str:
    """What `after` reads."""
    return base64.urlsafe_b64encode(code.encode("ascii")).decode("ascii").rstrip("=")
