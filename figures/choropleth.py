"""Requests by grid, for staff: counted in the grid of their intake (law 6), drawn as the net is on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.utils import timezone

from cases.columns import Whole, read
from cases.study import Ground
from figures.heat import Wish, between, chosen, counted, share_of
from geo.hotspot import PER, trend
from grids.census import census
from grids.models import Grid, GridBoundary


@dataclass(frozen=True)
class GridRow:
    """A grid; of one that is not in force that day there are requests, but neither households nor a shape."""

    code: str
    name: str
    community: str
    boundary: int | None
    count: int
    households: int
    before: int
    change: float
    change_q: float
    lon: float | None = None
    lat: float | None = None

    @property
    def rate(self) -> float | None:
        """Per 100 households."""
        return PER * self.count / self.households if self.households else None


def grid_rows(ground: Ground, wish: Wish, on: date) -> list[GridRow]:
    """The grids of the first level on a ground, those in force on a day and those that had requests."""
    period = wish.period
    mine = between(counted(ground.cases()), period.before, period).filter(community__in=list(ground.communities))
    columns = read(chosen(mine, wish).filter(intake_grid__isnull=False), people=False)
    now = columns.at >= period.span[0].timestamp()
    count, before = _tally(columns.grid[now]), _tally(columns.grid[~now])
    shapes = _shapes(ground, on)
    grids = Grid.objects.filter(pk__in={*shapes, *count, *before}).select_related("community").order_by("code", "pk")
    return _rows(list(grids), shapes, count, before, share_of(period, timezone.localdate()))


def _tally(grids: Whole) -> dict[int, int]:
    found, times = np.unique(grids, return_counts=True)
    return dict(zip(found.tolist(), times.tolist(), strict=True))


def _shapes(ground: Ground, on: date) -> dict[int, GridBoundary]:
    rows = GridBoundary.objects.in_force(on).filter(
        grid__community__in=list(ground.communities), grid__level=Grid.Level.GRID
    )
    return {row.grid_id: row for row in rows.only("grid", "plan", "label")}


def _rows(
    grids: list[Grid],
    shapes: Mapping[int, GridBoundary],
    count: Mapping[int, int],
    before: Mapping[int, int],
    share: float,
) -> list[GridRow]:
    lives = census({shape.plan_id for shape in shapes.values()})
    now, past = ([times.get(grid.pk, 0) for grid in grids] for times in (count, before))
    found = trend(now, past, share=share)
    return [
        GridRow(
            code=grid.code or "",
            name=grid.name,
            community=grid.community.name,
            boundary=shape.pk if shape else None,
            count=now[n],
            households=lives[shape.pk].households if shape else 0,
            before=past[n],
            change=float(found.change[n]),
            change_q=float(found.q[n]),
            lon=shape.label.x if shape else None,
            lat=shape.label.y if shape else None,
        )
        for n, (grid, shape) in enumerate((grid, shapes.get(grid.pk)) for grid in grids)
    ]
