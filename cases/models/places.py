from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from buildings.models import Area, Building


class OpenPlace(models.Model):
    """
    A place that may, or may not, be named in public as where a case is: an area, a hexagon in it, or a building.

    Drawn from the households once and then kept: were it drawn anew each day, two days together could single out a
    house that neither does. cases/places.py is the only writer.
    """

    area = models.ForeignKey(Area, models.CASCADE, verbose_name=_("区域"), related_name="+")
    cell = models.BigIntegerField(null=True, help_text="The hexagon (geo.hexagons) in a community; empty for an area.")
    building = models.OneToOneField(
        Building, models.CASCADE, verbose_name=_("楼栋"), null=True, related_name="+", help_text="In `cell`, for good."
    )
    households = models.PositiveIntegerField(_("户数"), help_text="When it was drawn.")
    shown = models.BooleanField(_("公开"))

    class Meta:
        verbose_name = _("公开地点")
        verbose_name_plural = _("公开地点")
        indexes = [models.Index(fields=["cell"])]
        constraints = [
            models.UniqueConstraint(fields=["area"], name="open_area_once", condition=Q(cell=None)),
            models.UniqueConstraint(
                fields=["area", "cell"], name="open_cell_once", condition=Q(building=None, cell__isnull=False)
            ),
            CheckConstraint(condition=Q(building=None) | Q(cell__isnull=False), name="open_building_in_a_cell"),
        ]

    def __str__(self) -> str:
        return f"{self.area_id} {self.cell or ''} {self.building_id or ''}"
