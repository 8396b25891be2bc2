"""GeoReport v2: the shapes of the standard, reports in, and nothing out but what anybody may know."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as xml

import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from api.permissions import Politeness
from buildings.models import Building, Stairwell
from cases.models import Case, Category, Move, Reporter
from cases.opencases import public_cases
from cases.places import public_places
from demo import pictures
from tests.conftest import UNTIL
from tests.payloads import PAYLOADS

ROOT, GEOJSON = "/open311/v2", "/api/v1/public/cases.geojson"
SINCE = {"start_date": (UNTIL - timedelta(days=60)).isoformat(), "end_date": UNTIL.isoformat()}
# The members of the standard, and those that are always there.
SERVICE = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
REQUEST = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
}  # fmt: skip
A_LAMP = {
    "api_key": "xyz", "jurisdiction_id": "city.example", "service_code": "3101", "lat": "25.87012", "long": "118.93034",
    "email": "smith@example.org", "device_id": "tt222111", "account_id": "123456", "first_name": "小明",
    "last_name": "史", "phone": "19900001111", "description": "路灯不亮", "attribute[X]": "1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def plain_http(settings, monkeypatch) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(Politeness, "LIMIT", 10**9)


def read(client, path: str, **asked):
    answer = client.get(f"{ROOT}/{path}.json", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_services_are_the_categories_that_can_be_reported(town, client):
    found = read(client, "services")
    assert all(set(row) == SERVICE for row in found)
    assert {row["service_code"] for row in found} == set(
        Category.objects.filter(in_use=True, parent__isnull=False).values_list("code", flat=True)
    )
    assert {row["type"] for row in found} == {"realtime"}
    assert {row["metadata"] for row in found} == {False}
    assert read(client, "services/3101") == {"service_code": "3101", "attributes": []}


@pytest.mark.parametrize("path", ["services/9999", "services/31", "requests/0000000", "requests/x", "tokens/0000018"])
@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_is_not_there_is_said_in_the_form_that_was_asked_for(town, client, path, form):
    answer = client.get(f"{ROOT}/{path}.{form}")
    assert answer.status_code == 404
    if form == "json":
        [error] = answer.json()
        assert error["code"] == 404
        assert error["description"]
    else:
        assert xml.fromstring(answer.content).findtext("error/code") == "404"


def test_requests_have_the_members_of_the_standard(town, client):
    found = read(client, "requests", **SINCE)
    assert len(found) > 100
    for row in found:
        assert set(row) == REQUEST
        assert row["status"] in ("open", "closed")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", row["requested_datetime"])
        assert isinstance(row["service_request_id"], str)
    assert [row["requested_datetime"] for row in found] == sorted(
        (row["requested_datetime"] for row in found), reverse=True
    )


def test_xml_says_what_json_says(town, client):
    first = read(client, "requests", **SINCE)[0]
    root = xml.fromstring(client.get(f"{ROOT}/requests.xml", SINCE).content)
    assert root.tag == "service_requests"
    row = {child.tag: child.text for child in root[0]}
    assert root[0].tag == "request"
    assert row == {name: None if value is None else str(value) for name, value in first.items()}


def test_requests_are_filtered(town, client):
    rows = read(client, "requests", **SINCE, service_code="3101,0503", status="closed")
    assert rows
    assert {row["service_code"] for row in rows} == {"3101", "0503"}
    assert {row["status"] for row in rows} == {"closed"}
    numbers = [row["service_request_id"] for row in rows[:3]]
    named = read(client, "requests", service_request_id=",".join(numbers))
    assert {row["service_request_id"] for row in named} == set(numbers)
    [one] = read(client, f"requests/{numbers[0]}")
    assert one == rows[0]


@pytest.mark.parametrize(
    "asked", [{"status": "x"}, {"start_date": "gestern"}, {"end_date": "2026-99-99"}, {"start_date": "0001-01-01"}]
)
def test_a_filter_that_cannot_be_read_is_refused(town, client, asked):
    answer = client.get(f"{ROOT}/requests.json", asked)
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)


def test_a_span_is_cut_at_ninety_days(town, client):
    rows = read(client, "requests", start_date="2025-01-01")
    assert max(row["requested_datetime"] for row in rows) < "2025-04-02"


def test_sensitive_refused_and_merged_cases_are_not_told(town, client):
    secret = Case.objects.filter(category__sensitive=True).first()
    assert client.get(f"{ROOT}/requests/{secret.number}.json").status_code == 404
    for status in ("rejected", "voided", "merged"):
        case = Case.objects.filter(status=status).first()
        assert client.get(f"{ROOT}/requests/{case.number}.json").status_code == 404


def test_a_case_is_told_at_its_public_place_alone(town, client):
    rows = {row["service_request_id"]: row for row in read(client, "requests", **SINCE)}
    cases = Case.objects.select_related("building", "community").filter(reported_at__gte=UNTIL - timedelta(days=30))
    places = public_places(cases)
    told = {case.pk: rows[case.number] for case in cases if case.number in rows}
    assert len(told) > 50
    for pk, row in told.items():
        assert (row["long"], row["lat"]) == (places[pk].lon, places[pk].lat)
    exact = {(round(case.point.x, 7), round(case.point.y, 7)) for case in cases}
    assert exact.isdisjoint({(row["long"], row["lat"]) for row in rows.values()})


def test_nothing_of_a_reporter_goes_out(town, client):
    """Searched as bytes: names, telephones, marks, keys, of every case; and words that nobody has looked at."""
    asked = ((f"{ROOT}/requests.json", SINCE), (f"{ROOT}/requests.xml", SINCE), (GEOJSON, {"size": 500}))
    said = b"".join(client.get(path, what).content for path, what in asked)
    assert len(said) > 100_000
    secrets = {
        value for row in Reporter.objects.values_list("phone", "mark", "name") for value in row if len(value) > 2
    }
    secrets |= {str(key) for key in Case.objects.values_list("key", flat=True)}
    texts = Case.objects.exclude(text="")
    secrets |= set(texts.exclude(words="shown").values_list("text", flat=True)) - set(
        texts.filter(words="shown").values_list("text", flat=True)
    )
    assert len(secrets) > 4000
    assert [secret for secret in secrets if secret.encode() in said] == []


def test_a_telephone_in_the_words_to_the_resident_is_not_told(town, client):
    case = public_cases().order_by("-pk").first()
    assert case
    Move.objects.create(
        case=case, at=timezone.now(), act="note", status=case.status, level=case.level, public_note="请打 13912340000"
    )
    for path in (f"{ROOT}/requests/{case.number}.json", f"{GEOJSON}?size=1"):
        said = client.get(path).content.decode()
        assert "请打" in said
        assert "13912340000" not in said


# Reports


def post(client, form: str = "json", **said):
    return client.post(f"{ROOT}/requests.{form}", {**A_LAMP, **said})


def test_a_report_comes_in_like_a_residents_own(town, client):
    answer = post(client)
    assert answer.status_code == 200, answer.content
    [said] = answer.json()
    assert said == {"service_request_id": said["service_request_id"], "service_notice": None, "account_id": None}
    case = Case.objects.latest("pk")
    assert (case.number, case.source, case.category.code) == (said["service_request_id"], "open311", "3101")
    assert (case.text, case.words, case.coord_type) == ("路灯不亮", "waiting", "wgs84")
    assert case.point.coords == (118.93034, 25.87012)
    assert case.community.code.startswith(town.zhangcheng)
    assert case.moves.get().act == "report"
    assert (case.reporter.name, case.reporter.phone, case.reporter.email) == (
        "史小明",
        "19900001111",
        "smith@example.org",
    )
    assert len(case.reporter.mark) == 43
    assert read(client, f"tokens/{case.number}") == [{"service_request_id": case.number, "token": case.number}]
    [told] = read(client, f"requests/{case.number}")
    assert (told["status"], told["description"]) == ("open", None)


def test_the_answer_to_a_report_can_be_xml(town, client):
    root = xml.fromstring(post(client, "xml").content)
    assert root.findtext("request/service_request_id") == Case.objects.latest("pk").number


def test_the_same_report_sent_again_is_one_case(town, client):
    first, again, other = post(client), post(client), post(client, description="还有一盏")
    assert first.content == again.content != other.content


def test_the_key_of_a_report_cannot_be_worked_out_of_what_was_sent(town, client, settings):
    """It opens the resident's own page: another installation makes another one of the same report."""
    keys = set()
    for secret in ("one" * 20, "two" * 20):
        settings.SECRET_KEY = secret
        post(client)
        keys.add(Case.objects.latest("pk").key)
    assert len(keys) == 2


