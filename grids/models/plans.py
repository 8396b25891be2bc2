from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from buildings.models import Area


class PlanQuerySet(models.QuerySet):
    def in_force(self, on: date):
        """Plans in force on a day: at most one a community, the database sees to it."""
        return self.filter(in_force__contains=on)


class Plan(models.Model):
    """All grids of one community, in force together."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("草稿")
        IN_REVIEW = "in_review", _("审核中")
        APPROVED = "approved", _("已批准")
        PUBLISHED = "published", _("已公布")
        REJECTED = "rejected", _("已退回")

    community = models.ForeignKey(Area, models.PROTECT, verbose_name=_("社区"), related_name="plans")
    number = models.PositiveIntegerField(_("序号"), help_text=_("社区内从 1 起连续编号"))
    title = models.CharField(_("标题"), max_length=80, blank=True)
    reason = models.TextField(_("理由"), blank=True)
    status = models.CharField(_("状态"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    in_force = DateRangeField(_("施行期"), null=True, blank=True, help_text=_("含首日，不含末日"))
    target_min = models.PositiveIntegerField(_("每格户数下限"), default=300)
    target_max = models.PositiveIntegerField(_("每格户数上限"), default=500)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("起草人"), null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("起草时间"), auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("公布人"), null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True)
    handover = models.JSONField(
        _("交接"), default=list, blank=True, help_text="Posts that its publication ended and began: grids/handover.py."
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("网格方案")
        verbose_name_plural = _("网格方案")
        constraints = [
            UniqueConstraint(fields=["community", "number"], name="plan_number_once_per_community"),
            ExclusionConstraint(
                name="one_plan_in_force_per_community",
                expressions=[("community", RangeOperators.EQUAL), ("in_force", RangeOperators.OVERLAPS)],
            ),
            CheckConstraint(
                condition=Q(status="published", in_force__isnull=False, published_at__isnull=False)
                | Q(status__in=["draft", "in_review", "approved", "rejected"], in_force__isnull=True),
                name="only_published_plans_are_in_force",
            ),
            CheckConstraint(condition=Q(target_min__lte=F("target_max")), name="target_band_is_a_band"),
        ]

    def __str__(self) -> str:
        return f"{self.community}#{self.number}"

    def stage(self, on: date) -> str:
        """The status as a person sees it on a day: a published plan is scheduled, in force or superseded."""
        if self.in_force is None:
            return self.status
        if self.in_force.lower > on:
            return "scheduled"
        return "superseded" if self.in_force.upper and self.in_force.upper <= on else "in_force"

    def stage_words(self, on: date) -> str:
        """The stage in words."""
        words = {"scheduled": _("待施行"), "in_force": _("施行中"), "superseded": _("已被替代")}
        return str(words.get(self.stage(on)) or self.get_status_display())
