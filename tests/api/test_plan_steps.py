"""The way of a plan by API."""

from datetime import timedelta

from django.utils import timezone

from grids.models import Appointment
from tests.grids.conftest import CODE, cells, community, draft  # noqa: F401
from tests.planning.test_chain import people, redraw  # noqa: F401


def decide(client, plan, **body):
    return client.post(f"/api/v1/plans/{plan.pk}/decisions/", body, content_type="application/json")


def test_a_plan_goes_its_way_by_api(client, redraw, people):  # noqa: F811
    client.force_login(people["planner"])
    assert client.get(f"/api/v1/plans/{redraw.pk}/decisions/").json()["steps"] == ["submit"]
    assert decide(client, redraw, step="submit", reason="更均匀").status_code == 201
    refused = decide(client, redraw, step="approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_role")
    client.force_login(people["approver"])
    assert decide(client, redraw, step="approve").json()["stage"] == "approved"
    post = Appointment.objects.get(grid__code=f"{CODE}001")
    day = timezone.localdate() + timedelta(days=3)
    moves = [{"appointment": post.pk, "do": "move", "to": f"{CODE}002"}]
    done = decide(client, redraw, step="publish", effective=day.isoformat(), posts=moves)
    assert (done.status_code, done.json()["stage"]) == (201, "scheduled")
    assert [row["step"] for row in done.json()["decisions"]] == ["submit", "approve", "publish"]
    post.refresh_from_db()
    assert post.in_force.upper == day


def test_what_is_no_step_or_no_day_is_named(client, redraw, people):  # noqa: F811
    client.force_login(people["planner"])
    for body, field in (
        ({"step": "vanish"}, "step"),
        ({}, "step"),
        ({"step": 5}, "step"),
        ({"step": "publish", "effective": "2026-02-30"}, "effective"),
        ({"step": "publish", "posts": "all"}, "posts"),
        ({"step": "publish", "posts": [{"appointment": 1, "do": "fly"}]}, "posts"),
        ({"step": "submit", "reason": 7}, "reason"),
    ):
        answer = decide(client, redraw, **body)
        assert (answer.status_code, answer.json()["field"]) == (400, field), body


def test_strangers_decide_nothing(client, redraw, people):  # noqa: F811
    assert decide(client, redraw, step="submit").status_code in (401, 403)
    client.force_login(people["worker"])
    assert decide(client, redraw, step="submit").status_code == 403
