"""The impact of one moved edge in a community of 20,000 buildings, against the bare SQL that finds whom it moves."""

from functools import partial

from django.db import connection, transaction

from accounts.models import User
from bench.chequer import CODE, chequer
from bench.harness import compare, measure, scratch
from grids.models import Plan
from planning import engine
from planning.base import Wish, begin
from planning.bounds import in_words
from planning.impact import impact

COLUMNS, ROWS, WIDE, HIGH = 200, 100, 10, 10  # 20,000 houses in 200 grids of 100


def main() -> None:
    with scratch("impact"):
        base = chequer(COLUMNS, ROWS, wide=WIDE, high=HIGH)
        plan = moved(base)
        with transaction.atomic():
            compare(
                "impact of a moved edge, 20,000 buildings; bare SQL", partial(impact, plan), partial(bare, base, plan)
            )
            measure("and the borders of both grids in words", lambda: in_words(impact(plan)))


def moved(base: Plan) -> Plan:
    """A draft in which ten houses of the first grid went to its neighbour."""
    planner = User.objects.create(username="planner", name="planner")
    plan = begin(community=base.community, by=planner, base="in_force", wish=Wish())
    units = [f"{CODE}{row * COLUMNS + WIDE:05d}01" for row in range(HIGH)]
    to = engine.current(plan).label("grid", f"{CODE}{WIDE + 1:05d}01")
    engine.apply(plan=plan, by=planner, version=0, op={"op": "assign", "units": units, "to": to})
    return plan


SQL = """
WITH moved AS (
    SELECT a.name, b.grid AS giver, a.grid AS taker
    FROM (SELECT * FROM grids_plancell WHERE plan_id = %(base)s) AS b
    JOIN (SELECT * FROM grids_plancell WHERE plan_id = %(plan)s) AS a USING (name)
    WHERE a.grid <> b.grid),
concerned AS (
    SELECT plan_id, name, grid FROM grids_plancell
    WHERE plan_id IN (%(base)s, %(plan)s)
      AND grid IN (SELECT giver FROM moved UNION SELECT taker FROM moved))
SELECT cell.plan_id, cell.grid, cell.name IN (SELECT name FROM moved), count(*), sum(home.people),
       count(*) FILTER (WHERE home.people = 1)
FROM concerned AS cell
JOIN buildings_stairwell door ON door.code = cell.name
JOIN buildings_dwelling flat ON flat.stairwell_id = door.id
JOIN buildings_household home ON home.dwelling_id = flat.id
GROUP BY 1, 2, 3"""


def bare(base: Plan, plan: Plan) -> list[tuple[object, ...]]:
    """Households, people and people living alone: those that move, and those of both grids before and after."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"base": base.pk, "plan": plan.pk})
        return list(cursor.fetchall())


if __name__ == "__main__":
    main()
