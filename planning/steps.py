"""One step on the table: an operation of the kernel, or another name for a grid; and what it changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from buildings.tables import one_line
from geo import edit
from geo.draft import LEVELS, Delta, Level, spot
from geo.errors import BadOperation, ChangedSince, EditRefused, Place, TooComplex, Unknown
from planning.table import Info, Key, Table

LONGEST_NAME = 40  # characters
LONGEST_CELL = 255  # characters; ground that is cut again and again has a longer name each time
MOST_PARTS = 50  # of one grid in one step
MOST_NAMES = 500  # given in one step
NOT_BY_HAND = ("revert", "adopt")  # they lead anywhere: undo and import alone may

Naming = tuple[Level, str, str, str]  # level, label, the name before and after


@dataclass(frozen=True)
class Change:
    """What a step changed, as the log keeps it: `names` are those of grids that got another one."""

    delta: Delta = field(default_factory=Delta)
    names: tuple[Naming, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.delta) or bool(self.names)

    @property
    def inverse(self) -> "Change":
        return Change(self.delta.inverse, tuple((level, label, new, old) for level, label, old, new in self.names))

    def as_json(self) -> dict[str, Any]:
        return {**self.delta.as_json(), "names": [list(each) for each in self.names]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Change":
        return cls(Delta.from_json(data), tuple((each[0], each[1], each[2], each[3]) for each in data["names"]))

    def cells(self) -> set[str]:
        """Cells that got another shape or label."""
        return set(self.delta.cells).union(*self.delta.labels.values())

    def clashes(self, other: "Change") -> bool:
        """Whether the two are about the same, so that they must not both be made unseen."""
        named = {each[:2] for each in self.names} & {each[:2] for each in other.names}
        return bool(named) or self.delta.touched.conflict(other.delta.touched) is not None

    def labels(self) -> set[Key]:
        """Labels that were concerned: they gave, took, changed their line, their lock or their name."""
        changes = self.delta.labels
        found = {
            (level, label)
            for level in changes
            for pair in changes[level].values()
            for label in pair
            if label is not None
        }
        return found | self.delta.locked.keys() | self.delta.allowed.keys() | {each[:2] for each in self.names}


@dataclass(frozen=True)
class Made:
    """The table after a step, what changed, and the operation with the labels that it was given."""

    table: Table
    change: Change
    op: Mapping[str, Any]


def make(table: Table, op: Mapping[str, Any]) -> Made:
    """Do an operation. Raises `EditRefused`."""
    name = op.get("op")
    if name in NOT_BY_HAND:
        raise BadOperation(why=f"op={name!r}")
    if name == "rename":
        return _rename(table, op)
    op = _labelled(table, op)
    edited = edit.edit(table.state, op)
    fresh = _infos_of_new(table, edited.delta)
    if any(len(cell) > LONGEST_CELL for cell in edited.delta.cells):
        raise TooComplex
    after = table.after(edited.draft, edited.delta, infos={**table.infos, **fresh} if fresh else None)
    return Made(coloured(after, fresh), Change(edited.delta), op)


def take_back(table: Table, change: Change, *, linear: bool) -> Made:
    """Undo a change. With `linear` the table is where the change left it. Raises `EditRefused`."""
    op = {"op": "revert", "delta": change.delta.as_json(), "linear": linear}
    edited = edit.edit(table.state, op)
    names = change.inverse.names
    for level, label, old, _new in names:
        if table.info(level, label).name != old:
            raise ChangedSince(name=label)
    after = table.after(edited.draft, edited.delta, infos=renamed(table.infos, names))
    return Made(after, Change(edited.delta, names), {"op": "revert"})


def renamed(infos: Mapping[Key, Info], names: tuple[Naming, ...]) -> dict[Key, Info]:
    return {**infos, **{(level, label): replace(infos[level, label], name=new) for level, label, _old, new in names}}


def _rename(table: Table, op: Mapping[str, Any]) -> Made:
    """Give one grid another name, or several of a level theirs: `grid` and `name`, or `names` by label."""
    if set(op) - {"op", "grid", "name", "names", "level"}:
        raise BadOperation(why="grid, name")
    level, wanted = _level(op.get("level", "grid")), _wanted_names(op)
    for label in wanted:
        if not table.has(level, label):
            raise Unknown(name=label)
    before = {label: table.info(level, label).name for label in wanted}
    names = tuple((level, label, before[label], name) for label, name in wanted.items() if before[label] != name)
    after = table.after(table.state, Delta(), infos=renamed(table.infos, names))
    return Made(after, Change(Delta(), names), op)


def _wanted_names(op: Mapping[str, Any]) -> dict[str, str]:
    names = op.get("names")
    if "names" not in op:
        return dict([_wanted_name(op.get("grid"), op.get("name"))])
    if not isinstance(names, Mapping) or not 0 < len(names) <= MOST_NAMES or "grid" in op or "name" in op:
        raise BadOperation(why="names")
    return dict(_wanted_name(label, name) for label, name in names.items())


def _wanted_name(label: Any, name: Any) -> tuple[str, str]:
    if not isinstance(label, str) or not isinstance(name, str):
        raise BadOperation(why="grid, name")
    name = one_line(name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadOperation(why="name")
    return label, name


def _level(value: Any) -> Level:
    for level in LEVELS:
        if value == level:
            return level
    raise BadOperation(why="level")


# New grids


def _labelled(table: Table, op: Mapping[str, Any]) -> Mapping[str, Any]:
    """The operation with labels for the grids that it makes: the table gives them, whatever the client says."""
    if op.get("op") in ("split", "draw"):
        return {**op, "new": next_labels(table, 1)[0]}
    if op.get("op") == "divide":
        rest = {key: value for key, value in op.items() if key not in ("parts", "names")}
        return {**rest, "names": next_labels(table, _parts(op) - 1)}
    return op


def _parts(op: Mapping[str, Any]) -> int:
    names, parts = op.get("names"), op.get("parts")
    if parts is None and isinstance(names, list):
        parts = len(names) + 1
    if isinstance(parts, bool) or not isinstance(parts, int) or not 2 <= parts <= MOST_PARTS:
        raise BadOperation(why="parts")
    return parts


def next_labels(table: Table, count: int) -> list[str]:
    """Labels that the draft never had: one that an undo took away may come back."""
    numbers = [int(label[1:]) for _level, label in table.infos if re.fullmatch(r"n[0-9]{1,18}", label)]
    first = max(numbers, default=0) + 1
    return [f"n{number}" for number in range(first, first + count)]


def _infos_of_new(table: Table, delta: Delta) -> dict[Key, Info]:
    came = {(level, new) for level in LEVELS for _, new in delta.labels.get(level, {}).values() if new is not None}
    taken = {info.name for info in table.infos.values()}
    fresh: dict[Key, Info] = {}
    for level, label in sorted(came - table.infos.keys(), key=lambda key: (key[0], len(key[1]), key[1])):
        name = _free_name(level, taken)
        taken.add(name)
        fresh[level, label] = Info(level, label, name)
    return fresh


def _free_name(level: Level, taken: set[str]) -> str:
    number = 1
    words = _("新网格%(n)d") if level == "grid" else _("新楼段%(n)d")
    while (name := words % {"n": number}) in taken:
        number += 1
    return name


def coloured(table: Table, fresh: Mapping[Key, Info]) -> Table:
    """Give new grids the first colour that no neighbour has."""
    infos = dict(table.infos)
    for level, label in fresh:
        taken = {infos[level, other].colour for other in neighbours_of(table, level, label)}
        colour = next(number for number in range(len(taken) + 1) if number not in taken)
        infos[level, label] = replace(infos[level, label], colour=colour)
    return replace(table, infos=infos) if fresh else table


def neighbours_of(table: Table, level: Level, label: str) -> set[str]:
    """Labels that share an edge with one."""
    state = table.state
    members = state.members(level, label)
    near = {other for cell in members for other in state.fabric.around(cell)} - members
    return {found for cell in near if (found := state.label(level, cell)) is not None}


# Refusals in words


def place_of(table: Table, change: Change, other: Change) -> Place | None:
    """Somewhere that two changes are both about."""
    common = change.delta.touched.conflict(other.delta.touched)
    cells = sorted(cell for _level, cell in common.units) if common else []
    return spot(table.state.fabric.cells.get(cells[0])) if cells else None


def in_words(table: Table, refusal: EditRefused) -> str:
    """A refusal of the kernel, which knows names in code, as a sentence with the names that people know."""
    params = dict(refusal.params)
    if "name" in params:
        params["name"] = table.name_of(str(params["name"]))
    sentence = _(refusal.sentence)
    return sentence % params if params else sentence
