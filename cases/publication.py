"""
Open cases move with the net: when a plan comes into force, each goes to the grid and the person that it has then.

Once a plan, with a row that says so; closed cases stay as they are (law 6). planning/chain.py asks for it when it
publishes or restores a plan whose day is here; `follow_all` is the clock's, for days that came since.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from buildings.models import Area
from cases import dispatch, notices
from cases.models import ENDED, Case, Level, Move
from grids.models import Appointment, Grid, Plan

ROWS = 2000  # a statement
NEAR = 15  # metres: so far from a shape, the grid that a person chose for a case on its edge is kept


def follow_all(on: date) -> int:
    """Take the open cases of every community to the plan of a day; how many moved. One query where none is behind."""
    behind = Plan.objects.in_force(on).filter(pk__in=_plans_with_stragglers(on)).select_related("community")
    return sum(follow(plan.community, on, None) for plan in behind)


@transaction.atomic
def follow(community: Area, on: date, by: User | None) -> int:
    """
    Take the open cases of a community to the plan in force on a day; how many moved. Once a plan: again, none.

    A case goes where its door is assigned, else where its point lies. One that a person placed on an edge stays where
    they put it while that grid is within 15 m. Whoever has it keeps it in the same grid; a handling unit always does.
    """
    # Its row is the lock: whoever follows at the same time waits here, and finds nothing left to do.
    plan = Plan.objects.select_for_update(no_key=True).in_force(on).filter(community=community).first()
    found = _stragglers(plan) if plan else []
    if plan is None or not found:
        return 0
    grids = Grid.objects.in_bulk({pk for row in found for pk in (row.grid, row.before) if pk})
    people = _people(found, grids, on)
    _write(found, people)
    _rows(plan, found, grids, people, by)
    return len(found)


@dataclass(frozen=True)
class Straggler:
    """An open case that has not moved to a plan yet; grids and cells by key. `grid` None: none of the plan holds it."""

    case: int
    before: int | None
    grid: int | None
    cell: int | None  # its segment, or its grid where that has none
    level: int
    category: int
    person: int | None
    unit: int | None
    status: str
    due_at: Any


_OPEN_AND_BEHIND = """
    one.status <> ALL(%(ended)s) AND one.intake_plan_id IS DISTINCT FROM {plan}
    AND NOT EXISTS (SELECT FROM cases_move WHERE case_id = one.id AND plan_id = {plan})
"""
_WHO_IS_BEHIND = f"""
SELECT DISTINCT plan.id FROM grids_plan AS plan JOIN cases_case AS one ON one.community_id = plan.community_id
WHERE plan.in_force @> %(on)s::date AND {_OPEN_AND_BEHIND.format(plan="plan.id")}
"""
_STRAGGLERS = f"""
SELECT one.id, one.grid_id, COALESCE(home.grid_id, kept.grid_id, spot.grid_id), COALESCE(cell.grid_id, spot.grid_id),
       one.level, one.category_id, one.person_id, one.handling_unit_id, one.status, one.due_at
