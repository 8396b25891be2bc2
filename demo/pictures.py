"""Pictures for the demo's cases, drawn here: no camera has seen anything in them."""

import hashlib
from functools import cache
from io import BytesIO
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

FOLDER = "photos/demo"
WIDTH, HEIGHT = 480, 360
Pen = ImageDraw.ImageDraw
WALL, FLOOR, LINE = "#e9e2d6", "#b9b3a8", "#5d574f"
BEFORE = ("lamp", "rubbish", "cars", "water", "hole")


class Drawn(NamedTuple):
    name: str  # in the storage
    sha256: str


def keep() -> None:
    """Put all pictures into the storage; the same ones again change nothing."""
    for kind in BEFORE:
        for done in (False, True):
            name, jpeg = name_of(kind, done=done), draw(kind, done=done)
            if not default_storage.exists(name):
                default_storage.save(name, ContentFile(jpeg))


def remove() -> None:
    """Take all pictures out of the storage."""
    for kind in BEFORE:
        for done in (False, True):
            default_storage.delete(name_of(kind, done=done))


def name_of(kind: str, *, done: bool) -> str:
    return f"{FOLDER}/{kind}-{'after' if done else 'before'}.jpg"


@cache
def drawn(kind: str, *, done: bool) -> Drawn:
    return Drawn(name_of(kind, done=done), hashlib.sha256(draw(kind, done=done)).hexdigest())


@cache
def draw(kind: str, *, done: bool) -> bytes:
    """One picture as JPEG: a place before or after somebody saw to it."""
    image = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 250, WIDTH, HEIGHT), fill=FLOOR)
    _DRAW[kind](pen, done)
    packed = BytesIO()
    image.save(packed, "JPEG", quality=80)
    return packed.getvalue()


def _lamp(pen: Pen, done: bool) -> None:
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill="#efe6cf" if done else "#3b3d44")
    for step in range(6):
        pen.rectangle((80 + 50 * step, 330 - 35 * step, WIDTH, 365 - 35 * step), fill=FLOOR if done else "#2b2c31")
    pen.line((240, 0, 240, 50), fill=LINE, width=4)
    pen.ellipse((215, 45, 265, 95), fill="#ffe27a" if done else "#585a60", outline=LINE, width=3)


def _rubbish(pen: Pen, done: bool) -> None:
    for x in (90, 200):
        pen.rectangle((x, 150, x + 80, 270), fill="#4f7a5b", outline=LINE, width=3)
        pen.rectangle((x - 6, 138, x + 86, 152), fill="#3d6148")
    for x, y, colour in () if done else ((60, 270, "#222"), (160, 280, "#a33"), (300, 262, "#ddd"), (350, 285, "#222")):
        pen.ellipse((x, y, x + 70, y + 52), fill=colour, outline=LINE)


def _cars(pen: Pen, done: bool) -> None:
    pen.rectangle((0, 230, WIDTH, 250), fill="#d8d2c6")
    for x, colour in ((300, "#5b6f91"),) if done else ((20, "#933"), (170, "#ccc"), (320, "#5b6f91")):
        pen.rounded_rectangle((x, 200, x + 140, 265), 14, fill=colour, outline=LINE, width=3)
        pen.rounded_rectangle((x + 30, 165, x + 110, 205), 10, fill="#cfe0e8", outline=LINE, width=3)
        for wheel in (x + 20, x + 90):
            pen.ellipse((wheel, 248, wheel + 32, 280), fill="#222")


def _water(pen: Pen, done: bool) -> None:
    pen.rectangle((180, 60, 300, 250), fill="#7d6b58", outline=LINE, width=4)
    pen.ellipse((280, 150, 290, 160), fill="#e0c060")
    if not done:
        pen.ellipse((70, 250, 420, 345), fill="#6f8796")
        pen.arc((120, 270, 360, 330), 10, 170, fill="#9fb4c0", width=3)


def _hole(pen: Pen, done: bool) -> None:
    pen.rectangle((0, 170, WIDTH, HEIGHT), fill="#77757a")
    for x in range(0, WIDTH, 120):
        pen.rectangle((x, 262, x + 60, 270), fill="#e8e8e8")
    pen.ellipse((170, 285, 320, 340), fill="#636166" if done else "#1f1e20", outline="#4a484c", width=5)


_DRAW = {"lamp": _lamp, "rubbish": _rubbish, "cars": _cars, "water": _water, "hole": _hole}
