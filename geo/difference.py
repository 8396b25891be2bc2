"""
What changed between two plans: which units change hands, which ground does, and which grids are touched by it.

Two drafts on the same cells are compared by label, which takes milliseconds for a district. Any two plans, drawn on
different cells or by hand, are compared by their polygons and by where each footprint lies. Degrees in and out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.cells import polygons_of
from geo.crs import GRID_SIZE, area_m2
from geo.draft import Draft, Level, is_thin

Fate = Literal["added", "removed", "changed", "unchanged"]
Shapes = Mapping[str, BaseGeometry]


class Handover(NamedTuple):
    """Who had a unit and who has it now; None where nobody."""

    giver: str | None
    taker: str | None


class Ground(NamedTuple):
    """A piece of ground that changes hands: Polygon or MultiPolygon in degrees, and square metres."""

    giver: str | None
    taker: str | None
    shape: BaseGeometry
    area: float


@dataclass(frozen=True)
class Difference:
    """
    What changed between two plans.

    Attributes
    ----------
    units : dict of unit to Handover
        Only those that change hands.
    ground : list of Ground
        By giver and taker. What is thinner than the rounding of a vertex may bend a border is left out.
    grids : dict of label to "added", "removed", "changed" or "unchanged"
        A grid is changed when a unit or ground came or went.
    """

    units: Mapping[str, Handover] = field(default_factory=dict)
    ground: list[Ground] = field(default_factory=list)
    grids: Mapping[str, Fate] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(fate != "unchanged" for fate in self.grids.values()) or bool(self.units)

    def gained(self, label: str) -> set[str]:
        """The units that a grid gets."""
        return {unit for unit, hands in self.units.items() if hands.taker == label}

    def lost(self, label: str) -> set[str]:
        """The units that a grid gives."""
        return {unit for unit, hands in self.units.items() if hands.giver == label}


def compare(
    before: Shapes, after: Shapes, *, homes_before: Mapping[str, str], homes_after: Mapping[str, str]
) -> Difference:
    """
    The difference of any two plans.

    Parameters
    ----------
    before, after : mapping of label to Polygon or MultiPolygon
        The polygons of the grids, or of the segments. A label that both have is the same grid, wherever it lies.
    homes_before, homes_after : mapping of unit to label
        Who has which unit; `homes` finds it from footprints. A unit that one of them lacks was or is nobody's.
    """
    units = _handovers(homes_before, homes_after)
    suspects = [label for label in sorted({*before, *after}) if not _is_same(before.get(label), after.get(label))]
    ground = _moved(
        {label: before[label] for label in suspects if label in before},
        {label: after[label] for label in suspects if label in after},
    )
    return Difference(units, ground, _fates(before.keys(), after.keys(), units, ground))


def between(before: Draft, after: Draft, level: Level = "grid") -> Difference:
    """The difference of two drafts that began on the same cells; costs by what changed."""
    old, new = before.layers[level], after.layers[level]
    cells = _changed_cells(before, after)
    relabelled = {cell for cell in old.label.differing(new.label) if old.label.get(cell) != new.label.get(cell)}
    units = {
        unit: Handover(old.label.get(cell), new.label.get(cell))
        for cell in sorted(relabelled)
        for unit in sorted(before.units([cell]))
    }
    pieces = _redrawn(before, after, level, cells)
    for hands, shape in _relabelled(before, after, level, relabelled - cells).items():
        pieces.setdefault(hands, []).append(shape)
    ground = [piece for hands in sorted(pieces, key=_in_order) for piece in _piece(*hands, _united(pieces[hands]))]
    return Difference(units, ground, _fates(old.members.keys(), new.members.keys(), units, ground))


def _in_order(hands: Handover) -> list[tuple[bool, str]]:
    return [(label is None, label or "") for label in hands]


def _united(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes, grid_size=GRID_SIZE)


def _relabelled(before: Draft, after: Draft, level: Level, cells: Collection[str]) -> dict[Handover, BaseGeometry]:
    """The ground of cells that kept their shape and got another label, by giver and taker."""
    members: dict[Handover, list[BaseGeometry]] = {}
    for cell in sorted(cells):
        hands = Handover(before.label(level, cell), after.label(level, cell))
        members.setdefault(hands, []).append(before.fabric.cells[cell])
    return {hands: shapely.coverage_union_all(shapes) for hands, shapes in members.items()}


def _redrawn(before: Draft, after: Draft, level: Level, cells: Collection[str]) -> dict[Handover, list[BaseGeometry]]:
    """What changes hands among cells whose shape changed, by giver and taker."""
    old, new = (sorted(cell for cell in cells if cell in draft.fabric.cells) for draft in (before, after))
    was = np.array([before.fabric.cells[cell] for cell in old], dtype=object)
    now = np.array([after.fabric.cells[cell] for cell in new], dtype=object)
    found: dict[Handover, list[BaseGeometry]] = {}
    for a, b in sorted(zip(*shapely.STRtree(now).query(was, predicate="intersects").tolist(), strict=True)):
        hands = Handover(before.label(level, old[a]), after.label(level, new[b]))
        if hands.giver != hands.taker:
            found.setdefault(hands, []).append(shapely.intersection(was[a], now[b], grid_size=GRID_SIZE))
    return found


def homes(shapes: Shapes, footprints: Shapes) -> dict[str, str]:
    """Unit -> the label that holds the largest part of its footprint; units that lie in none are left out."""
    labels, units = sorted(shapes), list(footprints)
    if not labels or not units:
        return {}
    areas, prints = np.array([shapes[label] for label in labels]), np.array(list(footprints.values()))
    unit, label = shapely.STRtree(areas).query(prints, predicate="intersects")
    shapely.prepare(areas)
    held = np.where(shapely.covers(areas[label], prints[unit]), shapely.area(prints[unit]), -1.0)
    open_ = held < 0
    held[open_] = shapely.area(shapely.intersection(areas[label[open_]], prints[unit[open_]]))
    found: dict[str, str] = {}
    for at in np.lexsort((-label, held)).tolist():  # the largest last, of equals the first in order
        if held[at] > 0:
            found[units[unit[at]]] = labels[label[at]]
    return dict(sorted(found.items()))


def _changed_cells(before: Draft, after: Draft) -> set[str]:
    old, new = before.fabric.cells, after.fabric.cells
    return {cell for cell in old.differing(new) if not _is_same(old.get(cell), new.get(cell))}


def _is_same(old: BaseGeometry | None, new: BaseGeometry | None) -> bool:
    return old is new or (old is not None and new is not None and old.wkb == new.wkb)


def _handovers(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Handover]:
    hands = {unit: Handover(before.get(unit), after.get(unit)) for unit in sorted(before.keys() | after.keys())}
    return {unit: pair for unit, pair in hands.items() if pair.giver != pair.taker}


def _moved(before: Shapes, after: Shapes) -> list[Ground]:
    """The ground that goes from one label to another, and what only one of the plans has."""
    givers, takers = sorted(before), sorted(after)
    old = np.array([before[label] for label in givers], dtype=object)
    new = np.array([after[label] for label in takers], dtype=object)
    giver, taker = shapely.STRtree(new).query(old, predicate="intersects")
    apart = np.array(givers)[giver] != np.array(takers)[taker]
    giver, taker = giver[apart], taker[apart]
    common = shapely.intersection(old[giver], new[taker], grid_size=GRID_SIZE)
    pairs = sorted(zip(giver.tolist(), taker.tolist(), common, strict=True), key=lambda pair: pair[:2])
    found = [piece for a, b, shape in pairs for piece in _piece(givers[a], takers[b], shape)]
    found += [piece for at, shape in enumerate(_beyond(old, new)) for piece in _piece(givers[at], None, shape)]
    found += [piece for at, shape in enumerate(_beyond(new, old)) for piece in _piece(None, takers[at], shape)]
    return found


def _beyond(shapes: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """What of each shape none of the others holds."""
    near: list[list[int]] = [[] for _ in shapes]
    for shape, other in zip(*shapely.STRtree(others).query(shapes, predicate="intersects").tolist(), strict=True):
        near[shape].append(other)
    covers = np.array([shapely.union_all(others[each]) for each in near], dtype=object)
    return shapely.difference(shapes, covers, grid_size=GRID_SIZE)


def _piece(giver: str | None, taker: str | None, shape: BaseGeometry) -> list[Ground]:
    parts = [part for part in shapely.get_parts(polygons_of(shape)) if not is_thin(part)]
    if not parts:
        return []
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return [Ground(giver, taker, whole, area_m2(whole))]


def _fates(
    before: Collection[str], after: Collection[str], units: Mapping[str, Handover], ground: Collection[Ground]
) -> dict[str, Fate]:
    changed = {label for hands in (*units.values(), *ground) for label in hands[:2] if label is not None}
    fates: dict[str, Fate] = {}
    for label in sorted({*before, *after}):
        if label not in before:
            fates[label] = "added"
        elif label not in after:
            fates[label] = "removed"
        else:
            fates[label] = "changed" if label in changed else "unchanged"
    return fates
