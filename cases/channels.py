"""
How a notice reaches people: `settings.NOTICE_CHANNELS` names classes by dotted path, the preferred one first.

A channel is a class like `Channel` with a name, `address` and `send`. Console and e-mail are ready. A short-message or
WeChat provider is reached through a gateway of the installation's own, which speaks the provider's dialect and holds
its keys: `Sms` and `WeChat` POST to it what `Gateway` documents.
"""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from django.conf import settings
from django.core.mail import send_mail
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)
PATIENCE = 10  # seconds that a gateway may take


class Undelivered(Exception):
    """The message did not leave; the sentence says why, without the address."""


@dataclass(frozen=True)
class Recipient:
    """By what somebody can be reached; each is empty where it is not known."""

    phone: str = ""
    email: str = ""


class Channel:
    """What a channel must be. One object serves all messages, so it keeps nothing of them."""

    name = ""  # at most ten letters; stands in Notice.channel

    def address(self, recipient: Recipient) -> str:
        """By what this channel reaches somebody, or "" where it cannot."""
        raise NotImplementedError

    def send(self, to: str, text: str, key: str) -> None:
        """
        Hand a message over; `key` is the same at each attempt, so that a provider may drop the second copy.

        Raises `Undelivered` where it should be tried again later.
        """
        raise NotImplementedError


class Console(Channel):
    """To the log of the worker, for trying out. The address is masked: logs are read by many."""

    name = "console"

    def address(self, recipient: Recipient) -> str:
        return recipient.email or recipient.phone

    def send(self, to: str, text: str, key: str) -> None:
        log.info("notice %s to %s…: %s", key, to[:3], text)


class Email(Channel):
    """By Django's e-mail settings (EMAIL_URL)."""

    name = "email"

    def address(self, recipient: Recipient) -> str:
        return recipient.email

    def send(self, to: str, text: str, key: str) -> None:
        subject = text.partition("\n")[0][:60]
        try:
            send_mail(subject, text, None, [to])
        except OSError as error:  # smtplib's errors are OSErrors
            raise Undelivered(type(error).__name__) from error


class Gateway(Channel):
    """
    By an HTTP gateway of the installation's own.

    POST to `settings.<NAME>_URL`, JSON in UTF-8: `{"key": "812", "to": "13900001234", "text": "…"}`. Headers:
    `X-Timestamp`, seconds since 1970, and `X-Signature`: `sha256=` and the HMAC-SHA256, in hex, of the timestamp, a
    full stop and the body, by `settings.<NAME>_SECRET`. Any status from 200 to 299 says that it was taken over;
    anything else, and silence for 10 s, that it should come again. `key` repeats when an answer was lost.
    """

    def address(self, recipient: Recipient) -> str:
        return recipient.phone

    def send(self, to: str, text: str, key: str) -> None:
        body = json.dumps({"key": key, "to": to, "text": text}, ensure_ascii=False).encode()
        request = Request(self._setting("URL"), data=body, headers=self._headers(body), method="POST")  # noqa: S310
        try:
            with _opener().open(request, timeout=PATIENCE):
                return
        except HTTPError as error:
            raise Undelivered(f"HTTP {error.code}") from error
        except (URLError, OSError) as error:
            raise Undelivered(type(error).__name__) from error

    def _headers(self, body: bytes) -> dict[str, str]:
        stamp = str(int(time.time()))
        signature = signed(self._setting("SECRET"), stamp, body)
        return {"Content-Type": "application/json", "X-Timestamp": stamp, "X-Signature": signature}

    def _setting(self, which: str) -> str:
        return str(getattr(settings, f"{self.name.upper()}_{which}"))


def signed(secret: str, stamp: str, body: bytes) -> str:
    """The signature of a body sent at a time, as the receiver should compute it too."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Sms(Gateway):
    """Short messages: `SMS_URL`, `SMS_SECRET`."""

    name = "sms"


class WeChat(Gateway):
    """WeChat: `WECHAT_URL`, `WECHAT_SECRET`. The gateway knows which account follows with which telephone number."""

    name = "wechat"


class _NoRedirects(HTTPRedirectHandler):
    """A signed message goes where the settings say and nowhere else."""

    def redirect_request(self, *arguments: object, **more: object) -> None:
        return None


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirects)


@cache
def _made(path: str) -> Channel:
    channel = import_string(path)()
    assert isinstance(channel, Channel)
    return channel


def channels() -> Iterator[Channel]:
    """Those that are in use, the preferred one first."""
    return (_made(path) for path in settings.NOTICE_CHANNELS)


def by_name(name: str) -> Channel | None:
    return next((channel for channel in channels() if channel.name == name), None)


def way_to(recipient: Recipient) -> tuple[Channel, str] | None:
    """The preferred channel that reaches somebody, and the address there; None where nothing does."""
    return next(((channel, to) for channel in channels() if (to := channel.address(recipient))), None)
