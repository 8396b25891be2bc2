import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Look, User
from accounts.roles import Role
from buildings.models import Building, Compound, Dwelling, Household, Stairwell
from grids.access import doors_of
from grids.models import Plan
from tests.grids.test_contact import appoint, grid
from tests.pages.conftest import B1, B2, PASSWORD, on_leave
from tests.pages.test_resident import text

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def open_door(client, code=B1, **query):
    return client.get(reverse("pages:doors", args=[code]), query)


def numbers(stairwells) -> set[str]:
    """1/2 is the second stairwell of building 1."""
    return {f"{stairwell.building.number}/{stairwell.number}" for stairwell in stairwells}


# --- which doors


def test_a_grids_worker_has_the_doors_that_the_plan_assigns_to_it(worker):
    assert numbers(doors_of(worker, TODAY)) == {"1/1", "1/2", "3/1", "3/2"}


@pytest.mark.parametrize(
    ("place", "doors"),
    [
        (lambda net: {"area": net}, 8),
        (lambda net: {"area": net.parent}, 8),
        (lambda net: {"area": net.parent.parent}, 8),
        (lambda net: {"compound": Compound.objects.get()}, 4),
        (lambda net: {"grid": grid("东格")}, 4),
        (lambda net: {"grid": grid("楼段2")}, 2),
        (lambda net: {"building": Building.objects.get(number="4")}, 2),
        (lambda net: {"stairwell": Stairwell.objects.get(code=B2)}, 1),
    ],
)
def test_a_post_at_any_level_covers_the_doors_below_it(net, place, doors):
    user = User.objects.create(username="x", name="某某")
    appoint(Role.COMMUNITY_STAFF, "", person=user, **place(net))
    assert doors_of(user, TODAY).count() == doors


@pytest.mark.parametrize(
    "role", sorted(set(Role) - {"grid_worker", "grid_head", "community_secretary", "community_staff"})
)
def test_other_posts_open_no_door(net, role):
    user = User.objects.create(username="x", name="某某")
    appoint(role, "", person=user, area=net)
    assert not doors_of(user, TODAY).exists()


def test_an_administrator_has_no_doors(net):
    assert not doors_of(User.objects.create_superuser("root", name="管理员"), TODAY).exists()


def test_a_deputy_has_the_doors_on_days_of_leave_only(worker):
    deputy = User.objects.get(username="deputy")
    assert not doors_of(deputy, TODAY).exists()
    on_leave(worker)
    assert doors_of(deputy, TODAY).count() == 4
    assert not doors_of(deputy, TODAY + timedelta(days=1)).exists()


def test_a_post_that_has_ended_opens_nothing(net):
    user = User.objects.create(username="x", name="某某")
    appoint(Role.GRID_WORKER, "", person=user, grid=grid("西格"), until=TODAY)
    assert doors_of(user, TODAY - timedelta(days=1)).count() == 4
    assert not doors_of(user, TODAY).exists()


def test_without_a_plan_in_force_a_grid_has_no_doors(worker):
    before = Plan.objects.get().in_force.lower - timedelta(days=1)
    worker.appointments.update(in_force=(before, None))
    assert not doors_of(worker, before).exists()


# --- 户室图


def test_the_worker_sees_who_lives_behind_the_doors(signed_in, worker, household):
    page = text(open_door(signed_in(worker)))
    assert "王秀英" in page
    assert "3 层" in page
    assert "空置" in page
    assert "13800001234" not in page


def test_a_telephone_is_shown_only_when_asked_for(signed_in, worker, household):
    client = signed_in(worker)
    assert "138****1234" in text(open_door(client, room="301"))
    assert "0000" not in text(open_door(client, room="301"))
    assert "138 0000 1234" in text(open_door(client, room="301", phone="1"))


def looks() -> list[tuple]:
    return list(Look.objects.order_by("pk").values_list("user__username", "subject", "rows", "page"))


