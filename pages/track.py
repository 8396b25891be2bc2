"""Where is my report? Like a parcel: by the secret link, or by number for what everybody may know."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import client_address, household_of
from cases import access, intake, moves, pictures, states, words
from cases.abuse import too_many
from cases.models import Case, Move, Photo, Reporter, pk_of
from cases.moderation import public_photos, public_words
from cases.places import public_place
from cases.privacy import masked
from grids.contact import Answer, answer, answer_for
from pages.errors import Unknown
from pages.visitors import from_own_pages

WRONG_TAILS = 5  # an hour for one case: with four digits nobody guesses far
TAIL = 4  # digits of the telephone
SHOWN = ("report", "accept", "reject", "merge", "dispatch", "take", "resolve", "verify", "rework", "close",
         "self_handle", "rate", "reopen", "agree", "resume", "escalate", "replan", "place")  # fmt: skip

RATINGS = (
    (Case.Rating.SATISFIED, "smile"),
    (Case.Rating.FAIR, "fair"),
    (Case.Rating.UNSATISFIED, "sad"),
)


@dataclass(frozen=True)
class Line:
    """One line of the way of a case as residents read it: never a person's name."""

    at: datetime
    what: str
    who: str
    note: str


@require_safe
@never_cache
def track(request: HttpRequest, key: UUID) -> HttpResponse:
    """Everything about a case for whoever holds its link."""
    case = _of_key(key)
    shown = _end_of(case)
    url = request.build_absolute_uri(reverse("pages:track", args=[case.key]))
    said = {
        "own": True,
        "sent": request.GET.get("sent", ""),
        "link": url,
        "qr": segno.make(url, error="m", micro=False).svg_data_uri(scale=4, border=4),
        "photos": [(photo, reverse("pages:own_photo", args=[key, photo.key])) for photo in case.photos.all()],
        "words": case.text,
        "public_words": "" if case.category.sensitive else masked(case.text),
        "may_rate": any(rule.act == "rate" for rule in states.for_resident(case)),
        "ratings": RATINGS,
        "contact": _asked_for(case).first,
        **_way(case, shown),
    }
    return _unlisted(render(request, "cases/track.html", said))


@from_own_pages
@require_POST
def rate(request: HttpRequest, key: UUID) -> HttpResponse:
    """Once: a second press finds that it is said already."""
    case = _of_key(key)
    rating = request.POST.get("rating", "")
    try:
        moves.act(case, "rate", by=None, rating=int(rating) if rating in ("1", "2", "3") else None,
                  reason=request.POST.get("words", "")[:300])  # fmt: skip
    except moves.Refused as refusal:
        case.refresh_from_db(fields=["rating"])  # pressed twice, the other press may have come in since
        if case.rating is None:
            return render(request, "error.html", {"heading": _("还没有评价"), "sentence": str(refusal)}, status=422)
    return HttpResponseRedirect(f"{reverse('pages:track', args=[key])}#rating")


