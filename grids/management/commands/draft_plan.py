"""Draft a first plan for a community that has no grids yet."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from buildings.models import Area
from grids.census import census
from grids.draft import draft
from grids.gate import PlanRefused, problems
from grids.models import Grid, Plan
from grids.redraw import publish


class Command(BaseCommand):
    help = "Draft grids for a community: along roads and walls, no building cut, of about one size."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="12-digit code of the community")
        parser.add_argument("--target", type=int, default=400, help="households a grid (400)")
        parser.add_argument("--segments", type=int, metavar="N", help="also segments of about N households")
        parser.add_argument("--publish", action="store_true", help="put the plan in force")
        parser.add_argument("--effective", type=date.fromisoformat, metavar="DATE", help="from this day on (today)")

    def handle(self, *args: Any, **options: Any) -> None:
        community = Area.objects.communities().filter(code=options["code"]).first()
        if community is None:
            raise CommandError(_("没有编码为 %(code)s 的社区。") % {"code": options["code"]})
        started = time.monotonic()
        try:
            plan = draft(
                community=community,
                target=_positive(options["target"], "--target"),
                segments=options["segments"] and _positive(options["segments"], "--segments"),
            )
            self._tell(plan, time.monotonic() - started)
            if options["publish"]:
                publish(plan=plan, by=None, effective=options["effective"] or timezone.localdate())
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


def _positive(number: int, option: str) -> int:
    if number < 1:
        raise CommandError(_("%(option)s 必须是正整数。") % {"option": option})
    return number
