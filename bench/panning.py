"""
Frames a second while the map is dragged over 20,000 buildings, in headless Chromium without a GPU.

The real page, the real tiles and the real renderer. A town of 160 by 125 houses, all in the window at zoom 15, of 64
grids, each house with a number; at zoom 17 numbers are drawn, and new tiles come in all the while. Beside it, the same
drag over the same page with empty tiles: what this machine can do at all. Needs Playwright, a development library.
"""

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise, product

from django.conf import settings
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.utils import timezone

from bench.harness import print_row, scratch
from buildings.models import Area
from grids.models import Grid, GridBoundary, Plan

AIM = 50  # frames a second
WEST, SOUTH, EAST, NORTH = 119.0, 26.0, 119.048, 26.034  # degrees; 4.8 by 3.8 km
CODE = "990001001001"
SIZE = {"width": 1440, "height": 900}
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
COUNT = """() => {
    window.frames = [];
    const tick = (now) => { window.frames.push(now); requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
}"""
HOUSES = """
    INSERT INTO buildings_building
        (code, community_id, number, name, address, aliases, kind, footprint, source, source_id)
    SELECT %(code)s || lpad((x * 125 + y)::text, 5, '0'), %(community)s, (x * 125 + y) %% 40 + 1, '', '', '{}',
           (ARRAY['residential', 'residential', 'mixed', 'public'])[1 + (x * 7 + y) %% 4],
           ST_Multi(ST_Rotate(ST_MakeEnvelope(lon, lat, lon + 0.0002, lat + 0.00012, 4326),
                              (x * 37 + y * 11) %% 31 / 60.0, ST_SetSRID(ST_MakePoint(lon, lat), 4326))), '', ''
    FROM generate_series(0, 159) AS x, generate_series(0, 124) AS y,
         LATERAL (SELECT 119.00005 + x * 0.0003 AS lon, 26.00004 + y * 0.000272 AS lat) AS at
"""


def main() -> None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print_row("panning: needs Playwright, which `make test` installs")
        return
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with scratch("panning"):
        build()
        with served() as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for zoom in (15, 17):
                bench_zoom(browser, address, zoom)
            browser.close()


def bench_zoom(browser, address: str, zoom: int) -> None:
    page = f"{address}/map/#{zoom}/{(SOUTH + NORTH) / 2}/{(WEST + EAST) / 2}"
    empty, _slow = panned(browser, page, empty=True)
    rate, slow = panned(browser, page)
    what = f"panning 20,000 buildings at zoom {zoom}; slow frames {slow:.0f} ms"
    print_row(what, f"{rate:.0f} fps", f"{empty:.0f} fps", f"{rate / empty:.2f}x", f">={AIM} fps")


def panned(browser, address: str, *, empty: bool = False) -> tuple[float, float]:
    """Frames a second of six drags to and fro, and how long the slowest frame of twenty takes, in milliseconds."""
    page = browser.new_page(viewport=SIZE)
    if empty:
        page.route("**/*.mvt", lambda route: route.fulfill(body=b""))
    page.goto(address)
    page.wait_for_selector("#map_town[data-ready=true]", timeout=60_000)
    page.wait_for_timeout(500)
    page.evaluate(COUNT)
    for turn in range(6):
        drag(page, 500 if turn % 2 else -500, 260 if turn % 3 else -260)
    gaps = [after - before for before, after in pairwise(page.evaluate("window.frames"))]
    page.close()
    return 1000 * len(gaps) / sum(gaps), statistics.quantiles(gaps, n=20)[-1]


def drag(page, right: int, down: int) -> None:
    x, y = SIZE["width"] / 2, SIZE["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 61):
        page.mouse.move(x + right * step / 60, y + down * step / 60)
        page.wait_for_timeout(8)
    page.mouse.up()


def build() -> None:
    """The town: one community, 64 square grids in force, 20,000 houses."""
    community = Area.objects.create(code=CODE, name="测速社区", level=12, boundary=box(WEST, SOUTH, EAST, NORTH))
    span = (date(2020, 1, 1), None)
    plan = Plan.objects.create(
        community=community, number=1, status=Plan.Status.PUBLISHED, in_force=span, published_at=timezone.now()
    )
    wide, high = (EAST - WEST) / 8, (NORTH - SOUTH) / 8
    for n, (x, y) in enumerate(product(range(8), range(8))):
        west, south = WEST + x * wide, SOUTH + y * high
        grid = Grid.objects.create(code=f"{CODE}{n + 1:03d}", community=community, name=f"第{n + 1}网格")
        shape = {"boundary": box(west, south, west + wide, south + high), "colour": x % 2 + y % 2 * 2}
        middle = Point(west + wide / 2, south + high / 2, srid=4326)
        GridBoundary.objects.create(plan=plan, grid=grid, label=middle, in_force=span, **shape)
    with connection.cursor() as cursor:
        cursor.execute(HOUSES, {"code": CODE, "community": community.pk})
        cursor.execute("ANALYZE")


def box(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


@contextmanager
def served() -> Iterator[str]:
    """Address of a live server on the scratch database."""
    plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=plain, SECURE_SSL_REDIRECT=False):
        server = LiveServerThread("127.0.0.1", StaticFilesHandler)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.terminate()


if __name__ == "__main__":
    print_row("what", "ours", "floor", "ratio", "aim")
    main()