def test_a_report_brings_a_picture(town, client):
    photo = SimpleUploadedFile("a.jpg", pictures.draw("lamp", done=False), "image/jpeg")
    assert post(client, media=photo).status_code == 200
    assert Case.objects.latest("pk").photos.count() == 1
    bad = SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>", "image/jpeg")
    assert post(client, media=bad, description="x").status_code == 400


def test_a_door_can_be_named_by_its_code(town, client):
    door = Stairwell.objects.filter(code__startswith=town.baocui).first()
    said = {name: value for name, value in A_LAMP.items() if name not in ("lat", "long")} | {"address_id": door.code}
    assert client.post(f"{ROOT}/requests.json", said).status_code == 200
    assert Case.objects.latest("pk").stairwell == door


def test_an_exact_address_is_a_place(town, client):
    building = Building.objects.filter(code__startswith=town.baocui, number="3").select_related("compound").first()
    said = {name: value for name, value in A_LAMP.items() if name not in ("lat", "long")}
    said["address_string"] = f"{building.compound.name}{building.number}号楼"
    assert client.post(f"{ROOT}/requests.json", said).status_code == 200
    assert Case.objects.latest("pk").building == building


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"service_code": ""}, 400), ({"service_code": "nope"}, 404), ({"lat": "x"}, 400), ({"lat": "nan"}, 400),
        ({"lat": "91"}, 400), ({"long": "181"}, 400), ({"phone": "ruf mich an"}, 400), ({"email": "x@@"}, 400),
        ({"description": "长" * 1001}, 400), ({"description": "\x00"}, 400), ({"first_name": "\x00"}, 400),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_taken_says_why(town, client, wrong, code):
    before = Case.objects.count()
    answer = post(client, **wrong)
    assert (answer.status_code, answer.json()[0]["code"]) == (code, code)
    assert Case.objects.count() == before


