"""
The ground cut into one cell per building or stairwell, along roads and walls and midway between footprints.

A plan is a labelling of these cells, and its polygons are dissolved from them: so no plan can have a gap, an overlap
or a building that is cut. Degrees in and out, x = longitude. What is midway is found in metres; all lines are noded
together once, in degrees on the grid of 1e-7, so that neighbours share each vertex bit for bit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.coverage import EDGE_TOLERANCE, edges_of, segment_metres, shared_edges
from geo.crs import GRID_SIZE, Floats, area_m2, project, snap, snap_all, unproject, zone_of
from geo.errors import MostlyOutside
from geo.lattice import moor

Array = NDArray[Any]
Ints = NDArray[np.int64]

# Metres between the points on a footprint's outline from which "midway" is measured: as far apart as the next
# building, within these bounds. Closer points draw a smoother line and cost time.
CLOSEST_STEP, WIDEST_STEP = 2.0, 6.0
SMOOTHING = 0.5  # metres; Voronoi edges are a saw of one tooth per point, and this takes the teeth off
# Metres. A line midway between two buildings is drawn on across the road or wall where it ends: rounding could
# otherwise leave it a grid step short, and then it bounds nothing.
OVERSHOOT = 0.05
GROUND = "ground-"  # the name of a cell without a building starts so


class Spare(NamedTuple):
    """Ground without a building: its shape in degrees and the cell that it became part of, or that it is."""

    shape: BaseGeometry
    cell: str


@dataclass(frozen=True)
class Cells:
    """
    The ground, cut.

    Attributes
    ----------
    shapes : dict of unit to Polygon or MultiPolygon
        A coverage of the ground on the grid of 1e-7 degrees. Units in the order of their names, then `ground-1` and so
        on: ground without a building that no building could be given, or that was large enough to stand alone. A unit
        that lies wholly under others has no cell and is found in `together`.
    together : list of sets of units
        Units whose footprints overlap. No line can separate them: they must always get the same label.
    crossed : list of units
        Footprints that a barrier runs through. The barrier yields there.
    dangles : MultiLineString
        Barriers that end in the open. They separate nothing and are not used.
    spare : list of Spare
        Ground without a building, and what became of it.
    partly_outside : list of units
        Footprints that reach over the edge of the ground; only their inner part counts.
    outside : dict of unit to MostlyOutside
        Footprints whose larger part is outside the ground. They have no cell.
    """

    shapes: dict[str, BaseGeometry]
    together: list[set[str]]
    crossed: list[str]
    dangles: BaseGeometry
    spare: list[Spare]
    partly_outside: list[str]
    outside: dict[str, MostlyOutside]


def cut(
    ground: BaseGeometry,
    footprints: Mapping[str, BaseGeometry],
    barriers: Sequence[BaseGeometry] = (),
    *,
    own_ground_m2: float | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Cells:
    """
    Cut the ground into one cell per footprint.

    Parameters
    ----------
    ground : Polygon or MultiPolygon
        The community, holes and islands included. Degrees.
    footprints : mapping of unit to Polygon or MultiPolygon
        Buildings, or the stairwells that a building is divided into. Valid, degrees.
    barriers : sequence of LineString or MultiLineString
        Middle lines of roads and alleys, walls, water: where a line of the net should run.
    own_ground_m2 : float, optional
        A block without a building of at least so many square metres becomes a cell of its own; by default each is
        given to the neighbour with the longest common edge, rather over open ground than over a barrier.
    progress : callable
        Told the name of each step as it begins.

    Returns
    -------
    Cells
    """
    ground = snap(ground)
    yard = _place(ground, footprints)
    progress("blocks")
    blocks = _blocks(ground, yard, barriers)
    progress("midway")
    midway = _midway(yard, blocks, zone_of(ground))
    progress("noding")
    faces = _faces(ground, yard, blocks, midway)
    progress("labels")
    owner = _label(faces, yard, blocks, midway)
    return _gather(faces, owner, yard, blocks, own_ground_m2)


# Footprints


class _Yard(NamedTuple):
    """The footprints that get a cell, by name and, in the same order, as an array; and what is odd about them."""

    names: list[str]
    shapes: Array
    together: list[set[str]]
    partly_outside: list[str]
    outside: dict[str, MostlyOutside]


def _place(ground: BaseGeometry, footprints: Mapping[str, BaseGeometry]) -> _Yard:
    shapely.prepare(ground)
    inside: dict[str, BaseGeometry] = {}
    partly, outside = [], {}
    for name in sorted(footprints):
        footprint = snap(footprints[name])
        if not ground.covers(footprint):
            part = polygons_of(footprint.intersection(ground))
            if part.area < footprint.area / 2 or part.is_empty:
                outside[name] = MostlyOutside(place=_middle(footprint), name=name)
                continue
            partly.append(name)
            footprint = part
        inside[name] = footprint
    names, shapes = list(inside), np.array(list(inside.values()), dtype=object)
    return _Yard(names, shapes, _overlapping(names, shapes, zone_of(ground)), partly, outside)


def _middle(geometry: BaseGeometry) -> tuple[float, float] | None:
    if geometry.is_empty:
        return None
    point = geometry.representative_point()
    return (point.x, point.y)


def polygons_of(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry as Polygon or MultiPolygon, without the points and lines that overlay leaves."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def overlapping(footprints: Mapping[str, BaseGeometry]) -> list[set[str]]:
    """
    Units whose footprints (degrees) overlap, and by that belong together, as `Cells.together` has them.

    Walls that two share are no overlap, nor is the width of rounding. Nothing: no set.
    """
    names = sorted(footprints)
    if not names:
        return []
    shapes = snap_all([footprints[name] for name in names])
    return _overlapping(names, shapes, zone_of(shapes[0]))


def _overlapping(names: Sequence[str], shapes: Array, srid: int) -> list[set[str]]:
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    below = first < second
    first, second = first[below], second[below]
    common = project_all(shapely.intersection(shapes[first], shapes[second]), srid)
    # Walls that two buildings share overlap by the width of rounding; that is no overlap.
    thick = ~shapely.is_empty(shapely.buffer(common, -EDGE_TOLERANCE / 2, join_style="mitre"))
    groups = _components(len(names), first[thick], second[thick])
    sets: dict[int, set[str]] = {}
    for number, root in enumerate(groups.tolist()):
        sets.setdefault(root, set()).add(names[number])
    return [members for members in sets.values() if len(members) > 1]


def project_all(geometries: Array, srid: int) -> Array:
    """An array of geometries in metres of one zone."""
    return project(geometries, srid)


def _components(count: int, first: Iterable[Any], second: Iterable[Any]) -> Ints:
    """For each of `count` things the least number among those that it is linked with, directly or not."""
    root = list(range(count))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for a, b in zip(first, second, strict=True):
        low, high = sorted((find(int(a)), find(int(b))))
        root[high] = low
    return np.array([find(item) for item in range(count)], dtype=np.int64)


# Blocks: the ground between barriers


class _Blocks(NamedTuple):
    """
    The ground between barriers, without the footprints that a barrier crosses.

    `shapes` are polygons in degrees; `lines` the barriers that bound them; `crossed` numbers footprints; `dangles` are
    the barriers of no use.
    """

    shapes: Array
    lines: BaseGeometry
    crossed: Ints
    dangles: BaseGeometry


def _blocks(ground: BaseGeometry, yard: _Yard, barriers: Sequence[BaseGeometry]) -> _Blocks:
    lines = np.array([line for line in barriers if line is not None and not line.is_empty], dtype=object)
    crossed = _crossed(yard.shapes, lines[shapely.intersects(ground, lines)])
    free = shapely.union_all(moor(lines, ground))
    if len(crossed):
        free = shapely.difference(free, shapely.union_all(yard.shapes[crossed]))
    drawn = [ground.boundary, free, *shapely.boundary(yard.shapes[crossed])]
    noded = shapely.union_all(drawn, grid_size=GRID_SIZE)
    polygons, cuts, dangles, _ = shapely.polygonize_full([noded])
    faces = shapely.get_parts(polygons)
    middle = shapely.point_on_surface(faces)
    keep = shapely.covers(ground, middle) & ~_hit(yard.shapes[crossed], middle)
    return _Blocks(faces[keep], shapely.union_all(shapely.boundary(faces)), crossed, shapely.union_all([cuts, dangles]))


def _crossed(footprints: Array, lines: Array) -> Ints:
    if not len(footprints) or not len(lines):
        return np.array([], dtype=np.int64)
    line, footprint = shapely.STRtree(footprints).query(lines, predicate="intersects")
    inner = ~shapely.touches(lines[line], footprints[footprint])
    return np.unique(footprint[inner])


def _hit(shapes: Array, points: Array) -> NDArray[np.bool_]:
    """Which of the points lie in any of the shapes."""
    hit = np.zeros(len(points), dtype=bool)
    hit[shapely.STRtree(shapes).query(points, predicate="intersects")[0]] = True
    return hit


# Midway between footprints


class _Midway(NamedTuple):
    """
    Who is nearest, block by block.

    `regions` are polygons in metres, each of one unit in one block; `lines` are the lines between them in degrees;
    `only` is the unit that has a block to itself, or -1.
    """

    srid: int
    regions: Array
    block: Ints
    unit: Ints
    lines: Array
    only: Ints


def _midway(yard: _Yard, blocks: _Blocks, srid: int) -> _Midway:
    members = _members(yard, blocks)
    flat = project_all(yard.shapes, srid)
    outlines = _outlines(flat)
    flat_blocks = project_all(blocks.shapes, srid)
    only = np.full(len(blocks.shapes), -1, dtype=np.int64)
    regions, block, unit, lines = [], [], [], [shapely.linestrings(np.zeros((0, 2, 2)))]
    for number, units in members.items():
        if len(units) == 1:
            only[number] = units[0]
            continue
        areas, owners = _regions(outlines, units, flat_blocks[number])
        regions.append(areas)
        unit.append(owners)
        block.append(np.full(len(areas), number))
        lines.append(_lines_between(areas, flat_blocks[number]))
    degrees = unproject(np.concatenate(lines), srid)
    return _Midway(srid, _concat(regions, object), _concat(block, int), _concat(unit, int), degrees, only)


def _concat(arrays: Sequence[Array], kind: type) -> Array:
    return np.concatenate(arrays) if arrays else np.array([], dtype=kind)


def _members(yard: _Yard, blocks: _Blocks) -> dict[int, list[int]]:
    """The units of each block. A footprint that a barrier crosses belongs to the block that it borders on most."""
    members: dict[int, list[int]] = {}
    crossed = set(blocks.crossed.tolist())
    tree = shapely.STRtree(blocks.shapes)
    points = shapely.point_on_surface(yard.shapes)
    for unit, block in zip(*tree.query(points, predicate="intersects").tolist(), strict=True):
        if unit not in crossed:
            members.setdefault(block, []).append(unit)
    for unit in blocks.crossed.tolist():
        outline = shapely.boundary(yard.shapes[unit])
        near = tree.query(outline, predicate="dwithin", distance=2 * GRID_SIZE)
        if len(near):
            common = shapely.length(shapely.intersection(shapely.buffer(blocks.shapes[near], 2 * GRID_SIZE), outline))
            members.setdefault(int(near[np.argmax(common)]), []).append(unit)
    return {block: sorted(units) for block, units in sorted(members.items())}


class _Outlines(NamedTuple):
    """Points on the outlines of footprints, metres; those of unit i are `points[first[i]:first[i + 1]]`."""

    points: Floats
    first: Ints


def _outlines(flat: Array) -> _Outlines:
    if not len(flat):
        return _Outlines(np.zeros((0, 2)), np.zeros(1, dtype=np.int64))
    step = np.full(len(flat), WIDEST_STEP)
    (near, _), distance = shapely.STRtree(flat).query_nearest(
        flat, exclusive=True, all_matches=False, return_distance=True
    )
    step[near] = np.clip(distance, CLOSEST_STEP, WIDEST_STEP)
    points, unit = shapely.get_coordinates(shapely.segmentize(shapely.boundary(flat), step), return_index=True)
    points = np.round(points, 3)  # GEOS takes points a millimetre apart for one
    keep = _unshared(points, unit)
    points, unit = points[keep], unit[keep]
    return _Outlines(points, np.searchsorted(unit, np.arange(len(flat) + 1)))


def _unshared(points: Floats, unit: Ints) -> NDArray[np.bool_]:
    """
    Which points to keep: each once for a unit, and none that two units share.

    A shared corner is as near to the one as to the other. Left to the first, it would bend the line between them. A
    unit with nothing else keeps its points, since one without any would get no ground.
    """
    place = np.unique(points, axis=0, return_inverse=True)[1].reshape(-1)
    pairs, first = np.unique(np.column_stack([place, unit]), axis=0, return_index=True)
    shared = np.bincount(pairs[:, 0])[pairs[:, 0]] > 1
    has_own = np.bincount(pairs[~shared, 1], minlength=int(unit.max(initial=-1)) + 1) > 0
    keep = np.zeros(len(points), dtype=bool)
    keep[first[~shared | ~has_own[pairs[:, 1]]]] = True
    return keep


def _regions(outlines: _Outlines, units: Sequence[int], block: BaseGeometry) -> tuple[Array, Ints]:
    """The part of the plane nearest to each unit, as a coverage with the teeth taken off, and whose each one is."""
    slices = [outlines.points[outlines.first[unit] : outlines.first[unit + 1]] for unit in units]
    points = np.concatenate(slices)
    owner = np.repeat(np.arange(len(units)), [len(part) for part in slices])
    _, first = np.unique(points, axis=0, return_index=True)
    points, owner = points[first], owner[first]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=block, ordered=True))
    order = np.argsort(owner, kind="stable")
    present, start = np.unique(owner[order], return_index=True)
    areas = [shapely.coverage_union_all(part) for part in np.split(cells[order], start[1:])]
    simple = shapely.coverage_simplify(np.array(areas, dtype=object), SMOOTHING)
    return simple, np.array(units, dtype=np.int64)[present]


def _lines_between(regions: Array, block: BaseGeometry) -> Array:
    """The edges of the regions, each once, cut a hand's breadth outside the block."""
    edges = edges_of(regions)
    turned = (edges.start[:, 0] > edges.end[:, 0])[:, None]
    low, high = np.where(turned, edges.end, edges.start), np.where(turned, edges.start, edges.end)
    segments = shapely.linestrings(np.unique(np.column_stack([low, high]), axis=0).reshape(-1, 2, 2))
    reach = shapely.buffer(block, OVERSHOOT, join_style="mitre")
    shapely.prepare(reach)
    inside = shapely.covers(reach, segments)
    across = shapely.intersects(reach, segments) & ~inside
    return np.concatenate([segments[inside], shapely.get_parts(shapely.intersection(segments[across], reach))])