def test_the_log_says_what_was_shown_and_a_telephone_apart(signed_in, worker, household):
    client = signed_in(worker)
    whole, door = ("worker", B1, 1, "pages:doors"), ("worker", f"{B1}-301", 1, "pages:doors")
    open_door(client)
    assert looks() == [whole]
    open_door(client, room="301")
    assert looks() == [whole] * 2 + [door]
    open_door(client, room="301", phone="1")
    assert looks() == [whole, whole, door, whole, door, ("worker", f"{B1}-301", 1, "pages:doors phone")]


def test_who_asks_for_an_empty_flat_is_still_logged_with_the_names_beside_it(signed_in, worker, household):
    page = text(open_door(signed_in(worker), room="302", phone="1"))
    assert "王秀英" in page
    assert looks() == [("worker", B1, 1, "pages:doors"), ("worker", f"{B1}-302", 0, "pages:doors")]


def test_the_neighbours_doors_are_refused_in_a_human_sentence(signed_in, worker, household):
    page = open_door(signed_in(worker), B2)
    assert page.status_code == 403
    assert "这个楼道今天不归您管" in text(page)
    assert not Look.objects.exists()


def test_staff_without_such_a_post_are_refused(signed_in, net, household):
    planner = User.objects.create(username="planner", name="规划员")
    appoint(Role.PLANNER, "", person=planner, area=net)
    page = open_door(signed_in(planner))
    assert page.status_code == 403
    assert "王秀英" not in page.content.decode()


def test_a_deputy_sees_the_doors_while_standing_in(signed_in, worker, household):
    on_leave(worker)
    assert "王秀英" in text(open_door(signed_in(User.objects.get(username="deputy"))))


def test_a_stranger_is_asked_to_log_in(client, household):
    page = open_door(client)
    assert page.status_code == 302
    assert page["Location"].startswith(reverse("pages:login"))


def test_a_stairwell_that_does_not_exist_is_not_found(signed_in, worker):
    assert open_door(signed_in(worker), "0" * 19).status_code == 404


def test_nothing_of_it_is_kept_in_a_cache(signed_in, worker, household):
    assert "no-store" in open_door(signed_in(worker))["Cache-Control"]


