"""From draft to published: who may take which step, and that each leaves its trace."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area
from geo.geos import to_shapely
from grids.gate import PlanRefused
from grids.handover import Choice
from grids.models import Appointment, Grid, GridBoundary, Leave, Plan, PlanCell
from grids.redraw import publish as put_in_force
from maps.version import net_version
from planning import chain, engine
from planning.base import Wish, begin, put_back, throw_away
from planning.models import Decision
from tests.grids.conftest import CODE, cells, community, draft  # noqa: F401

NEW_YEAR = date(2026, 1, 1)
BAND = Wish(title="调整", target_min=0, target_max=10_000)


def person(name: str, role: Role | None, area: Area) -> User:
    user = User.objects.create(username=name, name=name)
    if role:
        Appointment.objects.create(role=role, person=user, area=area, in_force=(NEW_YEAR, None))
    return user


@pytest.fixture
def people(community) -> dict[str, User]:  # noqa: F811
    roles = {"planner": Role.PLANNER, "approver": Role.APPROVER, "secretary": Role.COMMUNITY_SECRETARY, "worker": None}
    return {name: person(name, role, community) for name, role in roles.items()}


@pytest.fixture
def redraw(draft, people) -> Plan:  # noqa: F811
    """A draft from the plan in force, in which one building went from the west to the east, and both have workers."""
    put_in_force(plan=draft, by=None, effective=NEW_YEAR)
    for grid in Grid.objects.filter(code__isnull=False):
        Appointment.objects.create(role=Role.GRID_WORKER, person=people["worker"], grid=grid, in_force=(NEW_YEAR, None))
    plan = begin(community=draft.community, by=people["planner"], base="in_force", wish=BAND)
    hand_over_one(plan, people["planner"])
    return plan


def hand_over_one(plan: Plan, by: User) -> None:
    table = engine.current(plan)
    op = {"op": "assign", "units": [f"{CODE}0000101"], "to": f"{CODE}002"}
    engine.apply(plan=plan, by=by, version=table.version, op=op)


def submitted(plan: Plan, people) -> Plan:
    return chain.submit(plan=plan, by=people["planner"], reason="试一试")


def approved(plan: Plan, people) -> Plan:
    return chain.approve(plan=submitted(plan, people), by=people["approver"])


def test_a_draft_goes_from_the_table_into_force(redraw, people):
    plan = approved(redraw, people)
    chain.publish(plan=plan, by=people["planner"])
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert Plan.objects.in_force(tomorrow).get() == redraw
    drawn = {label: engine.current(redraw).state.shape("grid", label) for label in (f"{CODE}001", f"{CODE}002")}
    for row in GridBoundary.objects.in_force(tomorrow).select_related("grid"):
        assert to_shapely(row.boundary).equals(drawn[row.grid.code])
    assert [d.step for d in redraw.decisions.all()] == ["submit", "approve", "publish"]
    moved = redraw.assignments.get(stairwell__code=f"{CODE}0000101")
    assert moved.boundary.grid.code == f"{CODE}002"


def test_a_new_grid_gets_its_code_and_its_cells_know_it(redraw, people):
    version = engine.current(redraw).version
    step = engine.apply(
        plan=redraw, by=people["planner"], version=version, op={"op": "draw", "units": [f"{CODE}0000401"]}
    )
    label = step.own.op["new"]
    name = {"op": "rename", "grid": label, "name": "新设网格"}
    engine.apply(plan=redraw, by=people["planner"], version=step.table.version, op=name)
    chain.publish(plan=approved(redraw, people), by=people["planner"])
    grid = Grid.objects.get(code=f"{CODE}003")
    assert grid.name == "新设网格"
    labels = set(PlanCell.objects.filter(plan=redraw).values_list("grid", flat=True))
    assert labels == {f"{CODE}001", f"{CODE}002", f"{CODE}003"}


def test_a_grid_that_a_redraw_left_alone_is_carried_forward_bit_for_bit(draft, people):  # noqa: F811
    put_in_force(plan=draft, by=None, effective=NEW_YEAR)
    before = {row.grid.code: to_shapely(row.boundary).wkb for row in draft.boundaries.select_related("grid")}
    plan = begin(community=draft.community, by=people["planner"], base="in_force", wish=BAND)
    chain.publish(plan=approved(plan, people), by=people["planner"])
    after = {row.grid.code: to_shapely(row.boundary).wkb for row in plan.boundaries.select_related("grid")}
    assert before == after


def test_what_was_called_off_is_drawn_on_undone_and_published_again(redraw, people):
    version = engine.current(redraw).version
    before = engine.current(redraw).state.fingerprint()
    step = engine.apply(
        plan=redraw, by=people["planner"], version=version, op={"op": "draw", "units": [f"{CODE}0000401"]}
    )
    tomorrow = timezone.localdate() + timedelta(days=1)
    plan = chain.publish(plan=approved(redraw, people), by=people["planner"])
    seen = net_version(tomorrow)
    chain.call_off(plan=plan, by=people["approver"], reason="日期不对")
    chain.withdraw(plan=plan, by=people["planner"])
    redraw.refresh_from_db()
    assert engine.current(redraw).state.fingerprint() == step.table.state.fingerprint()
    engine.undo(plan=redraw, by=people["planner"], version=step.table.version)
    assert engine.current(redraw).state.fingerprint() == before
    engine.redo(plan=redraw, by=people["planner"], version=step.table.version + 1)
    chain.publish(plan=approved(redraw, people), by=people["planner"])
    assert net_version(tomorrow) != seen  # who looked at tomorrow before does not keep the net that was called off
    assert Grid.objects.filter(code=f"{CODE}003").count() == 1
    assert not Grid.objects.filter(code=f"{CODE}004").exists()


def test_a_renamed_grid_has_its_new_name_once_it_is_published(redraw, people):
    version = engine.current(redraw).version
    engine.apply(
        plan=redraw,
        by=people["planner"],
        version=version,
        op={"op": "rename", "grid": f"{CODE}001", "name": "新西格"},
    )
    plan, today = approved(redraw, people), timezone.localdate()
    assert Grid.objects.get(code=f"{CODE}001").name == "西格"
    before = net_version(today)
    chain.publish(plan=plan, by=people["planner"])
    assert Grid.objects.get(code=f"{CODE}001").name == "新西格"
    renamed = net_version(today)
    assert renamed != before  # the tiles of today say another name
    chain.call_off(plan=plan, by=people["approver"], reason="写错了")
    assert net_version(today) not in (before, renamed)
    assert Grid.objects.get(code=f"{CODE}001").name == "西格"


def test_posts_go_as_the_planner_says(redraw, people):
    post = Appointment.objects.get(grid__code=f"{CODE}001")
    plan = approved(redraw, people)
    chain.publish(plan=plan, by=people["planner"], posts=[Choice(post.pk, "end")])
    post.refresh_from_db()
    assert post.in_force.upper == timezone.localdate() + timedelta(days=1)


# Who


def test_nobody_approves_what_they_drew(redraw, people):
    Appointment.objects.create(
        role=Role.APPROVER, person=people["planner"], area=redraw.community, in_force=(NEW_YEAR, None)
    )
    plan = submitted(redraw, people)
    with pytest.raises(PlanRefused) as refused:
        chain.approve(plan=plan, by=people["planner"])
    assert refused.value.code == "same_person"


def test_nobody_approves_what_they_began(draft, people):  # noqa: F811
    put_in_force(plan=draft, by=None, effective=NEW_YEAR)
    Appointment.objects.create(
        role=Role.APPROVER, person=people["secretary"], area=draft.community, in_force=(NEW_YEAR, None)
    )
    plan = begin(community=draft.community, by=people["secretary"], base="in_force", wish=BAND)
    plan = chain.submit(plan=plan, by=people["planner"], reason="试")
    with pytest.raises(PlanRefused) as refused:
        chain.approve(plan=plan, by=people["secretary"])
    assert refused.value.code == "same_person"


def test_an_administrator_who_drew_it_does_not_approve_it_either(redraw, people):
    admin = User.objects.create(username="admin", name="管", is_superuser=True)
    plan = chain.submit(plan=redraw, by=admin, reason="试")
    with pytest.raises(PlanRefused) as refused:
        chain.approve(plan=plan, by=admin)
    assert refused.value.code == "same_person"


STAGES = {
    "draft": lambda plan, people: plan,
    "in_review": submitted,
    "approved": approved,
    "rejected": lambda plan, people: chain.reject(plan=submitted(plan, people), by=people["approver"], reason="再想想"),
    "scheduled": lambda plan, people: chain.publish(plan=approved(plan, people), by=people["planner"]),
    "in_force": lambda plan, people: chain.publish(
        plan=approved(plan, people), by=people["planner"], effective=timezone.localdate()
    ),
}
MAY = {
    ("draft", "planner"): {"submit"},
    ("draft", "secretary"): {"submit"},
    ("in_review", "planner"): {"withdraw"},
    ("in_review", "secretary"): {"withdraw"},
    ("in_review", "approver"): {"approve", "reject"},
    ("approved", "planner"): {"withdraw", "publish"},
    ("approved", "secretary"): {"withdraw", "publish"},
    ("approved", "approver"): {"reject", "publish"},
    ("rejected", "planner"): {"reopen"},
    ("rejected", "secretary"): {"reopen"},
    ("scheduled", "approver"): {"call_off"},
    ("in_force", "approver"): {"restore"},
}


@pytest.mark.parametrize("stage", STAGES)
def test_each_step_is_for_whom_the_table_says_and_for_nobody_else(redraw, people, stage):
    plan = STAGES[stage](redraw, people)
    for name, user in people.items():
        assert set(chain.allowed(plan, user)) == MAY.get((stage, name), set()), name
    stranger = User.objects.create(username="stranger", name="外人")
    assert chain.allowed(plan, stranger) == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_step_out_of_turn_is_refused_and_leaves_nothing(redraw, people, stage):
    plan = STAGES[stage](redraw, people)
    before = (plan.status, Decision.objects.count(), GridBoundary.objects.exclude(in_force=None).count())
    calls = {
        "submit": lambda who: chain.submit(plan=plan, by=who, reason="x"),
        "approve": lambda who: chain.approve(plan=plan, by=who),
        "reject": lambda who: chain.reject(plan=plan, by=who, reason="x"),
        "withdraw": lambda who: chain.withdraw(plan=plan, by=who),
        "reopen": lambda who: chain.reopen(plan=plan, by=who),
        "publish": lambda who: chain.publish(plan=plan, by=who),
        "call_off": lambda who: chain.call_off(plan=plan, by=who, reason="x"),
        "restore": lambda who: chain.restore(plan=plan, by=who, reason="x"),
    }
    for name, user in people.items():
        for step in calls.keys() - MAY.get((stage, name), set()):
            with pytest.raises(PlanRefused):
                calls[step](user)
    plan.refresh_from_db()
    assert before == (plan.status, Decision.objects.count(), GridBoundary.objects.exclude(in_force=None).count())


def test_two_approvals_are_two_people(redraw, people, monkeypatch):
    monkeypatch.setattr(chain, "APPROVERS", (Role.COMMUNITY_SECRETARY, Role.APPROVER))
    move = chain.Move(("in_review",), chain.APPROVERS)
    monkeypatch.setitem(chain.MOVES, Decision.Step.APPROVE, move)
    plan = submitted(redraw, people)
    assert chain.awaited(plan) == [Role.COMMUNITY_SECRETARY, Role.APPROVER]
    with pytest.raises(PlanRefused):
        chain.approve(plan=plan, by=people["approver"])  # not yet
    plan = chain.approve(plan=plan, by=people["secretary"])
    assert (plan.status, chain.awaited(plan)) == (Plan.Status.IN_REVIEW, [Role.APPROVER])
    assert chain.approve(plan=plan, by=people["approver"]).status == Plan.Status.APPROVED


# What


def test_a_plan_in_review_is_not_drawn_on(redraw, people):
    submitted(redraw, people)
    redraw.refresh_from_db()
    with pytest.raises(Exception, match="不是草稿"):
        hand_over_one(redraw, people["planner"])


def test_a_grid_that_may_lie_in_two_pieces_may_lie_in_one(redraw, people):
    version = engine.current(redraw).version
    op = {"op": "allow", "grid": f"{CODE}001", "pieces": 2}
    engine.apply(plan=redraw, by=people["planner"], version=version, op=op)
    assert approved(redraw, people).status == Plan.Status.APPROVED


def test_what_was_sent_back_is_drawn_on_and_undone_as_before(redraw, people):
    before = engine.current(redraw).state.fingerprint()
    chain.reject(plan=submitted(redraw, people), by=people["approver"], reason="再想想")
    redraw.refresh_from_db()
    plan = chain.reopen(plan=redraw, by=people["planner"])
    assert engine.current(plan).state.fingerprint() == before
    engine.undo(plan=plan, by=people["planner"], version=engine.current(plan).version)
    assert submitted(plan, people).status == Plan.Status.IN_REVIEW


def test_a_hard_fault_stops_it_and_a_soft_one_wants_a_reason(redraw, people):
    Plan.objects.filter(pk=redraw.pk).update(target_min=300, target_max=500)  # nobody lives there
    redraw.refresh_from_db()
    with pytest.raises(PlanRefused) as refused:
        chain.submit(plan=redraw, by=people["planner"])
    assert refused.value.code == "reason_missing"
    version = engine.current(redraw).version
    op = {"op": "assign", "units": [f"{CODE}0000401"], "to": None}
    engine.apply(plan=redraw, by=people["planner"], version=version, op=op)
    with pytest.raises(PlanRefused) as refused:
        chain.submit(plan=redraw, by=people["planner"], reason="无妨")
    assert refused.value.code == "hard_problems"
    assert [problem.place is not None for problem in refused.value.problems] == [True]
    assert not redraw.decisions.exists()


@pytest.mark.parametrize("step", ["reject", "call_off", "restore"])
def test_what_takes_something_from_others_wants_a_reason(redraw, people, step):
    stage = {"reject": "in_review", "call_off": "scheduled", "restore": "in_force"}[step]
    plan = STAGES[stage](redraw, people)
    with pytest.raises(PlanRefused) as refused:
        getattr(chain, step)(plan=plan, by=people["approver"], reason="  ")
    assert refused.value.code == "reason_missing"


def test_the_plan_before_is_put_back(redraw, people):
    plan = STAGES["in_force"](redraw, people)
    again = chain.restore(plan=plan, by=people["approver"], reason="居民反对")
    assert again.number == plan.number + 1
    day = again.in_force.lower
    codes = dict(again.assignments.values_list("stairwell__code", "boundary__grid__code"))
    assert codes[f"{CODE}0000101"] == f"{CODE}001"
    assert Plan.objects.in_force(day).get() == again
    assert plan.decisions.last().step == "restore"


def test_a_decision_is_of_these_shapes(redraw, people):
    plan = approved(redraw, people)
    approve = plan.decisions.last()
    assert approve.fingerprint == chain.fingerprint(plan, approve.report)
    row = plan.assignments.first()
    plan.assignments.exclude(pk=row.pk).first().delete()
    assert approve.fingerprint != chain.fingerprint(plan, approve.report)


def test_a_visitor_may_nothing(redraw):
    assert chain.allowed(redraw, AnonymousUser()) == []


# Deputies


@pytest.fixture
def stand_in(people) -> Callable[..., User]:
    """Send somebody on leave from today, with a deputy."""

    def stand_in(role: Role, **more) -> User:
        today = timezone.localdate()
        deputy = more.get("deputy") or User.objects.create(username=f"deputy-{role}", name="代理")
        post = Appointment.objects.get(role=role)
        Appointment.objects.filter(pk=post.pk).update(deputy=deputy)
        Leave.objects.create(person=post.person, away=(today, today + timedelta(days=1)))
        return deputy

    return stand_in


def test_deputies_take_every_step_in_the_stead_of_those_who_are_away(redraw, people, stand_in):
    planner, approver = stand_in(Role.PLANNER), stand_in(Role.APPROVER)
    plan = chain.submit(plan=redraw, by=planner, reason="试一试")
    plan = chain.approve(plan=plan, by=approver)
    plan = chain.publish(plan=plan, by=planner)
    assert [row.person for row in plan.decisions.all()] == [planner, approver, planner]
    assert chain.allowed(plan, approver) == ["call_off"]
    chain.call_off(plan=plan, by=approver, reason="缓一缓")


def test_a_deputy_takes_no_step_once_the_leave_is_over(redraw, people, stand_in):
    deputy = stand_in(Role.PLANNER)
    Leave.objects.update(away=(NEW_YEAR, timezone.localdate()))
    assert chain.allowed(redraw, deputy) == []
    with pytest.raises(PlanRefused) as refused:
        chain.submit(plan=redraw, by=deputy, reason="试")
    assert refused.value.code == "wrong_role"


def test_a_planners_deputy_does_not_approve(redraw, people, stand_in):
    deputy = stand_in(Role.PLANNER)
    with pytest.raises(PlanRefused) as refused:
        chain.approve(plan=submitted(redraw, people), by=deputy)
    assert refused.value.code == "wrong_role"


def test_a_deputy_of_both_does_not_approve_what_they_submitted(redraw, people, stand_in):
    both = stand_in(Role.PLANNER)
    stand_in(Role.APPROVER, deputy=both)
    plan = chain.submit(plan=redraw, by=both, reason="试")
    with pytest.raises(PlanRefused) as refused:
        chain.approve(plan=plan, by=both)
    assert refused.value.code == "same_person"


def test_an_approvers_deputy_does_not_approve_what_they_drew(redraw, people, stand_in):
    stand_in(Role.APPROVER, deputy=people["planner"])
    with pytest.raises(PlanRefused) as refused:
        chain.approve(plan=submitted(redraw, people), by=people["planner"])
    assert refused.value.code == "same_person"


def test_a_draft_in_the_bin_is_not_submitted(redraw, people):
    """The page of its steps may still be open somewhere."""
    throw_away(redraw)
    with pytest.raises(PlanRefused) as refused:
        submitted(redraw, people)
    assert refused.value.code == "deleted"
    put_back(redraw)
    assert submitted(redraw, people).status == Plan.Status.IN_REVIEW
