"""Small words for templates: links that may not exist yet, telephone numbers, the way back to this page."""

import re

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

register = template.Library()


@register.simple_tag(takes_context=True)
def here(context) -> str:
    """This page's own path, for forms that come back to it; the home page after a refused form."""
    request = context.get("request")
    return request.get_full_path() if request and request.method == "GET" else "/"


@register.simple_tag
def route(name: str, otherwise: str, **query: str) -> str:
    """Address of a page of another room, with a query."""
    try:
        path = reverse(name)
    except NoReverseMatch:
        path = otherwise
    return f"{path}?{urlencode(query)}" if query else path


@register.filter
def tel(phone: str) -> str:
    """The `tel:` address of a telephone number as people write it."""
    return "tel:" + re.sub(r"[^0-9+]", "", phone)


@register.filter
def spoken(phone: str) -> str:
    """A telephone number as it is read out: a mobile's eleven digits in three groups, 138 0000 1001."""
    if re.fullmatch(r"1[0-9]{10}", phone):
        return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    return phone


@register.filter
def grouped(number: int) -> str:
    """1,550; Django's own filter groups by four in Chinese."""
    return f"{number:,}"


@register.filter
def first(name: str) -> str:
    """The family name's first character, for a face without a photo."""
    return name.strip()[:1]


@register.filter
def masked(phone: str) -> str:
    """A telephone number of which only the ends can be read: 138****1001."""
    digits = re.sub(r"[^0-9]", "", phone)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else "****"
