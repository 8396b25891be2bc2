"""Which community a footprint belongs to, and the making of a community that a file does not bring along."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext
from shapely.geometry.base import BaseGeometry

from buildings.imports.placing import DRAWABLE
from buildings.imports.refusals import (
    BadCommunityCode,
    BadNewCommunity,
    FullSerial,
    GroundTaken,
    NoGroundForCommunity,
    UnknownCommunity,
    UnsoundGround,
)
from buildings.models import Area
from geo.crs import GRID_SIZE, project, round_to_grid, snap, unproject, zone_of
from geo.errors import GeometryRefused
from geo.geos import to_shapely
from geo.validity import check_area

PROVISIONAL = "999999001"  # no district has this code; what lies below it waits for its own
STRAYS = 0.2  # share of the footprints in no community up to which somebody should look at them one by one
MARGIN = 30.0  # metres around the outermost buildings: the pavement and half a street


@dataclass
class NewArea:
    """An area that the import will make."""

    code: str
    name: str
    boundary: BaseGeometry | None = None
    source_id: str = ""


@dataclass
class Communities:
    """Boundaries by 12-digit code, of what exists and of what the import will make."""

    boundaries: dict[str, BaseGeometry]
    new: list[NewArea] = field(default_factory=list)
    #: Existing communities without a boundary that get one, by code.
    drawn: dict[str, BaseGeometry] = field(default_factory=dict)
    #: One of the new ones, where nobody said what to call the ground.
    provisional: NewArea | None = None

    def of(self, shapes: Sequence[BaseGeometry]) -> list[str | None]:
        """For each shape the community that holds the larger part of it; None where the larger part is in none."""
        return _larger_part(shapes, self.boundaries)


def check_codes(community: str, new_community: str) -> None:
    """Refuse what can be no code of a community before a large file is read for it."""
    if new_community:
        parse_new(new_community)
    if community and not re.fullmatch(r"[0-9]{12}", community):
        raise BadCommunityCode(code=community[:40])


def parse_new(text: str) -> tuple[str, list[str]]:
    """`510105001001:青羊区/草市街街道/某某社区` as the code and the names, the community's last."""
    code, separator, names = text.partition(":" if ":" in text else "：")
    if not separator or not names.strip():
        raise BadNewCommunity
    if not re.fullmatch(r"[0-9]{12}", code.strip()):
        raise BadCommunityCode(code=code.strip()[:40])
    return code.strip(), [name.strip()[:60] for name in names.split("/") if name.strip()][-3:]


def gather(
    *,
    community: str,
    new_community: str,
    from_file: Sequence[NewArea],
    footprints: Sequence[BaseGeometry],
    called: str = "",
) -> Communities:
    """
    The communities that the rows of a file can belong to.

    Without a choice these are all that exist and those that the file brings, and for footprints in none of them, if
    they are more than a few, a provisional one with the name `called`. `community` leaves one of them;
    `new_community` adds one, whose boundary is the convex hull of the footprints and 30 m around it, without the
    ground of the communities that exist.
    """
    existing = dict(Area.objects.communities().values_list("code", "boundary"))
    boundaries = {code: to_shapely(shape) for code, shape in existing.items() if shape is not None}
    new = list(from_file)
    boundaries |= {area.code: area.boundary for area in from_file if len(area.code) == 12}
    if new_community:
        return _with_new(new_community, existing, boundaries, new, footprints)
    if community:
        return _only(community, existing, boundaries, new, footprints)
    return _with_provisional(called, boundaries, new, footprints)


def _with_provisional(
    called: str, boundaries: dict[str, Any], new: list[NewArea], footprints: Sequence[BaseGeometry]
) -> Communities:
    homes = _larger_part(footprints, boundaries)
    homeless = [shape for shape, code in zip(footprints, homes, strict=True) if code is None]
    if len(homeless) <= STRAYS * len(footprints):
        return Communities(boundaries, new)
    try:
        ground = _ground_of(homeless, boundaries)
    except GroundTaken:
        return Communities(boundaries, new)
    code = _next_provisional(boundaries)
    area = NewArea(code, f"{called[:50]}（临时）", ground, source_id=f"provisional/{code}")
    parents = [NewArea(PROVISIONAL[:6], "未定区划"), NewArea(PROVISIONAL, "未定区划")]
    return Communities(boundaries | {code: ground}, [*new, *parents, area], provisional=area)


def _next_provisional(from_file: Iterable[str]) -> str:
    codes = [*Area.objects.communities().values_list("code", flat=True), *from_file]
    last = max((int(code[9:]) for code in codes if code.startswith(PROVISIONAL)), default=0)
    if last == 999:
        raise FullSerial(community=PROVISIONAL, what=gettext("社区"))
    return f"{PROVISIONAL}{last + 1:03d}"


