"""A wrong setting is named in one sentence, before a visitor finds out."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.core.checks import registry

from config import basemap
from geo.crs import COORD_TYPES

TIANDITU = "https://t0.tianditu.gov.cn/vec_w/wmts?layer=vec&tilematrix={z}&tilerow={y}&tilecol={x}&tk=s3cret"


def said(**environment: str) -> str:
    """What `manage.py check` prints under an environment."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default"],
        cwd=configured.BASE_DIR, env=os.environ | environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("garbage", "DATABASE_URL is no address"),
        ("mysql://user:s3cret@host/town", "DATABASE_URL begins with “mysql://”"),
        ("postgis://user:s3cret@host", "DATABASE_URL names no database"),
        ("postgis://user:s3cret@host:door/town", "DATABASE_URL cannot be read"),
        ("postgis://user:s3cret@127.0.0.1:1/town", "DATABASE_URL names it: see that the server runs"),
    ],
)
def test_a_database_address_that_will_not_do_is_named(url, sentence):
    printed = said(DATABASE_URL=url)
    assert sentence in printed
    assert "s3cret" not in printed


@pytest.mark.parametrize("scheme", ["postgis", "postgres", "postgresql"])
def test_any_address_of_postgres_is_asked_for_postgis(scheme, monkeypatch):
    from config.environment import Environment

    monkeypatch.setenv("DATABASE_URL", f"{scheme}://town@host:5433/town")
    found = Environment().database("DATABASE_URL", "")
    assert (found["ENGINE"], found["PORT"]) == ("django.contrib.gis.db.backends.postgis", 5433)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES is “one”: write a whole number."),
        ({"DEBUG": "maybe"}, "DEBUG is “maybe”: write on or off."),
        ({"PRINT_FONT": "/no/font.ttf"}, "PRINT_FONT “/no/font.ttf” is no file."),
        ({"GDAL_LIBRARY_PATH": "/no/libgdal.so"}, "GDAL_LIBRARY_PATH “/no/libgdal.so” is no file."),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is empty"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(environment, sentence):
    assert sentence in said(**environment)


def test_a_secret_key_that_cannot_be_kept_is_named(tmp_path):
    from django.core.exceptions import ImproperlyConfigured

    from config.secret import local_secret

    (tmp_path / "var").write_text("a file where a folder should be")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        local_secret(tmp_path / "var" / "secret_key")


def found(settings, **values) -> list[str]:
    for name, value in values.items():
        setattr(settings, name, value)
    every = registry.registry.get_checks()
    ours = [check for check in every if check.__module__ == "config.checks" and "database" not in check.tags]
    return [f"{issue.msg} {issue.hint}" for check in ours for issue in check(app_configs=None, databases=None)]


def test_an_installation_with_no_settings_is_in_order(settings):
    assert found(settings) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ALLOWED_HOSTS": ["https://map.example.org"]}, "“https://map.example.org”, which is no name"),
        ({"ALLOWED_HOSTS": ["map.example.org:443"]}, "“map.example.org:443”, which is no name"),
        ({"LOCAL": True, "ALLOWED_HOSTS": ["map.example.org"]}, "passwords would travel unencrypted"),
        ({"TRUSTED_PROXIES": -1}, "TRUSTED_PROXIES is below zero"),
        ({"HOTLINE": " "}, "HOTLINE is empty"),
    ],
)
def test_a_setting_that_shuts_people_out_is_named(settings, values, sentence):
    (only,) = found(settings, **values)
    assert sentence in only


@pytest.mark.parametrize(
    ("url", "coord_type", "sentence"),
    [
        (TIANDITU, "bd09", "Baidu's tiles do not lie on the common squares"),
        (TIANDITU, "WGS84", "“WGS84”, which nobody knows"),
        (TIANDITU.replace("https", "http"), "wgs84", "is plain http"),
        (TIANDITU.replace("t0", "t{s}"), "wgs84", "leaves its host open"),
        (TIANDITU.replace("{y}", "{Y}"), "wgs84", "has no {y}"),
        ("t0.tianditu.gov.cn/{z}/{x}/{y}", "wgs84", "is no address of a server"),
        ("https://[t0/{z}/{x}/{y}", "wgs84", "is no address of a server"),
    ],
)
def test_a_base_map_that_cannot_be_drawn_is_named(settings, url, coord_type, sentence):
    (only,) = found(settings, BASEMAP_URL=url, BASEMAP_COORD_TYPE=coord_type, BASEMAP_ATTRIBUTION="天地图")
    assert sentence in only
    assert "s3cret" not in only


@pytest.mark.parametrize("coord_type", COORD_TYPES)
def test_each_kind_of_coordinates_is_drawn_or_refused(settings, coord_type):
    issues = found(settings, BASEMAP_URL=TIANDITU, BASEMAP_COORD_TYPE=coord_type, BASEMAP_ATTRIBUTION="天地图")
    assert bool(issues) == (coord_type not in basemap.DRAWN)


def test_a_base_map_wants_its_owner_named(settings):
    (only,) = found(settings, BASEMAP_URL=TIANDITU)
    assert "BASEMAP_ATTRIBUTION" in only


def test_the_policy_admits_the_hosts_of_the_base_map_and_no_other():
    two = f"{TIANDITU} {TIANDITU.replace('vec', 'cva')} http://127.0.0.1:9000/{{z}}/{{x}}/{{y}}.png"
    assert basemap.hosts(two) == ["https://t0.tianditu.gov.cn", "http://127.0.0.1:9000"]
    assert basemap.hosts("") == basemap.hosts("nonsense https://[t0/") == []
