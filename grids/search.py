"""What people type, and who answers for it: an answer where the text names one place, else the choices."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from buildings import search
from buildings.address import clean
from buildings.models import Stairwell
from buildings.search import Match, alike
from grids.contact import Answer, answer, answer_for

# Three look-ups, each by an index: one condition over all three compared every name of the city.
_GRIDS = """
WITH named AS (
    SELECT id FROM grids_grid WHERE code = %(words)s
    UNION SELECT id FROM grids_grid WHERE name = %(words)s
    UNION
    SELECT grid.id
    FROM buildings_area AS home JOIN grids_grid AS grid ON grid.community_id = home.id
    WHERE starts_with(%(words)s, home.name) AND length(grid.name) > 1 AND home.name || grid.name = ANY(%(spellings)s)
)
SELECT grid.id, grid.code, grid.name, grid.level, home.name AS home,
       ST_X(shape.label) AS lon, ST_Y(shape.label) AS lat
FROM named
JOIN grids_grid AS grid USING (id)
JOIN buildings_area AS home ON home.id = grid.community_id
JOIN grids_gridboundary AS shape ON shape.grid_id = grid.id AND shape.in_force @> %(on)s::date
ORDER BY grid.level, grid.code
LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Found:
    """Either an answer, or the choices among which the one who asks must say."""

    answer: Answer | None
    choices: tuple[Match, ...]


def find(text: str, *, on: date | None = None, limit: int = 8) -> list[Match]:
    """Places that a text may mean, as `buildings.search.find`, and the grids of that name or code."""
    found = search.find(text, on=on, limit=limit)
    grids = _grids(clean(text), on or timezone.localdate(), limit)
    exact = [match for match in found if match.exact]
    return [*exact, *grids, *(match for match in found if not match.exact)][:limit]


def locate(text: str, *, on: date, limit: int = 8) -> Found:
    """Who answers for an address. A compound, a road or a building whose doors differ is a question back."""
    matches = find(text, on=on, limit=limit)
    exact = [match for match in matches if match.exact]
    if len(exact) != 1:
        return Found(None, tuple(exact or matches))
    return _ask(exact[0], on)


def answer_to(match: Match, *, on: date) -> Answer | None:
    """Who answers for a place that was found; None where it has no position."""
    if match.level == "stairwell":
        return answer_for(Stairwell(pk=match.pk), on=on)
    return answer(match.point, on=on) if match.point else None


def _ask(match: Match, on: date) -> Found:
    if match.level in ("stairwell", "facility", "grid", "segment"):
        return Found(answer_to(match, on=on), ())
    if match.level == "building":
        return _ask_building(match, on)
    return Found(None, (match, *search.buildings_of(match, on=on)))


def _ask_building(building: Match, on: date) -> Found:
    """One answer where all its doors have the same one, else: which door?"""
    doors = search.doors_of(building, on=on)
    answers = [answer_for(Stairwell(pk=door.pk), on=on) for door in doors]
    if not answers or len({one.contacts for one in answers}) == 1:
        return Found(answer_to(building, on=on), ())
    return Found(None, tuple(doors))


def _grids(words: str, on: date, limit: int) -> list[Match]:
    parameters: dict[str, Any] = {"words": words, "spellings": [words], "on": on, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_GRIDS, parameters)
        return [_grid(row, words) for row in cursor.fetchall()]


def _grid(row: tuple, words: str) -> Match:
    pk, code, name, level, home, lon, lat = row
    score = 1.0 if code == words else max(alike(name, words), alike(home + name, words))
    kind = "grid" if level == 1 else "segment"
    return Match(kind, code or "", home + name, home, score, score == 1.0, lon, lat, pk)
