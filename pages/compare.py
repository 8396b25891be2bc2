"""Before a plan is published: whom it moves, and what it looks like beside another. No script is needed to read it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.roles import Role
from grids.models import Appointment, Plan
from pages.errors import Unknown
from pages.planmap import frame_of, map_of
from planning import sheets
from planning.bounds import in_words
from planning.impact import Door, Impact, impact
from planning.sheets import Sheet

MOST_ROWS = 300  # of a table on a page; the CSV has all


@require_safe
@never_cache
def impact_of(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Whom a plan moves: the sentence, the tables, the borders in words, and the way to paper."""
    plan = plan_for(request, plan_id)
    found = impact(plan)
    frame = frame_of(found)
    said = {
        "plan": plan,
        "found": found,
        "sentence": sheets.sentence(found),
        "tables": [_cut(sheet) for sheet in sheets.sheets(found) if sheet.rows],
        "words": _words(found),
        "map": map_of(found, frame, is_after=True) if frame and found.changes else None,
        "counts": found.counts.told,
        "moves": bool(found.moved),
    }
    return render(request, "plans/impact.html", said)


@require_safe
@never_cache
def compare(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Two plans of a community side by side; with a script, one over the other."""
    plan = plan_for(request, plan_id)
    others = _others(plan)
    found = impact(plan, _chosen(request, others))
    frame = frame_of(found)
    said = {
        "plan": plan,
        "found": found,
        "others": others,
        "sentence": sheets.sentence(found),
        "maps": [map_of(found, frame, is_after=is_after) for is_after in (False, True)] if frame else [],
        "table": _sorted(_cut(sheets.brief_doors(found)), request),
        "sort": request.GET.get("sort", ""),
    }
    return render(request, "plans/compare.html", said)


@require_safe
@never_cache
def notices(request: HttpRequest, plan_id: int) -> HttpResponse:
    """A sheet for each stairwell that gets another grid, to be hung up there."""
    plan = plan_for(request, plan_id)
    found = impact(plan)
    workers = _workers(found)
    sheets_of = [(door, *_hands(found, door), workers.get(door.after.grid or "")) for door in found.moved]
    return render(request, "plans/notices.html", {"plan": plan, "notices": sheets_of})


def _hands(found: Impact, door: Door) -> tuple[str, str]:
    return sheets.name(found, door.before.grid), sheets.name(found, door.after.grid)


def plan_for(request: HttpRequest, pk: int) -> Plan:
    """A plan that the visitor may see."""
    plan = Plan.objects.select_related("community", "created_by").filter(pk=pk).first()
    if plan is None:
        raise Unknown(_("没有这个方案，请从方案列表里选。"))
    if not policy.covers_area(request.user, plan.community.code or "", policy.PLANS, timezone.localdate()):
        raise PermissionDenied(_("这个社区的方案不归您管。"))
    return plan


def _others(plan: Plan) -> list[Plan]:
    rows = Plan.objects.filter(community=plan.community_id).exclude(pk=plan.pk)
    return list(rows.exclude(draft__deleted_at__isnull=False).order_by("-number"))


def _chosen(request: HttpRequest, others: list[Plan]) -> Plan | None:
    """The plan that is asked for by `with`; None for the one that it began from."""
    asked = request.GET.get("with", "")
    if not asked:
        return None
    found = next((plan for plan in others if str(plan.pk) == asked), None)
    if found is None:
        raise Unknown(_("这个社区没有这个方案。"))
    return found


def _words(found: Impact) -> list[tuple[str, str]]:
    words = in_words(found)
    return [(change.name, words[change.identity]) for change in found.grids if change.identity in words]


def _workers(found: Impact) -> dict[str, Appointment]:
    """The grid worker of each grid on the day, if they agreed to be named."""
    rows = Appointment.objects.in_force(found.on).filter(
        role=Role.GRID_WORKER, grid__community=found.after.community_id, person__name_is_public=True
    )
    return {row.grid.code or "": row for row in rows.select_related("person", "grid").order_by("-pk") if row.grid}


# Tables


def _cut(sheet: Sheet) -> dict[str, Any]:
    """A table as a page shows it: its first rows, and how many it has."""
    return {
        "title": sheet.title,
        "head": sheet.head,
        "rows": sheet.rows[:MOST_ROWS],
        "count": len(sheet.rows),
        "is_cut": len(sheet.rows) > MOST_ROWS,
    }


def _sorted(table: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """By the column of `sort`, the largest first where it begins with a minus."""
    asked = request.GET.get("sort", "")
    number = asked.removeprefix("-")
    if number.isdecimal() and len(number) < 3 and int(number) < len(table["head"]):
        at = int(number)
        table["rows"] = sorted(table["rows"], key=lambda row: row[at], reverse=asked.startswith("-"))
    return table
