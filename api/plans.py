"""Plans for programs, of which the editor in the browser is one: the list, a new draft, its title and band, the bin."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.views import APIView

from accounts import policy
from accounts.roles import Role
from api import asking, plan_answers
from api.errors import Conflict, Refused
from api.http import json_response
from api.plan_schema import documented
from api.wanted import Wanted
from buildings.models import Area
from grids.gate import PlanRefused
from grids.models import Plan
from planning.base import NoBase, begin, change, put_back, throw_away
from planning.refusals import StepRefused

MOST = 500  # plans in one answer


@documented
class PlansView(APIView):
    """The plans of the communities that the caller draws or approves plans for."""

    def get(self, request: Any) -> HttpResponse:
        rows = _visible(request.user)
        if code := asking.code(request.GET, "community", "12"):
            rows = rows.filter(community__code=code)
        if "status" in request.GET:
            rows = rows.filter(status=_status(request.GET))
        in_order = rows.order_by("community__code", "-number")[:MOST]
        return answer({"plans": [plan_answers.plan(row) for row in in_order]})

    def post(self, request: Any) -> HttpResponse:
        wanted = Wanted(request.data)
        community = Area.objects.communities().filter(code=wanted.text("community", 12)).first()
        if community is None:
            raise Refused("unknown_community", _("没有这个编码的社区。"), field="community")
        refuse_strangers(request.user, community.code, policy.DRAFTS)
        try:
            plan = begin(community=community, by=request.user, base=wanted.base(), wish=wanted.wish())
        except (NoBase, PlanRefused) as refusal:
            raise Refused(refusal.code, str(refusal), field="base") from None
        return answer(plan_answers.plan(find(request.user, plan.pk)), status=201)


@documented
class PlanView(APIView):
    """One plan: its title, reason and target band; a draft may be thrown away, and taken back for thirty days."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        return answer(plan_answers.plan(find(request.user, plan)))

    def patch(self, request: Any, plan: int) -> HttpResponse:
        wanted = Wanted(request.data)
        row = find(request.user, plan, to_write=True, in_bin="deleted" in wanted.data)
        try:
            if "deleted" in wanted.data:
                throw_away(row) if wanted.flag("deleted") else put_back(row)
            change(row, wanted.changes(row))
        except StepRefused as refusal:
            raise Conflict(refusal.code, str(refusal)) from None
        except PlanRefused as refusal:
            raise Refused(refusal.code, str(refusal), field="target_min") from None
        return answer(plan_answers.plan(find(request.user, plan, in_bin=True)))

    def delete(self, request: Any, plan: int) -> HttpResponse:
        try:
            throw_away(find(request.user, plan, to_write=True))
        except StepRefused as refusal:
            raise Conflict(refusal.code, str(refusal)) from None
        return HttpResponse(status=204)


# --- who may ----------------------------------------------------------------------------------------------------------


def _visible(user: Any) -> QuerySet[Plan]:
    """The plans of the areas that a person draws or approves plans for, deleted drafts left out."""
    rows = Plan.objects.exclude(draft__deleted_at__isnull=False)
    rows = rows.select_related("community", "created_by", "draft__base")
    if user.is_superuser:
        return rows
    inside = Q(pk__in=[])
    for code in policy.areas_of(user, policy.PLANS, timezone.localdate()):
        inside |= Q(community__code__startswith=code)
    return rows.filter(inside)


def find(user: Any, pk: int, *, to_write: bool = False, in_bin: bool = False) -> Plan:
    """A plan that a person may see, or write. Raises Http404 and PermissionDenied."""
    plan = Plan.objects.select_related("community", "created_by", "draft__base").filter(pk=pk).first()
    draft = getattr(plan, "draft", None)
    if plan is None or (draft is not None and draft.deleted_at is not None and not in_bin):
        raise Http404
    refuse_strangers(user, plan.community.code, policy.DRAFTS if to_write else policy.PLANS)
    return plan


def refuse_strangers(user: Any, code: str, roles: Collection[str]) -> None:
    if not policy.covers_area(user, code, roles, timezone.localdate()):
        raise PermissionDenied


def may(user: Any, plan: Plan) -> dict[str, bool]:
    """What a person may do with a plan now."""
    today, code = timezone.localdate(), plan.community.code
    draws = policy.covers_area(user, code, policy.DRAFTS, today)
    approves = policy.covers_area(user, code, {Role.APPROVER}, today)
    return {
        "edit": draws and plan.status == Plan.Status.DRAFT,
        "approve": approves and plan.status == Plan.Status.IN_REVIEW,
        "publish": (draws or approves) and plan.status == Plan.Status.APPROVED,
    }


def _status(asked: asking.Asked) -> str:
    if asked["status"] not in Plan.Status.values:
        words = _("status 只能是 %(values)s。") % {"values": "、".join(Plan.Status.values)}
        raise Refused("bad_status", words, field="status")
    return asked["status"]


# --- answers ----------------------------------------------------------------------------------------------------------


def answer(document: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A finished JSON text that nobody keeps: the next moment it may be another."""
    response = json_response(orjson.dumps(document))
    response.status_code = status
    response["Cache-Control"] = "no-store"
    return response
