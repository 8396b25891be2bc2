"""
Which ways and relations of a .osm.pbf lack some of their parts.

An extract cuts through what stands on its edge, and GDAL builds a polygon of the nodes that are left without a word:
half a building. So the ids are read here and compared (https://wiki.openstreetmap.org/wiki/PBF_Format). Standard
library and numpy alone, for the reader's process.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAX_BLOB = 32 * 2**20  # bytes, unpacked; the format's own limit
_VARINT, _BYTES = 0, 2
_SKIP = {1: 8, 5: 4}  # bytes of the fixed wire types
_RELATION_MEMBER_WAY = 1

Ints = NDArray[np.int64]


class Truncated(ValueError):
    """Not, or not all of, a .osm.pbf."""


def incomplete(path: Path) -> tuple[set[int], set[int]]:
    """Ids of ways with a node that is not in the file, and of relations with a way that is missing or such a way."""
    nodes: list[Ints] = []
    ways: list[tuple[int, bytes]] = []
    relations: list[tuple[int, bytes, bytes]] = []
    for block in _blocks(path):
        for number, group in _fields(block):
            if number == 2:
                _read_group(group, nodes, ways, relations)
    known = np.unique(np.concatenate(nodes)) if nodes else np.empty(0, np.int64)
    broken = _broken_ways(ways, known)
    whole = {way for way, _refs in ways} - broken
    return broken, {relation for relation, members, types in relations if not _ways_of(members, types) <= whole}


def _ways_of(members: bytes, types: bytes) -> set[int]:
    pairs = zip(_deltas(members).tolist(), _varints(types).tolist(), strict=False)
    return {member for member, kind in pairs if kind == _RELATION_MEMBER_WAY}


def _broken_ways(ways: list[tuple[int, bytes]], known: Ints) -> set[int]:
    if not ways:
        return set()
    refs = [_deltas(data) for _way, data in ways]
    owner = np.repeat(np.arange(len(ways)), [len(found) for found in refs])
    missing = ~np.isin(np.concatenate(refs), known)
    return {ways[index][0] for index in np.unique(owner[missing]).tolist()}


def _read_group(
    group: bytes, nodes: list[Ints], ways: list[tuple[int, bytes]], relations: list[tuple[int, bytes, bytes]]
) -> None:
    single = []
    for number, message in _fields(group):
        if number == 2:  # DenseNodes
            nodes.extend(_deltas(data) for field, data in _fields(message) if field == 1)
        elif number == 1:
            single.append(_signed(_first_varint(message)))
        elif number == 3:
            ways.append((_first_varint(message), _field(message, 8)))
        elif number == 4:
            relations.append((_first_varint(message), _field(message, 9), _field(message, 10)))
    if single:
        nodes.append(np.array(single, dtype=np.int64))


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
