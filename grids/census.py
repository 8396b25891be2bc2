"""How many buildings, stairwells, households and people the cells of the net hold. Counts, never rows (law 10)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Count, Sum

from buildings.models import Household
from grids.models import Assignment


@dataclass
class Census:
    """The doors and people of one grid or segment."""

    stairwells: set[int] = field(default_factory=set)
    buildings: set[int] = field(default_factory=set)
    households: int = 0
    people: int = 0


def census(plans: Collection[int]) -> dict[int, Census]:
    """The counts of each boundary of these plans by its id; a grid's hold those of its segments. Two queries."""
    counts: dict[int, Census] = defaultdict(Census)
    lives = _lives(plans)
    rows = Assignment.objects.filter(plan__in=plans)
    for stairwell, building, cell, grid in rows.values_list(
        "stairwell", "stairwell__building", "boundary", "boundary__parent"
    ):
        for boundary in (cell, grid) if grid else (cell,):
            count = counts[boundary]
            count.stairwells.add(stairwell)
            count.buildings.add(building)
            households, people = lives.get(stairwell, (0, 0))
            count.households += households
            count.people += people
    return counts


def _lives(plans: Collection[int]) -> dict[int, tuple[int, int]]:
    """Households and people of each stairwell that the plans assign."""
    behind = Household.objects.filter(
        dwelling__stairwell__in=Assignment.objects.filter(plan__in=plans).values("stairwell")
    )
    rows = behind.values_list("dwelling__stairwell").annotate(Count("pk"), Sum("people"))
    return {stairwell: (households, people) for stairwell, households, people in rows}
