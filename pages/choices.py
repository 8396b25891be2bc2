"""What an address that somebody typed may mean: one place, several to choose from, or the nearest guesses."""

from dataclasses import dataclass

from django.urls import reverse

from buildings.models import Stairwell


@dataclass(frozen=True)
class Choice:
    """One place to press."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Found:
    """What was found, and whether it is surely what was meant."""

    choices: list[Choice]
    certain: bool = False
    exact: bool = True  # False: nothing matched, these are the nearest names
    more: int = 0  # further ones that are not shown


def door_choice(stairwell: Stairwell) -> Choice:
    building = stairwell.building
    compound = f"{building.compound.name} " if building.compound else ""
    title = f"{compound}{building.title}"
    return Choice(f"{title} {stairwell.title}", building.address, reverse("pages:door", args=[stairwell.code]))


def choices_for(text: str) -> Found:
    return Found([])
