"""What the planner's table tells its client: dicts ready for orjson, the shapes as finished texts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from accounts.models import User
from geo.draft import Level
from grids.models import Plan
from planning.caseload import caseload
from planning.engine import Step, seen, turns_of
from planning.models import Editor, Note, Operation
from planning.people import workers_of
from planning.problems import Problem, problems_of
from planning.table import Table
from planning.words import words_of


def measures(found: Table) -> list[dict[str, str]]:
    """What the figures of a grid count, in the order in which a planner reads them."""
    households = _("户（估算）") if found.site.is_estimated else _("户")
    words = {"households": households, "people": _("人"), "alone": _("独居"), "stairwells": _("楼道")}
    return [{"key": key, "label": label} for key, label in words.items()]


def plan(row: Plan) -> dict[str, Any]:
    """A plan in a list, and at the head of its table."""
    draft = getattr(row, "draft", None)
    base = draft.base if draft else None
    return {
        "id": row.pk,
        "number": row.number,
        "title": row.title,
        "reason": row.reason,
        "status": row.status,
        "version": draft.version if draft else 0,
        "community": {"code": row.community.code, "name": row.community.name},
        "target_min": row.target_min,
        "target_max": row.target_max,
        "owner": str(row.created_by) if row.created_by else None,
        "base": {"id": base.pk, "number": base.number, "title": base.title} if base else None,
        "created_at": row.created_at,
        "saved_at": draft.saved_at if draft else row.created_at,
        "deleted_at": draft.deleted_at if draft else None,
        "in_force": [row.in_force.lower, row.in_force.upper] if row.in_force else None,
    }


def table(row: Plan, found: Table, user: User, may: Mapping[str, bool], *, cells: bool) -> dict[str, Any]:
    """The whole state, for the editor."""
    undo, redo = turns_of(row, user)
    return {
        "plan": plan(row) | {"version": found.version},
        "measures": measures(found),
        "units": [_unit(found, code) for code in found.site.units],
        "cells": _cells(found, [name for name in found.state.fabric.cells if cells or name not in found.site.units]),
        "grids": grids(found, found.drawn(), caseload(found, row.community_id)),
        "problems": problems(problems_of(found, row)),
        "can_undo": undo,
        "can_redo": redo,
        "editors": editors(seen(row, user)),
        "may": may,
        "now": timezone.now(),
    }


def step(row: Plan, found: Step, user: User, *, label: str = "") -> dict[str, Any]:
    """What changed since the version that the client has."""
    now, changed = found.table, {cell for change in found.changes for cell in change.cells()}
    touched = {key for change in found.changes for key in change.labels()} | now.concerned(changed)
    undo, redo = turns_of(row, user)
    shapes = {name for change in found.changes for name in change.delta.cells}
    return {
        "version": now.version,
        "operation": operation(now, found.own, user) if found.own else None,
        "operations": [operation(now, each, user) for each in found.operations],
        "units": {cell: _labels(now, cell) for cell in sorted(_units(now, changed))},
        "cells": _cells(now, sorted(cell for cell in changed | shapes if cell not in now.site.units)),
        "gone_cells": sorted(cell for cell in shapes if cell not in now.state.fabric.cells),
        "grids": grids(now, sorted(key for key in touched if now.has(*key)), caseload(now, row.community_id)),
        "problems": problems(problems_of(now, row)),
        "gone": sorted([level, label] for level, label in touched if not now.has(level, label)),
        "can_undo": undo,
        "can_redo": redo,
        "editors": editors(seen(row, user, label)),
        "saved_at": timezone.now(),
    }


def _units(found: Table, cells: Iterable[str]) -> set[str]:
    """The stairwells that changed with their cells, those without a cell of their own included."""
    guests = found.state.ground.guests
    return {unit for cell in cells for unit in ({cell} & found.site.units.keys()) | guests.get(cell, frozenset())}


def _labels(found: Table, unit: str) -> dict[str, str | None]:
    return {"grid": found.label("grid", unit), "segment": found.label("segment", unit)}


def _unit(found: Table, code: str) -> dict[str, Any]:
    unit = found.site.units[code]
    return {
        "id": code,
        "building": unit.building,
        "building_title": unit.building_title,
        "title": unit.title,
        **_labels(found, code),
        "weights": {key: round(value, 4) for key, value in found.site.weights.get(code, {}).items()},
        "footprint": orjson.Fragment(unit.rings),
    }


def _cells(found: Table, names: Iterable[str]) -> list[dict[str, Any]]:
    cells = found.state.fabric.cells
    return [{"id": name, **_labels(found, name), "shape": geojson(cells[name])} for name in names if name in cells]


def geojson(shape: BaseGeometry) -> orjson.Fragment:
    return orjson.Fragment(shapely.to_geojson(shape))


# Grids


def grids(found: Table, keys: Iterable[tuple[Level, str]], cases: Counter[tuple[Level, str]]) -> list[dict[str, Any]]:
    wanted = list(keys)
    workers = workers_of(found.infos[key].grid for key in wanted if key in found.infos)
    return [_grid(found, level, label, workers, cases[level, label]) for level, label in wanted]


def _grid(found: Table, level: Level, label: str, workers: Mapping[int, list[str]], cases: int) -> dict[str, Any]:
    info, state = found.info(level, label), found.state
    return {
        "level": level,
        "label": label,
        "code": info.code,
        "name": info.name,
        "kind": info.kind,
        "parent": found.parent(label) if level == "segment" else None,
        "colour": info.colour,
        "locked": (level, label) in state.locked,
        "allowed": state.allowed.get((level, label), 1),
        "shape": found.kept("geojson", level, label, lambda: geojson(state.shape(level, label))),
        "label_point": found.label_point(level, label),
        "measures": found.figures(level, label) | {"cases": cases},
        "before": info.before,
        "worker": workers.get(info.grid or 0, []),
    }


def problems(found: Iterable[Problem]) -> list[dict[str, Any]]:
    return [
        # `asdict` copies all there is, which took as long as finding it out.
        {**vars(problem), "remedy": vars(problem.remedy) if problem.remedy else None}
        for problem in found
    ]


# People


def note(row: Note, user: User) -> dict[str, Any]:
    return {
        "id": row.pk,
        "by": str(row.author),
        "mine": row.author_id == user.pk,
        "at": row.at,
        "text": row.text,
        "place": list(row.place.coords) if row.place else None,
        "resolved": row.is_resolved,
    }


def operation(found: Table, row: Operation, user: User) -> dict[str, Any]:
    return {
        "version": row.version,
        "by": str(row.author),
        "at": row.at,
        "words": words_of(found, row),
        "kind": row.kind,
        "mine": row.author_id == user.pk,
    }


def editors(rows: Iterable[Editor]) -> list[dict[str, Any]]:
    return [{"name": str(row.person), "at": row.at, "label": row.label or None} for row in rows]
