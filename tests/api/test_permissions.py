from base64 import b64encode

import pytest

from accounts.models import User
from api.permissions import NameAndPassword

PASSWORD = "a-long-password"


@pytest.fixture
def program(db) -> User:
    NameAndPassword.checked.clear()
    return User.objects.create_user("program", password=PASSWORD, name="程序", is_superuser=True)


@pytest.fixture
def hashings(monkeypatch) -> list[str]:
    """The passwords that were hashed to be checked."""
    seen: list[str] = []
    check = User.check_password

    def counted(user: User, password: str) -> bool:
        seen.append(password)
        return check(user, password)

    monkeypatch.setattr(User, "check_password", counted)
    return seen


def call(api, password: str = PASSWORD) -> int:
    """Status of a write that only an administrator may try: 400 where the log-in was good."""
    header = b64encode(f"program:{password}".encode()).decode()
    return api.post("/api/v1/areas/", {}, format="json", headers={"authorization": f"Basic {header}"}).status_code


def test_a_password_is_hashed_once_and_remembered(api, program, hashings):
    assert [call(api) for _ in range(4)] == [400] * 4
    assert hashings == [PASSWORD]


def test_a_wrong_password_is_not_remembered(api, program, hashings):
    assert [call(api, "wrong") for _ in range(2)] == [401, 401]
    assert call(api) == 400
    assert call(api, "wrong") == 401
    assert hashings == ["wrong", "wrong", PASSWORD, "wrong"]


def test_a_new_password_ends_what_was_remembered(api, program):
    assert call(api) == 400
    program.set_password("another-password")
    program.save()
    assert call(api) == 401
    assert call(api, "another-password") == 400


def test_a_disabled_user_is_refused_at_once(api, program):
    assert call(api) == 400
    User.objects.update(is_active=False)
    assert call(api) == 401


def test_a_lock_out_counts_for_a_remembered_password_too(api, program, settings):
    settings.AXES_ENABLED = True
    assert call(api) == 400
    for _ in range(settings.AXES_FAILURE_LIMIT):
        call(api, "wrong")
    assert call(api) == 401


def test_what_is_remembered_does_not_say_the_password(api, program):
    call(api)
    kept = repr(NameAndPassword.checked._cache)
    assert kept != "OrderedDict()"
    assert PASSWORD not in kept
    assert b64encode(f"program:{PASSWORD}".encode()).decode() not in kept
