from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept() -> Iterator[Any]:
    """A connection of its own as a request finds it: kept from the one before and to be checked."""
    other = connection.copy()
    other.settings_dict = {**other.settings_dict, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
    other.ensure_connection()
    other.close_if_unusable_or_obsolete()  # what Django does when a request begins
    yield other
    other.close()


def session(kept: Any) -> int:
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_kept_connection_is_checked_without_a_query(kept, monkeypatch):
    monkeypatch.setattr(kept, "is_usable", lambda: pytest.fail("SELECT 1 was asked"))
    before = kept.connection
    session(kept)
    assert kept.health_check_done
    assert kept.connection is before


def test_a_connection_that_the_server_closed_is_made_anew(kept):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [kept.connection.info.backend_pid])
        assert cursor.fetchone() == (True,)
    before = kept.connection
    assert session(kept) > 0
    assert kept.connection is not before
