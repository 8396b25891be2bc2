"""
Which ways and relations of a .osm.pbf lack some of their parts.

An extract cuts through what stands on its edge, and GDAL builds a polygon of the nodes that are left without a word:
half a building. So the ids are read here and compared (https://wiki.openstreetmap.org/wiki/PBF_Format). Standard
library and numpy alone, for the reader's process.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_BLOB = 32 * 2**20  # bytes, unpacked; the format's own limit
_VARINT, _BYTES = 0, 2
_SKIP = {1: 8, 5: 4}  # bytes of the fixed wire types
_RELATION_MEMBER_WAY = 1

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Place = tuple[float, float]
Broken = dict[int, Place | None]


class Truncated(ValueError):
    """Not, or not all of, a .osm.pbf."""


class Nodes(NamedTuple):
    """Nodes by ascending id; coordinates in degrees."""

    ids: Ints
    lons: Floats
    lats: Floats

    def known(self, refs: Ints) -> NDArray[np.bool_]:
        return np.isin(refs, self.ids)

    def first(self, refs: Ints) -> Place | None:
        """Where the first of some nodes lies that is in the file."""
        for ref in refs[self.known(refs)][:1]:
            at = np.searchsorted(self.ids, ref)
            return float(self.lons[at]), float(self.lats[at])
        return None


def incomplete(path: Path) -> tuple[Broken, Broken]:
    """
    Ways with a node that is not in the file, and relations with a way that is missing or such a way.

    By id, each with a place, (longitude, latitude) in degrees, of which the file knows; None where it knows none.
    """
    nodes, ways, relations = _read(path)
    broken = {way: nodes.first(_deltas(ways[way])) for way in _broken_ways(ways, nodes)}
    whole = ways.keys() - broken.keys()
    parts = {relation: _ways_of(*members) for relation, members in relations.items()}
    return broken, {
        relation: _somewhere(members, ways, nodes)
        for relation, members in parts.items()
        if not whole.issuperset(members)
    }


def _read(path: Path) -> tuple[Nodes, dict[int, bytes], dict[int, tuple[bytes, bytes]]]:
    """All nodes; the nodes of each way and the members of each relation, still packed."""
    nodes: list[tuple[Ints, Floats, Floats]] = []
    ways: dict[int, bytes] = {}
    relations: dict[int, tuple[bytes, bytes]] = {}
    for block in _blocks(path):
        grid = _Grid.of(block)
        for number, group in _fields(block):
            if number == 2:
                _read_group(group, grid, nodes, ways, relations)
    if not nodes:
        return Nodes(np.empty(0, np.int64), np.empty(0), np.empty(0)), ways, relations
    ids, lons, lats = (np.concatenate(column) for column in zip(*nodes, strict=True))
    order = np.argsort(ids, kind="stable")
    return Nodes(ids[order], lons[order], lats[order]), ways, relations


def _ways_of(members: bytes, types: bytes) -> list[int]:
    pairs = zip(_deltas(members).tolist(), _varints(types).tolist(), strict=False)
    return [member for member, kind in pairs if kind == _RELATION_MEMBER_WAY]


def _somewhere(members: list[int], ways: dict[int, bytes], nodes: Nodes) -> Place | None:
    """A place on the first member that the file knows of."""
    places = (nodes.first(_deltas(ways[member])) for member in members if member in ways)
    return next((place for place in places if place is not None), None)


def _broken_ways(ways: dict[int, bytes], nodes: Nodes) -> list[int]:
    if not ways:
        return []
    names = list(ways)
    refs = [_deltas(data) for data in ways.values()]
    owner = np.repeat(np.arange(len(names)), [len(found) for found in refs])
    missing = ~nodes.known(np.concatenate(refs))
    return [names[index] for index in np.unique(owner[missing]).tolist()]


class _Grid(NamedTuple):
    """How a block writes coordinates: nanodegrees = offset + granularity * number."""

    granularity: int
    lat: int
    lon: int

    @classmethod
    def of(cls, block: bytes) -> "_Grid":
        said = {number: _varint(value, 0)[0] for number, value, kind in _walk(block) if kind == _VARINT}
        return cls(said.get(17, 100), _int64(said.get(19, 0)), _int64(said.get(20, 0)))

    def degrees(self, lons: Ints, lats: Ints) -> tuple[Floats, Floats]:
        return (self.lon + self.granularity * lons) / 1e9, (self.lat + self.granularity * lats) / 1e9


def _read_group(
    group: bytes,
    grid: _Grid,
    nodes: list[tuple[Ints, Floats, Floats]],
    ways: dict[int, bytes],
    relations: dict[int, tuple[bytes, bytes]],
) -> None:
    single = []
    for number, message in _fields(group):
        if number == 2:  # DenseNodes
            ids, lats, lons = (_deltas(_field(message, field)) for field in (1, 8, 9))
            nodes.append((ids, *grid.degrees(lons, lats)))
        elif number == 1:
            said = {number: _signed(_varint(value, 0)[0]) for number, value, kind in _walk(message) if kind == _VARINT}
            single.append((said.get(1, 0), said.get(9, 0), said.get(8, 0)))
        elif number == 3:
            ways[_first_varint(message)] = _field(message, 8)
        elif number == 4:
            relations[_first_varint(message)] = _field(message, 9), _field(message, 10)
    if single:
        ids, lons, lats = np.array(single, dtype=np.int64).T
        nodes.append((ids, *grid.degrees(lons, lats)))


def _blocks(path: Path) -> Iterator[bytes]:
    """Unpacked primitive blocks."""
    with path.open("rb") as stream:
        while head := stream.read(4):
            header = stream.read(int.from_bytes(head, "big"))
            size = next((_varint(value, 0)[0] for field, value in _raw(header) if field == 3), 0)
            blob = stream.read(size)
            if len(head) < 4 or len(blob) < size or not size:
                raise Truncated("truncated")
            if _field(header, 1) == b"OSMData":
                yield _unpack(blob)


def _unpack(blob: bytes) -> bytes:
    for number, data in _fields(blob):
        if number == 1:
            return data
        if number == 3:
            unpacker = zlib.decompressobj()
            unpacked = unpacker.decompress(data, MAX_BLOB)
            if unpacker.unconsumed_tail:
                raise Truncated("truncated")
            return unpacked
    return b""  # another compression, which GDAL may know: then nothing is known to be broken


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of the fields that hold bytes."""
    return ((number, value) for number, value, kind in _walk(message) if kind == _BYTES)


