"""户室图: the doors of a stairwell as floors and columns."""

from collections.abc import Iterable
from dataclasses import dataclass

from buildings.models import Dwelling


@dataclass(frozen=True)
class Floor:
    """One floor, top floors first in a matrix; each column holds the doors that stand there."""

    number: int | None
    cells: tuple[tuple[Dwelling, ...], ...]


@dataclass(frozen=True)
class Matrix:
    columns: tuple[str, ...]
    floors: tuple[Floor, ...]


def matrix(dwellings: Iterable[Dwelling]) -> Matrix:
    """Doors whose room numbers end alike stand above each other: 301 under 401."""
    doors: dict[int | None, dict[str, list[Dwelling]]] = {}
    for dwelling in dwellings:
        doors.setdefault(dwelling.floor, {}).setdefault(column(dwelling), []).append(dwelling)
    columns = tuple(sorted({name for floor in doors.values() for name in floor}))
    order = sorted(doors, key=lambda number: (number is None, -(number or 0)))
    floors = (Floor(number, tuple(tuple(doors[number].get(name, ())) for name in columns)) for number in order)
    return Matrix(columns, tuple(floors))


def column(dwelling: Dwelling) -> str:
    """`01` for room 501 on the fifth floor; the whole room number where the floor does not lead it."""
    floor = "" if dwelling.floor is None else str(dwelling.floor)
    room = dwelling.room
    return room[len(floor) :] if floor and room.startswith(floor) and len(room) > len(floor) else room
