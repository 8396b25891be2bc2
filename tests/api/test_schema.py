"""The API against its own OpenAPI document: schemathesis asks in-process, within a minute."""

import base64
from itertools import count

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from shapely.geometry import mapping

from accounts.models import User
from api.layers import LAYERS
from api.permissions import Politeness
from buildings.models import Area
from planning.base import Wish, begin
from planning.models import Draft
from tests.grids.conftest import CODE, box

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
GROUND = mapping(box(0.4, 0.4, 0.45, 0.45))
KNOWN = {
    "areas": CODE,
    "compounds": f"{CODE}-1",
    "grids": f"{CODE}001",
    "buildings": f"{CODE}00001",
    "stairwells": f"{CODE}0000101",
}
NUMBERS: dict[str, int] = {}  # the ids of the draft and its note, by the name that the path gives them
ADMINISTRATOR = {
    "Authorization": "Basic " + base64.b64encode(b"admin:password").decode(),
    "Accept-Encoding": "identity",  # schemathesis would say that it reads gzip, and does not over WSGI
}


@pytest.fixture
def api_schema(worker, settings, monkeypatch):
    """The document as it is served, with somebody who may write everything."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a thousand log-ins
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(Politeness, "LIMIT", 10**9)
    admin = User.objects.create_superuser(username="admin", password="password", name="管理员")
    draft = begin(community=Area.objects.get(code=CODE), by=admin, base="in_force", wish=Wish())
    NUMBERS.update(plan=draft.pk, note=draft.notes.create(author=admin, text="看一下").pk)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # as Django's test client does: the test's transaction lives on
    yield schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def paths() -> list[str]:
    return list(SchemaGenerator().get_schema(request=None, public=True)["paths"])


def lead_to_the_ground(case) -> None:
    """Point a made-up request to what is there, so that more than refusals is seen: one way to ask, known codes."""
    if case.path_parameters and "code" in case.path_parameters:
        case.path_parameters["code"] = KNOWN[case.path.split("/")[3]]
    case.path_parameters.update({name: NUMBERS[name] for name in case.path_parameters or () if name in NUMBERS})
    if "/plans/" in case.path:
        lead_to_the_draft(case)
    if case.path.endswith("contact/"):
        ways = ({"lon": 119.3005, "lat": 26.0505, "coord_type": "wgs84"}, {"door": KNOWN["stairwells"]})
        other = {name: value for name, value in (case.query or {}).items() if name in ("address", "date")}
        case.query = other if "address" in other else {**other, **ways[len(other)]}
    if case.path.endswith("imports/"):
        case.query = (case.query or {}) | {"layer": "buildings", "coord_type": "wgs84"}
        features = case.body.get("features") if isinstance(case.body, dict) else None
        for feature in features if isinstance(features, list) else []:
            if isinstance(feature, dict):
                feature["geometry"] = GROUND
    if isinstance(case.body, dict) and isinstance(properties := case.body.get("properties"), dict):
        case.body["geometry"] = GROUND
        properties |= {"community": CODE, "building": KNOWN["buildings"], "compound": None, "entrance": None}


def lead_to_the_draft(case) -> None:
    """Let what is sent about a draft be about this one: its community, its newest version, an operation that is."""
    if isinstance(case.body, dict):
        body = {"community": CODE, "base": "in_force", "version": Draft.objects.get(plan=NUMBERS["plan"]).version}
        case.body |= {name: value for name, value in body.items() if name in case.body}
        if isinstance(op := case.body.get("op"), dict):
            case.body["op"] = {"units": [KNOWN["stairwells"]], **op, "op": "assign", "to": None}
    if case.query and "after" in case.query:
        case.query["after"] = 0


@pytest.mark.parametrize("path", paths())
def test_no_request_breaks_the_server_or_gets_an_undocumented_answer(api_schema, path):
    turn = count()
    for operation in api_schema[path].values():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @settings(
                max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case):
                if next(turn) % 2:
                    lead_to_the_ground(case)
                case.validate_response(case.call(headers=ADMINISTRATOR), checks=CHECKS)

            ask()


def test_the_document_names_every_layer_and_the_contact():
    layers = {f"/api/v1/{name}/{rest}" for name in LAYERS for rest in ("", "{code}/")}
    plans = {path for path in paths() if path.startswith("/api/v1/plans/")}
    cases = {path for path in paths() if path.startswith(("/api/v1/cases/", "/api/v1/public/"))}
    others = {f"/api/v1/{name}/" for name in ("contact", "imports", "hotspots", "statistics")}
    assert set(paths()) == others | layers | plans | cases
    assert "/api/v1/public/cases.geojson" in cases
    assert {f"/api/v1/plans/{{plan}}/{rest}" for rest in ("", "table/", "operations/", "undo/", "problems/")} <= plans
