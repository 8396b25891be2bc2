"""The map page as the server writes it, and its twin, the list."""

import re
from datetime import date, timedelta

import folium
import pytest
from branca.element import JavascriptLink
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.management import CommandError, call_command
from django.utils import timezone
from folium.plugins import Draw

from accounts.models import User
from buildings.imports.osm import CREDIT
from buildings.models import Area, GroundChange
from grids.models import Appointment, Plan
from maps.elements import as_script, town_map
from maps.extent import town_extent, towns
from maps.shell import NotVendored, shell
from maps.vacant import grids_without_worker


def test_the_page_is_smaller_than_five_thousand_bytes(town, client):
    assert len(client.get("/map/").content) < 5000


def test_the_page_names_no_other_host(town, client):
    html = client.get("/map/").content.decode()
    hosts = set(re.findall(r"https?://([^/\"' ]+)", html))
    assert hosts <= {"testserver"}


def test_each_inline_script_and_style_has_the_nonce(town, client):
    answer = client.get("/map/")
    nonce = re.search(r"'nonce-([^']+)'", answer["Content-Security-Policy"]).group(1)
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", answer.content.decode()):
        assert "src=" in tag or f'nonce="{nonce}"' in tag


def test_a_plugin_whose_library_is_not_here_is_refused():
    town = town_map((26, 119), 14)
    Draw().add_to(town)
    with pytest.raises(NotVendored):
        shell(town)


def test_any_unknown_link_is_refused():
    town = folium.Map(tiles=None)
    town.get_root().header.add_child(JavascriptLink("https://cdn.example.org/leaflet-new.js"))
    with pytest.raises(NotVendored):
        shell(town)


def test_options_cannot_leave_their_script():
    text = as_script({"name": "`${x}</script>\u2028&"})
    assert "<" not in text
    assert "\u2028" not in text


def test_a_date_that_is_none_gets_a_page_with_a_sentence(town, client):
    for path in ("/map/", "/map/list/"):
        assert client.get(path, {"date": "x"}).status_code == 400


def test_the_map_opens_on_the_town_with_the_most_buildings(town, client):
    bounds = re.search(r'"bounds":\[\[([0-9.]+),([0-9.]+)\]', client.get("/map/").content.decode())
    assert (round(float(bounds[1]), 1), round(float(bounds[2]), 1)) == (25.9, 118.9)


def test_a_community_can_be_asked_for(town, client):
    html = client.get("/map/", {"community": town.baocui}).content.decode()
    assert '"bounds":[[39.' in html


def test_a_town_can_be_asked_for_by_its_code(town, client):
    html = client.get("/map/", {"community": town.baocui[:9]}).content.decode()
    assert '"bounds":[[39.' in html


def test_the_map_of_a_day_without_a_plan_says_so(town, client):
    said = "没有施行的网格"
    assert said in client.get("/map/", {"date": "1990-01-01"}).content.decode()
    assert said not in client.get("/map/", {"date": town.day}).content.decode()


def test_only_those_who_are_signed_in_see_which_grids_lack_a_worker(town, client):
    code = grids_without_worker(town.day) or [first_grid_without_worker(town.day)]
    assert code[0] not in client.get("/map/", {"date": town.day}).content.decode()
    client.force_login(User.objects.first(), backend="django.contrib.auth.backends.ModelBackend")
    assert code[0] in client.get("/map/", {"date": town.day}).content.decode()


def first_grid_without_worker(day) -> str:
    """A code, after its workers have gone."""
    post = Appointment.objects.in_force(day).filter(role="grid_worker", grid__level=1).first()
    Appointment.objects.filter(role="grid_worker", grid=post.grid).delete()
    return post.grid.code


# --- the list ----------------------------------------------------------------------------------------------------


def test_the_list_counts_what_is_there(town, client):
    page = client.get("/map/list/", {"date": town.day}).context["page"]
    rows = {row.code: row for row in page}
    assert (rows[town.baocui].grids_n, rows[town.baocui].segments_n, rows[town.baocui].buildings_n) == (7, 21, 28)
    of_the_town = [row for code, row in rows.items() if code.startswith(town.zhangcheng)]
    assert (sum(row.grids_n for row in of_the_town), sum(row.segments_n for row in of_the_town)) == (34, 110)


def test_the_grids_of_a_community_hold_all_its_stairwells(town, client):
    page = client.get("/map/list/", {"community": town.baocui, "date": town.day}).context["page"]
    assert sum(row.stairwells_n for row in page) == 63
    assert sum(row.buildings_n for row in page) == 28


