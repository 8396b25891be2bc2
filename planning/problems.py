"""
What is wrong with a draft, in words: the list that is always in the planner's sight.

A hard fault keeps the plan from being published; a soft one asks for a written reason. Each has a place to fly to and,
where there is one, a remedy: an operation that the planner may take with one click.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from django.utils.translation import gettext as _

from geo.draft import LEVELS, Level
from geo.errors import Place
from grids.models import Grid, Plan
from planning import findings
from planning.findings import MOST, Guest, Part
from planning.people import workers_of
from planning.steps import MOST_PARTS, neighbours_of
from planning.table import Table

MANY = 500  # units; more are not handed over in one click


@dataclass(frozen=True)
class Remedy:
    """What would mend a problem: in words, and as an operation."""

    words: str
    op: Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """
    One fault of a draft. `units` are stairwells, or cells of ground without one; at most `MANY` of them. `for_all`
    mends all faults of its code and level in one step.
    """

    code: str
    sentence: str
    level: Level = "grid"
    hard: bool = True
    label: str | None = None
    units: Sequence[str] = ()
    place: Place | None = None
    remedy: Remedy | None = None
    for_all: Remedy | None = None


def problems_of(table: Table, plan: Plan) -> list[Problem]:
    """All that is wrong with a draft, what keeps it from being published first. One query."""
    workers = workers_of(table.info("grid", label).grid for label in table.labels("grid"))
    found = [*_ground(table), *_names(table), *_newcomers(table)]
    for label in table.labels("grid"):
        found += _of_grid(table, label)
        found += _of_band(table, plan, label)
        found += _of_post(table, label, workers)
    for label in table.labels("segment"):
        found += _of_pieces(table, "segment", label)
    return sorted(found, key=lambda problem: not problem.hard)


# Ground in no grid


def _ground(table: Table) -> Iterator[Problem]:
    for part in findings.bare_parts(table):
        units = sorted(table.state.units(part.cells))
        if units:
            words = _("%(unit)s不在任何网格里。") if len(units) == 1 else _("%(unit)s等 %(n)d 个楼道不在任何网格里。")
            words = words % {"unit": table.unit_title(units[0]), "n": len(units)}
            yield Problem("unit_in_no_grid", words, units=units[:MANY], place=part.place, remedy=_home(table, part))
        else:
            ground = sorted(part.cells)[:MANY]
            words = _("有空地不在任何网格里。")
            yield Problem("ground_in_no_grid", words, units=ground, place=part.place, remedy=_home(table, part))
    rim = findings.rim(table)
    for place in rim.beyond:
        yield Problem("outside_community", _("网格伸到了社区边界之外：社区边界改过，请从空白重新起草。"), place=place)
    for place in rim.missing:
        yield Problem("ground_missing", _("社区边界内有地不在方案里：社区边界改过，请从空白重新起草。"), place=place)


def _home(table: Table, part: Part, level: Level = "grid") -> Remedy | None:
    """To give some cells to the neighbour with the longest common edge, or to make a grid of them."""
    if len(part.cells) > MANY:
        return None
    cells, ties = sorted(part.cells), _ties(table, part.cells, level)
    if not ties:
        return Remedy(_("用它们新建一个网格"), {"op": "draw", "units": cells}) if level == "grid" else None
    to = max(ties, key=lambda label: (ties[label], label))
    words = _("划入%(name)s") % {"name": table.info(level, to).name}
    return Remedy(words, {"op": "assign", "units": cells, "to": to, "level": level})


def _ties(table: Table, cells: Iterable[str], level: Level) -> dict[str, float]:
    """Metres of edge that cells share with each label that may take them."""
    state = table.state
    ties: dict[str, float] = {}
    for cell in cells:
        for near, metres in state.fabric.around(cell).items():
            label = state.label(level, near)
            is_open = level == "grid" or state.label("grid", near) == state.label("grid", cell)
            if label is not None and near not in cells and is_open and (level, label) not in state.locked:
                ties[label] = ties.get(label, 0.0) + metres
    return ties


# Names


def _names(table: Table) -> Iterator[Problem]:
    """Grids of one name in one place: no one could tell them apart on the door."""
    found = list(_namesakes(table))
    for level in LEVELS:
        of_level = [problem for problem in found if problem.level == level]
        remedy = _all_renamed(table, level, [problem.label for problem in of_level if problem.label is not None])
        yield from (replace(problem, for_all=remedy) for problem in of_level)


def _namesakes(table: Table) -> Iterator[Problem]:
    for level, labels in _siblings(table):
        seen: set[str] = set()
        for label in labels:
            name = table.info(level, label).name
            if name in seen:
                yield _namesake(table, level, label, name)
            seen.add(name)


def _siblings(table: Table) -> Iterator[tuple[Level, Sequence[str]]]:
    """All grids, and the segments of each."""
    grids = table.labels("grid")
    yield "grid", grids
    for grid in grids:
        yield "segment", table.segments_of(grid)


def _namesake(table: Table, level: Level, label: str, name: str) -> Problem:
    words = _("还有一个网格也叫%(name)s，请改名。") if level == "grid" else _("还有一个楼段也叫%(name)s，请改名。")
    words = words % {"name": name}
    op = {"op": "rename", "level": level, "grid": label, "name": _other_name(name, _names_taken(table))}
    remedy = Remedy(_("改名为%(name)s") % {"name": op["name"]}, op)
    return Problem("name_twice", words, level, label=label, place=table.label_point(level, label), remedy=remedy)


def _all_renamed(table: Table, level: Level, labels: Sequence[str]) -> Remedy | None:
    """To give each of several grids a name of its own."""
    if not 1 < len(labels) <= MANY:
        return None
    taken, names = _names_taken(table), {}
    for label in labels:
        names[label] = _other_name(table.info(level, label).name, taken)
        taken.add(names[label])
    return Remedy(_("全部改名（%(n)d 个）") % {"n": len(names)}, {"op": "rename", "level": level, "names": names})


def _names_taken(table: Table) -> set[str]:
    return {info.name for info in table.infos.values()}


def _other_name(name: str, taken: Collection[str]) -> str:
    number = 2
    while f"{name[:36]}{number}" in taken:
        number += 1
    return f"{name[:36]}{number}"


# Buildings that came later


def _newcomers(table: Table) -> Iterator[Problem]:
    for guest in findings.guests(table)[:MOST]:
        home = table.label("grid", guest.units[0])
        said = {"building": table.building_title(guest.building), "grid": table.info("grid", home).name if home else ""}
        units = list(guest.units)
        if len({table.state.label("grid", cell) for cell in guest.cells}) > 1:
            words = _("新测绘的%(building)s跨在两个网格上，请移动边界或重新切分地块。") % said
            remedy = _under_one(table, guest)
            yield Problem("new_building_across", words, label=home, units=units, place=guest.place, remedy=remedy)
        elif home:
            words = _("新测绘的%(building)s还没有自己的地块，暂随所在地块归%(grid)s。") % said
            yield Problem("new_building", words, hard=False, label=home, units=units, place=guest.place)
    for unit in findings.outsiders(table)[:MOST]:
        words = _("%(unit)s 在社区范围之外，请先改正楼栋的位置或所属社区。") % {"unit": table.unit_title(unit)}
        point = table.site.units[unit].footprint.representative_point()
        yield Problem("unit_outside", words, units=[unit], place=(point.x, point.y))


def _under_one(table: Table, guest: Guest) -> Remedy | None:
    """To give the ground under a new building, and the buildings that share it, to the grid that has most of it."""
    label, locked = table.state.label, table.state.locked
    shares: dict[str, float] = {}
    for cell, share in guest.cells.items():
        if (name := label("grid", cell)) is not None:
            shares[name] = shares.get(name, 0.0) + share
    if not shares or any(("grid", name) in locked for name in shares):
        return None
    to = max(sorted(shares), key=lambda name: shares[name])
    units = sorted({unit for cell in guest.cells if label("grid", cell) != to for unit in _building_on(table, cell)})
    words = _("所占地块划入%(name)s") % {"name": table.info("grid", to).name}
    return Remedy(words, {"op": "assign", "units": units, "to": to})


def _building_on(table: Table, cell: str) -> Collection[str]:
    """The cells of the building that a cell was cut for; the cell itself where it is open ground."""
    unit = table.site.units.get(cell)
    return {cell} if unit is None else (table.site.doors[unit.building] & table.state.fabric.cells.keys()) | {cell}


# One grid


def _of_grid(table: Table, label: str) -> Iterator[Problem]:
    name = {"name": table.info("grid", label).name}
    yield from _of_pieces(table, "grid", label)
    if (place := findings.sliver(table, label)) is not None:
        words = _("%(name)s有一处窄得看不见也走不过去。") % name
        yield Problem("sliver", words, hard=False, label=label, place=place)
    for each in findings.torn(table, "grid", label):
        words = _("%(building)s的楼道分在了不同网格，一栋楼只能属于一个网格。")
        words = words % {"building": table.building_title(each.building)}
        op = {"op": "assign", "units": list(each.units), "to": label}
        remedy: Remedy | None = Remedy(_("整栋划入%(name)s") % name, op)
        yield Problem("building_in_two_grids", words, "grid", True, label, each.units, each.place, remedy)
    for each in findings.torn(table, "segment", label):
        words = _("%(building)s的楼道分在了不同楼段。") % {"building": table.building_title(each.building)}
        remedy = _whole(table, each.units)
        yield Problem("building_in_two_segments", words, "segment", False, label, each.units, each.place, remedy)
    for part in findings.without_segment(table, label):
        words = _("%(name)s里有地没有归到楼段。") % name
        remedy = _home(table, part, "segment")
        cells = sorted(part.cells)[:MANY]
        yield Problem("ground_in_no_segment", words, "segment", True, label, cells, part.place, remedy)


def _whole(table: Table, units: Sequence[str]) -> Remedy | None:
    """To put all stairwells of a building into the segment that has most of them."""
    labels = [label for unit in units if (label := table.label("segment", unit)) is not None]
    if not labels:
        return None
    to = max(sorted(set(labels)), key=labels.count)
    words = _("整栋划入%(name)s") % {"name": table.info("segment", to).name}
    return Remedy(words, {"op": "assign", "units": list(units), "to": to, "level": "segment"})


def _of_pieces(table: Table, level: Level, label: str) -> Iterator[Problem]:
    """A grid in more parts than it may be in."""
    count, allowed = table.state.measures(level, label).pieces, table.state.allowed.get((level, label), 1)
    if count <= allowed:
        return
    strays = findings.strays(table, level, label)
    words = _("%(name)s分成了不相连的 %(n)d 块。") % {"name": table.info(level, label).name, "n": count}
    for part in strays[: count - allowed]:
        ties = {to: metres for to, metres in _ties(table, part.cells, level).items() if to != label}
        remedy = _home(table, part, level) if ties else _allowing(level, label, count)
        units = sorted(part.cells)[:MANY]
        yield Problem("several_pieces", words, level, True, label, units, part.place, remedy)


def _allowing(level: Level, label: str, count: int) -> Remedy:
    words = _("允许它分为 %(n)d 块") % {"n": count}
    return Remedy(words, {"op": "allow", "level": level, "grid": label, "pieces": count})


# The target band, and who answers


def _of_band(table: Table, plan: Plan, label: str) -> Iterator[Problem]:
    info = table.info("grid", label)
    households = table.figures("grid", label)["households"]
    if info.kind == Grid.Kind.SPECIAL:
        return  # an industrial park or a hospital has no target of households
    said = {"name": info.name, "n": households, "min": plan.target_min, "max": plan.target_max}
    place = table.label_point("grid", label)
    if households > plan.target_max:
        words = _("%(name)s有 %(n)d 户，超过上限 %(max)d 户。") % said
        yield Problem("too_large", words, hard=False, label=label, place=place, remedy=_divided(label, said))
    elif households < plan.target_min:
        words = _("%(name)s只有 %(n)d 户，不到下限 %(min)d 户。") % said
        yield Problem("too_small", words, hard=False, label=label, place=place, remedy=_merged(table, plan, label))


def _divided(label: str, said: Mapping[str, Any]) -> Remedy | None:
    if not said["max"]:
        return None
    parts = min(ceil(said["n"] / said["max"]), MOST_PARTS)
    return Remedy(_("均分为 %(n)d 个") % {"n": parts}, {"op": "divide", "grid": label, "parts": parts})


def _merged(table: Table, plan: Plan, label: str) -> Remedy | None:
    """To join the smallest neighbour, where the two together are not too large."""
    own, locked = table.figures("grid", label)["households"], table.state.locked
    if ("grid", label) in locked:
        return None
    sums = {
        near: own + table.figures("grid", near)["households"]
        for near in neighbours_of(table, "grid", label)
        if ("grid", near) not in locked
    }
    near = min(sums, key=lambda name: (sums[name], name), default=None)
    if near is None or sums[near] > plan.target_max:
        return None
    words = _("并入%(name)s，合计 %(n)d 户") % {"name": table.info("grid", near).name, "n": sums[near]}
    return Remedy(words, {"op": "merge", "grids": [label, near], "into": near})


def _of_post(table: Table, label: str, workers: Mapping[int, list[str]]) -> Iterator[Problem]:
    info = table.info("grid", label)
    if info.grid is None or info.grid not in workers:
        words = _("%(name)s还没有网格员。") % {"name": info.name}
        place = table.label_point("grid", label)
        yield Problem("nobody_appointed", words, hard=False, label=label, place=place)
