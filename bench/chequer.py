"""
An invented community like a chequerboard: one house with one door on each field, drawn as any plan is.

    +----+----+----+----+
    | a1 | a1 | a2 | a2 |   fields of about 20 m; grids of so many columns and rows
    | a1 | a1 | a2 | a2 |
    +----+----+----+----+
"""

from collections.abc import Iterable
from datetime import date

import shapely
from django.db import connection

from buildings.models import Area, Building, Dwelling, Household, Stairwell
from geo.geos import to_geos
from grids.drawing import draw
from grids.models import Grid, Plan
from grids.redraw import publish

WEST, SOUTH = 119.0, 26.0
SIDE = 2000  # steps of 1e-7 degrees
CODE = "999999998001"
ROWS = 2000  # rows a statement


def chequer(columns: int, rows: int, *, wide: int, high: int, homes: int = 1) -> Plan:
    """The plan in force of a community of `columns` x `rows` fields, in grids of `wide` x `high` of them."""
    community = _community(columns, rows)
    fields = [(x, y) for y in range(rows) for x in range(columns)]
    doors = _houses(community, fields)
    _homes(doors, homes)
    names = [f"{x // wide}-{y // high}" for x, y in fields]
    rows_of_grids = [Grid(community=community, name=f"{name}网格") for name in dict.fromkeys(names)]
    grids = dict(zip(dict.fromkeys(names), Grid.objects.bulk_create(rows_of_grids), strict=True))
    plan = Plan.objects.create(community=community, number=1, title="棋盘", target_min=1, target_max=10**6)
    codes = [door.code for door in doors]
    cells = dict(zip(codes, (field(x, y) for x, y in fields), strict=True))
    draw(plan=plan, cells=cells, grid_of=dict(zip(codes, (grids[name] for name in names), strict=True)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # a plan of a query on tables without statistics may take minutes
    return publish(plan=plan, by=None, effective=date(2026, 1, 1))


def _community(columns: int, rows: int) -> Area:
    above = None
    for length, name in ((6, "棋盘县"), (9, "棋盘镇")):
        above = Area.objects.create(code=CODE[:length], name=name, level=length, parent=above)
    ground = shapely.union_all([field(x, y) for x, y in ((0, 0), (columns - 1, rows - 1))]).envelope
    boundary = to_geos(shapely.MultiPolygon([ground]))
    return Area.objects.create(code=CODE, name="棋盘社区", level=12, parent=above, boundary=boundary)


def field(x: int, y: int, inset: int = 0) -> shapely.Polygon:
    """A field of the board, or what is left of it so many steps inside its edge."""
    west, south = round(WEST * 1e7) + x * SIDE + inset, round(SOUTH * 1e7) + y * SIDE + inset
    size = SIDE - 2 * inset
    return shapely.box(west / 1e7, south / 1e7, (west + size) / 1e7, (south + size) / 1e7)


def _houses(community: Area, fields: Iterable[tuple[int, int]]) -> list[Stairwell]:
    walls = [to_geos(shapely.MultiPolygon([field(x, y, inset=500)])) for x, y in fields]
    houses = [
        Building(code=f"{CODE}{number:05d}", community=community, number=str(number), footprint=wall)
        for number, wall in enumerate(walls, start=1)
    ]
    built = Building.objects.bulk_create(houses, batch_size=ROWS)
    doors = [
        Stairwell(code=f"{house.code}01", building=house, number="1", footprint=house.footprint) for house in built
    ]
    return Stairwell.objects.bulk_create(doors, batch_size=ROWS)


def _homes(doors: list[Stairwell], homes: int) -> None:
    rooms = [Dwelling(stairwell=door, floor=1, room=str(101 + home)) for door in doors for home in range(homes)]
    flats = Dwelling.objects.bulk_create(rooms, batch_size=ROWS)
    people = [Household(dwelling=flat, people=1 + number % 4) for number, flat in enumerate(flats)]
    Household.objects.bulk_create(people, batch_size=ROWS)
