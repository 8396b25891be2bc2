"""A deputy stands in on the days of leave and on no others: same places, same roles, everywhere by one rule."""

from datetime import timedelta

import pytest

from accounts import policy
from accounts.models import User
from accounts.roles import SEES_HOUSEHOLDS, Role
from grids.access import doors_of, posts_of
from grids.models import Appointment
from tests.grids.conftest import CODE, cells, community  # noqa: F401
from tests.grids.test_contact import IN_B1, TODAY, appoint, away, first, grid, net, person  # noqa: F401

TOMORROW = TODAY + timedelta(days=1)
OFFICES = (Role.PLANNER, Role.APPROVER, Role.COMMUNITY_SECRETARY, Role.COMMUNITY_STAFF)


@pytest.fixture
def deputy(net) -> User:  # noqa: F811
    return person("代理人")


def away_with(deputy: User, role: Role, **place) -> Appointment:
    """A post whose holder is away today."""
    post = appoint(role, "离岗的人", deputy=deputy, **place)
    away(post.person)
    return post


@pytest.mark.parametrize("role", OFFICES)
def test_a_deputy_has_the_role_and_the_area_on_days_of_leave_only(net, deputy, role):  # noqa: F811
    post = away_with(deputy, role, area=net)
    assert role in policy.roles_of(deputy, TODAY)
    assert policy.covers_area(deputy, CODE, {role}, TODAY)
    assert policy.areas_of(deputy, {role}, TODAY) == [CODE]
    assert list(posts_of(deputy, TODAY)) == [post]
    for day in (TODAY - timedelta(days=1), TOMORROW):
        assert role not in policy.roles_of(deputy, day)
        assert not policy.covers_area(deputy, CODE, {role}, day)
        assert not posts_of(deputy, day).exists()


def test_a_deputy_has_no_other_role_and_no_other_area(net, deputy):  # noqa: F811
    away_with(deputy, Role.PLANNER, area=net)
    assert not policy.covers_area(deputy, CODE, {Role.APPROVER, Role.COMMUNITY_SECRETARY}, TODAY)
    assert not policy.covers_area(deputy, "350125100002", {Role.PLANNER}, TODAY)
    assert not policy.covers_area(deputy, CODE[:9], {Role.PLANNER}, TODAY)


def test_a_deputy_covers_what_lies_below_the_area_too(net, deputy):  # noqa: F811
    away_with(deputy, Role.PLANNER, area=net.parent)
    assert policy.covers_area(deputy, CODE, {Role.PLANNER}, TODAY)


def test_whoever_is_away_keeps_their_own_post(net, deputy):  # noqa: F811
    post = away_with(deputy, Role.PLANNER, area=net)
    assert policy.covers_area(post.person, CODE, {Role.PLANNER}, TODAY)


def test_a_deputy_of_a_post_that_has_ended_stands_in_for_nobody(net, deputy):  # noqa: F811
    away_with(deputy, Role.PLANNER, area=net, until=TODAY)
    assert not policy.covers_area(deputy, CODE, {Role.PLANNER}, TODAY)


def test_two_leaves_on_one_day_are_one_post(net, deputy):  # noqa: F811
    post = away_with(deputy, Role.GRID_WORKER, grid=grid("西格"))
    away(post.person)
    assert list(posts_of(deputy, TODAY)) == [post]


@pytest.mark.parametrize("role", SEES_HOUSEHOLDS)
def test_a_workers_deputy_sees_the_doors_on_days_of_leave_only(net, deputy, role):  # noqa: F811
    place = {"grid": grid("西格")} if role in (Role.GRID_WORKER, Role.GRID_HEAD) else {"area": net}
    post = away_with(deputy, role, **place)
    assert set(doors_of(deputy, TODAY)) == set(doors_of(post.person, TODAY)) != set()
    assert not doors_of(deputy, TOMORROW).exists()


@pytest.mark.parametrize("role", [Role.PLANNER, Role.APPROVER, Role.STAIRWELL_CAPTAIN])
def test_a_deputy_sees_no_more_than_the_post_does(net, deputy, role):  # noqa: F811
    away_with(deputy, role, area=net)
    assert not doors_of(deputy, TODAY).exists()


def test_a_deputy_who_is_away_too_stands_in_for_nobody_as_the_contact_answer_says(net, deputy):  # noqa: F811
    away_with(deputy, Role.GRID_WORKER, grid=grid("西格"))
    assert first(IN_B1)[0] == "deputy"
    assert doors_of(deputy, TODAY).exists()
    away(deputy)
    assert first(IN_B1)[0] != "deputy"
    assert not doors_of(deputy, TODAY).exists()
    assert Role.GRID_WORKER not in policy.roles_of(deputy, TODAY)
