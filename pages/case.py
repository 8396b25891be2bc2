"""One case: what it is, where it stands, the next step. Forms without a script; who reported only when asked for."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid5

import segno
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Look, User
from cases import access, forms, intake, moderation, moves, pictures, record, states, whistle, words
from cases.lists import Show, Wish, for_rows, listed
from cases.models import Case, Photo, Reporter, pk_of
from cases.standing import next_of
from pages.errors import Unknown

SLIPS = 50  # on paper at once


@require_safe
@never_cache
def case(request: HttpRequest, number: str) -> HttpResponse:
    """A case, for those who may see it today."""
    did = states.RULES.get(request.GET.get("did", ""))
    return _page(request, find(request, number), did=did, next_case=_next(request, number) if did else None)


@require_POST
@never_cache
def act(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Take a step. One that is refused says why, above what was filled in."""
    found, user = find(request, number), cast(User, request.user)
    rule = states.RULES.get(name)
    if rule is None:
        raise Unknown(_("没有这个步骤。"))
    try:
        seen = access.cases_of(user, timezone.localdate())
        given = forms.answers(rule, request.POST, found, seen)
        _keep_photos(request, found, rule)
        moves.act(found, name, by=user, version=_version(request.POST), **given)
    except (moves.Refused, forms.NotFilled, pictures.Refused, intake.Refused) as refusal:
        if getattr(refusal, "code", "") == "changed" and _was_oneself(found, user, name):
            return _after(request, number, name)
        return _page(request, find(request, number), refusal=refusal, opened=name, filled=request.POST)
    return _after(request, number, name)


@require_POST
@never_cache
def reporter(request: HttpRequest, number: str) -> HttpResponse:
    """The case with who reported it and their own words, for those who may know. The look is written down."""
    found = find(request, number)
    user, on = cast(User, request.user), timezone.localdate()
    if not access.may_see_reporter(user, found, on):
        raise PermissionDenied(_("谁报的，只有这个网格和社区里办这件事的人能看。"))
    person = access.reporter_of(user, found, on, "pages:case_reporter")
    if person is None and record.hides_words(found):  # nobody left a name, but there is a number in the words
        Look.objects.create(user=user, subject=found.number, rows=1, page="pages:case_reporter")
    return _page(request, found, reporter=person, is_shown=True, words=found.text, hides_words=False)


@require_POST
@never_cache
def publish(request: HttpRequest, number: str) -> HttpResponse:
    """Let the public read the words or see a photo, or take them back."""
    found, user = find(request, number), cast(User, request.user)
    if not record.is_inside(found, access.Hands.of(user, timezone.localdate())):
        raise PermissionDenied(_("公开什么，由这个网格和社区的人定。"))
    if "words" in request.POST:
        moderation.show_words(found, request.POST["words"] == Case.Words.SHOWN, by=user)
    photo = next((one for one in found.photos.all() if str(one.key) == request.POST.get("photo")), None)
    if photo is not None:
        moderation.show_photo(photo, request.POST.get("show") == "1", by=user)
    return HttpResponseRedirect(f"{reverse('pages:case', args=[number])}#matter")


@require_safe
@never_cache
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """A case on a sheet of A4, with its time limit and a code that leads back here."""
    return _slips(request, [find(request, number)])


@never_cache
@require_POST
def slips(request: HttpRequest) -> HttpResponse:
    """Sheets for the cases that were ticked in a list."""
    keys = {pk_of(words.partition(":")[0]) or 0 for words in request.POST.getlist("case")[:SLIPS]}
    rows = access.cases_of(request.user, timezone.localdate()).filter(pk__in=keys)
    return _slips(request, list(for_rows(rows).order_by("due_at", "pk")))


def find(request: HttpRequest, number: str) -> Case:
    """The case of a number, for somebody who may see it today."""
    rows = access.cases_of(request.user, timezone.localdate()).filter(pk=pk_of(number) or 0)
    found = for_rows(rows).select_related("first_unit", "merged_into").first()
    if found is None:
        raise Unknown(_("没有这个编号的工单，或者它今天不归您管。刚派给别人、刚调整过网格的，请从工单列表里找。"))
    return found


def _after(request: HttpRequest, number: str, name: str) -> HttpResponseRedirect:
    """Back to the case; to the list, where the step put it out of one's sight."""
    seen = access.cases_of(request.user, timezone.localdate()).filter(pk=pk_of(number) or 0).exists()
    path = reverse("pages:case", args=[number]) if seen else reverse("pages:cases")
    return HttpResponseRedirect(f"{path}?{urlencode({'did': name})}")


