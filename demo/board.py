"""The drawing board: what has been drawn of a place so far, in metres."""

from dataclasses import dataclass, field

import shapely
from shapely import LineString, Point, Polygon

from demo.blocks import Sketch
from demo.lines import faces, noded, reached

WIDTHS = {"arterial": 12.0, "street": 8.0, "alley": 3.0, "path": 2.5}  # metres, kerb to kerb
VERGES = {"arterial": 4.0, "street": 2.5, "alley": 0.6, "path": 0.6}  # metres from the kerb to the first wall


@dataclass
class Road:
    name: str
    kind: str
    line: LineString

    @property
    def reserve(self) -> Polygon:
        """The ground on which nothing is built: the road and its pavements."""
        return self.line.buffer(WIDTHS[self.kind] / 2 + VERGES[self.kind])


@dataclass
class Cover:
    """Water, green or a square."""

    kind: str
    extent: Polygon
    name: str = ""


@dataclass
class Service:
    """A facility, at a building or in the open."""

    name: str
    kind: str
    at: Point
    hours: str = ""


@dataclass
class Yard:
    """A compound: its ground inside the wall, and its gates."""

    name: str
    kind: str
    ground: Polygon
    company: str = ""
    gates: list[Point] = field(default_factory=list)

    @property
    def walls(self) -> list[LineString]:
        """The wall, open for 8 m at each gate."""
        openings = shapely.union_all([gate.buffer(4) for gate in self.gates])
        return [part for part in shapely.get_parts(self.ground.exterior - openings) if part.length > 2]


@dataclass
class Board:
    rim: LineString  # closed; the edge of what is drawn
    river: LineString = field(default_factory=LineString)  # its middle
    roads: list[Road] = field(default_factory=list)
    covers: list[Cover] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    yards: list[Yard] = field(default_factory=list)
    sketches: list[Sketch] = field(default_factory=list)
    communities: dict[str, Polygon] = field(default_factory=dict)

    def network(self, roads: list[Road]) -> None:
        """Put the roads on the board, with a vertex wherever they meet each other, the river or the rim."""
        lines = [reached(line) for line in (*(road.line for road in roads), self.river, self.rim) if line.length]
        kept = noded(lines, within=Polygon(self.rim))
        self.roads = [Road(road.name, road.kind, line) for road, line in zip(roads, kept, strict=False)]
        self.river, self.rim = (kept[-2] if self.river.length else self.river), kept[-1]

    def faces(self) -> list[Polygon]:
        """The ground between the roads, the river and the rim."""
        return faces([*(road.line for road in self.roads if road.kind != "path"), self.river, self.rim])

    def face_at(self, at: tuple[float, float]) -> Polygon:
        return next(face for face in self.faces() if face.contains(Point(at)))

    def inside(self, shape: Polygon) -> Polygon:
        """The part of a shape inside the rim."""
        return largest(shape & Polygon(self.rim))

    def open_ground(self, block: Polygon) -> Polygon:
        """What is left of a block inside its roads and their pavements, and off the water."""
        reserves = [road.reserve for road in self.roads if road.kind != "path" and road.line.intersects(block)]
        water = [cover.extent for cover in self.covers if cover.kind == "water"]
        return block - shapely.union_all([*reserves, *water])


def largest(shape: shapely.Geometry) -> Polygon:
    """The largest polygon of a shape, empty if there is none."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area, default=Polygon())
