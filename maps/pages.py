"""The map page, put together from folium elements."""

from collections.abc import Sequence
from datetime import date

import folium
from django.conf import settings
from django.urls import reverse

from maps import elements
from maps.extent import Extent

CONTACT_API = "/api/v1/contact/"  # `maps` and `api` never meet: the browser asks it by its address
HOTSPOTS = {"url": "/api/v1/hotspots/?public=1", "page": "/hotspots/?public=1"}


def net_map(
    extent: Extent, *, day: date, version: str, vacant: Sequence[str] = (), days: Sequence[date] = ()
) -> folium.Map:
    """The public net around an extent, with all of its controls; `days` are the stops of the time slider."""
    west, south, east, north = extent
    town = elements.town_map(((south + north) / 2, (west + east) / 2), zoom=14)
    asking = {"url": CONTACT_API, "hotline": settings.HOTLINE}
    parts = [
        elements.Permalink(bounds=[[south, west], [north, east]]),
        *basemap(),
        elements.NetLayer(template=tile_template(), version=version, hatched=list(vacant)),
        elements.Search(**asking),
        elements.PlacePanel(**asking),
        elements.Levels(day=day.isoformat(), vacant=bool(vacant), days=[each.isoformat() for each in days]),
        elements.Hotspots(**HOTSPOTS),
        elements.ZoomButtons(),
        elements.MyPosition(),
        elements.Scale(),
    ]
    for part in parts:
        part.add_to(town)
    return town


def tile_template() -> str:
    """Address of a tile with {v}, {z}, {x} and {y} in it."""
    path = reverse("maps:tile", kwargs={"version": "v", "z": 1, "x": 2, "y": 3})
    return path.replace("/v/1/2/3.", "/{v}/{z}/{x}/{y}.")


def basemap() -> list[elements.BaseMap]:
    """The maps of another service below the net, in their order, where the installation names any."""
    return [elements.BaseMap(url=url, coord_type=settings.BASEMAP_COORD_TYPE) for url in settings.BASEMAP_URL.split()]
