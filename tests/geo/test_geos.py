"""Over the bridge to GeoDjango and back, bit for bit."""

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry

from geo.errors import WrongCrs
from geo.geos import to_geos, to_shapely


@pytest.mark.parametrize(
    "shape", [shapely.Point(119.3, 26.1 + 1e-14), shapely.box(119.3, 26, 119.4, 27), shapely.MultiPolygon()]
)
def test_a_geometry_crosses_bit_for_bit(shape):
    twin = to_geos(shape)
    assert twin.srid == 4326
    assert to_shapely(twin).equals_exact(shape, 0)


def test_nothing_crosses_as_nothing():
    assert to_geos(None) is None
    assert to_shapely(None) is None


def test_metres_do_not_cross():
    with pytest.raises(WrongCrs):
        to_shapely(GEOSGeometry("SRID=3857;POINT (13280000 3000000)"))
