"""Forty bombs and lies: each is refused or cleaned in under a second, with less than 100 MB more memory."""

import io
import subprocess
import sys
from hashlib import sha256

import pytest
from django.conf import settings
from PIL import Image

from cases import pictures
from tests.cases import lies

SECOND = 1.0
MEGABYTES = 100
JPEG_PARTS = {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA}  # start, JFIF, tables, frame, tables, scan: nothing else

# One file after the other in a process that may take so much more memory and no more; prints what came of each.
CHILD = """
import resource, sys, time
import django
django.setup()
from cases import pictures
from tests.cases import lies
made = {name: make() for name, make in {**lies.REFUSED, **lies.CLEANED}.items()}
for name in ("photo", "png with its place", "webp with its place", "colour profile"):
    pictures.clean(made[name])
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
limit = used + MEGABYTES * 1_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for name, sent in made.items():
    began, fault = time.process_time(), ""
    try:
        pictures.clean(sent)
        came = "cleaned"
    except pictures.Refused as refusal:
        came, fault = "refused", type(refusal.__cause__).__name__
    print(name, came, fault, round(time.process_time() - began, 3), sep="|", flush=True)
"""


def pixel(kept: pictures.Picture, x: int, y: int) -> tuple[int, ...]:
    found = Image.open(io.BytesIO(kept.jpeg)).getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def is_red(colour: tuple[int, ...]) -> bool:
    return colour[0] > 200 and colour[1] < 60 and colour[2] < 60


def is_green(colour: tuple[int, ...]) -> bool:
    return colour[0] < 60 and colour[1] > 200 and colour[2] < 60


@pytest.fixture(scope="module")
def came() -> dict[str, tuple[str, str, float]]:
    """What came of each file: cleaned or refused, the decoder's fault, seconds of the processor."""
    program = CHILD.replace("MEGABYTES", str(MEGABYTES))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("|") for line in done.stdout.splitlines()]
    return {name: (what, fault, float(seconds)) for name, what, fault, seconds in rows}


def test_there_are_forty():
    assert len(lies.REFUSED) >= 40


@pytest.mark.parametrize("name", lies.REFUSED)
def test_a_lie_is_refused_in_a_second_and_little_memory(came, name):
    what, fault, seconds = came[name]
    assert (what, fault == "MemoryError") == ("refused", False), fault
    assert seconds < SECOND


@pytest.mark.parametrize("name", lies.CLEANED)
def test_a_photo_is_cleaned_in_a_second_and_little_memory(came, name):
    what, fault, seconds = came[name]
    assert what == "cleaned", fault
    assert seconds < SECOND


@pytest.mark.parametrize("name", [name for name in lies.CLEANED if not name.startswith(("worst", "telephone"))])
def test_what_is_kept_is_pixels_and_nothing_else(name):
    sent = lies.CLEANED[name]()
    kept = pictures.clean(sent)
    assert set(pictures._markers(kept.jpeg)) | {0xD8} == JPEG_PARTS
    assert kept.jpeg.endswith(b"\xff\xd9")
    assert kept.jpeg.index(b"\xff\xd9") == len(kept.jpeg) - 2  # nothing behind the picture
    assert lies.GPS not in kept.jpeg
    assert b"script" not in kept.jpeg
    assert kept.sha256 == sha256(sent).hexdigest()
    opened = Image.open(io.BytesIO(kept.jpeg))
    assert (opened.format, opened.mode, opened.size) == ("JPEG", "RGB", (kept.width, kept.height))
    assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_stands_as_it_was_held(turn, kind):
    """Red stands top left, as it does in the file of orientation 1; sent turned and mirrored in all eight ways."""
    upright = lies.photo((80, 60))
    undo = [None, None, 0, 3, 1, 5, 2, 6, 4][turn]  # Image.Transpose that makes the file of this orientation
    held = upright if undo is None else upright.transpose(Image.Transpose(undo))
    kept = pictures.clean(lies.saved(held, kind, exif=lies.exif(turn)))
    assert (kept.width, kept.height) == (80, 60)
    assert is_red(pixel(kept, 3, 3))
    assert is_green(pixel(kept, 76, 3))


def test_a_long_photo_keeps_its_shape():
    kept = pictures.clean(lies.saved(lies.photo((5000, 2500))))
    assert kept.width in range(1536, 2049)
    assert kept.width == pytest.approx(2 * kept.height, abs=2)


@pytest.mark.parametrize("name", ["16-bit grey", "16-bit colour"])
def test_sixteen_bits_are_as_bright_as_eight(name):
    assert pixel(pictures.clean(lies.CLEANED[name]()), 300, 200) == pytest.approx((128, 128, 128), abs=2)


def test_what_was_transparent_is_white():
    assert pixel(pictures.clean(lies.saved(Image.new("RGBA", (50, 50)), "PNG")), 25, 25) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_colours_are_those_that_the_profile_means(kind):
    sent = lies.saved(Image.new("RGB", (50, 50), "red"), kind, icc_profile=lies.SWAPPED, exif=lies.exif(6))
    assert is_green(pixel(pictures.clean(sent), 25, 25))


def test_a_photo_of_a_telephone_that_we_cannot_open_says_what_to_do():
    with pytest.raises(pictures.Refused, match="兼容性最佳"):
        pictures.clean(lies.REFUSED["heic"]())


def test_a_file_is_as_good_as_bytes():
    sent = lies.CLEANED["photo"]()
    assert pictures.clean(io.BytesIO(sent)) == pictures.clean(sent)
