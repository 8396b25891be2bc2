from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

PHONE = RegexValidator(r"^\+?[0-9][0-9 \-]{2,19}$", _("电话只能由数字、空格和短横组成，例如 0591-2248 1001。"))


class User(AbstractUser):
    """
    Somebody whom the service knows by name: staff, captains, volunteers. Residents are never users.

    Most of them hold a post and never log in; they have no usable password.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("姓名"), max_length=40)
    name_is_public = models.BooleanField(
        _("同意公开姓名"), default=False, help_text=_("不同意时，居民只看到岗位和值班电话。")
    )
    duty_phone = models.CharField(_("值班电话"), max_length=20, blank=True, validators=[PHONE])
    duty_hours = models.CharField(_("值班时间"), max_length=60, blank=True, help_text=_("例如：周一至周五 8:30-17:30"))

    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("人员")
        verbose_name_plural = _("人员")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Look(models.Model):
    """One look at personal data: who saw which door, when and on which page. Rows are only ever added."""

    user = models.ForeignKey(User, models.PROTECT, verbose_name=_("查看人"), related_name="looks")
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    subject = models.CharField(_("查看对象"), max_length=40, help_text=_("楼栋、单元或户的编码"))
    rows = models.PositiveIntegerField(_("条数"))
    page = models.CharField(_("页面"), max_length=60)

    class Meta:
        verbose_name = _("查看记录")
        verbose_name_plural = _("查看记录")
        indexes = [models.Index(fields=["subject", "-at"]), models.Index(fields=["user", "-at"])]

    def __str__(self) -> str:
        return f"{self.user} {self.subject} {self.at:%Y-%m-%d %H:%M}"
