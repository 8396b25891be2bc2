"""
Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2): requests of other cities' programs, at /open311/v2/.

An adapter at the edge: what comes in goes through cases/intake.py like a resident's own report, what goes out is what
anybody may know (cases/opencases.py), with the place that may be told (cases/places.py). By that standard `lat` and
`long` are WGS 84. Whoever sends the same report twice on one day gets the first case back: the protocol has no key for
it, and mobile networks lose answers.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as xml

import orjson
from django.conf import settings
from django.contrib.gis.geos import Point
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.middleware import client_address, household_of
from api.permissions import Politeness
from buildings.address import AddressRefused
from buildings.models import Stairwell
from buildings.search import find
from cases import abuse, intake, opencases, pictures
from cases.models import Case, Category, pk_of
from grids.asking import number

DAYS, MOST = 90, 1000  # of requests in one answer: the limits that the specification names
MAIL = 254  # characters of an address
TYPES = {"json": "application/json; charset=utf-8", "xml": "application/xml; charset=utf-8"}
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Many = list[dict[str, Any]]
View = Callable[..., HttpResponse]


class Fault(Exception):
    """What the standard answers with a code and a sentence."""

    def __init__(self, sentence: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


def endpoint(*methods: str) -> Callable[[View], View]:
    """A view of the standard: these methods, its own faults, and no cookies, so that it needs no token against CSRF."""

    def wrap(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, form: str, **named: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise Fault(_("这个地址不支持这种方法。"), HTTPStatus.METHOD_NOT_ALLOWED)
                if not Politeness().allow_request(request, None):
                    raise Fault(_("问得太快了，请过一会儿再试。"), HTTPStatus.TOO_MANY_REQUESTS)
                return view(request, form, **named)
            except Fault as fault:
                said = [{"code": int(fault.status), "description": fault.sentence}]
                return _answer(said, form, "errors", "error", status=fault.status)

        return guarded

    return wrap


# --- what is offered --------------------------------------------------------------------------------------------------


@endpoint("GET", "HEAD")
def discovery(request: HttpRequest, form: str) -> HttpResponse:
    """Where the endpoint is and what it speaks."""
    root = request.build_absolute_uri(reverse("open311:services", args=["json"])).removesuffix("/services.json")
    here = {
        "specification": "http://wiki.open311.org/GeoReport_v2", "url": root, "changeset": CHANGED,
        "type": "production", "formats": ["application/json", "text/xml"],
    }  # fmt: skip
    said = {"changeset": CHANGED, "contact": _("电话 %s") % settings.HOTLINE, "key_service": "", "endpoints": [here]}
    if form == "json":
        return _json(said)
    return _xml(_element("discovery", said))


CHANGED = "2026-11-22T00:00:00+08:00"  # of this adapter


@endpoint("GET", "HEAD")
def services(request: HttpRequest, form: str) -> HttpResponse:
    return _answer([_service(category) for category in _offered()], form, "services", "service")


@endpoint("GET", "HEAD")
def service(request: HttpRequest, form: str, code: str) -> HttpResponse:
    """No category asks for more than the standard's own fields, so there are no attributes."""
    said = {"service_code": _category(code).code, "attributes": []}
    return _json(said) if form == "json" else _xml(_element("service_definition", said))


def _offered() -> QuerySet[Category]:
    """What can be reported: categories, not the classes that they are in."""
    return Category.objects.filter(in_use=True, children=None).select_related("parent").order_by("code")


def _service(category: Category) -> dict[str, Any]:
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": category.name,
        "metadata": False,
        "type": "realtime",
        "keywords": category.parent.name if category.parent else "",
        "group": category.parent.name if category.parent else "",
    }


def _category(code: str) -> Category:
    found = _offered().filter(code=code).first() if code.isascii() and code.isalnum() else None
    if found is None:
        raise Fault(_("没有这个 service_code。"), HTTPStatus.NOT_FOUND)
    return found


# --- what was reported ------------------------------------------------------------------------------------------------


@endpoint("GET", "HEAD", "POST")
def requests(request: HttpRequest, form: str) -> HttpResponse:
    if request.method == "POST":
        return _answer([_reported(request)], form, "service_requests", "request")
    return _requests(request, _wanted(request.GET)[:MOST], form)


@endpoint("GET", "HEAD")
def one(request: HttpRequest, form: str, pk: str) -> HttpResponse:
    found = opencases.public_cases().filter(pk=pk_of(pk) or 0)
    if not found.exists():
        raise Fault(_("没有这件诉求，或它不公开。"), HTTPStatus.NOT_FOUND)
    return _requests(request, found, form)


