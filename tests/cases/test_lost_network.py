"""
Reports through a network that cuts 30 of 100 connections: each is one case with its three photos, whatever was sent
again. Sent as the telephone sends them (static/cases/outbox.js), to the server that runs in earnest.

CI sends 20; LOST_NETWORK_REPORTS=1000 sends as many as the promise says.
"""

import http.client
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.conf import settings as project
from django.contrib.gis.db.models.functions import PointOnSurface
from PIL import Image

from buildings.models import Stairwell
from cases.models import Case, Move, Photo
from tests import databases
from tests.cases.proxy import PoorNetwork
from tests.docs.test_commands import address_of

REPORTS = int(os.environ.get("LOST_NETWORK_REPORTS", "20"))
RETRIES = 5
ROUNDS = 20  # of retries: the telephone goes on whenever it has a network
AT_ONCE = 6


@contextmanager
def gunicorn(database: str, media: Path) -> Iterator[int]:
    """The port of a server with two processes on a database."""
    environment = os.environ | {
        "DATABASE_URL": address_of(database),
        "MEDIA_ROOT": str(media),
        "LOCAL": "1",
        "DEBUG": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", "127.0.0.1:0", "--workers", "2",
               "--worker-class", "gthread", "--threads", "4", "--access-logfile", "/dev/null"]  # fmt: skip
    log = (media / "log").open("w+")
    server = subprocess.Popen(command, cwd=project.BASE_DIR, env=environment, stderr=log)
    try:
        yield _port_in(media / "log")
    finally:
        server.terminate()
        server.wait(20)


def _port_in(log: Path) -> int:
    for _ in range(300):
        for line in log.read_text().splitlines():
            if "Listening at: " in line:
                port = urlsplit(line.partition("Listening at: ")[2].split()[0]).port
                assert port
                return port
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def post(port: int, path: str, fields: dict[str, str], photo: bytes = b"") -> tuple[int, dict]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if photo:
        head = (
            b'--b\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        )
        parts.append(head + photo + b"\r\n")
    there = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {
            "Content-Type": "multipart/form-data; boundary=b",
            "Accept": "application/json",
            "Connection": "close",
        }
        there.request("POST", path, b"".join(parts) + b"--b--\r\n", headers)
        answer = there.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        there.close()


def stubborn(*request) -> tuple[dict, bool]:
    """The answer, and whether five retries were enough; until it came, as the telephone does."""
    for tries in range(ROUNDS * (RETRIES + 1)):
        try:
            status, body = post(*request)
        except (OSError, http.client.HTTPException):
            continue
        assert status == 200, (status, body)
        return body, tries <= RETRIES
    raise AssertionError("the network is too poor")


def photo_of(number: int, which: int) -> bytes:
    """A small photo that no other report has."""
    out = io.BytesIO()
    Image.frombytes("L", (8, 8), Random(f"{number} {which}").randbytes(64)).resize((320, 240)).save(out, "JPEG")
    return out.getvalue()


def test_each_report_is_one_case_with_its_photos(town_database, django_db_blocker, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    name = f"{town_database}_network"
    with django_db_blocker.unblock():
        databases.copy(town_database, name)
        with databases.connected_to(name):
            doors = list(Stairwell.objects.annotate(at=PointOnSurface("footprint")).order_by("pk")[:200])
            before = Case.objects.count(), Photo.objects.count(), Move.objects.count()
            last = Case.objects.order_by("pk").last()
            with gunicorn(name, tmp_path) as port, PoorNetwork(port, cut=0.3) as network:
                began = time.monotonic()
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    told = list(pool.map(lambda n: send(network.port, n, doors[n % len(doors)]), range(REPORTS)))
                seconds = time.monotonic() - began
            after = Case.objects.count(), Photo.objects.count(), Move.objects.count()
            made = Case.objects.filter(pk__gt=last.pk if last else 0)
            photos = Photo.objects.filter(case__in=made)
            kept = {(photo.case.key, photo.key, photo.sha256) for photo in photos.select_related("case")}
            files = [sha256(photo.file.read()).hexdigest() for photo in photos]
        databases.drop(name)
    requests = 4 * REPORTS
    enough = sum(enough for _sent, enough in told)
    print(
        f"{REPORTS} reports in {seconds:.0f} s; {dict(network.came)}; {enough} of {requests} requests within 5 retries"
    )
    assert [now - then for now, then in zip(after, before, strict=True)] == [REPORTS, 3 * REPORTS, REPORTS]
    assert kept == {one for sent, _enough in told for one in sent}
    assert len(set(files)) == 3 * REPORTS
    cut = sum(count for fate, count in network.came.items() if fate != "through")
    assert cut / sum(network.came.values()) == pytest.approx(0.3, abs=0.1)


def send(port: int, number: int, door: Stairwell) -> tuple[set[tuple[UUID, UUID, str]], int]:
    """One report and its three photos; what was sent, and how many of the requests five retries were enough for."""
    random = Random(f"network {number}")
    key = UUID(int=random.getrandbits(128), version=4)
    fields = {"key": str(key), "category": "3101", "door": door.code, "text": f"第 {number} 件"}
    answer, enough = stubborn(port, "/report/", fields)
    sent, within = set(), int(enough)
    for which in range(3):
        photo, photo_key = photo_of(number, which), UUID(int=random.getrandbits(128), version=4)
        body, enough = stubborn(port, f"{answer['url']}photos/", {"key": str(photo_key)}, photo)
        assert body["sha256"] == sha256(photo).hexdigest()
        sent.add((key, photo_key, body["sha256"]))
        within += enough
    return sent, within
