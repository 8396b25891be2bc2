"""
Where and when requests pile up: the figures of each hexagon for staff, exact, over the ground that they answer for.

What the public gets is in figures/openheat.py, worked out by the same `table` from figures that may be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Q, QuerySet

from cases.columns import Columns, Floats, Whole, read
from cases.models import Case, Status
from cases.study import Flags, Ground, Houses, Study, houses_of, study_of
from figures.periods import Period, weeks
from geo.hexagons import Cells, Lattice, neighbours
from geo.hotspot import (
    HOT,
    Emergence,
    density,
    emerging,
    false_discovery,
    gi_star,
    hexagon_window,
    is_hot,
    per_households,
    trend,
    two_sided,
)

FINE = Lattice(50.0)  # 87 m wide, 0.65 ha: a few houses and their yards
BANDWIDTH = 300.0  # metres, of the kernel density: some three compounds, smooth enough for the eye
LEAST = 5.0  # requests in a window, below which nothing is called hot: see `geo.hotspot.is_hot`
WEEKS = 12  # that tell a new hot spot from an old one
UNSEEN = 1.0  # what a withheld cell counts as in the z of the others: most hold 0 to 2 requests
NOT_COUNTED = (Status.REJECTED, Status.VOIDED)


@dataclass(frozen=True)
class Wish:
    """What is asked for: a period, a category with all below it (code), a level of handling."""

    period: Period
    category: str = ""
    level: int | None = None


@dataclass(frozen=True)
class Table:
    """
    A row a hexagon, sorted by it. Of one that is not shown all figures are missing (NaN) or without meaning (0).

    `rate` is per 100 households, `z`, `p`, `q` are of Gi*, `density` is per square kilometre, `change` and `change_q`
    compare with the period before.
    """

    lattice: Lattice
    cells: Cells
    shown: Flags
    counts: Whole
    households: Whole
    rate: Floats
    z: Floats
    p: Floats
    q: Floats
    hot: Flags
    density: Floats
    before: Whole
    change: Floats
    change_q: Floats

    def where(self, chosen: Flags) -> "Table":
        """The rows that a mask chooses."""
        columns = {name: column[chosen] for name, column in vars(self).items() if name != "lattice"}
        return Table(lattice=self.lattice, **columns)


def counted(cases: QuerySet[Case]) -> QuerySet[Case]:
    """All that were reported, whatever became of them, but for what was no matter for anybody."""
    return cases.exclude(status__in=NOT_COUNTED)


def chosen(cases: QuerySet[Case], wish: Wish) -> QuerySet[Case]:
    """Of a category (or class) and a level of handling."""
    if wish.category:
        cases = cases.filter(Q(category__code=wish.category) | Q(category__parent__code=wish.category))
    return cases if wish.level is None else cases.filter(level=wish.level)


def between(cases: QuerySet[Case], since: Period, until: Period) -> QuerySet[Case]:
    return cases.filter(reported_at__gte=since.span[0], reported_at__lt=until.span[1])


def figures(ground: Ground, wish: Wish, today: date) -> Table:
    """The exact figures of each hexagon of a ground, which is compared with the towns that it lies in; until today."""
    cases = between(counted(ground.cases()), wish.period.before, wish.period)
    columns, where, study, houses = _on_ground(ground, chosen(cases, wish))
    now = columns.at >= wish.period.span[0].timestamp()
    counts, before = tally(where[now], study.cells), tally(where[~now], study.cells)
    every = np.ones(len(study.cells), dtype=bool)
    homes = houses.households_in(study.cells)
    share = share_of(wish.period, today)
    return table(FINE, study, counts, before, homes, share=share, shown=every, was_shown=every).where(study.mine)


def _on_ground(ground: Ground, cases: QuerySet[Case]) -> tuple[Columns, Cells, Study, Houses]:
    columns, houses = read(cases, people=False), houses_of(ground, FINE)
    where = houses.cells_of(columns)
    return columns, where, study_of(ground, houses, columns, where), houses


def table(
    lattice: Lattice,
    study: Study,
    counts: Whole,
    before: Whole,
    households: Whole,
    *,
    share: float,
    shown: Flags,
    was_shown: Flags,
) -> Table:
    """
    All figures of hexagons from their counts in a period and in the one before, `share` of whose days are in this one.

    Nothing in it depends on a count that is not shown, nor on one of the period before that was not.
    """
    known, both = np.where(shown, counts, UNSEEN), shown & was_shown
    z, p, q, sums = _gi_by_town(known, study)
    change, change_q = _trend(counts, before, both, share)
    return Table(
        lattice=lattice,
        cells=study.cells,
        shown=shown,
        counts=np.where(shown, counts, 0),
        households=np.where(shown, households, 0),
        rate=_only(shown, per_households(counts, households)),
        z=_only(shown, z),
        p=_only(shown, p),
        q=_only(shown, q),
        hot=is_hot(z, q, sums, level=HOT, least=LEAST) & shown,
        density=_only(shown, _density_at(lattice, study.cells, np.where(shown, counts, 0))),
        before=np.where(both, before, 0),
        change=change,
        change_q=change_q,
    )


def share_of(period: Period, today: date) -> float:
    """Of the days of a period and of the one before, the part in this one; of a running period the days until today."""
    days = (min(period.end, today + timedelta(days=1)) - period.start).days
    return days / (days + period.before.days)


def tally(where: Cells, cells: Cells) -> Whole:
    """How many of the positions lie in each cell; all of them lie in one."""
    return np.bincount(np.searchsorted(cells, where), minlength=len(cells)).astype(np.int64)


def _gi_by_town(values: Floats, study: Study) -> tuple[Floats, Floats, Floats, Floats]:
    """z, p and q of Gi* among the hexagons of each town, and the sum in each window."""
    z, p, q, sums = np.zeros((4, len(values)))
    for town in np.unique(study.town):
        here = study.town == town
        around = hexagon_window(study.cells[here])
        z[here] = gi_star(values[here], around)
        p[here] = two_sided(z[here])
        q[here], sums[here] = false_discovery(p[here]), around.sum_of(values[here])
    return z, p, q, sums


def _only(shown: Flags, values: Floats) -> Floats:
    return np.where(shown, values, np.nan)


def _density_at(lattice: Lattice, cells: Cells, counts: Whole) -> Floats:
    some = counts > 0
    reached, height = density(lattice, cells[some], counts[some], bandwidth=BANDWIDTH)
    if not len(reached):
        return np.zeros(len(cells))
    place = np.minimum(np.searchsorted(reached, cells), len(reached) - 1)
    return np.where(reached[place] == cells, height[place], 0.0)


def _trend(counts: Whole, before: Whole, both: Flags, share: float) -> tuple[Floats, Floats]:
    found = trend(counts[both], before[both], share=share)
    change, q = np.full((2, len(counts)), np.nan)
    change[both], q[both] = found.change, found.q
    return change, q


def cases_in(ground: Ground, wish: Wish, cells: Sequence[int], since: Period, until: Period) -> QuerySet[Case]:
    """The cases that are counted in some of the hexagons of one's own ground."""
    houses, wanted = houses_of(ground, FINE), np.array(cells, dtype=np.int64)
    inside = np.isin(houses.cells, wanted)
    mine = chosen(between(counted(ground.cases()), since, until), wish).filter(community__in=list(ground.communities))
    streets = mine.exclude(building__in=houses.building.tolist()).filter(point__bboverlaps=_box(wanted))
    points = {pk: point.coords for pk, point in streets.values_list("pk", "point")}
    found = FINE.cells_of(*zip(*points.values(), strict=True)) if points else wanted[:0]
    beside = [pk for pk, cell in zip(points, found.tolist(), strict=True) if cell in set(cells)]
    return mine.filter(Q(building__in=houses.building[inside].tolist()) | Q(pk__in=beside))


