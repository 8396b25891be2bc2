"""A mapping of which a changed copy costs what changed behaves like a dict that is copied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.overlay import MOST, Overlay

keys = st.integers(0, 9)
changes = st.tuples(st.dictionaries(keys, st.integers()), st.sets(keys))


@given(st.dictionaries(keys, st.integers()), st.lists(changes, max_size=6))
def test_it_holds_what_a_dict_would(first, steps):
    ours, plain = Overlay(first), dict(first)
    for new, gone in steps:
        before = dict(ours)
        after = ours.changed(new, gone)
        assert dict(ours) == before
        plain = {key: value for key, value in {**plain, **new}.items() if key not in gone}
        assert ours.differing(after) == {
            key for key in before.keys() | plain.keys() if before.get(key, "none") is not plain.get(key, "none")
        }
        ours = after
        assert dict(ours) == plain
        assert len(ours) == len(plain)
        assert all((key in ours) == (key in plain) for key in range(10))


def test_many_changes_are_copied_once():
    base = Overlay(dict.fromkeys(range(1000), 0))
    far = base.changed(dict.fromkeys(range(MOST + 1), 1), {999})
    assert far.differing(base) == {*range(MOST + 1), 999}
    assert 999 not in far
    with pytest.raises(KeyError):
        far[999]