def _raw(message: bytes) -> Iterator[tuple[int, bytes]]:
    return ((number, value) for number, value, _kind in _walk(message))


def _walk(message: bytes) -> Iterator[tuple[int, bytes, int]]:
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            start = at
            _value, at = _varint(message, at)
            yield key >> 3, message[start:at], kind
        elif kind == _BYTES:
            length, at = _varint(message, at)
            if at + length > end:
                raise Truncated("truncated")
            yield key >> 3, message[at : at + length], kind
            at += length
        elif kind in _SKIP:
            at += _SKIP[kind]
        else:
            raise Truncated("truncated")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Truncated("truncated")
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7


def _first_varint(message: bytes) -> int:
    """Field 1, the id, which comes first."""
    return next((_varint(value, 0)[0] for number, value in _raw(message) if number == 1), 0)


def _field(message: bytes, wanted: int) -> bytes:
    return next((data for number, data in _fields(message) if number == wanted), b"")


def _int64(value: int) -> int:
    """Two's complement."""
    return value - 2**64 if value >= 2**63 else value


def _signed(value: int) -> int:
    """Zigzag."""
    return (value >> 1) ^ -(value & 1)


def _varints(data: bytes) -> Ints:
    """Packed unsigned varints: seven bits a byte, least first; a byte below 128 is the last of its number."""
    raw = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(raw < 128)
    if not len(ends):
        return np.empty(0, np.int64)
    raw = raw[: ends[-1] + 1]
    starts = np.concatenate([[0], ends[:-1] + 1])
    position = np.arange(len(raw)) - np.repeat(starts, ends - starts + 1)
    bits = (raw & 127).astype(np.uint64) << (7 * position).astype(np.uint64)
    return np.add.reduceat(bits, starts).astype(np.int64)


def _deltas(data: bytes) -> Ints:
    """Packed zigzag varints, each the difference to the one before, as running totals."""
    values = _varints(data).astype(np.uint64)
    signed = (values >> np.uint64(1)).astype(np.int64) ^ -(values & np.uint64(1)).astype(np.int64)
    return np.cumsum(signed)
