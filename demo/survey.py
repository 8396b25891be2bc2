"""From the drawing board to the earth: communities, codes, numbers, addresses. Metres in, degrees out."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import shapely
from shapely import Point, Polygon

from demo.blocks import Sketch
from demo.board import WIDTHS, Board, Road
from demo.frame import Frame
from demo.places import Door, Estate, Ground, House, Room, Way

KINDS = {
    "house": "residential",
    "courtyard": "residential",
    "slab": "residential",
    "tower": "residential",
    "shophouse": "mixed",
    "public": "public",
    "market": "commercial",
}
SECOND_ROW = 14.0  # metres from the kerb; a house behind that has the number of the one before it and "-1"


class Survey:
    """Measures one drawing board. Everything it gives is in degrees."""

    def __init__(self, board: Board, frame: Frame, *, door_word: str) -> None:
        self.board, self.frame, self.door_word = board, frame, door_word
        self._named = [road for road in board.roads if road.name]

    def communities(self) -> dict[str, Polygon]:
        return {code: self.frame.degrees(ground) for code, ground in self.board.communities.items()}

    def ways(self) -> list[Way]:
        return [Way(road.name, road.kind, self.frame.degrees(road.line)) for road in self.board.roads]

    def river(self, name: str) -> list[Way]:
        return [Way(name, "river", self.frame.degrees(self.board.river))] if self.board.river.length else []

    def grounds(self) -> list[Ground]:
        return [
            Ground(cover.kind, self.frame.degrees(cover.extent), cover.name)
            for cover in self.board.covers
            if cover.extent.area > 20
        ]

    def estates(self) -> list[Estate]:
        serials = {code: count(1) for code in self.board.communities}
        found = []
        for yard in self.board.yards:
            community = self._community(yard.ground.point_on_surface())
            found.append(
                Estate(
                    code=f"{community}-{next(serials[community]):02d}",
                    community=community,
                    name=yard.name,
                    kind=yard.kind,
                    address=self._gate_address(yard.gates[0] if yard.gates else yard.ground.centroid),
                    boundary=self.frame.degrees(yard.ground),
                    walls=[self.frame.degrees(wall) for wall in yard.walls],
                    company=yard.company,
                )
            )
        return found

    def houses(self) -> list[House]:
        """All buildings, those of each community numbered from the north-west, row by row."""
        sketches = sorted(self.board.sketches, key=_reading_order)
        addresses = self._addresses([sketch for sketch in sketches if not sketch.compound])
        homes = {yard.name: self._gate_address(yard.gates[0]) for yard in self.board.yards if yard.gates}
        serials = {code: count(1) for code in self.board.communities}
        numbers = {yard.name: count(1) for yard in self.board.yards}
        return [self._house(sketch, serials, numbers, homes, addresses) for sketch in sketches]

    def _house(self, sketch: Sketch, serials: dict, numbers: dict, homes: dict, addresses: dict) -> House:
        community = self._community(sketch.parts[0].point_on_surface())
        parts = [self.frame.degrees(part) for part in sketch.parts]
        house = House(
            community=community,
            serial=next(serials[community]),
            kind=KINDS[sketch.kind],
            floors=sketch.floors,
            footprint=shapely.normalize(shapely.coverage_union_all(parts)),
            doors=[],
            compound=sketch.compound,
        )
        if sketch.compound:
            house.number = sketch.number or str(next(numbers[sketch.compound]))
            house.address = homes[sketch.compound]
            house.aliases = [f"{sketch.compound}{house.number}{word}" for word in ("栋", "幢")]
        else:
            house.number, house.address = addresses[id(sketch)]
            house.name = sketch.name or house.address
        house.doors = [self._door(sketch, i, part) for i, part in enumerate(parts, start=1)]
        for i, door in enumerate(house.doors, start=1):
            door.code = f"{house.code}{i:02d}"
        return house

    def _door(self, sketch: Sketch, serial: int, footprint: Polygon) -> Door:
        single = not sketch.compound and len(sketch.parts) == 1
        return Door(
            number=str(serial),
            name="大门" if single else f"{serial}{self.door_word}",
            footprint=footprint,
            entrance=self.frame.degrees(self._entrance(sketch, sketch.parts[serial - 1])),
            floors=sketch.floors,
            rooms=list(_rooms(sketch)),
        )

    def _entrance(self, sketch: Sketch, part: Polygon) -> Point:
        """The point of the wall nearest to a way; of an estate's slabs the middle of the north wall."""
        if sketch.compound:
            middle, north = part.centroid, part.bounds[3]
            wall = part.exterior & shapely.LineString([middle, (middle.x, north + 1)])
            return wall.centroid
        roads = [road.line for road in self._named]
        near = roads[int(np.argmin([line.distance(part) for line in roads]))]
        return shapely.ops.nearest_points(part.exterior, near)[0]

    def _community(self, point: Point) -> str:
        return next(code for code, ground in self.board.communities.items() if ground.covers(point))

    def _gate_address(self, gate: Point) -> str:
        road = min(self._named, key=lambda road: road.line.distance(gate))
        return f"{road.name}{_plate(road, gate)}号"

    def _addresses(self, sketches: list[Sketch]) -> dict[int, tuple[str, str]]:
        """House number and address of each house outside the estates, unique along each street."""
        lines = [road.line for road in self._named]
        kerbs = np.array([WIDTHS[road.kind] / 2 for road in self._named])
        by_road: dict[int, list[tuple[float, Sketch]]] = {}
        for sketch in sketches:
            gaps = shapely.distance(lines, sketch.shape) - kerbs
            nearest = int(np.argmin(gaps))
            by_road.setdefault(nearest, []).append((float(gaps[nearest]), sketch))
        found: dict[int, tuple[str, str]] = {}
        for index, members in by_road.items():
            for sketch, number in _along(self._named[index], members):
                found[id(sketch)] = number, f"{self._named[index].name}{number}号"
        return found


