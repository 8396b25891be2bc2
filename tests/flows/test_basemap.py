"""A base map by settings: drawn below the net, its host admitted by the policy and no other."""

import contextlib
import io
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

from config import basemap
from tests.flows.conftest import DESK

READY = "#map_town[data-ready=true]"
HOME = "#18/25.87000/118.93000"
QUERY = "/vec_w/wmts?layer=vec&tilematrix={z}&tilerow={y}&tilecol={x}&tk=a-key"  # as 天地图 asks
PINK = (255, 0, 200)  # nothing of ours is


class Pictures(ThreadingHTTPServer):
    """Another service on another port, every tile of it pink; `asked` holds what it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Pink)
        self.asked: list[dict[str, str]] = []
        self.origin = f"http://127.0.0.1:{self.server_port}"


class Pink(BaseHTTPRequestHandler):
    server: Pictures
    picture = io.BytesIO()
    Image.new("RGB", (256, 256), PINK).save(picture, "png")

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        self.server.asked.append({name: values[0] for name, values in asked.items()})
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # the map moved on
            self.wfile.write(self.picture.getvalue())

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    with Pictures() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def use(settings, urls: str, coord_type: str = "cgcs2000") -> None:
    """What config/settings.py makes of the environment."""
    settings.BASEMAP_URL, settings.BASEMAP_COORD_TYPE, settings.BASEMAP_ATTRIBUTION = urls, coord_type, "天地图"
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    pictures = [source for source in directives["img-src"] if "127.0.0.1" not in source] + basemap.hosts(urls)
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives | {"img-src": pictures}}


def pink_share(page) -> float:
    """Of the view, what shines through the half transparent net."""
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return float(np.mean((red > 180) & (green < 120) & (blue > 120)))


def test_a_base_map_lies_below_the_net(open_page, keep, settings, pictures):
    use(settings, pictures.origin + QUERY)
    page = open_page(DESK)
    page.goto(f"/map/{HOME}")
    page.wait_for_selector(READY, timeout=30_000)
    page.wait_for_timeout(500)  # tiles fade in
    keep(page, "map-1440-basemap")
    assert ("18", "a-key", "vec") in {(asked["tilematrix"], asked["tk"], asked["layer"]) for asked in pictures.asked}
    assert pink_share(page) > 0.5
    assert "天地图" in page.locator(".map-source").inner_text()


def test_two_addresses_are_two_layers(open_page, settings, pictures):
    use(settings, f"{pictures.origin}{QUERY} {pictures.origin}{QUERY.replace('vec', 'cva')}")
    page = open_page(DESK)
    page.goto(f"/map/{HOME}")
    page.wait_for_selector(READY, timeout=30_000)
    assert {asked["layer"] for asked in pictures.asked} == {"vec", "cva"}


@pytest.mark.parametrize(("coord_type", "columns"), [("cgcs2000", 0), ("gcj02", 3.4)])
def test_tiles_in_gcj02_are_moved_to_where_things_are(open_page, settings, pictures, coord_type, columns):
    """At 118.93 E, 25.87 N the shift is 0.0047 degrees east, 3.4 tiles of zoom 18."""
    use(settings, pictures.origin + QUERY, coord_type)
    page = open_page(DESK)
    page.goto(f"/map/{HOME}")
    page.wait_for_selector(READY, timeout=30_000)
    asked = [int(asked["tilecol"]) for asked in pictures.asked if asked["tilematrix"] == "18"]
    middle = (min(asked) + max(asked) + 1) / 2
    home = (118.93 + 180) / 360 * 2**18
    assert abs(middle - home - columns) < 1


def test_the_policy_keeps_every_other_host_out(open_page, watch, settings, pictures):
    use(settings, "https://t0.tianditu.gov.cn" + QUERY)
    watch.allow += ["t0.tianditu.gov.cn", "ERR_", "CSP: img-src"]
    page = open_page(DESK)
    page.goto(f"/map/{HOME}")
    page.evaluate("(url) => { const image = new Image(); image.src = url; }", f"{pictures.origin}/1/2/3.png")
    page.wait_for_timeout(300)
    assert any("CSP: img-src" in line and pictures.origin in line for line in watch.complaints)
    assert pictures.asked == []
