"""Many cells united tile by tile are what they are when united at once."""

import random

import numpy as np
import shapely

from geo.coverage import dissolve
from geo.fabric import MANY, Fabric
from tests.geo.nets import squares


def whole(fabric, cells):
    return dissolve({cell: fabric.cells[cell] for cell in cells}, dict.fromkeys(cells, "x"))["x"]


def big():
    """Three nets of a hundred squares, side by side."""
    net, cells = squares(size=10).fabric.cells, {}
    for number, east in enumerate((0.0, 0.01, 0.02)):
        moved = shapely.transform(list(net.values()), lambda at, east=east: (at + np.array([east, 0])).round(7))
        cells |= {f"{number}{name}": shape for name, shape in zip(net, moved, strict=True)}
    return Fabric(cells)


def test_tiles_make_the_same_union_with_the_same_vertices():
    fabric = big()
    assert len(fabric.cells) > MANY
    assert fabric.union("x", fabric.cells).normalize().equals_exact(whole(fabric, fabric.cells).normalize(), 0)


def test_a_cell_that_comes_goes_or_changes_is_seen():
    fabric, chance = big(), random.Random(5)
    cells = set(fabric.cells)
    for _ in range(12):
        name = chance.choice(sorted(fabric.cells))
        cells ^= {name}
        if name in cells:
            inner = fabric.cells[name].centroid.buffer(0.0002)
            fabric = fabric.changed({name: fabric.cells[name].difference(inner)})
        assert fabric.union("x", cells).normalize().equals_exact(whole(fabric, cells).normalize(), 0)


def test_a_cell_that_changes_while_none_comes_or_goes_is_seen():
    fabric = big()
    before = fabric.union("x", fabric.cells)
    smaller = fabric.changed({"055": fabric.cells["055"].difference(fabric.cells["055"].centroid.buffer(0.0002))})
    assert smaller.union("x", fabric.cells).area < before.area
    assert fabric.union("x", fabric.cells).equals(before)


def test_two_keys_do_not_answer_for_each_other():
    fabric = big()
    cells = set(fabric.cells)
    less = cells - {"000"}
    assert fabric.union("x", cells).area > fabric.union("y", less).area
    assert fabric.union("x", less).normalize().equals_exact(fabric.union("y", less).normalize(), 0)
