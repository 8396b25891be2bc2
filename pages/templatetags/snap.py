"""Pictures of the kinds of matters, for the resident's pages."""

import re

from django import template
from django.template.loader import select_template
from django.utils.safestring import SafeString

from cases.kinds import name_of

register = template.Library()
register.filter("kind", name_of)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of templates/cases/icons; staff may name one that is not there, and get three dots."""
    known = name if re.fullmatch(r"[a-z]{1,20}", name) else "other"
    return select_template([f"cases/icons/{known}.svg", "cases/icons/other.svg"]).render()