@from_own_pages
@require_POST
def add_photo(request: HttpRequest, key: UUID) -> HttpResponse:
    """One photo more for a case that was just reported; sent again under the same key it is the same photo."""
    case, now, most = _of_key(key), timezone.now(), intake.MOST_PHOTOS * settings.REPORTS_AN_HOUR
    upload = request.FILES.get("photo")
    photo_key = _uuid(request.POST.get("key", ""))
    if upload is None or photo_key is None:
        return JsonResponse({"sentence": _("没有收到照片。")}, status=HTTPStatus.BAD_REQUEST)
    if (known := case.photos.filter(key=photo_key).first()) is None:
        if case.ended or too_many("photo", household_of(client_address(request)), now, most=most):
            return JsonResponse({"sentence": _("现在不能再加照片了。")}, status=HTTPStatus.CONFLICT)
        try:
            known = intake.add_photo(case, key=photo_key, picture=pictures.clean(upload))
        except (pictures.Refused, intake.Refused) as refusal:
            return JsonResponse({"sentence": refusal.sentence}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return JsonResponse({"key": str(known.key), "sha256": known.sha256})


@from_own_pages
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """By number: what everybody may know; with the end of the telephone that was left, all of it."""
    asked = request.POST if request.method == "POST" else request.GET
    number = "".join(asked.get("number", "").split())[:18]
    if not number:
        return render(request, "cases/find.html")
    pk = pk_of(number)
    case = _cases().filter(pk=pk).first() if pk else None
    if case is None:
        sentence = _("没有这个编号。请核对一下，少一位或错一位都查不到。")
        return render(request, "cases/find.html", {"number": number, "sentence": sentence}, status=404)
    if request.method == "POST":
        return _by_tail(request, case, asked.get("tail", ""))
    return _unlisted(render(request, "cases/track.html", _public(request, case)))


def _by_tail(request: HttpRequest, case: Case, tail: str) -> HttpResponse:
    now, known = timezone.now(), Reporter.objects.filter(case=case).first()
    phone = "".join(letter for letter in known.phone if letter.isdigit()) if known else ""
    tried = too_many("tail", case.number, now, most=WRONG_TAILS)
    tried |= too_many("tail", household_of(client_address(request)), now, most=4 * WRONG_TAILS)
    if len(phone) > TAIL and tail == phone[-TAIL:] and not tried:
        return HttpResponseRedirect(reverse("pages:track", args=[case.key]))
    sentence = _("电话尾号对不上，或者试的次数太多。可以用上报时给您的链接查。")
    said = _public(request, case) | {"sentence": sentence}
    return _unlisted(render(request, "cases/track.html", said, status=HTTPStatus.FORBIDDEN.value))


def _public(request: HttpRequest, case: Case) -> dict[str, Any]:
    if case.category.sensitive:  # in public these are counts of a community and nothing more
        return {"own": False, "secret": True, "number": case.number}
    shown = _end_of(case) if not _end_of(case).category.sensitive else case
    photos = [(photo, reverse("pages:photo", args=[photo.key])) for photo in public_photos(case)]
    return {
        "own": False,
        "thanks": "thanks" in request.GET,
        "photos": photos,
        "public_words": public_words(case),
        **_way(case, shown),
    }


def _end_of(case: Case) -> Case:
    """The case that one was merged into, and that into another: no two can be merged into each other."""
    while case.merged_into is not None:
        case = case.merged_into
    return case


def _way(case: Case, shown: Case) -> dict[str, Any]:
    """What has happened and what comes next; of a case that was merged, the way of the one that it is in."""
    now, rows = timezone.now(), list(shown.moves.select_related("handling_unit"))
    late = shown.due_at is not None and shown.due_at < now and not shown.ended
    return {
        "case": case,
        "shown": shown,
        "number": case.number,
        "place": public_place(case),
        "steps": words.steps(shown, rows),
        "lines": [line for move in reversed(rows) if (line := _line(move))],
        "late": late,
        "why_late": _said_last(rows) if late else "",
        "suspended": shown.status == "suspended",
    }


def _line(move: Move) -> Line | None:
    if move.act not in SHOWN and not move.public_note:
        return None
    rule = states.RULES.get(move.act)
    by_status = move.act in ("agree", "reopen", "resume")
    what = str(rule.label if rule and not by_status else move.get_status_display())
    return Line(move.at, what, _who(move), masked(move.public_note))


def _who(move: Move) -> str:
    """The unit or the level that did it; never a person."""
    if move.act in ("report", "rate", "reopen") and move.by_id is None:
        return _("居民")
    return str(move.handling_unit if move.handling_unit_id and move.act != "report" else move.get_level_display())


def _said_last(rows: list[Move]) -> str:
    """The last words to the resident: where something is late, they are its reason."""
    return next((masked(move.public_note) for move in reversed(rows) if move.public_note), "")


def _asked_for(case: Case) -> Answer:
    today = timezone.localdate()
    return answer_for(case.stairwell, on=today) if case.stairwell else answer(case.point, on=today)


def _cases() -> Any:
    return Case.objects.select_related("category", "community", "building", "stairwell", "merged_into__category")


def _of_key(key: UUID) -> Case:
    case = _cases().filter(key=key).first()
    if case is None:
        raise Unknown(_("这个链接查不到上报。可能没有复制全，请用编号查，或打电话问。"))
    return case


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    return response


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# --- photos -----------------------------------------------------------------------------------------------------------


@require_safe
def photo(request: HttpRequest, photo_key: UUID) -> FileResponse:
    """A photo that everybody may see, or one of a case that this member of the staff may see."""
    found = get_object_or_404(Photo.objects.select_related("case__category"), key=photo_key)
    is_public = found.public and not found.case.category.sensitive
    if not is_public and not access.cases_of(request.user, timezone.localdate()).filter(pk=found.case_id).exists():
        raise Http404
    return _picture(found, public=is_public)


@require_safe
def own_photo(request: HttpRequest, key: UUID, photo_key: UUID) -> FileResponse:
    """A photo of their own case for whoever holds its link."""
    return _picture(get_object_or_404(Photo, key=photo_key, case__key=key), public=False)


def _picture(found: Photo, *, public: bool) -> FileResponse:
    response = FileResponse(found.file.open("rb"), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=300" if public else "private, no-store"
    return response
