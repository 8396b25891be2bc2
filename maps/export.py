"""
A community's net as one file that opens from a disk: Leaflet, our scripts and the tiles are in it, no network is used.

The tiles travel as base64, so no name of anybody stands in the file as text that a browser could read as script.
"""

import base64
import json
from collections.abc import Iterator
from datetime import date

import folium
from branca.element import Element, Figure
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.html import escape
from django.utils.translation import gettext as _
from folium.template import Template

from buildings.models import Area
from maps import elements, shell, tiles
from maps.extent import Extent, town_extent
from maps.source import map_source

ZOOMS = range(11, 18)  # of the tiles; the map goes on to zoom 20 with the last of them
DATA = "net-tiles"  # id of the element that holds them
PAGE = """
<style>html, body, main { height: 100%; margin: 0 } main { position: relative; overflow: hidden }</style>
"""


def community_map(community: Area, day: date) -> folium.Map:
    """The map of a community on a day; in a notebook it shows itself, `get_root().render()` is the file."""
    extent = town_extent(day, community.code)
    west, south, east, north = extent
    town = elements.town_map(((south + north) / 2, (west + east) / 2), zoom=15)
    for part in (
        elements.Permalink(bounds=[[south, west], [north, east]]),
        elements.NetLayer(inline=DATA, native=ZOOMS[-1]),
        elements.PlacePanel(url="", hotline=settings.HOTLINE),
        elements.Levels(day=None, vacant=False),
        elements.ZoomButtons(),
        elements.Scale(),
    ):
        part.add_to(town)
    bring_along(town, extent, community, day)
    return town


def bring_along(town: folium.Map, extent: Extent, community: Area, day: date) -> None:
    """Replace each link of the page by what it leads to, and add the tiles, the title and the source."""
    figure = town.get_root()
    assert isinstance(figure, Figure)
    parts = shell.shell(town)
    title = _("%(community)s网格图 %(day)s") % {"community": community.name, "day": day.isoformat()}
    source = " ".join(filter(None, [title, map_source(), settings.MAP_REVIEW_NUMBER]))
    data = json.dumps(dict(tiles_of(extent, day)))
    head = [
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        *(f"<style>{static_text(path)}</style>" for path in ("site.css", *parts.css)),
        PAGE,
    ]
    body = f'<main>{parts.body}<p class="map-source">{escape(source)}</p></main>'
    scripts = [f'<script id="{DATA}" type="application/json">{data}</script>']
    scripts += [f"<script>{static_text(path)}</script>" for path in parts.js]
    figure.header, figure.html, figure.script = (
        Raw("\n".join(head)),
        Raw("\n".join([body, *scripts])),
        Raw(parts.script),
    )
    figure._children.clear()  # what they render to is above already


class Raw(Element):
    """An element of a text as it is: branca would read `{{` and `{%` of a script as its own."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def tiles_of(extent: Extent, day: date) -> Iterator[tuple[str, str]]:
    """The tiles that touch an extent, z/x/y and base64."""
    west, south, east, north = extent
    for z in ZOOMS:
        (left, top), (right, bottom) = tiles.at(west, north, z), tiles.at(east, south, z)
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                _version, data = tiles.tile(z, x, y, day)
                if data:
                    yield f"{z}/{x}/{y}", base64.b64encode(data).decode()


def static_text(path: str) -> str:
    """A static file's text, fit to stand inside <style> or <script>; pictures that it names are left out."""
    found = finders.find(path)
    if found is None:
        raise LookupError(path)
    with open(found, encoding="utf-8") as file:
        return file.read().replace("</", "<\\/")
