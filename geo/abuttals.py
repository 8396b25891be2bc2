"""
四至: what the border of a grid runs along on each side, as in a deed: east to the river, south to the lane.

A border is followed in steps of a few metres. Each step faces a side of the world, by where the border as a whole goes
there, and lies on a named line or on none; then it is the neighbour across it that names the side. Degrees in,
metres out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.crs import Floats, flatten

Side = Literal["east", "south", "west", "north"]
SIDES: tuple[Side, ...] = ("east", "south", "west", "north")  # the order in which a deed names them
STEP = 2.0  # metres
REACH = 12.0  # metres to either side over which the course of a border is taken, so that its teeth face nowhere
BESIDE = 4.0  # metres from a line's middle; a border that was drawn along a road by hand is so near
PARALLEL = 0.75  # cosine of the angle, 41 degrees, up to which a border runs along a line rather than across it
LEAST_SHARE = 0.05  # of a side; what a border only touches does not name it


class Line(NamedTuple):
    """What a border may run along: its name, "" without one, what it is ("street", "wall", …), and a LineString."""

    name: str
    kind: str
    shape: BaseGeometry


class Along(NamedTuple):
    """What a side runs along, for how many metres."""

    name: str
    kind: str
    metres: float


@dataclass(frozen=True)
class Abuttal:
    """
    One side of a border.

    Attributes
    ----------
    along : list of Along
        Named lines, the longest stretch first.
    rest : list of (label, metres)
        The neighbours across the stretches without a named line, the longest first; None is beyond the net.
    metres : float
    """

    along: list[Along]
    rest: list[tuple[str | None, float]]
    metres: float


@dataclass(frozen=True)
class Abuttals:
    """The four sides, and what share of the whole border runs along each kind of line; "" is midway or open ground."""

    sides: Mapping[Side, Abuttal]
    shares: Mapping[str, float]


def abuttals(
    shape: BaseGeometry, lines: Iterable[Line], neighbours: Mapping[str, BaseGeometry] | None = None
) -> Abuttals:
    """
    What the border of a grid runs along.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        Degrees. Holes have no side and are left out.
    lines : iterable of Line
        Roads, walls and water by their middle line, degrees. Of two near a border a named one counts, then the nearer.
    neighbours : mapping of label to Polygon or MultiPolygon, optional
        The grids around it, to name a side without a named line.

    Returns
    -------
    Abuttals
        Sides that the shape has not, as it is empty, are of no length.
    """
    if shape.is_empty:
        return Abuttals({side: Abuttal([], [], 0.0) for side in SIDES}, {})
    west, south, _, _ = shape.bounds
    steps = _steps(flatten([shape], (west, south))[0])
    known = [line for line in lines if not line.shape.is_empty]
    which = _lines_at(steps, known, (west, south))
    beyond = _labels_at(steps, neighbours or {}, (west, south))
    found = {side: _abuttal(steps, number, which, beyond, known) for number, side in enumerate(SIDES)}
    kinds = np.array(["", *(line.kind for line in known)])[which + 1]
    whole = float(steps.metres.sum())
    shares = {kind: float(steps.metres[kinds == kind].sum()) / whole for kind in sorted(set(kinds.tolist()))}
    return Abuttals(found, shares)


# Steps along the border


class _Steps(NamedTuple):
    """Steps along a border: middle and metres of each, its course as a unit vector, and the side that it faces."""

    middle: Floats
    metres: Floats
    course: Floats
    side: NDArray[np.int64]


def _steps(flat: BaseGeometry) -> _Steps:
    rings = [part.exterior for part in shapely.get_parts(shapely.orient_polygons(shapely.normalize(flat)))]
    parts = [_steps_of(ring) for ring in rings]
    middle, metres, course = (np.concatenate(each) for each in zip(*parts, strict=True))
    outward = np.stack([course[:, 1], -course[:, 0]], axis=1)  # to the right of the course of an outer ring
    return _Steps(middle, metres, course, _sides(_turned(outward, _turn(course, metres))))


def _steps_of(ring: BaseGeometry) -> tuple[Floats, Floats, Floats]:
    length = ring.length
    count = max(4, int(np.ceil(length / STEP)))
    at = (np.arange(count) + 0.5) * length / count
    reach = min(REACH, length / 8)
    ahead, behind = (
        shapely.get_coordinates(shapely.line_interpolate_point(ring, (at + sign * reach) % length)) for sign in (1, -1)
    )
    middle = shapely.get_coordinates(shapely.line_interpolate_point(ring, at))
    course = ahead - behind
    norm = np.hypot(*course.T)[:, None]
    return middle, np.full(count, length / count), course / np.where(norm > 0, norm, 1.0)


def _turn(course: Floats, metres: Floats) -> float:
    """
    By how much, up to an eighth of a circle, the sides of a grid are turned against the compass, in radians.

    The mean of the courses modulo a right angle; 0 where they go all ways, as those of a circle do.
    """
    angle = np.arctan2(course[:, 1], course[:, 0])
    mean = (metres * np.exp(4j * angle)).sum() / metres.sum()
    return float(np.angle(mean)) / 4 if abs(mean) > 0.3 else 0.0


def _turned(vectors: Floats, by: float) -> Floats:
    return vectors @ np.array([[np.cos(by), -np.sin(by)], [np.sin(by), np.cos(by)]])


def _sides(outward: Floats) -> NDArray[np.int64]:
    """The number in `SIDES` of the side that each vector points to."""
    ways = np.array([[1, 0], [0, -1], [-1, 0], [0, 1]])
    sides: NDArray[np.int64] = np.argmax(outward @ ways.T, axis=1)
    return sides


# What lies there


def _lines_at(steps: _Steps, lines: Sequence[Line], origin: tuple[float, float]) -> NDArray[np.int64]:
    """The number of the line along which each step runs; -1 for none."""
    which = np.full(len(steps.metres), -1, dtype=np.int64)
    if not lines:
        return which
    shapes, owner = shapely.get_parts(flatten([line.shape for line in lines], origin), return_index=True)
    ends, number = shapely.get_coordinates(shapes, return_index=True)
    same = number[1:] == number[:-1]
    start, along, owner = ends[:-1][same], (ends[1:] - ends[:-1])[same], owner[number[1:][same]]
    segments = shapely.linestrings(np.stack([start, start + along], axis=1))
    points = shapely.points(steps.middle)
    step, segment = shapely.STRtree(segments).query(points, predicate="dwithin", distance=BESIDE)
    length = np.hypot(*along[segment].T)
    cosine = np.abs((along[segment] * steps.course[step]).sum(axis=1)) / np.where(length > 0, length, 1.0)
    step, segment = step[cosine >= PARALLEL], segment[cosine >= PARALLEL]
    away = shapely.distance(points[step], segments[segment])
    unnamed = np.array([not line.name for line in lines])[owner[segment]]
    for at in np.lexsort((-owner[segment], -away, ~unnamed)).tolist():  # the best last, which stays
        which[step[at]] = owner[segment[at]]
    return which


def _labels_at(steps: _Steps, neighbours: Mapping[str, BaseGeometry], origin: tuple[float, float]) -> list[str | None]:
    """The neighbour a metre across the border at each step."""
    outward = np.stack([steps.course[:, 1], -steps.course[:, 0]], axis=1)
    points = shapely.points(steps.middle + outward * 1.0)
    found: list[str | None] = [None] * len(points)
    labels = sorted(neighbours, reverse=True)
    if labels:
        tree = shapely.STRtree(flatten([neighbours[label] for label in labels], origin))
        for point, number in sorted(zip(*tree.query(points, predicate="intersects").tolist(), strict=True)):
            found[point] = labels[number]
    return found


def _abuttal(
    steps: _Steps, side: int, which: NDArray[np.int64], beyond: Sequence[str | None], lines: Sequence[Line]
) -> Abuttal:
    along: dict[tuple[str, str], float] = {}
    rest: dict[str | None, float] = {}
    here = np.flatnonzero(steps.side == side)
    for at in here.tolist():
        line, metres = lines[which[at]] if which[at] >= 0 else None, float(steps.metres[at])
        if line is not None and line.name:
            along[line.name, line.kind] = along.get((line.name, line.kind), 0.0) + metres
        else:
            rest[beyond[at]] = rest.get(beyond[at], 0.0) + metres
    whole = float(steps.metres[here].sum())
    least = LEAST_SHARE * whole
    named = [Along(*key, metres) for key, metres in along.items() if metres >= least]
    others = [(label, metres) for label, metres in rest.items() if metres >= least]
    return Abuttal(
        sorted(named, key=lambda each: (-each.metres, each.name, each.kind)),
        sorted(others, key=lambda each: (-each[1], each[0] or "")),
        whole,
    )


# Numbers of buildings


def ranges(numbers: Iterable[str], *, to: str = "-", between: str = "、") -> str:
    """
    Numbers of buildings in as few words as possible: 1, 2, 3, 9 become "1-3、9".

    Parameters
    ----------
    numbers : iterable of str
        As they are written, "12", "甲3", "7A"; each counts once. Three in a row or more become a range; only plain
        numbers, and numbers with the same words around them, are in a row.

    >>> ranges(["9", "1", "2", "3", "10", "甲1", "11"])
    '1-3、9-11、甲1'
    >>> ranges(["1", "2"])
    '1、2'
    """
    runs: list[list[str]] = []
    ordered = sorted({number.strip() for number in numbers if number.strip()}, key=_rank)
    for before, number in pairwise(["", *ordered]):
        if runs and _follows(before, number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return between.join(to.join((run[0], run[-1])) if len(run) > 2 else between.join(run) for run in runs)


def _taken_apart(number: str) -> tuple[str, int, str]:
    """Words before, number, words after; a text without a number, or with two, is all words."""
    match = re.fullmatch(r"(\D*)(\d{1,9})(\D*)", number)
    return (match[1], int(match[2]), match[3]) if match else (number, 0, "")


def _rank(number: str) -> tuple[str, str, int]:
    before, value, after = _taken_apart(number)
    return before, after, value


def _follows(before: str, number: str) -> bool:
    one, other = _taken_apart(before), _taken_apart(number)
    return (one[0], one[2]) == (other[0], other[2]) and other[1] == one[1] + 1 and other[1] > 0
