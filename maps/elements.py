"""
Our own folium elements. Their templates are fixed text (law 11): what people wrote comes as tiles or JSON, never here.

Each calls one function of static/maps/map.js with the map and a few options.
"""

import json
from typing import Any, ClassVar

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

ZOOMS = (4, 20)


def as_script(value: Any) -> str:
    """JSON that may stand inside <script>: no character of it can end the element or a line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


class Element(JSCSSMixin, MacroElement):
    """One call into static/maps/map.js. `options` are ours: addresses, codes, numbers."""

    call: ClassVar[str]
    default_js = [("net", "maps/net.js"), ("town", "maps/map.js")]
    default_css = [("town_css", "maps/map.css")]
    _template = Template("""
        {% macro script(this, kwargs) %}
        Town.{{ this.call }}({{ this._parent.get_name() }}, {{ this.json }});
        {% endmacro %}
    """)

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._name = type(self).__name__
        self.json = as_script(options)


class NetLayer(Element):
    """The net: tiles of a server (`template`, `version`, `query`) or tiles brought along (`inline`)."""

    call = "net"


class BaseMap(Element):
    """Pictures of another map below the net; `coord_type` says where they put things."""

    call = "basemap"


class ZoomButtons(Element):
    call = "zoom"


class MyPosition(Element):
    call = "locate"


class Scale(Element):
    call = "scale"


class Levels(Element):
    """Legend and layer control in one: each level with its look and a switch, and the day."""

    call = "levels"


class Hotspots(Element):
    """A switch in the legend that lays requests by hexagon over the net; `url` gives them, `page` is their list."""

    call = "hotspots"
    default_js = [*Element.default_js, ("heat", "maps/heat.js")]


class Search(Element):
    """One box for an address; `url` answers who is responsible there."""

    call = "search"


class PlacePanel(Element):
    """What a click tells: the chain of places and who answers; `url` is the contact API, none in an exported map."""

    call = "panel"


class Permalink(Element):
    """The address names the view: zoom, centre, hidden levels and the chosen place; `bounds` where it names none."""

    call = "permalink"


def town_map(location: tuple[float, float], zoom: int) -> folium.Map:
    """An empty map without foreign tiles; latitude first, as folium wants it."""
    least, most = ZOOMS
    town = folium.Map(
        location, zoom_start=zoom, tiles=None, zoom_control=False, minZoom=least, maxZoom=most, attributionControl=False
    )
    town._id = "town"
    return town
