"""
A plan while it is drawn: cells, who has which, and what is locked.

A draft never changes; an edit (`edit.apply`) makes another one that shares with it all that it left alone, so undo is
to go back to the one before. `Delta` is the step between two of them, small enough to be kept in a log: it leads
forward and back, byte for byte, and says what it touched, so that the edits of two people can be told apart.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compactness import polsby_popper
from geo.contiguity import pieces
from geo.coverage import EDGE_TOLERANCE
from geo.crs import area_m2, flatten, off_grid, snap_all
from geo.errors import ChangedSince, OffGrid, Place, Unknown
from geo.fabric import Fabric
from geo.overlay import Overlay

Level = Literal["grid", "segment"]
LEVELS: tuple[Level, ...] = ("grid", "segment")


class Layer(NamedTuple):
    """The labels of one level: of each cell that has one, and the cells of each label."""

    label: Overlay[str, str]
    members: Overlay[str, frozenset[str]]

    @classmethod
    def of(cls, label: Mapping[str, str]) -> "Layer":
        members: dict[str, set[str]] = {}
        for cell, name in label.items():
            members.setdefault(name, set()).add(cell)
        return cls(Overlay(label), Overlay({name: frozenset(cells) for name, cells in members.items()}))

    def relabelled(self, changes: Mapping[str, str | None]) -> "Layer":
        """With other labels for some cells; None takes the label away. A label without cells is no more."""
        if not changes:
            return self
        came: dict[str, set[str]] = {}
        left: dict[str, set[str]] = {}
        for cell, name in changes.items():
            old = self.label.get(cell)
            if old is not None:
                left.setdefault(old, set()).add(cell)
            if name is not None:
                came.setdefault(name, set()).add(cell)
        members = {
            name: (self.members.get(name, frozenset()) - left.get(name, set())) | came.get(name, set())
            for name in left.keys() | came.keys()
        }
        ended = {name for name, cells in members.items() if not cells}
        named = {cell: name for cell, name in changes.items() if name is not None}
        return Layer(
            self.label.changed(named, changes.keys() - named.keys()),
            self.members.changed({name: cells for name, cells in members.items() if cells}, ended),
        )


@dataclass(frozen=True)
class Ground:
    """
    What no edit of a plan changes.

    Attributes
    ----------
    footprints : dict of unit to Polygon or MultiPolygon
        Buildings or stairwells; their part inside the community, degrees.
    weights : dict of unit to dict of measure to number
        Such as `{"households": 24, "people": 61}`; what is not there counts as 0.
    bound : dict of level to dict of unit to units
        What must share a label: at the level of grids the stairwells of a building; at both levels what overlaps.
    solid : dict of unit to units
        What overlaps, so that only all their cells together hold each footprint.
    host : dict of unit to cell
        Of units that lie wholly under others and have no cell of their own.
    ties : dict of (cell, cell), the lesser first, to number
        How dear a border between the two is, as in `partition.group`; metres of common edge where nothing is said.
    """

    footprints: Mapping[str, BaseGeometry]
    weights: Mapping[str, Mapping[str, float]]
    bound: Mapping[Level, Mapping[str, frozenset[str]]]
    solid: Mapping[str, frozenset[str]]
    host: Mapping[str, str]
    ties: Mapping[tuple[str, str], float]

    @cached_property
    def guests(self) -> Mapping[str, frozenset[str]]:
        """Cell -> the units without a cell that belong to it."""
        found: dict[str, set[str]] = {}
        for unit, cell in self.host.items():
            found.setdefault(cell, set()).add(unit)
        return {cell: frozenset(units) for cell, units in found.items()}


@dataclass(frozen=True)
class Measures:
    """What a planner watches of a grid: `sums` of the units' weights, square metres, 0 to 1, and how many pieces."""

    sums: Mapping[str, float]
    units: int
    area: float
    compactness: float
    pieces: int


