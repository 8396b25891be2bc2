"""Stairwells that a file brings as polygons: which building each belongs to, and whether they tile it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import shapely
from django.utils.translation import gettext_noop as _noop
from shapely.geometry.base import BaseGeometry

from buildings.imports.communities import larger_part
from buildings.imports.matching import area_m2s
from buildings.imports.report import Report, RowRefused
from buildings.imports.rows import Row
from buildings.imports.stairwells import Cut, Part
from geo.crs import GRID_SIZE, round_to_grid

ROUGH = 0.02  # of the footprint: surveys of a building and of its stairwells differ by a wall
OVERLAP_M2 = 1.0  # square metres that two stairwells may share
ELSEWHERE = _noop("这个楼道不在任何楼栋内，或大部分在楼栋之外。")
UNTILED = _noop("这栋楼的楼道没有铺满楼栋或相互重叠（相差 %(percent)s%%），请修正；本次按轮廓推算。")
TWICE = _noop("这栋楼里已有 %(number)s 单元。")


def survey(buildings: Sequence[Row], rows: Sequence[Row], report: Report) -> dict[int, Cut]:
    """By the number of the building: its stairwells as the file draws them. Others stand in the report."""
    members: dict[int, list[Row]] = defaultdict(list)
    for row, at in zip(rows, _building_of(buildings, rows), strict=True):
        if at is None:
            report.refuse(
                "stairwells", row.number, row.source_id, RowRefused("no_building", ELSEWHERE, place=_place(row))
            )
        else:
            members[at].append(row)
    return {at: cut for at, found in members.items() if (cut := _cut(buildings[at].shape, found, report)) is not None}


def _building_of(buildings: Sequence[Row], rows: Sequence[Row]) -> Iterator[int | None]:
    """By what the row says, else by where most of it lies."""
    number = {row.source_id: index for index, row in enumerate(buildings)}
    best, share = larger_part([row.shape for row in rows], [row.shape for row in buildings])
    for row, at, part in zip(rows, best.tolist(), share.tolist(), strict=True):
        yield number.get(str(row.values.get("building", "")), at if at >= 0 and part >= 0.5 else None)


def _cut(footprint: BaseGeometry, rows: list[Row], report: Report) -> Cut | None:
    rows = sorted(rows, key=lambda row: (row.shape.centroid.x, -row.shape.centroid.y))
    named = _numbered(rows, report)
    shapes = [row.shape for row in named.values()]
    whole = shapely.transform(shapely.union_all(shapes, grid_size=GRID_SIZE), round_to_grid)
    amiss = whole.symmetric_difference(footprint).area / footprint.area
    if amiss > ROUGH or _overlap(shapes) > OVERLAP_M2:
        for row in named.values():
            why = RowRefused("stairwells_do_not_tile", UNTILED, place=_place(row), percent=f"{100 * amiss:.1f}")
            report.refuse("stairwells", row.number, row.source_id, why)
        return None
    parts = [Part(number, row.shape) for number, row in named.items()]
    return Cut(whole, parts, derived=False)


def _numbered(rows: Sequence[Row], report: Report) -> Mapping[str, Row]:
    """Rows by their number, as the file gives it or in order from the west."""
    found: dict[str, Row] = {}
    for position, row in enumerate(rows, start=1):
        number = row.values.get("number") or str(position)
        if number in found:
            why = RowRefused("duplicate", TWICE, field="number", place=_place(row), number=number)
            report.refuse("stairwells", row.number, row.source_id, why)
            continue
        found[number] = row
    return found


def _overlap(shapes: Sequence[BaseGeometry]) -> float:
    """Square metres of the largest overlap of two."""
    array = np.array(shapes, dtype=object)
    first, second = shapely.STRtree(array).query(array, predicate="intersects")
    pairs = first < second
    common = shapely.intersection(array[first[pairs]], array[second[pairs]])
    return float(area_m2s(common).max(initial=0.0))


def _place(row: Row) -> tuple[float, float]:
    point = row.shape.representative_point()
    return point.x, point.y
