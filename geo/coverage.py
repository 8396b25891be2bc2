"""
Sets of polygons without gap or overlap: what is wrong with one, who borders on whom, what the union by label is.

Degrees in and out, x = longitude. Tolerances are in metres and measured on a picture of the place that is scaled only
(`crs.flatten`), since a projection bends long edges by millimetres and would report what is not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.crs import Floats, flatten, metres_per_degree
from geo.errors import GeometryRefused, Place, gettext_noop
from geo.validity import check_area

_ = gettext_noop

GAP_WIDTH = 0.5  # metres; a gap narrower than this is a slip of the hand, a wider one is ground that was left out
MOST_VERTICES = 2_000_000  # of one grid; our own work, so only to have a limit
# Metres. A new vertex on a long edge is rounded to the grid of 1e-7 degrees, at most 8 mm off the edge, and so bends
# the edge by that much: along the parent's outline and along walls that two footprints share. Less than this is
# rounding; the least defect that must be found, a vertex pulled by 2 cm, is more.
EDGE_TOLERANCE = 0.016


@dataclass(frozen=True)
class Fault:
    """
    Something that keeps a set of polygons from being a plan.

    `sentence` is a Chinese message id with `params`; `place` is (lon, lat) in degrees; `geometry` is what to draw;
    `measure` is its size in square metres (0 where the fault has no area).
    """

    code: str
    sentence: str
    params: Mapping[str, Any]
    place: Place | None
    geometry: BaseGeometry
    measure: float = 0.0

    def __str__(self) -> str:
        return self.sentence % self.params


SENTENCES = {
    "empty": _("网格 %(name)s 没有图形。"),
    "invalid": _("网格 %(name)s 的图形无效：%(why)s"),
    "overlap": _("网格 %(name)s 与 %(other)s 重叠 %(area)s 平方米。"),
    "unmatched_edge": _("网格 %(name)s 的边界与相邻网格没有对齐。"),
    "narrow_gap": _("网格之间有缝隙，面积 %(area)s 平方米。"),
    "gap": _("有 %(area)s 平方米的地面不属于任何网格。"),
    "outside_parent": _("网格 %(name)s 有 %(area)s 平方米超出上级范围。"),
    "pieces": _("网格 %(name)s 分成了 %(found)s 块，应为 %(expected)s 块。"),
    "building_unassigned": _("楼栋 %(building)s 没有分配网格。"),
    "building_in_none": _("楼栋 %(building)s 不在任何网格内。"),
    "building_cut": _("楼栋 %(building)s 被网格 %(name)s 的边界切开。"),
    "building_misplaced": _("楼栋 %(building)s 应属于网格 %(name)s，却在网格 %(other)s 内。"),
}


class _Frame(NamedTuple):
    """A metric picture around one place."""

    origin: Place

    def flat(self, geometries: Sequence[BaseGeometry] | NDArray[Any]) -> NDArray[Any]:
        return flatten(geometries, self.origin)

    def area(self, geometry: BaseGeometry) -> float:
        east, north = metres_per_degree(self.origin[1])
        return float(geometry.area * east * north)

    def is_thin(self, geometry: BaseGeometry, width: float) -> bool:
        """Whether nothing of the geometry is wider than so many metres."""
        flat = self.flat([geometry])[0]
        return bool(flat.buffer(-width / 2, join_style="mitre").is_empty)


def _frame_of(geometry: BaseGeometry) -> _Frame:
    west, south, east, north = geometry.bounds
    return _Frame(((west + east) / 2, (south + north) / 2))


def faults(
    children: Mapping[str, BaseGeometry],
    parent: BaseGeometry,
    *,
    footprints: Mapping[str, BaseGeometry],
    assignment: Mapping[str, str],
    pieces: Mapping[str, int] | None = None,
    gap_width: float = GAP_WIDTH,
) -> list[Fault]:
    """
    The five checks before publication: everything that keeps the children from tiling the parent.

    1. each child is a valid polygon; 2. no two overlap, and their edges match; 3. their union is the parent;
    4. each footprint lies in its own child only; 5. each child is in as many pieces as expected.

    Parameters
    ----------
    children : mapping of code to Polygon or MultiPolygon
        The grids of a community, or the segments of a grid. Degrees.
    parent : Polygon or MultiPolygon
        What they must tile.
    footprints : mapping of building (or stairwell) to Polygon or MultiPolygon
        Only what lies inside the parent counts, so a footprint across the parent's border is judged by its inner part.
    assignment : mapping of building to the code of its child
    pieces : mapping of code to int, optional
        How many pieces a child may have; 1 where nothing is said.
    gap_width : float
        Metres; a gap narrower than this is called `narrow_gap` instead of `gap`.

    Returns
    -------
    list of Fault
        Empty for a sound plan. When a child is invalid only that is reported, since nothing else can be measured then.
    """
    names, shapes = list(children), np.array(list(children.values()), dtype=object)
    broken = [_broken(name, children[name]) for name, sound in zip(names, _sound(shapes), strict=True) if not sound]
    if broken:
        return broken
    frame = _frame_of(parent)
    found = _mismatches(names, shapes, frame)
    found += _union_faults(names, shapes, parent, frame, gap_width, is_clean=not found)
    found += _building_faults(children, parent, footprints, assignment, frame)
    return found + _piece_faults(children, pieces or {})


def _fault(code: str, geometry: BaseGeometry, measure: float = 0.0, **params: Any) -> Fault:
    if measure:
        params["area"] = f"{measure:.2f}"
    return Fault(code, SENTENCES[code], params, _place_in(geometry), geometry, measure)


def _place_in(geometry: BaseGeometry) -> Place | None:
    if geometry.is_empty:
        return None
    point = geometry.representative_point()
    return (point.x, point.y)


def _sound(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    areal = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    return areal & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)


def _broken(name: str, shape: BaseGeometry | None) -> Fault:
    if shape is None or shape.is_empty:
        return _fault("empty", shapely.Polygon(), name=name)
    try:
        check_area(shape, extent=None, max_vertices=MOST_VERTICES)
    except GeometryRefused as refused:
        at = shapely.Point(refused.place) if refused.place else shapely.Polygon()
        return Fault("invalid", SENTENCES["invalid"], {"name": name, "why": str(refused)}, refused.place, at)
    return _fault("invalid", shape, name=name, why=shapely.is_valid_reason(shape))


# 2. Neighbour against neighbour


def _mismatches(names: Sequence[str], shapes: NDArray[Any], frame: _Frame) -> list[Fault]:
    edges = shapely.coverage_invalid_edges(shapes)
    bad = np.flatnonzero(~shapely.is_empty(edges))
    if not len(bad):
        return []
    overlaps, overlapping = _overlaps(names, shapes, bad, frame)
    # An edge may fail to match without any overlap: the neighbour has a vertex more on it.
    unmatched = [_fault("unmatched_edge", edges[i], name=names[i]) for i in bad.tolist() if i not in overlapping]
    return overlaps + unmatched


def _overlaps(
    names: Sequence[str], shapes: NDArray[Any], bad: NDArray[Any], frame: _Frame
) -> tuple[list[Fault], set[int]]:
    found, overlapping = [], set()
    first, second = shapely.STRtree(shapes).query(shapes[bad], predicate="intersects")
    for i, j in zip(bad[first].tolist(), second.tolist(), strict=True):
        if i == j or (j < i and j in bad):
            continue
        common = _areal(shapely.intersection(shapes[i], shapes[j]))
        if not common.is_empty:
            found.append(_fault("overlap", common, frame.area(common), name=names[i], other=names[j]))
            overlapping |= {i, j}
    return found, overlapping


def _areal(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons among the parts of a geometry; overlay leaves points and lines where shapes only touch."""
    parts = shapely.get_parts(geometry)
    return in_one([part for part in parts if part.geom_type == "Polygon"])