@endpoint("GET", "HEAD")
def token(request: HttpRequest, form: str, pk: str) -> HttpResponse:
    """Reports get their number at once; who keeps it as a token gets it back."""
    case = Case.objects.filter(pk=pk_of(pk) or 0, source=Case.Source.OPEN311).first()
    if case is None:
        raise Fault(_("没有这个 token。"), HTTPStatus.NOT_FOUND)
    said = {"service_request_id": case.number, "token": case.number}
    return _answer([said], form, "service_requests", "request")


def _requests(request: HttpRequest, cases: QuerySet[Case], form: str) -> HttpResponse:
    told = [_told(request, case) for case in opencases.told(cases)]
    return _answer(told, form, "service_requests", "request")


def _told(request: HttpRequest, case: opencases.OpenCase) -> dict[str, Any]:
    place = case.place
    photo = reverse("pages:photo", args=[case.photos[0]]) if case.photos else ""
    return {
        "service_request_id": case.number,
        "status": "open" if case.is_open else "closed",
        "status_notes": case.note or None,
        "service_name": case.category_name,
        "service_code": case.category,
        "description": case.words or None,
        "agency_responsible": case.agency or None,
        "service_notice": None,
        "requested_datetime": _time(case.reported_at),
        "updated_datetime": _time(case.changed_at),
        "expected_datetime": _time(case.due_at) if case.due_at else None,
        "address": place.name or None,
        "address_id": place.code if place.kind == "building" else None,
        "zipcode": None,
        "lat": place.lat,
        "long": place.lon,
        "media_url": request.build_absolute_uri(photo) if photo else None,
    }


