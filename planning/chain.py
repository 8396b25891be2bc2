"""
From draft to published: who may take which step, and what it does.

    draft -> in review -> approved -> published
    back: rejected -> draft, withdrawn -> draft, called off -> approved, restored -> a new publication

Who approves is configuration (`settings.REVIEW_CHAIN`: a role for each approval, in order), and no two steps of one
plan are taken by the same person. Each step is kept with its reason and with what the gate said (`Decision`).
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policy import covers_area
from accounts.roles import Role
from cases.publication import follow
from grids import redraw
from grids.gate import PlanRefused, Problem, problems
from grids.handover import Choice
from grids.models import Plan, PlanCell
from planning.engine import current, draft_of, hold
from planning.freeze import freeze
from planning.models import Decision, DraftGrid
from planning.problems import problems_of
from planning.table import shelf

Step = Decision.Step
DRAFTERS = (Role.PLANNER, Role.COMMUNITY_SECRETARY)


class ChainRefused(PlanRefused):
    """A step that cannot be taken now, or not by this person."""

    code = "step_not_allowed"


@dataclass(frozen=True)
class Move:
    """One row of the table of steps: from which stages, by whom, and to what."""

    stages: tuple[str, ...]
    roles: tuple[Role, ...]
    needs_reason: bool = False


APPROVERS = tuple(Role(role) for role in settings.REVIEW_CHAIN)
MOVES: dict[Decision.Step, Move] = {
    Step.SUBMIT: Move(("draft",), DRAFTERS),
    Step.WITHDRAW: Move(("in_review", "approved"), DRAFTERS),
    Step.APPROVE: Move(("in_review",), APPROVERS),
    Step.REJECT: Move(("in_review", "approved"), APPROVERS, needs_reason=True),
    Step.REOPEN: Move(("rejected",), DRAFTERS),
    Step.PUBLISH: Move(("approved",), (*DRAFTERS, *APPROVERS)),
    Step.CALL_OFF: Move(("scheduled",), APPROVERS or DRAFTERS, needs_reason=True),
    Step.RESTORE: Move(("in_force",), APPROVERS or DRAFTERS, needs_reason=True),
}


def allowed(plan: Plan, user: User) -> list[Decision.Step]:
    """The steps that a person may take with a plan now."""
    return [step for step in MOVES if _why_not(plan, user, step) is None]


def awaited(plan: Plan) -> list[Role]:
    """The roles whose yes is still to come, in order, for a plan in review."""
    return list(APPROVERS[len(_approvals(plan)) :]) if plan.status == Plan.Status.IN_REVIEW else []


def submit(*, plan: Plan, by: User, reason: str = "") -> Plan:
    """
    Send a draft to review: its shapes are written out and stay as they are.

    Raises `PlanRefused` with the hard faults, and where soft ones are left without a word why.
    """

    def act(plan: Plan) -> list[dict[str, Any]]:
        found = problems_of(current(plan), plan)
        hard = [problem for problem in found if problem.hard]
        if hard:
            sentence = _("还有 %(n)d 个问题必须先解决。第一个：%(first)s")
            words = sentence % {"n": len(hard), "first": hard[0].sentence}
            named = [Problem(each.code, each.sentence, each.place) for each in hard]
            raise ChainRefused(words, code="hard_problems", problems=named)
        if found and not reason.strip():
            raise ChainRefused(
                _("还有 %(n)d 个提醒，请写明为什么可以这样。") % {"n": len(found)}, code="reason_missing"
            )
        freeze(plan)
        _pass_gate(plan)
        plan.status = Plan.Status.IN_REVIEW if APPROVERS else Plan.Status.APPROVED
        return [{"code": each.code, "sentence": each.sentence, "place": each.place} for each in found]

    return _take(plan, by, Step.SUBMIT, reason, act)


def approve(*, plan: Plan, by: User, reason: str = "") -> Plan:
    """Say yes to a plan in review; with the last yes of the chain it is approved."""

    def act(plan: Plan) -> list[dict[str, Any]]:
        if len(_approvals(plan)) + 1 >= len(APPROVERS):
            plan.status = Plan.Status.APPROVED
        return [asdict(problem) for problem in problems(plan)]

    return _take(plan, by, Step.APPROVE, reason, act)


def reject(*, plan: Plan, by: User, reason: str) -> Plan:
    """Send a plan back with a reason."""
    return _take(plan, by, Step.REJECT, reason, _to(Plan.Status.REJECTED))


def withdraw(*, plan: Plan, by: User, reason: str = "") -> Plan:
    """Take a plan back from review, to go on drawing."""
    return _take(plan, by, Step.WITHDRAW, reason, _to(Plan.Status.DRAFT))


def reopen(*, plan: Plan, by: User, reason: str = "") -> Plan:
    """Go on drawing a plan that was sent back."""
    return _take(plan, by, Step.REOPEN, reason, _to(Plan.Status.DRAFT))


def publish(
    *, plan: Plan, by: User, effective: date | None = None, posts: Iterable[Choice] = (), reason: str = ""
) -> Plan:
    """
    Put an approved plan in force from a day on, tomorrow where none is said, with the posts as chosen; open cases go
    along at once where that day is today.
    """
    day = effective or timezone.localdate() + timedelta(days=1)

    def act(plan: Plan) -> list[dict[str, Any]]:
        redraw.publish(plan=plan, by=by, effective=day, posts=posts, names=_names(plan))
        follow(plan.community, timezone.localdate(), by)
        PlanCell.objects.rename(plan, _codes(plan))
        plan.refresh_from_db()
        return []

    plan = _take(plan, by, Step.PUBLISH, reason, act, effective=day)
    shelf.drop(plan.pk)
    return plan


def call_off(*, plan: Plan, by: User, reason: str) -> Plan:
    """Take back a publication whose day has not come."""

    def act(plan: Plan) -> list[dict[str, Any]]:
        redraw.call_off(plan=plan)
        PlanCell.objects.rename(plan, {code: label for label, code in _codes(plan).items()})  # as the log calls them
        plan.refresh_from_db()
        return []

    plan = _take(plan, by, Step.CALL_OFF, reason, act)
    shelf.drop(plan.pk)
    return plan


def restore(*, plan: Plan, by: User, reason: str, effective: date | None = None) -> Plan:
    """Put the plan before this one back in force; the new publication is returned."""
    made: list[Plan] = []

    def act(plan: Plan) -> list[dict[str, Any]]:
        made.append(redraw.restore(plan=plan, by=by, effective=effective))
        follow(plan.community, timezone.localdate(), by)
        plan.refresh_from_db()
        return []

    _take(plan, by, Step.RESTORE, reason, act)
    return made[0]


# What all steps share


def _take(
    plan: Plan,
    by: User,
    step: Decision.Step,
    reason: str,
    act: Callable[[Plan], list[dict[str, Any]]],
    effective: date | None = None,
) -> Plan:
    """Take one step and write it down, in one transaction that holds the plan's row."""
    has_draft = draft_of(plan) is not None  # made now where there is none: that holds the plan, which comes last below
    with transaction.atomic():
        # Whoever draws waits, and then finds that the plan is no draft.
        if has_draft and hold(plan).deleted_at is not None:
            raise ChainRefused(_("这份草稿已经删除，请先从回收站取回。"), code="deleted")
        plan = redraw.locked(plan)
        refusal = _why_not(plan, by, step)
        if refusal is not None:
            raise refusal
        if MOVES[step].needs_reason and not reason.strip():
            raise ChainRefused(_("请写明理由。"), code="reason_missing")
        report = act(plan)
        plan.save(update_fields=["status"])
        Decision.objects.create(
            plan=plan,
            step=step,
            person=by,
            reason=reason.strip(),
            effective=effective,
            report=report,
            fingerprint=fingerprint(plan, report),
        )
    return plan


