"""
Photos of a report that could not be taken in yet, because something in its form has to be mended: without scripts a
page cannot keep them, and nobody chooses four photos twice. Clean already; a day later they are gone.
"""

import re
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from cases.intake import MOST_PHOTOS
from cases.pictures import Picture

FOLDER = "drafts"
KEPT = timedelta(days=1)
NAME = re.compile(r"([0-9a-f]{64})\.jpg")  # the SHA-256 of what was sent


def keep(key: UUID, pictures: list[Picture]) -> None:
    """Put photos aside for the report of this key; the same one twice is one."""
    room = MOST_PHOTOS - len(_names(key))
    for picture in pictures[: max(room, 0)]:
        path = f"{FOLDER}/{key}/{picture.sha256}.jpg"
        if not default_storage.exists(path):
            default_storage.save(path, ContentFile(picture.jpeg))


def kept(key: UUID) -> list[Picture]:
    """What was put aside for a report."""
    return [_read(key, name) for name in _names(key)]


def forget(key: UUID) -> None:
    for name in _names(key):
        default_storage.delete(f"{FOLDER}/{key}/{name}")
    default_storage.delete(f"{FOLDER}/{key}")


def sweep(now: datetime) -> int:
    """Delete what nobody came back for, and tell how many reports that were."""
    keys = default_storage.listdir(FOLDER)[0] if default_storage.exists(FOLDER) else []
    old = [key for key in keys if default_storage.get_modified_time(f"{FOLDER}/{key}") < now - KEPT]
    for key in old:
        forget(UUID(key))
    return len(old)


def _names(key: UUID) -> list[str]:
    folder = f"{FOLDER}/{key}"
    if not default_storage.exists(folder):
        return []
    return sorted(name for name in default_storage.listdir(folder)[1] if NAME.fullmatch(name))


def _read(key: UUID, name: str) -> Picture:
    with default_storage.open(f"{FOLDER}/{key}/{name}") as file:
        jpeg = file.read()
    width, height = Image.open(BytesIO(jpeg), formats=["JPEG"]).size
    return Picture(jpeg, width, height, name.removesuffix(".jpg"))
