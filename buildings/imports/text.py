"""Text as it comes in files: encodings, full width, and what was garbled before it reached us."""

import codecs
import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import PHONE
from buildings.imports.refusals import BadEncoding
from buildings.tables import one_line

_CJK = re.compile(r"[\u3400-\u9fff]")
_HIGH = re.compile(r"[\x80-\xff]")
# U+FFFD read as GBK, the private use area, and the filler of memory that was never written: no name holds them.
_GARBAGE = re.compile(r"锟斤拷|烫烫烫|屯屯屯|[\ufffd\ue000-\uf8ff]")


def decode(data: bytes, encoding: str = "", *, name: str = "") -> str:
    """Text of a file: by its byte order mark, as `encoding`, else UTF-8, else GB18030. Refuses what is none of them."""
    for mark, marked in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _decode(data, marked, name)
    if encoding:
        return _decode(data, encoding, name)
    try:
        return _decode(data, "utf-8", name)
    except BadEncoding:
        return _decode(data, "gb18030", name)


def _decode(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise BadEncoding(name=name, encoding=encoding) from None


def is_garbled(text: str) -> bool:
    """Whether a text was read with the wrong encoding once. Chinese, English and Finnish names are not."""
    return bool(_GARBAGE.search(text)) or _is_utf8_as_gbk(text) or _is_bytes_as_latin1(text)


def _is_utf8_as_gbk(text: str) -> bool:
    """UTF-8 read as GBK: its bytes read back are Chinese again. The end may be lost, three bytes making no pair."""
    if not _CJK.search(text):
        return False
    try:
        raw = text.encode("gbk")
    except UnicodeError:
        return False
    # One character may be a chance; the bytes of two in a row that are UTF-8 as well are none.
    return any(len(_CJK.findall(_utf8(raw[: len(raw) - lost]))) >= 2 for lost in range(3))


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeError:
        return ""


def _is_bytes_as_latin1(text: str) -> bool:
    high = len(_HIGH.findall(text))
    if high < 3:
        return False
    for encoding in ("latin-1", "cp1252"):
        try:
            raw = text.encode(encoding)
        except UnicodeError:
            continue
        if _holds_chinese(raw, "utf-8") or (high > 0.6 * len(text) and _holds_chinese(raw, "gb18030")):
            return True
    return False


def _holds_chinese(raw: bytes, encoding: str) -> bool:
    try:
        return bool(_CJK.search(raw.decode(encoding)))
    except UnicodeError:
        return False


def phone(text: str) -> str:
    """The first phone number of a cell if our fields take it, else nothing: a wrong number helps nobody."""
    text = text.split(";")[0].strip()
    try:
        PHONE(text)
    except ValidationError:
        return ""
    return text


def clean(value: Any) -> str:
    """A cell as text: NFKC (full-width letters and digits become plain), no control characters, single spaces."""
    if value is None:
        return ""
    if isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) < 1e15 else value
    return one_line(unicodedata.normalize("NFKC", str(value)))
