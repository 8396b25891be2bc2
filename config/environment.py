"""
Settings out of the environment. One that cannot be read is refused in a sentence that names it.

A refusal is `ImproperlyConfigured`, which manage.py prints without a traceback; it never repeats a password.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

SCHEMES = ("postgis", "postgres", "postgresql", "psql", "pgsql")  # PostGIS is asked for whichever is written
BOOLEANS = ("1", "0", "true", "false", "on", "off", "yes", "no", "")
FORM = "postgis://user:password@host:port/name"


class Environment(environ.Env):
    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False):
        given = self.ENVIRON.get(var, "").strip()
        if cast is bool and given.lower() not in BOOLEANS:
            raise ImproperlyConfigured(f"{var} is “{given}”: write on or off.")
        try:
            return super().get_value(var, cast, default, parse_default)
        except ValueError:
            raise ImproperlyConfigured(f"{var} is “{given}”: write a whole number.") from None

    def file(self, var: str) -> str:
        """Path of a file that is there; empty where `var` is."""
        path = self.ENVIRON.get(var, "").strip()
        if path and not Path(path).is_file():
            raise ImproperlyConfigured(f"{var} “{path}” is no file.")
        return path

    def database(self, var: str, default: str) -> dict[str, Any]:
        """The database that `var` names, always by GeoDjango's engine; `default` where it is empty."""
        url = self.ENVIRON.get(var, "").strip() or default
        scheme, there, _rest = url.partition("://")
        if not there or scheme not in SCHEMES:
            named = f"begins with “{scheme}://”" if there else "is no address"
            raise ImproperlyConfigured(f"{var} {named}: only PostgreSQL with PostGIS will do, as {FORM}.")
        try:
            found = self.db_url_config(_as_postgis(url))
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} cannot be read ({error}): write {FORM}.") from None
        if not found["NAME"]:
            raise ImproperlyConfigured(f"{var} names no database: write {FORM}.")
        return found


def _as_postgis(url: str) -> str:
    parts = urlsplit(url)
    int(parts.port or 0)  # raises ValueError where the port is no number
    return "postgis" + url[len(parts.scheme) :]
