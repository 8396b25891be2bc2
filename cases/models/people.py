"""Who reported. Personal data, without geometry, and never read on the way to a handling unit (law 10)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import PHONE
from cases.models.cases import Case


class Reporter(models.Model):
    """The person behind a case, as far as they wished to be known (诉求人)."""

    case = models.OneToOneField(Case, models.CASCADE, verbose_name=_("诉求"), related_name="reporter")
    name = models.CharField(_("称呼"), max_length=40, blank=True)
    phone = models.CharField(_("电话"), max_length=20, blank=True, validators=[PHONE])
    email = models.EmailField(_("邮箱"), blank=True)
    mark = models.CharField(
        _("区分号"), max_length=43, blank=True, help_text="HMAC of phone or device: counts people, names nobody."
    )

    class Meta:
        verbose_name = _("诉求人")
        verbose_name_plural = _("诉求人")
        indexes = [models.Index(fields=["mark"])]

    def __str__(self) -> str:
        return f"{_('诉求人')} {self.case_id}"


class MeToo(models.Model):
    """Somebody else met the same thing (我也遇到). Each client counts once."""

    case = models.ForeignKey(Case, models.CASCADE, verbose_name=_("诉求"), related_name="echoes")
    key = models.UUIDField(_("凭据"), unique=True)
    mark = models.CharField(_("区分号"), max_length=43, blank=True)
    at = models.DateTimeField(_("时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("我也遇到")
        verbose_name_plural = _("我也遇到")
        constraints = [
            models.UniqueConstraint(fields=["case", "mark"], name="one_echo_a_person", condition=~models.Q(mark=""))
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class Block(models.Model):
    """An address or a mark from which no reports are taken for a while; the page says so, and whom to call."""

    address = models.GenericIPAddressField(_("网络地址"), null=True, blank=True, unpack_ipv4=True)
    mark = models.CharField(_("区分号"), max_length=43, blank=True)
    reason = models.CharField(_("理由"), max_length=200)
    until = models.DateTimeField(_("到何时"))

    class Meta:
        verbose_name = _("屏蔽")
        verbose_name_plural = _("屏蔽")
        indexes = [models.Index(fields=["address"]), models.Index(fields=["mark"])]

    def __str__(self) -> str:
        return self.reason
