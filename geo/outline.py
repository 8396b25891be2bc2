"""
The outline of a community while its plan is drawn: no edit moves it.

Its vertices stay bit for bit. Only where a new border ends on it, it gets a vertex there, on its edge or within half a
step of the grid beside it. These are what a publication gives to the community's own boundary, and to the neighbours
across it (`meet.with_points`), so that all still meet in every vertex. Degrees, x = longitude.
"""

from collections.abc import Collection

import numpy as np

from geo.arcs import Vertex, place_of
from geo.coverage import edges_of
from geo.crs import Floats
from geo.draft import Draft
from geo.lattice import steps_of


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
    """The vertices of some cells that lie on the outline: the ends of edges that no other cell has."""
    cells = [draft.fabric.cells[name] for name in names if name in draft.fabric.cells]
    hood = draft.fabric.beside(cells)
    found = edges_of([draft.fabric.cells[name] for name in hood])
    ends = np.stack([steps_of(found.start), steps_of(found.end)], axis=1)
    key = np.sort((ends[:, :, 0] << 32) + ends[:, :, 1], axis=1)
    _, where, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    own = np.isin(found.owner, [number for number, name in enumerate(hood) if name in names])
    rim = ends[own & (count[where.reshape(-1)] == 1)]
    return {(east, north) for east, north in rim.reshape(-1, 2).tolist()}
