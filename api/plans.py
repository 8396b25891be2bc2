"""The planner's table for programs: the editor in the browser is one of them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

from accounts import policy
from accounts.roles import Role
from api import asking, plan_answers
from api.errors import Conflict, Refused
from api.http import json_response
from buildings.models import Area
from geo.errors import EditRefused
from grids.models import Plan
from planning import engine
from planning.base import NoBase, Wish, begin
from planning.refusals import Overtaken, StepRefused
from planning.steps import in_words

LATEST = 2**31 - 1  # the largest version that the database can count


class PlansView(APIView):
    """The plans of the communities that the caller draws or approves plans for."""

    @extend_schema(exclude=True)
    def get(self, request: Any) -> HttpResponse:
        rows = _visible(request.user)
        if code := asking.code(request.GET, "community", "12"):
            rows = rows.filter(community__code=code)
        if status := request.GET.get("status"):
            rows = rows.filter(status=status)
        return _answer({"plans": [plan_answers.plan(row) for row in rows.order_by("community__code", "-number")[:500]]})

    @extend_schema(exclude=True)
    def post(self, request: Any) -> HttpResponse:
        wanted = _Wanted(request.data)
        community = Area.objects.communities().filter(code=wanted.text("community", 12)).first()
        if community is None:
            raise Refused("unknown_community", _("没有这个编码的社区。"), field="community")
        _refuse_strangers(request.user, community.code, policy.DRAFTS)
        plan = _begun(community=community, by=request.user, base=wanted.base(), wish=wanted.wish())
        return _answer(plan_answers.plan(_find(request.user, plan.pk)), status=201)


class PlanView(APIView):
    """One plan: its title, reason and target band."""

    @extend_schema(exclude=True)
    def get(self, request: Any, plan: int) -> HttpResponse:
        return _answer(plan_answers.plan(_find(request.user, plan)))


class TableView(APIView):
    """All of a plan, for the editor."""

    @extend_schema(exclude=True)
    def get(self, request: Any, plan: int) -> HttpResponse:
        row = _find(request.user, plan)
        found = engine.current(row)
        with_cells = request.GET.get("cells") == "1"
        return _answer(plan_answers.table(row, found, request.user, _may(request.user, row), cells=with_cells))


class OperationsView(APIView):
    """The log of a draft: what happened since, and one operation more."""

    @extend_schema(exclude=True)
    def get(self, request: Any, plan: int) -> HttpResponse:
        row = _find(request.user, plan)
        step = _refusing(row, lambda: engine.since(row, _Wanted(request.GET).number_in_text("after")))
        return _answer(plan_answers.step(row, step, request.user))

    @extend_schema(exclude=True)
    def post(self, request: Any, plan: int) -> HttpResponse:
        row = _find(request.user, plan, to_write=True)
        wanted = _Wanted(request.data)
        version, op = wanted.version(), wanted.operation()
        if request.GET.get("preview") == "1":
            step = _refusing(row, lambda: engine.preview(plan=row, version=version, op=op))
        else:
            given: dict[str, Any] = {"plan": row, "by": request.user, "version": version, "key": wanted.key()}
            step = _refusing(row, lambda: engine.apply(op=op, **given))
        return _answer(plan_answers.step(row, step, request.user, label=_label(op)))


class TurnView(APIView):
    """Undo, or redo."""

    turn: Callable[..., engine.Step]

    @extend_schema(exclude=True)
    def post(self, request: Any, plan: int) -> HttpResponse:
        row = _find(request.user, plan, to_write=True)
        wanted = _Wanted(request.data)
        given = {"plan": row, "by": request.user, "version": wanted.version(), "key": wanted.key()}
        step = _refusing(row, lambda: type(self).turn(**given))
        return _answer(plan_answers.step(row, step, request.user))


class UndoView(TurnView):
    turn = staticmethod(engine.undo)


class RedoView(TurnView):
    turn = staticmethod(engine.redo)


# --- who may ----------------------------------------------------------------------------------------------------------


def _visible(user: Any) -> QuerySet[Plan]:
    """The plans of the areas that a person draws or approves plans for, deleted drafts left out."""
    rows = Plan.objects.exclude(draft__deleted_at__isnull=False)
    rows = rows.select_related("community", "created_by", "draft__base")
    if user.is_superuser:
        return rows
    posts = user.appointments.in_force(timezone.localdate()).filter(role__in=policy.PLANS, area__isnull=False)
    codes = list(posts.values_list("area__code", flat=True))
    communities = Area.objects.none()
    for code in codes:
        communities |= Area.objects.communities().filter(code__startswith=code)
    return rows.filter(community__in=communities)


def _find(user: Any, pk: int, *, to_write: bool = False) -> Plan:
    rows = Plan.objects.select_related("community", "created_by", "draft__base")
    plan = rows.filter(pk=pk).exclude(draft__deleted_at__isnull=False).first()
    if plan is None:
        raise Http404
    _refuse_strangers(user, plan.community.code, policy.DRAFTS if to_write else policy.PLANS)
    return plan


def _refuse_strangers(user: Any, code: str, roles: Any) -> None:
    if not policy.covers_area(user, code, roles, timezone.localdate()):
        raise PermissionDenied


def _may(user: Any, plan: Plan) -> dict[str, bool]:
    today, code = timezone.localdate(), plan.community.code
    is_open = plan.status == Plan.Status.DRAFT
    approves = policy.covers_area(user, code, {Role.APPROVER}, today)
    return {
        "edit": is_open and policy.covers_area(user, code, policy.DRAFTS, today),
        "approve": approves and plan.status == Plan.Status.IN_REVIEW,
        "publish": approves and plan.status == Plan.Status.APPROVED,
    }


# --- what was sent ----------------------------------------------------------------------------------------------------


class _Wanted:
    """The members of what was sent, each read or refused with its name."""

    def __init__(self, data: Any):
        if not isinstance(data, Mapping):
            raise Refused("not_an_object", _("内容应是一个 JSON 对象。"))
        self.data = data

    def text(self, field: str, longest: int, default: str | None = None) -> str:
        value = self.data.get(field, default)
        if not isinstance(value, str) or len(value) > longest:
            raise Refused(
                "bad_text", _("%(field)s 要写成不超过 %(n)d 个字的文字。") % {"field": field, "n": longest}, field=field
            )
        return value.strip()

    def number(self, field: str, default: int | None = None) -> int | None:
        value = self.data.get(field, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LATEST:
            raise Refused("bad_number", _("%(field)s 要写成不小于 0 的整数。") % {"field": field}, field=field)
        return value

    def number_in_text(self, field: str) -> int:
        text = str(self.data.get(field, "0"))
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Refused("bad_number", _("%(field)s 要写成不小于 0 的整数。") % {"field": field}, field=field)
        return int(text)

    def version(self) -> int:
        version = self.number("version")
        if version is None:
            raise Refused("missing", _("请用 version 说明这一步是在哪个版本上做的。"), field="version")
        return version

    def operation(self) -> Mapping[str, Any]:
        op = self.data.get("op")
        if not isinstance(op, Mapping) or not isinstance(op.get("op"), str):
            raise Refused("bad_operation", _("请用 op 说明要做什么。"), field="op")
        return op

    def key(self) -> UUID | None:
        text = self.data.get("key")
        if text is None:
            return None
        try:
            return UUID(text)
        except (ValueError, AttributeError, TypeError):
            raise Refused("bad_key", _("key 要写成 UUID。"), field="key") from None

    def base(self) -> str | int:
        value = self.data.get("base", "in_force")
        if value in ("in_force", "nothing") and isinstance(value, str):
            return value
        number = self.number("base")
        assert number is not None
        return number

    def wish(self) -> Wish:
        low, high = self.number("target_min"), self.number("target_max")
        if low is not None and high is not None and low > high:
            raise Refused("bad_band", _("户数下限不能高于上限。"), field="target_min")
        title, reason = self.text("title", 80, ""), self.text("reason", 2000, "")
        return Wish(title, reason, low, high, self.number("target"))


def _label(op: Mapping[str, Any]) -> str:
    """Where in the net somebody works."""
    for field in ("to", "grid", "into"):
        if isinstance(label := op.get(field), str):
            return label[:20]
    return ""


def _begun(**wanted: Any) -> Plan:
    try:
        return begin(**wanted)
    except NoBase as refusal:
        raise Refused(refusal.code, str(refusal), field="base") from None


# --- answers ----------------------------------------------------------------------------------------------------------


def _answer(document: Mapping[str, Any], status: int = 200) -> HttpResponse:
    response = json_response(orjson.dumps(document))
    response.status_code = status
    response["Cache-Control"] = "no-store"
    return response


def _refusing(plan: Plan, work: Callable[[], engine.Step]) -> engine.Step:
    """The step, or its refusal as a problem document."""
    try:
        return work()
    except EditRefused as refusal:
        words = in_words(engine.current(plan), refusal)
        raise Refused(refusal.code, words, field="op", place=refusal.place) from None
    except Overtaken as refusal:
        more = {"by": refusal.by, "at": refusal.at, "version": refusal.version, "words": refusal.words}
        raise Conflict(refusal.code, str(refusal), field="version", place=refusal.place, more=more) from None
    except StepRefused as refusal:
        raise Conflict(refusal.code, str(refusal), field="version") from None
