"""
Drafts to edit. Distances are in degrees: 0.0001 is 10 m east-west, 11 m north-south.

`squares()` is a net of four by four squares of about 100 m, each with a building, in four grids of a column each:

    a   b   c   d
    03  13  23  33
    02  12  22  32
    01  11  21  31
    00  10  20  30

`town()` is a small town with streets, a park and stairwells, cut as a real one is.
"""

import random
from functools import cache

import shapely
from shapely.affinity import rotate

from geo.cells import cut
from geo.coverage import dissolve, faults
from geo.crs import snap
from geo.draft import start
from geo.partition import group

WEST, SOUTH, SIDE = 119.3, 26.05, 0.001


def at(x, y):
    """A place so many sides east and north of the corner."""
    return (round(WEST + x * SIDE, 7), round(SOUTH + y * SIDE, 7))


def box(west, south, east, north):
    return snap(shapely.box(*at(west, south), *at(east, north)))


def squares(*, ground=(), segments=None, size=4, **options):
    """The net of squares; cells named in `ground` have no building, `segments` labels cells one level down."""
    names = [f"{column}{row}" for column in range(size) for row in range(size)]
    cells = {name: box(int(name[0]), int(name[1]), int(name[0]) + 1, int(name[1]) + 1) for name in names}
    footprints = {
        name: box(int(name[0]) + 0.3, int(name[1]) + 0.3, int(name[0]) + 0.7, int(name[1]) + 0.7)
        for name in names
        if name not in ground
    }
    grids = {name: "abcdefghij"[int(name[0])] for name in names}
    weights = {name: {"households": 10.0, "people": 25.0} for name in footprints}
    return start(cells, grids, footprints=footprints, segments=segments, weights=weights, **options)


@cache
def town(seed=0, *, rows=6, columns=6, households=60):
    """Blocks of buildings along streets, some of two stairwells, with a park and a lane that goes askew."""
    chance = random.Random(seed)
    ground = snap(rotate(box(0, 0, columns * 0.5, rows * 0.5), 11))
    footprints, together = {}, []
    for column in range(columns):
        for row in range(rows):
            if (column, row) in ((2, 2), (3, 2)):  # the park
                continue
            x, y = 0.5 * column + chance.uniform(0.08, 0.15), 0.5 * row + chance.uniform(0.08, 0.15)
            width, depth = chance.uniform(0.15, 0.27), chance.uniform(0.1, 0.2)
            name = f"b{column}{row}"
            if chance.random() < 0.25:
                doors = {
                    f"{name}.1": box(x, y, x + width / 2, y + depth),
                    f"{name}.2": box(x + width / 2, y, x + width, y + depth),
                }
                together.append(set(doors))
            else:
                doors = {name: box(x, y, x + width, y + depth)}
            centre = ground.centroid.coords[0]
            footprints |= {door: snap(rotate(shape, 11, origin=centre)) for door, shape in doors.items()}
    streets = [
        shapely.LineString([at(-1, rows * 0.25 + 0.01), at(columns, rows * 0.25 + 0.3)]),
        shapely.LineString([at(columns * 0.25, -1), at(columns * 0.2, rows)]),
    ]
    cells = cut(
        ground, footprints, [rotate(street, 11, origin=ground.centroid) for street in streets], own_ground_m2=500
    )
    weights = {name: {"households": float(chance.randint(6, 40))} for name in footprints}
    draft = start(
        cells.shapes, dict.fromkeys(cells.shapes, "all"), footprints=footprints, together=together,
        overlapping=cells.together, weights=weights,
    )  # fmt: skip
    draft.fabric.learn(cells.shapes)
    ties = {(cell, near): metres for cell in cells.shapes for near, metres in draft.fabric.around(cell).items()}
    bound = [*together, *cells.together]
    loads = {cell: weights.get(cell, {}).get("households", 0.0) for cell in cells.shapes}
    grids = group(loads, ties, sum(loads.values()) / 6, together=bound)
    segments = {}
    for grid in set(grids.values()):
        part = {cell: loads[cell] for cell in cells.shapes if grids[cell] == grid}
        numbers = group(part, ties, households, together=cells.together)
        segments |= {cell: f"s{grid}.{number}" for cell, number in numbers.items()}
    return start(
        cells.shapes, {cell: f"g{number}" for cell, number in grids.items()}, segments=segments,
        footprints=footprints, together=together, overlapping=cells.together, weights=weights,
    )  # fmt: skip


def outline(draft):
    return shapely.coverage_union_all(list(draft.fabric.cells.values()))


def faults_of(draft, ground=None):
    """All that the gate before publication finds: the cells themselves, grids in the community, segments in grids."""
    cells, units = draft.fabric.cells, draft.ground.footprints
    homes = {unit: draft.ground.host.get(unit, unit) for unit in units}
    found = [] if shapely.coverage_is_valid(list(cells.values())) else ["cells"]
    grids = draft.shapes("grid")
    label = draft.layers["grid"].label
    allowed = {name: draft.allowed.get(("grid", name), 1) for name in grids}
    found += faults(
        grids, ground or outline(draft), footprints=units, pieces=allowed,
        assignment={unit: label[cell] for unit, cell in homes.items()},
    )  # fmt: skip
    for grid in grids:
        members = draft.members("grid", grid)
        labels = {cell: name for cell, name in draft.layers["segment"].label.items() if cell in members}
        if labels:
            # Ground that has no segment yet is looked at by `unsegmented`.
            segments = dissolve({cell: cells[cell] for cell in labels}, labels)
            shape = shapely.coverage_union_all([cells[cell] for cell in labels])
            inside = {unit: units[unit] for unit, cell in homes.items() if cell in labels}
            pieces = {name: shapely.get_num_geometries(each) for name, each in segments.items()}
            found += faults(
                segments, shape, footprints=inside, pieces=pieces,
                assignment={unit: labels[homes[unit]] for unit in inside},
            )  # fmt: skip
    return found


def unsegmented(draft):
    """Cells without a segment in grids that have some."""
    segment = draft.layers["segment"].label
    parted = [cells for cells in draft.layers["grid"].members.values() if cells & segment.keys()]
    return {cell for cells in parted for cell in cells - segment.keys()}
