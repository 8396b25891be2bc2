"""The gate before publication: law 1 asked of a plan, by topology, with each fault named and placed."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.contrib.postgres.aggregates import ArrayAgg
from django.utils.translation import gettext
from shapely.geometry.base import BaseGeometry

from buildings.models import Building, Stairwell
from geo.coverage import Fault, faults
from geo.geos import to_shapely
from grids.models import GridBoundary, Plan


class PlanRefused(Exception):
    """A plan that cannot be published as it is."""

    code = "plan_refused"

    def __init__(self, sentence: str, *, code: str = "", problems: Iterable["Problem"] = ()):
        super().__init__(sentence)
        self.code = code or self.code
        self.problems = list(problems)


@dataclass(frozen=True)
class Problem:
    """One fault of a plan in the planner's words, with the ground it concerns."""

    code: str
    sentence: str
    place: tuple[float, float] | None = None
    measure: float = 0.0  # square metres


def problems(plan: Plan, names: Mapping[int, str] | None = None) -> list[Problem]:
    """
    All that keeps a plan from being published; empty when its grids tile the community and its segments their grids.

    `names` are those that grids will get, by primary key.
    """
    # A stored Web Mercator shape is as much to read as the shape itself, and nobody here wants it.
    boundaries = list(
        plan.boundaries.select_related("grid").defer("boundary_mercator", "label_mercator").order_by("pk")
    )
    for boundary in boundaries:
        boundary.grid.name = (names or {}).get(boundary.grid_id, boundary.grid.name)
    if plan.community.boundary is None:
        return [Problem("community_without_boundary", gettext("社区还没有边界，先导入社区边界。"))]
    if not boundaries:
        return [Problem("empty_plan", gettext("方案里还没有网格。"))]
    found = [*_name_problems(boundaries), *_assignment_problems(plan)]
    parents = {boundary.pk: boundary for boundary in boundaries}
    cell_of = {stairwell: parents[cell] for stairwell, cell in plan.assignments.values_list("stairwell", "boundary")}
    found += _grid_problems(plan, [b for b in boundaries if b.parent_id is None], cell_of)
    by_parent: dict[int, list[GridBoundary]] = {}
    for boundary in boundaries:
        if boundary.parent_id is not None:
            by_parent.setdefault(boundary.parent_id, []).append(boundary)
    stairwells = _stairwells_by_grid(plan, by_parent)
    for pk, segments in by_parent.items():
        found += _segment_problems(parents[pk], segments, stairwells.get(pk, []))
    return found


def _name_problems(boundaries: list[GridBoundary]) -> list[Problem]:
    counts = Counter((boundary.parent_id, boundary.grid.name) for boundary in boundaries)
    return [
        Problem("name_twice", gettext("有 %(n)d 个网格都叫“%(name)s”，请改名。") % {"n": n, "name": name})
        for (_parent, name), n in counts.items()
        if n > 1
    ]


def _assignment_problems(plan: Plan) -> list[Problem]:
    """Standing stairwells of the community that no grid of the plan has."""
    missing = (
        Stairwell.objects.standing()
        .filter(building__community=plan.community_id, building__gone_since=None)
        .exclude(pk__in=plan.assignments.values("stairwell"))
        .select_related("building")
        .order_by("code")
    )
    return [
        Problem(
            "stairwell_in_no_grid",
            gettext("%(building)s%(stairwell)s还没有归到任何网格。")
            % {"building": stairwell.building.title, "stairwell": stairwell.title},
            place=stairwell.footprint.point_on_surface.coords,
        )
        for stairwell in missing
    ]


def _grid_problems(plan: Plan, grids: list[GridBoundary], cell_of: Mapping[int, GridBoundary]) -> list[Problem]:
    """The five checks for grids in their community; a building counts as a whole."""
    footprints, assignment, torn = {}, {}, []
    buildings = Building.objects.standing().filter(community=plan.community_id)
    buildings = buildings.defer("footprint", "footprint_mercator").annotate(
        doors=ArrayAgg("stairwells"), wkb=AsWKB("footprint")
    )
    for building, footprint in _with_shapes(list(buildings), lambda building: building.wkb):
        cells = [cell_of[pk] for pk in building.doors if pk in cell_of]
        owners = {cell.parent_id or cell.pk for cell in cells}
        if len(owners) > 1:
            sentence = gettext("%(building)s的几个单元分在了不同网格，一栋楼只能属于一个网格。")
            place = building.footprint.point_on_surface.coords
            torn.append(Problem("building_in_two_grids", sentence % {"building": building.title}, place=place))
        elif owners:
            footprints[building.code] = footprint
            assignment[building.code] = str(owners.pop())
    return torn + _check(grids, plan.community, footprints, assignment)


class _Door(NamedTuple):
    """A stairwell as the gate sees it: its code, and the shape that it is assigned to."""

    code: str
    boundary: int
    footprint: BaseGeometry


def _stairwells_by_grid(plan: Plan, by_parent: Mapping[int, list[GridBoundary]]) -> dict[int, list[_Door]]:
    grid_of = {segment.pk: parent for parent, segments in by_parent.items() for segment in segments}
    rows = plan.assignments.filter(stairwell__gone_since=None).annotate(wkb=AsWKB("stairwell__footprint"))
    found: dict[int, list[_Door]] = {}
    for (boundary, code, _wkb), footprint in _with_shapes(
        list(rows.values_list("boundary", "stairwell__code", "wkb")), lambda row: row[2]
    ):
        found.setdefault(grid_of.get(boundary, boundary), []).append(_Door(code, boundary, footprint))
    return found


def _with_shapes(rows: list[Any], wkb_of: Callable[[Any], Any]) -> Iterator[tuple[Any, BaseGeometry]]:
    """Rows with their shapes, read all at once: one by one took longer than all five questions."""
    return zip(rows, shapely.from_wkb([bytes(wkb_of(row)) for row in rows]), strict=True)


def _segment_problems(grid: GridBoundary, segments: list[GridBoundary], doors: list[_Door]) -> list[Problem]:
    """The five checks for the segments of one grid; each of its stairwells must lie in one of them."""
    footprints = {door.code: door.footprint for door in doors}
    assignment = {door.code: str(door.boundary) for door in doors}
    return _check(segments, grid, footprints, assignment)


def _check(children: list[GridBoundary], parent, footprints: dict, assignment: dict) -> list[Problem]:
    names = {str(child.pk): child.grid.name for child in children}
    shapes = {str(child.pk): to_shapely(child.boundary) for child in children}
    pieces = {str(child.pk): child.pieces for child in children}
    known = {unit: cell for unit, cell in assignment.items() if cell in shapes}
    lost = [unit for unit in assignment if unit not in known]
    found = faults(
        shapes,
        to_shapely(parent.boundary),
        footprints={unit: footprints[unit] for unit in known},
        assignment=known,
        pieces=pieces,
    )
    return [_in_words(fault, names) for fault in found] + [
        Problem("unit_in_no_cell", gettext("编码为 %(code)s 的楼道没有归到下一级网格。") % {"code": unit})
        for unit in lost
    ]


def _in_words(fault: Fault, names: Mapping[str, str]) -> Problem:
    """The kernel knows cells by key; people know them by name."""
    named = {key: names.get(fault.params[key], fault.params[key]) for key in ("name", "other") if key in fault.params}
    sentence = gettext(fault.sentence) % {**fault.params, **named}
    return Problem(fault.code, sentence, fault.place, fault.measure)
