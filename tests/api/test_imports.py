import io
import json

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.roles import Role
from api.imports import LARGEST
from buildings.models import Area, Building, Compound, Facility, GroundChange, Road
from tests.api.conftest import GEOJSON, PROBLEM, ground_changes
from tests.api.test_layers import shape
from tests.grids.conftest import CODE, box, multi
from tests.grids.test_contact import appoint

OTHER = "350125100099"
WHERE = {"layer": "buildings", "coord_type": "wgs84", "community": CODE}


def houses(*ids: str, at: float = 0.4) -> dict:
    """Small houses side by side inside the community, which is the unit square; beyond 1 they lie outside."""
    spots = [(at + 0.03 * number, 0.46) for number in range(len(ids))]
    return collection(*((shape(x, y, x + 0.02, y + 0.02), {"id": key}) for key, (x, y) in zip(ids, spots, strict=True)))


def collection(*rows: tuple[dict, dict]) -> dict:
    features = [{"type": "Feature", "geometry": geometry, "properties": properties} for geometry, properties in rows]
    return {"type": "FeatureCollection", "features": features}


def send(client: APIClient, body, content_type: str = GEOJSON, **query: str):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.generic("POST", "/api/v1/imports/", text, content_type=content_type, QUERY_STRING=_query(query))


