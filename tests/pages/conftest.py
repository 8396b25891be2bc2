"""The square community of tests/grids, its people, and somebody who lives behind one of its doors."""

from datetime import date, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from buildings.models import Dwelling, Household, Stairwell
from grids.models import Leave
from tests.grids.conftest import CODE, cells, community
from tests.grids.test_contact import appoint, grid, net

__all__ = ["cells", "community", "net"]

B1 = f"{CODE}0000101"  # the first stairwell of building 1, in the west
B2 = f"{CODE}0000201"  # the first of building 2, in the east
PASSWORD = "a-long-demo-password"


@pytest.fixture(autouse=True)
def plain_http(settings):
    """Tests speak http."""
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def worker(net) -> User:
    """The grid worker of the west, who can log in, and the deputy for days of leave."""
    deputy = User.objects.create_user("deputy", password=PASSWORD, name="陈代班", duty_phone="0591-2248 1002")
    worker = User.objects.create_user(
        "worker", password=PASSWORD, name="林网格", duty_phone="0591-2248 1001", name_is_public=True
    )
    appoint(Role.GRID_WORKER, "", person=worker, grid=grid("西格"), deputy=deputy)
    return worker


@pytest.fixture
def secretary(net) -> User:
    secretary = User.objects.create_user("secretary", password=PASSWORD, name="周书记")
    appoint(Role.COMMUNITY_SECRETARY, "", person=secretary, area=net)
    return secretary


@pytest.fixture
def household(net) -> Household:
    """Three people behind 301; 302 is empty."""
    stairwell = Stairwell.objects.get(code=B1)
    Dwelling.objects.create(stairwell=stairwell, floor=3, room="302", status="vacant")
    home = Dwelling.objects.create(stairwell=stairwell, floor=3, room="301", status="owner_occupied")
    return Household.objects.create(dwelling=home, head="王秀英", phone="13800001234", people=3)


@pytest.fixture
def signed_in(client: Client):
    """`signed_in(user)`: a client with that user's session."""

    def sign_in(user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


def on_leave(user: User, day: date | None = None) -> None:
    day = day or timezone.localdate()
    Leave.objects.create(person=user, away=DateRange(day, day + timedelta(days=1)))
