"""
The frontier: which units may be handed to whom right now, so that a brush reacts only where a stroke would be taken.

What is bound together goes together. A unit may be handed to a grid that it borders on, when neither is locked and the
giver neither falls apart nor is left without a unit; a stretch of ground that would be cut off follows, as in `assign`.
After an edit only what concerns the grids that it touched is looked at again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from geo.contiguity import strays
from geo.draft import Delta, Draft, Level
from geo.edit import edit
from geo.edit_units import with_bound
from geo.errors import EditRefused
from geo.overlay import Overlay

Labels = frozenset[str]
NOBODY: Labels = frozenset()


@dataclass(frozen=True)
class Frontier:
    """
    The units of a draft that react, at one level.

    Attributes
    ----------
    level : "grid" or "segment"
    takers : mapping of unit to labels
        Units with at least one label that they may be handed to; those without a cell of their own included.
    """

    level: Level
    takers: Overlay[str, Labels]

    def to(self, label: str) -> set[str]:
        """The units that may be handed to a grid."""
        return {unit for unit, labels in self.takers.items() if label in labels}

    def of(self, draft: Draft, label: str) -> set[str]:
        """The units of a grid that may be handed away."""
        return {unit for unit in draft.units(draft.members(self.level, label)) if unit in self.takers}


def frontier(draft: Draft, level: Level = "grid") -> Frontier:
    """All units of a draft that may be handed over; it walks the whole net, and an edit costs `moved_on` only."""
    draft.fabric.learn(draft.fabric.cells.keys())
    takers = _takers(draft, level, draft.fabric.cells)
    return Frontier(level, Overlay({unit: labels for unit, labels in takers.items() if labels}))


def moved_on(before: Frontier, draft: Draft, delta: Delta) -> Frontier:
    """
    The frontier after an edit.

    Parameters
    ----------
    before : Frontier
        That of the draft before.
    draft : Draft
        The one after.
    delta : Delta
        The step between the two.
    """
    level = before.level
    labels = {label for change in delta.labels.get(level, {}).values() for label in change if label is not None}
    labels |= {label for at, label in (*delta.locked, *delta.allowed) if at == level}
    if level == "grid":
        labels |= {_grid_of(draft, label) for at, label in delta.locked if at == "segment"}
    cells = set(delta.cells).union(*delta.labels.values())
    labels |= {label for cell in cells if (label := draft.label(level, cell)) is not None}
    hood = {cell for label in labels for cell in draft.layers[level].members.get(label, NOBODY)}
    hood |= {cell for cell in cells if cell in draft.fabric.cells}
    draft.fabric.learn(hood)
    hood |= {near for cell in hood for near in draft.fabric.around(cell)}
    takers = _takers(draft, level, hood)
    gone = {unit for unit, found in takers.items() if not found and unit in before.takers}
    return Frontier(level, before.takers.changed({unit: found for unit, found in takers.items() if found}, gone))


def _takers(draft: Draft, level: Level, cells: Iterable[str]) -> dict[str, Labels]:
    """Of each unit of some cells the labels that it may be handed to, none included."""
    found: dict[str, Labels] = {}
    for cell in cells:
        for unit in draft.units([cell]):
            if unit not in found:
                block = with_bound(draft, level, [unit])
                found.update(dict.fromkeys(draft.units(block), _takers_of(draft, level, block)))
    return found


def _takers_of(draft: Draft, level: Level, block: set[str]) -> Labels:
    """The labels that cells which go together may be handed to."""
    given = {draft.label(level, cell) for cell in block}
    beside: Mapping[str, None] = {
        label: None
        for cell in sorted(block)
        for near in draft.fabric.around(cell)
        if (label := draft.label(level, near)) is not None and _is_sibling(draft, level, cell, near)
    }
    takers = {label for label in beside if label not in given and (level, label) not in draft.locked}
    if not takers or not all(_may_give(draft, level, label, block) for label in given if label is not None):
        return NOBODY
    held = {_grid_of(draft, label) for at, label in draft.locked if at == "segment"} if level == "grid" else set()
    # A unit that changes its grid leaves a segment and joins another one; which, only the edit itself knows.
    return frozenset(to for to in takers if not held & {to, *given} or _is_taken(draft, block, to))


def _grid_of(draft: Draft, segment: str) -> str:
    members = draft.layers["segment"].members.get(segment, NOBODY)
    return str(draft.label("grid", min(members))) if members else ""


def _is_taken(draft: Draft, block: set[str], to: str) -> bool:
    try:
        edit(draft, {"op": "assign", "units": sorted(block), "to": to})
    except EditRefused:
        return False
    return True


def _is_sibling(draft: Draft, level: Level, cell: str, other: str) -> bool:
    return level == "grid" or draft.label("grid", cell) == draft.label("grid", other)


def _may_give(draft: Draft, level: Level, label: str, block: set[str]) -> bool:
    if (level, label) in draft.locked:
        return False
    members = draft.layers[level].members[label]
    rest = members - block
    if not any(draft.units([cell]) for cell in rest):
        return False
    # Ground that would be cut off follows, so only a piece with units keeps them from going.
    broken = [piece for piece in strays(rest, block & members, draft.fabric.around) if draft.units(piece)]
    return len(broken) < max(1, draft.allowed.get((level, label), 1))