def _box(cells: Cells) -> Polygon:
    return Polygon.from_bbox(shapely.total_bounds(FINE.polygons(cells)))


# --- hot spots that emerge --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Emerging:
    """
    Hexagons side by side that were hot in the last whole week: one hot spot.

    `kind` says since when, of the `peak`: the hexagon with the most requests of that week, in its window and then in
    itself. `weekly` are the requests of all of them week by week, the oldest first.
    """

    peak: int
    cells: tuple[int, ...]
    kind: Emergence
    weekly: tuple[int, ...]


def emerging_now(ground: Ground, wish: Wish, on: date) -> list[Emerging]:
    """What was hot in the last whole week before a day, the busiest first; of a wish, whatever its period."""
    spans = weeks(on, WEEKS)
    cases = chosen(between(counted(ground.cases()), spans[0], spans[-1]), wish)
    columns, where, study, _houses = _on_ground(ground, cases)
    week = np.searchsorted([span.span[1].timestamp() for span in spans], columns.at, side="right")
    weekly = np.stack([tally(where[week == number], study.cells) for number in range(WEEKS)])
    found = [one for town in np.unique(study.town) for one in _emerged(weekly, study, study.town == town)]
    return sorted(found, key=lambda one: (-one.weekly[-1], one.peak))


def _emerged(weekly: Whole, study: Study, here: Flags) -> list[Emerging]:
    cells, counts = study.cells[here], weekly[:, here]
    around = hexagon_window(cells)
    kinds = np.array(emerging(counts, around, least=LEAST))
    sums = around.sum_of(counts[-1].astype(float))
    found = []
    for group in _side_by_side(cells, (kinds != "") & study.mine[here]):
        peak = group[np.lexsort((counts[-1][group], sums[group]))[-1]]
        total = counts[:, group].sum(axis=1)
        found.append(Emerging(int(cells[peak]), tuple(cells[group].tolist()), kinds[peak], tuple(total.tolist())))
    return found


def _side_by_side(cells: Cells, chosen: Flags) -> list[Whole]:
    """The chosen of the cells (sorted) in groups that hang together: numbers in `cells`."""
    left, groups = {int(cell): number for number, cell in enumerate(cells) if chosen[number]}, []
    while left:
        _cell, first = left.popitem()
        group = [first]
        for number in group:
            around = neighbours(cells[[number]])[0].tolist()
            group += [left.pop(cell) for cell in around if cell in left]
        groups.append(np.sort(group))
    return groups
