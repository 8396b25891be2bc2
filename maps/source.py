"""Whom a map names in its corner."""

from django.conf import settings

from buildings.models import GroundChange


def map_source() -> str:
    """What the installation says of itself (`MAP_SOURCE`), then those whose data were imported and not yet named."""
    said = settings.MAP_SOURCE
    named = [credit for credit in GroundChange.objects.credits() if credit not in said]
    return " ".join(filter(None, [said, *named]))