def _was_oneself(found: Case, user: User, name: str) -> bool:
    """Whether the last step was the same, by the same person: a button that was pressed twice is no conflict."""
    last = found.moves.last()
    return last is not None and (last.act, last.by_id) == (name, user.pk)


def _next(request: HttpRequest, number: str) -> Case | None:
    """What is the visitor's to do next."""
    rows = listed(Wish(show=Show.TURN), cast(User, request.user), timezone.now())
    return rows.exclude(pk=pk_of(number) or 0).first()


def _version(form: Mapping[str, Any]) -> int | None:
    text = str(form.get("version", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _keep_photos(request: HttpRequest, found: Case, rule: states.MoveRule) -> None:
    """
    Photos of what was done are kept even where the step is then refused: nobody goes back to take them again. The key
    is made of the picture, so one that is sent twice is kept once.
    """
    files = request.FILES.getlist("photos")
    if "photo" not in rule.needs or not files or rule not in _allowed(request, found):
        return
    for file in files[: intake.MOST_PHOTOS]:
        picture = pictures.clean(cast(pictures.Upload, file))
        intake.add_photo(found, key=uuid5(found.key, f"after {picture.sha256}"), picture=picture, kind=Photo.Kind.AFTER)


def _allowed(request: HttpRequest, found: Case) -> list[states.MoveRule]:
    return states.allowed(found, request.user, timezone.localdate())


def _page(request: HttpRequest, found: Case, refusal: Exception | None = None, **more: Any) -> HttpResponse:
    user, on = cast(User, request.user), timezone.localdate()
    hands = access.Hands.of(user, on)
    rules = states.allowed_for(found, hands)
    first = next_of(found, rules)
    opened, filled = more.get("opened", ""), more.get("filled", {})
    said = {
        "case": found,
        "first": first,
        "others": [rule for rule in rules if rule != first],
        "fields": {rule.act: forms.fields(rule, found) for rule in rules},
        "choices": forms.choices(found, rules, on),
        "refusal": refusal,
        "opened": opened,
        "filled": filled,
        "typed": [filled[name] for name in ("reason", "public_note") if filled.get(name)],
        "form_is_there": any(rule.act == opened for rule in rules),
        **_read(found, hands),
        **_people(found, user, hands),
        **more,
    }
    return render(request, "cases/case.html", said, status=409 if refusal else 200)


def _read(found: Case, hands: access.Hands) -> dict[str, Any]:
    """What there is to read: words, photos, the way so far, the place."""
    inside = record.is_inside(found, hands)
    rows = list(found.moves.select_related("by", "person", "handling_unit", "grid"))
    point = {"lon": f"{found.point.x:.7f}", "lat": f"{found.point.y:.7f}", "coord_type": "wgs84", "there": "1"}
    return {
        "inside": inside,
        "words": record.words_of(found),
        "hides_words": record.hides_words(found),
        "rating_words": found.rating_words if inside else "",
        "photos": list(found.photos.all()),
        "trail": list(record.trail(rows, inside, hands)),
        "steps": words.steps(found, rows),
        "sketch": f"{reverse('pages:sketch')}?{urlencode(point)}",
        "asked_label": record.label_of(f"ask_{found.asked}") if found.asked else "",
    }


def _people(found: Case, user: User, hands: access.Hands) -> dict[str, Any]:
    """Who may be known, and who may be called. Nothing of the reporter itself is read here."""
    sees = access.may_see_reporter(user, found, hands.on)
    named = Reporter.objects.filter(case=found).exclude(name="", phone="", email="")
    return {
        "sees_reporter": sees,
        "has_reporter": sees and (named.exists() or record.hides_words(found)),
        "may_whistle": whistle.may_blow(found, hands),
        "whistles": list(found.whistles.order_by("-pk")[:20]),
    }


def _slips(request: HttpRequest, cases: list[Case]) -> HttpResponse:
    """Paper lies about: words are as strangers may read them."""
    sheets = [{"case": one, "words": record.words_of(one), "qr": _qr(request, one)} for one in cases]
    return render(request, "cases/print.html", {"slips": sheets, "now": timezone.localtime()})


def _qr(request: HttpRequest, found: Case) -> SafeString:
    address = request.build_absolute_uri(reverse("pages:case", args=[found.number]))
    return mark_safe(segno.make(address, error="m", micro=False).svg_inline(omitsize=True))  # noqa: S308 our own address
