"""Webhooks: signed, tried again, without a word of a reporter, and never into our own network."""

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import sleep
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cases import moves, targets, webhooks
from cases.models import Case, Move, Webhook
from tests.conftest import UNTIL

SECRET = "a secret of many letters"


class Receiver(BaseHTTPRequestHandler):
    """Another program, which answers what a test wants and keeps what it was sent."""

    answers: ClassVar[list[int]] = []
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        """Not to the tests' output."""


@pytest.fixture
def receiver(settings) -> Iterator[str]:
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    Receiver.answers.clear()
    Receiver.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook?a=1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def step(town) -> Move:
    return Move.objects.filter(act="close", case__words="shown", case__category__sensitive=False).latest("pk")


def queued() -> list[list[int]]:
    rows = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=webhooks.push.module_path)
    return [row.args_kwargs["args"] for row in rows.order_by("run_after", "enqueued_at")]


def push(url: str, move: Move, attempt: int = 1) -> Webhook:
    webhook, _new = Webhook.objects.get_or_create(url=url, secret=SECRET)
    webhooks.push.func(webhook.pk, move.pk, attempt)
    return webhook


def test_a_step_is_queued_for_whoever_wants_it(town):
    every = Webhook.objects.create(url="https://a.example/", secret=SECRET)
    closing = Webhook.objects.create(url="https://b.example/", secret=SECRET, acts=["close"])
    Webhook.objects.create(url="https://c.example/", secret=SECRET, in_use=False)
    case = Case.objects.filter(status="verified").latest("pk")
    first = moves.append(case, "verify", by=None, at=UNTIL)
    assert queued() == [[every.pk, first.pk, 1]]
    last = moves.append(case, "close", by=None, at=UNTIL)
    assert queued()[1:] == [[every.pk, last.pk, 1], [closing.pk, last.pk, 1]]
    moves.append(case, "note", by=None, at=UNTIL, reason="unter uns")
    assert len(queued()) == 3


def test_what_arrives_is_signed_and_new(receiver, step):
    push(receiver, step)
    [(headers, body)] = Receiver.got
    expected = hmac.new(SECRET.encode(), headers["X-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Signature"] == f"sha256={expected}"
    assert abs(int(headers["X-Timestamp"]) - timezone.now().timestamp()) < 5
    assert headers["X-Event"] == str(step.pk)
    assert queued() == []


def test_what_arrives_has_nothing_of_the_reporter_nor_words_nor_names(receiver, town):
    steps = Move.objects.exclude(case__reporter=None).exclude(case__text="").select_related("case__reporter", "by")
    for step in steps.order_by("-pk")[:60]:
        message = json.dumps(webhooks.message(step), ensure_ascii=False)
        case = step.case
        secrets = [str(case.key), case.text, case.reporter.mark, case.reporter.phone, case.reporter.name, step.reason]
        secrets += [step.by.name, step.by.username] if step.by else []
        assert [secret for secret in secrets if secret and secret in message] == []
        assert str(case.point.x) not in message


def test_a_sensitive_matter_has_no_place(town):
    step = Move.objects.filter(case__category__sensitive=True).latest("pk")
    assert webhooks.message(step)["case"]["place"] is None


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_what_is_not_taken_comes_again_after_a_pause(receiver, step, answer):
    Receiver.answers[:] = [answer]
    webhook = push(receiver, step)
    [again] = DBTaskResult.objects.filter(task_path=webhooks.push.module_path)
    assert again.args_kwargs["args"] == [webhook.pk, step.pk, 2]
    assert timedelta(seconds=50) < again.run_after - timezone.now() < timedelta(seconds=61)
    assert len(Receiver.got) == 1  # a redirect is not followed


def test_in_the_end_it_is_given_up(receiver, step):
    Receiver.answers[:] = [500]
    push(receiver, step, attempt=len(webhooks.PAUSES) + 1)
    assert queued() == []


def test_a_receiver_that_is_gone_is_not_called_again(receiver, step):
    Receiver.answers[:] = [410]
    webhook = push(receiver, step)
    webhook.refresh_from_db()
    assert not webhook.in_use
    push(receiver, step)
    assert len(Receiver.got) == 1


def test_nobody_there_is_tried_again(step, settings):
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    webhook = push("http://127.0.0.1:1/", step)
    assert queued() == [[webhook.pk, step.pk, 2]]


def test_what_a_worker_had_when_it_died_comes_again(step):
    webhook = Webhook.objects.create(url="https://a.example/", secret=SECRET)
    webhooks.push.enqueue(webhook.pk, step.pk, 3)
    died = timezone.now() - timedelta(hours=1)
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=died, worker_ids=["gone"])
    assert webhooks.requeue_stuck() == 1
    assert queued() == [[webhook.pk, step.pk, 3]]
    assert webhooks.requeue_stuck() == 0


INSIDE = [
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "192.0.2.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]",
    "[::ffff:a00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[ff02::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_no_address_of_our_own_network_is_called(host):
    with pytest.raises(targets.Refused):
        targets.look_up(f"https://{host}/")


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_nor_by_another_name_of_it(host):
    with pytest.raises((targets.Refused, targets.Unreached)):
        targets.look_up(f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.215.14/", "ftp://a.example/", "https://", "https://u:p@a.example/", "https://a.example:0/",
        "https://a.example:99999/", "https://[::1/", "https://a.example/\r\nX: 1", "javascript:alert(1)", "//a.example",
    ],
)  # fmt: skip
def test_what_is_no_public_https_address_is_not_kept(url):
    with pytest.raises(ValidationError):
        Webhook(url=url, secret=SECRET).clean()


def test_a_short_secret_is_not_kept():
    with pytest.raises(ValidationError):
        Webhook(url="https://93.184.215.14/", secret="short").clean()
    Webhook(url="https://93.184.215.14/hook", secret=SECRET).clean()


def test_a_name_with_one_address_inside_is_refused(monkeypatch):
    found = [(0, 0, 0, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)
    with pytest.raises(targets.Refused):
        targets.look_up("https://a.example/")


def test_the_call_goes_to_the_address_that_was_checked(receiver, monkeypatch):
    """A name that leads elsewhere at the second look-up (DNS rebinding) is never looked up a second time."""
    target = targets.look_up(receiver.replace("127.0.0.1", "127.0.0.1"))
    renamed = targets.Target(target.parts, "a.example", target.port, target.address)
    asked: list[str] = []
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **m: (asked.append(host), real(host, *a, **m))[1])
    assert targets.post(renamed, b"{}", {}) == 200
    assert Receiver.got[0][0]["Host"] == f"a.example:{target.port}"
    assert "a.example" not in asked


def test_a_receiver_that_drips_does_not_hold_a_worker(monkeypatch, settings):
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(targets, "PATIENCE", 0.4)
    server = socket.create_server(("127.0.0.1", 0))
    Thread(target=drip, args=[server], daemon=True).start()
    start = timezone.now()
    with pytest.raises(targets.Unreached):
        targets.post(targets.look_up(f"http://127.0.0.1:{server.getsockname()[1]}/"), b"{}", {})
    assert timezone.now() - start < timedelta(seconds=2)
    server.close()


def drip(server: socket.socket) -> None:
    with server.accept()[0] as visitor:
        for letter in b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 50:
            try:
                visitor.send(bytes([letter]))
            except OSError:
                return
            sleep(0.1)
