"""
The one way in for photos: what somebody sent becomes a plain JPEG of its pixels, or is refused with a sentence.

The type is told by the content, never by a name. What the picture claims about itself is measured before a single pixel
is decoded; what comes out is encoded anew, so nothing that was hidden beside the pixels survives: no EXIF with its GPS
position, no XMP, no colour profile, no comment, no second file behind the first.

The limits keep the decoder below 100 MB on the worst file that passes (tests/cases/test_pictures.py measures it).
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Protocol

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

LARGEST = 16 * 2**20  # bytes sent; a telephone's 50 megapixels are 10 to 15 MB
EDGE = 2048  # pixels of the longer side that is kept: a house number across the street can be read
NARROWEST = 16  # pixels; less is no photo
QUALITY = 82
JPEG_PIXELS = 64_000_000  # telephones send 50 million; decoded at a fraction of the size
WHOLE_PIXELS = 12_600_000  # JPEGs whose every coefficient has to be in memory at once (4032 x 3024)
PNG_PIXELS = 8_000_000  # no smaller decoding: a screenshot has 4 million
WEBP_PIXELS = 5_000_000  # decoded with three copies
PARTS = 5000  # segments of a JPEG, chunks of a PNG; a photo has hundreds, and each takes the decoder time
SCANS = 16  # of a progressive JPEG; cameras and editors make ten, a bomb thousands
PROFILE = 2**20  # bytes of a colour profile that is looked at

HEIC = re.compile(rb"^....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1|avif|avis)", re.DOTALL)
MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # within pixels, FF is followed by 00 or a restart, D0 to D7


class Upload(Protocol):
    """What can be read: a file, or an upload of Django's."""

    def read(self, size: int, /) -> bytes: ...


class Refused(Exception):
    """Not a photo that we take; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Picture:
    """A clean JPEG, and the SHA-256 of the bytes that the client sent: by it the client knows its photo again."""

    jpeg: bytes
    width: int
    height: int
    sha256: str


def clean(upload: bytes | Upload) -> Picture:
    """The photo as it is kept: upright, in sRGB, at most `EDGE` pixels long. Raises `Refused`."""
    sent = upload if isinstance(upload, bytes) else upload.read(LARGEST + 1)
    kind = _kind(sent)
    try:
        image = _opened(sent, kind)
        _measure(image, sent, kind)
        jpeg, size = _encoded(_upright(image))
    except Refused:
        raise
    except Exception as fault:  # the decoders raise a dozen kinds for a broken file, SyntaxError among them
        raise Refused(_("这张照片打不开，可能没有传完或者坏了。请换一张再试。")) from fault
    return Picture(jpeg, *size, hashlib.sha256(sent).hexdigest())


def _kind(sent: bytes) -> str:
    """JPEG, PNG or WEBP by the first bytes."""
    if not sent:
        raise Refused(_("照片是空的，请重新拍一张。"))
    if len(sent) > LARGEST:
        raise Refused(_("照片太大（最多 %d MB）。请用普通画质拍，或发一张截图。") % (LARGEST // 2**20))
    if sent.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if sent.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if sent[:4] == b"RIFF" and sent[8:12] == b"WEBP":
        return "WEBP"
    if HEIC.match(sent):
        raise Refused(_("这是 HEIC 格式，我们打不开。请在“设置 - 相机 - 格式”里选“兼容性最佳”再拍，或截一张图发来。"))
    raise Refused(_("这不是照片。请发 JPG 或 PNG 格式的照片。"))


def _opened(sent: bytes, kind: str) -> Image.Image:
    """The picture with its header read. Of WEBP the size is read by ourselves: its decoder takes memory on opening."""
    if kind == "WEBP":
        _fits(*_webp_size(sent), WEBP_PIXELS)
    elif sum(1 for _part in islice(_parts(sent, kind), PARTS + 1)) > PARTS:
        raise Refused(_("这张照片的编码不寻常，打开它要很久。请截一张图再发。"))
    return Image.open(BytesIO(sent), formats=[kind])


def _measure(image: Image.Image, sent: bytes, kind: str) -> None:
    most = {"PNG": PNG_PIXELS, "WEBP": WEBP_PIXELS, "JPEG": JPEG_PIXELS}[kind]
    if kind == "JPEG":
        scans = sum(marker == 0xDA for marker in _markers(sent))
        if scans > SCANS:
            raise Refused(_("这张照片的编码不寻常，打开它要很久。请截一张图再发。"))
        most = WHOLE_PIXELS if scans > 1 else JPEG_PIXELS
    elif getattr(image, "is_animated", False):
        raise Refused(_("这是动图。请发一张不会动的照片。"))
    _fits(*image.size, most)


def _fits(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise Refused(_("照片的像素太多。请用普通画质拍，或发一张截图。"))
    if min(width, height) < NARROWEST:
        raise Refused(_("照片太小，看不清。请换一张。"))


def _webp_size(sent: bytes) -> tuple[int, int]:
    """Width and height out of the first chunk (RFC 9649); an animation is refused here already."""
    head = sent[20:30].ljust(10, b"\0")
    if sent[12:16] == b"VP8X":
        if head[0] & 2:
            raise Refused(_("这是动图。请发一张不会动的照片。"))
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if sent[12:16] == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


def _parts(sent: bytes, kind: str) -> Iterator[int]:
    return _markers(sent) if kind == "JPEG" else _chunks(sent)


def _chunks(sent: bytes) -> Iterator[int]:
    """Where the chunks of a PNG begin: four bytes of length, four of name, four of checksum round what it holds."""
    place = 8
    while place + 8 <= len(sent):
        yield place
        place += 12 + int.from_bytes(sent[place : place + 4], "big")


def _markers(sent: bytes) -> Iterator[int]:
    """The markers of a JPEG's first picture (ITU-T T.81, annex B), without what stands inside of its segments."""
    place = 2
    while found := MARKER.search(sent, place):
        marker, place = found[1][0], found.end()
        if marker == 0xD9:
            return
        yield marker
        if marker not in (0x01, 0xD8):
            place += max(int.from_bytes(sent[place : place + 2], "big"), 2)


