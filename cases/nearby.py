"""
Is it known already? Open cases of a kind near a place, and "I met it too".

The distance is that from the public place of a case (cases/places.py), never from its own point: else somebody who
asks from many places could work out the house.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from cases.models import Case, Category, MeToo
from cases.places import PublicPlace, public_places
from geo.crs import metres_per_degree

SHOWN = 3  # cards; more are not read
OLDEST = timedelta(days=90)
CELL = 100.0  # metres; how far a hexagon's middle may be from what lies in it


@dataclass(frozen=True)
class Near:
    case: Case
    place: PublicPlace
    metres: int


def nearby(point: Point, now: datetime, category: Category | None = None) -> list[Near]:
    """Open cases near a point (EPSG:4326) that may be the same matter, the nearest first; `category` None: any."""
    rows = _candidates(point, now, category)
    places = public_places(rows)
    found = []
    for case in rows:
        place = places[case.pk]
        metres = _metres(point, place)
        if metres is not None and metres <= case.category.near_m + (CELL if place.kind == "cell" else 0):
            found.append(Near(case, place, round(metres)))
    return sorted(found, key=lambda near: (near.metres, -near.case.pk))[:SHOWN]


def me_too(case: Case, *, key: UUID, mark: str = "") -> bool:
    """Count somebody who met the same; False where they were counted before. `key` is made by the client."""
    try:
        with transaction.atomic():
            MeToo.objects.create(case=case, key=key, mark=mark)
            Case.objects.filter(pk=case.pk).update(me_too=F("me_too") + 1)
    except IntegrityError:
        return False
    return True


def _candidates(point: Point, now: datetime, category: Category | None) -> list[Case]:
    """By their own points, with room to spare: what is near by its public place is not far by its own."""
    kinds = Category.objects.filter(sensitive=False)
    kinds = kinds.filter(pk=category.pk) if category else kinds
    widest = max(kinds.values_list("near_m", flat=True), default=0)
    reach = (widest + 2 * CELL) / min(metres_per_degree(point.y))
    rows: QuerySet[Case] = Case.objects.open().filter(category__in=kinds, reported_at__gte=now - OLDEST)
    rows = rows.filter(point__dwithin=(point, reach)).select_related("category", "building", "community")
    return list(rows.order_by("-pk")[:60])


def _metres(point: Point, place: PublicPlace) -> float | None:
    if place.lon is None or place.lat is None:
        return None
    east_m, north_m = metres_per_degree(point.y)
    return (((place.lon - point.x) * east_m) ** 2 + ((place.lat - point.y) * north_m) ** 2) ** 0.5
