"""
Where a webhook may lead: public addresses by https, and the hosts that the settings name (WEBHOOK_HOSTS).

Who may enter an address in the administration could else make this server call what only it can reach: its own ports,
the database's machine, a cloud's metadata (server-side request forgery). So the name is looked up once, each address
that it has must be a public one, and the connection goes to the very address that was looked at: a name that changes
its mind between the check and the call leads nowhere. Redirects are not followed.
"""

import ipaddress
import socket
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

PATIENCE = 10  # seconds, for all of a call
PORTS = {"http": 80, "https": 443}
# Ways into IPv4 from IPv6: what stands behind them cannot be told by the address alone.
_TUNNELS = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class Refused(Exception):
    """An address to which nothing is sent."""


class Unreached(Exception):
    """A call that did not get an answer; it may be tried again."""


@dataclass(frozen=True)
class Target:
    """A checked place to call: an address, and the name by which its certificate is asked."""

    parts: SplitResult
    host: str
    port: int
    address: str


def check(url: str) -> SplitResult:
    """The parts of an address as far as they can be checked without looking its name up. Raises `Refused`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(_("这不是一个网址。")) from None
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not host or port == 0 or any(letter <= " " for letter in url):
        raise Refused(_("请写一个 https 网址。"))
    if parts.username or parts.password:
        raise Refused(_("网址里不要写用户名和密码。"))
    if parts.scheme == "http" and not _is_named(host):
        raise Refused(_("请用 https；只有设置里写明的内部主机可以用 http。"))
    with suppress(ValueError):
        _refuse_inside(str(ipaddress.ip_address(host)), host)
    return parts


def look_up(url: str) -> Target:
    """Where an address leads now. Raises `Refused`, and `Unreached` where its name is not known."""
    parts = check(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreached(type(error).__name__) from error
    addresses = [str(row[4][0]) for row in found]
    for address in addresses:
        _refuse_inside(address, host)
    return Target(parts, host, port, addresses[0])


def _is_named(host: str) -> bool:
    return host.lower() in {name.lower() for name in settings.WEBHOOK_HOSTS}


def _refuse_inside(address: str, host: str) -> None:
    if not _is_named(host) and not _is_public(address):
        raise Refused(_("这个网址通向内部网络，不发送。"))


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return _is_public(str(found.ipv4_mapped))
        if any(found in tunnel for tunnel in _TUNNELS):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


class _Pinned:
    """A connection to an address that was checked, whatever its name says by now."""

    pinned = ""

    def _to_the_address(self, address: tuple[str, int], *more: object, **options: object) -> socket.socket:
        return socket.create_connection((self.pinned, address[1]), timeout=PATIENCE)


class _Http(_Pinned, HTTPConnection):
    pass


class _Https(_Pinned, HTTPSConnection):
    pass


def post(target: Target, body: bytes, headers: dict[str, str]) -> int:
    """Send a body and tell the status of the answer, within `PATIENCE`. Raises `Unreached`."""
    kind = _Https if target.parts.scheme == "https" else _Http
    connection = kind(target.host, target.port, timeout=PATIENCE)
    connection.pinned = target.address
    connection._create_connection = connection._to_the_address  # type: ignore[union-attr]  # http.client's own hook
    path = (target.parts.path or "/") + (f"?{target.parts.query}" if target.parts.query else "")
    timer = Timer(PATIENCE, _hang_up, [connection])
    timer.start()
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        raise Unreached(type(error).__name__) from error
    finally:
        timer.cancel()
        connection.close()


def _hang_up(connection: HTTPConnection) -> None:
    """Whoever answers a letter a second does not hold a worker for an hour."""
    with suppress(OSError):
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)
