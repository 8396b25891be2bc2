"""
The outline of a community while its plan is drawn: no edit moves it.

Its vertices stay bit for bit. Only where a new border ends on it, it gets a vertex there, on its edge or within half a
step of the grid beside it. These are what a publication gives to the community's own boundary, and to the neighbours
across it (`meet.with_points`), so that all still meet in every vertex. Degrees, x = longitude.
"""

from collections.abc import Collection

import numpy as np

from geo.arcs import Edge, Vertex, edges, place_of
from geo.crs import Floats
from geo.draft import Draft


def outline_vertices(before: Draft, after: Draft) -> Floats:
    """
    The vertices that the outline has after some edits and had not before; costs by what changed.

    The other way round it finds those that an undo took away.

    Returns
    -------
    array of (n, 2)
        Lon and lat in degrees on the grid of 1e-7, each once, from west to east; without any, of shape (0, 2).
    """
    old, new = before.fabric.cells, after.fabric.cells
    changed = {name for name in old.differing(new) if old.get(name) is not new.get(name)}
    fresh = _rim_vertices(after, changed) - _rim_vertices(before, changed)
    return np.array([place_of(at) for at in sorted(fresh)]).reshape(-1, 2)


def _rim_vertices(draft: Draft, names: Collection[str]) -> set[Vertex]:
    """The vertices of some cells that lie on the outline."""
    cells = {name: draft.fabric.cells[name] for name in names if name in draft.fabric.cells}
    shared: set[Edge] = set()
    found: set[Edge] = set()
    for name in draft.fabric.beside(cells.values()):
        for each in edges(draft.fabric.cells[name]):
            (shared if each in found else found).add(each)
    own = {each for shape in cells.values() for each in edges(shape)}
    return {at for each in (own & found) - shared for at in each}
