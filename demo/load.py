"""Write the demo into a database: the ground, its people, the net and who answers, in one transaction."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import shapely
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from accounts.models import Look, User
from buildings.models import (
    Area,
    Barrier,
    Building,
    Compound,
    Dwelling,
    Facility,
    GroundChange,
    Household,
    Landcover,
    Road,
    Stairwell,
)
from demo import cases, town
from demo.names import Person
from demo.places import Cell, Place
from geo.coverage import label_point
from geo.geos import to_geos
from grids.drawing import draw
from grids.models import Appointment, Grid, Leave, Plan
from grids.redraw import publish

SOURCE = "demo"  # in the column `source` of all that the demo wrote
PREFIX = "demo-"  # of the user name of each invented person
PASSWORD = "demo-town"  # noqa: S105  known to everybody on purpose; the command prints it
SINCE = date(2026, 1, 1)  # the first plan and all appointments are in force from this day
ROWS = 1000  # rows a statement
TARGETS = {"350125100": (30, 80), "120113004": (200, 300)}  # households a grid

Told = Callable[[str], None]


class HoldsOtherData(Exception):
    """The database has ground or people that the demo did not make; it stays as it is."""


def is_loaded() -> bool:
    return Area.objects.filter(source=SOURCE).exists()


def holds_other_data() -> bool:
    """Whether somebody's own ground is in the database."""
    models = (Area, Building, Road, Facility)
    return any(model.objects.exclude(source=SOURCE).exists() for model in models)


@transaction.atomic
def remove() -> None:
    """Take the demo out again. What hangs on its ground, such as cases, goes too."""
    if holds_other_data():
        raise HoldsOtherData
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE buildings_area CASCADE")
    cases.remove()
    GroundChange.objects.create(what="移除演示数据")
    for model in (Road, Barrier, Landcover):
        model.objects.filter(source=SOURCE).delete()
    invented = User.objects.filter(username__startswith=PREFIX)
    Look.objects.filter(user__in=invented).delete()
    invented.delete()


@transaction.atomic
def load(tell: Told = lambda step: None, until: datetime | None = None) -> list[Place]:
    """
    Build both places and write them, with what was reported in the two years before a moment, now by default.

    Raises `HoldsOtherData` where the database is somebody's.
    """
    if holds_other_data():
        raise HoldsOtherData
    tell("drawing")
    places = town.build()
    for place in places:
        tell(place.areas[1].name)
        _write(place)
    GroundChange.objects.create(what="演示数据", counts={"buildings": sum(len(place.houses) for place in places)})
    _make_administrator()
    tell("cases")
    cases.write(until or timezone.localtime(), SINCE, prefix=PREFIX, password=_password())
    tell("")
    return places


def _make_administrator() -> None:
    name = f"{PREFIX}admin"
    User.objects.create(username=name, name="演示管理员", password=_password(), is_staff=True, is_superuser=True)


@cache
def _password() -> str:
    """The one known password, hashed once: a hash takes a quarter of a second on purpose."""
    return make_password(PASSWORD)


def _write(place: Place) -> None:
    areas = _areas(place)
    _ground(place, areas)
    compounds = _compounds(place, areas)
    doors = _buildings(place, areas, compounds)
    _homes(place, doors)
    people = _people(place)
    grids = _net(place, areas, people)
    _appointments(place, people, {"area": areas, "compound": compounds, "grid": grids, **_by_code(doors)})


def multi(shape: BaseGeometry) -> Any:
    return to_geos(shapely.MultiPolygon(shapely.get_parts(shape).tolist()))


# The ground


def _areas(place: Place) -> dict[str, Area]:
    found: dict[str, Area] = {}
    for area in place.areas:
        above = [code for code in found if area.code.startswith(code)]
        found[area.code] = Area.objects.create(
            code=area.code,
            name=area.name,
            level=len(area.code),
            kind=area.kind,
            parent=found[above[-1]] if above else None,
            boundary=multi(area.boundary) if area.boundary else None,
            label=to_geos(label_point(area.boundary)) if area.boundary else None,
            office_phone=area.phone,
            office_hours="周一至周五 8:30-12:00 14:00-17:30" if area.phone else "",
            office_address=area.address,
            supervision_phone=area.supervision,
            source=SOURCE,
            source_id=area.code,
        )
    return found


def _ground(place: Place, areas: dict[str, Area]) -> None:
    key = place.areas[1].code
    _create(Road, ({"name": w.name, "kind": w.kind, "line": to_geos(w.line)} for w in place.ways), key)
    walls = [{"kind": "wall", "name": e.name, "line": to_geos(line)} for e in place.estates for line in e.walls]
    rivers = [{"kind": "river", "name": way.name, "line": to_geos(way.line)} for way in place.river]
    _create(Barrier, [*walls, *rivers], key)
    _create(Landcover, ({"name": g.name, "kind": g.kind, "extent": multi(g.extent)} for g in place.grounds), key)
    spots = (
        {
            "community": areas[spot.community],
            "name": spot.name,
            "kind": spot.kind,
            "address": spot.address,
            "phone": spot.phone,
            "hours": spot.hours,
            "point": to_geos(spot.point),
        }
        for spot in place.spots
    )
    _create(Facility, spots, key)


def _create(model: Any, rows: Iterable[dict[str, Any]], key: str) -> None:
    """Write rows of a model; `key` and a running number tell them apart when they are imported again."""
    numbered = [model(**row, source=SOURCE, source_id=f"{key}-{i}") for i, row in enumerate(rows, start=1)]
    model.objects.bulk_create(numbered, batch_size=ROWS)


