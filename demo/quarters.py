"""What fills a block of the town, by the character of its quarter. Metres."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import shapely
from shapely import LineString, Point, Polygon, affinity

from demo import blocks, houses
from demo.blocks import Estate, Sketch
from demo.board import VERGES, WIDTHS, Board, Cover, Road, Service, Yard, largest
from demo.lines import curve, ring


@dataclass(frozen=True)
class Block:
    """A face of the street network: a point inside it, its community, what it is, and how it is built."""

    at: tuple[float, float]
    community: str
    quarter: str = "green"
    name: str = ""
    alley: float = 0.0  # m² a face may have before an alley divides it; 0: none
    lot: float = 260.0  # m²
    estate: Estate = field(default_factory=lambda: Estate(angle=0.0))
    gates: tuple[tuple[float, float], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def alleys(face: Polygon, block: Block, rng: Random, names: Iterator[str]) -> list[Road]:
    """The alleys of a block."""
    lines = blocks.alleys(face, rng, target=block.alley) if block.alley else []
    return [Road(next(names), "alley", line) for line in lines]


def build(board: Board, town: list[tuple[Block, Polygon]], rng: Random) -> None:
    """Build all blocks, each part between alleys by itself, and give each community the ground of its blocks."""
    parts = board.faces()
    grounds: dict[str, list[Polygon]] = {}
    for block, whole in town:
        inside = [part for part in parts if whole.contains(part.point_on_surface())]
        for part in inside:
            fill(board, part, block, rng)
        # From the parts and not the whole: their outline has a vertex where an alley ends on it.
        grounds.setdefault(block.community, []).extend(inside)
    board.communities = {code: shapely.coverage_union_all(ground) for code, ground in grounds.items()}


def fill(board: Board, face: Polygon, block: Block, rng: Random) -> None:
    """Build one face, or one part of it between alleys."""
    open_ground = board.open_ground(face)
    for ground in shapely.get_parts(open_ground) if block.quarter == "green" else [largest(open_ground)]:
        QUARTERS[block.quarter](board, ground, block, rng)


def old_town(board: Board, ground: Polygon, block: Block, rng: Random) -> None:
    """Shop-houses along the shopping streets, behind them houses and courts."""
    for road in board.roads:
        if road.name in block.options.get("shops", ()) and road.line.distance(ground) < 12:
            setback = WIDTHS[road.kind] / 2 + VERGES[road.kind]
            row = blocks.shop_row(ground, road.line, rng, setback=setback, depth=rng.uniform(10, 12))
            board.sketches += row
            taken = road.line.buffer(setback + 13.5, cap_style="flat") if row else Polygon()
            ground = largest(ground - taken)
    built = blocks.old_houses(ground, rng, target=block.lot, empty=block.options.get("empty", 0.12))
    _build(board, built)


def village(board: Board, ground: Polygon, block: Block, rng: Random) -> None:
    _build(board, blocks.village_houses(ground, rng, target=block.lot, empty=block.options.get("empty", 0.16)))


def _build(board: Board, drawn: Iterator[Sketch]) -> None:
    """Put the houses on the board; the lots left open are gardens."""
    for sketch in drawn:
        if sketch.kind == "garden":
            board.covers += [
                Cover("green", part) for part in sketch.parts if isinstance(part, Polygon) and part.area > 40
            ]
        else:
            board.sketches.append(sketch)


def estate(board: Board, ground: Polygon, block: Block, rng: Random) -> None:
    """A walled compound: rows of slabs, a way round along the wall, ways between the rows, a garden."""
    ground = largest(ground.buffer(-3, join_style="mitre").buffer(3).buffer(-1.5))
    yard = Yard(block.name, block.options.get("kind", "commodity"), ground, block.options.get("company", ""))
    yard.gates = [nearest_on(ground.exterior, gate) for gate in block.gates]
    board.yards.append(yard)
    kept = block.options.get("garden")
    garden = Point(kept[:2]).buffer(kept[2]) if kept else Polygon()
    _towers(board, block)
    ways = list(_ways(ground, block.estate))
    towers = shapely.union_all([s.shape.buffer(9) for s in board.sketches if s.compound == block.name])
    for sketch in blocks.rows(ground, block.estate, rng):
        if not sketch.shape.intersects(garden) and not sketch.shape.intersects(towers):
            board.sketches.append(replace(sketch, compound=block.name))
    _draw_ways(board, ways, yard, block.name)
    if kept:
        board.covers.append(Cover("green", largest(garden & ground.buffer(-6)), block.options.get("garden_name", "")))


def placed_estate(board: Board, ground: Polygon, block: Block, rng: Random) -> None:
    """A walled compound whose houses stand where a list puts them: (number, form, x, y, angle, floors, doors)."""
    yard = Yard(
        block.name, block.options.get("kind", "commodity"), largest(ground.buffer(-1.5)), block.options["company"]
    )
    yard.gates = [nearest_on(yard.ground.exterior, gate) for gate in block.gates]
    board.yards.append(yard)
    for number, form, x, y, angle, floors, doors in block.options["houses"]:
        kind = "tower" if form.startswith("tower") else "slab"
        parts = houses.placed(FORMS[form](), x, y, angle)
        board.sketches.append(Sketch(parts, kind, floors, doors, compound=block.name, number=number))
    loop = largest(yard.ground.buffer(-5)).simplify(0.5).exterior
    across = [max(shapely.get_parts(curve(way) & Polygon(loop)), key=shapely.length) for way in block.options["ways"]]
    _draw_ways(board, [loop, *across], yard, block.name)
    for kind, name, points in block.options["covers"]:
        board.covers.append(Cover(kind, ring(points, step=4), name))


def _towers(board: Board, block: Block) -> None:
    """Point blocks that stand where the plan of the estate puts them."""
    for x, y, angle, floors, doors in block.options.get("towers", ()):
        parts = houses.placed(houses.tower(21, 19), x, y, angle)
        board.sketches.append(Sketch(parts, "tower", floors, doors, compound=block.name))


def _ways(ground: Polygon, plan: Estate) -> Iterator[LineString]:
    """A way along the inside of the wall, and one between each two rows."""
    loop = largest(ground.buffer(-4.0))
    yield loop.simplify(0.5).exterior
    middle = ground.centroid
    level = affinity.rotate(ground, -plan.angle, origin=middle)
    inner = affinity.rotate(loop, -plan.angle, origin=middle)
    for low in blocks.row_heights(level.buffer(-plan.margin, join_style="mitre"), plan)[1:]:
        y = low - plan.gap * 0.62
        line = LineString([(level.bounds[0], y), (level.bounds[2], y)]) & inner
        for part in shapely.get_parts(line):
            if part.length > 25:
                yield affinity.rotate(part, plan.angle, origin=middle)


def _draw_ways(board: Board, ways: list[LineString], yard: Yard, name: str) -> None:
    built = shapely.union_all([s.shape for s in board.sketches if s.compound == name]).buffer(1.8)
    for way in ways:
        for part in shapely.get_parts(LineString(way.coords) - built):
            if part.length > 20:
                board.roads.append(Road("", "path", part))
    streets = shapely.union_all([r.line for r in board.roads if r.kind in ("arterial", "street", "alley")])
    for gate in yard.gates:
        inside = nearest_on(ways[0], gate.coords[0])
        outside = nearest_on(streets, gate.coords[0])
        board.roads.append(Road("", "path", LineString([inside, gate, outside])))


def nearest_on(line: shapely.Geometry, at: tuple[float, ...]) -> Point:
    """The point of a line that is nearest to `at`."""
    return shapely.ops.nearest_points(line, Point(at))[0]


def school(board: Board, ground: Polygon, block: Block, rng: Random) -> None:
    """Teaching buildings round a court, a hall, and the running track."""
    x, y, angle = block.options["main"]
    main = houses.placed(houses.horseshoe(46, 30, 9), x, y, angle)
    board.sketches.append(Sketch(main, "public", 4, 0, name=f"{block.name}教学楼"))
    hx, hy, hall_angle = block.options["hall"]
    board.sketches.append(
        Sketch(houses.placed(houses.slab(1, 24, 14), hx, hy, hall_angle), "public", 2, 0, name=f"{block.name}综合楼")
    )
    tx, ty, track_angle = block.options["track"]
    track = affinity.rotate(LineString([(tx - 18, ty), (tx + 18, ty)]), track_angle).buffer(14)
    board.covers.append(Cover("green", track, f"{block.name}操场"))
    board.yards.append(
        Yard(
            block.name, "other", largest(ground.buffer(-1)), gates=[nearest_on(ground.exterior, g) for g in block.gates]
        )
    )
    board.services.append(Service(block.name, "school", main[0].representative_point(), "Mo-Fr 07:30-17:30"))


def public(board: Board, ground: Polygon, block: Block, rng: Random) -> None:
    """Public buildings where the plan puts them; the rest of the ground is a square or green."""
    for name, form, x, y, angle, floors in block.options["buildings"]:
        parts = houses.placed(FORMS[form](), x, y, angle)
        board.sketches.append(Sketch(parts, "public", floors, 0, name=name))
    built = shapely.union_all([s.shape for s in board.sketches if s.kind == "public" and s.shape.intersects(ground)])
    kind = block.options.get("ground", "green")
    board.covers.append(
        Cover(
            kind,
            largest(ground.buffer(-2) - built.buffer(3)).buffer(-1.5).buffer(1.5),
            block.options.get("ground_name", ""),
        )
    )


def green(board: Board, ground: Polygon, block: Block, rng: Random) -> None:
    """A park, a bank, a hill: green as far as the pavements, with a walk through it."""
    extent = largest(ground.buffer(-1.5).buffer(-3).buffer(3))
    if extent.is_empty:
        return
    board.covers.append(Cover("green", extent, block.name))
    if "pond" in block.options:
        board.covers.append(Cover("water", ring(block.options["pond"], step=5), block.options.get("pond_name", "")))
    for walk in block.options.get("walks", ()):
        board.roads.append(Road("", "path", curve(walk) & extent.buffer(3)))
    for name, form, x, y, angle, floors in block.options.get("buildings", ()):
        board.sketches.append(Sketch(houses.placed(FORMS[form](), x, y, angle), "public", floors, 0, name=name))


FORMS: dict[str, Callable[[], houses.Footprints]] = {
    "office": lambda: houses.courts(52, 34, 11),
    "wing": lambda: houses.horseshoe(40, 26, 10),
    "hall": lambda: houses.slab(1, 44, 24),
    "shed": lambda: houses.slab(1, 26, 15),
    "small": lambda: houses.slab(1, 16, 11),
    "temple": lambda: houses.courts(24, 34, 6),
    "ward": lambda: houses.corner(1, 1, 34, 14),
    "pavilion": lambda: houses.slab(1, 7, 7),
    "tower": lambda: houses.tower(25, 22, notch=3.5),
    "slab2": lambda: houses.slab(2, 17, 13),
    "slab3": lambda: houses.slab(3, 17, 13),
    "slab4": lambda: houses.slab(4, 15, 12),
    "saw2": lambda: houses.sawtooth(2, 17, 12, shift=3),
    "saw3": lambda: houses.sawtooth(3, 16.5, 12, shift=3),
    "step3": lambda: houses.slab(3, 17, 13, shift=2.5),
    "bent2": lambda: houses.bent(2, 17, 13, turn=9),
    "bent3": lambda: houses.bent(3, 17, 13, turn=7),
    "bent4": lambda: houses.bent(4, 15, 12, turn=-6),
    "corner4": lambda: houses.corner(2, 2, 15, 12),
}

QUARTERS = {
    "old": old_town,
    "village": village,
    "estate": estate,
    "placed_estate": placed_estate,
    "school": school,
    "public": public,
    "green": green,
}
