"""The planner's pages in words: review, publication, history."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from grids.models import Appointment, Grid, Plan
from tests.grids.conftest import CODE, cells, community, draft  # noqa: F401
from tests.planning.test_chain import NEW_YEAR, approved, people, redraw, submitted  # noqa: F401


def test_the_way_from_draft_to_published_and_back(client, redraw, people):  # noqa: F811
    client.force_login(people["planner"])
    page = client.get(f"/plans/{redraw.pk}/review/")
    assert "送审" in page.content.decode()
    assert client.post(f"/plans/{redraw.pk}/steps/submit/", {"reason": "两格更均匀"}).status_code == 302
    client.force_login(people["approver"])
    assert client.post(f"/plans/{redraw.pk}/steps/approve/").status_code == 302
    page = client.get(f"/plans/{redraw.pk}/review/").content.decode()
    post = Appointment.objects.get(grid__code=f"{CODE}001")
    assert f'name="post-{post.pk}"' in page
    east = Grid.objects.get(code=f"{CODE}002")
    form = {"effective": str(timezone.localdate() + timedelta(days=2)), f"post-{post.pk}": str(east.pk)}
    assert client.post(f"/plans/{redraw.pk}/steps/publish/", form).status_code == 302
    page = client.get(f"/plans/{redraw.pk}/review/").content.decode()
    assert "待施行" in page
    assert "两格更均匀" in page
    moved = Appointment.objects.filter(person=post.person, grid=east).order_by("pk").last()
    assert moved.in_force.lower == timezone.localdate() + timedelta(days=2)
    client.post(f"/plans/{redraw.pk}/steps/call_off/", {"reason": "日期写错"})
    redraw.refresh_from_db()
    assert redraw.status == Plan.Status.APPROVED


def test_a_refusal_keeps_what_was_filled_in(client, redraw, people):  # noqa: F811
    approved(redraw, people)
    client.force_login(people["planner"])
    page = client.post(f"/plans/{redraw.pk}/steps/publish/", {"effective": "2026-02-30", "reason": "因为"})
    assert page.status_code == 409
    assert "方案保持原样" in page.content.decode()
    assert "因为" in page.content.decode()
    redraw.refresh_from_db()
    assert redraw.status == Plan.Status.APPROVED


@pytest.mark.parametrize("step", ["nonsense", "publish%00", "approve"])
def test_a_step_that_is_none_or_not_ones_own_is_refused(client, redraw, people, step):  # noqa: F811
    client.force_login(people["planner"])
    assert client.post(f"/plans/{redraw.pk}/steps/{step}/").status_code in (400, 404, 409)


def test_strangers_see_no_review(client, redraw, people):  # noqa: F811
    assert client.get(f"/plans/{redraw.pk}/review/").status_code in (302, 403)
    client.force_login(User.objects.create(username="x", name="外人"))
    assert client.get(f"/plans/{redraw.pk}/review/").status_code == 403
    assert client.post(f"/plans/{redraw.pk}/steps/submit/").status_code == 403


def test_a_planner_elsewhere_sees_no_review(client, redraw, people):  # noqa: F811
    elsewhere = User.objects.create(username="y", name="他")
    other = redraw.community.parent.parent
    far = type(other).objects.create(code="350181", name="福清市", level=6)
    Appointment.objects.create(role=Role.PLANNER, person=elsewhere, area=far, in_force=(NEW_YEAR, None))
    client.force_login(elsewhere)
    assert client.get(f"/plans/{redraw.pk}/review/").status_code == 403


def test_a_grids_history_shows_each_shape_and_who_agreed_to_be_named(client, redraw, people):  # noqa: F811
    plan = approved(redraw, people)
    client.force_login(people["planner"])
    client.post(f"/plans/{plan.pk}/steps/publish/", {"effective": str(timezone.localdate() + timedelta(days=1))})
    client.logout()
    page = client.get(f"/grids/{CODE}001/").content.decode()
    assert page.count('class="now"') == 2
    assert "待施行" in page
    assert "施行中" in page
    assert "未公开姓名" in page
    assert people["worker"].name not in page
    User.objects.filter(pk=people["worker"].pk).update(name_is_public=True)
    assert people["worker"].name in client.get(f"/grids/{CODE}001/").content.decode()


@pytest.mark.parametrize("code", ["350125100001999", "x", "%00", "１２３"])
def test_a_code_of_no_grid_is_said_to_be_none(client, db, code):
    assert client.get(f"/grids/{code}/").status_code in (400, 404)


def test_the_review_asks_as_much_for_many_posts_as_for_few(client, redraw, people, django_assert_max_num_queries):  # noqa: F811
    approved(redraw, people)
    grid = Grid.objects.get(code=f"{CODE}001")
    for number in range(30):
        person = User.objects.create(username=f"m{number}", name=f"员{number}")
        Appointment.objects.create(role=Role.MEDIATOR, person=person, grid=grid, in_force=(NEW_YEAR, None))
    client.force_login(people["planner"])
    with django_assert_max_num_queries(45):
        client.get(f"/plans/{redraw.pk}/review/")


def test_a_history_can_be_read_as_of_a_day(client, redraw, people):  # noqa: F811
    assert "待施行" in client.get(f"/grids/{CODE}001/?date=2025-12-31").content.decode()
    assert client.get(f"/grids/{CODE}001/?date=2026-02-30").status_code == 400
