"""
Hot spots for everybody: the figures of hexagons that may be shown, and no others (law 10).

- Hexagons are those of cases/places.py: 8 households in each, and in what is hidden of a community. A hexagon of two
  communities counts in those of them in which it is shown.
- Periods are whole quarters that have ended: a figure of a day more would tell of that day.
- A case counts as one of its class (two digits of its category) or of its level, never of both at once. For one period
  the figures of a hexagon are two trees, the whole and its classes, the whole and its levels; a part with fewer than 3
  reporters is hidden, and where it could be worked out another with it (`geo.suppression`).
- Sensitive categories are left out altogether: they are counted for whole communities, elsewhere.
- Gi*, density and trend are worked out from what is shown (`figures.heat.table`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Q
from django.db.models.functions import Coalesce

from cases import places
from cases.columns import Columns, Whole, read
from cases.models import Case, Category, OpenPlace
from cases.places import LATTICE
from cases.study import Flags, Houses, Study
from figures.heat import Table, Wish, between, counted, share_of, table, tally
from figures.periods import Period, back_to, last_ended, parse
from geo.hexagons import Cells
from geo.suppression import suppress

MONTHS = 3  # of a public period
Part = tuple[str, int | None]  # a class by its code, or a level; ("", None) is the whole
Parts = dict[Part, tuple[Whole, Whole]]  # requests and reporters of each hexagon
WHOLE: Part = ("", None)


def periods(on: date) -> list[Period]:
    """The ended quarters since the first case, the newest first; none before there are any."""
    first = Case.objects.order_by("reported_at").values_list("reported_at__date", flat=True).first()
    return [period for period in back_to(first, on, MONTHS) if period.ended(on)] if first else []


def asked_period(name: str, on: date) -> Period | None:
    """The public period of a name, the last one where none is named; None for one that is not public on that day."""
    period = parse(name) if name else last_ended(on, MONTHS)
    return period if period and period.months == MONTHS and period.ended(on) else None


def classes() -> list[Category]:
    """The classes that may be asked for."""
    return list(Category.objects.filter(parent=None, sensitive=False).order_by("code"))


def figures(wish: Wish, of_period: "Callable[[Period], Figures]") -> Table:
    """
    The public figures of each hexagon with a building, for a class or a level or neither.

    `of_period` is `figures_of`, or what has kept its answers: they serve all classes and levels.
    """
    ground, part = open_ground(), (wish.category, wish.level)
    counts, shown = of_period(wish.period).of(part)
    before, was_shown = of_period(wish.period.before).of(part)
    homes, share = ground.households, share_of(wish.period, wish.period.end)
    return table(LATTICE, ground.study, counts, before, homes, share=share, shown=shown, was_shown=was_shown)


# --- the public ground ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenGround:
    """Hexagons with a building, sorted; their households as far as they are shown; and what is shown of them."""

    study: Study
    households: Whole
    open_parts: frozenset[tuple[int, int]]  # community and hexagon
    houses: Houses

    @property
    def cells(self) -> Cells:
        return self.study.cells


def open_ground() -> OpenGround:
    places.be_drawn()
    parts, houses = _parts(), _houses()
    cells, first = np.unique(parts["cell"], return_index=True)
    shown = parts[parts["shown"]]
    homes = np.bincount(np.searchsorted(cells, shown["cell"]), shown["households"], len(cells)).astype(np.int64)
    study = Study(cells, parts["town"][first], np.ones(len(cells), dtype=bool))
    return OpenGround(study, homes, frozenset(zip(shown["area"].tolist(), shown["cell"].tolist(), strict=True)), houses)


def _parts() -> Any:
    """Communities' parts of hexagons; first the one with most households, which says the hexagon's town."""
    rows = OpenPlace.objects.filter(cell__isnull=False, building=None).order_by("-households", "area")
    town = Coalesce("area__parent", 0, output_field=BigIntegerField())
    kinds = [("area", "i8"), ("town", "i8"), ("cell", "i8"), ("households", "i8"), ("shown", "?")]
    return np.array(list(rows.values_list("area", town, "cell", "households", "shown")), dtype=kinds)


def _houses() -> Houses:
    rows = OpenPlace.objects.filter(building__isnull=False).order_by("building")
    found = list(rows.values_list("building", "area", "cell", "households"))
    building, area, cells, households = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return Houses(building, area, cells, households, LATTICE)


# --- what may be shown of a period ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """Requests of each public hexagon in one period, by part, and which of them may be shown."""

    counts: dict[Part, Whole]
    shown: dict[Part, Flags]

    def of(self, part: Part) -> tuple[Whole, Flags]:
        """A part that nobody reported is as hidden as one that two did."""
        nothing = np.zeros_like(self.counts[WHOLE])
        return self.counts.get(part, nothing), self.shown.get(part, nothing.astype(bool))


def figures_of(period: Period) -> Figures:
    ground = open_ground()
    sensitive = Q(category__sensitive=True) | Q(category__parent__sensitive=True)
    columns = read(between(counted(Case.objects.exclude(sensitive)), period, period))
    where = ground.houses.cells_of(columns)
    open_to_all = _in_the_open(ground, columns, where)
    columns, where = columns.where(open_to_all), where[open_to_all]
    whole = _counted(ground, columns, where)
    by_class, by_level = _by_class(ground, columns, where), _by_level(ground, columns, where)
    counts = {part: count for part, (count, _people) in (by_class | by_level | {WHOLE: whole}).items()}
    return Figures(counts, _may_be_shown(ground, whole, by_class) | _may_be_shown(ground, whole, by_level))


def _in_the_open(ground: OpenGround, columns: Columns, where: Cells) -> Flags:
    """Which cases are in a hexagon that is shown as a part of their community."""
    pairs, place = np.unique(np.stack([columns.community, where], axis=1), axis=0, return_inverse=True)
    yes = np.array([(area, cell) in ground.open_parts for area, cell in pairs.tolist()], dtype=bool)
    return yes[place.ravel()]


def _by_class(ground: OpenGround, columns: Columns, where: Cells) -> Parts:
    rows = Category.objects.values_list("pk", "code", "parent__code")
    class_of = {pk: above or code for pk, code, above in rows}
    codes = np.array([class_of[pk] for pk in columns.category.tolist()], dtype="U8")
    return {(str(code), None): _counted(ground, columns, where, codes == code) for code in np.unique(codes)}


def _by_level(ground: OpenGround, columns: Columns, where: Cells) -> Parts:
    levels = np.unique(columns.level)
    return {("", int(level)): _counted(ground, columns, where, columns.level == level) for level in levels}


def _counted(ground: OpenGround, columns: Columns, where: Cells, some: Any = slice(None)) -> tuple[Whole, Whole]:
    """Requests and different reporters of each hexagon; all who left no mark are one."""
    people = np.unique(np.stack([where[some], columns.who[some]], axis=1), axis=0)[:, 0]
    return tally(where[some], ground.cells), tally(people, ground.cells)


def _may_be_shown(ground: OpenGround, whole: tuple[Whole, Whole], parts: Parts) -> dict[Part, Flags]:
    """Which figures of the hexagons and of their parts may be shown: each hexagon is a tree of its own."""
    many, n = len(ground.cells), 1 + len(parts)
    counts, people = (np.concatenate([whole[i], *(part[i] for part in parts.values())]) for i in (0, 1))
    parent = np.concatenate([np.full(many, -1), np.tile(np.arange(many), n - 1)])
    matter = np.repeat([False] + [True] * (n - 1), many)
    shown = suppress(counts, np.tile(ground.households, n), people, parent=parent, matter=matter)
    return dict(zip([WHOLE, *parts], shown.reshape(n, many), strict=True))