def _with_new(
    text: str, existing: Mapping[str, Any], boundaries: dict[str, Any], new: list[NewArea], footprints: Sequence[Any]
) -> Communities:
    code, names = parse_new(text)
    if code in existing:  # the second run of the same command
        return _only(code, existing, boundaries, new, footprints)
    ground = _ground_of(footprints, boundaries)
    parents = [NewArea(code[:6], names[-3] if len(names) > 2 else code[:6])]
    parents.append(NewArea(code[:9], names[-2] if len(names) > 1 else code[:9]))
    return Communities(boundaries | {code: ground}, [*new, *parents, NewArea(code, names[-1], ground)])


def _only(
    code: str, existing: Mapping[str, Any], boundaries: dict[str, Any], new: list[NewArea], footprints: Sequence[Any]
) -> Communities:
    if code not in existing and code not in boundaries:
        raise UnknownCommunity(community=code)
    if code in boundaries:
        return Communities({code: boundaries[code]}, new)
    ground = _ground_of(footprints, boundaries)
    return Communities({code: ground}, new, {code: ground})


def _ground_of(footprints: Sequence[BaseGeometry], neighbours: Mapping[str, BaseGeometry]) -> BaseGeometry:
    """The convex hull of footprints and a margin, on the grid, less what belongs to neighbours."""
    if not len(footprints):
        raise NoGroundForCommunity
    hull = shapely.convex_hull(shapely.GeometryCollection(list(footprints)))
    zone = zone_of(hull)
    ground = snap(unproject(shapely.buffer(project(hull, zone), MARGIN, quad_segs=4), zone))
    near = [shape for shape in neighbours.values() if shapely.intersects(shape, ground)]
    if near:
        ground = shapely.difference(ground, shapely.union_all(near, grid_size=GRID_SIZE), grid_size=GRID_SIZE)
        ground = _settled(shapely.transform(ground, round_to_grid), footprints)
    if not ground.is_empty:
        _check_ground(ground)
    else:
        raise GroundTaken(community=min(code for code, shape in neighbours.items() if shape.intersects(hull)))
    return ground


def _check_ground(ground: BaseGeometry) -> None:
    try:
        check_area(ground, extent=DRAWABLE)
    except GeometryRefused as why:
        raise UnsoundGround(reason=gettext(why.sentence) % why.params) from None


def _settled(ground: BaseGeometry, footprints: Sequence[BaseGeometry]) -> BaseGeometry:
    """The parts of the ground that hold a building; splinters between the neighbours go."""
    tree = shapely.STRtree(list(footprints))
    parts = [part for part in shapely.get_parts(ground) if len(tree.query(part, predicate="contains"))]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _larger_part(shapes: Sequence[BaseGeometry], boundaries: Mapping[str, BaseGeometry]) -> list[str | None]:
    codes = sorted(boundaries)
    if not codes or not len(shapes):
        return [None] * len(shapes)
    index, share = larger_part(shapes, [boundaries[code] for code in codes])
    return [
        codes[at] if at >= 0 and part >= 0.5 else None for at, part in zip(index.tolist(), share.tolist(), strict=True)
    ]


def larger_part(shapes: Sequence[BaseGeometry], grounds: Sequence[BaseGeometry]) -> tuple[Any, Any]:
    """
    For each shape the number of the ground that holds most of it (-1 for none), and how much of it lies in any ground.

    Of two that hold the same, the first. Shapes without area count as whole where they lie.
    """
    shapes_array = np.array(shapes, dtype=object)
    grounds_array = np.array(grounds, dtype=object)
    shapely.prepare(grounds_array)
    shape_at, ground_at = shapely.STRtree(grounds_array).query(shapes_array, predicate="intersects")
    inside, over = shapes_array[shape_at], grounds_array[ground_at]
    area = shapely.area(inside)
    part = np.where(shapely.covers(over, inside), 1.0, 0.0)
    cut = np.flatnonzero((part == 0) & (area > 0))
    part[cut] = shapely.area(shapely.intersection(inside[cut], over[cut])) / area[cut]
    part[area == 0] = 1.0
    best = np.full(len(shapes), -1)
    most = np.zeros(len(shapes))
    total = np.zeros(len(shapes))
    np.add.at(total, shape_at, part)
    for at, ground, share in zip(shape_at.tolist(), ground_at.tolist(), part.tolist(), strict=True):
        if share > most[at] or (share == most[at] > 0 and ground < best[at]):
            best[at], most[at] = ground, share
    return best, total
