from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from buildings.fields import SRID, clearance, mercator, on_tiles, sound
from buildings.models.areas import Area, Compound
from buildings.models.sourced import Sourced
from buildings.names import building_title, by_likeness, by_parts, stairwell_title


class StandingQuerySet(models.QuerySet):
    def standing(self):
        """Those that have not been pulled down."""
        return self.filter(gone_since=None)


class Building(Sourced):
    """One footprint with a number. Its code is the community's and five digits, and never holds a grid's."""

    class Kind(models.TextChoices):
        RESIDENTIAL = "residential", _("住宅")
        MIXED = "mixed", _("商住")
        COMMERCIAL = "commercial", _("商业")
        PUBLIC = "public", _("公共服务")
        INDUSTRIAL = "industrial", _("厂房仓库")
        OTHER = "other", _("其他")

    code = models.CharField(_("编码"), max_length=17, unique=True)
    community = models.ForeignKey(Area, models.PROTECT, verbose_name=_("社区"), related_name="buildings")
    compound = models.ForeignKey(
        Compound, models.SET_NULL, verbose_name=_("小区"), null=True, blank=True, related_name="buildings"
    )
    number = models.CharField(_("楼号"), max_length=20, blank=True, help_text=_("只写号：3、9-1、31甲"))
    name = models.CharField(_("名称"), max_length=60, blank=True)
    address = models.CharField(_("地址"), max_length=120, blank=True, help_text=_("道路和门牌"))
    aliases = ArrayField(models.CharField(max_length=120), verbose_name=_("别名"), default=list, blank=True)
    kind = models.CharField(_("用途"), max_length=12, choices=Kind.choices, default=Kind.OTHER)
    floors = models.PositiveSmallIntegerField(_("层数"), null=True, blank=True)
    footprint = models.MultiPolygonField(_("轮廓"), srid=SRID)
    footprint_mercator = mercator("footprint", models.MultiPolygonField, clockwise=True)
    clearance = clearance("footprint")
    gone_since = models.DateField(_("拆除日期"), null=True, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta(Sourced.Meta):
        verbose_name = _("楼栋")
        verbose_name_plural = _("楼栋")
        indexes = [
            on_tiles("footprint"),
            by_likeness("name", where=~Q(name="")),
            by_parts("address"),
            GinIndex(fields=["aliases"], name="building_aliases"),
            models.Index(fields=["number"], name="building_number"),
        ]
        constraints = [
            *Sourced.Meta.constraints,
            sound("footprint"),
            CheckConstraint(condition=Q(code__regex=r"^[0-9]{17}$"), name="building_code_has_17_digits"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What people call it: its name, else its number, else its address."""
        return building_title(name=self.name, number=self.number, address=self.address, code=self.code)


class Stairwell(Sourced):
    """One entrance and the doors it serves (楼道、楼门、单元). Each building has at least one."""

    code = models.CharField(_("编码"), max_length=19, unique=True, help_text=_("楼栋编码加两位；门牌二维码用它"))
    building = models.ForeignKey(Building, models.PROTECT, verbose_name=_("楼栋"), related_name="stairwells")
    number = models.CharField(_("单元号"), max_length=20, help_text=_("只写号：1、2、甲"))
    name = models.CharField(_("名称"), max_length=60, blank=True)
    floors = models.PositiveSmallIntegerField(_("层数"), null=True, blank=True)
    footprint = models.MultiPolygonField(_("轮廓"), srid=SRID)
    footprint_mercator = mercator("footprint", models.MultiPolygonField, clockwise=True)
    clearance = clearance("footprint")
    entrance = models.PointField(_("入口"), srid=SRID, null=True, blank=True)
    derived = models.BooleanField(_("由楼栋轮廓推算"), default=False)
    gone_since = models.DateField(_("拆除日期"), null=True, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta(Sourced.Meta):
        verbose_name = _("楼道（单元）")
        verbose_name_plural = _("楼道（单元）")
        indexes = [on_tiles("footprint")]
        constraints = [
            *Sourced.Meta.constraints,
            sound("footprint"),
            models.UniqueConstraint(fields=["building", "number"], name="stairwell_number_once_per_building"),
            CheckConstraint(condition=Q(code__regex=r"^[0-9]{19}$"), name="stairwell_code_has_19_digits"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return stairwell_title(name=self.name, number=self.number)
