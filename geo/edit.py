"""
Operations of the planner's table: a draft and a plain dict go in, and a new draft or a refusal comes out.

    {"op": "assign", "units": ["b7"], "to": "g2"}

An operation is JSON: names and places (lon, lat in degrees), and by `"level": "segment"` it works one level down, on
the segments inside their grids. It can be kept in a log and done again. It is a function of the draft and of itself
alone, so the same log makes the same draft, byte for byte.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo import adopt, edit_lines, edit_units
from geo.changes import Edit, Edited
from geo.crs import on_grid
from geo.draft import LEVELS, Delta, Draft, Level, check_unchanged
from geo.errors import BadOperation, BadPosition, TooComplex
from geo.validity import read_geojson

MOST_PLACES = 2_000  # in one operation; a border drawn by hand has fewer than 100
MOST_NAMES = 50_000
MOST_COUNTED = 2**31  # what a log or an answer can hold
MOST_POLYGONS = 5_000

Operation = Mapping[str, Any]


def apply(draft: Draft, op: Operation) -> Draft:
    """The draft after an operation. Raises a `geo.errors.EditRefused` that says why and where not."""
    return edit(draft, op).draft


def edit(draft: Draft, op: Operation) -> Edited:
    """The draft after an operation, and the step that led there, which leads back too (`draft.step`)."""
    work = Edit(draft)
    run, arguments = _read(op)
    run(work, **arguments)
    return work.finish()


def replay(draft: Draft, log: Sequence[Operation]) -> Draft:
    """The draft after all operations of a log."""
    for op in log:
        draft = apply(draft, op)
    return draft


# Locks, pieces and the way back


def lock(edit: Edit, *, grids: Sequence[str], level: Level = "grid") -> None:
    """Keep grids as they are."""
    _set_locks(edit, grids, level, is_on=True)


def unlock(edit: Edit, *, grids: Sequence[str], level: Level = "grid") -> None:
    """Let grids change again."""
    _set_locks(edit, grids, level, is_on=False)


def _set_locks(edit: Edit, grids: Sequence[str], level: Level, *, is_on: bool) -> None:
    for name in grids:
        edit.draft.members(level, name)
        edit.locks[level, name] = is_on


def allow(edit: Edit, *, grid: str, pieces: int, level: Level = "grid") -> None:
    """Let a grid lie in so many pieces: on both sides of a river, say."""
    edit.draft.members(level, grid)
    if pieces < 1:
        raise BadOperation(why="pieces")
    edit.allowed[level, grid] = pieces


def revert(edit: Edit, *, delta: Mapping[str, Any], linear: bool = False) -> None:
    """
    Take back the step of an earlier operation, as `Delta.as_json` keeps it.

    With `linear` nothing happened since: then the draft is as it was before, whatever that was. Otherwise the result is
    checked like that of any operation. Raises `ChangedSince` when somebody changed the same.
    """
    back = _read_delta(delta).inverse
    check_unchanged(edit.draft, back)
    edit.shapes |= {name: None if new is None else _cell(new) for name, (_, new) in back.cells.items()}
    labelled = {cell for changes in back.labels.values() for cell, (_, new) in changes.items() if new is not None}
    if any(edit.shapes.get(cell, edit.draft.fabric.cells.get(cell)) is None for cell in labelled):
        raise BadOperation(why="delta")
    for level, changes in back.labels.items():
        edit.labels[level] |= {cell: new for cell, (_, new) in changes.items()}
        edit.ended |= {(level, old) for old, _ in changes.values() if old is not None}
    edit.locks |= {key: new for key, (_, new) in back.locked.items()}
    edit.allowed |= {key: new for key, (_, new) in back.allowed.items()}
    edit.whole |= back.touched.grids
    edit.segments_follow, edit.must_hang = False, not linear


def _read_delta(data: Mapping[str, Any]) -> Delta:
    try:
        delta = Delta.from_json(data)
        sound = _is_sound(delta)
    except (KeyError, TypeError, ValueError, AttributeError):
        sound = False
    if not sound:
        raise BadOperation(why="delta")
    return delta


def _is_sound(delta: Delta) -> bool:
    """Whether what a log holds is of the kinds that a delta is made of."""
    texts = [each for pair in delta.cells.values() for each in pair]
    texts += [each for changes in delta.labels.values() for pair in changes.values() for each in pair]
    texts += [*delta.cells, *(cell for changes in delta.labels.values() for cell in changes)]
    keys = [*delta.locked, *delta.allowed, *delta.touched.grids]
    return (
        all(text is None or isinstance(text, str) for text in texts)
        and all(level in LEVELS for level in delta.labels)
        and all(level in LEVELS and isinstance(label, str) for level, label in keys)
        and all(isinstance(each, bool) for pair in delta.locked.values() for each in pair)
        and all(type(each) is int and each > 0 for pair in delta.allowed.values() for each in pair)
    )


def _cell(text: str) -> BaseGeometry:
    """The shape of a cell from its WKB in hexadecimal."""
    try:
        shape = shapely.from_wkb(text)
    except (shapely.errors.GEOSException, TypeError, ValueError):
        raise BadOperation(why="delta") from None
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty or shape.has_z or not on_grid(shape):
        raise BadOperation(why="delta")
    return shape


OPERATIONS: dict[str, Callable[..., None]] = {
    "assign": edit_units.assign,
    "draw": edit_units.draw,
    "split": edit_units.split,
    "divide": edit_units.divide,
    "merge": edit_units.merge,
    "dissolve": edit_units.dissolve,
    "move": edit_lines.move,
    "insert": edit_lines.insert,
    "delete": edit_lines.delete,
    "reshape": edit_lines.reshape,
    "snap": edit_lines.snap,
    "simplify": edit_lines.simplify,
    "adopt": adopt.adopt,
    "lock": lock,
    "unlock": unlock,
    "allow": allow,
    "revert": revert,
}


# Reading


def _read(op: Operation) -> tuple[Callable[..., None], dict[str, Any]]:
    """The function of an operation and its arguments. Raises `BadOperation` and `BadPosition`."""
    name = op.get("op") if isinstance(op, Mapping) else None
    run = OPERATIONS.get(name) if isinstance(name, str) else None
    if run is None:
        raise BadOperation(why=f"op={name!r}")
    given = {key: value for key, value in op.items() if key != "op"}
    wanted = {key: each for key, each in inspect.signature(run).parameters.items() if key != "edit"}
    missing = [key for key, each in wanted.items() if each.default is each.empty and key not in given]
    strange = sorted(map(str, given.keys() - wanted.keys()))
    if missing or strange:
        raise BadOperation(why=", ".join([*missing, *strange]))
    return run, {key: _READERS[key](key, value) for key, value in given.items()}


def _name(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadOperation(why=key)
    return value


def _name_or_none(key: str, value: Any) -> str | None:
    return None if value is None else _name(key, value)


def _names(key: str, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > MOST_NAMES:
        raise BadOperation(why=key)
    return [_name(key, each) for each in value]


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadOperation(why=key)
    return value


def _whole(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= MOST_COUNTED:
        raise BadOperation(why=key)
    return value


def _metres(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:
        raise BadOperation(why=key)
    return float(value)


def _level(key: str, value: Any) -> Level:
    for level in LEVELS:
        if value == level:
            return level
    raise BadOperation(why=key)


def _position(key: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadPosition()
    for number in value:
        # The range first: an integer may be too long for a float.
        if isinstance(number, bool) or not isinstance(number, int | float) or abs(number) > 180 or not isfinite(number):
            raise BadPosition()
    return float(value[0]), float(value[1])


def _positions(key: str, value: Any) -> list[tuple[float, float]]:
    if not isinstance(value, list | tuple):
        raise BadPosition()
    if len(value) > MOST_PLACES:
        raise TooComplex()
    if not value:
        raise BadOperation(why=key)
    return [_position(key, each) for each in value]


def _moves(key: str, value: Any) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    if not isinstance(value, list | tuple) or not value or len(value) > MOST_PLACES:
        raise BadOperation(why=key)
    pairs = [_positions(key, each) for each in value]
    if any(len(pair) != 2 for pair in pairs):
        raise BadPosition()
    return [(old, new) for old, new in pairs]


def _shapes(key: str, value: Any) -> dict[str, BaseGeometry]:
    """Polygons as GeoJSON by label."""
    if not isinstance(value, Mapping) or len(value) > MOST_POLYGONS:
        raise BadOperation(why=key)
    return {_name(key, label): read_geojson(shape, extent=None) for label, shape in value.items()}


def _mapping(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadOperation(why=key)
    return value


#: How each field of an operation is read.
_READERS: dict[str, Callable[[str, Any], Any]] = {
    "level": _level,
    "units": _names,
    "to": _name_or_none,
    "intermediate": _flag,
    "new": _name,
    "names": _names,
    "grid": _name,
    "grids": _names,
    "into": _name,
    "line": _positions,
    "cut_ground": _flag,
    "measure": _name,
    "seed": _whole,
    "moves": _moves,
    "at": _position,
    "onto": _position,
    "places": _positions,
    "start": _position,
    "end": _position,
    "along": _positions,
    "tolerance": _metres,
    "pieces": _whole,
    "delta": _mapping,
    "linear": _flag,
    "polygons": _shapes,
    "follow": _flag,
}
