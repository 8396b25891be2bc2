import uuid
from datetime import datetime

from django.contrib.gis.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from buildings.fields import SRID, sound
from buildings.models import Area, Building, Stairwell
from cases.models.categories import Category, HandlingUnit, Level
from grids.models import Grid, Plan


class Status(models.TextChoices):
    REPORTED = "reported", _("已上报")
    ACCEPTED = "accepted", _("已受理")
    REJECTED = "rejected", _("不予受理")
    MERGED = "merged", _("已合并")
    DISPATCHED = "dispatched", _("已派单")
    IN_PROGRESS = "in_progress", _("处理中")
    RESOLVED = "resolved", _("已处理")
    VERIFIED = "verified", _("已核查")
    CLOSED = "closed", _("已结案")
    SUSPENDED = "suspended", _("挂账")
    VOIDED = "voided", _("已作废")


ENDED = (Status.REJECTED, Status.MERGED, Status.CLOSED, Status.VOIDED)


class CaseQuerySet(models.QuerySet):
    def open(self):
        """Cases that somebody has still to do something about."""
        return self.exclude(status__in=ENDED)

    def overdue(self, at: datetime):
        """Open cases whose present phase should have ended."""
        return self.open().filter(due_at__lt=at)


class Case(models.Model):
    """
    What a resident or worker reported, as it is handled (诉求). Who reported is `Reporter`, apart from it.

    What was decided at the intake is kept in the `intake_` columns (law 6); where the case is now stands beside them.
    """

    class Source(models.TextChoices):
        SNAP = "snap", _("随手拍")
        WORKER = "worker", _("网格员上报")
        PHONE = "phone", _("电话")
        HOTLINE = "hotline", _("政务热线")
        OPEN311 = "open311", _("其他程序")

    class PlaceFrom(models.TextChoices):
        DOOR = "door", _("门牌码")
        POSITION = "position", _("手机定位")
        CROSSHAIR = "crosshair", _("地图选点")
        ADDRESS = "address", _("地址")

    class Words(models.TextChoices):
        """What the public may read of the reporter's text."""

        WAITING = "waiting", _("待审")
        SHOWN = "shown", _("公开")
        HIDDEN = "hidden", _("不公开")

    class Rating(models.IntegerChoices):
        UNSATISFIED = 1, _("不满意")
        FAIR = 2, _("一般")
        SATISFIED = 3, _("满意")

    key = models.UUIDField(_("凭据"), unique=True, default=uuid.uuid4, help_text="Made by the client; opens the case.")
    source = models.CharField(_("来源"), max_length=10, choices=Source.choices, default=Source.SNAP)
    category = models.ForeignKey(Category, models.PROTECT, verbose_name=_("类别"), related_name="cases")
    text = models.TextField(_("情况说明"), max_length=1000, blank=True)
    words = models.CharField(_("文字"), max_length=8, choices=Words.choices, default=Words.WAITING)
    point = models.PointField(_("位置"), srid=SRID)
    place_from = models.CharField(_("位置来自"), max_length=10, choices=PlaceFrom.choices)
    coord_type = models.CharField(_("坐标类型"), max_length=8)
    stairwell = models.ForeignKey(Stairwell, models.PROTECT, null=True, blank=True, related_name="cases")
    building = models.ForeignKey(
        Building, models.PROTECT, null=True, blank=True, related_name="cases", help_text=_("公开时只显示到这栋楼")
    )
    community = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="cases")

    intake_plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="cases")
    intake_grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="cases_taken_in")
    intake_person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="cases_taken_in")
    intake_rule = models.CharField(_("归属依据"), max_length=200, blank=True)

    status = models.CharField(_("状态"), max_length=12, choices=Status.choices, default=Status.REPORTED)
    level = models.PositiveSmallIntegerField(_("处置层级"), choices=Level.choices, default=Level.GRID)
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="cases")
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="cases")
    handling_unit = models.ForeignKey(HandlingUnit, models.PROTECT, null=True, blank=True, related_name="cases")
    first_unit = models.ForeignKey(
        HandlingUnit, models.PROTECT, null=True, blank=True, related_name="+", help_text=_("首接负责")
    )
    asked = models.CharField(_("待批"), max_length=12, blank=True, help_text="The side move that waits for a yes.")
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    needs_place = models.BooleanField(_("归属待定"), default=False, help_text=_("靠近网格边界或在网外，由人决定"))
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")
    version = models.PositiveIntegerField(default=0, help_text="Counts its moves: who acts names what they saw.")

    reported_at = models.DateTimeField(_("上报时间"))
    due_at = models.DateTimeField(_("本阶段时限"), null=True, blank=True)
    handle_due_at = models.DateTimeField(_("处理时限"), null=True, blank=True)
    responded_at = models.DateTimeField(_("首次响应"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("处理完成"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True, blank=True)
    redispatched = models.PositiveSmallIntegerField(_("改派次数"), default=0)
    reopened = models.PositiveSmallIntegerField(_("返工次数"), default=0)
    me_too = models.PositiveIntegerField(_("我也遇到"), default=0)
    rating = models.PositiveSmallIntegerField(_("评价"), choices=Rating.choices, null=True, blank=True)
    rated_at = models.DateTimeField(_("评价时间"), null=True, blank=True)
    rating_words = models.CharField(_("评价说明"), max_length=300, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("诉求")
        verbose_name_plural = _("诉求")
        indexes = [
            models.Index(fields=["grid", "status"], name="case_of_a_grid"),
            models.Index(fields=["community", "reported_at"], name="case_of_a_community"),
            models.Index(fields=["category", "reported_at"], name="case_of_a_category"),
            models.Index(fields=["handling_unit", "status"], name="case_of_a_unit"),
            models.Index(fields=["person", "status"], name="case_of_a_person"),
            models.Index(fields=["reported_at"], name="case_by_time"),
            models.Index(fields=["due_at"], name="open_case_by_due", condition=~Q(status__in=[s.value for s in ENDED])),
        ]
        constraints = [
            sound("point"),
            CheckConstraint(
                condition=Q(rating=None, rated_at=None) | Q(rating__isnull=False, rated_at__isnull=False),
                name="rated_at_a_time",
            ),
            CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False) | (~Q(status="merged") & Q(merged_into=None)),
                name="merged_into_a_case",
            ),
            CheckConstraint(condition=Q(person=None) | Q(handling_unit=None), name="one_handler"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What the resident is told: 7 digits or more, the last a check digit: a slip of the finger finds nothing."""
        return number_of(self.pk)

    @property
    def ended(self) -> bool:
        return self.status in ENDED


def number_of(pk: int) -> str:
    """The number of the case with this key."""
    return f"{pk:06d}{_check(f'{pk:06d}')}"


def pk_of(number: str) -> int | None:
    """The key of the case with this number; None where the check digit says that it is none."""
    if not (number.isascii() and number.isdigit() and 7 <= len(number) <= 18):
        return None
    return int(number[:-1]) if _check(number[:-1]) == int(number[-1]) else None


def _check(digits: str) -> int:
    """Luhn's check digit (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


class Move(models.Model):
    """One step of a case. Rows are only ever added: the database refuses to change or delete one."""

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("诉求"), related_name="moves")
    at = models.DateTimeField(_("时间"))
    act = models.CharField(_("动作"), max_length=20, help_text="A name out of cases/states.py.")
    by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name=_("经手人"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("空：居民，或到时自动"),
    )
    status = models.CharField(_("之后的状态"), max_length=12, choices=Status.choices)
    level = models.PositiveSmallIntegerField(_("层级"), choices=Level.choices)
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    handling_unit = models.ForeignKey(HandlingUnit, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    public_note = models.CharField(_("给居民的话"), max_length=500, blank=True)
    due_at = models.DateTimeField(_("之后的时限"), null=True, blank=True)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("办理记录")
        verbose_name_plural = _("办理记录")
        ordering = ["pk"]
        indexes = [models.Index(fields=["case", "at"]), models.Index(fields=["act", "at"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.act}"
