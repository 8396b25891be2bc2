import json
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.db import models
from django.db import connection
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from buildings.fields import SRID
from grids.models.grids import Grid
from grids.models.plans import Plan


class PlanCellManager(models.Manager):
    def copy(self, source: Plan, target: Plan, labels: Mapping[str, str] | None = None) -> None:
        """Give a plan the cells of another one, bit for bit, with other labels where `labels` has them. One query."""
        sql = """
            INSERT INTO grids_plancell (plan_id, name, shape, grid, segment)
            SELECT %(target)s, name, shape, COALESCE(%(labels)s::jsonb ->> grid, grid),
                   COALESCE(%(labels)s::jsonb ->> segment, segment)
            FROM grids_plancell WHERE plan_id = %(source)s"""
        given: dict[str, Any] = {"source": source.pk, "target": target.pk, "labels": json.dumps(dict(labels or {}))}
        with connection.cursor() as cursor:
            cursor.execute(sql, given)

    def rename(self, plan: Plan, labels: Mapping[str, str]) -> None:
        """Give labels of a plan's cells another name: that of the code that its publication gives. One query."""
        sql = """
            UPDATE grids_plancell SET grid = COALESCE(%(labels)s::jsonb ->> grid, grid),
                   segment = COALESCE(%(labels)s::jsonb ->> segment, segment)
            WHERE plan_id = %(plan)s AND (%(labels)s::jsonb ? grid OR %(labels)s::jsonb ? segment)"""
        if labels:
            with connection.cursor() as cursor:
                cursor.execute(sql, {"plan": plan.pk, "labels": json.dumps(dict(labels))})


class PlanCell(models.Model):
    """
    One cell of the ground that a plan labels: a stairwell's, or ground without a door.

    The shapes of a plan are dissolved from its cells, so a redraw starts from them. Of a draft they are its state.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, verbose_name=_("网格方案"), related_name="cells")
    name = models.CharField(_("名称"), max_length=255, help_text=_("楼道编码，或没有楼道的地块名"))
    shape = models.GeometryField(_("范围"), srid=SRID, spatial_index=False, help_text="Lon/lat, on the 1e-7 grid.")
    grid = models.CharField(_("网格"), max_length=20, blank=True)
    segment = models.CharField(_("楼段"), max_length=20, blank=True)

    objects = PlanCellManager()

    class Meta:
        verbose_name = _("地块")
        verbose_name_plural = _("地块")
        constraints = [UniqueConstraint(fields=["plan", "name"], name="cell_once_per_plan")]

    def __str__(self) -> str:
        return self.name


def label_of(grid: Grid) -> str:
    """What cells call a grid: its code, or until it has one a name that no other grid ever has."""
    return grid.code or f"g{grid.pk}"
