"""
A folium map without folium's page: its parts, to be set into a template of ours under our own policy.

folium fills three trees of a branca `Figure`: links, styles and scripts of the head, the body, the script. They are
taken apart here. Libraries are served from this machine or not at all, and a link that the table below does not know
is an error, so that no foreign host can creep in with a new plugin.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from posixpath import basename
from typing import cast

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink

# Last part of a link's address -> our static file. Our own elements name their static file right away.
VENDORED = {"leaflet.js": "leaflet/leaflet.js", "leaflet.css": "leaflet/leaflet.css"}
OURS = ("maps/",)
# What folium links on every map and only its popups, icons and notebooks use.
LEFT_OUT = {
    "jquery-3.7.1.min.js",
    "bootstrap.bundle.min.js",
    "bootstrap.min.css",
    "bootstrap-glyphicons.css",
    "leaflet.awesome-markers.js",
    "leaflet.awesome-markers.css",
    "leaflet.awesome.rotate.min.css",
    "all.min.css",
}


class NotVendored(LookupError):
    """A folium element links a library that is not served from here: add it to `VENDORED`, or do without."""


@dataclass
class Shell:
    """The parts of a page with a map: static files to link, and text for inline styles, scripts and the body."""

    css: list[str] = field(default_factory=list)
    js: list[str] = field(default_factory=list)
    style: str = ""
    head_script: str = ""
    body: str = ""
    script: str = ""


def shell(town: folium.Map) -> Shell:
    """Take a map apart. Raises `NotVendored`."""
    figure = cast(Figure, town.get_root())
    for child in figure._children.values():
        child.render()
    parts = Shell(body=_text(figure.html), script=_text(figure.script))
    for element in figure.header._children.values():
        if isinstance(element, JavascriptLink | CssLink):
            _link(parts, element)
        else:
            _inline(parts, element.render())
    return parts


def _link(parts: Shell, link: JavascriptLink | CssLink) -> None:
    path = static_file(link.url)
    if path:
        (parts.js if isinstance(link, JavascriptLink) else parts.css).append(path)


def static_file(url: str) -> str | None:
    """Our static file for a link of folium's; None for those left out. Raises `NotVendored`."""
    if url.startswith(OURS):
        return url
    name = basename(url)
    if name in LEFT_OUT:
        return None
    if name not in VENDORED:
        raise NotVendored(url)
    return VENDORED[name]


def _inline(parts: Shell, markup: str) -> None:
    reader = _Inline()
    reader.feed(markup)
    parts.style += reader.found["style"]
    parts.head_script += reader.found["script"]


class _Inline(HTMLParser):
    """Text of <style> and <script>; <meta> is passed over, folium's keeps people from zooming the page."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = ""
        self.found = {"style": "", "script": ""}

    def handle_starttag(self, tag, attrs):
        self.inside = tag if tag in self.found else ""

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside:
            self.found[self.inside] += data.strip() + "\n"


def _text(tree: Element) -> str:
    return "\n".join(line for child in tree._children.values() for line in child.render().splitlines() if line.strip())
