"""
Edits of where the lines run: vertices moved, put in and taken out, stretches drawn anew, led along a road, simplified.

The cells on both sides, or all, follow. A unit changes hands only where a new stretch goes around all of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geo.arcs import (
    ASIDE,
    Edge,
    Vertex,
    edges,
    edges_at,
    faces,
    is_inside,
    joined,
    moved,
    node,
    place_of,
    ring_vertices,
    vertex,
    vertices,
    with_vertices,
    without,
)
from geo.changes import Edit
from geo.coverage import segment_metres, shared_edges
from geo.crs import GRID_SIZE, Floats, flatten, metres_per_degree
from geo.draft import Draft, Level, is_thin, spot
from geo.errors import BadOperation, CutsFootprint, IsJunction, LeavesParent, NoVertex, OffBorder, Place, Severed
from geo.lattice import points_along, steps_of

NEAR = 5e-5  # degrees, about 5 m: how far beside a border a finger may be that means it


# Vertices


def move(edit: Edit, *, moves: Sequence[tuple[Place, Place]], level: Level = "grid") -> None:
    """Move vertices, each from where it is to another place; all cells that have it follow."""
    hood: dict[str, BaseGeometry] = {}
    for old, _ in moves:
        hood |= _check_movable(edit.draft, vertex(old), level)
    _reads_parents(edit, level, hood)
    edit.shapes |= moved(hood, {vertex(old): vertex(new) for old, new in moves})
    edit.must_hang = False  # who borders on whom stays as it is


def insert(edit: Edit, *, at: Place, onto: Place | None = None, level: Level = "grid") -> None:
    """Put a vertex on the nearest border, and move it to another place in the same breath."""
    draft = edit.draft
    ends = _edge_near(draft, at)
    cells = _cells_at(draft, ends[0])
    owners = [name for name, shape in cells.items() if ends in edges(shape)]
    _check_inner(draft, owners, level, at)
    new = _on_edge(at, ends)
    hood = {name: cells[name] for name in owners}
    if new not in ends:
        hood |= with_vertices(hood, {ends: [new]})
    elif onto is not None:
        hood = _check_movable(draft, new, level)
    if onto is not None:
        hood |= moved(hood, {new: vertex(onto)})
    _reads_parents(edit, level, hood)
    edit.shapes |= {name: shape for name, shape in hood.items() if shape is not draft.fabric.cells[name]}
    edit.must_hang = False


def delete(edit: Edit, *, places: Sequence[Place], level: Level = "grid") -> None:
    """Take vertices out of the border between two cells."""
    hood: dict[str, BaseGeometry] = {}
    for place in places:
        at = vertex(place)
        cells = _check_movable(edit.draft, at, level)
        if len(edges_at(cells, at)) > 2:
            raise IsJunction(place=place)
        hood |= cells
    _reads_parents(edit, level, hood)
    edit.shapes |= without(hood, {vertex(place) for place in places})
    edit.must_hang = False


def _reads_parents(edit: Edit, level: Level, names: Iterable[str]) -> None:
    """Note that an edit of segments holds only while these cells are in the grids that they are in."""
    if level == "segment":
        edit.read |= {("grid", name) for name in names}


def _cells_at(draft: Draft, at: Vertex) -> dict[str, BaseGeometry]:
    """The cells that have a vertex."""
    names = draft.fabric.near(shapely.Point(place_of(at)), GRID_SIZE / 2)
    return {name: draft.fabric.cells[name] for name in names if at in vertices(draft.fabric.cells[name])}


def _check_movable(draft: Draft, at: Vertex, level: Level) -> dict[str, BaseGeometry]:
    """The cells that have a vertex, when it may move at all: not one of the outline of what is divided."""
    cells = _cells_at(draft, at)
    if not cells:
        raise NoVertex(place=place_of(at))
    if 1 in edges_at(cells, at).values():
        raise LeavesParent(place=place_of(at))
    if level == "segment" and len({draft.label("grid", name) for name in cells}) > 1:
        raise LeavesParent(place=place_of(at))
    return cells


def _check_inner(draft: Draft, owners: Collection[str], level: Level, place: Place) -> None:
    """Refuse an edge that is the border of what is divided at this level."""
    parents = {draft.label("grid", name) for name in owners} if level == "segment" else {None}
    if len(owners) < 2 or len(parents) > 1:
        raise LeavesParent(place=(place[0], place[1]))


def _edge_near(draft: Draft, at: Place) -> Edge:
    """The edge of a cell nearest to a place, within `NEAR`."""
    point = shapely.Point(at)
    found = sorted({each for name in draft.fabric.near(point, NEAR) for each in edges(draft.fabric.cells[name])})
    if not found:
        raise NoVertex(place=(at[0], at[1]))
    lines = shapely.linestrings(np.array(found) / 1e7)
    away = shapely.distance(lines, point)
    if away.min() > NEAR:
        raise NoVertex(place=(at[0], at[1]))
    return found[int(np.argmin(away))]


def _on_edge(at: Place, ends: Edge) -> Vertex:
    """The point of the grid on an edge that is best for a place beside it."""
    start, end = np.array([place_of(ends[0])]), np.array([place_of(ends[1])])
    line = shapely.linestrings(np.concatenate([start, end]))
    foot = shapely.get_coordinates(line.interpolate(line.project(shapely.Point(at))))
    return vertex(points_along(foot, start, end, reach=10)[0])


# A stretch


def reshape(edit: Edit, *, grid: str, line: Sequence[Place], level: Level = "grid") -> None:
    """
    Let the border of a grid run along a new line.

    The line begins and ends on the border; of the two stretches between its ends the shorter one is replaced. What lies
    between the old stretch and the new line changes sides: units whose whole footprint lies there go over, and so does
    the ground; what is cut off from a unit's cell becomes part of the cells next to it. A line through a footprint is
    refused.
    """
    sweep = _sweep(edit.draft, level, grid, [vertex(at) for at in line])
    turned = {name for name in sweep.cut if _lies_between(edit.draft, name, sweep.ring)} | sweep.whole
    labels = _labels_of(edit.draft, level, grid, turned)
    edit.read |= {(level, name) for name in {*sweep.owner, *sweep.whole}}
    _reads_parents(edit, level, {*sweep.owner, *sweep.whole})
    edit.shapes |= sweep.noded
    edit.shapes |= _shared_out(edit.draft, level, grid, sweep, labels)
    for name, label in labels.items():
        edit.relabel(level, [name], label)


class _Sweep(NamedTuple):
    """
    The ground between an old stretch and a new line.

    `ring` runs around it; `noded` are cells with a vertex more by the line; `pieces` are what the line leaves of the
    cells that it meets, each of the cell `owner`, and `between` says which lie in the ring; `cut` are cells of more
    than one piece, `whole` those that lie in the ring as they are.
    """

    ring: list[Vertex]
    noded: dict[str, BaseGeometry]
    pieces: NDArray[Any]
    owner: list[str]
    between: list[bool]
    cut: set[str]
    whole: set[str]


def _sweep(draft: Draft, level: Level, grid: str, line: list[Vertex]) -> _Sweep:
    cells, border = draft.fabric.cells, draft.shape(level, grid)
    line = _with_ends_on(border, line, grid)
    near = draft.fabric.near(shapely.LineString(np.array(line) / 1e7), 2 * GRID_SIZE)
    # The polygon of the grid is noded with its cells, so that the old stretch has the ends of the new one.
    drawn, noded = node({**{name: cells[name] for name in near}, ASIDE: border}, line)
    _check_inside(drawn, [noded.get(name, cells[name]) for name in near])
    ring = [*drawn, *_stretch(noded.pop(ASIDE, border), drawn[-1], drawn[0], grid)[1:]]
    pieces, owner = faces({name: noded.get(name, cells[name]) for name in near}, drawn)
    between = is_inside(_middles(pieces), ring).tolist()
    cut = {name for name in owner if owner.count(name) > len(shapely.get_parts(cells[name]))}
    whole = _whole_in(draft, ring) - cut
    _check_parents(draft, level, grid, {*whole, *compress(owner, between)}, line)
    return _Sweep(ring, noded, pieces, owner, between, cut, whole)


def _check_inside(line: Sequence[Vertex], shapes: Sequence[BaseGeometry]) -> None:
    """Refuse a line that leaves the community; it is noded, so each of its segments is inside or outside."""
    points = np.array(line) / 1e7
    middles = shapely.points((points[1:] + points[:-1]) / 2)
    inside = shapely.dwithin(np.array(shapes, dtype=object)[:, None], middles, 2 * GRID_SIZE).any(axis=0)
    if not inside.all():
        east, north = points[int(np.argmin(inside))].tolist()
        raise LeavesParent(place=(east, north))


def _with_ends_on(border: BaseGeometry, line: list[Vertex], grid: str) -> list[Vertex]:
    """The line with its ends moved to the nearest point of a border, within `NEAR`."""
    ends = []
    for at in (line[0], line[-1]):
        point = shapely.Point(place_of(at))
        if len(line) < 2 or border.boundary.distance(point) > NEAR:
            raise OffBorder(name=grid, place=place_of(at))
        ends.append(vertex(shapely.get_coordinates(shapely.shortest_line(border.boundary, point))[0]))
    return [ends[0], *line[1:-1], ends[1]]


def _stretch(border: BaseGeometry, start: Vertex, end: Vertex, grid: str) -> list[Vertex]:
    """The shorter way along a border from one vertex to another, both included."""
    for ring in shapely.get_rings(shapely.get_parts(border)):
        corners = ring_vertices(ring)[:-1]
        if start in corners and end in corners and start != end:
            return min(_way(corners, start, end), _way(corners[::-1], start, end), key=_length)
    raise OffBorder(name=grid, place=place_of(start))


def _way(ring: Sequence[Vertex], start: Vertex, end: Vertex) -> list[Vertex]:
    first = ring.index(start)
    turned = [*ring[first:], *ring[:first]]
    return turned[: turned.index(end) + 1]


def _length(line: Sequence[Vertex]) -> float:
    points = np.array(line) / 1e7
    return float(segment_metres(points[:-1], points[1:]).sum())


def _middles(shapes: Iterable[BaseGeometry]) -> Floats:
    return shapely.get_coordinates(shapely.point_on_surface(np.array(list(shapes), dtype=object))).reshape(-1, 2)


def _whole_in(draft: Draft, ring: Sequence[Vertex]) -> set[str]:
    """Cells that lie in a closed line that cuts none of them."""
    names = draft.fabric.beside([shapely.LineString(np.array(ring) / 1e7)])
    inside = is_inside(_middles(draft.fabric.cells[name] for name in names), ring)
    return set(compress(names, inside))


def _check_parents(draft: Draft, level: Level, grid: str, names: Iterable[str], line: Sequence[Vertex]) -> None:
    """Refuse to let a segment have ground of another grid."""
    inside = {draft.label("grid", name) for name in {*names, min(draft.members(level, grid))}}
    if level == "segment" and len(inside) > 1:
        raise LeavesParent(place=place_of(line[0]))


def _lies_between(draft: Draft, name: str, ring: Sequence[Vertex]) -> bool:
    """Whether a cell that the line cuts changes sides: its footprint lies between. Ground alone stays."""
    footprint = draft.ground.footprints.get(name)
    return footprint is not None and bool(is_inside(_middles([footprint]), ring)[0])


def _labels_of(draft: Draft, level: Level, grid: str, turned: set[str]) -> dict[str, str]:
    """The new label of each cell that changes sides: this grid's, or a neighbour's with the longest edge."""
    own = draft.members(level, grid)
    labels = dict.fromkeys(sorted(turned - own), grid)
    waiting = sorted(turned & own)

    def taker(name: str) -> str | None:
        ties: dict[str, float] = {}
        for near, metres in draft.fabric.around(name).items():
            label = labels.get(near) if near in turned else draft.label(level, near)
            if label is not None and label != grid and _is_sibling(draft, level, name, near):
                ties[label] = ties.get(label, 0.0) + metres
        return max(ties, key=lambda label: (ties[label], label), default=None)

    while waiting:
        found = {name: label for name in waiting if (label := taker(name)) is not None}
        if not found:
            raise OffBorder(name=grid, place=spot(draft.fabric.cells[waiting[0]]))
        labels |= found
        waiting = [name for name in waiting if name not in found]
    return labels


def _is_sibling(draft: Draft, level: Level, a: str, b: str) -> bool:
    """Whether two cells lie in the same place above."""
    return level == "grid" or draft.label("grid", a) == draft.label("grid", b)


def _shared_out(
    draft: Draft, level: Level, grid: str, sweep: _Sweep, labels: Mapping[str, str]
) -> dict[str, BaseGeometry]:
    """The cells that the line cut, and those that got a piece of them, when each piece is on its side."""
    seats = {index: name for index, name in enumerate(sweep.owner) if name not in sweep.cut}
    seats |= _seats(draft, sweep, labels)
    links = _links(draft, sweep)
    waiting = [index for index in range(len(sweep.owner)) if index not in seats]

    def host(index: int) -> str | None:
        """The cell for a loose piece: of those on its side the one with the longest edge."""
        ties: dict[str, float] = {}
        for near, metres in links.get(index, []):
            name = seats.get(near) if isinstance(near, int) else near
            if name is not None and _is_sibling(draft, level, name, sweep.owner[index]):
                label = labels.get(name) or draft.label(level, name)
                if _may_have(label, index):
                    ties[name] = ties.get(name, 0.0) + metres
        return max(ties, key=lambda name: (ties[name], name), default=None)

    def _may_have(label: str | None, index: int) -> bool:
        was = draft.label(level, sweep.owner[index])
        if not sweep.between[index]:
            return label == was
        return label == grid if was != grid else label not in (grid, None)

    while waiting:
        found = {index: name for index in waiting if (name := host(index)) is not None}
        if not found:
            raise Severed(name=draft.label(level, sweep.owner[waiting[0]]), place=spot(sweep.pieces[waiting[0]]))
        seats |= found
        waiting = [index for index in waiting if index not in found]
    return _put_together(draft, sweep, seats)


def _seats(draft: Draft, sweep: _Sweep, labels: Mapping[str, str]) -> dict[int, str]:
    """Of each cell that is cut the pieces that remain its own: those with its footprint, or of ground the largest."""
    seats: dict[int, str] = {}
    for name in sorted(sweep.cut):
        own = [index for index, owner in enumerate(sweep.owner) if owner == name]
        footprint = draft.ground.footprints.get(name)
        if footprint is None:
            staying = [index for index in own if not sweep.between[index]] or own
            seats[max(staying, key=lambda index: (shapely.area(sweep.pieces[index]), index))] = name
            continue
        for index in own:
            common = shapely.intersection(sweep.pieces[index], footprint)
            if not is_thin(common):
                if sweep.between[index] != (name in labels):
                    raise CutsFootprint(name=name, place=spot(common))
                seats[index] = name
    return seats


def _links(draft: Draft, sweep: _Sweep) -> dict[int, list[tuple[int | str, float]]]:
    """For each piece what borders on it, with metres: other pieces by number, and cells beyond by name."""
    beyond = [name for name in draft.fabric.beside(sweep.pieces) if name not in set(sweep.owner)]
    names: list[int | str] = [*range(len(sweep.pieces)), *beyond]
    shared = shared_edges([*sweep.pieces, *(draft.fabric.cells[name] for name in beyond)])
    metres = segment_metres(shared.start, shared.end).tolist()
    links: dict[int, list[tuple[int | str, float]]] = {}
    for a, b, length in zip(shared.left.tolist(), shared.right.tolist(), metres, strict=True):
        links.setdefault(a, []).append((names[b], length))
        links.setdefault(b, []).append((names[a], length))
    return links


def _put_together(draft: Draft, sweep: _Sweep, seats: Mapping[int, str]) -> dict[str, BaseGeometry]:
    parts: dict[str, list[BaseGeometry]] = {}
    changed = {name for index, name in seats.items() if name != sweep.owner[index]} | sweep.cut
    for index, name in sorted(seats.items()):
        if name in changed:
            parts.setdefault(name, []).append(sweep.pieces[index])
    for name in parts.keys() - set(sweep.owner):
        parts[name].append(draft.fabric.cells[name])
    return {name: joined(pieces) for name, pieces in parts.items()}


def snap(edit: Edit, *, grid: str, start: Place, end: Place, along: Sequence[Place], level: Level = "grid") -> None:
    """Let the border of a grid run along a road or wall between two places on the border."""
    if len(along) < 2:
        raise BadOperation(why="along")
    road = shapely.LineString(along)
    first, last = (road.project(shapely.Point(at)) for at in (start, end))
    part = substring(road, first, last)
    if part.geom_type != "LineString":
        raise OffBorder(name=grid, place=(start[0], start[1]))
    middle = [(float(x), float(y)) for x, y in shapely.get_coordinates(part)]
    reshape(edit, grid=grid, line=[start, *middle, end], level=level)


# Simplify


def simplify(edit: Edit, *, grids: Sequence[str], tolerance: float, level: Level = "grid") -> None:
    """
    Take vertices out of the borders of grids, as many as change nothing by more than about `tolerance` metres.

    Both sides follow. Corners where cells meet stay, and so does the outline. Where a cell would lose part of its
    footprint its vertices stay too.
    """
    draft = edit.draft
    rim = {
        cell
        for name in grids
        for cell in draft.members(level, name)
        if any(draft.label(level, near) != name for near in draft.fabric.around(cell))
    }
    names = sorted({near for cell in rim for near in (cell, *draft.fabric.around(cell))})
    shapes = {name: draft.fabric.cells[name] for name in names}
    gone = _superfluous(draft, level, shapes, set(grids), tolerance)
    while True:
        new = without(shapes, gone)
        bad = [name for name, shape in new.items() if not _holds(draft, name, {**shapes, **new}, shape)]
        if not bad:
            break
        gone -= {at for name in bad for at in vertices(shapes[name])}
    edit.shapes |= new
    edit.must_hang = False


def _superfluous(
    draft: Draft, level: Level, shapes: Mapping[str, BaseGeometry], grids: Collection[str], tolerance: float
) -> set[Vertex]:
    """The vertices between grids that a simplification of the coverage does without."""
    if not shapes:
        return set()  # one grid alone has no border but the outline
    array = np.array(list(shapes.values()), dtype=object)
    west, south, _, _ = shapely.total_bounds(array)
    # `shapely.coverage_simplify` takes the square root of the area that a triangle of three vertices in a row may have.
    simple = shapely.coverage_simplify(flatten(array, (west, south)), tolerance, simplify_boundary=False)
    scale = np.array(metres_per_degree(float(south)))
    kept = {tuple(at) for at in steps_of(shapely.get_coordinates(simple) / scale + (west, south)).tolist()}
    names = list(shapes)
    label = [draft.label(level, name) for name in names]
    shared = shared_edges(array)
    between: set[Vertex] = set()
    for a, b, start, end in zip(shared.left.tolist(), shared.right.tolist(), shared.start, shared.end, strict=True):
        if label[a] != label[b] and {label[a], label[b]} & set(grids) and _is_sibling(draft, level, names[a], names[b]):
            between |= {vertex(start), vertex(end)}
    return between - kept


def _holds(draft: Draft, name: str, shapes: Mapping[str, BaseGeometry], shape: BaseGeometry) -> bool:
    if not shape.is_valid:
        return False
    units = draft.ground.solid.get(name, frozenset({name}))
    home = shapely.union_all([shapes.get(unit, draft.fabric.cells.get(unit)) for unit in sorted(units)])
    footprints = [draft.ground.footprints[unit] for unit in sorted(units) if unit in draft.ground.footprints]
    return all(home.covers(each) or is_thin(shapely.difference(each, home)) for each in footprints)
