"""Everybody who can have to do with a case, in the square community of tests/grids, each by one letter."""

from datetime import date
from typing import Any

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area
from cases.models import HandlingUnit
from grids.models import Appointment, Grid

NEW_YEAR = date(2026, 1, 1)


def person(name: str, **more: Any) -> User:
    return User.objects.create(username=f"case-{name}", name=name, **more)


def post(user: User, role: Role, **place: Any) -> User:
    Appointment.objects.create(role=role, person=user, in_force=(NEW_YEAR, None), **place)
    return user


def everybody(net: Area) -> dict[str, User]:
    """
    W, K  worker of the west grid and a colleague     X  worker of the east grid     M  mediator of the west grid
    S, C  staff and secretary of the community        D, T  dispatcher of the town, of the district
    U, O  of the unit that gets it, of another unit   A  administrator               N  nobody: no post at all
    """
    west, east = Grid.objects.get(name="西格"), Grid.objects.get(name="东格")
    town = net.parent
    assert town
    found = {
        "W": post(person("W"), Role.GRID_WORKER, grid=west),
        "K": post(person("K"), Role.GRID_HEAD, grid=west),
        "X": post(person("X"), Role.GRID_WORKER, grid=east),
        "M": post(person("M"), Role.MEDIATOR, grid=west),
        "S": post(person("S"), Role.COMMUNITY_STAFF, area=net),
        "C": post(person("C"), Role.COMMUNITY_SECRETARY, area=net),
        "D": post(person("D"), Role.DISPATCHER, area=town),
        "T": post(person("T"), Role.DISPATCHER, area=town.parent),
        "U": person("U"),
        "O": person("O"),
        "A": person("A", is_superuser=True),
        "N": person("N"),
    }
    for letter in "UO":
        HandlingUnit.objects.create(name=f"单位{letter}", area=town).members.add(found[letter])
    return found
