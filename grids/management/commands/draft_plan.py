"""Draft a first plan for a community that has no grids yet, or for each of those."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef
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
        parser.add_argument("--segments", type=int, metavar="N", help="also segments of about N households")
        parser.add_argument("--publish", action="store_true", help="put the plan in force")
        parser.add_argument("--effective", type=date.fromisoformat, metavar="DATE", help="from this day on (today)")

    def handle(self, *args: Any, **options: Any) -> None:
        sizes = {
            "target": _positive(options["target"], "--target"),
            "segments": options["segments"] and _positive(options["segments"], "--segments"),
        }
        effective = (options["effective"] or timezone.localdate()) if options["publish"] else None
        if options["code"]:
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
        try:
            plan = draft(community=community, **sizes)
            self._tell(plan, time.monotonic() - started)
            if effective is not None:
                publish(plan=plan, by=None, effective=effective)
                self.stdout.write(_("已公布。"))
        except PlanRefused as why:
            raise CommandError("\n".join([str(why), *(problem.sentence for problem in why.problems[:20])])) from None

    def _tell(self, plan: Plan, seconds: float) -> None:
        grids = plan.boundaries.select_related("grid").filter(grid__level=Grid.Level.GRID).order_by("grid_id")
        segments = plan.boundaries.filter(grid__level=Grid.Level.SEGMENT).count()
        counts = census([plan.pk])
        sentence = _("%(plan)s：%(grids)d 个网格，%(segments)d 个楼段，%(seconds).1f 秒")
        self.stdout.write(sentence % {"plan": plan, "grids": len(grids), "segments": segments, "seconds": seconds})
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


def _positive(number: int, option: str) -> int:
    if number < 1:
        raise CommandError(_("%(option)s 必须是正整数。") % {"option": option})
    return number