def in_one(polygons: Sequence[BaseGeometry]) -> BaseGeometry:
    """Polygons as one geometry: itself when it is one, else a MultiPolygon."""
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(list(polygons))


# 3. The union against the parent


def _union_faults(
    names: Sequence[str], shapes: NDArray[Any], parent: BaseGeometry, frame: _Frame, gap_width: float, *, is_clean: bool
) -> list[Fault]:
    # The fast union is wrong where shapes overlap.
    union = shapely.coverage_union_all(shapes) if is_clean else shapely.union_all(shapes)
    if shapely.equals_exact(_parts_in_order(union), _parts_in_order(parent)):
        return []  # vertex for vertex, as it is with a plan that was drawn here
    outline = frame.flat([parent.boundary])[0]
    found = []
    for part in shapely.get_parts(_areal(shapely.difference(parent, union))):
        if not _is_rounding(part, outline, frame):
            narrow = frame.is_thin(part, gap_width)
            found.append(_fault("narrow_gap" if narrow else "gap", part, frame.area(part)))
    for part in shapely.get_parts(_areal(shapely.difference(union, parent))):
        if not _is_rounding(part, outline, frame):
            found.append(_outside(part, names, shapes, frame))
    return found


def _parts_in_order(shape: BaseGeometry) -> BaseGeometry:
    """A shape in the one way to write it, a single polygon as a multipolygon of one."""
    return shapely.normalize(shapely.multipolygons(shapely.get_parts(shape)))