Shared = dict[tuple[Level, str], Any]


@dataclass(frozen=True, eq=False)
class Draft:
    """
    One state of a plan in the making.

    Attributes
    ----------
    ground : Ground
    fabric : Fabric
        The cells.
    layers : dict of level to Layer
    locked : frozenset of (level, label)
    allowed : dict of (level, label) to int
        How many pieces a label may be in, where that is not one.
    """

    ground: Ground
    fabric: Fabric
    layers: Mapping[Level, Layer]
    locked: frozenset[tuple[Level, str]] = frozenset()
    allowed: Mapping[tuple[Level, str], int] = field(default_factory=dict)
    _shapes: Shared = field(default_factory=dict, repr=False)
    _measures: Shared = field(default_factory=dict, repr=False)

    def label(self, level: Level, cell: str) -> str | None:
        return self.layers[level].label.get(cell)

    def members(self, level: Level, label: str) -> frozenset[str]:
        """The cells of a label. Raises `Unknown` when there is no such label."""
        try:
            return self.layers[level].members[label]
        except KeyError:
            raise Unknown(name=label) from None

    def shape(self, level: Level, label: str) -> BaseGeometry:
        """The polygon of a grid or segment, dissolved from its cells; made once and kept while it does not change."""
        if (level, label) not in self._shapes:
            self._shapes[level, label] = self.fabric.union(f"{level} {label}", self.members(level, label))
        shape: BaseGeometry = self._shapes[level, label]
        return shape

    def shapes(self, level: Level) -> dict[str, BaseGeometry]:
        """All polygons of a level, by label in order."""
        return {label: self.shape(level, label) for label in sorted(self.layers[level].members)}

    def measures(self, level: Level, label: str) -> Measures:
        """The figures of a grid or segment; like its shape made once and kept while it does not change."""
        if (level, label) not in self._measures:
            self._measures[level, label] = self._measured(level, label)
        measures: Measures = self._measures[level, label]
        return measures

    def _measured(self, level: Level, label: str) -> Measures:
        units, shape = self.units(self.members(level, label)), self.shape(level, label)
        weights = [self.ground.weights.get(unit, {}) for unit in sorted(units)]
        sums = {name: math.fsum(each.get(name, 0.0) for each in weights) for name in sorted(set().union(*weights))}
        parts = shapely.get_num_geometries(shape)
        return Measures(sums, len(units), area_m2(shape), polsby_popper(shape), int(parts))

    def units(self, cells: Iterable[str]) -> set[str]:
        """The buildings or stairwells of cells, those without a cell of their own included; ground has none."""
        found: set[str] = set()
        for cell in cells:
            found |= self.ground.guests.get(cell, frozenset())
            if cell in self.ground.footprints:
                found.add(cell)
        return found

    def weight(self, cells: Iterable[str], measure: str) -> float:
        return math.fsum(self.ground.weights.get(unit, {}).get(measure, 0.0) for unit in sorted(self.units(cells)))

    def pieces(self, level: Level, label: str) -> int:
        """
        In how many pieces a label lies: counted in the graph of neighbours, or on the polygon where a cell has parts.
        """
        members = self.members(level, label)
        if members & self.fabric.manifold:
            return int(shapely.get_num_geometries(self.shape(level, label)))
        self.fabric.learn(members)
        return len(pieces(members, self.fabric.around))

    def tie(self, a: str, b: str) -> float:
        """How dear a border between two neighbouring cells is."""
        pair = (a, b) if a < b else (b, a)
        return self.ground.ties.get(pair, self.fabric.around(a).get(b, 0.0))

    def unassigned(self, level: Level = "grid") -> set[str]:
        """Cells without a label: ground that nobody has."""
        return self.fabric.cells.keys() - self.layers[level].label.keys()

    def fingerprint(self) -> str:
        """SHA-256 of all that makes the state: of two drafts equal only when they are the same byte for byte."""
        digest = hashlib.sha256()
        for name in sorted(self.fabric.cells):
            digest.update(name.encode() + b"\0" + self.fabric.cells[name].wkb)
        for level in LEVELS:
            digest.update(repr(sorted(self.layers[level].label.items())).encode())
        digest.update(repr((sorted(self.locked), sorted(self.allowed.items()))).encode())
        return digest.hexdigest()

    def made_of(self, cells: Iterable[str], layers: Mapping[Level, Layer], **rest: Any) -> "Draft":
        """
        A draft with other layers, and whatever else is given, in which only these cells have another shape or label.

        It keeps each polygon and figure of a label that has none of them.
        """
        concerned = set(cells)
        spoilt = {
            (level, label)
            for level in LEVELS
            for layer in (self.layers[level], layers[level])
            for label in map(layer.label.get, concerned)
            if label is not None
        }
        # Copied at once: another thread may look at the draft and find more meanwhile.
        kept = {key: shape for key, shape in self._shapes.copy().items() if key not in spoilt}
        figures = {key: figure for key, figure in self._measures.copy().items() if key not in spoilt}
        return replace(self, layers=layers, _shapes=kept, _measures=figures, **rest)


