"""A plan's way from draft to published, for programs: what was decided, and the next step."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.views import APIView

from api import plan_answers
from api.errors import Conflict, Refused
from api.plan_schema import documented
from api.plans import answer, find
from api.wanted import Wanted
from grids.asking import NoSuchDay, asked_day
from grids.gate import PlanRefused, Problem
from grids.handover import END, KEEP, MOVE, Choice
from grids.models import Grid, Plan
from planning import chain
from planning.models import Decision

REASON = 2000  # characters
STEPS = {
    "submit": chain.submit,
    "withdraw": chain.withdraw,
    "approve": chain.approve,
    "reject": chain.reject,
    "reopen": chain.reopen,
    "publish": chain.publish,
    "call_off": chain.call_off,
    "restore": chain.restore,
}


@documented
class DecisionsView(APIView):
    """The decisions about a plan, and one more."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        return answer(_trail(find(request.user, plan), request.user))

    def post(self, request: Any, plan: int) -> HttpResponse:
        row, wanted = find(request.user, plan), Wanted(request.data)
        step = wanted.text("step", 20)
        if step not in STEPS:
            raise Refused("bad_step", _("step 只能是 %(values)s。") % {"values": "、".join(STEPS)}, field="step")
        given: dict[str, Any] = {"reason": wanted.text("reason", REASON, "")}
        if step == "publish":
            given |= {"effective": _day(wanted), "posts": list(_choices(wanted, row))}
        elif step == "restore":
            given |= {"effective": _day(wanted)}
        try:
            result = STEPS[step](plan=row, by=request.user, **given)
        except PlanRefused as refusal:
            found = [problem(each) for each in refusal.problems[:50]]
            raise Conflict(refusal.code, str(refusal), field="step", more={"problems": found}) from None
        return answer(_trail(find(request.user, result.pk), request.user), status=201)


def problem(found: Problem) -> dict[str, Any]:
    return {"code": found.code, "sentence": found.sentence, "place": found.place}


def _trail(plan: Plan, user: Any) -> dict[str, Any]:
    rows = plan.decisions.select_related("person")
    today = timezone.localdate()
    return {
        "plan": plan_answers.plan(plan),
        "stage": plan.stage(today),
        "steps": [str(step) for step in chain.allowed(plan, user)],
        "decisions": [_decision(row) for row in rows],
    }


def _decision(row: Decision) -> dict[str, Any]:
    return {
        "step": row.step,
        "by": str(row.person),
        "at": row.at,
        "reason": row.reason,
        "effective": row.effective,
        "problems": row.report,
        "fingerprint": row.fingerprint,
    }


def _day(wanted: Wanted) -> date | None:
    text = wanted.text("effective", 10, "")
    try:
        return asked_day({"date": text}) if text else None
    except NoSuchDay as no_day:
        raise Refused("bad_date", str(no_day), field="effective") from None


def _choices(wanted: Wanted, plan: Plan) -> Iterator[Choice]:
    """What becomes of posts: `{"appointment": 12, "do": "move", "to": "350125100001002"}`, by the code of a grid."""
    rows = wanted.data.get("posts", [])
    if not isinstance(rows, list) or len(rows) > 5000 or not all(isinstance(row, Mapping) for row in rows):
        raise Refused("bad_posts", _("posts 要写成一组岗位。"), field="posts")
    grids = {key: grid for grid in Grid.objects.filter(boundaries__plan=plan) for key in (grid.code, str(grid.pk))}
    for row in rows:
        one = Wanted(row)
        number, does = one.number("appointment"), one.text("do", 4)
        if number is None or does not in (KEEP, END, MOVE):
            raise Refused("bad_posts", _("每个岗位要写 appointment 和 do（keep、end 或 move）。"), field="posts")
        choice: Any = does
        yield Choice(number, choice, grids.get(one.text("to", 18, "")) if does == MOVE else None)
