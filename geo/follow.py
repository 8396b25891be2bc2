"""
Borders led along lines that were drawn elsewhere: the cells give and take ground until their union comes out as drawn.

The neighbourhood of the lines is noded with them on the grid of 1e-7 degrees and polygonized. A face that a polygon
claims for another label than its cell's goes to the cell beside it that has that label; a cell with a building never
loses part of it: where a line would cut a footprint it yields, and the border stays around the cell.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.arcs import Edge, Vertex, edge, edges, joined
from geo.contiguity import pieces
from geo.coverage import segment_metres, shared_edges
from geo.crs import GRID_SIZE, area_m2, flatten, snap
from geo.draft import Draft, is_thin, spot
from geo.edit_units import with_bound
from geo.errors import CutsFootprint, TooTight
from geo.lattice import moor

NEARLY = 0.1  # metres; what lies between a drawn line and a border that runs no further beside it stays where it is
OWN_GROUND_M2 = 50.0  # square metres of open ground that a line cuts off, from which on it becomes a cell of its own

Polygons = Mapping[str, BaseGeometry]
Labels = Mapping[str, str]


class Followed(NamedTuple):
    """Cells with another shape, the labels of all cells, and where the lines had to yield."""

    shapes: dict[str, BaseGeometry]
    labels: dict[str, str]
    cut: list[CutsFootprint]


def follow(draft: Draft, polygons: Polygons, labels: Labels) -> Followed:
    """
    The cells for grids that run as they were drawn.

    Parameters
    ----------
    polygons : mapping of label to Polygon or MultiPolygon
        Without overlap, degrees; what none of them claims stays with its cell.
    labels : mapping of cell to label
        Whose each cell is, as `adopt.read` finds it.
    """
    lines = _lines(draft, {label: snap(shape) for label, shape in sorted(polygons.items())})
    if not len(lines):
        return Followed({}, dict(labels), [])
    # All that the rounding of a line may bend an edge of, so that no cell beyond gets a vertex by it.
    names = sorted({name for line in lines for name in draft.fabric.near(line, 2 * GRID_SIZE)})
    return _Faces(draft, names, lines, polygons, labels).followed()


def _lines(draft: Draft, polygons: Polygons) -> NDArray[Any]:
    """The outlines of the polygons inside the community, without what is a border of cells already."""
    known = {each for cell in draft.fabric.beside(polygons.values()) for each in edges(draft.fabric.cells[cell])}
    fresh = sorted({each for shape in polygons.values() for each in edges(shape)} - known)
    fresh = [each for each, on in zip(fresh, _vertices_on(fresh, known), strict=True) if not _is_known(each, on, known)]
    if not fresh:
        return np.array([], dtype=object)
    whole = shapely.line_merge(shapely.multilinestrings(np.array(fresh) / 1e7))
    return moor(shapely.get_parts(whole), draft.fabric.union("", draft.fabric.cells))


def _vertices_on(lines: Sequence[Edge], known: Collection[Edge]) -> list[list[Vertex]]:
    """For each line the vertices of the known ones that lie on it, or so near that rounding puts them there."""
    corners = sorted({at for each in known for at in each})
    found: list[list[Vertex]] = [[] for _ in lines]
    if lines and corners:
        tree = shapely.STRtree(shapely.points(np.array(corners) / 1e7))
        segments = shapely.linestrings(np.array(lines) / 1e7)
        for line, at in zip(*tree.query(segments, predicate="dwithin", distance=GRID_SIZE * 0.8).tolist(), strict=True):
            found[line].append(corners[at])
    return found


def _is_known(line: Edge, on: Collection[Vertex], known: Collection[Edge]) -> bool:
    """Whether a line is a chain of known ones, of which whoever drew it left vertices out."""
    chain = sorted({*line, *on}, key=lambda at: (_distance(line[0], at), at))
    return all(edge(a, b) in known for a, b in pairwise(chain))


class _Faces:
    """
    The pieces that lines leave of some cells: of each its cell, and the label that it shall have.

    `home` is the cell that a piece becomes part of, once that is known.
    """

    def __init__(
        self, draft: Draft, names: Sequence[str], lines: NDArray[Any], polygons: Polygons, labels: Labels
    ):  # fmt: skip
        self.draft, self.names, self.labels = draft, list(names), dict(labels)
        self.cells = {name: draft.fabric.cells[name] for name in names}
        self.shapes, self.owner = _noded(self.cells, lines)
        self.mine: dict[str, list[int]] = {name: [] for name in names}
        for face, owner in enumerate(self.owner):
            self.mine[owner].append(face)
        self.wanted = self._wanted(polygons)
        self.cut: list[CutsFootprint] = []
        self.home: dict[int, str] = {}
        self.links = self._links()

    def _wanted(self, polygons: Polygons) -> list[str | None]:
        """The label that each face shall have: what lies in no polygon, or is too thin to see, keeps its cell's."""
        wanted = [self.labels.get(owner) for owner in self.owner]
        middles = shapely.point_on_surface(self.shapes)
        for label, shape in polygons.items():
            for face in shapely.STRtree(middles).query(shape, predicate="contains").tolist():
                if wanted[face] != label and not _is_thin(self.shapes[face]):
                    wanted[face] = label
        return wanted

    def _links(self) -> dict[int, list[tuple[int | str, float]]]:
        """For each face what borders on it, with metres: other faces by number, and cells beyond by name."""
        beyond = [name for name in self.draft.fabric.beside(self.cells.values()) if name not in self.cells]
        names: list[int | str] = [*range(len(self.shapes)), *beyond]
        shared = shared_edges([*self.shapes, *(self.draft.fabric.cells[name] for name in beyond)])
        metres = segment_metres(shared.start, shared.end).tolist()
        links: dict[int, list[tuple[int | str, float]]] = {}
        for a, b, length in zip(shared.left.tolist(), shared.right.tolist(), metres, strict=True):
            links.setdefault(a, []).append((names[b], length))
            links.setdefault(b, []).append((names[a], length))
        return links

    def followed(self) -> Followed:
        self._keep_footprints()
        for name in self.names:
            self._settle(name)
        self._house()
        return Followed(self._put_together(), self.labels, self.cut)

    # Footprints

    def _keep_footprints(self) -> None:
        """Let all faces of a cell stay whose footprint, or one bound to it, a line would cut."""
        seen: set[str] = set()
        for name in self.names:
            if name not in seen:
                block = with_bound(self.draft, "grid", [name])
                seen |= block
                self._keep_block(sorted(block & self.cells.keys()), sorted(self.draft.units(block)))

    def _keep_block(self, cells: Sequence[str], units: Iterable[str]) -> None:
        for unit in units:
            footprint = self.draft.ground.footprints[unit]
            for cell in cells:
                for face in self.mine[cell]:
                    common = shapely.intersection(self.shapes[face], footprint)
                    if self.wanted[face] != self.labels.get(cell) and not is_thin(common):
                        self.cut.append(CutsFootprint(name=unit, place=spot(common)))
                        self._stay(cells)
                        return

    def _stay(self, cells: Iterable[str]) -> None:
        for cell in cells:
            for face in self.mine[cell]:
                self.wanted[face] = self.labels.get(cell)

    # Whose a face becomes

    def _settle(self, name: str) -> None:
        """Give a cell the faces that remain its own."""
        own = [face for face in self.mine[name] if self.wanted[face] == self.labels.get(name)]
        footprint = self.draft.ground.footprints.get(name)
        if footprint is None:
            self._settle_ground(name)
            return
        seated = [face for face in own if not is_thin(shapely.intersection(self.shapes[face], footprint))]
        for part in self._parts(own):
            if not seated or part & set(seated):
                self.home |= dict.fromkeys(part, name)

    def _settle_ground(self, name: str) -> None:
        """Open ground is divided by the lines, unless a part is so small that it can go with a neighbour."""
        parts = [part for part in self._parts(self.mine[name]) if self._area(part) >= OWN_GROUND_M2]
        staying = [part for part in parts if self._label(part) == self.labels.get(name)]
        parts = sorted(parts, key=lambda part: (part not in staying, -self._area(part)))
        for number, part in enumerate(parts):
            self._found(part, name if not number else None)

    def _found(self, part: Collection[int], name: str | None) -> None:
        """Make faces a cell of their own."""
        owner, label = self.owner[min(part)], self._label(part)
        cell = name or self._fresh_name(owner)
        self.home |= dict.fromkeys(part, cell)
        self.labels.pop(cell, None)
        if label is not None:
            self.labels[cell] = label

    def _fresh_name(self, owner: str) -> str:
        number = 2
        while (name := f"{owner}/{number}") in self.draft.fabric.cells or name in self.home.values():
            number += 1
        return name

    def _parts(self, faces: Collection[int]) -> list[set[int]]:
        """Faces in parts that hang together and are wanted for one label."""
        inner = set(faces)

        def around(face: int) -> list[int]:
            near = [other for other, _ in self.links.get(face, []) if isinstance(other, int)]
            return [other for other in near if other in inner and self.wanted[other] == self.wanted[face]]

        return pieces(inner, around)

    def _label(self, part: Collection[int]) -> str | None:
        return self.wanted[min(part)]

    def _area(self, part: Collection[int]) -> float:
        return sum(area_m2(self.shapes[face]) for face in part)

    def _house(self) -> None:
        """Give each face that has no home yet to the cell beside it of its label; or make it a cell of its own."""
        waiting = [face for face in range(len(self.owner)) if face not in self.home]
        while waiting:
            found = {face: home for face in waiting if (home := self._best_home(face)) is not None}
            if not found:
                self._found_or_leave(self._parts(waiting)[0])
            self.home |= found
            waiting = [face for face in waiting if face not in self.home]

    def _best_home(self, face: int, *, any_label: bool = False) -> str | None:
        """Of the cells beside a face, those of the wanted label: its own, or else the one with the longest edge."""
        metres: dict[str, float] = {}
        for near, length in self.links.get(face, []):
            cell = self.home.get(near) if isinstance(near, int) else near
            if cell is not None and (any_label or self.labels.get(cell) == self.wanted[face]):
                metres[cell] = metres.get(cell, 0.0) + length
        return max(metres, key=lambda cell: (cell == self.owner[face], metres[cell], cell), default=None)

    def _found_or_leave(self, part: set[int]) -> None:
        """What borders on nothing of its label: a cell of its own, or whosever it touches when it is too small."""
        homes = {face: home for face in part if (home := self._best_home(face, any_label=True)) is not None}
        if self._area(part) >= OWN_GROUND_M2 or not homes:
            self._found(part, None)
            return
        for face, home in homes.items():
            self.wanted[face], self.home[face] = self.labels.get(home), home

    # The cells

    def _put_together(self) -> dict[str, BaseGeometry]:
        parts: dict[str, list[BaseGeometry]] = {}
        for face, cell in sorted(self.home.items()):
            parts.setdefault(cell, []).append(self.shapes[face])
        for cell in parts.keys() & (self.draft.fabric.cells.keys() - self.cells.keys()):
            parts[cell].append(self.draft.fabric.cells[cell])
        found = {cell: joined(shapes) for cell, shapes in sorted(parts.items())}
        return {cell: shape for cell, shape in found.items() if not self._is_same(cell, shape)}

    def _is_same(self, cell: str, shape: BaseGeometry) -> bool:
        old = self.draft.fabric.cells.get(cell)
        return old is not None and old.normalize().equals_exact(shape.normalize(), 0)


def _distance(one: tuple[int, int], other: tuple[int, int]) -> int:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _noded(cells: Polygons, lines: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    """The pieces into which lines divide cells, and which cell each is a piece of."""
    drawn = [*shapely.boundary(np.array(list(cells.values()), dtype=object)), *lines]
    noded = shapely.union_all(drawn, grid_size=GRID_SIZE)
    found = shapely.get_parts(shapely.polygonize([noded]))
    names = list(cells)
    tree = shapely.STRtree(list(cells.values()))
    piece, owner = tree.query(shapely.point_on_surface(found), predicate="within")
    # Where a line ends on the outline, rounding may bend that by half a step of the grid.
    off = abs(shapely.area(found[piece]).sum() - shapely.area(list(cells.values())).sum())
    if len(set(piece.tolist())) < len(piece) or off > GRID_SIZE * shapely.length(lines).sum():
        raise TooTight(place=spot(lines[0]))
    return found[piece], [names[number] for number in owner.tolist()]


def _is_thin(shape: BaseGeometry) -> bool:
    west, south, _, _ = shape.bounds
    flat = flatten([shape], (west, south))[0]
    return bool(flat.buffer(-NEARLY / 2, join_style="mitre").is_empty)
