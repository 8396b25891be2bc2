"""Edits of who has what: units handed over, grids drawn, split, divided, merged and dissolved. The ground follows."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arcs import Vertex, faces, is_inside, joined, node, vertex
from geo.changes import Edit
from geo.contiguity import Around, pieces, strays, way
from geo.crs import GRID_SIZE
from geo.draft import Draft, Level, spot
from geo.errors import (
    BadOperation,
    CannotDivide,
    Detached,
    EditRefused,
    Emptied,
    LineMisses,
    NameTaken,
    OtherParent,
    Place,
    TooTight,
    Unknown,
)
from geo.partition import group

SEEDS = 5  # divisions tried until one has as many parts as asked for


def assign(
    edit: Edit, *, units: Sequence[str], to: str | None, level: Level = "grid", intermediate: bool = False
) -> None:
    """
    Hand units to a grid or segment; None takes them out of any.

    What is bound to them comes along. Ground without a building that the giver would be cut off from follows too.
    With `intermediate` so do the units on the shortest way between them and the taker, whosever they are.
    """
    draft = edit.draft
    cells = with_bound(draft, level, units)
    if to is not None:
        draft.members(level, to)
        if level == "segment":
            _check_parent(draft, cells, to)
    cells -= draft.layers[level].members.get(to or "", frozenset())
    if to is not None and intermediate:
        cells |= _between(draft, level, cells, to)
    edit.relabel(level, _with_ground(draft, level, cells, to), to)


def draw(edit: Edit, *, units: Sequence[str], new: str, level: Level = "grid") -> None:
    """A new grid or segment from units of one or several."""
    check_free(edit.draft, level, new)
    cells = with_bound(edit.draft, level, units)
    if not cells:
        raise BadOperation(why="units")
    edit.relabel(level, _with_ground(edit.draft, level, cells, new), new)
    edit.whole_of(level, new)


def merge(edit: Edit, *, grids: Sequence[str], into: str, level: Level = "grid") -> None:
    """Make one of several; `into` is one of them and keeps its name."""
    draft = edit.draft
    others = sorted(set(grids) - {into})
    if level == "segment":
        _check_parent(draft, {cell for name in others for cell in draft.members(level, name)}, into)
    draft.members(level, into)
    for name in others:
        edit.relabel(level, draft.members(level, name), into)
    edit.ends(level, *others)
    edit.whole_of(level, into)
    allowed = [draft.allowed.get((level, name), 1) for name in (into, *others)]
    edit.pieces[level, into] = sum(allowed) - len(others)
    if max(allowed) > 1:
        edit.allowed[level, into] = max(1, sum(allowed) - len(others))
        edit.allowed |= dict.fromkeys(((level, name) for name in others), 1)


def dissolve(edit: Edit, *, grid: str, level: Level = "grid") -> None:
    """
    End a grid: each of its units goes to the neighbour that it is tied to most, from the rim inwards.

    The tie is the common edge in metres, or what `Ground.ties` says: little over a street, much inside a compound.
    Locked neighbours take nothing.
    """
    draft = edit.draft
    waiting = _blocks(draft, level, draft.members(level, grid))
    given: dict[str, str] = {}
    while waiting:
        found = [(_best_taker(draft, level, block, grid, given), block) for block in waiting]
        ready = [(taker, block) for taker, block in found if taker is not None]
        if not ready:
            raise Detached(name=grid, place=spot(draft.fabric.cells[min(waiting[0])]))
        (_, name), block = max(ready, key=lambda item: (item[0][0], min(item[1])))
        given |= dict.fromkeys(block, name)
        waiting.remove(block)
    for cell, name in given.items():
        edit.relabel(level, [cell], name)
    edit.ends(level, grid)


def _blocks(draft: Draft, level: Level, cells: Collection[str]) -> list[frozenset[str]]:
    """Cells with what is bound to each, in order."""
    draft.fabric.learn(cells)
    groups = {frozenset(with_bound(draft, level, [cell])) for cell in cells}
    return sorted(groups, key=min)


def _best_taker(
    draft: Draft, level: Level, block: frozenset[str], grid: str, given: dict[str, str]
) -> tuple[float, str] | None:
    ties: dict[str, float] = {}
    for cell in sorted(block):
        for near in draft.fabric.around(cell):
            name = given.get(near) or draft.label(level, near)
            if name not in (None, grid) and (level, name) not in draft.locked and _is_sibling(draft, level, cell, near):
                ties[str(name)] = ties.get(str(name), 0.0) + draft.tie(cell, near)
    return max(((tie, name) for name, tie in ties.items()), default=None)


def _is_sibling(draft: Draft, level: Level, cell: str, other: str) -> bool:
    return level == "grid" or draft.label("grid", cell) == draft.label("grid", other)


def divide(
    edit: Edit, *, grid: str, names: Sequence[str], level: Level = "grid", measure: str = "households", seed: int = 0
) -> None:
    """
    Divide a grid into connected parts of about equal weight: it keeps one of them, and each new name gets another.

    The part with most units keeps the name. Where nothing weighs anything each unit counts as 1.
    """
    draft = edit.draft
    for name in names:
        check_free(draft, level, name)
    if len(set(names)) < len(names) or not names:
        raise BadOperation(why="names")
    cells = draft.members(level, grid)
    parts = _parts(draft, level, cells, len(names) + 1, measure, seed)
    if parts is None:
        raise CannotDivide(name=grid, parts=len(names) + 1, place=spot(draft.shape(level, grid)))
    largest = max(parts, key=lambda part: (len(part), min(part)))
    for name, part in zip(names, (part for part in parts if part is not largest), strict=True):
        edit.relabel(level, part, name)
    edit.whole_of(level, grid, *names)


def _parts(
    draft: Draft, level: Level, cells: frozenset[str], count: int, measure: str, seed: int
) -> list[list[str]] | None:
    draft.fabric.learn(cells)
    weights = {cell: draft.weight([cell], measure) for cell in sorted(cells)}
    if not any(weights.values()):
        weights = {cell: 1.0 if draft.units([cell]) else 0.0 for cell in weights}
    total = sum(weights.values()) or 1.0
    ties = {
        (cell, near): draft.tie(cell, near)
        for cell in sorted(cells)
        for near in draft.fabric.around(cell)
        if cell < near and near in cells
    }
    bound = {members & cells for members in draft.ground.bound[level].values() if members & cells}
    for attempt in range(SEEDS):
        number = group(weights, ties, total / count, together=sorted(bound, key=min), seed=seed + attempt)
        parts: dict[int, list[str]] = {}
        for cell, at in number.items():
            parts.setdefault(at, []).append(cell)
        if len(parts) == count:
            return list(parts.values())
    return None


def split(
    edit: Edit, *, grid: str, line: Sequence[Place], new: str, level: Level = "grid", cut_ground: bool = True
) -> None:
    """
    Split a grid by a line that is drawn across it.

    Units go by the side on which the larger part of their footprint lies, and the border runs along their cells: along
    roads and walls and midway between buildings, not along the line. Only ground without a building is cut by the line
    itself, unless `cut_ground` is off; then it goes by side as a whole. A line that ends inside the grid is drawn on
    straight. The side with more units keeps the name.
    """
    draft = edit.draft
    check_free(draft, level, new)
    whole, cells = draft.shape(level, grid), draft.members(level, grid)
    ring = _left_of(whole, line, grid)
    if cut_ground:
        cells = _cut_ground(edit, cells, _drawn_on(whole, line), ring)
    left = _left_cells(edit, level, sorted(cells), ring)
    right = set(cells) - left
    if not draft.units(left) or not draft.units(right):
        raise (LineMisses if not left or not right else Emptied)(name=grid, place=(line[0][0], line[0][1]))
    fewer = min(left, right, key=lambda side: (len(draft.units(side)), side is left))
    fewer = _with_strays(edit, fewer, set(cells) - fewer)
    edit.relabel(level, fewer, new)
    edit.whole_of(level, grid, new)


def _drawn_on(whole: BaseGeometry, line: Sequence[Place]) -> list[Place]:
    """The line, with an end inside the grid drawn on until it is outside."""
    west, south, east, north = whole.bounds
    far = (east - west) + (north - south)
    points = np.array(line, dtype=float)
    steps = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    points = points[np.concatenate([[True], steps > GRID_SIZE])]
    if len(points) < 2:
        raise BadOperation(why="line")
    for end, before in ((0, 1), (-1, -2)):
        if whole.intersects(shapely.Point(points[end])):
            ahead = points[end] - points[before]
            points[end] += ahead / np.hypot(*ahead) * far
    return [(float(x), float(y)) for x, y in points]


def _left_of(whole: BaseGeometry, line: Sequence[Place], grid: str) -> list[Vertex]:
    """A closed line around all that lies left of the drawn line, as far as the grid reaches."""
    drawn = _drawn_on(whole, line)
    path = shapely.LineString(drawn)
    if not path.is_simple:
        raise TooTight(place=drawn[0])
    if not path.intersects(whole):
        raise LineMisses(name=grid, place=drawn[0])
    frame = shapely.box(*shapely.union_all([path, whole]).bounds).buffer(path.length / 10)
    start, end = _out_of(drawn, frame)
    full = shapely.LineString([start, *drawn, end])
    if not full.is_simple:
        raise LineMisses(name=grid, place=drawn[0])
    halves = shapely.get_parts(shapely.polygonize([shapely.union_all([full, frame.exterior])]))
    for half in shapely.orient_polygons(halves):
        corners = shapely.get_coordinates(half.exterior)
        if any(tuple(a) == drawn[0] and tuple(b) == drawn[1] for a, b in pairwise(corners.tolist())):
            return [vertex(at) for at in corners]
    raise LineMisses(name=grid, place=drawn[0])


def _out_of(line: Sequence[Place], frame: BaseGeometry) -> tuple[Place, Place]:
    """Points beyond a frame, straight on from either end of a line."""
    west, south, east, north = frame.bounds
    far = (east - west) + (north - south)
    ends = []
    for end, before in ((line[0], line[1]), (line[-1], line[-2])):
        ahead = np.subtract(end, before)
        ends.append(tuple((np.array(end) + ahead / np.hypot(*ahead) * far).tolist()))
    return ends[0], ends[1]


def _left_cells(edit: Edit, level: Level, cells: Sequence[str], ring: Sequence[Vertex]) -> set[str]:
    """Those of the cells that lie left, with what is bound to them, each by the larger part of its footprints."""
    half = shapely.Polygon(np.array(ring) / 1e7)
    left: set[str] = set()
    for block in sorted({frozenset(with_bound(edit.draft, level, [cell], also=cells)) for cell in cells}, key=min):
        shapes = [_body(edit, cell) for cell in sorted(block)]
        inner = sum(shapely.intersection(shape, half).area for shape in shapes)
        if inner * 2 > sum(shape.area for shape in shapes):
            left |= block
    return left


def _body(edit: Edit, cell: str) -> BaseGeometry:
    """What decides on which side a cell lies: its footprint, or its ground where it has none."""
    return edit.draft.ground.footprints.get(cell) or edit.shapes.get(cell) or edit.draft.fabric.cells[cell]


def _cut_ground(edit: Edit, cells: frozenset[str], line: Sequence[Place], ring: Sequence[Vertex]) -> frozenset[str]:
    """Cut cells without a building in two where a line crosses them; the cells that there are then."""
    path = shapely.LineString(line)
    fresh = set(cells)
    for cell in sorted(cells):
        if not edit.draft.units([cell]) and path.crosses(edit.draft.fabric.cells[cell]):
            fresh |= set(_cut_cell(edit, cell, path, ring))
    return frozenset(fresh)


def _cut_cell(edit: Edit, cell: str, path: BaseGeometry, ring: Sequence[Vertex]) -> list[str]:
    """Cut one cell; it keeps its left part, and its right part gets a new name. A cut that is too tight is not made."""
    draft = edit.draft
    try:
        shape, parts = _halves(edit, cell, path, ring)
    except EditRefused:
        return []
    if not all(parts):
        return []
    name = _fresh_name(draft, edit, cell)
    edit.shapes |= {**shape, cell: joined(parts[0]), name: joined(parts[1])}
    for level in ("grid", "segment"):
        label = draft.label(level, cell)
        if label is not None:
            edit.relabel(level, [name], label)
    return [name]


def _halves(
    edit: Edit, cell: str, path: BaseGeometry, ring: Sequence[Vertex]
) -> tuple[dict[str, BaseGeometry], tuple[list[BaseGeometry], list[BaseGeometry]]]:
    """The neighbours of a cell with the vertices that a cut needs, and the faces of the cell left and right of it."""
    fabric = edit.fabric
    cells = fabric.cells
    hood = {name: cells[name] for name in (cell, *fabric.around(cell))}
    inner = shapely.get_parts(shapely.intersection(path, cells[cell]))
    inner = inner[shapely.get_dimensions(inner) == 1]
    if len(inner) != 1:
        raise TooTight(place=spot(cells[cell]))
    line, new = node(hood, [vertex(at) for at in shapely.get_coordinates(inner[0])])
    found, _ = faces({cell: new.get(cell, cells[cell])}, line)
    left = is_inside(shapely.get_coordinates(shapely.point_on_surface(found)), ring)
    return new, (list(found[left]), list(found[~left]))


def _fresh_name(draft: Draft, edit: Edit, cell: str) -> str:
    number = 2
    while (name := f"{cell}/{number}") in draft.fabric.cells or name in edit.shapes:
        number += 1
    return name


def _with_strays(edit: Edit, side: set[str], rest: set[str]) -> set[str]:
    """A side of a split with the ground that it would cut off from the rest, without what is cut off from itself."""
    fabric, draft = edit.fabric, edit.draft
    from_rest, from_side = (
        {cell for piece in _lesser(draft, part, fabric.around) if not draft.units(piece) for cell in piece}
        for part in (rest, side)
    )
    return (side | from_rest) - from_side


def _lesser(draft: Draft, cells: Collection[str], around: Around[str]) -> list[set[str]]:
    """The pieces of some cells, without the one that has most units."""
    found = pieces(cells, around)
    return sorted(found, key=lambda piece: (-len(draft.units(piece)), -len(piece), min(piece)))[1:]


# What the operations share


def with_bound(draft: Draft, level: Level, units: Iterable[str], also: Collection[str] = frozenset()) -> set[str]:
    """The cells of units and of all that is bound to them. Raises `Unknown`; `also` names cells that are just made."""
    found: set[str] = set()
    for unit in units:
        for member in draft.ground.bound[level].get(unit, frozenset({unit})):
            cell = draft.ground.host.get(member, member)
            if cell in draft.fabric.cells or cell in also:
                found.add(cell)
            elif member == unit:
                raise Unknown(name=unit)
    return found


def check_free(draft: Draft, level: Level, name: str) -> None:
    if not name:
        raise BadOperation(why="new")
    if name in draft.layers[level].members:
        raise NameTaken(name=name, place=spot(draft.shape(level, name)))


def _check_parent(draft: Draft, cells: Collection[str], segment: str) -> None:
    """Refuse cells of another grid than that of a segment."""
    grid = draft.label("grid", min(draft.members("segment", segment)))
    for cell in sorted(cells):
        if draft.label("grid", cell) != grid:
            raise OtherParent(name=cell, place=spot(draft.fabric.cells[cell]))


def _between(draft: Draft, level: Level, cells: set[str], to: str) -> set[str]:
    """The cells on the shortest way from cells to a label, through what is not locked."""
    goal, found = draft.members(level, to), set(cells)
    grid = draft.label("grid", min(goal))

    def within(cell: str) -> bool:
        is_open = (level, str(draft.label(level, cell))) not in draft.locked
        return is_open and (level == "grid" or draft.label("grid", cell) == grid)

    for piece in pieces(cells, draft.fabric.around):
        steps = way(piece, goal | (found - piece), within, draft.fabric.around)
        found |= with_bound(draft, level, steps or ())
    return found


def _with_ground(draft: Draft, level: Level, cells: set[str], to: str | None) -> set[str]:
    """Cells, and ground without a building that they would cut off from those that give them."""
    found = set(cells)
    for giver in sorted({str(draft.label(level, cell)) for cell in cells if draft.label(level, cell) is not None}):
        rest = draft.members(level, giver) - cells
        around = draft.fabric.around
        draft.fabric.learn(cells)
        if to is None or not strays(rest, cells & draft.members(level, giver), around):
            continue
        for piece in sorted(pieces(rest, around), key=lambda part: (-len(draft.units(part)), -len(part), min(part)))[
            1:
        ]:
            if not draft.units(piece):
                found |= piece
    return found