def _along(road: Road, members: list[tuple[float, Sketch]]) -> Iterator[tuple[Sketch, str]]:
    """
    Number the houses of a street: odd on the left, even on the right, counted from its beginning.

    A house in the second row has the number of the one before it and "-1"; every twenty-third came later than the
    plates and has a 甲, as on real streets.
    """
    ordered = sorted(members, key=lambda member: road.line.project(member[1].shape.centroid))
    last = {"left": -1, "right": 0}
    extra: dict[str, int] = {}
    for position, (gap, sketch) in enumerate(ordered):
        side = _side(road, sketch.shape.centroid)
        behind, late = gap > SECOND_ROW, position % 23 == 17
        if last[side] > 0 and (behind or late):
            base = str(last[side])
            extra[base] = extra.get(base, 0) + 1
            yield sketch, f"{base}甲" if late and extra[base] == 1 else f"{base}-{extra[base]}"
        else:
            last[side] += 2
            yield sketch, str(last[side])


def _side(road: Road, point: Point) -> str:
    at = road.line.project(point)
    p, q = road.line.interpolate(max(0, at - 1)), road.line.interpolate(at + 1)
    turn = (q.x - p.x) * (point.y - p.y) - (q.y - p.y) * (point.x - p.x)
    return "left" if turn > 0 else "right"


def _plate(road: Road, point: Point) -> int:
    """The number that a gate has on its street: one for each 7 m, odd on the left."""
    steps = int(road.line.project(point) // 14) * 2
    return steps + (1 if _side(road, point) == "left" else 2)


def _reading_order(sketch: Sketch) -> tuple[float, float]:
    middle = sketch.shape.centroid
    return (-round(middle.y / 25), middle.x)


def _rooms(sketch: Sketch) -> Iterator[Room]:
    """The dwellings behind a door: all doors of each floor in a slab, one or two in a house, none in an office."""
    if sketch.compound:
        for floor in range(1, sketch.floors + 1):
            for door in range(1, sketch.doors + 1):
                yield Room(floor, f"{floor}{door:02d}")
    elif sketch.kind in ("house", "courtyard", "shophouse"):
        lived = [2] if sketch.kind == "shophouse" else [1]
        if sketch.kind == "courtyard" or sketch.floors >= 4:
            lived.append(min(sketch.floors, 3) if sketch.floors > 1 else 1)
        for i, floor in enumerate(lived):
            yield Room(floor, f"{floor}{i + 1:02d}" if len(lived) > 1 else f"{floor}01")
