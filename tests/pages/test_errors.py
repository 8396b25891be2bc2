import json

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import RequestFactory

from pages import errors


def request(path="/"):
    return RequestFactory().get(path)


@pytest.mark.parametrize(
    ("handler", "reason", "status"),
    [
        (errors.bad_request, BadRequest("日期不对。"), 400),
        (errors.permission_denied, PermissionDenied("不归您管。"), 403),
        (errors.page_not_found, errors.Unknown("查不到。"), 404),
    ],
)
def test_our_own_refusals_are_said(db, client, handler, reason, status):
    page = handler(_with_user(request()), reason)
    assert page.status_code == status
    assert str(reason) in page.content.decode()


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (errors.bad_request, SuspiciousOperation("secret")),
        (errors.permission_denied, PermissionDenied()),
        (errors.page_not_found, Http404("secret")),
    ],
)
def test_what_others_say_is_not_passed_on(db, handler, reason):
    page = handler(_with_user(request()), reason).content.decode()
    assert "secret" not in page
    assert "12345" in page


def test_programs_get_a_problem_document():
    answer = errors.page_not_found(request("/api/v1/nothing/"), Http404())
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == 404


def test_the_page_for_our_own_faults_needs_no_database(client):
    page = errors.server_error(request())
    assert page.status_code == 500
    assert "12345" in page.content.decode()


def test_it_comes_even_without_its_template(settings):
    settings.TEMPLATES = []
    page = errors.server_error(request())
    assert page.status_code == 500
    assert "12345" in page.content.decode()


def _with_user(asked):
    from django.contrib.auth.models import AnonymousUser

    asked.user = AnonymousUser()
    return asked


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/tiles/x/0/0/0.mvt", "/admin/", "/api/v1/areas/"])
def test_a_host_that_is_not_ours_is_refused(client, db, path):
    assert client.get(path, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/d/000000000000000000%00/", "/map/?community=%00", "/map/list/?grid=%00", "/map/list/?community=%00"]
)
def test_a_character_that_no_database_stores_is_refused(client, db, path):
    assert client.get(path).status_code == 400
