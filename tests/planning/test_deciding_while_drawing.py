"""
A step on the table and a decision about the plan at the same moment, each with a connection of its own.

Nothing here is luck: the first stops inside its transaction until the second waits for its lock, or is done.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from bench.chequer import CODE, chequer
from buildings.models import Area
from geo.geos import to_shapely
from grids import redraw
from grids.gate import PlanRefused
from grids.models import GridBoundary, Plan
from planning import base, chain, engine
from planning.base import Wish
from planning.models import Draft
from planning.refusals import NotADraft, StepRefused
from planning.table import load, shelf
from tests.grids.test_contact import appoint

PATIENCE = 20  # seconds until a test gives up


@pytest.fixture
def draft(transactional_db) -> Plan:
    plan = chequer(4, 2, wide=2, high=2, homes=1)
    shelf.clear()
    return base.begin(community=plan.community, by=None, base="in_force", wish=Wish(target_min=0, target_max=99))


@pytest.fixture
def planner(draft) -> User:
    return appoint(Role.PLANNER, "王规划", area=Area.objects.get(code=CODE)).person


def hand_over(draft: Plan, planner: User) -> engine.Step:
    """The door in the south-west goes to the grid of the south-east."""
    table = engine.current(draft)
    op = {"op": "assign", "units": [f"{CODE}0000201"], "to": table.label("grid", f"{CODE}0000301")}
    return engine.apply(plan=draft, by=planner, version=0, op=op)


class Pause:
    """A function that does its work and then stops until it is let go."""

    def __init__(self, work: Callable[..., object]):
        self.work, self.reached, self.go = work, Event(), Event()

    def __call__(self, *args, **kwargs) -> object:
        done = self.work(*args, **kwargs)
        self.reached.set()
        assert self.go.wait(PATIENCE)
        return done


def both(first: Callable[[], object], pause: Pause, second: Callable[[], object]) -> list[Future]:
    """Run the first until it pauses, then the second until it waits for a lock or is done, then let both finish."""
    pid: list[int] = []

    def alone(work: Callable[[], object]) -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid.append(cursor.fetchone()[0])
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(alone, first)]
        try:
            assert pause.reached.wait(PATIENCE)
            running.append(pool.submit(alone, second))
            until(lambda: running[1].done() or (len(pid) == 2 and waits(pid[1])))
        finally:
            pause.go.set()
    return running


def until(is_so: Callable[[], bool]) -> None:
    turn = Event()
    for _ in range(PATIENCE * 100):
        if is_so():
            return
        turn.wait(0.01)
    raise AssertionError("it neither waited nor ended")


def waits(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [pid])
        row = cursor.fetchone()
    return bool(row and row[0])


def assert_what_was_frozen_is_what_is_drawn(draft: Plan) -> None:
    state = load(draft, draft.draft).state
    rows = list(GridBoundary.objects.filter(plan=draft).select_related("grid"))
    assert len(rows) == 2
    for row in rows:
        assert to_shapely(row.boundary).equals(state.shape("grid", row.grid.code))


def test_a_submission_waits_for_the_step_that_is_being_made_and_takes_it_along(draft, planner, monkeypatch):
    pause = Pause(engine._keep_state)
    monkeypatch.setattr(engine, "_keep_state", pause)
    step, submission = both(
        lambda: hand_over(draft, planner), pause, lambda: chain.submit(plan=draft, by=planner, reason="试")
    )
    assert step.result().own.version == 1
    assert submission.result().status == Plan.Status.IN_REVIEW
    assert_what_was_frozen_is_what_is_drawn(draft)


def test_a_step_waits_for_the_submission_that_is_being_made_and_is_refused(draft, planner, monkeypatch):
    pause = Pause(chain.fingerprint)
    monkeypatch.setattr(chain, "fingerprint", pause)
    submission, step = both(
        lambda: chain.submit(plan=draft, by=planner, reason="试"), pause, lambda: hand_over(draft, planner)
    )
    assert submission.result().status == Plan.Status.IN_REVIEW
    assert isinstance(step.exception(), NotADraft)
    assert not draft.draft.operations.exists()
    assert_what_was_frozen_is_what_is_drawn(draft)


def test_of_two_approvals_at_once_one_is_given(draft, planner, monkeypatch):
    approvers = [appoint(Role.APPROVER, f"审批{n}", area=Area.objects.get(code=CODE)).person for n in (1, 2)]
    chain.submit(plan=draft, by=planner, reason="试")
    pause = Pause(chain.fingerprint)
    monkeypatch.setattr(chain, "fingerprint", pause)
    first, second = both(
        lambda: chain.approve(plan=draft, by=approvers[0]), pause, lambda: chain.approve(plan=draft, by=approvers[1])
    )
    assert first.result().status == Plan.Status.APPROVED
    assert second.exception().code == "wrong_stage"
    assert [row.step for row in draft.decisions.all()] == ["submit", "approve"]


def test_a_draft_is_not_thrown_away_while_it_is_being_submitted(draft, planner, monkeypatch):
    """The submission has the draft and wants the plan: whoever throws it away must not have the plan already."""
    pause = Pause(chain.hold)
    monkeypatch.setattr(chain, "hold", pause)
    submission, bin_ = both(
        lambda: chain.submit(plan=draft, by=planner, reason="试"), pause, lambda: base.throw_away(draft)
    )
    assert submission.result().status == Plan.Status.IN_REVIEW
    assert isinstance(bin_.exception(), StepRefused)
    draft.draft.refresh_from_db()
    assert draft.draft.deleted_at is None


def test_what_is_being_thrown_away_is_not_submitted(draft, planner, monkeypatch):
    """It waits, and is refused with a sentence: no deadlock, and no plan in review that lies in the bin."""
    pause = Pause(Draft.save)
    monkeypatch.setattr(Draft, "save", lambda self, **how: pause(self, **how))
    thrown, submission = both(
        lambda: base.throw_away(draft), pause, lambda: chain.submit(plan=draft, by=planner, reason="试")
    )
    assert thrown.exception() is None
    assert submission.exception().code == "deleted"
    assert not draft.decisions.exists()


def test_a_plan_that_was_drafted_elsewhere_is_submitted_and_published_by_command_without_a_deadlock(
    draft, planner, monkeypatch
):
    """A publication has the community and wants the plan; the submission first puts the plan on the table."""
    Draft.objects.all().delete()
    pause = Pause(redraw.lock_around)
    monkeypatch.setattr(redraw, "lock_around", pause)
    published, submission = both(
        lambda: redraw.publish(plan=draft, by=None, effective=timezone.localdate() + timedelta(days=1)),
        pause,
        lambda: chain.submit(plan=draft, by=planner, reason="试"),
    )
    assert isinstance(published.exception(), PlanRefused)  # its shapes were not written out yet
    assert not isinstance(submission.exception(), OperationalError)


def test_a_plan_is_copied_while_it_is_decided_about_without_a_deadlock(draft, planner, monkeypatch):
    """A decision has the community and wants the plan: whoever copies must not have the plan and want the community."""
    pause = Pause(base.see_to_cells)
    monkeypatch.setattr(base, "see_to_cells", pause)
    copied, submission = both(
        lambda: base.branch(source=draft, by=planner, wish=Wish()),
        pause,
        lambda: chain.submit(plan=draft, by=planner, reason="试"),
    )
    assert copied.result().status == Plan.Status.DRAFT
    assert submission.result().status == Plan.Status.IN_REVIEW


def test_a_draft_is_copied_at_one_version_while_it_is_drawn_on(draft, planner, monkeypatch):
    """The cells and what their labels stand for are read one after the other: a new grid in between is in both."""
    table = engine.current(draft)
    op = {"op": "draw", "units": [f"{CODE}0000201"]}
    pause = Pause(load)
    monkeypatch.setattr(base, "load", pause)
    copied, step = both(
        lambda: base.branch(source=draft, by=planner, wish=Wish()),
        pause,
        lambda: engine.apply(plan=draft, by=planner, version=table.version, op=op),
    )
    assert step.result().own.version == 1
    copy = copied.result()
    known = set(copy.draft.grids.values_list("label", flat=True))
    assert set(copy.cells.values_list("grid", flat=True)) <= known
