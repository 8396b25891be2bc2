"""A net from a file, by form: what it would do, each gap and overlap on a small map, and a button that does it."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import shapely
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import policy
from accounts.models import User
from buildings.imports.refusals import ImportRefused
from geo.errors import EditRefused
from geo.slivers import Sliver
from grids.models import Plan
from pages.compare import plan_for
from planning.adoption import commit
from planning.engine import current
from planning.frame import fitting, path
from planning.intake import WIDEST, Intake, read
from planning.refusals import NotADraft, StepRefused
from planning.steps import in_words
from planning.table import Table

LARGEST = 20 * 2**20  # bytes
SALT = "planning.intake"
FRESH = 3600  # seconds for which a report may be acted on
SIDE = 160.0  # units of a small map
MOST = 60  # findings of a kind on a page


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def intake(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The form; what a file would do; and doing it."""
    plan = plan_for(request, plan_id)
    if request.method != "POST":
        return _page(request, plan)
    if not _draws(request, plan):
        raise PermissionDenied(_("这个社区的方案不归您管。"))
    if plan.status != Plan.Status.DRAFT:
        return _page(request, plan, refusal=str(NotADraft()))
    return _do(request, plan) if "step" in request.POST else _report(request, plan)


def _draws(request: HttpRequest, plan: Plan) -> bool:
    return policy.covers_area(request.user, plan.community.code or "", policy.DRAFTS, timezone.localdate())


def _page(request: HttpRequest, plan: Plan, *, refusal: str = "", **more: Any) -> HttpResponse:
    takes = plan.status == Plan.Status.DRAFT and _draws(request, plan)
    said = {"plan": plan, "refusal": refusal, "takes": takes, "widest": int(WIDEST), "filled": request.POST, **more}
    return render(request, "plans/intake.html", said, status=409 if refusal else 200)


def _report(request: HttpRequest, plan: Plan) -> HttpResponse:
    table = current(plan)
    try:
        found = _read(request, table)
    except ImportRefused as why:
        return _page(request, plan, refusal=str(why))
    packed = signing.dumps([plan.pk, table.version, found.op], salt=SALT, compress=True) if found.op else ""
    return _page(request, plan, refusal=found.refusal, found=found, step=packed, **_findings(table, found))


def _read(request: HttpRequest, table: Table) -> Intake:
    upload = request.FILES.get("file")
    if upload is None or not upload.name:
        raise _NoFile
    if (upload.size or 0) > LARGEST:
        raise _TooLarge
    name = Path(upload.name).name[:80]
    suffix = Path(name).suffix.lower()
    with TemporaryDirectory(prefix="import-") as folder:
        path_ = Path(folder) / f"net{suffix if suffix in ('.csv', '.txt', '.tsv') else ''}"
        path_.write_bytes(upload.read())
        return read(table, path_, name=name, follow="follow" in request.POST, close_slivers=_width(request))


class _NoFile(ImportRefused):
    code = "missing"

    def __str__(self) -> str:
        return _("请先选择一个文件。")


class _TooLarge(ImportRefused):
    code = "too_large"

    def __str__(self) -> str:
        return _("文件太大，一次最多 20 MB。")


def _width(request: HttpRequest) -> float:
    """Metres; 0 where the box is empty or holds no number."""
    try:
        width = float(request.POST.get("close_slivers") or 0)
    except ValueError:
        return 0.0
    return width if 0 <= width <= WIDEST else 0.0


def _do(request: HttpRequest, plan: Plan) -> HttpResponse:
    """Carry out what a report of ours said, if the draft is what it was then or nothing of it is in the way."""
    try:
        pk, version, op = signing.loads(request.POST["step"], salt=SALT, max_age=FRESH)
    except signing.BadSignature:
        return _page(request, plan, refusal=_("这份检查结果已经过期，请重新选择文件。"))
    if pk != plan.pk:
        raise PermissionDenied
    try:
        commit(plan=plan, by=cast(User, request.user), version=version, op=op)
    except EditRefused as why:
        return _page(request, plan, refusal=in_words(current(plan), why))
    except StepRefused as why:
        return _page(request, plan, refusal=str(why))
    return HttpResponseRedirect(reverse("pages:impact", args=[plan.pk]))


# What was found


def _findings(table: Table, found: Intake) -> dict[str, Any]:
    labels: Mapping[str, Mapping[str, Any]] = (found.op or {}).get("labels", {})
    return {
        "moved": len(table.state.units(labels.get("grid", {}))),
        "slivers": [_sliver(table, each) for each in found.slivers[:MOST]],
        "closed": [_sliver(table, each) for each in found.closed[:MOST]],
        "doubts": [
            {
                "titles": "、".join(table.unit_title(unit) for unit in doubt.units[:4]),
                "to": table.name_of(doubt.to),
                "shares": [(table.name_of(label), round(100 * share)) for label, share in doubt.shares.items()],
                "place": doubt.place,
            }
            for doubt in found.doubts[:MOST]
        ],
        "nowhere": [table.unit_title(unit) for unit in found.nowhere[:MOST]],
    }


def _sliver(table: Table, sliver: Sliver) -> dict[str, Any]:
    words = {"gap": _("空隙"), "overlap": _("重叠"), "outside": _("超出社区"), "stray": _("碎片")}
    frame = fitting([sliver.shape], SIDE, ratio=1.0, margin=0.6)
    around = [path(frame.flat(table.state.shape("grid", label))) for label in sliver.among if table.has("grid", label)]
    cells = [table.state.fabric.cells[name] for name in table.state.fabric.near(shapely.box(*frame.box))]
    return {
        "kind": words[sliver.kind],
        "among": "、".join(table.name_of(label) for label in sliver.among),
        "to": table.name_of(sliver.to) if sliver.to else "",
        "width": round(sliver.width, 1),
        "area": round(sliver.area),
        "view": f"0 0 {frame.width:.0f} {frame.height:.0f}",
        "path": path(frame.flat(sliver.shape)),
        "around": around,
        "cells": "".join(path(frame.flat(cell)) for cell in cells[:200]),
        "place": sliver.place,
    }