def _query(query: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(query)


@pytest.fixture
def neighbour(net) -> Area:
    """A community of somebody else, east of ours."""
    return Area.objects.create(code=OTHER, name="东邻社区", level=12, boundary=multi(box(1, 0, 2, 1)))


def test_a_dry_run_writes_nothing_and_says_what_it_would(planner):
    before = Building.objects.count()
    answer = send(planner, houses("a", "b"), **WHERE)
    assert answer.status_code == 200
    assert answer.json()["committed"] is False
    assert answer.json()["counts"]["buildings"]["new"] == 2
    assert Building.objects.count() == before
    assert not ground_changes().exists()


def test_a_planner_imports_into_the_own_community_and_again_changes_nothing(planner):
    assert send(planner, houses("a", "b"), **WHERE, commit="true").json()["committed"] is True
    assert Building.objects.filter(source=f"api {CODE}", community__code=CODE).count() == 2
    assert ground_changes().get().by.name == "规划员"
    again = send(planner, houses("a", "b"), "application/json", **WHERE, commit="true").json()
    assert again["counts"]["buildings"]["unchanged"] == 2
    assert ground_changes().count() == 1


def test_the_command_and_the_api_do_the_same(planner, tmp_path):
    send(planner, houses("a", "b"), **WHERE, commit="true")
    written = GroundChange.objects.count()
    (tmp_path / "buildings.geojson").write_text(json.dumps(houses("a", "b")))
    out = io.StringIO()
    call_command(
        "import_ground", str(tmp_path / "buildings.geojson"), "--source", f"api {CODE}", "--community", CODE,
        "--commit", stdout=out, verbosity=0,
    )  # fmt: skip
    assert GroundChange.objects.count() == written


def test_refused_rows_are_named_with_their_number_and_place(planner, neighbour):
    tie = {"type": "Polygon", "coordinates": [[*shape(0.6, 0.6, 0.7, 0.7)["coordinates"][0][:4]]]}
    ring = tie["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    ring.append(ring[0])
    body = houses("a")
    body["features"] += collection((tie, {"id": "tie"}))["features"] + houses("out", at=1.4)["features"]
    answer = send(planner, body, **WHERE, commit="true").json()
    assert [(row["row"], row["source_id"], row["code"]) for row in answer["refused"]] == [
        (2, "tie", "self_intersection"),
        (3, "out", "outside_communities"),
    ]
    assert all(len(row["place"]) == 2 and row["sentence"] for row in answer["refused"])


# Whose ground


@pytest.mark.parametrize(("where", "status"), [({"community": OTHER}, 403), ({}, 400)])
def test_nobody_imports_into_a_community_of_others(planner, neighbour, where, status):
    query = {"layer": "buildings", "coord_type": "wgs84", "commit": "true"} | where
    answer = send(planner, houses("a", at=1.4), **query)
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert not Building.objects.filter(community=neighbour).exists()


@pytest.mark.parametrize("role", [Role.GRID_WORKER, None])
def test_who_does_not_plan_does_not_import(net, role):
    client = APIClient()
    if role:
        client.force_authenticate(appoint(role, "网格员", area=net).person)
    assert send(client, houses("a"), **WHERE, commit="true").status_code in (401, 403)


def theirs(administrator, layer: str, *rows) -> None:
    where = {"layer": layer, "coord_type": "wgs84", "source": "survey"}
    assert send(administrator, collection(*rows), **where, commit="true").status_code == 200


def test_the_rows_of_others_cannot_be_pulled_over_or_taken_away(planner, administrator, neighbour):
    """By their source and id, or by a rectangle that reaches over them."""
    ours = [(shape(x, 0.1, x + 0.05, 0.2), {"id": str(x)}) for x in (0.1, 0.3, 0.5)]
    theirs(administrator, "buildings", *ours, (shape(1.1, 0.1, 1.2, 0.2), {"id": "1.1"}))
    before = list(Building.objects.filter(community=neighbour).order_by("pk").values())
    pull = send(planner, houses("1.1"), **WHERE, source="survey", commit="true")
    assert (pull.status_code, pull.json()["code"]) == (403, "outside_your_community")
    reaching = collection(*ours, (shape(1.3, 0.0, 1.4, 0.3), {"id": "stray"}))
    take = send(planner, reaching, **WHERE, source="survey", commit="true")
    assert (take.status_code, take.json()["code"]) == (403, "outside_your_community")
    assert list(Building.objects.filter(community=neighbour).order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("layer", "model"), [("compounds", Compound), ("roads", Road), ("facilities", Facility)]
)  # fmt: skip
def test_other_layers_are_kept_to_the_own_ground_as_well(planner, neighbour, layer, model):
    away = {
        "compounds": shape(1.1, 0.1, 1.2, 0.2),
        "roads": {"type": "LineString", "coordinates": shape(1.1, 0.1, 1.2, 0.2)["coordinates"][0][:2]},
        "facilities": {"type": "Point", "coordinates": shape(1.1, 0.1, 1.2, 0.2)["coordinates"][0][0]},
    }[layer]
    before = model.objects.count()
    send(planner, collection((away, {"id": "1", "name": "x"})), **(WHERE | {"layer": layer}), commit="true")
    assert model.objects.count() == before


def test_outlines_of_communities_are_an_administrators(planner, administrator, neighbour):
    row = collection((shape(1, 0, 1.9, 1), {"code": OTHER, "name": "东邻社区"}))
    where = {"layer": "communities", "coord_type": "wgs84", "commit": "true"}
    assert send(planner, row, **where, community=CODE).status_code == 403
    assert send(administrator, row, **where).json()["counts"]["communities"]["changed"] == 1


def test_an_administrator_gets_a_provisional_community_where_there_is_none(administrator):
    answer = send(administrator, houses("a", at=5), layer="buildings", coord_type="wgs84", commit="true").json()
    assert answer["provisional_community"]["code"] == "999999001001"


def test_refusals_name_no_options_of_the_command(planner, neighbour):
    """Nobody can type --allow-mass-delete into a POST."""
    first = houses(*(str(number) for number in range(5)))
    send(planner, first, **WHERE, commit="true")
    corners = {"type": "FeatureCollection", "features": [first["features"][0], first["features"][4]]}
    mass = send(planner, corners, **WHERE, commit="true").json()
    assert mass["code"] == "mass_delete"
    tall = houses("a")
    tall["features"][0]["geometry"] = shape_with_heights()
    rows = send(planner, {**tall, "features": [*tall["features"], *houses("out", at=1.4)["features"]]}, **WHERE).json()
    said = [mass["detail"], *rows["warnings"], *(row["sentence"] for row in rows["refused"])]
    assert len(said) >= 3
    assert not [sentence for sentence in said if "--" in sentence or "manage.py" in sentence]


def shape_with_heights() -> dict:
    flat = shape(0.4, 0.46, 0.42, 0.48)
    ring = [[*spot, height] for height, spot in enumerate(flat["coordinates"][0])]
    return {"type": "Polygon", "coordinates": [[*ring[:-1], ring[0]]]}


# What is asked


def deep(levels: int) -> str:
    feature = '{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":%s}}'
    return '{"type":"FeatureCollection","features":[%s]}' % (feature % ("[" * levels + "]" * levels))


@pytest.mark.parametrize(
    ("body", "query", "status", "code"),
    [
        (houses("a"), {"coord_type": ""}, 400, "unknown_coord_type"),
        (houses("a"), {"coord_type": "mars"}, 400, "unknown_coord_type"),
        (houses("a"), {"layer": "stairwells"}, 400, "unknown_layer"),
        (houses("a"), {"commit": "yes"}, 400, "bad_commit"),
        (houses("a"), {"community": "12"}, 400, "bad_code"),
        (houses("a"), {"source": "\x00"}, 200, None),
        ("", {}, 400, "parse_error"),
        ("[1]", {}, 400, "not_a_feature_collection"),
        ('{"type":"Feature"}', {}, 400, "not_a_feature_collection"),
        (collection(), {}, 400, "nothing_to_import"),
        ('{"a":"OSMHeader"}', {}, 400, "not_a_feature_collection"),
        (b"SQLite format 3\0", {}, 400, "parse_error"),
        (houses("a") | {"crs": {"properties": {"name": "/etc/passwd"}}}, {}, 400, "unknown_crs"),
        (houses("a") | {"crs": {"type": "link"}}, {}, 400, "unknown_crs"),
        (houses("a") | {"crs": {"properties": {"name": "EPSG:999"}}}, {}, 400, "unknown_crs"),
        (deep(240), {}, 200, None), (deep(900), {}, 400, "parse_error"), (deep(5000), {}, 400, "parse_error"),
        (" " * (LARGEST + 1), {}, 413, "too_large"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_followed_gets_a_problem(planner, body, query, status, code):
    answer = send(planner, body, **(WHERE | query), **({} if "commit" in query else {"commit": "true"}))
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_document_that_names_its_system_needs_no_coord_type(planner):
    body = houses("a") | {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}
    assert send(planner, body, layer="buildings", community=CODE).json()["counts"]["buildings"]["new"] == 1
