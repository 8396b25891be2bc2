"""What the desk's templates say of a case: how it stands, where it is, who has it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.lists import place_of
from cases.models import Case
from cases.privacy import masked
from cases.record import words_of
from cases.standing import Standing, standing, time_left

register = template.Library()
register.filter("place", place_of)
register.filter("blotted", masked)
register.filter("words", words_of)


@register.filter
def stands(case: Case) -> Standing:
    """How a case stands at this moment."""
    return standing(case, timezone.now())


@register.filter
def left(due: datetime) -> str:
    return time_left(due, timezone.now())


@register.filter
def holder(case: Case) -> str:
    """Who has a case in hand: a unit, a person, or nobody yet."""
    return str(case.handling_unit or case.person or _("还没有人"))


@register.filter
def value(table: Mapping[str, Any], name: str) -> Any:
    """What a table holds under a name; nothing where it holds none."""
    return table.get(name, "")
