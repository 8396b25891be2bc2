"""
An edit while it is made: what it changes, and what it must not do.

The operations fill an `Edit`; `finish` follows up on it, checks it and makes the next draft, or refuses. Only what
changed and its neighbours are looked at. That is enough: an edit that leaves the outline of its neighbourhood in place,
and each cell in it valid, without overlap and of the same area in all, leaves a coverage.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.contiguity import pieces, strays
from geo.coverage import edges_of
from geo.crs import metres_per_degree
from geo.draft import LEVELS, Change, Delta, Draft, Layer, Level, Touched, is_thin, spot
from geo.errors import (
    Collapsed,
    Crosses,
    CutsFootprint,
    Detached,
    Emptied,
    GeometryRefused,
    LeavesParent,
    Locked,
    OtherParent,
    Place,
    Severed,
    Torn,
)
from geo.fabric import Fabric
from geo.lattice import steps_of
from geo.validity import check_area

LEAST_M2 = 1.0  # square metres; a cell below that cannot be seen or clicked


class Edited(NamedTuple):
    """The draft after an edit, and the step that led there."""

    draft: Draft
    delta: Delta


class Edit:
    """
    The changes of one edit, as they are put together.

    Attributes
    ----------
    labels : dict of level to dict of cell to its new label, or None
    shapes : dict of cell to its new shape, or None for one that goes
    whole : set of (level, label)
        Labels that are concerned as a whole.
    read : set of (level, cell)
        Cells whose label the edit goes by.
    ended : set of (level, label)
        Labels that may end by this edit.
    pieces : dict of (level, label) to int
        In how many pieces a label may be after this edit, where that is not as before.
    """

    def __init__(self, draft: Draft):
        self.draft = draft
        self.labels: dict[Level, dict[str, str | None]] = {level: {} for level in LEVELS}
        self.shapes: dict[str, BaseGeometry | None] = {}
        self.whole: set[tuple[Level, str]] = set()
        self.ended: set[tuple[Level, str]] = set()
        self.pieces: dict[tuple[Level, str], int] = {}
        self.read: set[tuple[Level, str]] = set()
        self.locks: dict[tuple[Level, str], bool] = {}
        self.allowed: dict[tuple[Level, str], int] = {}
        self.segments_follow = True
        self.must_hang = True

    def relabel(self, level: Level, cells: Iterable[str], label: str | None) -> None:
        self.labels[level].update(dict.fromkeys(cells, label))

    def whole_of(self, level: Level, *labels: str) -> None:
        self.whole |= {(level, label) for label in labels}

    def ends(self, level: Level, *labels: str) -> None:
        self.whole_of(level, *labels)
        self.ended |= {(level, label) for label in labels}

    @property
    def fabric(self) -> Fabric:
        """The cells as they are by now."""
        return self.draft.fabric.changed(self.shapes)

    def finish(self) -> Edited:
        """The next draft. Raises an `EditRefused`."""
        before = self.draft
        fabric = self.fabric
        layers: dict[Level, Layer] = dict(before.layers)
        layers["grid"] = layers["grid"].relabelled(self.labels["grid"])
        if self.labels["grid"] and self.segments_follow:
            self.labels["segment"] |= _followed(self, fabric, layers["grid"])
        layers["segment"] = layers["segment"].relabelled(self.labels["segment"])
        locked = (before.locked - self.locks.keys()) | {key for key, is_on in self.locks.items() if is_on}
        allowed = {key: n for key, n in {**before.allowed, **self.allowed}.items() if n != 1}
        concerned = {*self.shapes, *self.labels["grid"], *self.labels["segment"]}
        after = before.made_of(concerned, layers, fabric=fabric, locked=locked, allowed=allowed)
        self._check(after)
        return Edited(after, self._delta(after))

    # What it must not do

    def _check(self, after: Draft) -> None:
        for level in LEVELS:
            _check_labels(self, after, level)
        if self.shapes:
            _check_ground(self.draft, after, self.shapes)
        _check_locks(self)
        if self.must_hang:
            for level, label in sorted(self._touched_labels(after)):
                _check_hangs(self, after, level, label)

    def _touched_labels(self, after: Draft) -> set[tuple[Level, str]]:
        """Labels of the cells that got another label or shape."""
        found: set[tuple[Level, str]] = set()
        for level in LEVELS:
            for cell in self.labels[level].keys() | self.shapes.keys():
                for draft in (self.draft, after):
                    label = draft.label(level, cell)
                    if label is not None:
                        found.add((level, label))
        return found

    # The step

    def _delta(self, after: Draft) -> Delta:
        before = self.draft
        cells = {
            name: (_hex(before.fabric.cells.get(name)), _hex(after.fabric.cells.get(name))) for name in self.shapes
        }
        cells = {name: change for name, change in cells.items() if change[0] != change[1]}
        labels = {level: self._label_changes(after, level) for level in LEVELS}
        locked = {key: (key in before.locked, is_on) for key, is_on in self.locks.items()}
        allowed = {key: (before.allowed.get(key, 1), n) for key, n in self.allowed.items()}
        return Delta(
            cells,
            {level: changes for level, changes in labels.items() if changes},
            {key: change for key, change in locked.items() if change[0] != change[1]},
            {key: change for key, change in allowed.items() if change[0] != change[1]},
            self._touched(after, cells, labels),
        )

    def _label_changes(self, after: Draft, level: Level) -> dict[str, Change]:
        cells = sorted(self.labels[level])
        changes = {cell: (self.draft.label(level, cell), after.label(level, cell)) for cell in cells}
        return {cell: change for cell, change in changes.items() if change[0] != change[1]}

    def _touched(
        self, after: Draft, cells: Mapping[str, Change], labels: Mapping[Level, Mapping[str, Change]]
    ) -> Touched:
        units = {(level, cell) for level, changes in labels.items() for cell in changes}
        used = {
            (level, label) for level, changes in labels.items() for pair in changes.values() for label in pair if label
        }
        borders = {
            (min(cell, near), max(cell, near))
            for fabric in (self.draft.fabric, after.fabric)
            for cell in cells
            if cell in fabric.cells
            for near in fabric.around(cell)
            if near in cells
        }
        whole = self.whole | self.locks.keys() | self.allowed.keys()
        return Touched(frozenset(units), frozenset(borders), frozenset(whole), frozenset(used), frozenset(self.read))


def _hex(shape: BaseGeometry | None) -> str | None:
    return None if shape is None else str(shape.wkb_hex)


# Segments follow their grids


def _followed(edit: Edit, fabric: Fabric, grids: Layer) -> dict[str, str | None]:
    """
    The segments of cells that went to another grid.

    A segment that went over whole stays one. A cell that left its segment behind joins the one of its new grid with
    the longest common edge; and so does, in the old grid, what a segment left stranded. Where a grid that takes has no
    segments, what it takes has none either.
    """
    before = edit.draft.layers["segment"]
    old = before.relabelled(edit.labels["segment"])
    moved = [cell for cell, grid in edit.labels["grid"].items() if edit.draft.label("grid", cell) != grid]
    bare = {grid for grid in map(grids.label.get, moved) if _has_no_segments(edit.draft, grid)}
    bereft = [
        cell
        for cell in moved
        if cell in old.label and (grids.label.get(cell) in bare or not _went_whole(old.members[old.label[cell]], grids))
    ]
    layer = old.relabelled(dict.fromkeys(bereft))
    homeless = [
        cell for cell in moved if cell in fabric.cells and cell not in layer.label and grids.label.get(cell) not in bare
    ]
    for name in sorted({old.label[cell] for cell in bereft}):
        rest = layer.members.get(name, frozenset())
        if strays(rest, bereft, fabric.around):
            homeless += [cell for piece in pieces(rest, fabric.around)[1:] for cell in piece]
    stripped, bound = layer.relabelled(dict.fromkeys(homeless)), edit.draft.ground.bound["segment"]
    given = _given(homeless, stripped, grids, fabric, bound)
    return {**dict.fromkeys(bereft), **given}


def _has_no_segments(draft: Draft, grid: str | None) -> bool:
    """Whether a grid that there was had none; a new one takes those that come with its cells."""
    members = draft.layers["grid"].members.get(grid or "", frozenset())
    return bool(members) and draft.layers["segment"].label.keys().isdisjoint(members)


def _went_whole(members: Collection[str], grids: Layer) -> bool:
    return len({grids.label.get(cell) for cell in members}) == 1


def _given(
    cells: Iterable[str], layer: Layer, grids: Layer, fabric: Fabric, bound: Mapping[str, frozenset[str]]
) -> dict[str, str | None]:
    """Each cell, with what is bound to it, to the segment of its grid with the longest common edge; nearest first."""
    waiting = sorted({frozenset(bound.get(cell, {cell}) & set(cells)) | {cell} for cell in cells}, key=min)
    given: dict[str, str | None] = {}
    while waiting:
        found = {block: name for block in waiting if (name := _nearest(block, layer, grids, fabric)) is not None}
        if not found:
            return given | {cell: None for block in waiting for cell in block}
        new: dict[str, str | None] = {cell: name for block, name in found.items() for cell in block}
        layer, given = layer.relabelled(new), given | new
        waiting = [block for block in waiting if block not in found]
    return given


def _nearest(block: frozenset[str], layer: Layer, grids: Layer, fabric: Fabric) -> str | None:
    metres: dict[str, float] = {}
    for cell in sorted(block):
        for near, length in fabric.around(cell).items():
            name = layer.label.get(near)
            if name is not None and grids.label.get(near) == grids.label.get(cell) is not None:
                metres[name] = metres.get(name, 0.0) + length
    return max(metres, key=lambda name: (metres[name], name), default=None)


# Labels


def _check_labels(edit: Edit, after: Draft, level: Level) -> None:
    layer = after.layers[level]
    for cell, label in edit.labels[level].items():
        if cell in after.fabric.cells:
            _check_bound(after, level, cell)
            if level == "segment" and label is not None:
                _check_nested(after, label, cell)
    for old in {edit.draft.label(level, cell) for cell in edit.labels[level]}:
        # Nobody ends a segment on purpose by moving its doors to another grid; it simply has none left.
        follows = level == "segment" and edit.labels["grid"]
        if old is not None and old not in layer.members and (level, old) not in edit.ended and not follows:
            raise Emptied(name=old, place=spot(edit.draft.shape(level, old)))


def _check_bound(after: Draft, level: Level, cell: str) -> None:
    label = after.label(level, cell)
    for other in sorted(after.ground.bound[level].get(cell, ())):
        if other in after.fabric.cells and after.label(level, other) != label:
            raise Torn(name=cell, place=spot(after.fabric.cells[other]))


def _check_nested(after: Draft, segment: str, cell: str) -> None:
    if len({after.label("grid", other) for other in after.members("segment", segment)}) > 1:
        raise OtherParent(name=cell, place=spot(after.fabric.cells[cell]))


def _check_locks(edit: Edit) -> None:
    locked = edit.draft.locked - edit.locks.keys()
    if not locked:
        return
    for level in LEVELS:
        for cell, new in edit.labels[level].items():
            for label in (edit.draft.label(level, cell), new):
                if label is not None and (level, label) in locked and edit.draft.label(level, cell) != new:
                    raise Locked(name=label, place=spot(edit.draft.fabric.cells.get(cell)))
        for cell, shape in edit.shapes.items():
            old, label = edit.draft.fabric.cells.get(cell), edit.draft.label(level, cell)
            if label is not None and (level, label) in locked and not _is_same_ground(old, shape):
                raise Locked(name=label, place=spot(old))


def _is_same_ground(old: BaseGeometry | None, new: BaseGeometry | None) -> bool:
    """Whether a cell at most got a vertex more on an edge."""
    return old is not None and new is not None and is_thin(shapely.symmetric_difference(old, new))


def _check_hangs(edit: Edit, after: Draft, level: Level, label: str) -> None:
    """Refuse what leaves a label in more pieces than it may be in, or than it was in."""
    members = after.layers[level].members.get(label, frozenset())
    before = edit.draft.layers[level].members.get(label, frozenset())
    if not members or _hangs_plainly(edit, after, level, members, before):
        return
    count = after.pieces(level, label)
    was = edit.draft.pieces(level, label) if before else 1
    if count > edit.pieces.get((level, label), max(was, after.allowed.get((level, label), 1))):
        refusal = Detached if before and before <= members else Severed
        raise refusal(name=label, place=_stray_place(after, level, label, before))


def _hangs_plainly(edit: Edit, after: Draft, level: Level, members: frozenset[str], before: frozenset[str]) -> bool:
    """Whether a look at the neighbourhood shows that a label hangs together as it did."""
    changes = edit.labels[level]
    gone = [cell for cell in changes if cell in before and cell not in members]
    came = [cell for cell in changes if cell in members and cell not in before]
    if not before or edit.shapes or not after.fabric.manifold.isdisjoint(_with_rim(after.fabric, [*gone, *came])):
        return False
    # A cell of several parts is no bridge: what can be walked without it hangs together whatever its parts do.
    stay = members.difference(came, after.fabric.manifold)
    around = after.fabric.around
    hooked = all(any(near in stay for cell in piece for near in around(cell)) for piece in pieces(came, around))
    return hooked and not strays(stay, gone, around)


def _with_rim(fabric: Fabric, cells: Sequence[str]) -> set[str]:
    """Cells and their neighbours."""
    fabric.learn(cells)
    return {near for cell in cells for near in fabric.around(cell)}.union(cells)


def _stray_place(after: Draft, level: Level, label: str, before: frozenset[str]) -> Place | None:
    """Where the piece is that does not hang with the rest: one that just came, or else the smallest."""
    parts = shapely.get_parts(after.shape(level, label))
    here = [
        shapely.intersects(parts, after.fabric.cells[cell].representative_point())
        for cell in sorted(before)
        if cell in after.fabric.cells
    ]
    fresh = ~np.any(here, axis=0) if here else np.zeros(len(parts), dtype=bool)
    chosen = parts[fresh] if fresh.any() else parts
    return spot(chosen[np.argmin(shapely.area(chosen))])


# Ground


def _check_ground(before: Draft, after: Draft, shapes: Mapping[str, BaseGeometry | None]) -> None:
    fresh = [name for name in sorted(shapes) if shapes[name] is not None]
    for name in fresh:
        _check_cell(after.fabric.cells[name])
    old = [before.fabric.cells[name] for name in sorted(shapes) if name in before.fabric.cells]
    new = [after.fabric.cells[name] for name in fresh]
    _check_coverage(after, [*old, *new])
    _check_outline(old, new)
    for name in fresh:
        _check_footprints(after, name)


def _check_cell(shape: BaseGeometry) -> None:
    try:
        check_area(shape, extent=None)
    except GeometryRefused as refused:
        raise Crosses(place=refused.place or spot(shape)) from None
    east, north = metres_per_degree(shape.bounds[1])
    if shape.area * east * north < LEAST_M2:
        raise Collapsed(place=spot(shape))


def _check_coverage(after: Draft, shapes: Iterable[BaseGeometry]) -> None:
    hood = np.array([after.fabric.cells[name] for name in after.fabric.beside(shapes)], dtype=object)
    if not shapely.coverage_is_valid(hood):
        raise Crosses(place=_first(shapely.union_all(shapely.coverage_invalid_edges(hood))))


def _first(geometry: BaseGeometry) -> Place:
    east, north = shapely.get_coordinates(geometry)[0].tolist()
    return east, north


def _check_outline(old: Collection[BaseGeometry], new: Collection[BaseGeometry]) -> None:
    """Refuse what takes ground from, or gives ground to, anything beyond the cells that changed."""
    if np.array_equal(_outline(old), _outline(new)):
        return
    off = shapely.symmetric_difference(shapely.union_all(list(old)), shapely.union_all(list(new)))
    if not is_thin(off):
        raise LeavesParent(place=spot(off))


def _outline(shapes: Collection[BaseGeometry]) -> NDArray[np.int64]:
    """The edges that bound the union of some cells: those that only one of them has; as sorted pairs of ends."""
    edges = edges_of(list(shapes))
    ends = np.stack([steps_of(edges.start), steps_of(edges.end)], axis=1)
    turned = (ends[:, 0] > ends[:, 1])[:, 0] | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[turned] = ends[turned, ::-1]
    unique, count = np.unique(ends.reshape(-1, 4), axis=0, return_counts=True)
    outline: NDArray[np.int64] = unique[count == 1]
    return outline


def _check_footprints(after: Draft, cell: str) -> None:
    """Refuse what leaves a footprint outside its own cell, by more than rounding."""
    units = after.ground.solid.get(cell, frozenset({cell}))
    homes = [after.fabric.cells[unit] for unit in sorted(units) if unit in after.fabric.cells]
    for unit in sorted(units & after.ground.footprints.keys()):
        footprint = after.ground.footprints[unit]
        if not any(home.covers(footprint) for home in homes):
            away = shapely.difference(footprint, shapely.union_all(homes))
            if not is_thin(away):
                raise CutsFootprint(name=unit, place=spot(away))