def test_a_report_without_a_place_is_refused(town, client):
    said = {name: value for name, value in A_LAMP.items() if name not in ("lat", "long")}
    assert client.post(f"{ROOT}/requests.json", said).status_code == 400


def test_an_installation_with_keys_asks_for_one(town, client, settings):
    settings.OPEN311_KEYS = ["geheim"]
    refused = post(client)
    assert (refused.status_code, refused.json()[0]["code"]) == (403, 403)
    assert post(client, api_key="geheim").status_code == 200


def test_a_flood_is_stopped(town, client, settings):
    settings.REPORTS_AN_HOUR = 2
    assert [post(client, description=f"{n}").status_code for n in range(4)] == [200, 200, 429, 429]


def test_discovery_leads_to_the_endpoint(town, client):
    said = client.get("/open311/discovery.json").json()
    [endpoint] = said["endpoints"]
    assert endpoint["url"].endswith("/open311/v2")
    root = xml.fromstring(client.get("/open311/discovery.xml").content)
    assert root.findtext("endpoints/endpoint/formats/format") == "application/json"


def test_scripts_in_texts_stay_texts(town, client):
    """Each payload in every column that goes out: JSON and XML read back are what was written."""
    case = Case.objects.filter(words="shown", category__code="3101", status="closed").latest("reported_at")
    moves = case.moves.model
    for payload in PAYLOADS:
        Case.objects.filter(pk=case.pk).update(text=payload)
        moves.objects.create(case=case, at=UNTIL, act="note", status=case.status, level=1, public_note=payload)
        answer = client.get(f"{ROOT}/requests/{case.number}.json")
        assert answer["Content-Type"].startswith("application/json")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert json.loads(answer.content)[0]["status_notes"] == payload
        root = xml.fromstring(client.get(f"{ROOT}/requests/{case.number}.xml").content)
        assert [element.tag for element in root.iter()].count("request") == 1
        assert len(list(root[0].iter())) == 1 + len(REQUEST)


# The standard as OpenAPI, for a program that tries to break it

TEXT = {"type": "string"}
FORM = {"name": "form", "in": "path", "required": True, "schema": {"enum": ["json", "xml"]}}


def operation(*parameters: dict, body: dict | None = None) -> dict:
    found: dict = {"parameters": [FORM, *parameters], "responses": {"default": {"description": "any"}}}
    if body:
        found["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": body}}}
    return found


def asked(*names: str) -> list[dict]:
    return [{"name": name, "in": "query", "schema": TEXT} for name in names]


WORD = {"name": "word", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9A-Za-z-]{1,24}$"}}
REPORT = {
    "type": "object",
    "properties": dict.fromkeys(A_LAMP, TEXT) | {"service_code": {"enum": ["3101", "0503", "x"]}},
    "required": ["service_code", "lat", "long"],
}
STANDARD = {
    "openapi": "3.0.3",
    "info": {"title": "GeoReport v2", "version": "2"},
    "paths": {
        "/open311/discovery.{form}": {"get": operation()},
        f"{ROOT}/services.{{form}}": {"get": operation()},
        f"{ROOT}/services/{{word}}.{{form}}": {"get": operation(WORD)},
        f"{ROOT}/requests/{{word}}.{{form}}": {"get": operation(WORD)},
        f"{ROOT}/tokens/{{word}}.{{form}}": {"get": operation(WORD)},
        f"{ROOT}/requests.{{form}}": {
            "get": operation(*asked("service_request_id", "service_code", "start_date", "end_date", "status")),
            "post": operation(body=REPORT),
        },
    },
}


@pytest.fixture
def open_connection() -> Iterator[None]:
    """As Django's test client does: the test's transaction lives on after a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, item in STANDARD["paths"].items() for method in item]
)
def test_no_request_breaks_the_server(town, settings, open_connection, path, method):
    settings.REPORTS_AN_HOUR = 10**9
    schema = schemathesis.openapi.from_dict(STANDARD)
    schema.app = get_wsgi_application()
    strategy = schema[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=strategy)
    @limits(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def ask(case) -> None:
        answer = case.call(app=schema.app)
        case.validate_response(answer, checks=[not_a_server_error])

    ask()


def test_reports_of_today_are_among_the_last(town, client):
    number = post(client).json()[0]["service_request_id"]
    assert number in {row["service_request_id"] for row in read(client, "requests")}
    assert timezone.now() - Case.objects.latest("pk").reported_at < timedelta(minutes=5)
