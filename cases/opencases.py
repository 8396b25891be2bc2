"""
What anybody may know of single cases: kind, status, a public place, words and photos that somebody has looked at.

A sensitive matter is not told at all, and what was refused, voided or merged is nobody's news. Who reported, the key,
the exact position, the grid's person and what was written between staff never come near this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from cases.models import Case, Move, Photo, Status
from cases.moderation import public_words
from cases.places import PublicPlace, public_places
from cases.privacy import masked

UNTOLD = (Status.REJECTED, Status.VOIDED, Status.MERGED)
FINISHED = (Status.CLOSED,)


@dataclass(frozen=True)
class OpenCase:
    """One case as everybody may see it."""

    pk: int
    number: str
    category: str
    category_name: str
    status: str
    is_open: bool
    reported_at: datetime
    changed_at: datetime
    due_at: datetime | None
    words: str
    note: str
    agency: str
    photos: tuple[str, ...]  # keys
    place: PublicPlace


def public_cases() -> QuerySet[Case]:
    """The cases of which anything is told."""
    sensitive = Q(category__sensitive=True) | Q(category__parent__sensitive=True)
    cases = Case.objects.exclude(sensitive).exclude(status__in=UNTOLD)
    return cases.select_related("category", "building", "community", "handling_unit")


def told(cases: Iterable[Case]) -> list[OpenCase]:
    """What is told of each, in their order. Six queries for any number."""
    cases = list(cases)
    keys = [case.pk for case in cases]
    places, photos, last = public_places(cases), _photos(keys), _last_moves(keys)
    return [_told(case, places[case.pk], photos.get(case.pk, ()), last.get(case.pk)) for case in cases]


def _told(case: Case, place: PublicPlace, photos: tuple[str, ...], last: "Last | None") -> OpenCase:
    return OpenCase(
        pk=case.pk,
        number=case.number,
        category=case.category.code,
        category_name=case.category.name,
        status=case.status,
        is_open=case.status not in FINISHED,
        reported_at=case.reported_at,
        changed_at=last.at if last else case.reported_at,
        due_at=case.handle_due_at or case.due_at,
        words=public_words(case),
        note=masked(last.note) if last else "",
        agency=case.handling_unit.name if case.handling_unit else "",
        photos=photos,
        place=place,
    )


@dataclass(frozen=True)
class Last:
    at: datetime
    note: str  # the last words that were meant for the resident


def _last_moves(keys: list[int]) -> dict[int, Last]:
    found: dict[int, Last] = {}
    rows = Move.objects.filter(case__in=keys).order_by("pk").values_list("case_id", "at", "public_note")
    for case, at, note in rows:
        found[case] = Last(at, note or (found[case].note if case in found else ""))
    return found


def _photos(keys: list[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for case, key in Photo.objects.filter(case__in=keys, public=True).order_by("pk").values_list("case_id", "key"):
        found[case] = (*found.get(case, ()), str(key))
    return found
