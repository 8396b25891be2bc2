"""What every template may say about the installation."""

from django.conf import settings


def site(request) -> dict[str, object]:
    return {
        "hotline": settings.HOTLINE,
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "map_source": settings.MAP_SOURCE,
    }
