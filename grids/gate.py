"""The gate before publication: law 1 asked of a plan, by topology, with each fault named and placed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.utils.translation import gettext
from shapely.geometry.base import BaseGeometry

from buildings.models import Building, Stairwell
from geo.coverage import Fault, faults
from geo.geos import to_shapely
from grids.models import Plan


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


class _Cell(NamedTuple):
    """A grid or segment as the gate sees it: instances of the model by the thousand cost more than the five checks."""

    pk: int
    grid: int
    parent: int | None
    pieces: int
    name: str
    shape: BaseGeometry


class _Door(NamedTuple):
    """A stairwell as the gate sees it: its code, its building, and the shape that it is assigned to."""

    code: str
    building: int
    cell: int
    footprint: BaseGeometry


def problems(plan: Plan, names: Mapping[int, str] | None = None) -> list[Problem]:
    """
    All that keeps a plan from being published; empty when its grids tile the community and its segments their grids.

    `names` are those that grids will get, by primary key. Four queries, whatever the size of the plan.
    """
    if plan.community.boundary is None:
        return [Problem("community_without_boundary", gettext("社区还没有边界，先导入社区边界。"))]
    cells = _cells(plan, names or {})
    if not cells:
        return [Problem("empty_plan", gettext("方案里还没有网格。"))]
    doors, children = _doors(plan), _by_parent(cells.values())
    found = [*_name_problems(cells.values()), *_assignment_problems(plan), *_grid_problems(plan, cells, doors)]
    behind: dict[int, list[_Door]] = {}
    for door in doors:
        behind.setdefault(cells[door.cell].parent or door.cell, []).append(door)
    for parent, segments in children.items():
        found += _segment_problems(cells[parent].shape, segments, behind.get(parent, []))
    return found


def _cells(plan: Plan, names: Mapping[int, str]) -> dict[int, _Cell]:
    shapes = plan.boundaries.order_by("pk").annotate(wkb=AsWKB("boundary"))
    rows = shapes.values_list("pk", "grid", "parent", "pieces", "grid__name", "wkb")
    return {
        pk: _Cell(pk, grid, parent, pieces, names.get(grid, name), shape)
        for pk, grid, parent, pieces, name, shape in with_shapes(rows)
    }


def _doors(plan: Plan) -> list[_Door]:
    """The standing stairwells that the plan has."""
    doors = plan.assignments.filter(stairwell__gone_since=None).annotate(wkb=AsWKB("stairwell__footprint"))
    rows = doors.values_list("stairwell__code", "stairwell__building", "boundary", "wkb")
    return [_Door(*row) for row in with_shapes(rows)]


def with_shapes(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows with the WKB in their last column read, all at once: one by one took longer than all five questions."""
    known = list(rows)
    for row, shape in zip(known, shapely.from_wkb([bytes(row[-1]) for row in known]), strict=True):
        yield *row[:-1], shape


def _by_parent(cells: Iterable[_Cell]) -> dict[int, list[_Cell]]:
    found: dict[int, list[_Cell]] = {}
    for cell in cells:
        if cell.parent is not None:
            found.setdefault(cell.parent, []).append(cell)
    return found


def _name_problems(cells: Iterable[_Cell]) -> list[Problem]:
    counts = Counter((cell.parent, cell.name) for cell in cells)
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


def _grid_problems(plan: Plan, cells: Mapping[int, _Cell], doors: Iterable[_Door]) -> list[Problem]:
    """The five checks for grids in their community; a building counts as a whole."""
    owners: dict[int, set[int]] = {}
    for door in doors:
        owners.setdefault(door.building, set()).add(cells[door.cell].parent or door.cell)
    buildings = Building.objects.standing().filter(community=plan.community_id).annotate(wkb=AsWKB("footprint"))
    torn, placed = [], {}
    for pk, code, footprint in with_shapes(buildings.values_list("pk", "code", "wkb")):
        if len(owners.get(pk, ())) > 1:
            torn.append(pk)
        elif pk in owners:
            placed[code] = (footprint, str(min(owners[pk])))
    grids = [cell for cell in cells.values() if cell.parent is None]
    community = to_shapely(plan.community.boundary)
    assert community is not None
    footprints = {code: footprint for code, (footprint, _grid) in placed.items()}
    return _torn(torn) + _check(grids, community, footprints, {code: grid for code, (_, grid) in placed.items()})


def _torn(buildings: list[int]) -> list[Problem]:
    sentence, found = gettext("%(building)s的几个单元分在了不同网格，一栋楼只能属于一个网格。"), []
    for building in Building.objects.filter(pk__in=buildings):
        point = building.footprint.point_on_surface
        words = sentence % {"building": building.title}
        found.append(Problem("building_in_two_grids", words, place=(point.x, point.y)))
    return found


def _segment_problems(grid: BaseGeometry, segments: list[_Cell], doors: list[_Door]) -> list[Problem]:
    """The five checks for the segments of one grid; each of its stairwells must lie in one of them."""
    footprints = {door.code: door.footprint for door in doors}
    return _check(segments, grid, footprints, {door.code: str(door.cell) for door in doors})


def _check(
    children: list[_Cell], parent: BaseGeometry, footprints: Mapping[str, BaseGeometry], assignment: Mapping[str, str]
) -> list[Problem]:
    names = {str(child.pk): child.name for child in children}
    shapes = {str(child.pk): child.shape for child in children}
    known = {unit: cell for unit, cell in assignment.items() if cell in shapes}
    found = faults(
        shapes,
        parent,
        footprints={unit: footprints[unit] for unit in known},
        assignment=known,
        pieces={str(child.pk): child.pieces for child in children},
    )
    return [_in_words(fault, names) for fault in found] + [
        Problem("unit_in_no_cell", gettext("编码为 %(code)s 的楼道没有归到下一级网格。") % {"code": unit})
        for unit in assignment
        if unit not in known
    ]


def _in_words(fault: Fault, names: Mapping[str, str]) -> Problem:
    """The kernel knows cells by key; people know them by name."""
    named = {key: names.get(fault.params[key], fault.params[key]) for key in ("name", "other") if key in fault.params}
    sentence = gettext(fault.sentence) % {**fault.params, **named}
    return Problem(fault.code, sentence, fault.place, fault.measure)
