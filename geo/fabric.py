"""
The cells of a draft, found by place and by neighbour; a new one costs what changed, not what there is.

A fabric never changes: an edit makes another that shares all the rest with it, so that the one before is still there
for undo. Degrees on the grid of 1e-7; lengths in metres.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import count
from operator import is_not

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.coverage import in_one, shared_edges
from geo.crs import metres_per_degree
from geo.overlay import Overlay

TILE = 0.004  # degrees, about 400 m; some hundred cells of a city
MANY = 256  # cells; up to so many are united at once, more by tiles
REPLANT = 512  # cells that may differ from the search tree before it is built anew: 10,000 boxes take 5 ms


class Fabric:
    """
    A coverage of cells by name.

    Attributes
    ----------
    cells : mapping of cell to Polygon or MultiPolygon
    manifold : frozenset of cells
        Those of several parts, which no graph of cells can tell apart.
    """

    def __init__(self, cells: Mapping[str, BaseGeometry]):
        self.cells: Overlay[str, BaseGeometry] = Overlay(cells)
        self._plant()
        self._scale = np.array(metres_per_degree(self._latitude() if cells else 0.0))
        # Shared by all that come of this fabric. A cell whose neighbours may have changed has another stamp.
        self._around: dict[tuple[str, int], dict[str, float]] = {}
        self._stamp: Overlay[str, int] = Overlay({})
        self._unions: dict[tuple[str, int, int], tuple[list[BaseGeometry], BaseGeometry]] = {}
        kinds = shapely.get_type_id(self._shapes())
        self.manifold = frozenset(
            name for name, kind in zip(self._names, kinds.tolist(), strict=True) if kind != _POLYGON
        )

    def _latitude(self) -> float:
        _, south, _, north = shapely.total_bounds(self._shapes())
        return float(south + north) / 2

    def _shapes(self) -> np.ndarray:
        return np.array(list(self.cells.values()), dtype=object)

    def _plant(self) -> None:
        self._names = list(self.cells)
        self._tree = shapely.STRtree(self._shapes())
        self._stale: frozenset[str] = frozenset()

    def changed(self, shapes: Mapping[str, BaseGeometry | None]) -> "Fabric":
        """The fabric with other shapes for some cells; None takes a cell away."""
        if not shapes:
            return self
        gone = {name for name, shape in shapes.items() if shape is None}
        fresh = {name: shape for name, shape in shapes.items() if shape is not None}
        new = object.__new__(Fabric)
        new.cells = self.cells.changed(fresh, gone)
        new._scale, new._names, new._tree = self._scale, self._names, self._tree
        new._around, new._unions = self._around, self._unions
        new._stale = self._stale | shapes.keys()
        new._stamp = self._stamp.changed(dict.fromkeys(self._unsettled(shapes), next(_stamps)))
        new.manifold = self.manifold.difference(shapes) | {
            name for name, shape in fresh.items() if shape.geom_type != "Polygon"
        }
        if len(new._stale) > REPLANT:
            new._plant()
        return new

    def _unsettled(self, shapes: Iterable[str]) -> set[str]:
        """Cells that change and those next to them: a new neighbour comes to a cell only where an old one went."""
        known = [name for name in shapes if name in self.cells]
        self.learn(known)
        return {near for name in known for near in self.around(name)}.union(shapes)

    # By place

    def near(self, geometry: BaseGeometry, distance: float = 0.0) -> list[str]:
        """Names of the cells within so many degrees of a geometry, in order."""
        return self._hits([geometry], distance)

    def beside(self, shapes: Iterable[BaseGeometry | None]) -> list[str]:
        """Names of the cells whose boxes meet the box of one of the shapes, in order."""
        return self._hits([shapely.box(*shape.bounds) for shape in shapes if shape is not None], None)

    def _hits(self, geometries: list[BaseGeometry], distance: float | None) -> list[str]:
        wanted = np.array(geometries, dtype=object)
        options = {} if distance is None else {"predicate": "dwithin", "distance": distance}
        found = {self._names[number] for number in np.unique(self._tree.query(wanted, **options)[1]).tolist()}
        found -= self._stale
        late = sorted(self._stale & self.cells.keys())
        if late:
            tree = shapely.STRtree([self.cells[name] for name in late])
            found |= {late[number] for number in np.unique(tree.query(wanted, **options)[1]).tolist()}
        return sorted(found)

    # As one

    def union(self, key: str, cells: Iterable[str]) -> BaseGeometry:
        """
        The union of some cells, vertex for vertex, as Polygon or MultiPolygon.

        Many are united tile by tile, and a tile whose cells are those of the last time under this key is not done
        again: so a cell that comes or goes costs its tile and the outlines of the others.
        """
        names = sorted(cells)
        shapes = np.array([self.cells[name] for name in names], dtype=object)
        if len(names) <= MANY:
            return in_one(shapely.get_parts(shapely.coverage_union_all(shapes)))
        corner = np.floor(shapely.bounds(shapes)[:, :2] / TILE).astype(np.int64)
        tiles, where = np.unique(corner, axis=0, return_inverse=True)
        groups = np.split(
            shapes[np.argsort(where.reshape(-1), kind="stable")], np.cumsum(np.bincount(where.reshape(-1)))
        )
        parts = [self._tile((key, x, y), group.tolist()) for (x, y), group in zip(tiles.tolist(), groups, strict=False)]
        return in_one(shapely.get_parts(shapely.coverage_union_all(parts)))

    def _tile(self, key: tuple[str, int, int], shapes: list[BaseGeometry]) -> BaseGeometry:
        known = self._unions.get(key)
        if known is None or len(known[0]) != len(shapes) or any(map(is_not, known[0], shapes)):
            known = self._unions[key] = (shapes, shapely.coverage_union_all(shapes))
        return known[1]

    # By neighbour

    def around(self, cell: str) -> Mapping[str, float]:
        """The neighbours of a cell, in order, and the metres of common edge; a common corner makes no neighbour."""
        found = self._around.get(self._key(cell))
        if found is None:
            # Who asks for one walks on to the next, and ten at once cost little more than one.
            self.learn(self.beside([self.cells[cell]]))
            found = self._around[self._key(cell)]
        return found

    def _key(self, cell: str) -> tuple[str, int]:
        return cell, self._stamp.get(cell, 0)

    def learn(self, cells: Collection[str]) -> None:
        """Find the neighbours of many cells at once, which is cheaper than one by one."""
        new = [name for name in cells if self._key(name) not in self._around]
        if not new:
            return
        hood = self.beside(self.cells[name] for name in new)
        number = {name: index for index, name in enumerate(hood)}
        shared = shared_edges([self.cells[name] for name in hood])
        # Whole micrometres, so that a sum does not depend on what else was asked for.
        length = np.rint(np.hypot(*((shared.end - shared.start) * self._scale).T) * 1e6)
        pair, where = np.unique(shared.left * len(hood) + shared.right, return_inverse=True)
        totals = np.bincount(where, length, len(pair)) / 1e6
        found: dict[int, dict[str, float]] = {number[name]: {} for name in new}
        for code, metres in zip(pair.tolist(), totals.tolist(), strict=True):
            a, b = divmod(code, len(hood))
            if a in found:
                found[a][hood[b]] = metres
            if b in found:
                found[b][hood[a]] = metres
        for name in new:
            self._around[self._key(name)] = dict(sorted(found[number[name]].items()))


_stamps = count(1)
_POLYGON = int(shapely.GeometryType.POLYGON)
