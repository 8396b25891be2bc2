from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PHONE
from buildings.fields import SRID, mercator, on_tiles, sound
from buildings.models.sourced import Sourced
from buildings.names import by_likeness


class AreaQuerySet(models.QuerySet):
    def communities(self):
        return self.filter(level=Area.Level.COMMUNITY)

    def covering(self, point):
        """Areas that hold a point, edges included; deepest first, then by code, so that an edge has one answer."""
        return self.filter(boundary__covers=point).order_by("-level", "code")


class Area(Sourced):
    """A district, subdistrict or community with its official code: 6, 9 or 12 digits, each a prefix of the next."""

    class Level(models.IntegerChoices):
        DISTRICT = 6, _("区县")
        SUBDISTRICT = 9, _("街道（乡镇）")
        COMMUNITY = 12, _("社区（村）")

    class Kind(models.TextChoices):
        COMMUNITY = "community", _("社区")
        VILLAGE = "village", _("行政村")
        SUBDISTRICT = "subdistrict", _("街道")
        TOWN = "town", _("镇")
        TOWNSHIP = "township", _("乡")
        DISTRICT = "district", _("区")
        COUNTY = "county", _("县")

    code = models.CharField(_("编码"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    level = models.PositiveSmallIntegerField(_("层级"), choices=Level.choices)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("上级"), null=True, blank=True, related_name="children"
    )
    boundary = models.MultiPolygonField(
        _("边界"), srid=SRID, null=True, blank=True, help_text="Outer edge, lon/lat in EPSG:4326."
    )
    boundary_mercator = mercator("boundary", models.MultiPolygonField)
    label = models.PointField(_("标注点"), srid=SRID, null=True, blank=True, help_text="Where its name stands.")
    office_phone = models.CharField(_("办公电话"), max_length=20, blank=True, validators=[PHONE])
    office_hours = models.CharField(_("办公时间"), max_length=60, blank=True)
    office_address = models.CharField(_("办公地址"), max_length=120, blank=True)
    supervision_phone = models.CharField(_("监督电话"), max_length=20, blank=True, validators=[PHONE])

    objects = AreaQuerySet.as_manager()

    class Meta(Sourced.Meta):
        verbose_name = _("行政区划")
        verbose_name_plural = _("行政区划")
        indexes = [on_tiles("boundary"), by_likeness("name")]
        constraints = [
            *Sourced.Meta.constraints,
            sound("boundary"),
            CheckConstraint(
                condition=Q(level=6, code__regex=r"^[0-9]{6}$")
                | Q(level=9, code__regex=r"^[0-9]{9}$")
                | Q(level=12, code__regex=r"^[0-9]{12}$"),
                name="area_code_fits_its_level",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Compound(Sourced):
    """A residential estate inside a community, usually walled, with one name."""

    class Kind(models.TextChoices):
        COMMODITY = "commodity", _("商品房小区")
        OLD = "old", _("老旧小区")
        RESETTLEMENT = "resettlement", _("安置小区")
        COURTYARD = "courtyard", _("楼院")
        VILLAGE = "village", _("自然村")
        OTHER = "other", _("其他")

    code = models.CharField(_("编码"), max_length=20, unique=True, help_text=_("社区编码-序号"))
    community = models.ForeignKey(Area, models.PROTECT, verbose_name=_("社区"), related_name="compounds")
    name = models.CharField(_("名称"), max_length=60)
    aliases = ArrayField(models.CharField(max_length=60), verbose_name=_("别名"), default=list, blank=True)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices, default=Kind.OTHER)
    address = models.CharField(_("地址"), max_length=120, blank=True)
    boundary = models.MultiPolygonField(_("边界"), srid=SRID)
    boundary_mercator = mercator("boundary", models.MultiPolygonField)
    property_company = models.CharField(_("物业公司"), max_length=60, blank=True)
    property_phone = models.CharField(_("物业电话"), max_length=20, blank=True, validators=[PHONE])

    class Meta(Sourced.Meta):
        verbose_name = _("小区")
        verbose_name_plural = _("小区")
        indexes = [on_tiles("boundary"), by_likeness("name")]
        constraints = [*Sourced.Meta.constraints, sound("boundary")]

    def __str__(self) -> str:
        return self.name
