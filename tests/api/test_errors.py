"""Every refusal below /api/ is one document of one shape, whatever refuses."""

import pytest
from django.db import OperationalError
from django.test import Client

from api import features
from tests.api.conftest import PROBLEM

MEMBERS = {"type", "title", "status", "detail", "code", "field", "place"}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "/api/v1/areas/x%0a/", 404),
        ("get", "/api/nowhere/", 404),
        ("get", "/api/schema/?format=xml", 404),
        ("post", "/api/schema/", 405),
        ("post", "/api/docs/", 405),
        ("delete", "/api/v1/contact/", 405),
        ("get", "/api/v1/contact/", 400),
    ],
)
def test_a_refusal_is_a_whole_problem_document(client, db, method, address, status):
    response = getattr(client, method)(address)
    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
    assert set(problem) == MEMBERS
    assert problem["status"] == status
    assert problem["type"] == f"urn:neighbourhood-map:problem:{problem['code']}"


def test_a_foreign_host_gets_one_too(client, db):
    response = client.get("/api/v1/areas/", headers={"host": "evil.example"})
    assert (response.status_code, set(response.json())) == (400, MEMBERS)


@pytest.fixture
def stranger() -> Client:
    """A client that sees the server's own answer to a fault."""
    return Client(raise_request_exception=False)


def fails(monkeypatch, fault: Exception) -> None:
    def fail(*args, **kwargs):
        raise fault

    monkeypatch.setattr(features, "page", fail)


class NoSlot(Exception):
    pgcode = "53300"  # too_many_connections


class TooLong(Exception):
    pgcode = "57014"  # query_canceled


def because(cause: Exception | None) -> OperationalError:
    fault = OperationalError("server closed the connection unexpectedly")
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize("cause", [None, NoSlot()])
def test_while_the_database_is_away_programs_are_told_to_come_back(stranger, db, monkeypatch, cause):
    fails(monkeypatch, because(cause))
    response = stranger.get("/api/v1/areas/")
    assert (response.status_code, response["Content-Type"]) == (503, PROBLEM)
    assert int(response["Retry-After"]) > 0
    assert set(response.json()) == MEMBERS


@pytest.mark.parametrize("fault", [because(TooLong()), ValueError("ours")])
def test_a_fault_of_ours_is_no_absence_of_the_database(stranger, db, monkeypatch, fault):
    fails(monkeypatch, fault)
    response = stranger.get("/api/v1/areas/")
    assert (response.status_code, set(response.json())) == (500, MEMBERS)
    assert "Retry-After" not in response
