from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.models.cases import Case
from cases.models.categories import HandlingUnit


class Whistle(models.Model):
    """A community calls several units to a place (吹哨报到)."""

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("诉求"), related_name="whistles")
    by = models.ForeignKey(User, models.PROTECT, verbose_name=_("吹哨人"), related_name="+")
    at = models.DateTimeField(_("吹哨时间"))
    matter = models.CharField(_("要办的事"), max_length=300)
    meet_at = models.DateTimeField(_("到场时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("吹哨")
        verbose_name_plural = _("吹哨")

    def __str__(self) -> str:
        return self.matter


class Call(models.Model):
    """One unit that a whistle called: called, accepted, arrived, reported; then both sides rate (双考核)."""

    whistle = models.ForeignKey(Whistle, models.CASCADE, verbose_name=_("吹哨"), related_name="calls")
    handling_unit = models.ForeignKey(HandlingUnit, models.PROTECT, verbose_name=_("单位"), related_name="calls")
    accepted_at = models.DateTimeField(_("响应时间"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("报到时间"), null=True, blank=True)
    reported_at = models.DateTimeField(_("反馈时间"), null=True, blank=True)
    report = models.CharField(_("反馈"), max_length=500, blank=True)
    unit_rating = models.PositiveSmallIntegerField(_("社区评单位"), choices=Case.Rating.choices, null=True, blank=True)
    whistle_rating = models.PositiveSmallIntegerField(
        _("单位评吹哨"), choices=Case.Rating.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = _("报到")
        verbose_name_plural = _("报到")
        constraints = [
            models.UniqueConstraint(fields=["whistle", "handling_unit"], name="unit_called_once"),
            CheckConstraint(
                condition=(Q(arrived_at=None) | Q(accepted_at__lte=F("arrived_at")))
                & (Q(reported_at=None) | Q(arrived_at__lte=F("reported_at"))),
                name="called_accepted_arrived_reported",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.whistle_id} {self.handling_unit}"
