"""
A full contact answer over HTTP beside an empty Django view: same server, same middleware, turn by turn.

The server is gunicorn in a process of its own, asked over one kept connection; the points are those of random
buildings, so that no answer is asked twice in a row.
"""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection
from itertools import cycle

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from bench.harness import compare

POINTS = """
    SELECT ST_X(spot), ST_Y(spot)
    FROM (SELECT code, ST_PointOnSurface(footprint) AS spot FROM buildings_building) AS building
    ORDER BY md5(code) LIMIT 500
"""


def main() -> None:
    with server() as ask:
        addresses = cycle(contacts())
        compare(
            "a contact answer over HTTP | an empty view", lambda: ask(next(addresses)), lambda: ask("/empty/"), aim=3
        )


def contacts() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(POINTS)
        return [f"/api/v1/contact/?lon={lon}&lat={lat}&coord_type=wgs84" for lon, lat in cursor.fetchall()]


@contextmanager
def server() -> Iterator:
    """A server of the bench's database; gives a function that asks an address."""
    with served(workers=1, threads=2) as port:
        http = connected(port)
        yield lambda address: body(http, address)


@contextmanager
def served(*, workers: int, threads: int) -> Iterator[int]:
    """The service on the bench's database, in processes of its own; gives the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "bench.contact:application", "--bind", f"127.0.0.1:{port}"]
    options = ["--workers", f"{workers}", "--threads", f"{threads}", "--log-level", "error", "--keep-alive", "75"]
    environment = {**os.environ, "BENCH_DATABASE": connection.settings_dict["NAME"], "LOCAL": "1", "LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(command + options, env=environment)
    try:
        connected(port).close()
        yield port
    finally:
        process.terminate()
        process.wait()


def connected(port: int) -> HTTPConnection:
    http = HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(300):
        try:
            http.connect()
            return http
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise SystemExit("the bench's server did not start")


def body(http: HTTPConnection, address: str) -> bytes:
    http.request("GET", address)
    response = http.getresponse()
    text = response.read()
    if response.status != 200:
        raise SystemExit(f"{response.status} {address} {text[:300]!r}")
    return text


# --- what the server's process loads ----------------------------------------------------------------------------------


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("empty/", empty, name="empty"), path("", include("config.urls"))]


def application(environ, start_response):
    """The service with one more address, which answers nothing."""
    return service()(environ, start_response)


@cache
def service() -> WSGIHandler:
    """Made in the server's process on its first request."""
    from accounts import policy
    from api.permissions import Politeness
    from config.wsgi import application as handler

    settings.ROOT_URLCONF = "bench.contact"
    connection.settings_dict["NAME"] = connections.databases["default"]["NAME"] = os.environ["BENCH_DATABASE"]
    policy.ROUTES["empty"] = policy.Rule(policy.ANYBODY)
    Politeness.LIMIT = 10**9
    logging.disable(logging.WARNING)  # a conflict is what some of the benches are about
    return handler
