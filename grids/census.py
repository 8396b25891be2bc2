"""How many buildings, stairwells, households and people the cells of the net hold. Counts, never rows (law 10)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from grids import headcount
from grids.models import Assignment, Plan


@dataclass
class Census:
    """The doors and people of one grid or segment."""

    stairwells: set[int] = field(default_factory=set)
    buildings: set[int] = field(default_factory=set)
    households: int = 0
    people: float = 0  # shares, see headcount.py

    @property
    def people_told(self) -> int | None:
        return headcount.told(self.households, self.people)


def census(plans: Collection[int]) -> dict[int, Census]:
    """The counts of each boundary of these plans by its id; a grid's hold those of its segments. Two queries."""
    counts: dict[int, Census] = defaultdict(Census)
    lives = headcount.of_communities(Plan.objects.filter(pk__in=plans).values("community"))
    rows = Assignment.objects.filter(plan__in=plans)
    for stairwell, code, building, cell, grid in rows.values_list(
        "stairwell", "stairwell__code", "stairwell__building", "boundary", "boundary__parent"
    ):
        for boundary in (cell, grid) if grid else (cell,):
            count = counts[boundary]
            count.stairwells.add(stairwell)
            count.buildings.add(building)
            if code in lives:
                count.households += lives[code].households
                count.people += lives[code].people
    return counts
