"""The planner's pages: a community's plans, and the table on which one is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.models import User
from buildings.models import Area
from grids.models import Plan
from maps.pages import tile_template
from maps.version import net_version
from pages.errors import Unknown

MOST = 40  # communities on one page
# The scripts of the table, in the order in which they build on each other.
SCRIPTS = """
    words dom ground state api outbox painting picking strokes borders numbers faults twin notes choice keys bar table
""".split()
CLOSED = ("in_force", "superseded")


@dataclass(frozen=True)
class CommunityPlans:
    """What the list says of a community: the plan in force today, those on their way there, those of before."""

    area: Area
    in_force: Plan | None
    open: list[tuple[Plan, str, str]]  # with its stage, and that in words
    closed: list[Plan]


@require_safe
@never_cache
def plans(request: HttpRequest) -> HttpResponse:
    """All plans that the visitor may see, by community."""
    today, user = timezone.localdate(), cast(User, request.user)
    areas = list(_communities(user, today)[:MOST])
    said = {"communities": list(_grouped(areas, today)), "on": today}
    return render(request, "plans/list.html", said)


@require_safe
@never_cache
def table(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The planner's table: the editor of a draft, or a plan as it stands, to be looked at."""
    today, user = timezone.localdate(), cast(User, request.user)
    rows = Plan.objects.select_related("community", "created_by").exclude(draft__deleted_at__isnull=False)
    plan = rows.filter(pk=plan_id).first()
    if plan is None:
        raise Unknown(_("没有这个方案，请从方案列表里选。"))
    if not policy.covers_area(user, plan.community.code or "", policy.PLANS, today):
        raise PermissionDenied(_("这个社区的方案不归您管。"))
    said = {
        "plan": plan,
        "stage": plan.stage(today),
        "stage_words": plan.stage_words(today),
        "setting": _setting(plan, user, today),
        "scripts": [f"plans/{name}.js" for name in SCRIPTS],
    }
    return render(request, "plans/table.html", said)


def _setting(plan: Plan, user: User, today: date) -> dict[str, Any]:
    """What the scripts of the table have to know before they ask the API."""
    boundary = plan.community.boundary
    return {
        "plan": plan.pk,
        "api": f"/api/v1/plans/{plan.pk}/",
        "me": user.name,
        "user": user.pk,
        "extent": boundary.extent if boundary else None,
        "tiles": {"template": tile_template(), "version": net_version(today)},
        "basemap": settings.BASEMAP_URL,
        "drafts": policy.covers_area(user, plan.community.code or "", policy.DRAFTS, today),
    }


def _communities(user: User, on: date) -> QuerySet[Area]:
    """The communities whose plans somebody may see."""
    areas = Area.objects.communities().order_by("code")
    if user.is_superuser:
        return areas
    under = Q(pk=None)
    for code in policy.areas_of(user, policy.PLANS, on):
        under |= Q(code__startswith=code)
    return areas.filter(under)


def _grouped(areas: Iterable[Area], on: date) -> Iterable[CommunityPlans]:
    rows = Plan.objects.filter(community__in=areas).exclude(draft__deleted_at__isnull=False)
    plans = list(rows.select_related("created_by").order_by("-number"))
    for area in areas:
        own = [(plan, plan.stage(on)) for plan in plans if plan.community_id == area.pk]
        yield CommunityPlans(
            area,
            next((plan for plan, stage in own if stage == "in_force"), None),
            [(plan, stage, plan.stage_words(on)) for plan, stage in own if stage not in CLOSED],
            [plan for plan, stage in own if stage == "superseded"],
        )
