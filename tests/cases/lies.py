"""What people and programs send instead of a photo, made here: bombs, lies and photos that tell too much."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image, ImageCms, PngImagePlugin

GPS = b"Xiaomi-26.0500N"  # stands in metadata, and must be nowhere in what is kept


def photo(size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Image.Image:
    """A gradient with a red corner top left and a green one top right: how it is turned can be told."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    if mode == "RGB":
        width, height = size
        image.paste("red", (0, 0, width // 4, height // 4))
        image.paste("lime", (width * 3 // 4, 0, width, height // 4))
    return image


def saved(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, idat: bytes, *more: bytes, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG that says what it likes about itself."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + _chunk(b"IDAT", idat) + _chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def sized_jpeg(width: int, height: int, jpeg: bytes) -> bytes:
    """A JPEG whose header claims another size."""
    at = next(i for i in range(len(jpeg)) if jpeg[i : i + 2] in (b"\xff\xc0", b"\xff\xc2"))
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    jpeg = saved(photo((3000, 3000)), progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * scans + b"\xff\xd9"


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", b"\0" * 50_000_000)
    return out.getvalue()


def exif(orientation: int = 1, *, note: bytes = b"") -> bytes:
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = orientation, GPS.decode()
    tags.get_ifd(0x8825)[1], tags.get_ifd(0x8825)[2] = "N", (26.0, 3.0, 0.0)
    if note:
        tags[0x010E] = note.decode()
    return tags.tobytes()


def vp8x(width: int, height: int, flags: int = 0) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + bytes((flags, 0, 0, 0)) + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little") + b"VP8 " + struct.pack("<I", 10) + b"\0" * 10
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def huge_profile() -> bytes:
    """16 MB would not fit a picture's file; 8 MB in segments of 64 kB do."""
    data = b"\x41" * 65_000
    return b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes((number + 1, 120)) + data) for number in range(120))


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# What this profile calls red is green.
SWAPPED = SRGB.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
TWO = [photo((60, 60)), photo((60, 60)).rotate(90)]

REFUSED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "zeros": lambda: bytes(100_000),
    "text": lambda: "楼道灯不亮".encode(),
    "zip bomb": zip_bomb,
    "gzip bomb": lambda: zlib.compress(bytes(50_000_000), wbits=31),
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg with a declaration": lambda: b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
    "html": lambda: b"<!DOCTYPE html><script>alert(1)</script>",
    "pdf": lambda: b"%PDF-1.7\n1 0 obj<</Type/Catalog>>",
    "program": lambda: b"MZ\x90\x00" + bytes(5000),
    "gif": lambda: saved(photo((60, 60)), "GIF"),
    "gif that is a script": lambda: b"GIF89a/*" + bytes(30) + b"*/=1;alert(1)//;",
    "gif that moves": lambda: saved(TWO[0], "GIF", save_all=True, append_images=TWO[1:]),
    "bmp": lambda: saved(photo((60, 60)), "BMP"),
    "tiff": lambda: saved(photo((60, 60)), "TIFF"),
    "icon": lambda: saved(photo((60, 60)), "ICO"),
    "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file",
    "heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500),
    "avif": lambda: b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(500),
    "png of 50,000 by 50,000": lambda: png(50_000, 50_000, zlib.compress(bytes(1_000_000), 9)),
    "png of 65,535 by 1": lambda: png(65_535, 1, zlib.compress(bytes(200_000))),
    "png just over": lambda: png(3000, 3000, zlib.compress(bytes(27_003_000), 9)),
    "png without pixels": lambda: png(640, 480, b""),
    "png with text that swells": lambda: png(
        640, 480, zlib.compress(bytes(922_080)), _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(60_000_000), 9))
    ),
    "png with a profile that swells": lambda: png(
        640, 480, zlib.compress(bytes(922_080)), _chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(60_000_000), 9))
    ),
    "png that moves": lambda: saved(TWO[0], "PNG", save_all=True, append_images=TWO[1:]),
    "png of a negative size": lambda: png(2**31 + 9, 100, zlib.compress(bytes(1000))),
    "truncated png": lambda: saved(photo(), "PNG")[:500],
    "jpeg of 65,500 by 65,500": lambda: sized_jpeg(65_500, 65_500, saved(photo((64, 64)))),
    "progressive jpeg of 60 megapixels": lambda: sized_jpeg(7800, 7700, saved(photo((64, 64)), progressive=True)),
    "jpeg with a thousand scans": lambda: many_scans(1000),
    "truncated jpeg": lambda: saved(photo())[:4000],
    "jpeg that only begins so": lambda: b"\xff\xd8\xff\xe0" + b"A" * 5000,
    "jpeg of one pixel": lambda: saved(Image.new("RGB", (1, 1))),
    "jpeg of no height": lambda: sized_jpeg(640, 0, saved(photo())),
    "webp of 16,383 by 16,383": lambda: vp8x(16_383, 16_383),
    "webp of 16 million by 16 million": lambda: vp8x(2**24, 2**24),
    "webp that moves": lambda: saved(TWO[0], "WEBP", save_all=True, append_images=TWO[1:]),
    "truncated webp": lambda: saved(photo(), "WEBP")[:400],
    "jpeg with two million comments": lambda: saved(photo())[:2] + b"\xff\xfe\0\2" * 2_000_000 + saved(photo())[2:],
    "png with a million texts": lambda: png(
        640, 480, zlib.compress(bytes(922_080)), _chunk(b"tEXt", b"a\0b") * 1_000_000
    ),
    "17 MB": lambda: saved(photo()) + bytes(17 * 2**20),
}