# Faces


def _faces(ground: BaseGeometry, yard: _Yard, blocks: _Blocks, midway: _Midway) -> Array:
    """The smallest pieces of ground between all lines, on the grid."""
    # Not the ground's outline as well: where a moored point has bent it by a few micrometres it would cross itself.
    between = shapely.get_parts(_merged(moor(midway.lines, ground)))
    drawn = np.array([blocks.lines, *shapely.boundary(yard.shapes), *between], dtype=object)
    noded = shapely.union_all(drawn, grid_size=GRID_SIZE)
    faces = shapely.get_parts(shapely.polygonize([shapely.line_merge(noded)]))
    shapely.prepare(ground)
    return faces[shapely.covers(ground, shapely.point_on_surface(faces))]


def _merged(lines: Array) -> BaseGeometry:
    """Lines joined end to end where only two meet: noding few long lines takes a fifth of the time of many short."""
    return shapely.line_merge(shapely.multilinestrings(lines))


class _Owners(NamedTuple):
    """Per face: the unit that it belongs to or -1, the block that it lies in or -1, whether a footprint covers it."""

    unit: Ints
    block: Ints
    built: NDArray[np.bool_]


def _label(faces: Array, yard: _Yard, blocks: _Blocks, midway: _Midway) -> _Owners:
    points = shapely.point_on_surface(faces)
    block = _first_hit(blocks.shapes, points)
    unit = _nearest_unit(points, block, midway)
    # Where footprints overlap, the ground is the smaller one's: it would have none otherwise.
    by_area = np.argsort(-shapely.area(yard.shapes), kind="stable")
    under = _last_hit(yard.shapes[by_area], points)
    built = under >= 0
    unit[built] = by_area[under[built]]
    return _Owners(unit, block, built)


