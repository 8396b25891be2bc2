"""
Which figures about small groups may be shown in public.

A figure is about the people of a place and, within them, those who reported. It is withheld if there are fewer than 8
households or 3 reporters behind it, and so is what could be worked out from the figures that are shown. Figures form a
tree: each is the whole of its parts,

    district                       parts by place: cells of the fixed lattice, communities. Their households add up.
      cell 1    cell 2    cell 3
      litter  noise ...            parts by matter: categories, or the fixed periods of a year. Same households.

What is guaranteed

1. Within one tree: whatever sums and differences of shown figures are formed, a group that comes out is a union of
   groups each with at least 8 households, and with at least 3 reporters unless nobody in it reported. For a shown
   figure less its shown parts is such a group (`suppress` hides a further part until it is), these remainders and the
   shown figures without parts do not overlap, and every shown figure is a sum of them.
2. Over any number of trees (periods, categories) on the same cells, in the same order and with the same households: no
   group of fewer than 8 households comes out. For which cells are hidden together because of their households is found
   first and from the households alone, so all trees hide these, and what each hides beyond is 8 households itself.

What is not: figures over two partitions that cross each other, such as hexagons and the grids of a plan, or households
counted on two days. Show the public one partition, or make the figure of a grid from the cells with their centre in
it. Figures of overlapping periods keep promise 2 but not the reporters of promise 1, unless they are parts in one tree.
And what is worked out from withheld figures tells them: z, density and trend of all cells can be solved for counts.
For the public, work them out from the shown cells alone: `gi_star(counts[shown], hexagon_window(cells[shown]))`.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

HOUSEHOLDS = 8  # below this a figure can be about a family; law 10 of the house
REPORTERS = 3  # with two, each knows what the other reported
ROOT = -1

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


class _Tree(NamedTuple):
    """Figures as arrays of n; `parent` is the figure that each is a part of, `matter` whether by matter."""

    counts: Whole
    households: Whole
    reporters: Whole
    parent: Whole
    matter: Flags


def suppress(
    counts: ArrayLike,
    households: ArrayLike,
    reporters: ArrayLike,
    *,
    parent: ArrayLike | None = None,
    matter: ArrayLike | None = None,
) -> Flags:
    """
    Which of n figures may be shown. See the module for what that guarantees.

    Parameters
    ----------
    counts, households, reporters : arrays of n whole numbers
        Requests, households of the place, and different people among those who made the requests.
    parent : array of n, optional
        The number of the figure that each is a part of, -1 for none; parents come before their parts, and the parts
        are all there is in the whole. Without it no totals are shown, and only small figures are withheld.
    matter : array of n flags, optional
        Whether a figure is a part by matter (category, period) of its parent. All parts of one figure are of one
        kind; below a part by matter there are no parts by place. By default all are parts by place.

    Returns
    -------
    array of n flags: shown. A figure of 0 is withheld like one of 1 or 2, so that a gap in the map does not say that
    somebody reported. A part is shown only where its whole is. Empty for nothing.

    Raises
    ------
    ValueError
        The arrays do not fit, a number is negative, or parts do not add up to their whole.
    """
    tree = _tree(counts, households, reporters, parent, matter)
    # From the households alone first, so that this mask is the same in every table on these cells.
    large = _closed(tree, tree.households >= HOUSEHOLDS, tree.households, _few_households)
    return _closed(tree, large & (tree.reporters >= REPORTERS), tree.counts, _few_reporters)


def _closed(tree: _Tree, shown: Flags, size: Whole, too_few: Callable[[_Tree, Flags], Flags]) -> Flags:
    """
    The shown figures less those that would give a small remainder away, from the top of the tree downwards.

    Where the hidden parts of a figure are too few, the smallest shown part goes as well. That is enough: a part that
    was shown is large enough alone. And as its own parts go with it, nothing changes above or beside.
    """
    shown = shown.copy()
    for level in _levels(tree.parent):
        whole = tree.parent[level]
        shown[level] &= (whole == ROOT) | shown[whole]
        hidden = np.zeros(len(shown), dtype=bool)
        hidden[level] = ~shown[level]
        bad = too_few(tree, hidden) & shown
        shown[_smallest(tree, level[(whole != ROOT) & bad[whole] & shown[level]], size)] = False
    return shown


def _few_households(tree: _Tree, hidden: Flags) -> Flags:
    """Of each figure whether its hidden parts are on ground of too few households, by place."""
    some = _sum_by_whole(tree, np.ones_like(tree.counts), hidden & ~tree.matter) > 0
    return some & (_sum_by_whole(tree, tree.households, hidden) < HOUSEHOLDS)


def _few_reporters(tree: _Tree, hidden: Flags) -> Flags:
    """
    Of each figure one level above whether its hidden parts have requests but perhaps too few reporters.

    Who reported in two parts is counted in both, so their number in the hidden parts together is not known. It is at
    least that of the largest part, and at least those of the whole who are in no shown part.
    """
    parts = tree.parent != ROOT
    largest = np.zeros_like(tree.counts)
    np.maximum.at(largest, tree.parent[hidden & parts], tree.reporters[hidden & parts])
    others = tree.reporters - _sum_by_whole(tree, tree.reporters, ~hidden)
    some = _sum_by_whole(tree, tree.counts, hidden) > 0
    return some & (np.maximum(largest, others) < REPORTERS)


def _smallest(tree: _Tree, parts: Whole, size: Whole) -> Whole:
    """Of the parts of each figure the smallest, and of equals the first."""
    order = parts[np.lexsort((parts, size[parts], tree.parent[parts]))]
    return order[np.unique(tree.parent[order], return_index=True)[1]]


def _sum_by_whole(tree: _Tree, values: Whole, chosen: Flags) -> Whole:
    """Of each figure the sum of the values of its chosen parts."""
    parts = chosen & (tree.parent != ROOT)
    total = np.zeros(len(values), dtype=np.int64)
    np.add.at(total, tree.parent[parts], values[parts])
    return total


def _levels(parent: Whole) -> Iterator[Whole]:
    """The figures by depth, the roots first."""
    level = np.flatnonzero(parent == ROOT)
    while len(level):
        yield level
        above = np.zeros(len(parent), dtype=bool)
        above[level] = True
        level = np.flatnonzero((parent != ROOT) & above[parent])


# What was given


def _tree(
    counts: ArrayLike, households: ArrayLike, reporters: ArrayLike, parent: ArrayLike | None, matter: ArrayLike | None
) -> _Tree:
    asked, homes, people = (np.asarray(values, dtype=np.int64) for values in (counts, households, reporters))
    n = len(asked)
    roots = np.full(n, ROOT) if parent is None else np.asarray(parent, dtype=np.int64)
    kinds = np.zeros(n, dtype=bool) if matter is None else np.asarray(matter, dtype=bool)
    if any(values.shape != (n,) for values in (asked, homes, people, roots, kinds)):
        raise ValueError("There must be as many figures in each array.")
    if min(asked.min(initial=0), homes.min(initial=0), people.min(initial=0)) < 0:
        raise ValueError("A figure is negative.")
    if ((roots < ROOT) | (roots >= np.arange(n))).any():
        raise ValueError("A whole must come before its parts.")
    tree = _Tree(asked, homes, people, roots, kinds)
    _check_parts(tree)
    return tree


def _check_parts(tree: _Tree) -> None:
    """Refuse parts that are not all of their whole: then a remainder would be about more than the hidden parts."""
    parts = tree.parent != ROOT
    every = np.ones(len(tree.parent), dtype=bool)
    has, of_matter = (_sum_by_whole(tree, np.ones_like(tree.counts), kind) for kind in (every, tree.matter))
    if ((of_matter > 0) & (of_matter < has)).any() or (tree.matter[tree.parent] & ~tree.matter & parts).any():
        raise ValueError("The parts of a figure are all by place or all by matter, and by place comes first.")
    wholes = has > 0
    if (_sum_by_whole(tree, tree.counts, every) != tree.counts)[wholes].any():
        raise ValueError("The requests of the parts do not add up to those of the whole.")
    places = wholes & (of_matter == 0)
    if (_sum_by_whole(tree, tree.households, every) != tree.households)[places].any():
        raise ValueError("The households of the parts do not add up to those of the whole.")
    if (tree.households != tree.households[tree.parent])[parts & tree.matter].any():
        raise ValueError("A part by matter has the households of its whole.")
