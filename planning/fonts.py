"""
A Chinese font that a PDF can carry inside.

reportlab embeds TrueType outlines only, and the fonts of most Linux machines (Noto, Source Han) have PostScript ones.
So the few characters that are printed are taken out of the machine's font, and their curves are turned into TrueType's
if need be. That makes small files whose text can be selected.
"""

import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, newTable
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as PrintFont

PATTERNS = (
    "NotoSansCJK*Regular.*",
    "NotoSansSC*Regular.*",
    "SourceHanSans*Regular.*",
    "wqy-*.tt?",
    "DroidSansFallback*.ttf",
)
CURVE_ERROR = 1.0  # units of the em's 1000: 0.03 mm in the largest type on a plate


class NoFont(Exception):
    """There is no Chinese font on this machine."""


def chinese_font() -> Path:
    """The font of the setting PRINT_FONT, else the first that is installed. Raises `NoFont`."""
    for path in _installed():
        if path.is_file():
            return path
    raise NoFont(_("这台电脑没有中文字体。请安装 fonts-noto-cjk，或用 PRINT_FONT 指定一个字体文件。"))


def _installed() -> Iterator[Path]:
    if settings.PRINT_FONT:
        yield Path(settings.PRINT_FONT)
        return
    for folder in (Path("/usr/share/fonts"), settings.BASE_DIR / ".devdb" / "apt" / "usr" / "share" / "fonts"):
        for pattern in PATTERNS:
            yield from sorted(folder.rglob(pattern))
    if shutil.which("fc-match"):
        found = subprocess.run(
            ["fc-match", "-f", "%{file}", ":lang=zh-cn"], capture_output=True, text=True, check=False
        )
        yield Path(found.stdout)


def characters(path: Path, text: str) -> BytesIO:
    """A TrueType font with just the characters of `text`."""
    font = _open(path)
    options = subset.Options(layout_features=[], name_IDs=[1, 2, 4, 6], notdef_outline=True, hinting=False)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    if "glyf" not in font:
        _use_truetype_curves(font)
    packed = BytesIO()
    font.save(packed)
    packed.seek(0)
    return packed


def register(name: str, text: str) -> None:
    """
    Let reportlab know a font of just the characters of `text` by a name. Raises `NoFont`.

    Its own `registerFont` keeps the first font of a face for as long as the process lives, whatever is registered
    later, so that a second document lacks the characters that only it has.
    """
    pdfmetrics._fonts[name] = PrintFont(name, characters(chinese_font(), text))


def forget(name: str) -> None:
    pdfmetrics._fonts.pop(name, None)


def _open(path: Path) -> TTFont:
    """The font of a file; of a collection the one with mainland forms."""
    if path.suffix not in (".ttc", ".otc"):
        return TTFont(path)
    names = [font["name"].getDebugName(1) or "" for font in TTCollection(path, lazy=True).fonts]
    mainland = next((number for number, name in enumerate(names) if name.endswith("SC")), 0)
    return TTFont(path, fontNumber=mainland)


def _use_truetype_curves(font: TTFont) -> None:
    """Replace cubic by quadratic curves, which run the other way round."""
    order, outlines = font.getGlyphOrder(), font.getGlyphSet()
    glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, {}
    for name in order:
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, CURVE_ERROR, reverse_direction=True))
        glyf.glyphs[name] = pen.glyph()
    font["glyf"], font["loca"] = glyf, newTable("loca")
    del font["CFF "]
    _count_points(font)
    font.sfntVersion = "\x00\x01\x00\x00"


def _count_points(font: TTFont) -> None:
    """TrueType's table of maxima: none of them for hinting; those of the curves are counted when the font is saved."""
    maxima = font["maxp"]
    maxima.tableVersion = 0x00010000
    for name in ("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
                 "maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth"):  # fmt: skip
        setattr(maxima, name, 0)
    maxima.maxZones = 1
