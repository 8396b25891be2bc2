"""Statements that PostgreSQL plans once a connection: to plan a join of nine tables takes longer than to answer it."""

from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # names of statements by psycopg2 connection


class Prepared:
    """
    One statement with named parameters and their types of SQL.

    `Prepared("grid_of", "SELECT ... WHERE id = %(grid)s", grid="bigint").rows(grid=3)`
    """

    def __init__(self, name: str, sql: str, **types: str):
        self.name = name
        self.names: tuple[str, ...] = ()  # of its columns, once they are known
        body = sql % {parameter: f"${position}" for position, parameter in enumerate(types, start=1)}
        self.prepare = f"PREPARE {name} ({', '.join(types.values())}) AS {body}"
        self.execute = f"EXECUTE {name} ({', '.join(f'%({parameter})s' for parameter in types)})"

    def rows(self, **parameters: Any) -> list[dict[str, Any]]:
        """The answer, a dict a row."""
        self._make_ready()
        with connection.cursor() as cursor:
            cursor.execute(self.execute, parameters)
            self.names = self.names or tuple(column.name for column in cursor.description)
            return [dict(zip(self.names, row, strict=True)) for row in cursor.fetchall()]

    def _make_ready(self) -> None:
        connection.ensure_connection()
        session = connection.connection
        known = _prepared.setdefault(session, set())
        if self.name not in known:
            with session.cursor() as cursor:
                cursor.execute(self.prepare)
            known.add(self.name)