def start(
    cells: Mapping[str, BaseGeometry],
    grids: Mapping[str, str],
    *,
    footprints: Mapping[str, BaseGeometry],
    segments: Mapping[str, str] | None = None,
    together: Iterable[Collection[str]] = (),
    overlapping: Iterable[Collection[str]] = (),
    weights: Mapping[str, Mapping[str, float]] | None = None,
    ties: Mapping[tuple[str, str], float] | None = None,
    locked: Iterable[tuple[Level, str]] = (),
    allowed: Mapping[tuple[Level, str], int] | None = None,
) -> Draft:
    """
    A draft from cells and labels.

    Parameters
    ----------
    cells : mapping of cell to Polygon or MultiPolygon
        A coverage of the community on the grid of 1e-7 degrees, as `cells.cut` gives it: one for each unit, named as
        it is, and ground without a building under other names.
    grids, segments : mapping of cell to label
        A cell may have none. A segment lies in one grid.
    footprints : mapping of unit to Polygon or MultiPolygon
        Only what lies in the community counts.
    together : iterable of sets of units
        What must share a grid: the stairwells of one building.
    overlapping : iterable of sets of units
        What no line can separate (`Cells.together`); must share a segment too. May name units without a cell.
    weights, ties, locked, allowed
        See `Ground` and `Draft`.

    Raises
    ------
    OffGrid
        A cell has a vertex beside the grid: edits could not leave it where it is.
    """
    shapes = np.array(list(cells.values()), dtype=object)
    if len(beside := off_grid(shapes)):
        raise OffGrid(place=spot(shapes[beside[0]]))
    solid = _groups(overlapping)
    bound: dict[Level, Mapping[str, frozenset[str]]] = {"grid": _groups([*together, *solid.values()]), "segment": solid}
    host = {unit: _host(unit, group, cells) for unit, group in solid.items() if unit not in cells}
    ground = Ground(
        footprints=_inner(cells, footprints, solid),
        weights=dict(weights or {}),
        bound=bound,
        solid=solid,
        host={unit: cell for unit, cell in host.items() if cell is not None},
        ties=dict(ties or {}),
    )
    layers: dict[Level, Layer] = {"grid": Layer.of(grids), "segment": Layer.of(segments or {})}
    return Draft(ground, Fabric(cells), layers, frozenset(locked), dict(allowed or {}))


def _groups(sets: Iterable[Collection[str]]) -> dict[str, frozenset[str]]:
    """Unit -> all that it is bound to, directly or not, itself included."""
    found: dict[str, frozenset[str]] = {}
    for members in sets:
        whole = frozenset(members).union(*(found[unit] for unit in members if unit in found))
        found.update(dict.fromkeys(whole, whole))
    return found


