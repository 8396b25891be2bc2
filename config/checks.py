"""Start-up checks: say what is wrong with this installation before a visitor finds out."""

import os

from django.conf import settings
from django.core.checks import Error, Warning, register
from django.db import connection
from django.db.utils import OperationalError

from config import basemap

HERE = {"127.0.0.1", "localhost", "[::1]"}


@register()
def the_base_map_can_be_drawn(app_configs, **kwargs):
    if not settings.BASEMAP_URL:
        return []
    plain_http = settings.LOCAL or settings.DEBUG
    found = basemap.faults(settings.BASEMAP_URL, settings.BASEMAP_COORD_TYPE, plain_http=plain_http)
    errors = [Error(sentence, hint=hint, id="config.E003") for sentence, hint in found]
    if settings.BASEMAP_ATTRIBUTION:
        return errors
    hint = "Set BASEMAP_ATTRIBUTION to what its owner wants to be called."
    return [*errors, Warning("BASEMAP_URL is set without BASEMAP_ATTRIBUTION.", hint=hint, id="config.W001")]


@register()
def somebody_is_let_in(app_configs, **kwargs):
    names = settings.ALLOWED_HOSTS
    if not names and not settings.DEBUG:
        hint = "Set it to the names that visitors type, such as map.example.org."
        return [Error("ALLOWED_HOSTS is empty, so every visitor is refused.", hint=hint, id="config.E004")]
    hint = "Names alone, without https:// and without a port."
    wrong = [name for name in names if "/" in name or (":" in name and name not in HERE)]
    return [Error(f"ALLOWED_HOSTS holds “{name}”, which is no name.", hint=hint, id="config.E004") for name in wrong]


@register()
def plain_http_stays_on_this_machine(app_configs, **kwargs):
    others = sorted(set(settings.ALLOWED_HOSTS) - HERE)
    if not settings.LOCAL or not others:
        return []
    sentence = f"LOCAL is on while ALLOWED_HOSTS names {', '.join(others)}: passwords would travel unencrypted."
    return [Warning(sentence, hint="Leave LOCAL out where others come in.", id="config.W003")]


@register()
def numbers_make_sense(app_configs, **kwargs):
    wanted = {"TRUSTED_PROXIES": settings.TRUSTED_PROXIES, "HSTS_SECONDS": settings.SECURE_HSTS_SECONDS}
    wrong = [name for name, number in wanted.items() if number < 0]
    return [Error(f"{name} is below zero.", hint="Write 0 or more.", id="config.E005") for name in wrong]


@register()
def somebody_answers_last(app_configs, **kwargs):
    if settings.HOTLINE.strip():
        return []
    hint = "Leave it out for 12345, or set the number that always answers."
    return [Error("HOTLINE is empty, and each page ends with it.", hint=hint, id="config.E006")]


@register()
def browser_libraries_are_installed(app_configs, **kwargs):
    if (settings.NODE_MODULES / "leaflet").is_dir():
        return []
    return [Error("node_modules has no Leaflet.", hint="Run `npm ci`, or `make run`.", id="config.E001")]


@register("database")
def postgis_is_there(app_configs, databases=None, **kwargs):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extname FROM pg_extension")
            have = {name for (name,) in cursor.fetchall()}
    except OperationalError as error:
        return [Error(f"The database does not answer: {error}", hint=_way_to_a_database(), id="config.E002")]
    missing = {"postgis", "btree_gist", "pg_trgm"} - have
    if not missing:
        return []
    hint = "`manage.py migrate` creates them; the role needs the right, or an administrator does it."
    return [Warning(f"Extensions missing: {', '.join(sorted(missing))}.", hint=hint, id="config.W002")]


def _way_to_a_database() -> str:
    if os.environ.get("DATABASE_URL"):
        return "DATABASE_URL names it: see that the server runs, and that name, user and password are right."
    return "Start it with `python3 tools/devdb.py up`, or set DATABASE_URL."