def test_the_buildings_of_a_grid_lead_to_their_doors(town, client):
    html = client.get("/map/list/", {"grid": f"{town.baocui}001", "date": town.day}).content.decode()
    assert len(re.findall(r'href="/d/[0-9]{19}/"', html)) >= 5


def test_a_list_is_few_queries_however_long(town, client, django_assert_max_num_queries):
    for query in ({}, {"community": town.nanmen}, {"grid": f"{town.nanmen}001"}):
        with django_assert_max_num_queries(6):
            assert client.get("/map/list/", query).status_code == 200


def test_a_day_without_a_plan_says_so(town, client):
    assert (
        "没有施行中的网格"
        in client.get("/map/list/", {"community": town.baocui, "date": "1990-01-01"}).content.decode()
    )


def test_what_is_not_there_is_not_found(town, client):
    assert client.get("/map/list/", {"grid": "1"}).status_code == 404
    assert client.get("/map/list/", {"community": "1"}).status_code == 404


# --- several towns ---------------------------------------------------------------------------------------------------


def provisional(code: str, west: float, south: float) -> Area:
    """A community below 未定区划, as an import makes it where it finds none."""
    parent, _made = Area.objects.get_or_create(code="999999001", defaults={"name": "未定区划", "level": 9})
    ground = MultiPolygon(Polygon.from_bbox((west, south, west + 0.01, south + 0.01)), srid=4326)
    return Area.objects.create(code=code, name=f"临时{code[-1]}", level=12, parent=parent, boundary=ground)


def test_places_far_apart_are_towns_of_their_own(town):
    before = len(towns(town.day))
    provisional("999999001001", 104.06, 30.65)
    provisional("999999001002", 24.93, 60.16)
    provisional("999999001003", 24.945, 60.16)
    found = towns(town.day)
    assert len(found) == before + 2
    assert max(east - west for west, _south, east, _north in found) < 0.1
    assert town_extent(town.day, "999999001001") == pytest.approx((104.06, 30.65, 104.07, 30.66))


def test_the_map_says_that_there_are_other_places(town, client):
    html = client.get("/map/").content.decode()
    assert "（共 2 处）" in html
    Area.objects.exclude(code__startswith=town.zhangcheng).update(boundary=None)
    assert "列表</a>" in client.get("/map/").content.decode()


# --- who is named ----------------------------------------------------------------------------------------------------


def test_whose_data_were_imported_is_named_on_the_page_and_in_the_file(town, client, settings, tmp_path):
    settings.MAP_SOURCE = "某市测绘院"
    GroundChange.objects.create(what="导入 a.osm.pbf", credit=CREDIT)
    GroundChange.objects.create(what="导入 a.osm.pbf", credit=CREDIT)
    GroundChange.objects.create(what="导入 b.csv", credit="某市测绘院")
    html = client.get("/map/").content.decode()
    assert f"某市测绘院 {CREDIT} " in html
    assert html.count("OpenStreetMap") == html.count("测绘院") == 1
    call_command("export_map", tmp_path / "net.html", community=town.baocui, verbosity=0)
    assert f"某市测绘院 {CREDIT}" in (tmp_path / "net.html").read_text()
    assert CREDIT in client.get("/d/1201130040130000301/").content.decode()


def test_a_map_of_ground_without_a_source_names_nobody(town, client):
    assert "OpenStreetMap" not in client.get("/map/").content.decode()


def test_an_export_to_nowhere_is_refused_in_a_sentence(town, tmp_path):
    with pytest.raises(CommandError, match=r"没有文件夹“.*nowhere”"):
        call_command("export_map", tmp_path / "nowhere" / "net.html", community=town.baocui)
    (tmp_path / "net.html").mkdir()
    with pytest.raises(CommandError, match=r"写不了“.*net.html”"):
        call_command("export_map", tmp_path / "net.html", community=town.baocui)


def test_the_time_slider_stops_where_the_net_changed(client, town):
    assert b'"days":["2026-01-01"]' in client.get("/map/").content
    plan = Plan.objects.in_force(date(2026, 1, 1)).order_by("pk").first()
    day = timezone.localdate() + timedelta(days=1)
    Plan.objects.filter(pk=plan.pk).update(in_force=(plan.in_force.lower, day))
    Plan.objects.create(
        community=plan.community, number=99, status="published", in_force=(day, None), published_at=timezone.now()
    )
    days = f'"days":["2026-01-01","{day}"]'.encode()
    assert days in client.get("/map/").content
    assert days in client.get(f"/map/?community={plan.community.code}").content
    other = Plan.objects.exclude(community=plan.community).first().community.code
    assert days not in client.get(f"/map/?community={other}").content
