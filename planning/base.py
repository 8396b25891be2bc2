"""Where a draft begins: from the plan in force, from any other plan, or from the bare ground."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import shapely
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from accounts.models import User
from buildings.models import Area, Stairwell
from geo.coverage import colour, dissolve, neighbours
from geo.geos import to_geos
from grids.draft import TOLERANCE, chinese_number, cut_along, gather, grouped, west_to_east
from grids.gate import PlanRefused
from grids.models import Plan, PlanCell
from planning.models import Draft, DraftGrid
from planning.recut import see_to_cells
from planning.refusals import NotADraft
from planning.table import Info, Table, load, shelf


class NoBase(Exception):
    """There is nothing to begin from."""

    code = "no_base"


KEPT = timedelta(days=30)
MOST_CUT = 10_000  # stairwells that are cut while somebody waits: 17 s of a core; 35,000 take a minute


@dataclass(frozen=True)
class Wish:
    """What the planner says about a new draft."""

    title: str = ""
    reason: str = ""
    target_min: int | None = None
    target_max: int | None = None
    target: int | None = None  # households a grid: of a draft from nothing, which is then grouped


def begin(*, community: Area, by: User | None, base: str | int, wish: Wish) -> Plan:
    """A new draft of a community from what `base` names. Raises `NoBase`."""
    if base == "nothing":
        return from_ground(community=community, by=by, wish=wish)
    if base == "in_force":
        return branch(source=in_force(community), by=by, wish=wish)
    there = Plan.objects.exclude(draft__deleted_at__isnull=False).select_related("community")
    source = there.filter(pk=base, community=community).first()
    if source is None:
        raise NoBase(_("这个社区没有这个方案。"))
    return branch(source=source, by=by, wish=wish)


@transaction.atomic
def branch(*, source: Plan, by: User | None, wish: Wish) -> Plan:
    """A new draft with the cells, grids and names of another plan."""
    _hold(source)
    see_to_cells(source)
    table = load(source, Draft.objects.filter(plan=source).first())
    plan = new_plan(source.community, by, wish, like=source)
    labels = {label: info.code for (_level, label), info in table.infos.items() if info.code and info.code != label}
    PlanCell.objects.copy(source, plan, labels)
    draft = Draft.objects.create(plan=plan, base=source, locked=[], allowed=_allowed(table, labels))
    infos = {info.code or info.label: info for (level, label), info in table.infos.items() if table.has(level, label)}
    _write_infos(draft, infos, table)
    return plan


def _hold(source: Plan) -> None:
    """Nobody draws or publishes what is being copied. Draft, community, plan: the order in which all take them."""
    list(Draft.objects.select_for_update().filter(plan=source))
    _hold_community(source.community_id)


def _hold_community(community: int) -> None:
    """Nobody else begins or publishes a plan of it; residents may go on to report what lies in it."""
    Area.objects.select_for_update(of=("self",), no_key=True).get(pk=community)


@transaction.atomic
def from_ground(*, community: Area, by: User | None, wish: Wish) -> Plan:
    """
    A new draft from the ground alone, cut afresh; its cells are in no grid, or in grids of about `wish.target`.

    Raises `PlanRefused` when the community has no boundary or no stairwells, or so many that nobody would wait.
    """
    _refuse_what_takes_minutes(community)
    ground = gather(community)
    cells = cut_along(ground)
    number = grouped(cells, ground, wish.target) if wish.target else {}
    order = west_to_east(cells, number)
    label = {str(cell): f"n{order.index(at) + 1}" for cell, at in number.items()}
    plan = new_plan(community, by, _with_band(wish))
    rows = [
        PlanCell(plan=plan, name=name, shape=to_geos(shape), grid=label.get(name, ""))
        for name, shape in cells.shapes.items()
    ]
    PlanCell.objects.bulk_create(rows, batch_size=1000)
    shapes = dissolve(cells.shapes, label)
    _name_grids(Draft.objects.create(plan=plan, allowed=_in_pieces(shapes)), shapes, order)
    return plan


def _refuse_what_takes_minutes(community: Area) -> None:
    doors = Stairwell.objects.standing().filter(building__community=community, building__gone_since=None).count()
    if doors > MOST_CUT:
        words = _(
            "社区有 %(n)d 个楼道，从空白切分要几分钟，网页等不了这么久。请管理员运行 manage.py draft_plan %(code)s，"
            "切好的方案会出现在列表里。"
        )
        raise PlanRefused(words % {"n": doors, "code": community.code}, code="too_large_to_cut")


def _with_band(wish: Wish) -> Wish:
    """A band around the target, where none is said."""
    if not wish.target or wish.target_min is not None or wish.target_max is not None:
        return wish
    leeway = round(wish.target * TOLERANCE)
    return replace(wish, target_min=wish.target - leeway, target_max=wish.target + leeway)


def _in_pieces(shapes: Mapping[str, BaseGeometry]) -> list[list[Any]]:
    pieces = {label: shapely.get_num_geometries(shape) for label, shape in sorted(shapes.items())}
    return [["grid", label, int(count)] for label, count in pieces.items() if count > 1]


def _name_grids(draft: Draft, shapes: Mapping[str, BaseGeometry], order: Sequence[int]) -> None:
    """The grids of a draft from nothing, named from west to east."""
    colours = colour(neighbours(shapes), shapes)
    words = _("第%(number)s网格")
    DraftGrid.objects.bulk_create(
        [
            DraftGrid(
                draft=draft,
                level="grid",
                label=f"n{number}",
                name=words % {"number": chinese_number(number)},
                colour=colours[f"n{number}"],
            )
            for number in range(1, len(order) + 1)
        ]
    )


def _allowed(table: Table, labels: Mapping[str, str]) -> list[list[Any]]:
    """In how many pieces the grids lie as they are: what was published in two is no fault of the draft."""
    found = []
    for level, label in table.drawn():
        pieces = table.state.pieces(level, label)
        if pieces > 1:
            found.append([level, labels.get(label, label), pieces])
    return found


def _write_infos(draft: Draft, infos: Mapping[str, Info], table: Table) -> None:
    DraftGrid.objects.bulk_create(
        [
            DraftGrid(
                draft=draft,
                level=info.level,
                label=label,
                name=info.name,
                kind=info.kind,
                grid_id=info.grid,
                colour=info.colour,
                before=table.figures(info.level, info.label),
            )
            for label, info in infos.items()
        ],
        batch_size=1000,
    )


@transaction.atomic
def adopt(plan: Plan) -> Draft:
    """Put a plan on the table that was drafted elsewhere, by the command `draft_plan` for instance."""
    Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    draft = Draft.objects.filter(plan=plan).first()
    if draft is not None:
        return draft  # somebody else just did
    see_to_cells(plan)
    table = load(plan, None)
    draft = Draft.objects.create(plan=plan, allowed=_allowed(table, {}))
    infos = {label: info for (level, label), info in table.infos.items() if table.has(level, label)}
    _write_infos(draft, infos, table)
    shelf.drop(plan.pk)
    return draft


def in_force(community: Area) -> Plan:
    """The plan of today. Raises `NoBase`."""
    plan = community.plans.in_force(timezone.localdate()).first()
    if plan is None:
        raise NoBase(_("这个社区今天没有施行中的方案，请从空白开始。"))
    return plan


def new_plan(community: Area, by: User | None, wish: Wish, *, like: Plan | None = None) -> Plan:
    """A draft with the next number of its community, whose row is held meanwhile. Raises `PlanRefused`."""
    _hold_community(community.pk)
    last = community.plans.aggregate(last=Max("number"))["last"] or 0
    plan = Plan(community=community, number=last + 1, created_by=by)
    if like is not None:
        plan.target_min, plan.target_max = like.target_min, like.target_max
    _say(plan, wish)
    plan.save()
    return plan


def _say(plan: Plan, wish: Wish) -> None:
    plan.title, plan.reason = wish.title, wish.reason
    plan.target_min = plan.target_min if wish.target_min is None else wish.target_min
    plan.target_max = plan.target_max if wish.target_max is None else wish.target_max
    if plan.target_min > plan.target_max:
        raise PlanRefused(_("户数下限不能高于上限。"), code="bad_band")


# What becomes of a draft


@transaction.atomic
def change(plan: Plan, wish: Wish) -> None:
    """Say something else about a draft: title, reason, band. Raises `NotADraft` and `PlanRefused`."""
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.status != Plan.Status.DRAFT:
        raise NotADraft
    _say(plan, wish)
    plan.save(update_fields=["title", "reason", "target_min", "target_max"])


def throw_away(plan: Plan) -> None:
    """Put a draft in the bin, and empty the bin of what has lain there for `KEPT`. Raises `NotADraft`."""
    if not Draft.objects.filter(plan=plan).exists():
        adopt(plan)  # which holds the plan: not while we hold the draft, others take the draft first
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(plan=plan)
        if Plan.objects.get(pk=plan.pk).status != Plan.Status.DRAFT:
            raise NotADraft
        draft.deleted_at = draft.deleted_at or timezone.now()
        draft.save(update_fields=["deleted_at"])
    Plan.objects.filter(status=Plan.Status.DRAFT, draft__deleted_at__lt=timezone.now() - KEPT).delete()


def put_back(plan: Plan) -> None:
    """Take a draft out of the bin."""
    Draft.objects.filter(plan=plan).update(deleted_at=None)
