"""A plan on its way from draft to published: where it stands, what was said, and the next step. Forms, no script."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import policy
from accounts.models import User
from grids.asking import NoSuchDay, asked_day
from grids.gate import PlanRefused
from grids.handover import END, KEEP, MOVE, Choice, posts_concerned
from grids.models import Appointment, Grid, Plan
from pages.errors import Unknown
from planning import chain
from planning.engine import current
from planning.models import Decision
from planning.problems import problems_of

Step = Decision.Step
# What a plan passes through, in order; one that was sent back stands at the first again.
STATIONS = {
    "draft": gettext_lazy("草稿"),
    "in_review": gettext_lazy("审核"),
    "approved": gettext_lazy("批准"),
    "scheduled": gettext_lazy("待施行"),
    "in_force": gettext_lazy("施行"),
}
AFTER = {"rejected": "draft", "superseded": "in_force"}


@dataclass(frozen=True)
class Station:
    """One stop of the way, for the row of stops at the top of the page."""

    name: str
    is_here: bool
    is_past: bool


@require_safe
@never_cache
def review(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Where a plan stands, and what the visitor may do with it now."""
    return _page(request, _plan(request, plan_id))


@require_POST
@never_cache
def take_step(request: HttpRequest, plan_id: int, step: str) -> HttpResponse:
    """Take a step, and show where the plan stands then; a refusal is shown above what was filled in."""
    plan, user = _plan(request, plan_id), cast(User, request.user)
    if step not in Step.values:
        raise Unknown(_("没有这个步骤。"))
    try:
        result = _STEPS[Step(step)](plan, user, request.POST)
    except PlanRefused as refusal:
        return _page(request, plan, refusal=refusal, filled=request.POST)
    except NoSuchDay as no_day:
        return _page(request, plan, refusal=PlanRefused(str(no_day), code="bad_day"), filled=request.POST)
    return HttpResponseRedirect(reverse("pages:review", args=[result.pk]))


def _plan(request: HttpRequest, pk: int) -> Plan:
    plan = Plan.objects.select_related("community", "created_by").filter(pk=pk).first()
    if plan is None:
        raise Unknown(_("没有这个方案，请从方案列表里选。"))
    if not policy.covers_area(request.user, plan.community.code or "", policy.PLANS, timezone.localdate()):
        raise PermissionDenied(_("这个社区的方案不归您管。"))
    return plan


def _page(
    request: HttpRequest, plan: Plan, refusal: PlanRefused | None = None, filled: Mapping[str, Any] | None = None
) -> HttpResponse:
    today, user = timezone.localdate(), cast(User, request.user)
    plan.refresh_from_db()
    steps = chain.allowed(plan, user)
    found = problems_of(current(plan), plan) if plan.status == Plan.Status.DRAFT else []
    said = {
        "plan": plan,
        "stage": plan.stage(today),
        "stage_words": plan.stage_words(today),
        "stations": _stations(plan, today),
        "decisions": plan.decisions.select_related("person"),
        "steps": steps,
        "next_roles": chain.awaited(plan),
        "hard": [problem for problem in found if problem.hard],
        "soft": [problem for problem in found if not problem.hard],
        **(_posts(plan) if Step.PUBLISH in steps else {}),
        "grids": _grids(plan) if Step.PUBLISH in steps else [],
        "tomorrow": today + timedelta(days=1),
        "refusal": refusal,
        "filled": filled or {},
    }
    return render(request, "plans/review.html", said, status=409 if refusal else 200)


def _stations(plan: Plan, today: date) -> list[Station]:
    stage = plan.stage(today)
    here = list(STATIONS).index(AFTER.get(stage, stage))
    return [Station(str(words), at == here, at < here) for at, words in enumerate(STATIONS.values())]


def _posts(plan: Plan) -> dict[str, list[Appointment]]:
    """The posts that a publication tomorrow would touch: those whose grid goes, and those whose grid stays."""
    stays = set(plan.boundaries.values_list("grid", flat=True))
    posts = posts_concerned(plan.community_id, timezone.localdate() + timedelta(days=1)).values()
    return {
        "ending": [post for post in posts if post.grid_id not in stays],
        "staying": [post for post in posts if post.grid_id in stays],
    }


def _grids(plan: Plan) -> list[Grid]:
    return list(Grid.objects.filter(boundaries__plan=plan).order_by("level", "code", "pk"))


def _choices(form: Mapping[str, Any], plan: Plan) -> list[Choice]:
    """What the form says of each post: kept, ended, or the grid to which it moves."""
    grids = {str(grid.pk): grid for grid in _grids(plan)}
    found = []
    for field, value in form.items():
        number = field.removeprefix("post-")
        if number == field or not number.isdecimal() or len(number) > 18:
            continue
        if value in (KEEP, END):
            found.append(Choice(int(number), KEEP if value == KEEP else END))
        else:
            found.append(Choice(int(number), MOVE, grids.get(value)))
    return found


def _reason(form: Mapping[str, Any]) -> str:
    return str(form.get("reason", ""))[:2000].replace("\x00", "")


def _publish(plan: Plan, user: User, form: Mapping[str, Any]) -> Plan:
    day = asked_day({"date": str(form.get("effective", ""))}) if form.get("effective") else None
    return chain.publish(plan=plan, by=user, effective=day, posts=_choices(form, plan), reason=_reason(form))


_STEPS = {
    Step.SUBMIT: lambda plan, user, form: chain.submit(plan=plan, by=user, reason=_reason(form)),
    Step.WITHDRAW: lambda plan, user, form: chain.withdraw(plan=plan, by=user, reason=_reason(form)),
    Step.APPROVE: lambda plan, user, form: chain.approve(plan=plan, by=user, reason=_reason(form)),
    Step.REJECT: lambda plan, user, form: chain.reject(plan=plan, by=user, reason=_reason(form)),
    Step.REOPEN: lambda plan, user, form: chain.reopen(plan=plan, by=user, reason=_reason(form)),
    Step.PUBLISH: _publish,
    Step.CALL_OFF: lambda plan, user, form: chain.call_off(plan=plan, by=user, reason=_reason(form)),
    Step.RESTORE: lambda plan, user, form: chain.restore(plan=plan, by=user, reason=_reason(form)),
}
