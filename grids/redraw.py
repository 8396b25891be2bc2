"""The only writer of a published boundary."""

from datetime import date
from itertools import count

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from buildings.models import Area
from grids.gate import PlanRefused, problems
from grids.models import Grid, GridBoundary, Plan

PUBLISHABLE = (Plan.Status.DRAFT, Plan.Status.APPROVED)


@transaction.atomic
def publish(*, plan: Plan, by: User | None, effective: date) -> Plan:
    """
    Put a plan in force from a day on, for good; the plan before it ends there.

    Raises `PlanRefused` when it does not tile (law 1), was published already, or would begin in days that a plan
    has answered for. Everything happens, or nothing.
    """
    Area.objects.select_for_update().get(pk=plan.community_id)  # one publication a community at a time
    plan = Plan.objects.select_for_update(of=("self",)).select_related("community").get(pk=plan.pk)
    if plan.status not in PUBLISHABLE:
        raise PlanRefused(_("这个方案已经公布过，请从它另起一份草稿。"), code="already_published")
    _refuse_what_rewrites_the_past(plan, effective)
    found = problems(plan)
    if found:
        sentence = _("方案有 %(n)d 个问题，改好后才能公布。第一个：%(first)s")
        raise PlanRefused(sentence % {"n": len(found), "first": found[0].sentence}, problems=found)
    _give_codes(plan)
    _close_predecessor(plan, effective)
    _open(plan, by, effective)
    _keep_colours_apart(plan)
    return plan


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
    _number(grids, lambda grid: plan.community.code, digits=15)
    _number(segments, lambda segment: boundaries[segment.parent_id].grid.code, digits=18)


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
        span = (old.in_force.lower, effective)
        old.boundaries.update(in_force=span)
        Plan.objects.filter(pk=old.pk).update(in_force=span, status=Plan.Status.SUPERSEDED)


def _open(plan: Plan, by: User | None, effective: date) -> None:
    plan.in_force = (effective, None)
    plan.status = Plan.Status.PUBLISHED
    plan.published_by = by
    plan.published_at = timezone.now()
    plan.save(update_fields=["in_force", "status", "published_by", "published_at"])
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
        cursor.execute(across, [plan.pk, plan.pk, plan.in_force[0]])
        for mine, other, colour in cursor.fetchall():
            near.setdefault(mine, []).append((other, colour))
    return near
