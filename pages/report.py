"""See, snap, send: the resident's report. One plain form; scripts make it quicker and let it survive a lost network."""

from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID, uuid4

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.middleware import client_address, household_of
from buildings import search
from buildings.address import AddressRefused
from cases import drafts, intake, pictures, privacy
from cases.abuse import HOUR, is_blocked, mark_of, too_many
from cases.models import Case, Category, pk_of
from cases.nearby import me_too, nearby
from pages import asking
from pages.reportform import OFFERED, ReportForm, Spot, door_spot, spot_of
from pages.visitors import device_of, from_own_pages, mark, remember, wants_json

PAD_M = 160  # metres from left to right of the drawing under the crosshair
FIELD = {"place": "address", "category": "category", "text": "text", "phone": "phone"}  # of a refusal, in the form
AGAIN = timedelta(minutes=10)
LAST = "last"  # the cookie with the report that this browser sent last
ECHOES = 60  # of one address an hour


@from_own_pages
def report(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _received(request)
    form = ReportForm(None, on=timezone.localdate())
    return _asked(request, form, uuid4(), _pointed_at(request, form))


def _received(request: HttpRequest) -> HttpResponse:
    """Take the report in; or say what to mend, with everything that was sent kept."""
    now = timezone.now()
    form = ReportForm(request.POST, on=timezone.localdate())
    key = _uuid(request.POST.get("key", ""))
    if key is None:
        raise BadRequest(_("这一页太旧了，请重新打开“上报”再发一次。"))
    if known := Case.objects.filter(key=key).first():
        return _done(request, known, "again")
    if stopped := _stopped(request, now):
        return stopped
    photos = _photos(request, form)
    if form.is_valid():
        if twin := _twin(request, form, photos, now):
            return _done(request, twin, "again")
        try:
            return _done(request, _taken_in(request, form, key, [*drafts.kept(key), *photos]))
        except intake.Refused as refusal:
            form.add_error(FIELD.get(refusal.field), refusal.sentence)
    drafts.keep(key, photos)
    if wants_json(request):
        errors = {name: [str(one) for one in found] for name, found in form.errors.items()}
        return JsonResponse({"errors": errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _asked(request, form, key, form.cleaned_data.get("spot"), status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _twin(request: HttpRequest, form: ReportForm, photos: list[pictures.Picture], now: datetime) -> Case | None:
    """
    The same that this browser sent minutes ago, of a form without scripts: who went back and pressed again. The browser
    may have asked for the page anew meanwhile, and then it has another key.

    Only what this browser itself sent last: by telephone and place, a neighbour would be shown the link of another.
    """
    last = request.get_signed_cookie(LAST, default="", max_age=AGAIN) or ""
    if wants_json(request) or not last.isdigit():
        return None
    said, spot = form.cleaned_data, form.cleaned_data["spot"]
    same = Case.objects.filter(category=said["category"], text=said["text"].strip(), stairwell=spot.stairwell)
    twin = same.filter(pk=int(last), point=spot.point, reported_at__gt=now - AGAIN).first()
    known = set(twin.photos.values_list("sha256", flat=True)) if twin else set()
    return twin if {photo.sha256 for photo in photos} <= known else None


def _taken_in(request: HttpRequest, form: ReportForm, key: UUID, photos: list[pictures.Picture]) -> Case:
    said, staff = form.cleaned_data, request.user if request.user.is_authenticated else None
    spot: Spot = said["spot"]
    case, _new = intake.take_in(
        key=key,
        category=said["category"],
        point=spot.point,
        place_from=spot.place_from,
        coord_type=spot.coord_type,
        stairwell=spot.stairwell,
        text=said["text"],
        phone=said["phone"],
        mark="" if staff else mark(request, said["phone"]),
        photos=photos[: intake.MOST_PHOTOS],
        source=Case.Source.WORKER if staff else Case.Source.SNAP,
        by=staff,
    )
    drafts.forget(key)
    return case


def _photos(request: HttpRequest, form: ReportForm) -> list[pictures.Picture]:
    """The photos of a plain form, clean; each that is refused is an error of the form, by its name."""
    cleaned = []
    for upload in request.FILES.getlist("photos")[: intake.MOST_PHOTOS]:
        try:
            cleaned.append(pictures.clean(upload))
        except pictures.Refused as refusal:
            form.add_error(None, f"{upload.name}：{refusal.sentence}")
    return cleaned


def _stopped(request: HttpRequest, now: datetime) -> HttpResponse | None:
    """The answer to somebody who is blocked, or who sends too much; None for all others."""
    address = client_address(request)
    if is_blocked(address, mark(request, request.POST.get("phone", "")), now):
        return _sorry(request, _("这里暂时不能在网上上报。请打电话告诉我们，一样会办。"), HTTPStatus.FORBIDDEN)
    if too_many("report", household_of(address), now):
        sentence = _("您这个网络一小时内发得太多，这一件还没有收下。请过一会儿再发，急事请打电话。")
        return _sorry(request, sentence, HTTPStatus.TOO_MANY_REQUESTS)
    return None


def _sorry(request: HttpRequest, sentence: str, status: HTTPStatus) -> HttpResponse:
    headers = {"Retry-After": str(HOUR // 4)} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    if wants_json(request):
        return JsonResponse({"sentence": sentence}, status=status, headers=headers)
    response = render(request, "error.html", {"heading": _("还没有收下"), "sentence": sentence}, status=status.value)
    for name, value in headers.items():
        response[name] = value
    return response


def _done(request: HttpRequest, case: Case, sent: str = "1") -> HttpResponse:
    url = reverse("pages:track", args=[case.key])
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse({"number": case.number, "url": url})
    else:
        response = HttpResponseRedirect(f"{url}?sent={sent}")
        response.set_signed_cookie(
            LAST, str(case.pk), max_age=AGAIN, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return remember(request, response)


def _asked(
    request: HttpRequest, form: ReportForm, key: UUID, spot: Spot | None, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    categories = Category.objects.filter(in_use=True, pictured__isnull=False).order_by("pictured")
    said = {
        "form": form,
        "key": key,
        "categories": categories,
        "chosen": request.POST.get("category", ""),
        "spot": spot,
        "near": nearby(spot.point, timezone.now()) if spot else [],
        "matches": [(match, spot_of(match, form.on)) for match in form.matches],
        "kept": len(drafts.kept(key)) if form.is_bound else 0,
        "most": intake.MOST_PHOTOS,
        "longest": intake.LONGEST,
        "pad_m": PAD_M,
        "words": _words(),
    }
    response = render(request, "cases/report.html", said, status=status.value)
    # A key of its own each time it is opened; but who goes back and sends again sends the same key.
    response["Cache-Control"] = "private, no-cache"
    return response


def _words() -> dict[str, object]:
    """What the scripts say."""
    return {
        "most": intake.MOST_PHOTOS,
        "many": _("照片最多 %d 张，够说明问题就行。") % intake.MOST_PHOTOS,
        "unreadable": _("“%s”打不开。请换一张照片，或截一张图发来。"),
        "photo": _("第 %n 张照片"),
        "remove": _("删掉"),
        "cross": _("图上十字的位置"),
        "here": _("您现在的位置"),
        "asking": _("正在找您的位置……"),
        "about": _("误差约 %n 米。不准的话，点一下图上对的地方。"),
        "refused": _("手机没有允许定位。没关系，请写一下地址。"),
        "failed": _("现在定位不了，请写一下地址。"),
        "searching": _("正在查……"),
        "later": _("现在查不了，请稍后再试。"),
        "what": _("请选一下是什么事。"),
        "where": _("请告诉我们在哪里。"),
        "almost": _("还差一点，就能发出"),
        "sending": _("正在发送……"),
        "photos": _("已经收下，正在发第 %n 张照片，共 %m 张……"),
        "again": _("网络不好，马上再试。您写的都在手机里。"),
        "offline": _("现在没有网。已经存在手机里，有网后自动发送，不用再按。"),
        "queue": _("有 %n 件存在手机里，有网后自动发送。"),
        "mended": _("有一件要改一下才能发。"),
        "sent": _("已经发出，编号 %n。"),
        "see": _("看进度"),
    }


def _pointed_at(request: HttpRequest, form: ReportForm) -> Spot | None:
    """The place that the page was opened for: a door's code, or a position with its coordinate type."""
    if door := request.GET.get("door", ""):
        return door_spot(door[:19], form.on)
    if "lon" in request.GET:
        return Spot(asking.point(request), Case.PlaceFrom.CROSSHAIR)
    return None


# --- what the scripts ask for meanwhile -------------------------------------------------------------------------------


@require_GET
def near(request: HttpRequest) -> HttpResponse:
    """Open cases near a place, as a part of the page."""
    category = Category.objects.filter(code=request.GET.get("category", "")[:8]).first()
    found = nearby(asking.point(request), timezone.now(), category)
    return render(request, "cases/_near.html", {"near": found})


@require_GET
def places(request: HttpRequest) -> HttpResponse:
    """What an address may mean, as a part of the page."""
    on, sentence = timezone.localdate(), ""
    try:
        found = search.find(request.GET.get("q", "")[:100], on=on, limit=OFFERED)
    except AddressRefused as refusal:
        found, sentence = [], _(refusal.sentence)
    matches = [(match, spot_of(match, on)) for match in found if match.point]
    exact = any(match.exact for match, _spot in matches)
    return render(request, "cases/_places.html", {"matches": matches, "sentence": sentence, "exact": exact})


@from_own_pages
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What others will be able to read of a text, and what it gives away, as a part of the page."""
    text = request.POST.get("text", "")[: intake.LONGEST]
    code = request.POST.get("category", "")[:8].replace("\x00", "")
    category = Category.objects.filter(code=code).first()
    said = {"kinds": [kind.label for kind in privacy.kinds(text)], "words": privacy.masked(text), "category": category}
    return render(request, "cases/_preview.html", said)


@from_own_pages
@require_POST
def echo(request: HttpRequest, number: str) -> HttpResponse:
    """ "I met it too": once a person; whoever presses twice is counted once and thanked twice."""
    pk, now = pk_of(number), timezone.now()
    case = Case.objects.open().filter(pk=pk, category__sensitive=False).first() if pk else None
    key = _uuid(request.POST.get("key", "")) or uuid4()
    if case is None:
        raise Http404
    if not too_many("echo", household_of(client_address(request)), now, most=ECHOES):
        me_too(case, key=key, mark=mark_of(f"device:{device_of(request)}"))
    response = HttpResponseRedirect(f"{reverse('pages:find')}?number={case.number}&thanks=1")
    return remember(request, response)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
