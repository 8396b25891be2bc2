from base64 import b64encode
from time import process_time

import pytest
from django.contrib.auth.hashers import check_password, make_password

from accounts.models import User

PASSWORD = "a-long-password"


@pytest.fixture
def program(db) -> User:
    return User.objects.create_user("program", password=PASSWORD, name="程序", is_superuser=True)


def call(api, password: str = PASSWORD) -> int:
    """Status of a write that only an administrator may try: 400 where the log-in was good."""
    header = b64encode(f"program:{password}".encode()).decode()
    return api.post("/api/v1/areas/", {}, format="json", headers={"authorization": f"Basic {header}"}).status_code


def test_a_good_password_is_let_in_and_a_wrong_one_is_not(api, program):
    assert (call(api), call(api, "wrong"), call(api)) == (400, 401, 400)


def test_a_check_of_a_password_takes_a_fraction_of_what_an_answer_may(program):
    seconds = []
    for _ in range(5):
        start = process_time()
        assert check_password(PASSWORD, program.password)
        seconds.append(process_time() - start)
    assert program.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert min(seconds) < 0.1


def test_an_older_hash_still_opens_and_is_written_anew(api, program):
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert call(api) == 400
    program.refresh_from_db()
    assert program.password.startswith("argon2$")


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


def test_a_lock_out_counts_for_a_good_password_too(api, program, settings):
    settings.AXES_ENABLED = True
    assert call(api) == 400
    for _ in range(settings.AXES_FAILURE_LIMIT):
        call(api, "wrong")
    assert call(api) == 401


def test_scripts_of_our_pages_are_told_in_words_and_the_browser_asks_for_no_password(client, db):
    by_program = client.post("/api/v1/areas/", {}, content_type="application/json")
    by_script = client.post(
        "/api/v1/areas/", {}, content_type="application/json", headers={"x-requested-with": "fetch"}
    )
    assert (by_program.status_code, "www-authenticate" in by_program.headers) == (401, True)
    assert (by_script.status_code, "www-authenticate" in by_script.headers) == (403, False)
    assert by_script.json()["code"] == "not_authenticated"