def _is_rounding(part: BaseGeometry, outline: BaseGeometry, frame: _Frame) -> bool:
    """Whether a sliver is only the parent's outline, bent by the rounding of a vertex on it."""
    corners = shapely.points(shapely.get_coordinates(frame.flat([part])[0]))
    shapely.prepare(outline)
    return bool(shapely.dwithin(outline, corners, EDGE_TOLERANCE).all()) and frame.is_thin(part, EDGE_TOLERANCE)


def _outside(part: BaseGeometry, names: Sequence[str], shapes: NDArray[Any], frame: _Frame) -> Fault:
    owner = int(np.argmax(shapely.area(shapely.intersection(shapes, part))))
    return _fault("outside_parent", part, frame.area(part), name=names[owner])


# 4. Buildings


def _building_faults(
    children: Mapping[str, BaseGeometry],
    parent: BaseGeometry,
    footprints: Mapping[str, BaseGeometry],
    assignment: Mapping[str, str],
    frame: _Frame,
) -> list[Fault]:
    found, placed = [], []
    for building, footprint in footprints.items():
        if assignment.get(building) in children:
            placed.append(building)
        else:
            found.append(_fault("building_unassigned", footprint, building=building))
    homes = np.array([children[assignment[building]] for building in placed], dtype=object)
    shapely.prepare(homes)
    covered = shapely.covers(homes, np.array([footprints[building] for building in placed], dtype=object))
    for building, is_covered in zip(placed, covered, strict=True):
        if not is_covered:
            home = assignment[building]
            found += _astray(building, footprints[building].intersection(parent), home, children, frame)
    return found


def _astray(
    building: str, footprint: BaseGeometry, home: str, children: Mapping[str, BaseGeometry], frame: _Frame
) -> list[Fault]:
    """The fault of a footprint that its own child does not cover; none where it only lacks the width of rounding."""
    inner = _areal(footprint)
    away = _areal(shapely.difference(inner, children[home]))
    if inner.is_empty:
        return [_fault("building_in_none", footprint, building=building)]
    if frame.is_thin(away, EDGE_TOLERANCE):
        return []
    if not frame.is_thin(_areal(shapely.intersection(inner, children[home])), EDGE_TOLERANCE):
        return [_fault("building_cut", away, frame.area(away), building=building, name=home)]
    other = _holder(inner, children)
    if other is None:
        return [_fault("building_in_none", inner, frame.area(inner), building=building)]
    return [_fault("building_misplaced", inner, frame.area(inner), building=building, name=home, other=other)]


def _holder(footprint: BaseGeometry, children: Mapping[str, BaseGeometry]) -> str | None:
    """The child that holds most of a footprint; None when none does."""
    held = shapely.area(shapely.intersection(np.array(list(children.values()), dtype=object), footprint))
    return list(children)[int(np.argmax(held))] if held.max(initial=0.0) > 0 else None


# 5. Pieces


def _piece_faults(children: Mapping[str, BaseGeometry], pieces: Mapping[str, int]) -> list[Fault]:
    found = []
    for name, shape in children.items():
        parts, expected = shapely.get_parts(shape), pieces.get(name, 1)
        if len(parts) != expected:
            smallest = parts[np.argmin(shapely.area(parts))]
            found.append(_fault("pieces", smallest, name=name, found=len(parts), expected=expected))
    return found


# Made from a coverage


def dissolve(cells: Mapping[str, BaseGeometry], labels: Mapping[str, str]) -> dict[str, BaseGeometry]:
    """
    The union of the cells of each label, vertex for vertex; again a coverage.

    Parameters
    ----------
    cells : mapping of id to Polygon or MultiPolygon
        A coverage.
    labels : mapping of id to label
        Cells without a label are left out.

    Returns
    -------
    dict of label to Polygon, or MultiPolygon where the cells do not hang together; in the order of the labels.
    """
    members: dict[str, list[BaseGeometry]] = {}
    for cell, shape in cells.items():
        if cell in labels:
            members.setdefault(labels[cell], []).append(shape)
    return {label: in_one(shapely.get_parts(shapely.coverage_union_all(members[label]))) for label in sorted(members)}


class Edges(NamedTuple):
    """Segments of the outlines of a coverage: ends in degrees, and the number of the shape that each bounds."""

    start: Floats
    end: Floats
    owner: NDArray[np.int64]