def _first_hit(shapes: Array, points: Array) -> Ints:
    return _hit_number(shapes, points, np.minimum, len(shapes))


def _last_hit(shapes: Array, points: Array) -> Ints:
    return _hit_number(shapes, points, np.maximum, -1)


def _hit_number(shapes: Array, points: Array, choose: np.ufunc, start: int) -> Ints:
    """For each point the least or greatest number of the shapes that it lies in; -1 for none."""
    number = np.full(len(points), start, dtype=np.int64)
    point, shape = shapely.STRtree(shapes).query(points, predicate="intersects")
    choose.at(number, point, shape)
    number[number == len(shapes)] = -1
    return number


def _nearest_unit(points: Array, block: Ints, midway: _Midway) -> Ints:
    unit = np.full(len(points), -1, dtype=np.int64)
    in_block = block >= 0
    unit[in_block] = midway.only[block[in_block]]
    point, region = shapely.STRtree(midway.regions).query(project_all(points, midway.srid), predicate="intersects")
    same = midway.block[region] == block[point]
    unit[point[same]] = midway.unit[region[same]]
    return unit


# Cells


class _Links(NamedTuple):
    """Pairs of faces with a common edge: its metres, and whether a barrier runs there."""

    left: Ints
    right: Ints
    metres: Floats
    barred: NDArray[np.bool_]


