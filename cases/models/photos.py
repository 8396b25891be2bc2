from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.cases import Case


class Photo(models.Model):
    """A picture of a case, as the one pipeline (cases/pictures.py) left it: a plain JPEG without any metadata."""

    class Kind(models.TextChoices):
        BEFORE = "before", _("上报时")
        AFTER = "after", _("处理后")

    case = models.ForeignKey(Case, models.CASCADE, verbose_name=_("诉求"), related_name="photos")
    key = models.UUIDField(_("凭据"), unique=True, help_text="Made by the client: a retry makes no second picture.")
    kind = models.CharField(_("种类"), max_length=6, choices=Kind.choices, default=Kind.BEFORE)
    file = models.FileField(_("文件"), upload_to="photos/%Y/%m")
    sha256 = models.CharField(_("校验"), max_length=64, help_text="Of the bytes that the client sent.")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    public = models.BooleanField(_("公开"), default=False, help_text=_("审过才公开"))
    at = models.DateTimeField(_("时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("照片")
        verbose_name_plural = _("照片")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
