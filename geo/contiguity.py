"""
Whether what has one label hangs together; over a graph of neighbours, which is asked no further than needed.

A graph is a function from a unit to its neighbours, so that a net need not be known before it is walked.
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import TypeVar

U = TypeVar("U", bound=Hashable)

Around = Callable[[U], Iterable[U]]


def pieces(members: Collection[U], around: Around[U]) -> list[set[U]]:
    """The connected pieces of some units, the largest first; equals in the order of their names. Nothing: no piece."""
    left, found = set(members), []
    while left:
        piece = _reached(next(iter(left)), left, around)
        left -= piece
        found.append(piece)
    return sorted(found, key=lambda piece: (-len(piece), min(map(str, piece))))


def _reached(start: U, within: Collection[U], around: Around[U]) -> set[U]:
    reached, waiting = {start}, [start]
    while waiting:
        fresh = [near for near in around(waiting.pop()) if near in within and near not in reached]
        reached.update(fresh)
        waiting.extend(fresh)
    return reached


def strays(members: Collection[U], gone: Iterable[U], around: Around[U]) -> list[set[U]]:
    """
    What no longer hangs together after some units left: all pieces but one, or nothing when the rest is whole.

    Parameters
    ----------
    members : set of units
        Those that stay. They hung together while `gone` was among them.
    gone : iterable of units
        Those that left.

    Notes
    -----
    From each neighbour of what left one front walks, the fronts in turn, until they have met or are walled in: so it
    costs by the length of the way around the hole or by the size of what breaks off, not by the number of members.
    """
    rim = sorted({near for unit in gone for near in around(unit) if near in members}, key=str)
    fronts = [_Front({unit}, [unit]) for unit in rim]
    owner = dict(zip(rim, fronts, strict=True))
    broken: list[set[U]] = []
    while len(fronts) > 1:
        for front in list(fronts):
            if not front.waiting and front in fronts and len(fronts) > 1:
                broken.append(front.reached)
                fronts.remove(front)
            elif front in fronts and len(fronts) > 1:
                _advance(front, members, around, owner, fronts)
    return sorted(broken, key=lambda piece: (-len(piece), min(map(str, piece))))


class _Front:
    """What was reached from one unit, and where to go on."""

    __slots__ = ("reached", "waiting")

    def __init__(self, reached: set, waiting: list):
        self.reached, self.waiting = reached, waiting


def _advance(front: _Front, members: Collection[U], around: Around[U], owner: dict[U, _Front], fronts: list) -> None:
    for near in around(front.waiting.pop()):
        other = owner.get(near)
        if near not in members or other is front:
            continue
        if other is None:
            owner[near] = front
            front.reached.add(near)
            front.waiting.append(near)
        else:
            owner.update(dict.fromkeys(other.reached, front))
            front.reached |= other.reached
            front.waiting += other.waiting
            fronts.remove(other)


def way(start: Collection[U], goal: Collection[U], within: Callable[[U], bool], around: Around[U]) -> list[U] | None:
    """
    The fewest units between two sets, through what `within` allows: [] when they touch, None when there is no way.

    Of several equally short ways always the same one.
    """
    came_from: dict[U, U | None] = dict.fromkeys(sorted(start, key=str))
    for unit in (queue := list(came_from)):
        for near in sorted(around(unit), key=str):
            if near in goal:
                return _walked(unit, came_from, start)
            if near not in came_from and within(near):
                came_from[near] = unit
                queue.append(near)
    return None


def _walked(last: U, came_from: dict[U, U | None], start: Collection[U]) -> list[U]:
    steps, at = [], last
    while at not in start:
        steps.append(at)
        before = came_from[at]
        assert before is not None
        at = before
    return steps[::-1]
