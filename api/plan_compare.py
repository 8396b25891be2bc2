"""What a plan changes: against what it began from (impact), or against any other plan of its community (comparison)."""

from collections.abc import Callable, Iterable
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from rest_framework.views import APIView

from api.errors import Conflict, Refused
from api.plan_answers import geojson
from api.plan_schema import documented
from api.plans import answer, find
from grids.models import Plan
from planning.bounds import in_words
from planning.fonts import NoFont
from planning.impact import Change, Door, Handing, Impact, Person, impact
from planning.paper import difference_sheets
from planning.sheets import as_csv, doors, sentence
from planning.site import rings_of


@documented
class ImpactView(APIView):
    """Whom a plan moves."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        return _told(request, impact(find(request.user, plan)))


@documented
class ComparisonView(APIView):
    """A plan beside another one of its community."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan)
        return _told(request, impact(row, _other(request, row)))


def _other(request: Any, plan: Plan) -> Plan | None:
    """The plan that is named by `with`, if one is."""
    text = request.GET.get("with", "")
    if not text:
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    found = Plan.objects.filter(pk=number, community=plan.community_id).exclude(draft__deleted_at__isnull=False).first()
    if found is None:
        raise Refused("unknown_plan", _("这个社区没有这个方案。"), field="with")
    return found


def _told(request: Any, found: Impact) -> HttpResponse:
    asked = request.GET.get("format", "json")
    if asked == "csv":
        return attachment(as_csv(doors(found)), "text/csv; charset=utf-8", f"{file_name(found.after)}.csv")
    if asked == "pdf":
        return pdf(found.after, lambda: difference_sheets(found))
    if asked != "json":
        raise Refused("bad_format", _("format 只能是 %(values)s。") % {"values": "json、csv、pdf"}, field="format")
    return answer(document(found))


def pdf(plan: Plan, draw: Callable[[], bytes]) -> HttpResponse:
    try:
        return attachment(draw(), "application/pdf", f"{file_name(plan)}.pdf")
    except NoFont as why:
        raise Conflict("no_font", str(why), field="format") from None


def attachment(content: bytes, media_type: str, name: str) -> HttpResponse:
    """A file to be kept; nobody else keeps it on the way."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response


def file_name(plan: Plan) -> str:
    return f"{plan.community.code}-{plan.number}"


# --- answers ----------------------------------------------------------------------------------------------------------


def document(found: Impact) -> dict[str, Any]:
    """A comparison, ready for orjson."""
    bounds = in_words(found)
    return {
        "plan": _plan(found.after),
        "with": _plan(found.before) if found.before else None,
        "on": found.on,
        "sentence": sentence(found),
        "estimated": found.is_estimated,
        "figures": found.counts.told,
        "handed_over": [_handing(found, each) for each in found.handings],
        "stairwells": [_door(found, door) for door in found.moved],
        "grids": [_change(change) | {"bounds": bounds.get(change.identity)} for change in found.changes],
        "people": [_person(person) for person in found.people],
        "cases": [
            {"number": each.case.number, "giver": _grid(found, each.giver), "taker": _grid(found, each.taker)}
            for each in found.cases
        ],
        "plates": [
            {"id": plate.door.code, "title": plate.door.title, "reasons": plate.reasons} for plate in found.plates
        ],
        "ground": [
            {
                "giver": _grid(found, piece.giver),
                "taker": _grid(found, piece.taker),
                "area_m2": round(piece.area),
                "shape": geojson(piece.shape),
            }
            for piece in found.ground
        ],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {"id": plan.pk, "number": plan.number, "title": plan.title}


def _grid(found: Impact, identity: str | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    return {"id": identity, "code": found.code(identity), "name": found.name(identity)}


def _handing(found: Impact, each: Handing) -> dict[str, Any]:
    return {
        "giver": _grid(found, each.giver),
        "taker": _grid(found, each.taker),
        "buildings": each.buildings,
        "stairwells": [door.code for door in each.doors],
        "figures": each.counts.told,
    }


def _door(found: Impact, door: Door) -> dict[str, Any]:
    return {
        "id": door.code,
        "building": door.building,
        "title": door.title,
        "giver": _grid(found, door.before.grid),
        "taker": _grid(found, door.after.grid),
        "figures": door.counts.told,
        "footprint": orjson.Fragment(rings_of(door.footprint)),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "level": change.level,
        "id": change.identity,
        "code": change.code,
        "name": change.name,
        "old_name": change.old_name,
        "fate": change.fate,
        "before": change.before.told | {"area_m2": round(change.area_before)},
        "after": change.after.told | {"area_m2": round(change.area_after)},
        "shape_before": geojson(change.shape_before) if change.shape_before else None,
        "shape": geojson(change.shape) if change.shape else None,
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "roles": person.roles,
        "sees_households": person.sees,
        "gained": _codes(person.gained),
        "lost": _codes(person.lost),
        "before": person.before.told,
        "after": person.after.told,
    }


def _codes(doors: Iterable[Door]) -> list[str]:
    return [door.code for door in doors]