def _host(unit: str, group: Collection[str], cells: Mapping[str, BaseGeometry]) -> str | None:
    return min((other for other in group if other in cells), default=None)


def _inner(
    cells: Mapping[str, BaseGeometry], footprints: Mapping[str, BaseGeometry], solid: Mapping[str, frozenset[str]]
) -> dict[str, BaseGeometry]:
    """The footprints without what reaches over the edge of the community: what their own cells do not hold."""
    inner = dict(zip(footprints, snap_all(list(footprints.values())).tolist(), strict=True))
    alone = [unit for unit in inner if unit in cells and unit not in solid]
    covered = shapely.covers([cells[unit] for unit in alone], [inner[unit] for unit in alone])
    whole = {unit for unit, is_covered in zip(alone, covered, strict=True) if is_covered}
    return {unit: shape if unit in whole else _clipped(unit, shape, cells, solid) for unit, shape in inner.items()}


def _clipped(
    unit: str, footprint: BaseGeometry, cells: Mapping[str, BaseGeometry], solid: Mapping[str, frozenset[str]]
) -> BaseGeometry:
    homes = [cells[name] for name in sorted(solid.get(unit, {unit})) if name in cells]
    ground = homes[0] if len(homes) == 1 else shapely.union_all(homes)
    if not homes or ground.covers(footprint) or is_thin(footprint.difference(ground)):
        return footprint
    return footprint.intersection(ground)


def is_thin(geometry: BaseGeometry) -> bool:
    """Whether nothing of a geometry (degrees) is wider than the rounding of a vertex may bend an edge."""
    if geometry.is_empty or geometry.area == 0:
        return True
    west, south, _, _ = geometry.bounds
    flat = flatten([geometry], (west, south))[0]
    return bool(flat.buffer(-EDGE_TOLERANCE / 2, join_style="mitre").is_empty)


# The step between two drafts


Change = tuple[str | None, str | None]  # before and after


@dataclass(frozen=True)
class Touched:
    """
    What an edit concerns, for telling the edits of two people apart.

    Attributes
    ----------
    units : frozenset of (level, cell)
        Cells that got another label.
    borders : frozenset of (cell, cell), the lesser first
        Cells between which the line moved.
    grids : frozenset of (level, label)
        Labels that were concerned as a whole: made, ended, split, locked.
    used : frozenset of (level, label)
        Labels that gave or took.
    read : frozenset of (level, cell)
        Cells whose label it went by, without changing it: those on both sides of a border that it drew anew.
    """

    units: frozenset[tuple[Level, str]] = frozenset()
    borders: frozenset[tuple[str, str]] = frozenset()
    grids: frozenset[tuple[Level, str]] = frozenset()
    used: frozenset[tuple[Level, str]] = frozenset()
    read: frozenset[tuple[Level, str]] = frozenset()

    def conflict(self, other: "Touched") -> "Touched | None":
        """What two edits both touch, or None when either may go first and the other still means what it meant."""
        grids = (self.grids & (other.grids | other.used)) | (other.grids & self.used)
        units = (self.units & (other.units | other.read)) | (other.units & self.read)
        common = Touched(units, self.borders & other.borders, grids)
        return common if common.units or common.borders or common.grids else None