def _links(faces: Array, block: Ints) -> _Links:
    shared = shared_edges(faces)
    pair, where = np.unique(shared.left * len(faces) + shared.right, return_inverse=True)
    metres = np.bincount(where, segment_metres(shared.start, shared.end), len(pair)).astype(float)
    left, right = pair // max(1, len(faces)), pair % max(1, len(faces))
    barred = (block[left] >= 0) & (block[right] >= 0) & (block[left] != block[right])
    return _Links(left, right, metres, barred)


def _gather(faces: Array, owner: _Owners, yard: _Yard, blocks: _Blocks, own_ground_m2: float | None) -> Cells:
    links = _links(faces, owner.block)
    unit = _without_fragments(owner, links)
    parcels = _parcels(unit, links)
    alone = [own_ground_m2 is not None and area_m2(_union(faces[parcel])) >= own_ground_m2 for parcel in parcels]
    _give_away(unit, parcels, links, alone, len(yard.names))
    names = [*yard.names, *(f"{GROUND}{number + 1}" for number in range(int(unit.max(initial=0)) + 1))]
    order = np.argsort(unit, kind="stable")
    present, start = np.unique(unit[order], return_index=True)
    pieces = np.split(faces[order], start[1:]) if len(present) else []
    shapes = {names[number]: _union(part) for number, part in zip(present.tolist(), pieces, strict=True)}
    spare = [Spare(_union(faces[parcel]), names[int(unit[parcel[0]])]) for parcel in parcels]
    crossed = [yard.names[number] for number in blocks.crossed.tolist()]
    return Cells(shapes, yard.together, crossed, blocks.dangles, spare, yard.partly_outside, yard.outside)


