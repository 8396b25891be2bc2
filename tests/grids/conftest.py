"""
A community of four buildings, two stairwells each, in a square of about 200 m; west and east are its grids.

    +-----------+-----------+
    |  b1 [1|2] |  b2 [1|2] |
    |           |           |
    |  b3 [1|2] |  b4 [1|2] |
    +-----------+-----------+
        west        east
"""

import pytest
import shapely

from buildings.models import Area, Building, Stairwell
from geo.geos import to_geos
from grids.drawing import draw
from grids.models import Grid, Plan

WEST, SOUTH, SIDE = 119.3000000, 26.0500000, 0.0010000
CODE = "350125100001"


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A box in parts of the community's side."""
    x, y = [round(WEST + SIDE * part, 7) for part in (west, east)], [round(SOUTH + SIDE * p, 7) for p in (south, north)]
    return shapely.box(x[0], y[0], x[1], y[1])


def multi(shape):
    return to_geos(shapely.MultiPolygon(list(shapely.get_parts(shape))))


CELLS = {
    "0000101": box(0, 0.5, 0.25, 1),
    "0000102": box(0.25, 0.5, 0.5, 1),
    "0000201": box(0.5, 0.5, 0.75, 1),
    "0000202": box(0.75, 0.5, 1, 1),
    "0000301": box(0, 0, 0.25, 0.5),
    "0000302": box(0.25, 0, 0.5, 0.5),
    "0000401": box(0.5, 0, 0.75, 0.5),
    "0000402": box(0.75, 0, 1, 0.5),
}


@pytest.fixture
def community(db) -> Area:
    return ground()


def ground() -> Area:
    """A square community of four buildings with two stairwells each, in a town in a district."""
    district = Area.objects.create(code="350125", name="永泰县", level=6)
    town = Area.objects.create(code="350125100", name="樟城镇", level=9, parent=district)
    square = Area.objects.create(code=CODE, name="方正社区", level=12, parent=town, boundary=multi(box(0, 0, 1, 1)))
    for number, (x, y) in enumerate([(0.1, 0.6), (0.6, 0.6), (0.1, 0.1), (0.6, 0.1)], start=1):
        building = Building.objects.create(
            code=f"{CODE}{number:05d}",
            community=square,
            number=str(number),
            footprint=multi(box(x, y, x + 0.3, y + 0.2)),
        )
        for half in (1, 2):
            west = x + 0.15 * (half - 1)
            Stairwell.objects.create(
                code=f"{building.code}{half:02d}",
                building=building,
                number=str(half),
                footprint=multi(box(west, y, west + 0.15, y + 0.2)),
            )
    return square


@pytest.fixture
def cells() -> dict[str, shapely.Polygon]:
    return by_code()


def by_code() -> dict[str, shapely.Polygon]:
    return {f"{CODE}{key}": shape for key, shape in CELLS.items()}


def halves(community: Area, **names: str) -> tuple[Grid, ...]:
    names = {"west": "西格", "east": "东格"} | names
    return tuple(Grid.objects.create(community=community, name=name) for name in names.values())


@pytest.fixture
def draft(community, cells) -> Plan:
    """The two halves, not yet published."""
    west, east = halves(community)
    plan = Plan.objects.create(community=community, number=1)
    grid_of = {code: west if int(code[15:17]) in (1, 3) else east for code in cells}
    draw(plan=plan, cells=cells, grid_of=grid_of)
    return plan
