"""
What a text gives away about a person: telephone, identity card, number plate; in digits of half and full width, in
Chinese ones (一三八零零……) and with spaces, dots or dashes between them.

The public reads a text through `masked`, and the reporter is shown beforehand what that is. A false alarm costs a word
that nobody sees; what is missed is seen by all. So what only looks like a number counts too, but for identity cards,
whose check digit tells them from an order number.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

CHINESE = str.maketrans("零〇○一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸幺两兩", "000123456789123456789236122")
GAP = r"[\s\-–—_.·,，、/]{0,3}"  # what people put between digits
BLOT = "■"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领滬雲遼魯蘇贛晉陝閩貴寧瓊領"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, ISO 7064 MOD 11-2


class Kind(TextChoices):
    PHONE = "phone", _("电话号码")
    CARD = "card", _("身份证号")
    PLATE = "plate", _("车牌号")


class Found(NamedTuple):
    kind: Kind
    start: int  # of the characters in the text as it was written
    end: int


@dataclass(frozen=True)
class Pattern:
    kind: Kind
    shape: re.Pattern[str]


def _digits(*parts: str) -> str:
    """A pattern of single digits, given as classes, with gaps between."""
    return GAP.join(parts)


_D = "[0-9]"
_SHAPES = (
    Pattern(Kind.CARD, re.compile(f"(?<![0-9]){_digits(*[_D] * 17, '[0-9Xx]')}(?![0-9])")),
    Pattern(Kind.PHONE, re.compile(rf"(?<![0-9])(?:\+?86|0086){GAP}{_digits('1', '[3-9]', *[_D] * 9)}(?![0-9])")),
    Pattern(Kind.PHONE, re.compile(f"(?<![0-9]){_digits('1', '[3-9]', *[_D] * 9)}(?![0-9])")),
    Pattern(Kind.PHONE, re.compile(rf"(?<![0-9])\(?0[1-9][0-9]{{1,2}}\)?{GAP}[2-8]{_D}{{2,3}}{GAP}{_D}{{4}}(?![0-9])")),
    Pattern(
        Kind.PLATE,
        re.compile(
            rf"[{PROVINCES}][\s]?[A-Z][\s.·\-]{{0,2}}(?:[A-Z0-9][\s]?){{4,5}}[A-Z0-9学警港澳挂領领]", re.IGNORECASE
        ),
    ),
)


def found(text: str) -> list[Found]:
    """What a text gives away, from left to right, each character once."""
    plain = _plain(text)
    seen: list[Found] = []
    for pattern in _SHAPES:
        for match in pattern.shape.finditer(plain):
            if _is_meant(pattern.kind, match[0]) and not any(_meet(match.span(), other) for other in seen):
                seen.append(Found(pattern.kind, *match.span()))
    return sorted(seen, key=lambda one: one.start)


def kinds(text: str) -> list[Kind]:
    """The kinds of what a text gives away, each once."""
    return list(dict.fromkeys(one.kind for one in found(text)))


def masked(text: str) -> str:
    """A text as strangers may read it."""
    return "".join(BLOT * 4 if hidden else part for part, hidden in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    place = 0
    for one in found(text):
        yield text[place : one.start], False
        yield text[one.start : one.end], True
        place = one.end
    yield text[place:], False


def _plain(text: str) -> str:
    """The text with every digit and letter in its simplest form, each character still at its place."""
    narrow = (unicodedata.normalize("NFKC", letter) for letter in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(narrow, text, strict=True)).translate(CHINESE)


def _is_meant(kind: Kind, text: str) -> bool:
    letters = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    return is_card(letters) if kind == Kind.CARD else True


def _meet(span: tuple[int, int], other: Found) -> bool:
    return span[0] < other.end and other.start < span[1]


def is_card(number: str) -> bool:
    """Whether 18 signs are the number of an identity card: a date of birth and the right check digit."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(number[:17], WEIGHTS, strict=True)) % 11
    return "10X98765432"[rest] == number[17]
