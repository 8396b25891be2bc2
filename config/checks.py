"""Start-up checks: say what is wrong with this installation before a visitor finds out."""

from django.conf import settings
from django.core.checks import Error, Warning, register
from django.db import connection
from django.db.utils import OperationalError


@register()
def basemap_names_its_hosts(app_configs, **kwargs):
    if not settings.BASEMAP_URL or settings.BASEMAP_HOSTS:
        return []
    hint = "Set BASEMAP_HOSTS to the hosts of BASEMAP_URL, else the Content-Security-Policy blocks its pictures."
    return [Warning("BASEMAP_URL is set without BASEMAP_HOSTS.", hint=hint, id="config.W001")]


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
        hint = "Start it with `python3 tools/devdb.py up`, or set DATABASE_URL."
        return [Error(f"The database does not answer: {error}", hint=hint, id="config.E002")]
    missing = {"postgis", "btree_gist", "pg_trgm"} - have
    if not missing:
        return []
    hint = "`manage.py migrate` creates them; the role needs the right, or an administrator does it."
    return [Warning(f"Extensions missing: {', '.join(sorted(missing))}.", hint=hint, id="config.W002")]
