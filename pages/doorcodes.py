"""
The plates that hang at the doors: a QR code that opens the door's page, and the door's name.

No grid and no person stands on them, so that they stay right when grids are redrawn and people change. Sizes in
points; two plates of A5 on a sheet of A4.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import segno
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from buildings.models import Area, Stairwell
from grids.territory import in_order, street
from planning.fonts import register

WIDTH, HEIGHT = A4[0], A4[1] / 2
CODE = 66 * mm  # side of the QR code with its margin: read from three metres
QUIET = 4  # modules of white around a QR code, as its standard asks
INK, JADE, SOFT = (0.11, 0.14, 0.13), (0.04, 0.35, 0.28), (0.29, 0.33, 0.31)
FONT = "Plate"


@dataclass(frozen=True)
class Plate:
    """One door as it is printed."""

    community: str
    compound: str
    building: str
    stairwell: str
    code: str


def plates(community: Area, on: date) -> list[Plate]:
    """A plate for each stairwell of a community that stands on a day, in the order of a walk."""
    standing = Stairwell.objects.filter(Q(gone_since=None) | Q(gone_since__gt=on), building__community=community)
    doors = sorted(standing.select_related("building__compound"), key=_walk)
    return [_plate(community, door) for door in doors]


def _walk(door: Stairwell) -> tuple:
    compound = door.building.compound
    along = street(door.building.address, door.building.number)
    return (compound.code if compound else "~", along, in_order(door.building.number), in_order(door.number), door.code)


def _plate(community: Area, door: Stairwell) -> Plate:
    building = door.building
    compound = building.compound.name if building.compound else building.address
    known = building.name or building.number or building.address  # a serial number would be taken for an address
    title = building.title if known and building.title != compound else ""
    return Plate(community.name, compound, title, door.title, door.code)


def pdf(doors: Iterable[Plate], *, base_url: str, hotline: str) -> bytes:
    """The sheets. `base_url` is the address that residents reach, without a slash at the end."""
    doors, words = list(doors), _words(hotline)
    text = "".join((*words, base_url, "0123456789/d -·:", *("".join(vars(door).values()) for door in doors)))
    register(FONT, text)
    sheet = BytesIO()
    canvas = Canvas(sheet, pagesize=A4, pageCompression=1, initialFontName=FONT)
    canvas.setTitle(words[0])
    for number, door in enumerate(doors):
        if number and number % 2 == 0:
            canvas.showPage()
        _draw(canvas, door, base_url, words, bottom=HEIGHT if number % 2 == 0 else 0)
    canvas.save()
    return sheet.getvalue()


def _words(hotline: str) -> tuple[str, ...]:
    return (_("扫一扫，看谁管您这栋楼"), _("不用登录，打开就有电话"), _("政务热线 %s") % hotline)


def _draw(canvas: Canvas, door: Plate, base_url: str, words: tuple[str, ...], *, bottom: float) -> None:
    address = f"{base_url}{reverse('pages:door', args=[door.code])}"
    _frame(canvas, bottom)
    left, middle = 14 * mm, bottom + HEIGHT / 2
    _qr(canvas, address, left, middle - CODE / 2 + 4 * mm)
    _centred(canvas, _spaced(door.code), left + CODE / 2, middle - CODE / 2 - 3 * mm, size=11, width=CODE, ink=SOFT)
    x, width = left + CODE + 10 * mm, WIDTH - CODE - 38 * mm
    _line(canvas, door.compound, x, middle + 36 * mm, size=24, width=width)
    _line(canvas, f"{door.building} {door.stairwell}".strip(), x, middle + 16 * mm, size=48, width=width, ink=JADE)
    _line(canvas, words[0], x, middle - 4 * mm, size=19, width=width)
    _line(canvas, words[1], x, middle - 14 * mm, size=15, width=width, ink=SOFT)
    _line(canvas, words[2], x, middle - 30 * mm, size=19, width=width)
    _line(canvas, door.community, x, middle - 40 * mm, size=13, width=width, ink=SOFT)


def _frame(canvas: Canvas, bottom: float) -> None:
    canvas.setStrokeColorRGB(*JADE)
    canvas.setLineWidth(2)
    canvas.roundRect(8 * mm, bottom + 8 * mm, WIDTH - 16 * mm, HEIGHT - 16 * mm, 5 * mm)
    if bottom:
        canvas.setDash(3, 4)
        canvas.setLineWidth(0.4)
        canvas.line(0, bottom, WIDTH, bottom)  # where to cut
        canvas.setDash()


def _qr(canvas: Canvas, address: str, x: float, y: float) -> None:
    """Drawn as black squares; level M still reads with a seventh of it scratched off."""
    rows = list(segno.make(address, error="m", micro=False, boost_error=False).matrix_iter(border=QUIET))
    side = CODE / len(rows)
    canvas.setFillColorRGB(0, 0, 0)
    path = canvas.beginPath()
    for row, modules in enumerate(rows):
        for column, dark in enumerate(modules):
            if dark:
                path.rect(x + column * side, y + CODE - (row + 1) * side, side, side)
    canvas.drawPath(path, stroke=0, fill=1)


def _line(canvas: Canvas, text: str, x: float, y: float, *, size: float, width: float, ink=INK) -> None:
    canvas.setFillColorRGB(*ink)
    canvas.setFont(FONT, _fitting(text, size, width))
    canvas.drawString(x, y, text)


def _centred(canvas: Canvas, text: str, x: float, y: float, *, size: float, width: float, ink=INK) -> None:
    canvas.setFillColorRGB(*ink)
    canvas.setFont(FONT, _fitting(text, size, width))
    canvas.drawCentredString(x, y, text)


def _fitting(text: str, size: float, width: float) -> float:
    """The size at which a text stays within a width."""
    return min(size, size * width / max(pdfmetrics.stringWidth(text, FONT, size), 1))


def _spaced(code: str) -> str:
    """12, 5 and 2 digits: community, building, stairwell; easier to read out on the telephone."""
    return f"{code[:12]} {code[12:17]} {code[17:]}"
