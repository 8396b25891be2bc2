from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import CheckConstraint, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role
from buildings.models import Area, Building, Compound, Stairwell
from grids.models.grids import Grid

PLACES = ("area", "compound", "grid", "building", "stairwell")

_WHO = ("person", "deputy")


def exactly_one_place() -> Q:
    """True for a row that names one place and no other."""
    condition = Q()
    for place in PLACES:
        condition |= Q(**{f"{other}__isnull": other != place for other in PLACES})
    return condition


class AppointmentQuerySet(models.QuerySet):
    def in_force(self, on: date):
        return self.filter(in_force__contains=on)

    def answered_by(self, person, on: date):
        """
        The posts in force that somebody answers for on a day: their own, and those whose deputy they are while the
        holder is away and they are not. The contact answer goes by the same rule.
        """
        is_away = {who: Exists(Leave.objects.filter(person=OuterRef(who), away__contains=on)) for who in _WHO}
        stands_in = Q(is_away["person"], ~Q(is_away["deputy"]), deputy=person)
        return self.in_force(on).filter(Q(person=person) | stands_in)

    def beyond(self, day: date):
        """Posts that are held on the day or later."""
        return self.filter(Q(in_force__upper_inf=True) | Q(in_force__endswith__gt=day))


class Appointment(models.Model):
    """A person in a role for a place over a span of dates, with a deputy for the days of leave."""

    class Employment(models.TextChoices):
        FULL_TIME = "full_time", _("专职")
        PART_TIME = "part_time", _("兼职")

    role = models.CharField(_("岗位"), max_length=20, choices=Role.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("人员"), related_name="appointments"
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("代理人"),
        null=True,
        blank=True,
        related_name="deputy_appointments",
    )
    employment = models.CharField(_("用工"), max_length=10, choices=Employment.choices, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="appointments")
    compound = models.ForeignKey(Compound, models.PROTECT, null=True, blank=True, related_name="appointments")
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="appointments")
    building = models.ForeignKey(Building, models.PROTECT, null=True, blank=True, related_name="appointments")
    stairwell = models.ForeignKey(Stairwell, models.PROTECT, null=True, blank=True, related_name="appointments")
    in_force = DateRangeField(_("任期"), help_text=_("含首日，不含末日"))

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        constraints = [
            CheckConstraint(condition=exactly_one_place(), name="appointment_is_for_one_place"),
            CheckConstraint(condition=Q(in_force__isempty=False), name="appointment_lasts_a_day"),
            CheckConstraint(condition=~Q(deputy=models.F("person")), name="deputy_is_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.place}"

    @property
    def place(self) -> models.Model:
        return next(place for name in PLACES if (place := getattr(self, name)) is not None)


class Leave(models.Model):
    """Days on which a person is away from all of their posts; their deputies answer."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("人员"), related_name="leaves")
    away = DateRangeField(_("离岗日期"), help_text=_("含首日，不含末日"))

    class Meta:
        verbose_name = _("请假")
        verbose_name_plural = _("请假")
        constraints = [CheckConstraint(condition=Q(away__isempty=False), name="leave_lasts_a_day")]

    def __str__(self) -> str:
        return str(self.person)
