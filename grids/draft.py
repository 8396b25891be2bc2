"""
A first plan for a community that has none: cells along roads and walls, grouped into connected grids of one size.

It tiles, follows roads where there are roads and cuts no building. Balance may be rough; planners go on from here.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import shapely
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from accounts.models import User
from buildings.models import Area, Barrier, Building, Compound, Road, Stairwell
from geo.cells import Cells, borders, cut
from geo.crs import area_m2
from geo.geos import to_shapely
from geo.partition import group
from grids.drawing import draw
from grids.gate import PlanRefused
from grids.models import Assignment, Grid, Plan

# What a metre of border costs by what it runs along: grids part at a river or an arterial, and open ground is dear.
COST = {"arterial": 0.02, "river": 0.02, "railway": 0.02, "street": 0.1, "wall": 0.3, "alley": 0.5, "": 1.0}
SAME_COMPOUND = 6.0  # times as dear: an estate is one grid's unless it is too large for one
SAME_BUILDING = 25.0  # for segments, which may cut a building between two stairwells but should not
TOLERANCE = 0.25  # of the target: the band that the plan warns about
FLAT_M2 = 100.0  # square metres of floor per household, stairs and walls included
FLOORS = 4  # of a building that does not say
#: Households per flat-sized floor area by use: nobody lives in a school; of what says none a third counts.
LIVED_IN = {Building.Kind.RESIDENTIAL: 1.0, Building.Kind.MIXED: 0.7, Building.Kind.OTHER: 0.3}
NUMERALS = "零一二三四五六七八九"

Progress = Callable[[str], None]


@dataclass
class Ground:
    """All that a plan is made of, as the kernel wants it: stairwells by code, lines by what they are."""

    boundary: BaseGeometry
    footprints: dict[str, BaseGeometry]
    building: dict[str, int]
    compound: dict[str, int | None]
    weights: dict[str, float]
    lines: dict[str, list[BaseGeometry]]


@transaction.atomic
def draft(
    *,
    community: Area,
    target: int = 400,
    segments: int | None = None,
    by: User | None = None,
    progress: Progress = lambda step: None,
) -> Plan:
    """
    A new draft plan of a community, with grids of about `target` households and, if asked, segments of `segments`.

    Where no households are known the dwellings count, and where there are none either, an estimate by floor area.
    Raises `PlanRefused` when the community has no boundary or no stairwells.
    """
    progress(_("读取"))
    ground = gather(community)
    cells = cut_along(ground, progress=progress)
    progress(_("分组"))
    costs = _costs(cells, ground)
    label = _grouped(cells, ground, costs, target)
    grid_of = _make_grids(community, cells, label)
    segment_of = _make_segments(community, cells, ground, costs, grid_of, segments) if segments else None
    progress(_("写入"))
    plan = _make_plan(community, target, by)
    draw(plan=plan, cells=cells.shapes, grid_of=grid_of, segment_of=segment_of)
    _assign_covered(plan, cells, ground)
    return plan


def cut_along(ground: Ground, progress: Progress = lambda step: None) -> Cells:
    """The ground of a community cut along its roads, walls and water."""
    return cut(ground.boundary, ground.footprints, list(chain.from_iterable(ground.lines.values())), progress=progress)


def grouped(cells: Cells, ground: Ground, target: int) -> dict[Hashable, int]:
    """The number of a grid for each cell, grids being connected and of about `target` households."""
    return _grouped(cells, ground, _costs(cells, ground), target)


def _grouped(
    cells: Cells, ground: Ground, costs: Mapping[tuple[Hashable, Hashable], float], target: int
) -> dict[Hashable, int]:
    together = [*_by_building(ground), *cells.together]
    return group(weights_of(cells, ground), costs, target, together=together)


# Gathering


def gather(community: Area) -> Ground:
    boundary = to_shapely(community.boundary)
    if boundary is None:
        raise PlanRefused(_("社区还没有边界，先导入社区边界。"), code="community_without_boundary")
    stairwells = list(
        Stairwell.objects.standing()
        .filter(building__community=community, building__gone_since=None)
        .select_related("building")
        .order_by("code")
    )
    if not stairwells:
        raise PlanRefused(_("社区里还没有楼道，先导入楼栋。"), code="community_without_stairwells")
    return Ground(
        boundary=boundary,
        footprints={stairwell.code: _shape(stairwell.footprint) for stairwell in stairwells},
        building={stairwell.code: stairwell.building_id for stairwell in stairwells},
        compound={stairwell.code: stairwell.building.compound_id for stairwell in stairwells},
        weights=households_of(stairwells),
        lines=lines_of(community, boundary),
    )


def _shape(geometry) -> BaseGeometry:
    shape = to_shapely(geometry)
    assert shape is not None
    return shape


def households_of(stairwells: Sequence[Stairwell]) -> dict[str, float]:
    """Households of each stairwell, or the best that is known about them. One measure for all of a community."""
    rows: QuerySet = Stairwell.objects.filter(pk__in=[stairwell.pk for stairwell in stairwells])
    for count in (Count("dwellings__households"), Count("dwellings")):
        known = dict(rows.annotate(count=count).values_list("code", "count"))
        if any(known.values()):
            return {code: float(count) for code, count in known.items()}
    return {stairwell.code: estimate(stairwell) for stairwell in stairwells}


def estimate(stairwell: Stairwell) -> float:
    """Households that a stairwell of its size and use would hold: floor area by 100 m2, times the share lived in."""
    floors = stairwell.floors or stairwell.building.floors or FLOORS
    share = LIVED_IN.get(Building.Kind(stairwell.building.kind), 0.05)
    return share * floors * area_m2(_shape(stairwell.footprint)) / FLAT_M2


def lines_of(community: Area, boundary: BaseGeometry) -> dict[str, list[BaseGeometry]]:
    """
    Lines that part the ground, by what they are, those first that count where two run together.

    Footpaths are left out: a pavement beside its street would cut off a strip that belongs to nobody.
    """
    inside = {"line__intersects": community.boundary}
    lines: dict[str, list[BaseGeometry]] = {}
    for kind in ("arterial", "river", "railway", "street", "wall", "alley"):
        model = Road if kind in Road.Kind.values else Barrier
        lines[kind] = [
            _shape(line) for line in model.objects.filter(kind=kind, **inside).values_list("line", flat=True)
        ]
    compounds = Compound.objects.filter(community=community).values_list("boundary", flat=True)
    lines["wall"] += [shapely.boundary(_shape(shape)) for shape in compounds]
    return lines


# Grouping


def _by_building(ground: Ground) -> Iterable[set[str]]:
    """Stairwells of one building share a grid: a building is never cut."""
    members: dict[int, set[str]] = defaultdict(set)
    for code, building in ground.building.items():
        members[building].add(code)
    return [codes for codes in members.values() if len(codes) > 1]


def weights_of(cells: Cells, ground: Ground) -> dict[Hashable, float]:
    """Weight of each cell. A stairwell that lies wholly under others adds to one of those."""
    weights: dict[Hashable, float] = {cell: ground.weights.get(cell, 0.0) for cell in cells.shapes}
    for covered, host in _covered(cells).items():
        weights[host] += ground.weights.get(covered, 0.0)
    return weights


def _covered(cells: Cells) -> dict[str, str]:
    """Stairwells without a cell of their own -> one that they lie under."""
    found = {}
    for members in cells.together:
        hosts = sorted(members & cells.shapes.keys())
        found.update({unit: hosts[0] for unit in members - cells.shapes.keys() if hosts})
    return found


def _costs(cells: Cells, ground: Ground) -> dict[tuple[Hashable, Hashable], float]:
    return {(a, b): cost for (a, b), cost in border_costs(cells.shapes, ground.lines, ground.compound).items()}


def border_costs(
    shapes: Mapping[str, BaseGeometry],
    lines: Mapping[str, Sequence[BaseGeometry]],
    compound: Mapping[str, int | None],
) -> dict[tuple[str, str], float]:
    """What it costs to let a border run between two cells: metres, by what lies there and whom it parts."""
    costs: dict[tuple[str, str], float] = {}
    for (a, b), metres in borders(shapes, lines).items():
        cost = sum(COST[kind] * length for kind, length in metres.items())
        if compound.get(a) is not None and compound.get(a) == compound.get(b):
            cost *= SAME_COMPOUND
        costs[a, b] = cost
    return costs


# Naming and writing


def _make_grids(community: Area, cells: Cells, label: Mapping[Hashable, int]) -> dict[str, Grid]:
    """Grids named from west to east, saved; and which of them each cell lies in."""
    order = west_to_east(cells, label)
    names = [_("第%(number)s网格") % {"number": chinese_number(number)} for number in range(1, len(order) + 1)]
    grids = Grid.objects.bulk_create([Grid(community=community, name=name) for name in names])
    grid = dict(zip(order, grids, strict=True))
    return {str(cell): grid[number] for cell, number in label.items()}


def west_to_east(cells: Cells, label: Mapping[Hashable, int]) -> list[int]:
    members: dict[int, list[BaseGeometry]] = defaultdict(list)
    for cell, number in label.items():
        members[number].append(cells.shapes[str(cell)])
    middle = {number: shapely.GeometryCollection(shapes).centroid for number, shapes in members.items()}
    return sorted(middle, key=lambda number: (middle[number].x, -middle[number].y))


def _make_segments(
    community: Area,
    cells: Cells,
    ground: Ground,
    costs: Mapping[tuple[Hashable, Hashable], float],
    grid_of: Mapping[str, Grid],
    target: int,
) -> dict[str, Grid]:
    """Segments of each grid, saved; and which of them each cell lies in. A cell without a door goes along."""
    weights = weights_of(cells, ground)
    dear = {pair: cost * (SAME_BUILDING if _one_building(pair, ground) else 1.0) for pair, cost in costs.items()}
    members: dict[Grid, dict[Hashable, float]] = defaultdict(dict)
    for cell, grid in grid_of.items():
        members[grid][cell] = weights[cell]
    segment_of: dict[str, Grid] = {}
    for units in members.values():
        inner = {pair: cost for pair, cost in dear.items() if pair[0] in units and pair[1] in units}
        label = group(units, inner, target, together=cells.together)
        order = west_to_east(cells, label)
        rows = [
            Grid(community=community, level=Grid.Level.SEGMENT, name=_("第%(number)s楼段") % {"number": number})
            for number in range(1, len(order) + 1)
        ]
        segment = dict(zip(order, Grid.objects.bulk_create(rows), strict=True))
        segment_of |= {str(cell): segment[number] for cell, number in label.items()}
    return segment_of


def _one_building(pair: tuple[Hashable, Hashable], ground: Ground) -> bool:
    first, second = (ground.building.get(str(cell)) for cell in pair)
    return first is not None and first == second


def _make_plan(community: Area, target: int, by: User | None) -> Plan:
    last = community.plans.aggregate(last=Max("number"))["last"] or 0
    band = round(target * TOLERANCE)
    return Plan.objects.create(
        community=community,
        number=last + 1,
        title=_("自动起草的方案"),
        reason=_("按道路、围墙和楼栋自动起草，每格约%(target)s户。") % {"target": target},
        target_min=target - band,
        target_max=target + band,
        created_by=by,
    )


def _assign_covered(plan: Plan, cells: Cells, ground: Ground) -> None:
    """Stairwells without a cell go where the one above them went."""
    covered = _covered(cells)
    if not covered:
        return
    boundary = dict(
        plan.assignments.filter(stairwell__code__in=covered.values()).values_list("stairwell__code", "boundary")
    )
    pks = dict(Stairwell.objects.filter(code__in=covered).values_list("code", "pk"))
    Assignment.objects.bulk_create(
        [Assignment(plan=plan, stairwell_id=pks[code], boundary_id=boundary[host]) for code, host in covered.items()]
    )


def chinese_number(number: int) -> str:
    """1 to 999 as it is spoken: 十二, 二十, 一百零五, 一百一十."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{NUMERALS[hundreds]}百" if hundreds else ""
    if tens:
        text += f"{'' if tens == 1 and not hundreds else NUMERALS[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (NUMERALS[ones] if ones else "")
