"""Who answers for a point, an address or a door: grids/contact.py as JSON."""

from datetime import date
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

from api import asking
from api.errors import Refused
from api.http import json_response
from api.permissions import Politeness
from api.schema import CONTACT_PARAMETERS, ContactAnswer, with_problems
from buildings.address import AddressRefused
from buildings.models import Stairwell
from buildings.search import Match
from grids.contact import Answer, Contact, answer, answer_for, hotline
from grids.places import LEVELS, Place
from grids.search import locate

WAYS = ("lon", "address", "door")


class ContactView(APIView):
    authentication_classes = []  # everybody is told the same
    throttle_classes = [Politeness]

    @extend_schema(
        operation_id="contact",
        summary="Who answers for a point, an address or a door",
        parameters=CONTACT_PARAMETERS,
        responses=with_problems({200: ContactAnswer}, 400, 404, 429),
        auth=[],
        tags=["contact"],
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        on = asking.day(request.GET)
        found, choices = _ask(request.GET, on)
        document = _document(found, on) if found else _question(on)
        document["choices"] = [_choice(choice) for choice in choices]
        return json_response(orjson.dumps(document))


def _ask(asked: asking.Asked, on: date) -> tuple[Answer | None, tuple[Match, ...]]:
    """The answer, or the places among which the one who asks must choose."""
    ways = [way for way in WAYS if way in asked or (way == "lon" and {"lat", "coord_type"} & set(asked))]
    if not ways or not asked.get("address", "-").strip():
        sentence = _("请说明地方：lon、lat 和 coord_type，或 address，或 door。")
        raise Refused("missing", sentence, field="address" if "address" in asked else "lon")
    if len(ways) > 1:
        raise Refused("one_way", _("请只用一种方式说明地方：lon 和 lat，或 address，或 door。"), field=ways[1])
    if ways == ["address"]:
        return _by_address(asked["address"], on)
    if ways == ["door"]:
        return answer_for(_door(asked), on=on), ()
    return answer(asking.point(asked), on=on), ()


def _by_address(text: str, on: date) -> tuple[Answer | None, tuple[Match, ...]]:
    try:
        found = locate(text, on=on)
    except AddressRefused as refusal:
        raise Refused(refusal.code, _(refusal.sentence), field="address") from None
    return found.answer, found.choices


def _door(asked: asking.Asked) -> Stairwell:
    code = asking.code(asked, "door", "19")
    stairwell = Stairwell.objects.filter(code=code).only("pk").first()
    if stairwell is None:
        raise NoSuchDoor("no_such_door", _("没有这个门牌编码，请按地址查找或拨打热线。"), field="door")
    return stairwell


class NoSuchDoor(Refused):
    status_code = 404


def _document(found: Answer, on: date) -> dict[str, Any]:
    return {
        "date": on,
        "plan": found.plan and {
            "community": found.plan.community, "number": found.plan.number,
            "since": found.plan.since, "until": found.plan.until,
        },
        "place": {level: _place(getattr(found.place, level)) for level in LEVELS},
        "chain": [{**_placed(link.place), "contact": _contact(link.contact)} for link in found.chain],
        "contacts": [_contact(contact) for contact in found.contacts],
        "team": [
            {"role": post.role, "title": post.title, "contact": post.contact and _contact(post.contact)}
            for post in found.team
        ],
        "edge_distance_m": None if found.edge_distance_m is None else round(found.edge_distance_m, 1),
        "near_edge": [_place(place) for place in found.near_edge],
        "supervision_phone": found.supervision_phone,
        "outside": found.outside,
        "nearest": found.nearest and {
            **_placed(found.nearest), "distance_m": round(found.nearest_distance_m or 0, 1),
        },
    }  # fmt: skip


def _question(on: date) -> dict[str, Any]:
    """The same shape where the address fits several places: which of the choices? Till then the hotline answers."""
    last = hotline(_("地址不够明确，请从列出的地方选一个，或拨打热线。"))
    return {
        "date": on, "plan": None, "place": dict.fromkeys(LEVELS), "chain": [], "contacts": [_contact(last)],
        "team": [], "edge_distance_m": None, "near_edge": [], "supervision_phone": settings.HOTLINE,
        "outside": False, "nearest": None,
    }  # fmt: skip


def _place(place: Place | None) -> dict[str, str] | None:
    return None if place is None else {"code": place.code, "name": place.name}


def _placed(place: Place) -> dict[str, str]:
    return {"level": place.level, "code": place.code, "name": place.name}


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "role": contact.role, "title": contact.title, "name": contact.name, "phone": contact.phone,
        "hours": contact.hours, "why": contact.why, "rule": contact.rule,
        "place": contact.place and _placed(contact.place),
    }  # fmt: skip


def _choice(match: Match) -> dict[str, Any]:
    return {
        "level": match.level, "code": match.code, "title": match.title, "detail": match.detail,
        "lon": match.lon, "lat": match.lat,
    }  # fmt: skip
