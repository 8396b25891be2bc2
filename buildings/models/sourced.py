from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


class Sourced(models.Model):
    """A row that came from outside and is recognised when the same source is imported again."""

    source = models.CharField(_("来源"), max_length=60, blank=True)
    source_id = models.CharField(_("来源编号"), max_length=80, blank=True)

    class Meta:
        abstract = True
        constraints = [
            UniqueConstraint(
                fields=["source", "source_id"],
                condition=~Q(source_id=""),
                name="%(app_label)s_%(class)s_once_per_source",
            )
        ]
