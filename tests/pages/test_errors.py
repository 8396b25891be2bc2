import json

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from django.test import Client, RequestFactory

from pages import asking, errors


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


def test_a_page_says_when_the_database_is_away(monkeypatch):
    def away(request):
        raise OperationalError("connection refused")

    monkeypatch.setattr(asking, "day", away)
    page = Client(raise_request_exception=False).get("/")
    assert (page.status_code, page["Retry-After"]) == (503, "10")
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


def statuses(client, **query) -> set[int]:
    """What a page, a tile and the API say to the same question."""
    point = {"lon": "119.3", "lat": "26.05", "coord_type": "wgs84"} | query
    return {client.get(path, point).status_code for path in ("/place/", "/sketch.svg", "/api/v1/contact/")}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"date": "2026-11-22"}, 200),
        ({"date": ""}, 200),
        ({"date": "1949-09-30"}, 400),
        ({"date": "9999-12-31"}, 400),
        ({"date": "2026W47"}, 400),
        ({"date": "20261122"}, 400),
        ({"date": " 2026-11-22"}, 400),
        ({"lon": "1_1"}, 400),
        ({"lon": "１１９"}, 400),
        ({"lat": " 26"}, 400),
        ({"lat": "nan"}, 400),
        ({"coord_type": "mars"}, 400),
    ],
)
def test_pages_and_programs_read_a_question_alike(client, db, query, status):
    assert statuses(client, **query) == {status}


@pytest.mark.parametrize("day", ["2026W47", "20261122", "1949-09-30"])
def test_a_tile_reads_a_day_as_pages_do(client, db, day):
    assert client.get("/tiles/x/14/13600/7000.mvt", {"date": day}).status_code == 400


def test_a_picture_opened_by_itself_finds_the_icon(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, "/static/pages/icon.svg")


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        (PermissionDenied("不归您管。"), 403, "Forbidden"),
        (BadRequest("日期不对。"), 400, "/"),
        (KeyError("ours"), 500, "KeyError: 'ours'"),
    ],
)
def test_a_refusal_is_one_line_of_the_log_and_a_fault_of_ours_keeps_its_traceback(
    monkeypatch, caplog, fault, status, says
):
    def refuse(request):
        raise fault

    monkeypatch.setattr(asking, "day", refuse)
    assert Client(raise_request_exception=False).get("/", {"date": "2026-01-01"}, secure=True).status_code == status
    lines = [line for line in caplog.text.splitlines() if line]
    assert says in caplog.text
    assert ("Traceback" in caplog.text) == (status == 500)
    assert len(lines) == 1 or status == 500


def test_a_form_without_its_token_says_what_to_do(db):
    """Django's own page is English and styled inline, which our policy refuses."""
    page = Client(enforce_csrf_checks=True).post("/login/", {"username": "a", "password": "b"})
    assert page.status_code == 403
    assert "刷新后再提交一次" in page.content.decode()
    assert "<style" not in page.content.decode()