def _to(status: Plan.Status) -> Callable[[Plan], list[dict[str, Any]]]:
    def act(plan: Plan) -> list[dict[str, Any]]:
        plan.status = status
        return []

    return act


def _why_not(plan: Plan, user: User, step: Decision.Step) -> ChainRefused | None:
    """Why a person cannot take a step now, or None."""
    move, today = MOVES[step], timezone.localdate()
    stage = plan.stage(today)
    if stage not in move.stages:
        words = {"stage": plan.stage_words(today), "step": Decision.Step(step).label}
        return ChainRefused(_("方案%(stage)s，不能%(step)s。") % words, code="wrong_stage")
    roles = _roles(plan, step, move)
    if not covers_area(user, plan.community.code, roles, today):
        names = "、".join(str(Role(role).label) for role in roles)
        return ChainRefused(_("这一步由%(roles)s来做。") % {"roles": names}, code="wrong_role")
    if step == Step.APPROVE and user.pk in {*_approvals(plan), _submitter(plan), *_drawers(plan)}:
        return ChainRefused(_("起草、送审和审批不能是同一个人。"), code="same_person")
    return None


def _roles(plan: Plan, step: Decision.Step, move: Move) -> tuple[Role, ...]:
    """Who may take a step; an approval goes by the order of the chain."""
    if step == Step.APPROVE and move.roles:
        return move.roles[len(_approvals(plan)) :][:1]
    return move.roles