def _union(faces: Array) -> BaseGeometry:
    return polygons_of(shapely.coverage_union_all(faces))


def _without_fragments(owner: _Owners, links: _Links) -> Ints:
    """The unit of each face, without those that do not hang together with the unit's own footprint."""
    same = (owner.unit[links.left] == owner.unit[links.right]) & ~links.barred
    root = _components(len(owner.unit), links.left[same], links.right[same])
    rooted = np.zeros(len(owner.unit), dtype=bool)
    rooted[root[owner.built]] = True
    return np.where(rooted[root], owner.unit, -1)


def _parcels(unit: Ints, links: _Links) -> list[Ints]:
    """The faces without a unit, in parcels that no barrier divides."""
    both = (unit[links.left] < 0) & (unit[links.right] < 0) & ~links.barred
    root = _components(len(unit), links.left[both], links.right[both])
    spare = np.flatnonzero(unit < 0)
    spare = spare[np.argsort(root[spare], kind="stable")]
    return np.split(spare, np.unique(root[spare], return_index=True)[1][1:]) if len(spare) else []


def _give_away(unit: Ints, parcels: list[Ints], links: _Links, alone: Sequence[bool], first: int) -> None:
    """
    Write into `unit` whose each parcel becomes: the neighbour's with the longest edge, else a new unit from `first` on.

    Round by round, since a parcel among parcels has no neighbour until these are given away.
    """
    edges = _parcel_edges(len(unit), parcels, links)
    waiting = list(range(len(parcels)))
    while waiting:
        found = {number: _best_neighbour(edges[number], unit) for number in waiting if not alone[number]}
        given = {number: to for number, to in found.items() if to is not None}
        if not given:
            # An island without a building, or ground that is to stand alone: it may in turn take in others.
            number = next((number for number in waiting if alone[number]), waiting[0])
            given, first = {number: first}, first + 1
        for number, to in given.items():
            unit[parcels[number]] = to
        waiting = [number for number in waiting if number not in given]


