"""
Slivers of a set of polygons that was drawn by hand or comes from elsewhere: found, and closed when that is asked for.

A sliver is ground between polygons that nobody has (a gap), that two have (an overlap), or that reaches over the edge
of the place above. All outlines are noded once on the grid of 1e-7 degrees, so ground becomes faces, each with those
who claim it; to close a sliver is to say whose face it is. A polygon that no closed sliver touches is returned as
it was, and in the others no vertex moves: those between a sliver and its new owner go. Degrees, x = longitude.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.contiguity import pieces
from geo.coverage import EDGE_TOLERANCE, in_one, segment_metres, shared_edges
from geo.crs import GRID_SIZE, area_m2, flatten, snap
from geo.draft import spot
from geo.errors import Collapsed, EditRefused, Place, Severed
from geo.validity import check_area

Kind = Literal["gap", "overlap", "outside", "stray"]
Claims = frozenset[str]
FINENESS = 0.02  # of a width, in which it is found

NOBODY: Claims = frozenset()


@dataclass(frozen=True)
class Sliver:
    """
    Ground that not exactly one polygon has.

    Attributes
    ----------
    kind : "gap", "overlap", "outside" or "stray"
        What was cut off from its polygon by the closing of an overlap is a stray.
    shape : Polygon
    area : float
        Square metres.
    width : float
        Metres: of the widest place, as the diameter of the largest square or circle that fits, to 2 %.
    among : tuple of labels, in order
        Those that overlap or reach out, or had the stray; of a gap those that border on it.
    to : label, optional
        Whose it became; None while it is open, and where what reached out was cut off.
    """

    kind: Kind
    shape: BaseGeometry
    area: float
    width: float
    among: tuple[str, ...]
    to: str | None = None

    @property
    def place(self) -> Place | None:
        return spot(self.shape)


class Closed(NamedTuple):
    """The polygons without the slivers that were closed, these, and what was too wide and is there still."""

    polygons: dict[str, BaseGeometry]
    closed: list[Sliver]
    left: list[Sliver]


def find(polygons: Mapping[str, BaseGeometry], parent: BaseGeometry | None = None) -> list[Sliver]:
    """
    All gaps, overlaps and what reaches over the parent's edge, the widest first.

    Parameters
    ----------
    polygons : mapping of label to Polygon or MultiPolygon
        Valid, degrees; rounded to the grid of 1e-7 degrees where they are not on it.
    parent : Polygon or MultiPolygon, optional
        What they should tile. Without it only gaps that are enclosed on all sides are seen.

    Raises `geo.errors.GeometryRefused` when a polygon is empty or invalid.
    """
    ground = _Ground(polygons, parent)
    found = [sliver for sliver in ground.slivers() if not ground.is_rounding(sliver)]
    return sorted(found, key=lambda each: (-each.width, each.among))


def close(polygons: Mapping[str, BaseGeometry], width: float, parent: BaseGeometry | None = None) -> Closed:
    """
    Close what is nowhere wider than `width` metres; only for who asked for it.

    A gap goes to the polygon with the longest common edge, an overlap to the one of its claimants that borders on it
    along the longest edge, unless another one would then fall apart; what reaches over the parent's edge is cut off.
    What a closed overlap cuts off from its polygon goes to a neighbour too, when it is no wider.

    Raises
    ------
    Collapsed, Severed
        A polygon would have nothing left, or a piece wider than that would be cut off; the place is the sliver's.
    GeometryRefused
        A polygon is empty or invalid.
    """
    ground = _Ground(polygons, parent, width)
    slivers = list(ground.slivers())
    narrow = [each for each in slivers if ground.is_narrow(each.shape)]
    closed = [ground.close(sliver) for sliver in sorted(narrow, key=_overlaps_first)]
    closed += ground.close_strays()
    left = [each for each in slivers if not ground.is_narrow(each.shape)]
    return Closed(ground.polygons(), closed, sorted(left, key=lambda each: (-each.width, each.among)))


def _overlaps_first(sliver: Sliver) -> tuple[bool, bool, float]:
    # A gap beside an overlap goes to somebody only when it is known whose that is.
    return (sliver.kind == "gap", sliver.kind == "outside", sliver.area)


class _Ground:
    """
    The ground as faces, and who claims each.

    `near` holds of each face the faces with a common edge, and its metres; `width` is what a sliver is narrower than.
    """

    def __init__(self, polygons: Mapping[str, BaseGeometry], parent: BaseGeometry | None, width: float = 0.0):
        self.width = width
        for shape in polygons.values():
            check_area(shape, extent=None)
        self.given = {label: snap(shape) for label, shape in sorted(polygons.items())}
        self.parent = None if parent is None else snap(parent)
        self.faces = _faces([*self.given.values(), *([] if parent is None else [self.parent])])
        self.claims, self.inside = self._claims()
        self.first = list(self.claims)
        self.near: dict[int, dict[int, float]] = {}
        shared = shared_edges(self.faces)
        metres = segment_metres(shared.start, shared.end).tolist()
        for a, b, length in zip(shared.left.tolist(), shared.right.tolist(), metres, strict=True):
            for one, other in ((a, b), (b, a)):
                beside = self.near.setdefault(one, {})
                beside[other] = beside.get(other, 0.0) + length

    def _claims(self) -> tuple[list[Claims], NDArray[np.bool_]]:
        """Who has each face, and whether it lies in the parent."""
        labels = list(self.given)
        middle = shapely.point_on_surface(self.faces)
        found: list[set[str]] = [set() for _ in middle]
        tree = shapely.STRtree(middle)
        for number, face in zip(*tree.query(list(self.given.values()), predicate="contains").tolist(), strict=True):
            found[face].add(labels[number])
        inside = np.ones(len(middle), dtype=bool)
        if self.parent is not None:
            shapely.prepare(self.parent)
            inside = shapely.contains(self.parent, middle)
        return [frozenset(each) for each in found], inside

    # Slivers

    def slivers(self) -> Iterable[Sliver]:
        """What not exactly one has, in pieces that hang together by edges."""
        for kind, members in self._pieces():
            among = frozenset().union(*(self.claims[face] for face in members)) or self._beside(members)
            yield self._sliver(kind, members, among)

    def is_rounding(self, sliver: Sliver) -> bool:
        """Whether a sliver is only the parent's outline, bent by a vertex on the grid."""
        return sliver.kind in ("gap", "outside") and self.parent is not None and _is_along(sliver.shape, self.parent)

    def _sliver(self, kind: Kind, faces: Sequence[int], among: Claims) -> Sliver:
        shape = self._shape(faces)
        return Sliver(kind, shape, area_m2(shape), _width(shape), tuple(sorted(among)))

    def _pieces(self) -> Iterable[tuple[Kind, list[int]]]:
        seen: set[int] = set()
        for start in range(len(self.faces)):
            kind = self._kind(start)
            if kind is None or start in seen:
                continue
            members = [start]
            seen.add(start)
            for face in members:
                for other in self.near.get(face, {}):
                    if other not in seen and self._kind(other) == kind and self.claims[other] == self.claims[start]:
                        seen.add(other)
                        members.append(other)
            yield kind, sorted(members)

    def _kind(self, face: int) -> Kind | None:
        if not self.inside[face]:
            return "outside" if self.claims[face] else None
        return "gap" if not self.claims[face] else "overlap" if len(self.claims[face]) > 1 else None

    def _beside(self, members: Sequence[int]) -> Claims:
        return frozenset().union(*(self.claims[near] for face in members for near in self.near.get(face, {})))

    # Closing

    def is_narrow(self, shape: BaseGeometry) -> bool:
        return _is_thin(_flat(shape), self.width)

    def close(self, sliver: Sliver) -> Sliver:
        """Give a sliver's faces to one, so that nobody falls apart; the sliver with who that is."""
        members = np.flatnonzero(shapely.contains(sliver.shape, shapely.point_on_surface(self.faces))).tolist()
        takers: Sequence[str | None] = [None] if sliver.kind == "outside" else self._takers(members, sliver)
        for to in takers:
            self._give(members, to)
            if all(self._holds(label) for label in sliver.among):
                return replace(sliver, to=to)
        raise self._refusal(sliver)

    def _give(self, members: Sequence[int], to: str | None) -> None:
        for face in members:
            self.claims[face] = NOBODY if to is None else frozenset({to})

    def _takers(self, members: Sequence[int], sliver: Sliver) -> list[str]:
        """The claimants, or of what nobody claims the neighbours; the one with the longest common edge first."""
        metres: dict[str, float] = dict.fromkeys(sliver.among if sliver.kind == "overlap" else (), 0.0)
        for face in members:
            for near, length in self.near.get(face, {}).items():
                for label in self.claims[near] if near not in members else NOBODY:
                    if sliver.kind != "overlap" or label in metres:
                        metres[label] = metres.get(label, 0.0) + length
        return sorted(metres, key=lambda label: (-metres[label], label))

    def _holds(self, label: str) -> bool:
        """Whether a polygon is there still, and whole but for narrow strays."""
        parts = self._parts(label, self.claims)
        return bool(parts) and all(self.is_narrow(self._shape(part)) for part in self._strays(label, parts))

    def _strays(self, label: str, parts: Sequence[list[int]]) -> Sequence[list[int]]:
        """All parts but the largest, of which there may be as many as there were in the beginning."""
        count = shapely.get_num_geometries(self.given[label])
        areas = shapely.area(self.faces)
        return sorted(parts, key=lambda part: -areas[part].sum())[count:]

    def _parts(self, label: str, claims: Sequence[Claims]) -> list[list[int]]:
        """The faces of a label, in parts that hang together."""
        mine = [face for face, each in enumerate(claims) if label in each]
        return [sorted(part) for part in pieces(mine, lambda face: self.near.get(face, ()))]

    def close_strays(self) -> list[Sliver]:
        closed = []
        for label in self.given:
            for part in self._strays(label, self._parts(label, self.claims)) if self._is_changed(label) else []:
                stray = self._sliver("stray", part, frozenset({label}))
                self._give(part, None)
                to = next(iter(self._takers(part, stray)), None)
                self._give(part, to)
                closed.append(replace(stray, to=to))
        return closed

    def _refusal(self, sliver: Sliver) -> EditRefused:
        for label in sliver.among:
            if not self._parts(label, self.claims):
                return Collapsed(place=sliver.place)
        return Severed(name=next(label for label in sliver.among if not self._holds(label)), place=sliver.place)

    def polygons(self) -> dict[str, BaseGeometry]:
        return {label: shape for label in self.given if (shape := self.polygon(label)) is not None}

    def polygon(self, label: str) -> BaseGeometry | None:
        """A polygon as it is by now; the very one that came in while it is the same, vertex for vertex."""
        now = [face for face, claims in enumerate(self.claims) if label in claims]
        if not now:
            return None
        # Also where no face changed hands: the end of a sliver may be a new vertex on the edge of a third.
        shape, given = self._shape(now), self.given[label]
        return given if shape.normalize().equals_exact(given.normalize(), 0) else shape

    def _is_changed(self, label: str) -> bool:
        return any((label in now) != (label in then) for now, then in zip(self.claims, self.first, strict=True))

    def _shape(self, faces: Sequence[int]) -> BaseGeometry:
        return in_one(shapely.get_parts(shapely.coverage_union_all(self.faces[faces])))