FROM cases_case AS one
LEFT JOIN grids_assignment AS door ON door.stairwell_id = one.stairwell_id AND door.plan_id = %(plan)s
LEFT JOIN grids_gridboundary AS cell ON cell.id = door.boundary_id
LEFT JOIN grids_gridboundary AS home ON home.id = COALESCE(cell.parent_id, cell.id)
LEFT JOIN LATERAL (
    SELECT shape.grid_id FROM grids_gridboundary AS shape
    WHERE home.id IS NULL AND shape.plan_id = %(plan)s AND shape.grid_id = one.grid_id
      AND ST_DWithin(shape.boundary::geography, one.point::geography, {NEAR})
      AND EXISTS (SELECT FROM cases_move WHERE case_id = one.id AND act = 'place')
) AS kept ON true
LEFT JOIN LATERAL (
    SELECT shape.grid_id FROM grids_gridboundary AS shape JOIN grids_grid AS grid ON grid.id = shape.grid_id
    WHERE home.id IS NULL AND shape.plan_id = %(plan)s AND grid.level = 1 AND ST_Covers(shape.boundary, one.point)
    ORDER BY grid.code LIMIT 1
) AS spot ON true
WHERE one.community_id = %(community)s AND {_OPEN_AND_BEHIND.format(plan="%(plan)s")}
ORDER BY one.id
FOR UPDATE OF one
"""


def _plans_with_stragglers(on: date) -> list[int]:
    wanted: dict[str, Any] = {"on": on, "ended": [str(status) for status in ENDED]}
    with connection.cursor() as cursor:
        cursor.execute(_WHO_IS_BEHIND, wanted)
        return [pk for (pk,) in cursor.fetchall()]


def _stragglers(plan: Plan) -> list[Straggler]:
    wanted: dict[str, Any] = {
        "plan": plan.pk,
        "community": plan.community_id,
        "ended": [str(status) for status in ENDED],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STRAGGLERS, wanted)
        return [Straggler(*row) for row in cursor.fetchall()]


def _people(found: list[Straggler], grids: dict[int, Grid], on: date) -> dict[int, int | None]:
    """Who has each case now. Asked once for all cases of a cell and a category."""
    posted = set(Appointment.objects.in_force(on).filter(person__in={row.person for row in found if row.person})
                 .values_list("person", flat=True))  # fmt: skip
    answers: dict[tuple[int | None, int], int | None] = {}
    people: dict[int, int | None] = {}
    for row in found:
        if row.unit or row.level > Level.GRID or (row.grid == row.before and row.person in posted):
            people[row.case] = row.person
            continue
        key = (row.cell, row.category)
        if key not in answers:
            answers[key] = _desk(row, grids.get(row.grid or 0), on)
        people[row.case] = answers[key]
    return people


def _desk(row: Straggler, grid: Grid | None, on: date) -> int | None:
    case = Case.objects.select_related("category", "community", "stairwell").get(pk=row.case)
    case.grid = grid
    person = dispatch.desk_of(case, on=on)
    return person.pk if person else None


def _write(found: list[Straggler], people: dict[int, int | None]) -> None:
    """One statement for all of them. Where no grid of the plan holds a case, a person decides."""
    statement = """
        UPDATE cases_case AS one
        SET grid_id = new.grid, person_id = new.person, version = one.version + 1,
            needs_place = one.needs_place OR new.grid IS NULL
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS new (pk, grid, person) WHERE one.id = new.pk
    """
    columns = [row.case for row in found], [row.grid for row in found], [people[row.case] for row in found]
    with connection.cursor() as cursor:
        cursor.execute(statement, columns)


def _rows(
    plan: Plan, found: list[Straggler], grids: dict[int, Grid], people: dict[int, int | None], by: User | None
) -> None:
    now = timezone.now()
    moves = [
        Move(
            case_id=row.case,
            at=now,
            act="replan",
            by=by,
            status=row.status,
            level=row.level,
            grid_id=row.grid,
            person_id=people[row.case],
            handling_unit_id=row.unit,
            reason=_reason(plan, row, grids),
            due_at=row.due_at,
            plan=plan,
        )
        for row in found
    ]
    written = Move.objects.bulk_create(moves, batch_size=ROWS)
    notices.tell_of_handover([move for move, row in zip(written, found, strict=True) if move.person_id != row.person])


def _reason(plan: Plan, row: Straggler, grids: dict[int, Grid]) -> str:
    words = {"number": plan.number, "old": grids.get(row.before or 0) or "—", "new": grids.get(row.grid or 0) or "—"}
    if row.grid == row.before:
        return _("第 %(number)d 号网格方案施行，网格不变。") % words
    return _("第 %(number)d 号网格方案施行：%(old)s → %(new)s。") % words
