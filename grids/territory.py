"""Which buildings a grid holds, in words that people use: 宝翠花都 3、4、5号楼; 学前巷 2、4号."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from buildings.models import Building
from grids.models import Assignment, GridBoundary


@dataclass(frozen=True)
class Block:
    """The buildings of one compound, or along one street, that a grid holds; of neither where both are empty."""

    compound: str
    street: str
    numbers: tuple[str, ...]  # as on the wall, smallest first; those that have none are left out
    total: int


def territory(grid: int, on: date) -> list[Block]:
    """The buildings of a grid or segment by the plan in force on a day, compound by compound. One query."""
    shapes = GridBoundary.objects.within([grid], on)
    doors = Assignment.objects.filter(boundary__in=shapes).values("stairwell__building")
    rows = Building.objects.filter(pk__in=doors).values_list("compound__name", "address", "number")
    blocks: dict[tuple[str, str], list[str]] = {}
    for compound, address, number in rows:
        key = (compound, "") if compound else ("", street(address, number))
        blocks.setdefault(key, []).append(number)
    return sorted(_blocks(blocks), key=lambda block: (-block.total, block.compound, block.street))


def street(address: str, number: str) -> str:
    """学前巷 of 学前巷2号, number 2; "" where the address does not end with the number."""
    return address.removesuffix(f"{number}号") if number and address.endswith(f"{number}号") else ""


def _blocks(blocks: dict[tuple[str, str], list[str]]) -> Iterator[Block]:
    for (compound, along), numbers in blocks.items():
        named = {number for number in numbers if number} if compound or along else set()
        yield Block(compound, along, tuple(sorted(named, key=in_order)), len(numbers))


def in_order(number: str) -> tuple[int, str]:
    """Sorts 2 before 10, and 9 before 9-1."""
    digits = ""
    for letter in number:
        if not letter.isdigit():
            break
        digits += letter
    return (int(digits) if digits.isdecimal() else 10**6, number)