def edges_of(shapes: Sequence[BaseGeometry] | NDArray[Any]) -> Edges:
    """All segments of the outlines of polygons and multipolygons."""
    parts, part_owner = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    owner = part_owner[ring_part[ring[1:][same]]]
    return Edges(coordinates[:-1][same], coordinates[1:][same], owner)


class SharedEdges(NamedTuple):
    """Segments with a shape on either side: ends in degrees, numbers of the two shapes, the lesser first."""

    start: Floats
    end: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]


def shared_edges(shapes: Sequence[BaseGeometry] | NDArray[Any]) -> SharedEdges:
    """The segments that two shapes of a coverage have in common; equal means equal on the grid of 1e-7 degrees."""
    edges = edges_of(shapes)
    a, b = _node_keys(edges.start), _node_keys(edges.end)
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((edges.owner, high, low))
    low, high, owner = low[order], high[order], edges.owner[order]
    twin = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1]) & (owner[1:] != owner[:-1]))
    chosen = order[twin]
    return SharedEdges(edges.start[chosen], edges.end[chosen], owner[twin], owner[twin + 1])


def _node_keys(coordinates: Floats) -> NDArray[np.int64]:
    x, y = np.rint(coordinates * 1e7).astype(np.int64).T
    keys: NDArray[np.int64] = (x << 32) + y
    return keys


def segment_metres(start: Floats, end: Floats) -> Floats:
    """Length in metres of segments given in degrees, on the flat picture of their neighbourhood."""
    if not len(start):
        return np.zeros(0)
    scale = np.array(metres_per_degree(float(start[:, 1].mean())))
    lengths: Floats = np.hypot(*((end - start) * scale).T)
    return lengths


def neighbours(coverage: Mapping[str, BaseGeometry]) -> dict[tuple[str, str], float]:
    """
    Who borders on whom, and along how many metres; cells that only meet in a point are no neighbours.

    Keys are pairs in the order of the mapping's keys as strings: the lesser first.
    """
    names = list(coverage)
    shared = shared_edges(list(coverage.values()))
    lengths = segment_metres(shared.start, shared.end)
    totals: dict[tuple[str, str], float] = {}
    codes, where = np.unique(shared.left * len(names) + shared.right, return_inverse=True)
    for code, length in zip(codes.tolist(), np.bincount(where, lengths, len(codes)).tolist(), strict=True):
        a, b = names[code // len(names)], names[code % len(names)]
        totals[min(a, b), max(a, b)] = length
    return dict(sorted(totals.items()))


def colour(neighbours: Iterable[tuple[str, str]], codes: Iterable[str] = ()) -> dict[str, int]:
    """
    A colour number for each code, from 0, so that neighbours never share one; few colours, always the same.

    DSATUR (D. Brelaz, Communications of the ACM 22, 1979): next comes who sees most colours already. Nets of grids
    need four, now and then five. `codes` names those that have no neighbour.
    """
    around: dict[str, set[str]] = {code: set() for code in codes}
    for a, b in neighbours:
        around.setdefault(a, set()).add(b)
        around.setdefault(b, set()).add(a)
    seen: dict[str, set[int]] = {code: set() for code in around}
    queue = [(0, -len(near), code) for code, near in around.items()]
    heapify(queue)
    colours: dict[str, int] = {}
    while queue:
        _, _, code = heappop(queue)
        if code in colours:
            continue
        colours[code] = next(number for number in range(len(around)) if number not in seen[code])
        for near in around[code] - colours.keys():
            seen[near].add(colours[code])
            heappush(queue, (-len(seen[near]), -len(around[near]), near))
    return dict(sorted(colours.items()))


def label_point(geometry: BaseGeometry) -> shapely.Point:
    """
    Where a label sits best: the middle of the largest circle that fits, in the largest part; degrees.

    Always inside the geometry. Of an empty geometry an empty point.
    """
    if geometry.is_empty:
        return shapely.Point()
    parts = shapely.get_parts(geometry)
    largest = parts[np.argmax(shapely.area(parts))]
    frame = _frame_of(largest)
    flat = frame.flat([largest])[0]
    radius = shapely.maximum_inscribed_circle(flat, tolerance=max(0.01, flat.area**0.5 / 100))
    x, y = shapely.get_coordinates(radius)[0] / np.array(metres_per_degree(frame.origin[1])) + np.array(frame.origin)
    point = shapely.Point(x, y)
    return point if largest.contains(point) else largest.representative_point()
