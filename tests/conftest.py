"""Fixtures for every room. `town` is the one to know: the demo town, as `make_demo` leaves it."""

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import setup_databases, teardown_databases

from cases import catalogue
from cases.models import Category
from demo import load
from tests import databases

UNTIL = datetime(2026, 6, 15, 12, tzinfo=ZoneInfo("Asia/Shanghai"))  # when the demo's cases end: always the same


def pytest_configure() -> None:
    """
    Static files go by their own names, since nobody collected any; photos of tests, and of the servers that they
    start, lie apart from those of whoever works here.
    """
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.MEDIA_ROOT = os.environ["MEDIA_ROOT"] = str(settings.BASE_DIR / "var" / "tests-media")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """
    Leave without a last collection of garbage: with all that the tests left it takes seconds, and pytest-xdist
    interrupts a process that takes more than five to leave, which looks as if a test had been.
    """
    gc.freeze()


@dataclass(frozen=True)
class Town:
    """What is worth knowing by heart about the demo; the rest is in the database."""

    day: date = date(2026, 6, 15)  # a day on which nobody is away
    baocui: str = "120113004013"  # 宝翠花都社区: 28 buildings, 63 stairwells, 7 grids, 21 segments
    zhangcheng: str = "350125100"  # 樟城镇: 8 communities, 34 grids, 110 segments
    nanmen: str = "350125100001"  # its old town


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,  # a database for each process of pytest-xdist
) -> Iterator[None]:
    """
    The empty test database, for whoever asks. pytest-django's own makes none where no test of the session is marked
    `django_db`, and `town` would then copy the developer's database.
    """
    with django_db_blocker.unblock():
        keep = django_db_keepdb and not django_db_createdb
        made = setup_databases(verbosity=0, interactive=False, aliases={"default": False}, keepdb=keep)
        catalogue.load(Category)  # a migration brought them; in a kept database a test that commits has emptied them
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def town_database(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """
    Name of a database that holds the demo town; loaded once a session, and kept from session to session where pytest
    runs with --reuse-db. It is read only by agreement: commit to a copy (tests/databases.py).
    """
    reuse = request.config.getoption("reuse_db") and not request.config.getoption("create_db")
    empty = str(connection.settings_dict["NAME"])
    name, state = f"{empty}_town", databases.fingerprint()
    with django_db_blocker.unblock():
        if not (reuse and databases.mark_of(name) == state):
            databases.copy(empty, name)
            with databases.connected_to(name):
                load.load(until=UNTIL)
            databases.mark(name, state)
        yield name
        if not reuse:
            databases.drop(name)


@pytest.fixture
def town(town_database: str, django_db_blocker) -> Iterator[Town]:
    """
    The test sees the demo town; what it changes is gone afterwards.

    Needs no `db` and no mark. With `client`, `django_assert_num_queries` and the like it works as `db` does.
    """
    with django_db_blocker.unblock(), databases.connected_to(town_database), transaction.atomic():
        yield Town()
        transaction.set_rollback(True)
