"""The square community of tests/grids, with its net, its people and callers of the API."""

import pytest
from django.db.models import QuerySet
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from buildings.models import GroundChange
from tests.grids.conftest import cells, community  # noqa: F401
from tests.grids.test_contact import appoint, net, worker  # noqa: F401

GEOJSON = "application/geo+json"
PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def plain_http(settings) -> None:
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def ground_changes() -> QuerySet[GroundChange]:
    """What callers changed; the publication of the net mended its community's outline before."""
    return GroundChange.objects.exclude(by=None)


@pytest.fixture
def planner(net) -> APIClient:  # noqa: F811
    client = APIClient()
    client.force_authenticate(appoint(Role.PLANNER, "规划员", area=net).person)
    return client


@pytest.fixture
def administrator(net) -> APIClient:  # noqa: F811
    client = APIClient()
    client.force_authenticate(User.objects.create(username="admin", name="管理员", is_superuser=True))
    return client
