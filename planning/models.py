"""A plan while it is drawn: its state, the log of who did what to it, and what people say about it."""

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from buildings.fields import SRID
from grids.models import Grid, Plan

LEVELS = [("grid", _("网格")), ("segment", _("楼段"))]
LABEL = 20  # characters of a label: a code of 18 digits, or "n" and a number


class Draft(models.Model):
    """
    A plan on the planner's table.

    Its cells (`PlanCell`) are its state at `version`. `state` names that state: an undo that leads back to where the
    draft was before gives it the old name again, so that what happened in between is known to be gone.
    """

    plan = models.OneToOneField(Plan, models.CASCADE, verbose_name=_("网格方案"), related_name="draft")
    base = models.ForeignKey(
        Plan, models.SET_NULL, verbose_name=_("起点方案"), null=True, blank=True, related_name="branches"
    )
    version = models.PositiveIntegerField(_("版本"), default=0)
    state = models.PositiveIntegerField(_("状态号"), default=0)
    locked = models.JSONField(_("锁定"), default=list, blank=True, help_text="[[level, label]…]")
    allowed = models.JSONField(_("允许的块数"), default=list, blank=True, help_text="[[level, label, pieces]…]")
    saved_at = models.DateTimeField(_("保存时间"), auto_now_add=True)
    deleted_at = models.DateTimeField(_("删除时间"), null=True, blank=True, help_text=_("三十天内可以恢复"))

    class Meta:
        verbose_name = _("草稿")
        verbose_name_plural = _("草稿")

    def __str__(self) -> str:
        return str(self.plan)


class DraftGrid(models.Model):
    """What a label of a draft stands for. Rows stay when the last cell is gone: an undo may bring it back."""

    draft = models.ForeignKey(Draft, models.CASCADE, verbose_name=_("草稿"), related_name="grids")
    level = models.CharField(_("层级"), max_length=7, choices=LEVELS)
    label = models.CharField(_("代号"), max_length=LABEL)
    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("类型"), max_length=8, choices=Grid.Kind.choices, default=Grid.Kind.BASIC)
    grid = models.ForeignKey(Grid, models.PROTECT, verbose_name=_("网格"), null=True, blank=True, related_name="+")
    colour = models.PositiveSmallIntegerField(_("配色"), default=0)
    before = models.JSONField(_("起点时的数字"), null=True, blank=True)

    class Meta:
        verbose_name = _("草稿网格")
        verbose_name_plural = _("草稿网格")
        constraints = [UniqueConstraint(fields=["draft", "level", "label"], name="label_once_per_draft")]

    def __str__(self) -> str:
        return self.name


class Operation(models.Model):
    """
    One step of a draft: what was asked, what it changed, by whom and when. Rows are added and never taken away.

    An undo or redo is a step as well: `of` names the operation that it takes back or brings back, and `is_undone`
    says of an operation whether it is taken back now. `before` and `after` are names of states (`Draft.state`).
    """

    class Kind(models.TextChoices):
        DO = "do", _("操作")
        UNDO = "undo", _("撤销")
        REDO = "redo", _("重做")

    draft = models.ForeignKey(Draft, models.CASCADE, verbose_name=_("草稿"), related_name="operations")
    version = models.PositiveIntegerField(_("版本"))
    kind = models.CharField(_("类别"), max_length=4, choices=Kind.choices, default=Kind.DO)
    of = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="turns")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("操作人"), related_name="+")
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    key = models.UUIDField(null=True, blank=True, help_text="Of the client: one sent twice is done once.")
    op = models.JSONField(_("操作"))
    delta = models.JSONField(_("变化"))
    is_undone = models.BooleanField(_("已撤销"), default=False)
    before = models.PositiveIntegerField()
    after = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("操作记录")
        verbose_name_plural = _("操作记录")
        ordering = ["version"]
        indexes = [models.Index(F("draft"), F("author"), F("version").desc(), name="operation_of_author")]
        constraints = [
            UniqueConstraint(fields=["draft", "version"], name="version_once_per_draft"),
            UniqueConstraint(fields=["draft", "author", "key"], name="key_once_per_author"),
            CheckConstraint(condition=Q(kind="do", of=None) | Q(of__isnull=False), name="undo_is_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id}@{self.version}"


class Editor(models.Model):
    """Who had a draft open, and when last."""

    draft = models.ForeignKey(Draft, models.CASCADE, verbose_name=_("草稿"), related_name="editors")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("人员"), related_name="+")
    at = models.DateTimeField(_("时间"))
    label = models.CharField(_("所在网格"), max_length=LABEL, blank=True)

    class Meta:
        verbose_name = _("正在编辑的人")
        verbose_name_plural = _("正在编辑的人")
        constraints = [UniqueConstraint(fields=["draft", "person"], name="editor_once_per_draft")]

    def __str__(self) -> str:
        return str(self.person)


class Note(models.Model):
    """A remark about a plan, pinned to a place or about all of it."""

    plan = models.ForeignKey(Plan, models.CASCADE, verbose_name=_("网格方案"), related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("作者"), related_name="+")
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    text = models.TextField(_("内容"), max_length=2000)
    place = models.PointField(_("位置"), srid=SRID, null=True, blank=True, spatial_index=False)
    is_resolved = models.BooleanField(_("已处理"), default=False)

    class Meta:
        verbose_name = _("批注")
        verbose_name_plural = _("批注")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:40]


class Decision(models.Model):
    """One step of a plan on its way from draft to published: who took it, why, and what the gate said then."""

    class Step(models.TextChoices):
        SUBMIT = "submit", _("送审")
        WITHDRAW = "withdraw", _("收回")
        APPROVE = "approve", _("批准")
        REJECT = "reject", _("退回")
        REOPEN = "reopen", _("继续修改")
        PUBLISH = "publish", _("公布")
        CALL_OFF = "call_off", _("撤销公布")
        RESTORE = "restore", _("恢复上一个方案")

    plan = models.ForeignKey(Plan, models.CASCADE, verbose_name=_("网格方案"), related_name="decisions")
    step = models.CharField(_("步骤"), max_length=8, choices=Step.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("人员"), related_name="+")
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    reason = models.TextField(_("理由"), blank=True, max_length=2000)
    effective = models.DateField(_("施行日期"), null=True, blank=True)
    report = models.JSONField(_("检查结果"), default=list, blank=True)
    fingerprint = models.CharField(_("指纹"), max_length=64, help_text="SHA-256 of shapes, assignments and report.")

    class Meta:
        verbose_name = _("审批记录")
        verbose_name_plural = _("审批记录")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.plan} {self.get_step_display()}"