def _since_submission(plan: Plan) -> list[Decision]:
    rows = list(plan.decisions.order_by("pk"))
    last = max((at for at, row in enumerate(rows) if row.step == Step.SUBMIT), default=None)
    return [] if last is None else rows[last:]


def _approvals(plan: Plan) -> list[int]:
    """Who has said yes since the plan was last sent to review."""
    return [row.person_id for row in _since_submission(plan) if row.step == Step.APPROVE]


def _submitter(plan: Plan) -> int | None:
    return next((row.person_id for row in _since_submission(plan)), None)


def _drawers(plan: Plan) -> set[int]:
    """Who began the plan or drew on it: nobody approves what they made."""
    draft = getattr(plan, "draft", None)
    authors = set(draft.operations.values_list("author", flat=True)) if draft else set()
    return authors | ({plan.created_by_id} if plan.created_by_id else set())


def _pass_gate(plan: Plan) -> None:
    found: list[Problem] = problems(plan, names=_names(plan))
    if found:
        sentence = _("方案有 %(n)d 个问题，改好后才能送审。第一个：%(first)s")
        raise PlanRefused(sentence % {"n": len(found), "first": found[0].sentence}, problems=found)


def _names(plan: Plan) -> dict[int, str]:
    """The names that the draft gives to grids, by their primary key."""
    rows = DraftGrid.objects.filter(draft__plan=plan, grid__isnull=False)
    return {row.grid_id: row.name for row in rows if row.grid_id}


def _codes(plan: Plan) -> dict[str, str]:
    """The codes that the labels of a draft got."""
    rows = DraftGrid.objects.filter(draft__plan=plan, grid__code__isnull=False).values_list("label", "grid__code")
    return {label: code for label, code in rows if code and label != code}


def fingerprint(plan: Plan, report: list[dict[str, Any]]) -> str:
    """SHA-256 of a plan's shapes, assignments and report: what was decided is what was decided (law 6)."""
    digest = hashlib.sha256(json.dumps(report, ensure_ascii=False, sort_keys=True, default=str).encode())
    for pk, shape in plan.boundaries.order_by("grid").values_list("grid", "boundary"):
        digest.update(str(pk).encode() + bytes(shape.wkb))
    for pair in plan.assignments.order_by("stairwell").values_list("stairwell", "boundary__grid"):
        digest.update(repr(pair).encode())
    return digest.hexdigest()
