from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PHONE
from buildings.fields import SRID, mercator, on_tiles, sound
from buildings.models.areas import Area
from buildings.models.sourced import Sourced
from buildings.names import by_likeness


class Road(Sourced):
    class Kind(models.TextChoices):
        ARTERIAL = "arterial", _("主干道")
        STREET = "street", _("街道")
        ALLEY = "alley", _("巷弄")
        PATH = "path", _("小路")

    name = models.CharField(_("名称"), max_length=60, blank=True)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    line = models.LineStringField(_("中心线"), srid=SRID)
    line_mercator = mercator("line", models.LineStringField)

    class Meta(Sourced.Meta):
        verbose_name = _("道路")
        verbose_name_plural = _("道路")
        indexes = [on_tiles("line"), by_likeness("name", where=~Q(name=""))]
        constraints = [*Sourced.Meta.constraints, sound("line")]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


class Barrier(Sourced):
    """A line that parts the ground and is no road: grids follow it."""

    class Kind(models.TextChoices):
        WALL = "wall", _("围墙")
        RIVER = "river", _("河流")
        RAILWAY = "railway", _("铁路")

    name = models.CharField(_("名称"), max_length=60, blank=True)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    line = models.LineStringField(_("走向"), srid=SRID)
    line_mercator = mercator("line", models.LineStringField)

    class Meta(Sourced.Meta):
        verbose_name = _("边界要素")
        verbose_name_plural = _("边界要素")
        indexes = [on_tiles("line")]
        constraints = [*Sourced.Meta.constraints, sound("line")]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


class Landcover(Sourced):
    """Water, green and squares: what makes a map without a base map legible."""

    class Kind(models.TextChoices):
        WATER = "water", _("水面")
        GREEN = "green", _("绿地")
        SQUARE = "square", _("广场")

    name = models.CharField(_("名称"), max_length=60, blank=True)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    extent = models.MultiPolygonField(_("范围"), srid=SRID)
    extent_mercator = mercator("extent", models.MultiPolygonField)

    class Meta(Sourced.Meta):
        verbose_name = _("地表")
        verbose_name_plural = _("地表")
        indexes = [on_tiles("extent")]
        constraints = [*Sourced.Meta.constraints, sound("extent")]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


class Facility(Sourced):
    class Kind(models.TextChoices):
        SERVICE_CENTER = "service_center", _("党群服务中心")
        NEIGHBORHOOD_CENTER = "neighborhood_center", _("邻里中心")
        HEALTH = "health", _("卫生服务")
        ELDERLY_CARE = "elderly_care", _("养老服务")
        CHILD_CARE = "child_care", _("托幼")
        SCHOOL = "school", _("学校")
        CANTEEN = "canteen", _("食堂")
        MARKET = "market", _("市场商店")
        POLICE = "police", _("警务室")
        CULTURE = "culture", _("文化活动")
        DELIBERATION = "deliberation", _("议事点")
        OTHER = "other", _("其他")

    community = models.ForeignKey(
        Area, models.SET_NULL, verbose_name=_("社区"), null=True, blank=True, related_name="facilities"
    )
    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类型"), max_length=24, choices=Kind.choices, default=Kind.OTHER)
    address = models.CharField(_("地址"), max_length=120, blank=True)
    phone = models.CharField(_("电话"), max_length=20, blank=True, validators=[PHONE])
    hours = models.CharField(_("开放时间"), max_length=120, blank=True, help_text=_("例如 Mo-Fr 08:30-17:30"))
    point = models.PointField(_("位置"), srid=SRID)
    point_mercator = mercator("point", models.PointField)

    class Meta(Sourced.Meta):
        verbose_name = _("设施")
        verbose_name_plural = _("设施")
        indexes = [on_tiles("point"), by_likeness("name")]
        constraints = [*Sourced.Meta.constraints, sound("point")]

    def __str__(self) -> str:
        return self.name
