"""Which buildings a grid holds, in words that people use: 宝翠花都 3、4、5号楼."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from buildings.models import Building
from grids.models import Assignment, GridBoundary


@dataclass(frozen=True)
class Block:
    """The buildings of one compound, or of no compound, that a grid holds."""

    compound: str
    numbers: tuple[str, ...]  # as on the wall, smallest first; "" for those that have none left out
    total: int


def territory(grid: int, on: date) -> list[Block]:
    """The buildings of a grid or segment by the plan in force on a day, compound by compound. One query."""
    shapes = GridBoundary.objects.within([grid], on)
    doors = Assignment.objects.filter(boundary__in=shapes).values("stairwell__building")
    rows = Building.objects.filter(pk__in=doors).values_list("compound__name", "number")
    blocks: dict[str, list[str]] = {}
    for compound, number in rows:
        blocks.setdefault(compound or "", []).append(number)
    return sorted(_blocks(blocks), key=lambda block: (-block.total, block.compound))


def _blocks(blocks: dict[str, list[str]]) -> Iterator[Block]:
    for compound, numbers in blocks.items():
        yield Block(compound, tuple(sorted({n for n in numbers if n}, key=in_order)), len(numbers))


def in_order(number: str) -> tuple[int, str]:
    """Sorts 2 before 10, and 9 before 9-1."""
    digits = ""
    for letter in number:
        if not letter.isdigit():
            break
        digits += letter
    return (int(digits) if digits.isdecimal() else 10**6, number)
