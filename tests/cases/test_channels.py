"""The gateways of short messages and WeChat, against a server on this machine."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cases import channels
from cases.channels import Recipient, Sms, Undelivered, WeChat

SECRET = "秘密-of-the-gateway"


class Gateway(BaseHTTPRequestHandler):
    """Answers with the status, after the pause, that the test put on the server; keeps what came."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, dict(self.headers), body))
        time.sleep(self.server.pause)
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *given) -> None:
        pass


@pytest.fixture
def gateway(settings):
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    server.came, server.status, server.pause = [], 204, 0
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    settings.SMS_URL = settings.WECHAT_URL = f"http://127.0.0.1:{server.server_port}/send"
    settings.SMS_SECRET = settings.WECHAT_SECRET = SECRET
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("channel", [Sms(), WeChat()])
def test_a_message_arrives_signed(gateway, channel):
    channel.send("13912345678", "诉求 0000018：已受理。", "812")
    ((path, headers, body),) = gateway.came
    assert path == "/send"
    assert json.loads(body) == {"key": "812", "to": "13912345678", "text": "诉求 0000018：已受理。"}
    assert headers["X-Signature"] == channels.signed(SECRET, headers["X-Timestamp"], body)
    assert abs(int(headers["X-Timestamp"]) - time.time()) < 5


def test_the_signature_is_that_of_the_documentation():
    expected = "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"  # openssl dgst -sha256 -hmac key
    assert channels.signed("key", "1700000000", b"{}") == f"sha256={expected}"


@pytest.mark.parametrize("status", [302, 400, 403, 500, 503])
def test_any_other_answer_is_tried_again_and_not_followed(gateway, status):
    gateway.status = status
    with pytest.raises(Undelivered, match=f"HTTP {status}"):
        Sms().send("13912345678", "…", "1")
    assert [path for path, _headers, _body in gateway.came] == ["/send"]


def test_silence_is_tried_again(gateway, monkeypatch):
    monkeypatch.setattr(channels, "PATIENCE", 0.1)
    gateway.pause = 0.4
    with pytest.raises(Undelivered, match="TimeoutError"):
        Sms().send("13912345678", "…", "1")


def test_nobody_there_is_tried_again_and_the_number_is_not_said(settings):
    settings.SMS_URL, settings.SMS_SECRET = "http://127.0.0.1:1/", SECRET
    with pytest.raises(Undelivered) as error:
        Sms().send("13912345678", "…", "1")
    assert "139" not in str(error.value)


def test_the_preferred_channel_that_reaches_somebody_is_taken(settings):
    settings.NOTICE_CHANNELS = ["cases.channels.Sms", "cases.channels.Email"]
    both, email = Recipient("13912345678", "a@example.org"), Recipient("", "a@example.org")
    assert channels.way_to(both) == (channels.by_name("sms"), "13912345678")
    assert channels.way_to(email) == (channels.by_name("email"), "a@example.org")
    assert channels.way_to(Recipient()) is None


def test_the_log_shows_no_whole_address(caplog):
    with caplog.at_level("INFO"):
        channels.Console().send("13912345678", "诉求 0000018：已受理。", "1")
    assert "13912345678" not in caplog.text
    assert "0000018" in caplog.text


def test_an_unsent_email_is_tried_again(settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 1
    with pytest.raises(Undelivered, match="ConnectionRefusedError"):
        channels.Email().send("a@example.org", "…", "1")
