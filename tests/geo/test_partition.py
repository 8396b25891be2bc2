"""Groups hang together, come near the target, and part at streets rather than inside compounds."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.partition import group


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
