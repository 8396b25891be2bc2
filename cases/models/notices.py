from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import targets
from cases.models.cases import Case, Move

SECRET = 16  # characters, of the key that a webhook signs with


class Notice(models.Model):
    """One message to one person about a case, through one channel, with what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待发")
        SENT = "sent", _("已发")
        FAILED = "failed", _("没有发出")

    case = models.ForeignKey(Case, models.CASCADE, verbose_name=_("诉求"), related_name="notices")
    move = models.ForeignKey(Move, models.CASCADE, null=True, blank=True, related_name="notices")
    channel = models.CharField(_("渠道"), max_length=10, help_text="A name out of settings.NOTICE_CHANNELS.")
    to = models.CharField(_("发给"), max_length=254)
    text = models.TextField(_("内容"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    next_at = models.DateTimeField(_("下次发送"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("次数"), default=0)
    error = models.CharField(_("原因"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("生成时间"), auto_now_add=True)
    sent_at = models.DateTimeField(_("发出时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        constraints = [models.UniqueConstraint(fields=["move", "channel", "to"], name="notice_once")]
        indexes = [models.Index(fields=["next_at"], name="waiting_notice_by_turn", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.channel} {self.case_id}"


class Webhook(models.Model):
    """An address of another program that is told of cases, signed by HMAC. Nothing of a reporter travels."""

    url = models.URLField(_("地址"), max_length=300)
    secret = models.CharField(_("密钥"), max_length=100)
    acts = models.JSONField(_("事件"), default=list, blank=True, help_text=_("空：全部"))
    in_use = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("推送")
        verbose_name_plural = _("推送")

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        try:
            targets.check(self.url)
        except targets.Refused as refusal:
            raise ValidationError({"url": str(refusal)}) from None
        if len(self.secret) < SECRET:
            raise ValidationError({"secret": _("密钥太短，至少 %d 个字符。") % SECRET})
        if not (isinstance(self.acts, list) and all(isinstance(act, str) for act in self.acts)):
            raise ValidationError({"acts": _('请写成列表，例如 ["report", "close"]。')})