@dataclass(frozen=True)
class Delta:
    """
    A step between two drafts, forward and back: of everything that changed, what it was and what it became.

    Cells are WKB in hexadecimal. `touched` is what the edit concerned. `as_json` and `from_json` keep it in a log.
    """

    cells: Mapping[str, Change] = field(default_factory=dict)
    labels: Mapping[Level, Mapping[str, Change]] = field(default_factory=dict)
    locked: Mapping[tuple[Level, str], tuple[bool, bool]] = field(default_factory=dict)
    allowed: Mapping[tuple[Level, str], tuple[int, int]] = field(default_factory=dict)
    touched: Touched = Touched()

    def __bool__(self) -> bool:
        return bool(self.cells or any(self.labels.values()) or self.locked or self.allowed)

    @property
    def inverse(self) -> "Delta":
        """The way back."""
        labels = {level: _turned(changes) for level, changes in self.labels.items()}
        return Delta(_turned(self.cells), labels, _turned(self.locked), _turned(self.allowed), self.touched)

    def as_json(self) -> dict[str, Any]:
        return {
            "cells": {name: list(change) for name, change in sorted(self.cells.items())},
            "labels": {
                level: {cell: list(change) for cell, change in sorted(changes.items())}
                for level, changes in self.labels.items()
            },
            "locked": [[*key, *change] for key, change in sorted(self.locked.items())],
            "allowed": [[*key, *change] for key, change in sorted(self.allowed.items())],
            "touched": {name: sorted(map(list, getattr(self.touched, name))) for name in _TOUCHED},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Delta":
        touched = {name: frozenset((a, b) for a, b in data["touched"][name]) for name in _TOUCHED}
        return cls(
            {name: (old, new) for name, (old, new) in data["cells"].items()},
            {
                level: {cell: (old, new) for cell, (old, new) in data["labels"][level].items()}
                for level in data["labels"]
            },
            {(level, label): (old, new) for level, label, old, new in data["locked"]},
            {(level, label): (old, new) for level, label, old, new in data["allowed"]},
            Touched(**touched),
        )


_TOUCHED = ("units", "borders", "grids", "used", "read")


def _turned(changes: Mapping[Any, tuple[Any, Any]]) -> dict[Any, tuple[Any, Any]]:
    return {key: (new, old) for key, (old, new) in changes.items()}


def step(draft: Draft, delta: Delta) -> Draft:
    """
    The draft after a delta; with `delta.inverse` the one before, byte for byte.

    Raises `ChangedSince` when what the delta changes is no longer as it found it. Whether the result is sound is not
    asked: a delta comes from an edit that was checked.
    """
    check_unchanged(draft, delta)
    shapes = {name: None if new is None else shapely.from_wkb(new) for name, (_, new) in delta.cells.items()}
    layers: dict[Level, Layer] = dict(draft.layers)
    for level, changes in delta.labels.items():
        layers[level] = layers[level].relabelled({cell: new for cell, (_, new) in changes.items()})
    locked = draft.locked - {key for key, (_, new) in delta.locked.items() if not new}
    locked |= {key for key, (_, new) in delta.locked.items() if new}
    allowed = {**draft.allowed, **{key: new for key, (_, new) in delta.allowed.items()}}
    allowed = {key: count for key, count in allowed.items() if count != 1}
    fabric = draft.fabric.changed(shapes)
    concerned = set(delta.cells).union(*delta.labels.values())
    return draft.made_of(concerned, layers, fabric=fabric, locked=locked, allowed=allowed)


def check_unchanged(draft: Draft, delta: Delta) -> None:
    """Refuse a delta that does not find what it changes as it was."""
    for name, (old, _) in delta.cells.items():
        shape = draft.fabric.cells.get(name)
        if (None if shape is None else shape.wkb_hex) != old:
            raise ChangedSince(place=spot(shape), name=name)
    for level, changes in delta.labels.items():
        for cell, (label, _) in changes.items():
            if draft.label(level, cell) != label:
                raise ChangedSince(place=spot(draft.fabric.cells.get(cell)), name=cell)
    for key, (is_locked, _) in delta.locked.items():
        if (key in draft.locked) != is_locked:
            raise ChangedSince(name=key[1])
    for key, (count, _) in delta.allowed.items():
        if draft.allowed.get(key, 1) != count:
            raise ChangedSince(name=key[1])


def spot(shape: BaseGeometry | None) -> Place | None:
    """A place inside a shape; None of nothing."""
    if shape is None or shape.is_empty:
        return None
    point = shape.representative_point()
    return (point.x, point.y)
