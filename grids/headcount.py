"""
How many people, and how many living alone, planners are told of (law 10): never of fewer than 8 households.

A planner may draw any set of doors, and whoever may ask for two sets may subtract one answer from the other. So the
counts of single doors never leave this module. The doors of a community lie in blocks that no plan can change, each of
at least 8 households, and what is known of a block is spread over its doors by their households. All sums are made of
that: whatever is added or subtracted, what comes out was known of whole blocks. A door of 8 households is a block of
its own, so only the ground between small houses is told roughly. Households are counted as they are: that somebody
lives in a house can be seen from the street.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from buildings.models import Household
from geo.suppression import HOUSEHOLDS as LEAST

# Doors that are too few for a block wait for others of the same building, ten buildings, community: digits of a code.
NEAR, FAR = (19, 17, 16), (19, 17, 16, 12)


class Headcount(NamedTuple):
    """Of some doors. `people` and `alone` are shares of what is known of blocks."""

    households: int
    people: float
    alone: float


def told(households: float, count: float) -> int | None:
    """A number of people as it is told: of fewer than 8 households it is not."""
    return round(round(count, 6)) if households >= LEAST else None


def of_communities(communities: Collection[int] | QuerySet[Any]) -> dict[str, Headcount]:
    """The doors behind which somebody lives, of whole communities. One query."""
    return _spread(_counts(Household.objects.filter(dwelling__stairwell__building__community__in=communities)), FAR)[0]


def of_doors(codes: Collection[str], community: int) -> dict[str, Headcount]:
    """
    Some doors of a community, with what `of_communities` says of them; those behind which nobody lives are left out.

    One query about the ten buildings around each door, and another one where these are too few.
    """
    buildings = {f"{code[:16]}{digit}" for code in codes for digit in range(10)}
    near = Household.objects.filter(dwelling__stairwell__building__code__in=sorted(buildings))
    found, waiting = _spread(_counts(near), NEAR)
    if not waiting.isdisjoint(codes):
        found = of_communities([community])
    return {code: found[code] for code in codes if code in found}


def _counts(homes: QuerySet[Household]) -> dict[str, Headcount]:
    rows: Iterable[Any] = (
        homes.values_list("dwelling__stairwell__code")
        .annotate(households=Count("pk"), everybody=Sum("people"), alone=Count("pk", filter=Q(people=1)))
        .order_by("dwelling__stairwell__code")
    )
    return {code: Headcount(*counts) for code, *counts in rows}


def _spread(counts: Mapping[str, Headcount], digits: Iterable[int]) -> tuple[dict[str, Headcount], set[str]]:
    """Each door with its share of its block, and the doors that wait for others: of them only households are told."""
    blocks, waiting = _blocks(counts, digits)
    found = {code: Headcount(count.households, 0.0, 0.0) for code, count in counts.items()}
    for block in blocks:
        households, people, alone = _total(counts, block)
        for code in block:
            share = counts[code].households / households
            found[code] = Headcount(counts[code].households, people * share, alone * share)
    return found, set(waiting)


def _blocks(counts: Mapping[str, Headcount], digits: Iterable[int]) -> tuple[list[list[str]], list[str]]:
    blocks: list[list[str]] = []
    waiting = sorted(counts)
    for length in digits:
        near: dict[str, list[str]] = defaultdict(list)
        for code in waiting:
            near[code[:length]].append(code)
        groups = [(group, _total(counts, group).households >= LEAST) for group in near.values()]
        blocks += [group for group, is_enough in groups if is_enough]
        waiting = [code for group, is_enough in groups if not is_enough for code in group]
    return blocks, waiting


def _total(counts: Mapping[str, Headcount], block: Iterable[str]) -> Headcount:
    return Headcount(*map(sum, zip(*(counts[code] for code in block), strict=True)))
