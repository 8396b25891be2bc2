"""Where a draft begins: from the plan in force, from any other plan, or from the bare ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from buildings.models import Area
from grids.models import Plan, PlanCell
from planning.models import Draft, DraftGrid
from planning.table import Info, Table, load, shelf


class NoBase(Exception):
    """The community has nothing to begin from."""

    code = "no_base"

    def __str__(self) -> str:
        return _("这个社区今天没有施行中的方案，请从空白开始。")


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
    if base == "in_force":
        return branch(source=in_force(community), by=by, wish=wish)
    source = Plan.objects.select_related("community").filter(pk=base, community=community).first()
    if source is None:
        raise NoBase
    return branch(source=source, by=by, wish=wish)


@transaction.atomic
def branch(*, source: Plan, by: User | None, wish: Wish = Wish()) -> Plan:
    """A new draft with the cells, grids and names of another plan."""
    table = load(source, Draft.objects.filter(plan=source).first())
    plan = new_plan(source.community, by, wish, like=source)
    labels = {label: info.code for (_level, label), info in table.infos.items() if info.code and info.code != label}
    PlanCell.objects.copy(source, plan, labels)
    draft = Draft.objects.create(plan=plan, base=source, locked=[], allowed=_allowed(table, labels))
    infos = {info.code or info.label: info for (level, label), info in table.infos.items() if table.has(level, label)}
    _write_infos(draft, infos, table)
    return plan


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
        raise NoBase
    return plan


def new_plan(community: Area, by: User | None, wish: Wish, *, like: Plan | None = None) -> Plan:
    """A draft with the next number of its community, whose row is held meanwhile."""
    Area.objects.select_for_update(of=("self",)).get(pk=community.pk)
    last = community.plans.aggregate(last=Max("number"))["last"] or 0
    low, high = wish.target_min, wish.target_max
    return Plan.objects.create(
        community=community,
        number=last + 1,
        title=wish.title,
        reason=wish.reason,
        target_min=low if low is not None else like.target_min if like else 300,
        target_max=high if high is not None else like.target_max if like else 500,
        created_by=by,
    )