class _Border(NamedTuple):
    """The edges of one parcel: the faces beyond, metres, and whether a barrier runs there."""

    beyond: Ints
    metres: Floats
    barred: NDArray[np.bool_]


def _parcel_edges(count: int, parcels: list[Ints], links: _Links) -> list[_Border]:
    parcel = np.full(count, -1, dtype=np.int64)
    for number, faces in enumerate(parcels):
        parcel[faces] = number
    inner, beyond = np.concatenate([links.left, links.right]), np.concatenate([links.right, links.left])
    metres, barred = np.tile(links.metres, 2), np.tile(links.barred, 2)
    use = np.flatnonzero((parcel[inner] >= 0) & (parcel[inner] != parcel[beyond]))
    use = use[np.argsort(parcel[inner[use]], kind="stable")]
    cuts = np.searchsorted(parcel[inner[use]], np.arange(1, len(parcels)))
    return [_Border(beyond[part], metres[part], barred[part]) for part in np.split(use, cuts)]


def _best_neighbour(border: _Border, unit: Ints) -> int | None:
    """The unit with the longest edge over open ground, or else over a barrier; None while all beyond is spare too."""
    other = unit[border.beyond]
    for usable in (other >= 0) & ~border.barred, other >= 0:
        if usable.any():
            return int(np.argmax(np.bincount(other[usable], border.metres[usable])))
    return None


# Borders between cells


def borders(
    shapes: Mapping[str, BaseGeometry], barriers: Mapping[str, Sequence[BaseGeometry]]
) -> dict[tuple[str, str], dict[str, float]]:
    """
    What each common border of two cells runs along.

    Parameters
    ----------
    shapes : mapping of cell to Polygon or MultiPolygon
        A coverage, degrees.
    barriers : mapping of class to lines
        Such as `{"street": […], "wall": […]}`. Where two classes lie on one border, the one named first counts.

    Returns
    -------
    dict of (cell, cell), the lesser first, to dict of class to metres; the class of open ground is `""`.
    """
    names, kinds = list(shapes), ["", *barriers]
    shared = shared_edges(list(shapes.values()))
    kind = _kinds((shared.start + shared.end) / 2, list(barriers.values()))
    codes = (shared.left * len(names) + shared.right) * len(kinds) + kind
    unique, where = np.unique(codes, return_inverse=True)
    metres = np.bincount(where, segment_metres(shared.start, shared.end), len(unique))
    found: dict[tuple[str, str], dict[str, float]] = {}
    for code, length in zip(unique.tolist(), metres.tolist(), strict=True):
        pair, number = divmod(code, len(kinds))
        a, b = sorted((names[pair // len(names)], names[pair % len(names)]))
        found.setdefault((a, b), {})[kinds[number]] = length
    return dict(sorted(found.items()))


def _kinds(middles: Floats, classes: Sequence[Sequence[BaseGeometry]]) -> Ints:
    """The number, from 1, of the first class with a line within two grid steps of each point; 0 for none."""
    kind = np.zeros(len(middles), dtype=np.int64)
    points = shapely.points(middles)
    for number, lines in reversed(list(enumerate(classes, start=1))):
        tree = shapely.STRtree(np.array(lines, dtype=object))
        kind[tree.query(points, predicate="dwithin", distance=2 * GRID_SIZE)[0]] = number
    return kind