def _faces(shapes: Sequence[BaseGeometry]) -> NDArray[Any]:
    """The smallest pieces of ground between all outlines, on the grid."""
    noded = shapely.union_all(shapely.boundary(np.array(shapes, dtype=object)), grid_size=GRID_SIZE)
    return shapely.get_parts(shapely.polygonize([noded]))


def _flat(shape: BaseGeometry) -> BaseGeometry:
    west, south, _, _ = shape.bounds
    return flatten([shape], (west, south))[0]


def _is_thin(flat: BaseGeometry, width: float) -> bool:
    return bool(flat.buffer(-width / 2, join_style="mitre").is_empty)


def _is_along(shape: BaseGeometry, parent: BaseGeometry) -> bool:
    flat = _flat(shape)
    if not _is_thin(flat, EDGE_TOLERANCE):
        return False
    corners = shapely.points(shapely.get_coordinates(shape))
    return bool(shapely.dwithin(parent.boundary, corners, 2 * GRID_SIZE).all())


def _width(shape: BaseGeometry) -> float:
    """Metres of the widest place: the least width for which the shape, drawn in by half of it, is empty."""
    flat = _flat(shape)
    low, high = 0.0, 2.0 * float(np.sqrt(flat.area / np.pi))
    while high - low > FINENESS * high:
        middle = (low + high) / 2
        low, high = (low, middle) if _is_thin(flat, middle) else (middle, high)
    return high