def _time(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")


def _wanted(asked: Mapping[str, str]) -> QuerySet[Case]:
    """`service_request_id` alone; or `service_code`, `status` and a span of at most 90 days, else the last ones."""
    cases = opencases.public_cases().order_by("-reported_at", "-pk")
    if numbers := _several(asked, "service_request_id"):
        return cases.filter(pk__in=[pk_of(each) or 0 for each in numbers])
    if codes := _several(asked, "service_code"):
        cases = cases.filter(category__code__in=[code for code in codes if code.isalnum()])
    if status := set(_several(asked, "status")):
        cases = cases.filter(_in_status(status))
    since, until = _span(asked)
    return cases.filter(reported_at__gte=since, reported_at__lte=until)


def _several(asked: Mapping[str, str], name: str) -> list[str]:
    said = [part.strip() for part in asked.get(name, "").split(",") if part.strip()]
    if len(said) > MOST:
        raise Fault(_("%s 写得太多了。") % name)
    return said


def _in_status(status: set[str]) -> Q:
    if not status <= {"open", "closed"}:
        raise Fault(_("status 只能是 open 或 closed。"))
    closed = Q(status__in=opencases.FINISHED)
    return Q() if len(status) == 2 else closed if status == {"closed"} else ~closed


def _span(asked: Mapping[str, str]) -> tuple[datetime, datetime]:
    until = _moment(asked, "end_date")
    since = _moment(asked, "start_date")
    if since is None:
        until = until or timezone.now()
        return until - timedelta(days=DAYS), until
    return since, min(until or timezone.now(), since + timedelta(days=DAYS))


def _moment(asked: Mapping[str, str], name: str) -> datetime | None:
    """A moment of ISO 8601. A space stands where a plus sign was not written as %2B."""
    said = asked.get(name, "").strip().replace(" ", "+")
    if not said:
        return None
    try:
        day = parse_date(said)
        found = datetime.combine(day, datetime.min.time()) if day else parse_datetime(said)
        aware = timezone.make_aware(found) if found and timezone.is_naive(found) else found
        if aware is not None and 1990 <= aware.year <= 2200:
            return aware
    except (ValueError, OverflowError):
        pass
    raise Fault(_("%s 请写成 2026-11-22T08:00:00+08:00。") % name)


# --- a report ---------------------------------------------------------------------------------------------------------


def _reported(request: HttpRequest) -> dict[str, Any]:
    said = request.POST
    _refuse_strangers(request)
    if not said.get("service_code"):
        raise Fault(_("请写明 service_code。"))
    category = _category(said["service_code"])
    point, stairwell, place_from = _place(said)
    try:
        case, _new = intake.take_in(
            key=_key(said),
            category=category,
            point=point,
            stairwell=stairwell,
            place_from=place_from,
            coord_type="wgs84",
            text=said.get("description", ""),
            source=Case.Source.OPEN311,
            name=(said.get("last_name", "") + said.get("first_name", ""))[:40],
            phone=said.get("phone", ""),
            email=said.get("email", "")[:MAIL],
            mark=_mark(said),
            photos=[pictures.clean(file) for file in request.FILES.getlist("media")[: intake.MOST_PHOTOS]],
        )
    except (intake.Refused, pictures.Refused) as refusal:
        raise Fault(refusal.sentence) from None
    return {"service_request_id": case.number, "service_notice": None, "account_id": None}


def _refuse_strangers(request: HttpRequest) -> None:
    """A key where the installation asks for one, and the same limits as on our own pages."""
    key = request.POST.get("api_key", "")
    keys = settings.OPEN311_KEYS
    if keys and not any(hmac.compare_digest(key.encode(), each.encode()) for each in keys):
        raise Fault(_("api_key 不对，不能上报。"), HTTPStatus.FORBIDDEN)
    now, address = timezone.now(), client_address(request)
    if abuse.is_blocked(address, _mark(request.POST), now):
        raise Fault(_("这里暂时不能在网上上报。请打电话告诉我们，一样会办。"), HTTPStatus.FORBIDDEN)
    if abuse.too_many("report", household_of(address), now):
        raise Fault(_("问得太快了，请过一会儿再试。"), HTTPStatus.TOO_MANY_REQUESTS)


def _key(said: Mapping[str, str]) -> UUID:
    """The same for the same report of one day. It opens the case, so nobody may work it out of what was sent."""
    fields = "\n".join(f"{name}={said[name]}" for name in sorted(said) if name != "api_key")
    digest = salted_hmac("open311.key", f"{timezone.localdate()}\n{fields}", algorithm="sha256").digest()
    return UUID(bytes=digest[:16], version=4)


def _mark(said: Mapping[str, str]) -> str:
    digits = "".join(letter for letter in said.get("phone", "") if letter.isdigit())
    names = (("tel", digits), *((name, said.get(name, "")) for name in ("device_id", "account_id", "email")))
    return next((abuse.mark_of(f"{name}:{value}") for name, value in names if value), "")


def _place(said: Mapping[str, str]) -> tuple[Point, Stairwell | None, str]:
    """`lat` and `long` in WGS 84 before `address_id`, the code of a door, before `address_string`."""
    if "lat" in said or "long" in said:
        lat, lon = number(said.get("lat", "")), number(said.get("long", ""))
        if lat is None or lon is None or abs(lat) > 85 or abs(lon) > 180:
            raise Fault(_("lat 和 long 要写成 WGS 84 的度数，例如 lat=26.05&long=119.3。"))
        return Point(lon, lat, srid=4326), None, Case.PlaceFrom.POSITION
    if code := said.get("address_id", ""):
        return _door(code)
    return _address(said.get("address_string", ""))


def _door(code: str) -> tuple[Point, Stairwell | None, str]:
    known = Stairwell.objects.filter(code=code) if code.isascii() and code.isdigit() else Stairwell.objects.none()
    if (door := known.first()) is None:
        raise Fault(_("没有这个 address_id。"))
    return door.entrance or door.footprint.point_on_surface, door, Case.PlaceFrom.DOOR


def _address(text: str) -> tuple[Point, None, str]:
    """The one place of which an address is the exact name."""
    try:
        found = [match for match in find(text, on=timezone.localdate()) if match.exact and match.point] if text else []
    except AddressRefused as refusal:
        raise Fault(_(refusal.sentence)) from None
    if len(found) != 1 or found[0].point is None:
        raise Fault(_("请写明地方：lat 和 long，或 address_id，或一个确切的 address_string。"))
    return found[0].point, None, Case.PlaceFrom.ADDRESS


# --- JSON and XML -----------------------------------------------------------------------------------------------------


def _answer(rows: Many, form: str, many: str, single: str, status: int = HTTPStatus.OK) -> HttpResponse:
    if form == "json":
        return _json(rows, status)
    root = xml.Element(many)
    root.extend(_element(single, row) for row in rows)
    return _xml(root, status)


def _json(said: Any, status: int = HTTPStatus.OK) -> HttpResponse:
    return _sent(orjson.dumps(said), "json", status)


def _xml(root: xml.Element, status: int = HTTPStatus.OK) -> HttpResponse:
    return _sent(xml.tostring(root, encoding="utf-8", xml_declaration=True), "xml", status)


def _sent(content: bytes, form: str, status: int) -> HttpResponse:
    response = HttpResponse(content, content_type=TYPES[form], status=int(status))
    response["Cache-Control"] = "no-store"
    response["Access-Control-Allow-Origin"] = "*"  # public, and read by programs of other sites
    return response


def _element(name: str, value: Any) -> xml.Element:
    """A value as XML: members as children, a list as children named after its plural, null as an empty element."""
    element = xml.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, inner) for key, inner in value.items())
    elif isinstance(value, list):
        element.extend(_element(name.removesuffix("s"), inner) for inner in value)
    elif value is not None:
        element.text = str(value).lower() if isinstance(value, bool) else NOT_XML.sub(" ", str(value))
    return element
