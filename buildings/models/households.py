"""The personal room: who lives behind a door. No geometry here, so that row rules never cost a spatial index."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import PHONE
from buildings.models.buildings import Stairwell
from buildings.models.sourced import Sourced


class Dwelling(models.Model):
    """One flat, house or room with its own door number."""

    class Status(models.TextChoices):
        OWNER_OCCUPIED = "owner_occupied", _("自住")
        RENTED = "rented", _("租赁")
        VACANT = "vacant", _("空置")
        OTHER = "other", _("其他")

    stairwell = models.ForeignKey(Stairwell, models.PROTECT, verbose_name=_("楼道"), related_name="dwellings")
    floor = models.SmallIntegerField(_("楼层"), null=True, blank=True)
    room = models.CharField(_("室号"), max_length=20)
    status = models.CharField(_("使用情况"), max_length=16, choices=Status.choices, default=Status.OTHER)

    class Meta:
        verbose_name = _("户室")
        verbose_name_plural = _("户室")
        constraints = [models.UniqueConstraint(fields=["stairwell", "room"], name="room_once_per_stairwell")]

    def __str__(self) -> str:
        return self.room


class Household(Sourced):
    """The people who live behind a door. For those whose appointment covers the door that day, and the log."""

    dwelling = models.ForeignKey(Dwelling, models.PROTECT, verbose_name=_("户室"), related_name="households")
    head = models.CharField(_("户主"), max_length=40, blank=True)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True, validators=[PHONE])
    people = models.PositiveSmallIntegerField(_("人数"))

    class Meta(Sourced.Meta):
        verbose_name = _("住户")
        verbose_name_plural = _("住户")

    def __str__(self) -> str:
        return str(self.pk)  # never a name: __str__ ends up in logs and in the admin's history
