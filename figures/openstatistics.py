"""
The statistics that everybody may read: whole communities and what is above them, in whole quarters that have ended.

The figures of a quarter are trees: a district, its subdistricts, their communities, and in each community the classes
of matters, sensitive ones as one class of their own. What fewer than 8 households or 3 reporters stand behind is
withheld, and what it could be worked out from as well (geo/suppression.py). Of classes nothing is told above the
community, where it would cut across. A rate is told in whole per cent, and only where it divides by ten or more: it is
a figure about those who were rated or due, and they are fewer than those who reported.

Grids are not here: they cross the hexagons of the public hot spots, and the difference would be a few houses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.core.cache import cache
from django.utils.translation import gettext as _

from buildings.models import Area
from cases import places
from cases.columns import Columns, read
from cases.models import Category, OpenPlace
from figures.openheat import asked_period, periods
from figures.periods import Period
from figures.statistics import DIGITS, METRICS, RATES, SENSITIVE, Metric, Row, Wish, reported, rows
from geo.suppression import suppress

__all__ = ["BY", "OpenRow", "asked_period", "periods", "table"]

BY = (*DIGITS, "class")
KEPT = 300  # seconds: a city's quarter takes one to count, and everybody may ask
LEAST = 10  # cases, below which no rate is told
Node = tuple[str, str]  # an area's code and a class, "" for all


@dataclass(frozen=True)
class OpenRow:
    """What the public may know of a row: None is withheld."""

    code: str
    name: str
    reported: int | None
    values: dict[str, int | None]

    def value(self, metric: Metric) -> int | None:
        return self.values.get(metric.key)


def table(period: Period, by: str, code: str, now: datetime) -> list[OpenRow]:
    """The areas of a depth below a code, or the classes of one community. Raises `ValueError` for another question."""
    if by not in BY or (by == "class" and len(code) != DIGITS["community"]):
        raise ValueError(by)
    kept: Any = cache.get_or_set(f"openstatistics-{period.name}", lambda: _nodes(period), KEPT)
    counts, shown = kept
    named = _areas_below(code, by) if by in DIGITS else _classes()
    figures = _figures(period, by, code, now)
    return [_row(at, name, _node(by, code, at), counts, shown, figures) for at, name in named]


def _node(by: str, code: str, at: str) -> Node:
    return (at, "") if by in DIGITS else (code, at)


def _row(at: str, name: str, node: Node, counts: dict, shown: set, figures: dict[str, Row]) -> OpenRow:
    if node not in shown:
        return OpenRow(at, name, None, {})
    found = figures.get(at)
    values = {metric.key: _rounded(found, metric) for metric in METRICS} if found else {}
    return OpenRow(at, name, counts[node], values)


def _rounded(row: Row, metric: Metric) -> int | None:
    """Whole per cent or hours; None where too few stand behind it."""
    behind = row.figures[metric.whole if metric in RATES else "counted"]
    value = row.value(metric)
    return None if value is None or behind < LEAST else round(value)


def _figures(period: Period, by: str, code: str, now: datetime) -> dict[str, Row]:
    wish = Wish(period, by=by if by in DIGITS else "open_class", codes=(code,))
    return {row.code: row for row in rows(wish, now)}


def _areas_below(code: str, by: str) -> list[tuple[str, str]]:
    areas = Area.objects.filter(level=DIGITS[by], code__startswith=code).order_by("code")
    return list(areas.values_list("code", "name"))


def _classes() -> list[tuple[str, str]]:
    named = Category.objects.filter(parent=None, sensitive=False).order_by("code").values_list("code", "name")
    return [*named, (SENSITIVE, _("个人和家庭的事"))]


# --- what may be shown ------------------------------------------------------------------------------------------------


def _nodes(period: Period) -> tuple[dict[Node, int], set[Node]]:
    """The count of each figure, and those that are shown."""
    places.be_drawn()
    homes = _households()
    columns = read(reported(Wish(period)).filter(community__isnull=False))
    of_area, of_class = _codes_of(columns)
    nodes = _tree(homes)
    counts, people = _counted(columns, of_area, of_class)
    mask = suppress(
        [counts.get(node, 0) for node in nodes],
        [homes[node[0]] for node in nodes],
        [people.get(node, 0) for node in nodes],
        parent=_parents(nodes),
        matter=[bool(node[1]) for node in nodes],
    )
    return {node: counts.get(node, 0) for node in nodes}, {node for node, yes in zip(nodes, mask, strict=True) if yes}


def _households() -> dict[str, int]:
    """Households by the code of each community and of all above it."""
    found: dict[str, int] = {}
    rows = OpenPlace.objects.filter(cell=None, building=None, area__level=DIGITS["community"])
    for code, homes in rows.values_list("area__code", "households"):
        for digits in DIGITS.values():
            found[code[:digits]] = found.get(code[:digits], 0) + homes
    return found


def _tree(homes: Iterable[str]) -> list[Node]:
    """All figures, each after the one that it is a part of."""
    areas = sorted(homes, key=lambda code: (len(code), code))
    classes = [code for code, _name in _classes()]
    return [(area, "") for area in areas] + [(area, kind) for area in areas if len(area) == 12 for kind in classes]


def _parents(nodes: list[Node]) -> list[int]:
    at = {node: place for place, node in enumerate(nodes)}
    above = {12: 9, 9: 6, 6: 0}
    return [at.get((area, "") if kind else (area[: above[len(area)]], ""), -1) for area, kind in nodes]


def _codes_of(columns: Columns) -> tuple[Any, Any]:
    """Of each case the code of its community and its class."""
    codes = dict(Area.objects.communities().values_list("pk", "code"))
    kinds = Category.objects.values_list("pk", "code", "parent__code", "sensitive", "parent__sensitive")
    class_of = {pk: SENSITIVE if own or its else above or code for pk, code, above, own, its in kinds}
    of_area = np.array([codes[pk] for pk in columns.community.tolist()], dtype="U12")
    return of_area, np.array([class_of[pk] for pk in columns.category.tolist()], dtype="U8")


def _counted(columns: Columns, of_area: Any, of_class: Any) -> tuple[dict[Node, int], dict[Node, int]]:
    """Cases and different reporters of each figure; all who left no mark are one."""
    counts: dict[Node, int] = {}
    people: dict[Node, set[int]] = {}
    for area, kind, who in zip(of_area.tolist(), of_class.tolist(), columns.who.tolist(), strict=True):
        for node in (*((area[:digits], "") for digits in DIGITS.values()), (area, kind)):
            counts[node] = counts.get(node, 0) + 1
            people.setdefault(node, set()).add(who)
    return counts, {node: len(marks) for node, marks in people.items()}
