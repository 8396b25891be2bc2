"""The square community with its net and everybody in it, made once a module; what a test changes is gone after it."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from accounts.models import User
from buildings.models import Area
from tests.cases.people import everybody
from tests.grids.conftest import CODE, by_code, cells, ground  # noqa: F401
from tests.grids.test_contact import net_over


@pytest.fixture(scope="module")
def square(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        everybody(net_over(ground(), by_code()))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def net(square: None, django_db_blocker) -> Iterator[Area]:
    """Needs no `db` and no mark."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Area.objects.get(code=CODE)
        transaction.set_rollback(True)


@pytest.fixture
def people(net: Area) -> dict[str, User]:
    """By their letters: tests/cases/people.py."""
    return {user.name: user for user in User.objects.filter(username__startswith="case-")}
