"""Lines for the planner's hand: the borders of the draft to be dragged, and roads and walls to snap to."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import F
from shapely.geometry.base import BaseGeometry

from buildings.models import Area, Barrier, Compound, Road
from geo.coverage import shared_edges
from geo.draft import LEVELS, Level
from planning.site import read_shapes
from planning.table import Table

Box = tuple[float, float, float, float]  # west, south, east, north in degrees
NOBODY = ""  # stands for the ground that no grid has


class Arc(NamedTuple):
    """
    A border between two grids, or segments of one grid, from junction to junction.

    `left` and `right` are labels, the lesser first, or None for ground in no grid: which side is which is not said.
    `line` has the stored coordinates, bit for bit: by them a vertex is named when it is moved.
    """

    level: Level
    left: str | None
    right: str | None
    line: list[list[float]]


def arcs(table: Table, box: Box | None = None) -> list[Arc]:
    """The borders of a draft in a box, or all. A border of a grid is not told again as one of its segments."""
    return [arc for level in LEVELS for arc in _arcs(table, level, box)]


def _arcs(table: Table, level: Level, box: Box | None) -> list[Arc]:
    shapes = _shapes(table, level, box)
    names = list(shapes)
    parent = {name: table.parent(name) if level == "segment" else None for name in names}
    shared = shared_edges(list(shapes.values()))
    pairs: dict[tuple[str, str], list[int]] = {}
    for number, (a, b) in enumerate(zip(shared.left.tolist(), shared.right.tolist(), strict=True)):
        if parent[names[a]] == parent[names[b]]:
            left, right = sorted((names[a], names[b]))
            pairs.setdefault((left, right), []).append(number)
    edges = np.asarray(shapely.linestrings(np.stack([shared.start, shared.end], axis=1)), dtype=object)
    found = []
    for (left, right), numbers in sorted(pairs.items()):
        merged = shapely.line_merge(shapely.multilinestrings(edges[numbers]))
        for line in shapely.get_parts(merged):
            if box is None or shapely.intersects(line, shapely.box(*box)):
                found.append(Arc(level, left or None, right or None, shapely.get_coordinates(line).tolist()))
    return found


def _shapes(table: Table, level: Level, box: Box | None) -> dict[str, BaseGeometry]:
    """The shapes that meet a box; of the level of grids also what nobody has."""
    shapes = {label: table.state.shape(level, label) for label in table.labels(level)}
    bare = table.bare["grid"]
    if level == "grid" and bare:
        cells = [table.state.fabric.cells[name] for name in sorted(bare)]
        shapes[NOBODY] = shapely.coverage_union_all(np.array(cells, dtype=object))
    if box is None:
        return shapes
    frame = shapely.box(*box)
    return {name: shape for name, shape in shapes.items() if shapely.box(*shape.bounds).intersects(frame)}


class Line(NamedTuple):
    """A line of the ground that a border may follow."""

    id: str
    kind: str
    name: str
    line: list[list[float]]


def lines(community: Area) -> list[Line]:
    """Roads, walls, rivers, railways and the outlines of compounds in a community. Three queries."""
    return [
        *_lines("road", Road.objects.filter(line__intersects=community.boundary), "kind", "line"),
        *_lines("barrier", Barrier.objects.filter(line__intersects=community.boundary), "kind", "line"),
        *_lines("compound", Compound.objects.filter(community=community), None, "boundary"),
    ]


def _lines(what: str, rows: Any, kind: str | None, field: str) -> list[Line]:
    found = list(
        rows.order_by("pk").annotate(wkb=AsWKB(F(field))).values("pk", "name", "wkb", *([kind] if kind else []))
    )
    return [
        Line(f"{what}-{row['pk']}-{number}", str(row.get(kind or "", "wall")), row["name"], coordinates)
        for row, shape in zip(found, read_shapes(row["wkb"] for row in found), strict=True)
        for number, coordinates in enumerate(_polylines(shape))
    ]


def _polylines(shape: BaseGeometry) -> Sequence[list[list[float]]]:
    parts = shapely.get_parts(shape)
    if shape.geom_type.endswith("Polygon"):
        parts = shapely.get_rings(parts)
    return [shapely.get_coordinates(part).tolist() for part in parts]