def _upright(image: Image.Image) -> Image.Image:
    """Small, turned as it was held, in sRGB, on white where it is transparent."""
    if image.format in ("JPEG", "MPO"):
        _decode_small(image)
    profile = image.info.get("icc_profile") or b""
    image = _plain(image)
    image.thumbnail((EDGE, EDGE))
    image = _in_srgb(image, profile) if 0 < len(profile) <= PROFILE else image
    return ImageOps.exif_transpose(_flat(image))


def _decode_small(image: Image.Image) -> None:
    """Let the decoder leave out detail: at once half, a quarter or an eighth of the size, never below 3/4 of `EDGE`."""
    ratio = 0.75 * EDGE / max(image.size)
    image.draft(image.mode, (max(1, int(image.width * ratio)), max(1, int(image.height * ratio))))


def _plain(image: Image.Image) -> Image.Image:
    """A mode that can be made smaller without harm: palettes and 16 bits become 8 bits a channel."""
    if image.mode.startswith("I"):  # 16-bit grey: Pillow would clip at 255
        return image.point(lambda value: value / 256).convert("L")
    if image.mode == "P" or (image.mode in ("1", "L", "RGB") and "transparency" in image.info):
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image.convert("L") if image.mode == "1" else image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The colours that the profile means; a profile that is broken or of another kind of picture is left aside."""
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(image, opened, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    if turned is None:
        return image
    turned.info = image.info  # how it was held stands there, too
    return turned


def _flat(image: Image.Image) -> Image.Image:
    if image.mode not in ("RGBA", "LA", "PA"):
        return image.convert("RGB")
    white = Image.new("RGB", image.size, "white")
    white.info = image.info
    white.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return white


def _encoded(image: Image.Image) -> tuple[bytes, tuple[int, int]]:
    """A JPEG of the pixels alone."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue(), image.size
