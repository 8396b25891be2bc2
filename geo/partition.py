"""
Balanced division of units into connected groups.

A first plan, not the best one: the ground is halved again and again along the weakest branch of a spanning tree that
keeps together what belongs together, and then single units change sides where that helps.
"""

import random
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

U = TypeVar("U", bound=Hashable)  # the name of a unit

TREES = 24  # spanning trees tried for each halving of up to MANY units; more give little
MANY = 1_000
SWEEPS = 6  # rounds over all border units; the last ones change next to nothing
BALANCE = 3.0  # how much a group's squared deviation weighs against the cost of the border when halving
MOVE_BALANCE = 30.0  # the same when a single unit changes sides; there the cost is that of one unit's border


class _Net(NamedTuple):
    """Units by number: weights, and for each unit its neighbours and what it costs to be separated from them."""

    weights: list[float]
    around: list[dict[int, float]]


def group(
    units: Mapping[U, float],
    adjacency: Mapping[tuple[U, U], float],
    target: float,
    *,
    together: Iterable[Iterable[U]] = (),
    seed: int = 0,
) -> dict[U, int]:
    """
    Divide units into connected groups of about the target weight.

    Parameters
    ----------
    units : mapping of unit to weight
        Households of a building, say; 0 is allowed.
    adjacency : mapping of (unit, unit) to cost
        What it costs to let a border run between the two: metres of common edge, times little where a street runs
        there and much inside a compound. Names that are no unit are ignored.
    target : float
        The weight of a group. A group has rarely more than 1.5 or less than 0.5 of it, but a single unit may.
    together : iterable of sets of units
        Units that must share a group, as if they were one. They count as connected.
    seed : int
        Another seed may give another division. The same seed gives the same one.

    Returns
    -------
    dict of unit to group number, from 0, in the order in which the groups come along the units. What does not hang
    together is never in one group.

    Raises
    ------
    ValueError
        The target is not positive.
    """
    if not target > 0:
        raise ValueError("The target weight must be positive.")
    names = sorted(units, key=str)
    member, net = _contract(names, units, adjacency, together)
    label = _halve_all(net, target, random.Random(seed))
    _improve(net, label, target)
    return _numbered(names, [label[number] for number in member])


def _contract(
    names: Sequence[U],
    units: Mapping[U, float],
    adjacency: Mapping[tuple[U, U], float],
    together: Iterable[Iterable[U]],
) -> tuple[list[int], _Net]:
    """The net in which units that belong together are one; and the number in it of each name."""
    number = {name: index for index, name in enumerate(names)}
    root = list(range(len(names)))
    for members in together:
        linked = [number[name] for name in members if name in number]
        for other in linked[1:]:
            _join(root, linked[0], other)
    roots = sorted({_find(root, index) for index in range(len(names))})
    place = {index: at for at, index in enumerate(roots)}
    member = [place[_find(root, index)] for index in range(len(names))]
    net = _Net([0.0] * len(roots), [{} for _ in roots])
    for name, at in zip(names, member, strict=True):
        net.weights[at] += units[name]
    known = [(number[a], number[b], cost) for (a, b), cost in adjacency.items() if a in number and b in number]
    for a, b, cost in sorted((min(a, b), max(a, b), cost) for a, b, cost in known):
        _link(net, member[a], member[b], cost)
    return member, net


def _link(net: _Net, a: int, b: int, cost: float) -> None:
    if a != b:
        net.around[a][b] = net.around[b][a] = net.around[a].get(b, 0.0) + cost


def _find(root: list[int], item: int) -> int:
    while root[item] != item:
        root[item] = root[root[item]]
        item = root[item]
    return item


def _join(root: list[int], a: int, b: int) -> bool:
    """Link two things; False when they were linked already."""
    a, b = _find(root, a), _find(root, b)
    root[max(a, b)] = min(a, b)
    return a != b


# Halving


def _halve_all(net: _Net, target: float, chance: random.Random) -> list[int]:
    label = [0] * len(net.weights)
    waiting = [(part, _share(net, part, target)) for part in _connected(net, range(len(net.weights)))]
    count = 0
    while waiting:
        part, groups = waiting.pop()
        if groups < 2 or len(part) < 2:
            for unit in part:
                label[unit] = count
            count += 1
            continue
        side, share = _halve(net, part, groups, chance)
        inside = set(side)
        waiting.append((side, share))
        waiting.append(([unit for unit in part if unit not in inside], groups - share))
    return label


def _share(net: _Net, part: Sequence[int], target: float) -> int:
    return max(1, round(sum(net.weights[unit] for unit in part) / target))


def _connected(net: _Net, units: Iterable[int]) -> list[list[int]]:
    left, parts = set(units), []
    for start in sorted(left):
        if start in left:
            part = _reached(net, start, left)
            left -= part
            parts.append(sorted(part))
    return parts


def _reached(net: _Net, start: int, within: set[int]) -> set[int]:
    reached, waiting = {start}, [start]
    while waiting:
        fresh = [near for near in net.around[waiting.pop()] if near in within and near not in reached]
        reached.update(fresh)
        waiting.extend(fresh)
    return reached