def _compounds(place: Place, areas: dict[str, Area]) -> dict[str, Compound]:
    rows = [
        Compound(
            code=estate.code,
            community=areas[estate.community],
            name=estate.name,
            kind=estate.kind,
            address=estate.address,
            boundary=multi(estate.boundary),
            property_company=estate.company,
            property_phone="0591-5550 1800" if estate.company else "",
            source=SOURCE,
            source_id=estate.code,
        )
        for estate in place.estates
    ]
    return {row.code: row for row in Compound.objects.bulk_create(rows)}


def _buildings(place: Place, areas: dict[str, Area], compounds: dict[str, Compound]) -> dict[str, Stairwell]:
    """All buildings and their stairwells; the stairwells by code."""
    by_name = {compound.name: compound for compound in compounds.values()}
    buildings = [
        Building(
            code=house.code,
            community=areas[house.community],
            compound=by_name.get(house.compound),
            number=house.number,
            name=house.name,
            address=house.address,
            aliases=house.aliases,
            kind=house.kind,
            floors=house.floors,
            footprint=multi(house.footprint),
            source=SOURCE,
            source_id=house.code,
        )
        for house in place.houses
    ]
    written = {row.code: row for row in Building.objects.bulk_create(buildings, batch_size=ROWS)}
    stairwells = [
        Stairwell(
            code=door.code,
            building=written[house.code],
            number=door.number,
            name=door.name,
            floors=door.floors,
            footprint=multi(door.footprint),
            entrance=to_geos(door.entrance),
            source=SOURCE,
            source_id=door.code,
        )
        for house in place.houses
        for door in house.doors
    ]
    return {row.code: row for row in Stairwell.objects.bulk_create(stairwells, batch_size=ROWS)}


def _homes(place: Place, doors: dict[str, Stairwell]) -> None:
    """Dwellings and the households behind them."""
    rooms = [(door, room) for door in place.doors() for room in door.rooms]
    rows = [Dwelling(stairwell=doors[d.code], floor=r.floor, room=r.label, status=r.status) for d, r in rooms]
    dwellings = Dwelling.objects.bulk_create(rows, batch_size=ROWS)
    households = [
        Household(
            dwelling=dwelling,
            head=room.home.head.name,
            phone=room.home.head.phone,
            people=room.home.people,
            source=SOURCE,
            source_id=f"{door.code}-{room.label}",
        )
        for dwelling, (door, room) in zip(dwellings, rooms, strict=True)
        if room.home
    ]
    Household.objects.bulk_create(households, batch_size=ROWS)


# The net and its people


def _people(place: Place) -> dict[Person, User]:
    """A user for each holder of a post; only those with a log-in have a password."""
    rng = Random(place.areas[1].code)
    holders = {person: None for post in place.posts for person in (post.person, post.deputy) if person}
    logins = {post.person: post.login for post in place.posts if post.login}
    rows = [
        User(
            username=PREFIX + logins.get(person, person.phone),
            name=person.name,
            name_is_public=person in logins or rng.random() < 0.8,
            password=_password() if person in logins else make_password(None),
            duty_phone=person.phone,
            duty_hours=rng.choice(["周一至周六 8:30-17:30", "周一至周五 8:30-17:30", "每天 8:00-20:00", ""]),
        )
        for person in holders
    ]
    written = User.objects.bulk_create(rows, batch_size=ROWS)
    return dict(zip(holders, written, strict=True))


def _net(place: Place, areas: dict[str, Area], people: dict[Person, User]) -> dict[str, Grid]:
    """Draw and publish the first plan of each community; the grids by "community/name"."""
    planner = next(people[post.person] for post in place.posts if post.role == "planner")
    approver = next(people[post.person] for post in place.posts if post.role == "approver")
    found: dict[str, Grid] = {}
    for code, cells in place.grids.items():
        low, high = TARGETS[code[:9]]
        plan = Plan.objects.create(
            community=areas[code],
            number=1,
            title="2026年网格方案",
            reason="首次划分：沿道路、巷道和院墙，不拆分楼栋。",
            target_min=low,
            target_max=high,
            created_by=planner,
        )
        grid_of, segment_of = _labels(areas[code], cells)
        draw(plan=plan, cells=place.cells[code], grid_of=grid_of, segment_of=segment_of)
        publish(plan=plan, by=approver, effective=SINCE)
        found |= {f"{code}/{grid.name}": grid for grid in grid_of.values()}
    return found


def _labels(community: Area, cells: list[Cell]) -> tuple[dict[str, Grid], dict[str, Grid]]:
    """The grid and the segment of each stairwell, by its code."""
    grid_of: dict[str, Grid] = {}
    segment_of: dict[str, Grid] = {}
    for cell in cells:
        grid = Grid.objects.create(community=community, name=cell.name)
        grid_of |= dict.fromkeys(cell.doors, grid)
        for part in cell.segments:
            segment = Grid.objects.create(community=community, level=Grid.Level.SEGMENT, name=part.name)
            segment_of |= dict.fromkeys(part.doors, segment)
    return grid_of, segment_of


def _by_code(doors: dict[str, Stairwell]) -> dict[str, dict[str, Any]]:
    return {"stairwell": dict(doors), "building": {door.building.code: door.building for door in doors.values()}}


def _appointments(place: Place, people: dict[Person, User], places: dict[str, dict[str, Any]]) -> None:
    rows = [
        Appointment(
            role=post.role,
            person=people[post.person],
            deputy=people[post.deputy] if post.deputy else None,
            employment=post.employment,
            in_force=(SINCE, None),
            **{post.place[0]: places[post.place[0]][post.place[1]]},
        )
        for post in place.posts
    ]
    Appointment.objects.bulk_create(rows, batch_size=ROWS)
    leaves = [Leave(person=people[a.person], away=(a.first, a.last + timedelta(days=1))) for a in place.away]
    Leave.objects.bulk_create(leaves)
