from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroundChangeQuerySet(models.QuerySet):
    def credits(self) -> list[str]:
        """Whom a map of this ground must name, in the order in which they came."""
        named = self.exclude(credit="").order_by("pk").values_list("credit", flat=True)
        return list(dict.fromkeys(named))


class GroundChange(models.Model):
    """
    One act that changed the ground: an import, a demo town, an edit by hand. Rows are added and never taken away.

    Tiles are kept by browsers for a year under an address that holds the number of these rows (maps/version.py), so
    whoever writes the ground adds one in the same transaction: `GroundChange.objects.create(what="导入 a.gpkg")`.
    """

    what = models.CharField(_("内容"), max_length=200)
    credit = models.CharField(_("署名"), max_length=120, blank=True, help_text=_("地图上必须写明的数据来源"))
    counts = models.JSONField(_("数量"), default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("经手人"), null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("时间"), auto_now_add=True)

    objects = GroundChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("地物变更")
        verbose_name_plural = _("地物变更")
        indexes = [models.Index(fields=["credit"], condition=~Q(credit=""), name="ground_credits")]

    def __str__(self) -> str:
        return self.what
