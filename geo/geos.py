"""The one bridge to GeoDjango. Django is imported when it is crossed, so that the rest of the kernel never needs it."""

from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import SRID
from geo.errors import WrongCrs

if TYPE_CHECKING:
    from django.contrib.gis.geos import GEOSGeometry


def to_shapely(geometry: "GEOSGeometry | None") -> BaseGeometry | None:
    """
    The shapely twin of a GeoDjango geometry, coordinates bit for bit; None stays None.

    Raises `WrongCrs` when its SRID is neither EPSG:4326 nor missing: the kernel would take metres for degrees.
    """
    if geometry is None:
        return None
    if geometry.srid not in (None, SRID):
        raise WrongCrs(crs=f"EPSG:{geometry.srid}")
    return shapely.from_wkb(bytes(geometry.wkb))


def to_geos(geometry: BaseGeometry | None, srid: int = SRID) -> Any:
    """
    The GeoDjango twin of a shapely geometry, coordinates bit for bit, with its SRID; None stays None.

    Typed as Any, since a model's field wants its own kind of geometry and only the shapely side knows which it is.
    """
    from django.contrib.gis.geos import GEOSGeometry

    if geometry is None:
        return None
    twin = GEOSGeometry(memoryview(shapely.to_wkb(geometry)))
    twin.srid = srid
    return twin
