"""A draft as it goes to review: its shapes written out, so that what is approved is what will be published."""

from collections.abc import Mapping

from django.db import transaction

from buildings.models import Stairwell
from geo.draft import LEVELS
from grids.drawing import draw
from grids.models import Assignment, Grid, Plan
from planning.engine import current
from planning.models import DraftGrid
from planning.table import Key, Table


@transaction.atomic
def freeze(plan: Plan) -> Table:
    """Write the shapes and assignments of a draft as its table has them, and give each new grid its row."""
    table = current(plan)
    grids = _grids(plan, table)
    labels = {level: table.state.layers[level].label for level in LEVELS}
    draw(
        plan=plan,
        cells=dict(table.state.fabric.cells),
        grid_of={cell: grids["grid", label] for cell, label in labels["grid"].items()},
        segment_of={cell: grids["segment", label] for cell, label in labels["segment"].items()},
        keeps_cells=True,
    )
    _assign_guests(plan, table, grids)
    _expect_pieces(plan, table, grids)
    return table


def _grids(plan: Plan, table: Table) -> dict[Key, Grid]:
    """The grid that each label with cells stands for; new ones are made, and what was made is known to the draft."""
    rows = {(row.level, row.label): row for row in DraftGrid.objects.filter(draft__plan=plan).select_related("grid")}
    wanted = {key: rows[key] for key in table.drawn()}
    fresh = [row for row in wanted.values() if row.grid is None]
    for row in fresh:
        row.grid = Grid(community=plan.community, name=row.name, kind=row.kind, level=_LEVELS[row.level])
    Grid.objects.bulk_create([row.grid for row in fresh if row.grid])
    DraftGrid.objects.bulk_update(fresh, ["grid"], batch_size=500)
    return {key: row.grid for key, row in wanted.items() if row.grid}


_LEVELS = {"grid": Grid.Level.GRID, "segment": Grid.Level.SEGMENT}


def _assign_guests(plan: Plan, table: Table, grids: Mapping[Key, Grid]) -> None:
    """Stairwells without a cell of their own belong where the cell that they lie in belongs."""
    hosts = table.state.ground.host
    shapes = dict(plan.boundaries.values_list("grid", "pk"))
    homes = {unit: shapes[grids[key].pk] for unit, cell in hosts.items() if (key := _deepest(table, cell))}
    doors = Stairwell.objects.standing().filter(code__in=homes).values_list("pk", "code")
    rows = [Assignment(plan=plan, stairwell_id=pk, boundary_id=homes[code]) for pk, code in doors]
    Assignment.objects.bulk_create(rows, batch_size=2000)


def _deepest(table: Table, cell: str) -> Key | None:
    found = [(level, label) for level in LEVELS if (label := table.state.label(level, cell))]
    return found[-1] if found else None


def _expect_pieces(plan: Plan, table: Table, grids: Mapping[Key, Grid]) -> None:
    """In how many pieces each grid may lie at most: the gate asks whether it lies in as many as are written here."""
    for boundary in plan.boundaries.exclude(pieces=1).select_related("grid"):
        level = LEVELS[boundary.grid.level - 1]
        label = next(key[1] for key, grid in grids.items() if key[0] == level and grid.pk == boundary.grid_id)
        boundary.pieces = min(boundary.pieces, table.state.allowed.get((level, label), 1))
        boundary.save(update_fields=["pieces"])
