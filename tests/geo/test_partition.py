"""Groups hang together, come near the target, and part at streets rather than inside compounds."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.partition import _contract, _halve, _improve, _Net, group


def net(columns, rows, *, street_every=None, seed=1):
    """A net of houses; the border between two costs 20, or 2 where a street runs between every so many columns."""
    chance = random.Random(seed)
    units = {(column, row): chance.randint(10, 60) for column in range(columns) for row in range(rows)}
    costs = {}
    for column, row in units:
        for other in ((column + 1, row), (column, row + 1)):
            if other in units:
                is_street = street_every and other[0] != column and other[0] % street_every == 0
                costs[(column, row), other] = 2.0 if is_street else 20.0
    return units, costs


def hangs_together(members, costs):
    reached, waiting = set(), [next(iter(members))]
    while waiting:
        unit = waiting.pop()
        if unit not in reached:
            reached.add(unit)
            waiting += [b if a == unit else a for a, b in costs if unit in (a, b) and {a, b} <= members]
    return reached == members


def members_of(label):
    groups: dict[int, set] = {}
    for unit, number in label.items():
        groups.setdefault(number, set()).add(unit)
    return groups


@pytest.mark.parametrize("seed", range(4))
def test_groups_hang_together_and_come_near_the_target(seed):
    units, costs = net(15, 12, seed=seed)
    groups = members_of(group(units, costs, 400, seed=seed))
    weights = [sum(units[unit] for unit in members) for members in groups.values()]
    assert all(hangs_together(members, costs) for members in groups.values())
    assert len(groups) == round(sum(units.values()) / 400)
    assert min(weights) > 280
    assert max(weights) < 520


def test_borders_run_along_streets():
    units, costs = net(15, 10, street_every=5)
    label = group(units, costs, sum(units.values()) / 3)
    cut = Counter(cost for (a, b), cost in costs.items() if label[a] != label[b])
    assert cut[2.0] >= 14  # of 20 along the two streets
    assert cut[20.0] <= 10


@pytest.mark.parametrize("seed", range(8))
def test_of_many_even_cuts_the_one_along_the_street_is_taken(seed):
    _, costs = net(6, 6, street_every=3)
    # Named row by row, so that the first eighteen of them are no side of the street.
    # A street that counts for a little only, so that the trees alone do not find it.
    turned = {((b[1], b[0]), (a[1], a[0])): 12.0 if cost == 2.0 else cost for (a, b), cost in costs.items()}
    names = sorted({name for pair in turned for name in pair})
    _, contracted = _contract(names, dict.fromkeys(names, 10), turned, ())
    side, share = _halve(contracted, range(36), 2, random.Random(seed))
    assert share == 1
    assert len({names[number][1] // 3 for number in side}) == 1


def path(*costs):
    """Units in a row, each of weight 10."""
    around: list[dict[int, float]] = [{} for _ in range(len(costs) + 1)]
    for number, cost in enumerate(costs):
        around[number][number + 1] = around[number + 1][number] = cost
    return _Net([10.0] * len(around), around)


def test_units_change_sides_until_the_weights_are_even():
    label = [0, 0, 0, 0, 0, 1]
    _improve(path(1, 1, 1, 1, 1), label, target=30)
    assert label == [0, 0, 0, 1, 1, 1]


def test_a_unit_that_holds_its_group_together_never_changes_sides():
    """A row of three whose middle one is drawn to a fourth beside it."""
    around = [{1: 1.0}, {0: 1.0, 2: 1.0, 3: 90.0}, {1: 1.0}, {1: 90.0}]
    label = [0, 0, 0, 1]
    _improve(_Net([10.0] * 4, around), label, target=20)
    assert hangs_together({unit for unit in range(4) if label[unit] == 0}, [(0, 1), (1, 2), (1, 3)])


def test_the_same_seed_gives_the_same_groups_whatever_the_order():
    units, costs = net(10, 10)
    turned = group(dict(reversed(units.items())), dict(reversed(costs.items())), 300)
    assert group(units, costs, 300) == turned


def test_what_belongs_together_stays_together():
    units, costs = net(8, 8)
    label = group(units, costs, 200, together=[{(0, 0), (7, 7)}, {(7, 7), (3, 3), "unknown"}])
    assert label[0, 0] == label[7, 7] == label[3, 3]


def test_islands_are_groups_of_their_own():
    units, costs = net(4, 1)
    units |= {("island", 0): 1000, ("rock", 0): 0}
    groups = members_of(group(units, costs, 10_000))
    assert sorted(map(len, groups.values())) == [1, 1, 4]


def test_nothing_has_no_groups_and_a_target_of_nothing_is_refused():
    assert group({}, {}, 300) == {}
    with pytest.raises(ValueError, match="positive"):
        group({"a": 1}, {}, 0)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 25), st.floats(0, 100), max_size=26),
    st.dictionaries(st.tuples(st.integers(0, 27), st.integers(0, 27)), st.floats(0, 50), max_size=80),
    st.floats(1, 500),
)
def test_every_unit_has_one_group_that_hangs_together(units, costs, target):
    label = group(units, costs, target)
    assert label.keys() == units.keys()
    assert all(hangs_together(members, costs) for members in members_of(label).values())
    assert set(label.values()) == set(range(len(set(label.values()))))


def test_groups_are_evened_out_after_the_halving():
    units, costs = net(15, 12, seed=0)
    weights = [sum(units[unit] for unit in members) for members in members_of(group(units, costs, 400)).values()]
    assert min(weights) > 350  # halving alone gives 343 to 426
    assert max(weights) < 420
