"""Whistle and report on the telephone: units are called to a place, answer, arrive, say what they did; both rate."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from cases import access, forms, record, whistle
from cases.models import Call, Case, HandlingUnit, Whistle
from cases.moves import Refused
from cases.privacy import masked
from pages.case import find
from pages.errors import Unknown

MOST = 50  # whistles on a page


@require_safe
@never_cache
def whistles(request: HttpRequest) -> HttpResponse:
    """The whistles of the cases that the visitor may see: what is going on first."""
    rows = _seen(request).order_by("ended_at", "-meet_at")[:MOST]
    ongoing = [one for one in rows if one.ended_at is None]
    past = [one for one in rows if one.ended_at is not None]
    return render(request, "cases/whistles.html", {"ongoing": ongoing, "past": past, "units": _units(request)})


@never_cache
def blow(request: HttpRequest, number: str) -> HttpResponse:
    """Call units to the place of a case."""
    found, refusal = find(request, number), None
    if request.method == "POST":
        try:
            return redirect("pages:whistle", _blow(request, found).pk)
        except (Refused, forms.NotFilled) as refused:
            refusal = refused
    said = {
        "case": found,
        "units": forms.units_near(found),
        "may": whistle.may_blow(found, access.Hands.of(request.user, timezone.localdate())),
        "refusal": refusal,
        "filled": request.POST,
        "ticked": request.POST.getlist("unit"),
    }
    return render(request, "cases/whistle_new.html", said, status=409 if refusal else 200)


@require_safe
@never_cache
def one(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
@never_cache
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A step of a unit's, or of whoever called them; a refusal keeps what was typed."""
    found = _find(request, pk)
    step = _STEPS.get(name)
    if step is None:
        raise Unknown(_("没有这个步骤。"))
    try:
        step(found, cast(User, request.user), request.POST)
    except (Refused, forms.NotFilled) as refusal:
        return _page(request, _find(request, pk), refusal=refusal, filled=request.POST)
    return HttpResponseRedirect(f"{request.path.partition('/acts/')[0]}/")


def _seen(request: HttpRequest) -> QuerySet[Whistle]:
    rows = Whistle.objects.filter(case__in=access.cases_of(request.user, timezone.localdate()))
    rows = rows.select_related("by", "case__category", "case__building__compound", "case__stairwell", "case__community")
    return rows.prefetch_related("calls__handling_unit")


def _find(request: HttpRequest, pk: int) -> Whistle:
    found = _seen(request).filter(pk=pk).first()
    if found is None:
        raise Unknown(_("没有这次吹哨，或者没有叫到您的单位。"))
    return found


def _units(request: HttpRequest) -> frozenset[int]:
    return access.Hands.of(request.user, timezone.localdate()).units


def _page(
    request: HttpRequest, found: Whistle, refusal: Exception | None = None, filled: Mapping[str, Any] | None = None
) -> HttpResponse:
    hands = access.Hands.of(request.user, timezone.localdate())
    inside = record.is_inside(found.case, hands)
    said = {
        "whistle": found,
        "matter": found.matter if inside else masked(found.matter),
        "calls": list(found.calls.all()),
        "mine": hands.units,
        "leads": whistle.may_lead(found.case, hands),
        "ratings": Case.Rating.choices,
        "refusal": refusal,
        "filled": filled or {},
    }
    return render(request, "cases/whistle.html", said, status=409 if refusal else 200)


def _blow(request: HttpRequest, found: Case) -> Whistle:
    keys = [
        text for text in request.POST.getlist("unit")[:MOST] if text.isascii() and text.isdigit() and len(text) < 18
    ]
    return whistle.blow(
        case=found,
        by=cast(User, request.user),
        units=HandlingUnit.objects.filter(pk__in=keys).order_by("name"),
        matter=forms.text(request.POST, "matter"),
        meet_at=forms.moment(request.POST, "meet_at"),
    )


def _call(found: Whistle, form: Mapping[str, Any]) -> Call:
    call = next((one for one in found.calls.all() if str(one.pk) == form.get("call")), None)
    if call is None:
        raise Refused(_("没有叫这个单位。"), "no_call")
    return call


def _rating(form: Mapping[str, Any]) -> int:
    text = str(form.get("rating", ""))
    return int(text) if text in ("1", "2", "3") else 0


_STEPS: dict[str, Callable[[Whistle, User, Mapping[str, Any]], Any]] = {
    "answer": lambda found, user, form: whistle.answer(call=_call(found, form), by=user),
    "arrive": lambda found, user, form: whistle.arrive(call=_call(found, form), by=user),
    "report": lambda found, user, form: whistle.report(
        call=_call(found, form), by=user, text=forms.text(form, "reason")
    ),
    "end": lambda found, user, form: whistle.end(whistle=found, by=user),
    "rate_unit": lambda found, user, form: whistle.rate_unit(call=_call(found, form), by=user, rating=_rating(form)),
    "rate_whistle": lambda found, user, form: whistle.rate_whistle(
        call=_call(found, form), by=user, rating=_rating(form)
    ),
}
