"""A circle is the most compact of all shapes."""

import math

import pytest
import shapely
from shapely.affinity import scale

from geo.compactness import polsby_popper
from geo.crs import unproject

HERE = (500_000, 2_880_000)  # metres in EPSG:4549, on 120 E near 26 N


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (shapely.Point(HERE).buffer(200, quad_segs=200), 1.0),
        (shapely.Point(HERE).buffer(200, cap_style="square"), math.pi / 4),
        (scale(shapely.Point(HERE).buffer(200, cap_style="square"), 9, 1), 4 * math.pi * 9 / 20**2),
        (shapely.Polygon(), 0.0),
    ],
)
def test_compactness_is_measured_in_metres(shape, expected):
    assert polsby_popper(unproject(shape, 4549)) == pytest.approx(expected, abs=1e-4)
