"""
The demo town in a database of its own beside the empty one, so that each test has the one that it asks for.

Loading the town takes seconds; copying a database takes a tenth of one. So the town is loaded once a session, and
whoever must commit to it, such as a live server, takes a copy.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, connections
from psycopg2 import sql

ROOT = Path(__file__).parent.parent
ROOMS = ("geo", "accounts", "buildings", "grids", "cases", "demo")  # whose code decides what the loaded town looks like


def fingerprint() -> str:
    """Of all code that makes the town: a kept database with another one is stale."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def mark_of(name: str) -> str | None:
    """What was written on a database when it was made; None where there is none of this name."""
    question = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s"
    with connection._nodb_cursor() as cursor:
        cursor.execute(question, [name])
        row = cursor.fetchone()
    return row[0] if row else None


def mark(name: str, text: str) -> None:
    _run("COMMENT ON DATABASE {name} IS {text}", name=sql.Identifier(name), text=sql.Literal(text))


def copy(template: str, name: str) -> None:
    """Make a database as it is, over one of the same name. Nobody may be connected to the template."""
    drop(name)
    connection.close()
    _run("CREATE DATABASE {name} TEMPLATE {template}", name=sql.Identifier(name), template=sql.Identifier(template))


def drop(name: str) -> None:
    _run("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=sql.Identifier(name))


def _run(statement: str, **parts: sql.Composable) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**parts))


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """
    The default connection leads to another database, in this thread and in those that begin meanwhile.

    The connection of before is put aside as it is, with the transaction that it may be in.
    """
    before, settings = connections["default"], connections.settings["default"]
    name_before = settings["NAME"]
    connections["default"] = before.copy()
    connections["default"].settings_dict = settings | {"NAME": name}
    settings["NAME"] = name
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before
        settings["NAME"] = name_before
