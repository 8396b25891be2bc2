"""Draft a first plan for a community that has no grids yet, or for each of those."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from buildings.models import Area, Stairwell
from grids.census import census
from grids.draft import draft
from grids.gate import PlanRefused, problems
from grids.models import Grid, Plan
from grids.redraw import publish


class Command(BaseCommand):
    help = "Draft grids for a community, or each without a plan: along roads and walls, no building cut, of one size."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", nargs="?", default="", help="12-digit code (each community that has no plan)")
        parser.add_argument("--target", type=int, default=400, help="households a grid (400)")
        parser.add_argument("--segments", type=int, default=60, metavar="N", help="households a segment (60); 0: none")
        parser.add_argument("--plan", type=int, metavar="NUMBER", help="a draft that was kept, instead of a new one")
        parser.add_argument("--publish", action="store_true", help="put the plan in force")
        parser.add_argument("--remove", action="store_true", help="with --plan: take the draft away")
        parser.add_argument("--effective", type=date.fromisoformat, metavar="DATE", help="from this day on (today)")

    def handle(self, *args: Any, **options: Any) -> None:
        sizes = {
            "target": _positive(options["target"], "--target"),
            "segments": options["segments"] and _positive(options["segments"], "--segments"),
        }
        effective = (options["effective"] or timezone.localdate()) if options["publish"] else None
        if options["plan"] is not None:
            self._kept(_kept_draft(options["code"], options["plan"]), effective, remove=options["remove"])
        elif options["remove"]:
            raise CommandError(_("--remove 要和 --plan 一起用。"))
        elif options["code"]:
            self._one(_community(options["code"]), sizes, effective)
        else:
            self._each(sizes, effective)

    def _each(self, sizes: dict[str, Any], effective: date | None) -> None:
        """All that can be drafted; what cannot is told at the end."""
        communities, refused = list(unplanned()), []
        if not communities:
            self.stdout.write(_("没有要起草的社区：有楼栋和边界的社区都已有方案。"))
        for community in communities:
            self.stdout.write(f"{community.code} {community.name}")
            try:
                self._one(community, sizes, effective)
            except CommandError as why:
                refused.append(f"{community.code} {community.name}：{why}")
        if refused:
            raise CommandError("\n".join(refused))

    def _one(self, community: Area, sizes: dict[str, Any], effective: date | None) -> None:
        started = time.monotonic()
        _refuse_a_day_that_is_taken(community, effective)
        with _refusals():
            plan = draft(community=community, **sizes)
        self.stdout.write(_("起草用了 %(seconds).1f 秒。") % {"seconds": time.monotonic() - started})
        self._tell(plan)
        self._keep_or_publish(plan, effective)

    def _kept(self, plan: Plan, effective: date | None, *, remove: bool) -> None:
        """Show, publish or remove a draft that an earlier call left."""
        _refuse_a_day_that_is_taken(plan.community, effective)
        if remove:
            _remove(plan)
            self.stdout.write(_("草稿 %(plan)s 已删除。") % {"plan": plan})
            return
        self._tell(plan)
        self._keep_or_publish(plan, effective)

    def _keep_or_publish(self, plan: Plan, effective: date | None) -> None:
        if effective is None:
            self.stdout.write(
                _("草稿已保存，还没有施行。再看一遍：manage.py draft_plan %(code)s --plan %(number)d；")
                % {"code": plan.community.code, "number": plan.number}
                + _("加 --publish 公布，加 --remove 删除。")
            )
            return
        with _refusals():
            publish(plan=plan, by=None, effective=effective)
        self.stdout.write(_("已公布。"))

    def _tell(self, plan: Plan) -> None:
        grids = plan.boundaries.select_related("grid").filter(grid__level=Grid.Level.GRID).order_by("grid_id")
        segments = plan.boundaries.filter(grid__level=Grid.Level.SEGMENT).count()
        counts = census([plan.pk])
        sentence = _("%(plan)s：%(grids)d 个网格，%(segments)d 个楼段")
        self.stdout.write(sentence % {"plan": plan, "grids": len(grids), "segments": segments})
        for boundary in grids:
            count = counts[boundary.pk]
            row = _("%(name)s：%(buildings)d 栋，%(stairwells)d 个楼道，%(households)d 户")
            self.stdout.write(
                row
                % {
                    "name": boundary.grid.name,
                    "buildings": len(count.buildings),
                    "stairwells": len(count.stairwells),
                    "households": count.households,
                }
            )
        found = problems(plan)
        self.stdout.write(_("不重不漏。") if not found else _("有 %(count)d 个问题：") % {"count": len(found)})
        for problem in found[:20]:
            self.stdout.write(f"  {problem.sentence} {problem.place or ''}")


def unplanned():
    """Communities with ground, with doors that stand, and without a plan of any kind."""
    doors = Stairwell.objects.standing().filter(building__community=OuterRef("pk"), building__gone_since=None)
    return Area.objects.communities().filter(Exists(doors), boundary__isnull=False, plans=None).order_by("code")


def _community(code: str) -> Area:
    community = Area.objects.communities().filter(code=code).first()
    if community is None:
        raise CommandError(_("没有编码为 %(code)s 的社区。") % {"code": code})
    return community


def _kept_draft(code: str, number: int) -> Plan:
    plans = Plan.objects.select_related("community").filter(community__code=code, number=number)
    plan = plans.filter(status__in=(Plan.Status.DRAFT, Plan.Status.REJECTED)).first()
    if plan is None:
        said = {"code": code or "—", "number": number}
        raise CommandError(_("社区 %(code)s 没有第 %(number)d 号草稿。") % said)
    return plan


@transaction.atomic
def _remove(plan: Plan) -> None:
    """A draft, and those of its grids that no other plan has drawn or was begun from."""
    drawn = list(plan.boundaries.values_list("grid", flat=True))
    plan.delete()
    for grid in Grid.objects.filter(pk__in=drawn, code=None, boundaries=None):
        with suppress(ProtectedError), transaction.atomic():
            grid.delete()


def _refuse_a_day_that_is_taken(community: Area, effective: date | None) -> None:
    """Before the work is done that would be in vain."""
    latest = Plan.objects.filter(community=community, in_force__isnull=False).order_by("-in_force").first()
    if effective is not None and latest is not None and effective <= latest.in_force.lower:
        said = {"day": latest.in_force.lower}
        raise CommandError(_("已有方案从 %(day)s 起施行，新方案要晚于这一天：用 --effective 写上日期。") % said)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except PlanRefused as why:
        raise CommandError("\n".join([str(why), *(problem.sentence for problem in why.problems[:20])])) from None


def _positive(number: int, option: str) -> int:
    if number < 1:
        raise CommandError(_("%(option)s 必须是正整数。") % {"option": option})
    return number
