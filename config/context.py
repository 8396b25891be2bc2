"""What every template may say about the installation."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.utils.functional import SimpleLazyObject

from maps.source import map_source


def site(request) -> dict[str, object]:
    try:
        origin = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:  # the page that says so has this address, too
        origin = ""
    return {
        "origin": origin,
        "hotline": settings.HOTLINE,
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "map_source": SimpleLazyObject(map_source),
    }
