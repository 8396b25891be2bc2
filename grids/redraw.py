"""The only writer of a published boundary."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import count

from django.db import connection, transaction
from django.db.models import F, Max
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from accounts.models import User
from buildings.models import Stairwell
from grids.gate import PlanRefused, problems
from grids.handover import Choice, give_back, hand_over, names_before, rename, turned_back
from grids.models import Assignment, Grid, GridBoundary, Plan, PlanCell, label_of
from grids.outline import lock_around, settle

PUBLISHABLE = (Plan.Status.DRAFT, Plan.Status.APPROVED)


@transaction.atomic
def publish(
    *,
    plan: Plan,
    by: User | None,
    effective: date,
    posts: Iterable[Choice] = (),
    names: Mapping[int, str] | None = None,
) -> Plan:
    """
    Put a plan in force from a day on, for good; the plan before it ends there, and the posts go over as chosen.

    `names` renames grids, by primary key. A name is the grid's own and not the plan's: it is new at once.

    Raises `PlanRefused` when it does not tile (law 1), was published already, or would begin in days that a plan
    has answered for. Everything happens, or nothing.
    """
    plan = locked(plan)
    if plan.status not in PUBLISHABLE:
        raise PlanRefused(_("这个方案已经公布过，请从它另起一份草稿。"), code="already_published")
    _refuse_what_rewrites_the_past(plan, effective)
    renamed = rename(plan, names or {})
    found = problems(plan)
    if found:
        sentence = _("方案有 %(n)d 个问题，改好后才能公布。第一个：%(first)s")
        raise PlanRefused(sentence % {"n": len(found), "first": found[0].sentence}, problems=found)
    settle(plan)
    _give_codes(plan)
    _close_predecessor(plan, effective)
    plan.handover = [*hand_over(plan, posts, effective), *renamed]
    _open(plan, by, effective)
    _keep_colours_apart(plan)
    return plan


@transaction.atomic
def call_off(*, plan: Plan) -> Plan:
    """
    Take back a publication whose day has not come: the plan is approved as before, and the one in force goes on.

    Codes that it was given stay with its grids. Raises `PlanRefused` when the day has come.
    """
    plan = locked(plan)
    if plan.in_force is None or plan.in_force.lower <= timezone.localdate():
        raise PlanRefused(_("这个方案已经施行，不能撤销公布；可以恢复上一个方案。"), code="in_force_already")
    if plan.in_force.upper is not None:
        raise PlanRefused(_("在它之后还有一个待施行的方案，请先撤销那一个。"), code="another_follows")
    day = plan.in_force.lower
    give_back(plan.handover, day)
    plan.status, plan.in_force, plan.handover = Plan.Status.APPROVED, None, []
    plan.published_by = plan.published_at = None
    plan.save(update_fields=["status", "in_force", "handover", "published_by", "published_at"])
    plan.boundaries.update(in_force=None)
    for old in Plan.objects.filter(community=plan.community_id, in_force__endswith=day):
        _set_span(old, (old.in_force.lower, None))
    return plan


@transaction.atomic
def restore(*, plan: Plan, by: User | None, effective: date | None = None) -> Plan:
    """
    Put back the plan before this one: a new publication with its shapes, and with the people of then (law 6).

    By default from today, or from tomorrow where this plan began today. Stairwells that came since go where the old
    shapes have them. Raises `PlanRefused` when there is nothing before it, or it is not the plan in force.
    """
    plan = locked(plan)
    today = timezone.localdate()
    if plan.in_force is None or plan.in_force.upper is not None or plan.in_force.lower > today:
        raise PlanRefused(_("只能从正在施行的方案恢复到上一个方案。"), code="not_in_force")
    before = Plan.objects.filter(community=plan.community_id, in_force__endswith=plan.in_force.lower).first()
    if before is None:
        raise PlanRefused(_("这是社区的第一个方案，没有可以恢复的上一个方案。"), code="nothing_before")
    day = effective or max(today, plan.in_force.lower + timedelta(days=1))
    again = _copy(before, by)
    posts, names = turned_back(plan.handover, day), names_before(plan.handover)
    return publish(plan=again, by=by, effective=day, posts=posts, names=names)


def _copy(plan: Plan, by: User | None) -> Plan:
    """A new draft with the shapes, cells and assignments of a published plan."""
    number = Plan.objects.filter(community=plan.community_id).aggregate(last=Max("number"))["last"] + 1
    again = Plan.objects.create(
        community=plan.community,
        number=number,
        title=_("恢复第 %(number)d 号方案") % {"number": plan.number},
        target_min=plan.target_min,
        target_max=plan.target_max,
        created_by=by,
    )
    new: dict[int, GridBoundary] = {}
    for row in plan.boundaries.order_by(F("parent").asc(nulls_first=True), "pk"):  # a grid before its segments
        old = row.pk
        row.pk, row._state.adding = None, True
        row.plan, row.in_force, row.parent = again, None, new[row.parent_id] if row.parent_id else None
        row.save()
        new[old] = row
    rows = plan.assignments.filter(stairwell__in=Stairwell.objects.standing())
    Assignment.objects.bulk_create(
        [
            Assignment(plan=again, stairwell_id=door, boundary=new[cell])
            for door, cell in rows.values_list("stairwell", "boundary")
        ],
        batch_size=2000,
    )
    PlanCell.objects.copy(plan, again)
    _assign_latecomers(again)
    return again


def _assign_latecomers(plan: Plan) -> None:
    """Stairwells younger than the shapes of a plan: each goes to the deepest shape that holds the most of it."""
    latecomers = """
        INSERT INTO grids_assignment (plan_id, stairwell_id, boundary_id)
        SELECT %(plan)s, door.id, home.id
        FROM buildings_stairwell AS door
        JOIN buildings_building AS building ON building.id = door.building_id AND building.gone_since IS NULL
        CROSS JOIN LATERAL (
            SELECT shape.id FROM grids_gridboundary AS shape
            WHERE shape.plan_id = %(plan)s AND ST_Intersects(shape.boundary, door.footprint)
              AND NOT EXISTS (SELECT 1 FROM grids_gridboundary AS part WHERE part.parent_id = shape.id)
            ORDER BY ST_Area(ST_Intersection(shape.boundary, door.footprint)) DESC, shape.id
            LIMIT 1
        ) AS home
        WHERE building.community_id = %(community)s AND door.gone_since IS NULL
          AND door.id NOT IN (SELECT stairwell_id FROM grids_assignment WHERE plan_id = %(plan)s)
    """
    with connection.cursor() as cursor:
        cursor.execute(latecomers, {"plan": plan.pk, "community": plan.community_id})


def locked(plan: Plan) -> Plan:
    """The plan as it stands now. One publication a community at a time: its row is the lock."""
    lock_around(plan.community_id)
    return Plan.objects.select_for_update(of=("self",), no_key=True).select_related("community").get(pk=plan.pk)


def _refuse_what_rewrites_the_past(plan: Plan, effective: date) -> None:
    """A day that a plan has answered for is never answered by another one."""
    published = Plan.objects.filter(community=plan.community_id, in_force__isnull=False)
    latest = published.order_by("-in_force").first()
    if latest is None:
        return
    if effective <= latest.in_force.lower:
        sentence = _("已有方案从 %(day)s 起施行，新方案要晚于这一天。")
        raise PlanRefused(sentence % {"day": latest.in_force.lower}, code="not_after_the_latest")
    if effective < timezone.localdate():
        raise PlanRefused(_("施行日期不能早于今天：过去的归属已经生效过。"), code="in_the_past")


def _give_codes(plan: Plan) -> None:
    """New grids get the next serials of their community, new segments those of their grid; old codes stay."""
    boundaries = {boundary.pk: boundary for boundary in plan.boundaries.select_related("grid")}
    grids = [b for b in boundaries.values() if b.grid.level == Grid.Level.GRID]
    segments = [b for b in boundaries.values() if b.grid.level == Grid.Level.SEGMENT]
    named_before = {grid.pk: label_of(grid) for grid in (boundary.grid for boundary in boundaries.values())}
    _number(grids, lambda grid: plan.community.code, digits=15)
    _number(segments, lambda segment: boundaries[segment.parent_id].grid.code, digits=18)
    now = {grid.pk: label_of(grid) for grid in (boundary.grid for boundary in boundaries.values())}
    PlanCell.objects.rename(plan, {old: now[pk] for pk, old in named_before.items() if now[pk] != old})


def _number(boundaries: list[GridBoundary], prefix_of, *, digits: int) -> None:
    """West to east, then north to south, by the centre of the shape."""
    fresh = [boundary for boundary in boundaries if boundary.grid.code is None]
    fresh.sort(key=lambda b: (b.boundary.centroid.x, -b.boundary.centroid.y))
    last: dict[str, int] = {}
    for boundary in fresh:
        prefix = prefix_of(boundary)
        if prefix not in last:
            last[prefix] = _last_serial(prefix, digits)
        last[prefix] += 1
        if last[prefix] > 999:
            raise PlanRefused(_("编码 %(prefix)s 下的三位序号已用完。") % {"prefix": prefix}, code="serials_used_up")
        boundary.grid.code = f"{prefix}{last[prefix]:03d}"
    Grid.objects.bulk_update([boundary.grid for boundary in fresh], ["code"], batch_size=500)


def _last_serial(prefix: str, digits: int) -> int:
    """The highest serial ever given under a prefix: rows of grids are kept for ever, so that no code comes twice."""
    codes = Grid.objects.filter(code__startswith=prefix, code__regex=rf"^[0-9]{{{digits}}}$")
    highest = codes.annotate(serial=Substr("code", digits - 2)).aggregate(Max("serial"))["serial__max"]
    return int(highest or 0)


def _close_predecessor(plan: Plan, effective: date) -> None:
    """End the plan in force, and its shapes, on the day the new one begins."""
    before = Plan.objects.filter(community=plan.community_id, in_force__upper_inf=True)
    for old in before.exclude(pk=plan.pk):
        _set_span(old, (old.in_force.lower, effective))


def _set_span(plan: Plan, span: tuple[date, date | None]) -> None:
    Plan.objects.filter(pk=plan.pk).update(in_force=span)
    plan.boundaries.update(in_force=span)


def _open(plan: Plan, by: User | None, effective: date) -> None:
    plan.in_force = DateRange(effective, None)
    plan.status = Plan.Status.PUBLISHED
    plan.published_by = by
    plan.published_at = timezone.now()
    plan.save(update_fields=["in_force", "status", "handover", "published_by", "published_at"])
    plan.boundaries.update(in_force=(effective, None))


def _keep_colours_apart(plan: Plan) -> None:
    """A grid gives up its colour where a grid across the community's edge has it: neighbours never share one."""
    rows = {row.pk: row for row in plan.boundaries.all()}
    near = _touching(plan)
    changed = []
    for pk, neighbours in sorted(near.items()):
        taken = {rows[other].colour if other in rows else colour for other, colour in neighbours}
        if rows[pk].colour in taken:
            rows[pk].colour = next(colour for colour in count() if colour not in taken)
            changed.append(rows[pk])
    GridBoundary.objects.bulk_update(changed, ["colour"], batch_size=500)


def _touching(plan: Plan) -> dict[int, list[tuple[int, int]]]:
    """For each shape of a plan on the community's edge: all that touch it, on either side, with their colours."""
    across = """
        SELECT mine.id, other.id, other.colour
        FROM grids_gridboundary AS mine
        JOIN grids_grid AS mine_grid ON mine_grid.id = mine.grid_id
        JOIN grids_gridboundary AS other ON ST_Intersects(mine.boundary, other.boundary) AND other.id <> mine.id
        JOIN grids_grid AS other_grid ON other_grid.id = other.grid_id AND other_grid.level = mine_grid.level
        WHERE mine.plan_id = %s AND (other.plan_id = %s OR other.in_force @> %s::date)
    """
    near: dict[int, list[tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(across, [plan.pk, plan.pk, plan.in_force.lower])
        for mine, other, colour in cursor.fetchall():
            near.setdefault(mine, []).append((other, colour))
    return near