CLEANED: dict[str, Callable[[], bytes]] = {
    "photo": lambda: saved(photo()),
    "photo with its place": lambda: saved(photo(), exif=exif(6)),
    "png with its place": lambda: saved(photo(), "PNG", exif=exif(6)),
    "webp with its place": lambda: saved(photo(), "WEBP", exif=exif(6)),
    "xmp and a comment": lambda: with_segments(
        saved(photo(), comment=GPS), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + GPS + b"</x>")
    ),
    "png with text": lambda: saved(photo(), "PNG", pnginfo=_with_text()),
    "long exif": lambda: saved(photo(), exif=exif(note=GPS * 4000)),
    "broken exif": lambda: with_segments(saved(photo()), segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + GPS * 9)),
    "huge profile": lambda: with_segments(saved(photo()), huge_profile()),
    "broken profile": lambda: saved(photo(), icc_profile=GPS * 20),
    "colour profile": lambda: saved(photo(), icc_profile=SRGB),
    "jpeg and zip": lambda: saved(photo()) + zip_bomb() + GPS,
    "jpeg and html": lambda: with_segments(saved(photo()), segment(0xFE, b"<script>alert(1)</script>" + GPS)),
    "png and zip": lambda: saved(photo(), "PNG") + zip_bomb() + GPS,
    "cmyk": lambda: saved(photo().convert("CMYK")),
    "grey": lambda: saved(photo(mode="L")),
    "two pictures in one": lambda: saved(photo(), "MPO", save_all=True, append_images=[photo()]),
    "16-bit grey": lambda: png(
        640, 480, zlib.compress(b"".join(b"\0" + b"\x80\x00" * 640 for _ in range(480))), bits=16, colour=0
    ),
    "16-bit colour": lambda: png(
        640, 480, zlib.compress(b"".join(b"\0" + b"\x80\x00" * 1920 for _ in range(480))), bits=16
    ),
    "palette with a hole": lambda: saved(photo().quantize(16), "PNG", transparency=0),
    "see-through": lambda: saved(photo().convert("RGBA"), "PNG"),
    "one bit": lambda: saved(photo().convert("1"), "PNG"),
    "telephone, 12 megapixels": lambda: saved(photo((4032, 3024)), exif=exif(6)),
    "telephone, 50 megapixels": lambda: saved(photo((8160, 6120)), exif=exif(8)),
    "panorama": lambda: saved(photo((30_000, 2047))),
    "worst jpeg": lambda: saved(photo((3071, 3071)), subsampling=0),
    "worst whole jpeg": lambda: saved(photo((3540, 3540)), progressive=True, subsampling=0),
    "most scans": lambda: many_scans(5),
    "worst png": lambda: saved(photo((2828, 2828)).convert("RGBA"), "PNG", compress_level=1),
    "worst grey png": lambda: png(
        2828, 2828, zlib.compress(b"".join(b"\0" + b"\x80\0" * 2828 for _ in range(2828)), 1), bits=16, colour=0
    ),
    "worst webp": lambda: saved(photo((2236, 2236)).convert("RGBA"), "WEBP", method=0),
}


def _with_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Location", GPS.decode())
    info.add_itxt("XML:com.adobe.xmp", GPS.decode())
    return info