def _halve(net: _Net, part: Sequence[int], groups: int, chance: random.Random) -> tuple[list[int], int]:
    """One side of the best cut of a connected part that is to become so many groups, and how many the side is."""
    inside = set(part)
    edges = [(a, b, cost) for a in part for b, cost in net.around[a].items() if a < b and b in inside]
    trees = TREES if len(part) <= MANY else max(3, TREES * MANY // len(part))
    cuts = []
    for _ in range(trees):
        tree = _spanning_tree(edges, part, chance)
        found = _best_branch(net, tree, part, groups)
        side = _below(tree, found.unit)
        cuts.append((found.error + _cut_cost(net, side, inside), side, found.share))
    _, side, share = min(cuts)
    return side, share


class _Tree(NamedTuple):
    """A spanning tree: units from the root outwards, and the parent of each."""

    order: list[int]
    parent: dict[int, int]


def _spanning_tree(edges: Sequence[tuple[int, int, float]], part: Sequence[int], chance: random.Random) -> _Tree:
    """A tree that rather keeps costly edges: Kruskal's over costs shaken by up to a factor of three."""
    shaken = sorted(((cost * (0.5 + chance.random()), a, b) for a, b, cost in edges), reverse=True)
    place = {unit: at for at, unit in enumerate(part)}
    root, near = list(range(len(part))), {unit: list[int]() for unit in part}
    for _, a, b in shaken:
        if _join(root, place[a], place[b]):
            near[a].append(b)
            near[b].append(a)
    order, parent = [part[0]], {part[0]: -1}
    for unit in order:
        for other in near[unit]:
            if other not in parent:
                parent[other] = unit
                order.append(other)
    return _Tree(order, parent)


class _Branch(NamedTuple):
    """The unit at whose foot a tree is cut, how many groups the branch becomes, and how far off their weights are."""

    unit: int
    share: int
    error: float


def _best_branch(net: _Net, tree: _Tree, part: Sequence[int], groups: int) -> _Branch:
    weight = {unit: net.weights[unit] for unit in part}
    for unit in reversed(tree.order[1:]):
        weight[tree.parent[unit]] += weight[unit]
    total = weight[tree.order[0]]
    each = total / groups or 1.0
    branches = []
    for unit in tree.order[1:]:
        share = min(groups - 1, max(1, round(weight[unit] / each)))
        error = _deviation(weight[unit], share, each) + _deviation(total - weight[unit], groups - share, each)
        # Halves of like size leave the next cut more room than one that splits off a single group.
        branches.append((error + abs(2 * share - groups) / groups * 0.02, _Branch(unit, share, error)))
    return min(branches)[1]


def _deviation(weight: float, share: int, each: float) -> float:
    return BALANCE * share * (weight / share / each - 1.0) ** 2


def _below(tree: _Tree, top: int) -> list[int]:
    below = {top}
    for unit in tree.order:
        if tree.parent[unit] in below:
            below.add(unit)
    return sorted(below)


def _cut_cost(net: _Net, side: Sequence[int], inside: set[int]) -> float:
    """Cost of the cut over the square root of all costs in the part, so that parts of every size compare."""
    members = set(side)
    cut = sum(cost for a in side for b, cost in net.around[a].items() if b in inside and b not in members)
    whole = sum(cost for a in inside for cost in net.around[a].values()) or 1.0
    return float(cut / whole * len(inside) ** 0.5)


# Improving


class _Draft:
    """A division that is being improved: groups, their members and weights."""

    def __init__(self, net: _Net, label: list[int], target: float):
        self.net, self.label, self.target = net, label, target
        self.members: dict[int, set[int]] = {}
        for unit, at in enumerate(label):
            self.members.setdefault(at, set()).add(unit)
        self.weight = {at: sum(net.weights[unit] for unit in units) for at, units in self.members.items()}
        # What a border around one unit costs in this net, to set the balance against.
        self.scale = sum(sum(near.values()) for near in net.around) / max(1, len(net.around)) or 1.0

    def ties(self, unit: int) -> dict[int, float]:
        """What it costs to part a unit from its neighbours, by their group."""
        ties: dict[int, float] = {}
        for near, cost in self.net.around[unit].items():
            ties[self.label[near]] = ties.get(self.label[near], 0.0) + cost
        return ties

    def gain(self, unit: int, there: int, ties: Mapping[int, float]) -> float:
        """How much better the division is when a unit goes over: shorter borders and more even weights."""
        here, own = self.label[unit], self.net.weights[unit]
        before = self._error(self.weight[here]) + self._error(self.weight[there])
        after = self._error(self.weight[here] - own) + self._error(self.weight[there] + own)
        return (ties[there] - ties.get(here, 0.0)) / self.scale + MOVE_BALANCE * (before - after)

    def _error(self, weight: float) -> float:
        return (weight / self.target - 1.0) ** 2

    def move(self, unit: int, there: int) -> None:
        here, own = self.label[unit], self.net.weights[unit]
        self.members[here].remove(unit)
        self.members[there].add(unit)
        self.weight[here] -= own
        self.weight[there] += own
        self.label[unit] = there


def _improve(net: _Net, label: list[int], target: float) -> None:
    """Let single units change sides while that makes it better; no group is ever cut in two or emptied."""
    draft = _Draft(net, label, target)
    for _ in range(SWEEPS):
        moved = [unit for unit in range(len(label)) if _try_move(draft, unit)]
        if not moved:
            return


def _try_move(draft: _Draft, unit: int) -> bool:
    here, ties = draft.label[unit], draft.ties(unit)
    if not ties.keys() - {here} or len(draft.members[here]) == 1:
        return False
    gain, there = max((draft.gain(unit, at, ties), -at) for at in ties if at != here)
    if gain <= 1e-9 or not _holds_without(draft.net, draft.members[here], unit):
        return False
    draft.move(unit, -there)
    return True


def _holds_without(net: _Net, members: set[int], unit: int) -> bool:
    """Whether a group stays in one piece without a unit."""
    near = [other for other in net.around[unit] if other in members]
    if len(near) < 2:
        return bool(near)
    return set(near) <= _reached(net, near[0], members - {unit})


def _numbered(names: Sequence[U], label: Sequence[int]) -> dict[U, int]:
    """Groups renumbered in the order in which they come along the names."""
    number: dict[int, int] = {}
    return {name: number.setdefault(at, len(number)) for name, at in zip(names, label, strict=True)}
