"""What a publication does to posts, and how it is taken back."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from buildings.models import Stairwell
from geo.geos import to_shapely
from grids import contact
from grids.drawing import draw
from grids.gate import PlanRefused
from grids.handover import Choice
from grids.models import Appointment, Grid, GridBoundary, Plan
from grids.redraw import call_off, publish, restore
from tests.grids.conftest import CODE, box, multi
from tests.grids.test_redraw import NEW_YEAR, next_draft, tomorrow


@pytest.fixture
def worker(db) -> User:
    return User.objects.create(username="w", name="甲", name_is_public=True, duty_phone="13900000001")


@pytest.fixture
def west(draft) -> Grid:
    publish(plan=draft, by=None, effective=NEW_YEAR)
    return Grid.objects.get(name="西格")


@pytest.fixture
def post(west, worker) -> Appointment:
    return Appointment.objects.create(role="grid_worker", person=worker, grid=west, in_force=(NEW_YEAR, None))


def one_grid(plan: Plan, cells) -> Plan:
    """A draft in which a single new grid has everything."""
    draft = Plan.objects.create(community=plan.community, number=plan.number + 1)
    whole = Grid.objects.create(community=plan.community, name="全格")
    draw(plan=draft, cells=cells, grid_of=dict.fromkeys(cells, whole))
    return draft


def spans(worker: User) -> list[tuple[str, date, date | None]]:
    rows = worker.appointments.order_by("pk").select_related("grid")
    return [(row.grid.name, row.in_force.lower, row.in_force.upper) for row in rows]


def test_a_post_stays_with_its_grid(draft, cells, post, worker):
    publish(plan=next_draft(draft, cells, moved="00001"), by=None, effective=tomorrow())
    assert spans(worker) == [("西格", NEW_YEAR, None)]


def test_a_post_ends_with_its_grid(draft, cells, post, worker):
    plan = publish(plan=one_grid(draft, cells), by=None, effective=tomorrow())
    assert spans(worker) == [("西格", NEW_YEAR, tomorrow())]
    assert plan.handover == [{"appointment": post.pk, "until": None, "made": None}]


def test_a_post_moves_where_the_planner_says(draft, cells, post, worker):
    redrawn = one_grid(draft, cells)
    whole = redrawn.boundaries.get().grid
    publish(plan=redrawn, by=None, effective=tomorrow(), posts=[Choice(post.pk, "move", whole)])
    assert spans(worker) == [("西格", NEW_YEAR, tomorrow()), ("全格", tomorrow(), None)]
    door = Stairwell.objects.order_by("code").first()
    assert contact.answer_for(door, on=tomorrow()).first.name == "甲"


def test_a_post_can_be_ended_though_its_grid_stays(draft, cells, post, worker):
    publish(plan=next_draft(draft, cells), by=None, effective=tomorrow(), posts=[Choice(post.pk, "end")])
    assert spans(worker) == [("西格", NEW_YEAR, tomorrow())]


@pytest.mark.parametrize(
    ("do", "code"), [("keep", "post_without_grid"), ("move", "target_not_in_plan")], ids=["keep", "move"]
)
def test_a_choice_that_cannot_be_is_refused_and_nothing_is_written(draft, cells, post, worker, do, code):
    redrawn = one_grid(draft, cells)
    with pytest.raises(PlanRefused) as refused:
        publish(plan=redrawn, by=None, effective=tomorrow(), posts=[Choice(post.pk, do, post.grid)])
    assert refused.value.code == code
    assert spans(worker) == [("西格", NEW_YEAR, None)]
    assert Plan.objects.in_force(tomorrow()).get() == draft


def test_a_post_that_begins_later_is_named(draft, cells, post, worker):
    Appointment.objects.filter(pk=post.pk).update(in_force=(tomorrow() + timedelta(days=9), None))
    with pytest.raises(PlanRefused, match="甲") as refused:
        publish(plan=one_grid(draft, cells), by=None, effective=tomorrow())
    assert refused.value.code == "post_begins_later"


def test_posts_of_other_communities_cannot_be_named(draft, cells, west):
    with pytest.raises(PlanRefused) as refused:
        publish(plan=next_draft(draft, cells), by=None, effective=tomorrow(), posts=[Choice(999999, "end")])
    assert refused.value.code == "unknown_appointment"


# Called off before its day


def test_a_publication_is_called_off_before_its_day(draft, cells, post, worker):
    redrawn = one_grid(draft, cells)
    publish(plan=redrawn, by=None, effective=tomorrow(), posts=[Choice(post.pk, "move", redrawn.boundaries.get().grid)])
    plan = call_off(plan=redrawn)
    assert (plan.status, plan.in_force, plan.handover) == (Plan.Status.APPROVED, None, [])
    assert spans(worker) == [("西格", NEW_YEAR, None)]
    assert Plan.objects.in_force(tomorrow()).get() == draft
    assert GridBoundary.objects.in_force(tomorrow()).count() == 2
    publish(plan=plan, by=None, effective=tomorrow())  # and may be published again


def test_a_plan_in_force_is_not_called_off(draft, west):
    with pytest.raises(PlanRefused) as refused:
        call_off(plan=draft)
    assert refused.value.code == "in_force_already"


# Restored


def in_force_since(plan: Plan, day: date) -> None:
    """Write a publication back in time: as if days had passed."""
    plan.refresh_from_db()
    for old in Plan.objects.filter(community=plan.community, in_force__endswith=plan.in_force.lower):
        Plan.objects.filter(pk=old.pk).update(in_force=(old.in_force.lower, day))
        old.boundaries.update(in_force=(old.in_force.lower, day))
    for row in Appointment.objects.filter(in_force__endswith=plan.in_force.lower):
        Appointment.objects.filter(pk=row.pk).update(in_force=(row.in_force.lower, day))
    for row in Appointment.objects.filter(in_force__startswith=plan.in_force.lower):
        Appointment.objects.filter(pk=row.pk).update(in_force=(day, row.in_force.upper))
    Plan.objects.filter(pk=plan.pk).update(in_force=(day, None))
    plan.boundaries.update(in_force=(day, None))


def test_the_plan_before_is_restored_with_its_shapes_codes_and_people(draft, cells, post, worker):
    today = timezone.localdate()
    redrawn = one_grid(draft, cells)
    whole = redrawn.boundaries.get().grid
    plan = publish(plan=redrawn, by=None, effective=tomorrow(), posts=[Choice(post.pk, "move", whole)])
    in_force_since(plan, today - timedelta(days=3))
    again = restore(plan=redrawn, by=None)
    assert again.number == 3
    assert Plan.objects.in_force(today).get() == again
    before = {row.grid.code: to_shapely(row.boundary).wkb for row in draft.boundaries.select_related("grid")}
    after = {row.grid.code: to_shapely(row.boundary).wkb for row in again.boundaries.select_related("grid")}
    assert before == after
    assert list(worker.appointments.in_force(today).values_list("grid__name", flat=True)) == ["西格"]
    assert Plan.objects.in_force(today - timedelta(days=1)).get() == redrawn  # what was, was


def test_what_began_today_is_restored_from_tomorrow(draft, cells, west):
    redrawn = publish(plan=one_grid(draft, cells), by=None, effective=timezone.localdate())
    assert restore(plan=redrawn, by=None).in_force.lower == tomorrow()


def test_the_first_plan_has_nothing_before_it(draft, west):
    with pytest.raises(PlanRefused) as refused:
        restore(plan=draft, by=None)
    assert refused.value.code == "nothing_before"


def test_a_stairwell_that_came_since_goes_where_the_old_shapes_have_it(draft, cells, west):
    redrawn = publish(plan=next_draft(draft, cells, moved="00001"), by=None, effective=timezone.localdate())
    building = Stairwell.objects.order_by("code").first().building
    shape = multi(box(0.82, 0.82, 0.9, 0.9))
    late = Stairwell.objects.create(code=f"{CODE}0000103", building=building, number="3", footprint=shape)
    with pytest.raises(PlanRefused):  # one building in two grids: said, never guessed away
        restore(plan=redrawn, by=None)
    late.delete()
    other = Stairwell.objects.get(code=f"{CODE}0000201").building
    late = Stairwell.objects.create(code=f"{CODE}0000203", building=other, number="3", footprint=shape)
    again = restore(plan=redrawn, by=None)
    assert again.assignments.get(stairwell=late).boundary.grid.name == "东格"
