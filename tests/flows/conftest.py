"""
A real browser against a real server that holds the demo town.

`open_page(width)` opens a page that writes down all it should not do: errors on the console, requests to other hosts,
violations of the Content-Security-Policy. The list is asked when the test ends, so a test says nothing about it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import databases

# Playwright's loop runs in this thread, and Django takes any running loop for an async view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESK = 390, 1440  # css px, the two widths that every page must hold
HEIGHT = {PHONE: 844, DESK: 900}
SCREENSHOTS = settings.BASE_DIR / "var" / "screenshots"
PLAIN_HTTP = {
    "SECURE_SSL_REDIRECT": False,
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "SECURE_HSTS_SECONDS": 0,
}
WATCH_CSP = """document.addEventListener("securitypolicyviolation",
    (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));"""


@dataclass
class Watch:
    """What a page did and should not have done; `allow` holds parts of lines that the test expects."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    allow: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _request(self, url: str) -> None:
        self.requests.append(url)
        if urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1":
            self.complaints.append(f"left this machine: {url}")

    def unexpected(self) -> list[str]:
        return [line for line in self.complaints if not any(part in line for part in self.allow)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def town_server(town_database: str, django_db_blocker) -> Iterator[str]:
    """Address of a server with a demo town of its own; both are gone when the last flow ends."""
    name = f"{town_database}_flows"
    with django_db_blocker.unblock(), override_settings(**PLAIN_HTTP):
        databases.copy(town_database, name)
        with databases.connected_to(name):
            server = LiveServer("127.0.0.1")
            yield server.url
            server.stop()
        databases.drop(name)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_page(town_server: str, browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """`open_page(390)`, `open_page(1440, java_script_enabled=False)`: an empty page with `town_server` as its base."""
    contexts: list[BrowserContext] = []

    def open_page(width: int = DESK, **options) -> Page:
        size = {"width": width, "height": HEIGHT.get(width, 900)}
        options = {"viewport": size, "base_url": town_server, "locale": "zh-CN"} | options
        if width == PHONE:
            options = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2} | options
        context = browser.new_context(**options)
        context.add_init_script(WATCH_CSP)
        contexts.append(context)
        page = context.new_page()
        watch.follow(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watch.unexpected() == []


@pytest.fixture(scope="session")
def keep() -> Callable[[Page, str], Path]:
    """`keep(page, "map-390")` keeps a screenshot to look at, in var/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str, **options) -> Path:
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, **options)
        return path

    return keep


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """What axe calls serious or critical on a page, one line a finding."""
    source = (settings.NODE_MODULES / "axe-core" / "axe.min.js").read_text()

    def axe(page: Page) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        grave = [rule for rule in found if rule["impact"] in ("serious", "critical")]
        return [f"{rule['id']}: {node['html'][:120]}" for rule in grave for node in rule["nodes"]]

    return axe
