"""A first net: buildings grouped into grids, stairwells into segments, each connected and of about the same weight."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from random import Random
from typing import TypeVar

Unit = TypeVar("Unit", bound=Hashable)
Edges = Mapping[tuple[Unit, Unit], float]

TRIES = 24  # spanning trees tried for each cut; more trees, better balance, more time
BALANCE = 5.0  # how much a lopsided cut weighs against one that runs through yards instead of along streets


def divide(weights: Mapping[Unit, float], edges: Edges, parts: int, rng: Random) -> list[list[Unit]]:
    """
    Units in `parts` connected groups of about equal weight, borders rather where `edges` are weak.

    `edges` says how strongly two neighbours belong together; pairs that are not named are no neighbours. Cuts the best
    of some random spanning trees in two, again and again: a tree cut once leaves two connected parts, always.
    """
    if parts == 1:
        return [list(weights)]
    small = parts // 2
    near, far = _best_cut(weights, edges, small / parts, (small, parts - small), rng)
    return [
        group
        for half, count in ((near, small), (far, parts - small))
        for group in divide({unit: weights[unit] for unit in half}, _within(edges, half), count, rng)
    ]


def _within(edges: Edges, units: Iterable[Unit]) -> dict[tuple[Unit, Unit], float]:
    kept = set(units)
    return {pair: bond for pair, bond in edges.items() if kept.issuperset(pair)}


def _best_cut(
    weights: Mapping[Unit, float], edges: Edges, share: float, least: tuple[int, int], rng: Random
) -> tuple[list[Unit], list[Unit]]:
    """The two sides of the best cut that gives one side about `share` of the weight, and both enough units."""
    best: tuple[float, set[Unit]] | None = None
    total, bonds = sum(weights.values()), sum(edges.values())
    for _ in range(TRIES):
        for side in _sides(weights, edges, rng):
            weight = sum(weights[unit] for unit in side)
            for want, counts in ((share, least), (1 - share, least[::-1])):
                if len(side) < counts[0] or len(weights) - len(side) < counts[1]:
                    continue
                off = abs(weight / total - want) / min(want, 1 - want)
                if best is not None and BALANCE * off >= best[0]:
                    continue
                cut = sum(bond for (a, b), bond in edges.items() if (a in side) != (b in side))
                score = BALANCE * off + 8 * cut / bonds
                if best is None or score < best[0]:
                    best = score, side if want == share else set(weights) - side
    if best is None:
        raise ValueError(f"No way to cut {len(weights)} units in two connected parts.")
    return [u for u in weights if u in best[1]], [u for u in weights if u not in best[1]]


def _sides(weights: Mapping[Unit, float], edges: Edges, rng: Random) -> Iterable[set[Unit]]:
    """For each edge of one random spanning tree that prefers strong edges, the units on its far side."""
    tree = _spanning_tree(weights, edges, rng)
    root = next(iter(weights))
    order, parent = [root], {root: root}
    for unit in order:
        for near in tree[unit]:
            if near not in parent:
                parent[near] = unit
                order.append(near)
    below: dict[Unit, set[Unit]] = {unit: {unit} for unit in order}
    for unit in reversed(order[1:]):
        yield below[unit]
        below[parent[unit]] |= below[unit]


def _spanning_tree(weights: Mapping[Unit, float], edges: Edges, rng: Random) -> dict[Unit, list[Unit]]:
    """Kruskal's tree over edges in random order, the strong ones likelier to come first."""
    leader = {unit: unit for unit in weights}
    tree: dict[Unit, list[Unit]] = defaultdict(list)
    for a, b in sorted(edges, key=lambda pair: -edges[pair] * rng.random()):
        root, other = _leader(leader, a), _leader(leader, b)
        if root != other:
            leader[other] = root
            tree[a].append(b)
            tree[b].append(a)
    return tree


def _leader(leader: dict[Unit, Unit], unit: Unit) -> Unit:
    while leader[unit] != unit:
        leader[unit] = leader[leader[unit]]
        unit = leader[unit]
    return unit


def shares(total: int, weights: Mapping[Unit, float], limits: Mapping[Unit, int], *, least: int = 1) -> dict[Unit, int]:
    """`total` things dealt out by weight, each at least `least` and at most its limit, by largest remainder."""
    found = {unit: min(least, limits[unit]) for unit in weights}
    while sum(found.values()) < total:
        open_units = [unit for unit in weights if found[unit] < limits[unit]]
        neediest = max(open_units, key=lambda unit: weights[unit] / (found[unit] + 0.5))
        found[neediest] += 1
    return found
