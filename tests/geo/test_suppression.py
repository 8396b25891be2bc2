"""What is shown gives nobody away, whatever is taken from what."""

from itertools import product

import numpy as np
import pytest

from geo.hexagons import Lattice, spread
from geo.hotspot import gi_star, hexagon_window
from geo.suppression import HOUSEHOLDS, REPORTERS, suppress

#   0 town             40 households
#   +-- 1 .. 4 cells   10 each
TOWN = {"parent": [-1, 0, 0, 0, 0], "households": [40, 10, 10, 10, 10]}


def test_a_figure_of_few_households_or_reporters_is_withheld():
    shown = suppress([9, 9, 9, 9, 0], [7, 8, 8, 100, 100], [9, 3, 2, 3, 0])
    assert shown.tolist() == [False, True, False, True, False]


def test_a_small_cell_takes_the_smallest_other_along():
    # Cell 1 has two reporters; the town less cells 2 to 4 would tell about them.
    shown = suppress([22, 2, 9, 6, 5], TOWN["households"], [17, 2, 7, 5, 3], parent=TOWN["parent"])
    assert shown.tolist() == [True, False, True, True, False]


def test_a_cell_of_few_households_takes_another_along():
    shown = suppress([30, 3, 9, 9, 9], [37, 7, 10, 10, 10], [12, 3, 3, 3, 3], parent=TOWN["parent"])
    assert shown.tolist() == [True, False, False, True, True]


def test_a_cell_where_nobody_reported_takes_none_along():
    shown = suppress([24, 0, 9, 6, 9], TOWN["households"], [17, 0, 7, 5, 5], parent=TOWN["parent"])
    assert shown.tolist() == [True, False, True, True, True]


def test_cells_that_are_small_alone_may_be_large_together():
    # Cells 1 and 2 have two reporters each, and 17 - 7 - 6 = 4 people of the town are in no shown cell.
    shown = suppress([17, 2, 2, 7, 6], TOWN["households"], [17, 2, 2, 7, 6], parent=TOWN["parent"])
    assert shown.tolist() == [True, False, False, True, True]
    # With 15 different people, perhaps only two reported in both.
    shown = suppress([17, 2, 2, 7, 6], TOWN["households"], [15, 2, 2, 7, 6], parent=TOWN["parent"])
    assert shown.tolist() == [True, False, False, True, False]


def test_a_withheld_whole_withholds_its_parts():
    shown = suppress([8, 8, 4, 4], [20, 7, 7, 0], [4, 4, 3, 3])
    assert shown.tolist() == [True, False, False, False]
    shown = suppress([2, 1, 1], [20, 10, 10], [2, 1, 1], parent=[-1, 0, 0])
    assert not shown.any()


def test_categories_of_a_cell_have_its_households():
    # Noise has one reporter: the smallest other category goes with it, not for its households.
    shown = suppress([20, 1, 9, 10], [8] * 4, [9, 1, 5, 6], parent=[-1, 0, 0, 0], matter=[False, True, True, True])
    assert shown.tolist() == [True, False, False, True]


def test_nothing_is_nothing():
    assert suppress([], [], [], parent=[]).tolist() == []


@pytest.mark.parametrize(
    ("counts", "households", "parent", "matter", "words"),
    [
        ([3, 1], [9, 9], [-1, 0], None, "requests"),
        ([3, 3], [9, 8], [-1, 0], None, "households"),
        ([3, 3], [9, 8], [-1, 0], [False, True], "households"),
        ([3, 3], [9, 9], [1, -1], None, "before"),
        ([3, -3], [9, 9], None, None, "negative"),
        ([3, 3, 3], [9, 9, 9], None, None, "as many"),
        ([6, 3, 3], [9, 9, 0], [-1, 0, 0], [False, True, False], "kind|place"),
        ([3, 3, 3], [9, 9, 9], [-1, 0, 1], [False, True, False], "place"),
    ],
)
def test_figures_that_do_not_fit_are_refused(counts, households, parent, matter, words):
    reporters = counts[:2] if words == "as many" else [3] * len(counts)
    with pytest.raises(ValueError, match=words):
        suppress(counts, households, reporters, parent=parent, matter=matter)


# The attack: every group whose figure follows from the shown ones by linear algebra, whoever thinks of it.


def derivable(figures):
    """
    All groups of atoms (rows of 0 and 1) whose sum is a linear combination of the shown figures.

    `figures` has a row for each shown figure, with 1 for each atom it counts.
    """
    atoms = figures.shape[1]
    groups = np.array(list(product((0.0, 1.0), repeat=atoms)))[1:]
    if not len(figures):
        return groups[:0]
    _, singular, basis = np.linalg.svd(figures.astype(float), full_matrices=False)
    basis = basis[singular > 1e-9]
    return groups[np.abs(groups - groups @ basis.T @ basis).max(axis=1) < 1e-6]


def random_town(chance, cells):
    """Households of each cell, and a tree of town, two communities, cells; the parents of the cells."""
    households = chance.choice([0, 3, 7, 8, 9, 30], cells, p=[0.05, 0.15, 0.15, 0.2, 0.2, 0.25])
    return households, chance.integers(1, 3, cells)