def test_the_number_of_queries_does_not_grow_with_the_doors(signed_in, worker, household, django_assert_num_queries):
    client = signed_in(worker)
    open_door(client)
    stairwell = Stairwell.objects.get(code=B1)
    for room in range(1, 41):
        home = Dwelling.objects.create(stairwell=stairwell, floor=4 + room // 4, room=f"{4 + room // 4}0{room % 4}")
        Household.objects.create(dwelling=home, people=2)
    # session, user, two for the policy, stairwell, posts, door, dwellings, households, the look with its savepoint
    with django_assert_num_queries(9):
        open_door(client)


# --- mine


def test_the_worker_finds_own_posts_and_doors(signed_in, worker, household):
    page = signed_in(worker).get(reverse("pages:mine"))
    assert "网格员 · 西格" in text(page)
    assert page.content.count(b'href="/mine/') - page.content.count(b'href="/mine/"') == 4
    assert "1 户 3 人" in text(page)
    assert "13800001234" not in page.content.decode()
    assert re.search(r'href="/map/#17/26\.05\d+/119\.30\d+"', page.content.decode())


def test_the_secretary_finds_the_grids_with_counts_and_what_is_vacant(signed_in, secretary, worker, household):
    page = signed_in(secretary).get(reverse("pages:mine"))
    (community,) = page.context["communities"]
    west, east = community.grids
    assert (west.name, len(west.count.buildings), len(west.count.stairwells)) == ("西格", 2, 4)
    assert (west.count.households, west.count.people_told, west.segments) == (1, None, 2)
    assert "网格员" not in west.vacant
    assert "网格员" in east.vacant
    assert community.without_captain == 8


def test_a_planner_gets_counts_and_no_doors(signed_in, net, household):
    planner = User.objects.create(username="planner", name="规划员")
    appoint(Role.PLANNER, "", person=planner, area=net)
    page = signed_in(planner).get(reverse("pages:mine"))
    assert page.context["communities"]
    assert page.context["doors"] == []
    assert "王秀英" not in page.content.decode()


def test_who_holds_no_post_is_told_so(signed_in, net):
    page = signed_in(User.objects.create(username="x", name="某某")).get(reverse("pages:mine"))
    assert "今天没有登记您的岗位" in text(page)


def test_the_queries_of_mine_do_not_grow_with_grids_and_posts(
    signed_in, secretary, household, django_assert_num_queries
):
    client = signed_in(secretary)
    for name in ("甲", "乙", "丙"):
        appoint(Role.COMMUNITY_STAFF, name, area=secretary.appointments.get().area)
    # session, user, policy (2), posts, doors (2), their counts (2), posts of today, areas, plans, assignments, homes,
    # boundaries, posts, captains; what to do now (6)
    with django_assert_num_queries(22):
        client.get(reverse("pages:mine"))


def test_the_map_opens_in_the_planners_own_community(signed_in, net):
    planner = User.objects.create(username="planner", name="规划员")
    appoint(Role.PLANNER, "", person=planner, area=net)
    assert f"/map/?community={net.code}" in signed_in(planner).get(reverse("pages:mine")).content.decode()


def household_counts(page) -> list:
    return [(door.households, door.people) for door in page.context["doors"]]


def test_a_post_that_has_ended_shows_its_doors_of_then_and_no_counts_of_now(signed_in, worker, household):
    yesterday = TODAY - timedelta(days=1)
    worker.appointments.update(in_force=(date(2026, 1, 1), TODAY))
    page = signed_in(worker).get(reverse("pages:mine"), {"date": yesterday.isoformat()})
    assert household_counts(page) == [(None, None)] * 4
    assert "网格员 · 西格" in text(page)
    assert "1 户 3 人" not in text(page)
    assert "今天不归您管" in text(page)


def test_a_deputy_back_from_standing_in_sees_no_counts_of_now(signed_in, worker, household):
    yesterday = TODAY - timedelta(days=1)
    on_leave(worker, yesterday)
    client = signed_in(User.objects.get(username="deputy"))
    assert household_counts(client.get(reverse("pages:mine"), {"date": yesterday.isoformat()})) == [(None, None)] * 4


def test_who_planned_a_community_sees_none_of_its_counts_afterwards(signed_in, net, household):
    yesterday = TODAY - timedelta(days=1)
    planner = User.objects.create(username="planner", name="规划员")
    post = appoint(Role.PLANNER, "", person=planner, area=net)
    client, that_day = signed_in(planner), {"date": yesterday.isoformat()}
    assert client.get(reverse("pages:mine"), that_day).context["communities"]
    post.in_force = (date(2026, 1, 1), TODAY)
    post.save()
    assert client.get(reverse("pages:mine"), that_day).context["communities"] == []


def test_who_holds_the_post_today_sees_the_counts_on_another_day_too(signed_in, worker, household):
    yesterday = TODAY - timedelta(days=1)
    page = signed_in(worker).get(reverse("pages:mine"), {"date": yesterday.isoformat()})
    assert household_counts(page) == [(1, 3), (0, 0), (0, 0), (0, 0)]


# --- the log-in


def test_a_worker_logs_in_and_is_at_home(client, worker):
    page = client.post(reverse("pages:login"), {"username": "worker", "password": PASSWORD}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("pages:mine")


def test_a_wrong_password_is_told_in_words(client, worker):
    page = client.post(reverse("pages:login"), {"username": "worker", "password": "wrong"})
    assert "用户名或密码不对" in text(page)
    assert 'value="worker"' in page.content.decode()


def test_guessing_is_stopped(client, worker, settings):
    settings.AXES_ENABLED = True
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page = client.post(reverse("pages:login"), {"username": "worker", "password": "wrong"})
    assert page.status_code == 429
    assert "停用一小时" in text(page)
    page = client.post(reverse("pages:login"), {"username": "worker", "password": PASSWORD})
    assert page.status_code == 429


def test_no_page_counts_anybodys_log_ins_or_ranks_anybody(signed_in, worker, household):
    page = text(signed_in(worker).get(reverse("pages:mine"))) + text(open_door(signed_in(worker)))
    assert not [word for word in ("排名", "打卡", "积分", "在线时长") if word in page]
