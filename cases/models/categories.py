from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import PHONE, User
from accounts.roles import Role
from buildings.models import Area


class Level(models.IntegerChoices):
    """Where a case is handled: small matters in the grid, large ones further up (小事一格解决、大事社区联动)."""

    GRID = 1, _("网格")
    COMMUNITY = 2, _("社区")
    SUBDISTRICT = 3, _("街道（乡镇）")
    DISTRICT = 4, _("区县")


class Category(models.Model):
    """A kind of matter (事项类别), out of a fixture that staff may change. Two levels: a class and what is in it."""

    code = models.CharField(_("编码"), max_length=8, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("大类"), null=True, blank=True, related_name="children"
    )
    name = models.CharField(_("名称"), max_length=40)
    icon = models.CharField(_("图标"), max_length=20, blank=True, help_text="A picture in templates/cases/icons/.")
    pictured = models.PositiveSmallIntegerField(
        _("首页位置"), null=True, blank=True, unique=True, help_text=_("1 到 8：居民上报时看到的图块")
    )
    level = models.PositiveSmallIntegerField(_("处置层级"), choices=Level.choices, default=Level.GRID)
    accept_hours = models.PositiveSmallIntegerField(_("受理时限（工作小时）"), default=4)
    dispatch_hours = models.PositiveSmallIntegerField(_("派单时限（工作小时）"), default=4)
    handle_hours = models.PositiveSmallIntegerField(_("处理时限（工作小时）"), default=24)
    verify_hours = models.PositiveSmallIntegerField(_("核查时限（工作小时）"), default=16)
    near_m = models.PositiveSmallIntegerField(
        _("“我也遇到”半径（米）"), default=50, validators=[MinValueValidator(5), MaxValueValidator(1000)]
    )
    after_photo = models.BooleanField(_("结案要有处理后的照片"), default=False)
    sensitive = models.BooleanField(_("不公开位置和文字"), default=False, help_text=_("例如邻里纠纷、独居老人"))
    in_use = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("事项类别")
        verbose_name_plural = _("事项类别")
        ordering = ["code"]
        constraints = [
            CheckConstraint(condition=Q(near_m__range=(5, 1000)), name="near_m_is_a_walk"),
            CheckConstraint(condition=Q(pictured=None) | Q(pictured__range=(1, 8)), name="at_most_eight_pictures"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **more: Any) -> None:
        """What is in a sensitive class is sensitive, whoever asks the category alone."""
        self.sensitive = self.sensitive or bool(self.parent and self.parent.sensitive)
        super().save(*args, **more)
        if self.sensitive:
            self.children.update(sensitive=True)

    def clean(self) -> None:
        if self.parent is not None and (self.parent.parent_id or self.parent_id == self.pk):
            raise ValidationError({"parent": _("类别只有两层，请选一个大类。")})


class HandlingUnit(models.Model):
    """A department or company that puts matters right (承办单位)."""

    name = models.CharField(_("名称"), max_length=60, unique=True)
    area = models.ForeignKey(Area, models.PROTECT, verbose_name=_("服务范围"), related_name="handling_units")
    phone = models.CharField(_("电话"), max_length=20, blank=True, validators=[PHONE])
    in_use = models.BooleanField(_("启用"), default=True)
    members = models.ManyToManyField(User, verbose_name=_("经办人"), blank=True, related_name="handling_units")

    class Meta:
        verbose_name = _("承办单位")
        verbose_name_plural = _("承办单位")

    def __str__(self) -> str:
        return self.name

    def serves(self, area: Area | None) -> bool:
        """Whether all of an area lies in its own; no area means everywhere."""
        return area is not None and (area.code or "").startswith(self.area.code or "-")


# Who can have cases at a level: an appointment to one of these roles is for a place of that level.
_BESIDE_THE_GRIDS = (Role.PLANNER, Role.APPROVER, Role.DISPATCHER)
ROLES_AT: dict[Level, tuple[Role, ...]] = {
    Level.GRID: tuple(role for role in Role if role not in _BESIDE_THE_GRIDS),
    Level.COMMUNITY: (Role.COMMUNITY_STAFF, Role.COMMUNITY_SECRETARY, Role.COMMUNITY_POLICE),
    Level.SUBDISTRICT: (Role.DISPATCHER,),
    Level.DISTRICT: (Role.DISPATCHER,),
}


class DispatchRule(models.Model):
    """
    Who gets a category of case at a level, in an area: the holder of a role by the contact rule, or a handling unit.

    The most special rule decides: the category itself before its class before any, then the smallest area.
    """

    category = models.ForeignKey(
        Category, models.CASCADE, verbose_name=_("类别"), null=True, blank=True, help_text=_("空：所有类别")
    )
    level = models.PositiveSmallIntegerField(_("层级"), choices=Level.choices)
    area = models.ForeignKey(
        Area, models.CASCADE, verbose_name=_("区域"), null=True, blank=True, help_text=_("空：所有区域")
    )
    role = models.CharField(_("岗位"), max_length=20, choices=Role.choices, blank=True)
    handling_unit = models.ForeignKey(
        HandlingUnit, models.PROTECT, verbose_name=_("承办单位"), null=True, blank=True, related_name="rules"
    )

    class Meta:
        verbose_name = _("派单规则")
        verbose_name_plural = _("派单规则")
        constraints = [
            # Not `nulls_distinct=False`: its check asks the database, also where that is what is away.
            models.UniqueConstraint(
                Coalesce("category", 0, output_field=models.BigIntegerField()),
                "level",
                Coalesce("area", 0, output_field=models.BigIntegerField()),
                name="one_rule_a_combination",
            ),
            CheckConstraint(
                condition=Q(role="", handling_unit__isnull=False) | (~Q(role="") & Q(handling_unit=None)),
                name="a_role_or_a_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category or '*'} / {self.get_level_display()} / {self.area or '*'}"

    def save(self, *args: Any, **more: Any) -> None:
        """A rule that cannot work is never stored."""
        self.full_clean()
        super().save(*args, **more)

    def clean(self) -> None:
        if bool(self.role) == bool(self.handling_unit_id):
            raise ValidationError(_("岗位和承办单位要选一个，只能选一个。"))
        if self.role and self.level and self.role not in ROLES_AT[Level(self.level)]:
            raise ValidationError({"role": _("这个岗位不在这一层级，请换一个。")})
        if self.handling_unit is not None:
            self._check(self.handling_unit)

    def _check(self, unit: HandlingUnit) -> None:
        if not unit.in_use:
            raise ValidationError({"handling_unit": _("这个单位已停用，请换一个。")})
        if not unit.serves(self.area):
            words = {"unit": unit, "area": unit.area}
            raise ValidationError({"area": _("%(unit)s只服务于%(area)s，请选其中的区域。") % words})