def random_people(chance, atoms):
    """For each atom the people who reported, most of them in several atoms."""
    people = int(chance.integers(3, 14))
    return [set(chance.integers(0, people, chance.choice([0, 0, 1, 2, 3, 6])).tolist()) for _ in range(atoms)]


def put(tree, members, parent, homes, who, matter):
    """Append the figure of these atoms to the tree: members, parent, count, households, reporters, matter."""
    people = set().union(*(who[atom] for atom in members)) if members else set()
    count = sum(len(who[atom]) for atom in members)
    tree.append((members, parent, count, homes, len(people), matter))
    return len(tree) - 1


def shown_rows(tree, atoms):
    _, parent, counts, homes, reporters, matter = zip(*tree, strict=True)
    shown = suppress(counts, homes, reporters, parent=parent, matter=matter)
    rows = np.zeros((len(tree), atoms))
    for row, (members, *_) in zip(rows, tree, strict=True):
        row[list(members)] = 1
    return rows[shown]


def town_tree(households, community, who, atom_of):
    """The figures of town, communities, cells and categories, where `atom_of` gives the atoms of each cell."""
    tree = []
    every = [atom for atoms in atom_of for atom in atoms]
    root = put(tree, every, -1, int(households.sum()), who, False)
    for name in sorted(set(community)):
        cells = np.flatnonzero(community == name)
        atoms = [atom for cell in cells for atom in atom_of[cell]]
        above = put(tree, atoms, root, int(households[cells].sum()), who, False)
        for cell in cells:
            here = put(tree, atom_of[cell], above, int(households[cell]), who, False)
            for atom in atom_of[cell] if len(atom_of[cell]) > 1 else ():
                put(tree, [atom], here, int(households[cell]), who, True)
    return tree


@pytest.mark.parametrize("seed", range(150))
def test_no_group_that_can_be_worked_out_is_small(seed):
    chance = np.random.default_rng(seed)
    kinds = int(chance.integers(1, 4))
    cells = 9 // kinds
    households, community = random_town(chance, cells)
    atom_of = [list(range(cell * kinds, (cell + 1) * kinds)) for cell in range(cells)]
    who = random_people(chance, cells * kinds)
    rows = shown_rows(town_tree(households, community, who, atom_of), cells * kinds)
    for group in derivable(rows):
        atoms = np.flatnonzero(group)
        assert households[np.unique(atoms // kinds)].sum() >= HOUSEHOLDS
        people = set().union(*(who[atom] for atom in atoms))
        assert len(people) >= REPORTERS or not people


@pytest.mark.parametrize("seed", range(100))
def test_tables_of_several_periods_together_give_no_few_households_away(seed):
    # Each month, and the year, as a tree of its own, on the same cells with the same households.
    chance = np.random.default_rng(1000 + seed)
    cells, months = 5, 2
    households, community = random_town(chance, cells)
    who = random_people(chance, cells * months)
    tables = [[[cell * months + month] for cell in range(cells)] for month in range(months)]
    tables.append([[cell * months, cell * months + 1] for cell in range(cells)])
    rows = [shown_rows(without_categories(town_tree(households, community, who, of)), cells * months) for of in tables]
    for group in derivable(np.concatenate(rows)):
        assert households[np.unique(np.flatnonzero(group) // months)].sum() >= HOUSEHOLDS


def without_categories(tree):
    """The figures by place; parts by matter stand after their wholes, so the numbers of the others must be made new."""
    kept = [number for number, figure in enumerate(tree) if not figure[5]]
    new = {number: place for place, number in enumerate(kept)} | {-1: -1}
    return [(tree[number][0], new[tree[number][1]], *tree[number][2:]) for number in kept]


def test_the_attack_finds_what_a_naive_table_gives_away():
    # Town and cells 2 to 4 shown, cell 1 withheld without more: the attack must get cell 1.
    naive = np.array([[1, 1, 1, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert [1, 0, 0, 0] in derivable(naive).tolist()


def test_most_of_a_lively_town_is_shown():
    chance = np.random.default_rng(5)
    households, reporters = chance.integers(20, 200, 400), chance.poisson(8, 400)
    parent = np.concatenate([[-1], np.zeros(400, dtype=int)])
    counts = np.concatenate([[reporters.sum()], reporters])
    homes = np.concatenate([[households.sum()], households])
    shown = suppress(counts, homes, counts, parent=parent)
    assert (~shown).sum() - (reporters < REPORTERS).sum() <= 1


def test_scores_of_all_cells_give_the_withheld_away_and_those_of_the_shown_do_not():
    # Why the public gets scores of the shown cells only: z is linear in the counts.
    chance = np.random.default_rng(5)
    cells = spread(Lattice().cells_of([119.0], [25.9]), rings=3)
    counts = chance.poisson(4, len(cells))
    around = hexagon_window(cells)
    shown = suppress(counts, np.full(len(cells), 20), counts)
    other = np.where(shown, counts, 0)
    apart = hexagon_window(cells[shown])
    assert (gi_star(counts[shown], apart) == gi_star(other[shown], apart)).all()
    assert (gi_star(counts, around) != gi_star(other, around)).all()
