from datetime import date

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from buildings.fields import SRID, mercator, on_tiles, sound
from buildings.models import Area, Stairwell
from grids.models.plans import Plan


class Grid(models.Model):
    """
    The lasting identity of a cell of the net: it keeps its code when its boundary moves.

    A segment (楼段、微网格) is a grid of the second level; which grid it lies in is a matter of the plan. Codes are
    given at publication: 15 digits for a grid (community and serial), 18 for a segment (grid and serial).
    """

    class Level(models.IntegerChoices):
        GRID = 1, _("网格")
        SEGMENT = 2, _("楼段")

    class Kind(models.TextChoices):
        BASIC = "basic", _("基础网格")
        SPECIAL = "special", _("专属网格")

    code = models.CharField(_("编码"), max_length=18, unique=True, null=True, blank=True)
    community = models.ForeignKey(Area, models.PROTECT, verbose_name=_("社区"), related_name="grids")
    level = models.PositiveSmallIntegerField(_("层级"), choices=Level.choices, default=Level.GRID)
    kind = models.CharField(_("类型"), max_length=8, choices=Kind.choices, default=Kind.BASIC)
    name = models.CharField(_("名称"), max_length=40)

    class Meta:
        verbose_name = _("网格")
        verbose_name_plural = _("网格")
        indexes = [models.Index(fields=["name"], name="grid_name")]
        constraints = [
            CheckConstraint(
                condition=Q(code=None)
                | Q(level=1, code__regex=r"^[0-9]{15}$")
                | Q(level=2, code__regex=r"^[0-9]{18}$"),
                name="grid_code_fits_its_level",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GridBoundaryQuerySet(models.QuerySet):
    def in_force(self, on: date):
        """The shapes in force on a day."""
        return self.filter(in_force__contains=on)

    def covering(self, point):
        """Shapes that hold a point, edges included, smallest code first: an edge has one answer, always the same."""
        return self.filter(boundary__covers=point).order_by("grid__level", "grid__code")

    def within(self, grids, on: date):
        """Ids of the shapes on a day of these grids, and of the segments in them."""
        # A union, since "this grid or its parent" in one condition reads the shapes and assignments of the whole city.
        shapes = self.in_force(on)
        return shapes.filter(grid__in=grids).values("pk").union(shapes.filter(parent__grid__in=grids).values("pk"))


class GridBoundary(models.Model):
    """The polygon of a grid in one plan, in force over the plan's span. Each plan holds all of its grids."""

    plan = models.ForeignKey(Plan, models.CASCADE, verbose_name=_("方案"), related_name="boundaries")
    grid = models.ForeignKey(Grid, models.PROTECT, verbose_name=_("网格"), related_name="boundaries")
    parent = models.ForeignKey(
        "self", models.CASCADE, verbose_name=_("所在网格"), null=True, blank=True, related_name="segments"
    )
    boundary = models.MultiPolygonField(
        _("边界"), srid=SRID, spatial_index=False, help_text="Outer edge, lon/lat in EPSG:4326."
    )
    boundary_mercator = mercator("boundary", models.MultiPolygonField)
    label = models.PointField(_("标注点"), srid=SRID, help_text="Pole of inaccessibility: where the name stands.")
    label_mercator = mercator("label", models.PointField)
    colour = models.PositiveSmallIntegerField(_("配色"), default=0, help_text=_("相邻网格不同色"))
    pieces = models.PositiveSmallIntegerField(_("块数"), default=1, help_text=_("应有几块不相连的地"))
    in_force = DateRangeField(_("施行期"), null=True, blank=True)

    objects = GridBoundaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("网格边界")
        verbose_name_plural = _("网格边界")
        # Each index holds the day too: asked for by itself, PostgreSQL takes it for rare and reads all shapes in force.
        indexes = [
            GistIndex(fields=["boundary", "in_force"], name="gridboundary_on_a_day"),
            on_tiles("boundary", "in_force"),
            on_tiles("label", "in_force"),
        ]
        constraints = [
            sound("boundary"),
            UniqueConstraint(fields=["plan", "grid"], name="grid_once_per_plan"),
            ExclusionConstraint(
                name="one_shape_of_a_grid_at_a_time",
                expressions=[("grid", RangeOperators.EQUAL), ("in_force", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid} ({self.plan})"


class Assignment(models.Model):
    """Which cell of a plan a stairwell belongs to: its segment, or its grid where the grid has no segments."""

    plan = models.ForeignKey(Plan, models.CASCADE, verbose_name=_("方案"), related_name="assignments")
    stairwell = models.ForeignKey(Stairwell, models.PROTECT, verbose_name=_("楼道"), related_name="assignments")
    boundary = models.ForeignKey(GridBoundary, models.CASCADE, verbose_name=_("网格边界"), related_name="assignments")

    class Meta:
        verbose_name = _("归属")
        verbose_name_plural = _("归属")
        constraints = [UniqueConstraint(fields=["plan", "stairwell"], name="stairwell_once_per_plan")]

    def __str__(self) -> str:
        return f"{self.stairwell_id} → {self.boundary_id}"
