"""What the demo hands over: two places on earth as plain records, lon/lat in EPSG:4326 on the grid of 1e-7 degrees."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from demo.names import Person


@dataclass(frozen=True)
class Home:
    """The people behind a door; invented like everybody here."""

    head: Person
    people: int


@dataclass
class Room:
    floor: int
    label: str
    status: str = "vacant"
    home: Home | None = None


@dataclass
class Door:
    """A stairwell."""

    number: str
    name: str
    footprint: Polygon
    entrance: Point
    floors: int
    rooms: list[Room] = field(default_factory=list)
    code: str = ""

    @property
    def homes(self) -> list[Home]:
        return [room.home for room in self.rooms if room.home]


@dataclass
class House:
    """A building. `serial` counts within the community; `compound` is the compound's name."""

    community: str
    serial: int
    kind: str
    floors: int
    footprint: Polygon
    doors: list[Door]
    compound: str = ""
    number: str = ""
    name: str = ""
    address: str = ""
    aliases: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        return f"{self.community}{self.serial:05d}"


@dataclass
class Estate:
    """A compound."""

    code: str
    community: str
    name: str
    kind: str
    address: str
    boundary: Polygon
    walls: list[LineString]
    company: str = ""


@dataclass(frozen=True)
class Way:
    name: str
    kind: str
    line: LineString


@dataclass(frozen=True)
class Ground:
    kind: str
    extent: Polygon
    name: str


@dataclass(frozen=True)
class Spot:
    """A facility."""

    community: str
    name: str
    kind: str
    address: str
    phone: str
    hours: str
    point: Point


@dataclass(frozen=True)
class Cell:
    """A grid or one of its segments in the first plan: a name, and the codes of its stairwells or its segments."""

    name: str
    doors: tuple[str, ...]
    segments: tuple["Cell", ...] = ()


@dataclass(frozen=True)
class Post:
    """
    A person in a role for a place.

    `place` is (kind, key): ("area", code), ("compound", code), ("grid", "community/grid name"), ("building", code)
    or ("stairwell", code). `login` is the user name of those whom the demo lets log in.
    """

    role: str
    place: tuple[str, str]
    person: Person
    employment: str = ""
    deputy: Person | None = None
    login: str = ""


@dataclass(frozen=True)
class Away:
    """Days of leave, the last one included."""

    person: Person
    first: date
    last: date


@dataclass(frozen=True)
class Area:
    code: str
    name: str
    kind: str
    boundary: BaseGeometry | None = None
    address: str = ""
    phone: str = ""
    supervision: str = ""


@dataclass
class Place:
    """A town or a community, complete."""

    areas: list[Area]
    ways: list[Way] = field(default_factory=list)
    river: list[Way] = field(default_factory=list)
    grounds: list[Ground] = field(default_factory=list)
    estates: list[Estate] = field(default_factory=list)
    houses: list[House] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    cells: dict[str, dict[str, BaseGeometry]] = field(default_factory=dict)
    grids: dict[str, list[Cell]] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)

    @property
    def communities(self) -> list[Area]:
        return [area for area in self.areas if len(area.code) == 12]

    def doors(self, community: str = "") -> Iterator[Door]:
        for house in self.houses:
            if house.community.startswith(community):
                yield from house.doors

    @property
    def households(self) -> int:
        return sum(len(door.homes) for door in self.doors())

    @property
    def people(self) -> int:
        return sum(home.people for door in self.doors() for home in door.homes)
