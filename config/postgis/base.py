"""Named `base` since Django looks for a backend under this name."""

import select

import orjson
from django.contrib.gis.db.backends.postgis import base
from psycopg2.extras import register_default_json

# Columns of the type `json`, such as the staff of a contact answer; Django reads its own `jsonb` by itself.
register_default_json(globally=True, loads=orjson.loads)


class DatabaseWrapper(base.DatabaseWrapper):
    """
    PostGIS, whose kept connections are checked without a query.

    Django asks `SELECT 1` before the first query of each request, which costs as much as a resident's whole answer. A
    server that has gone away has closed its end of the socket, or said goodbye on it: either can be read. Where there
    is nothing to read the connection is as good as one that has just answered.
    """

    health_check_enabled: bool
    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        if self.health_check_enabled and not self.health_check_done and self._is_quiet():
            self.health_check_done = True
        super().close_if_health_check_failed()

    def _is_quiet(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
