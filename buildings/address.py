"""
Chinese addresses as people write them, taken apart: pure text, no database.

    >>> parse("宝翠花都３號樓二單元501室")
    Address(compound='宝翠花都', building='3', stairwell='2', room='501')

What residents type, what spreadsheets hold and what stands on the wall differ in script, width, numerals and words
(栋、幢、座、号楼; 单元、楼门、梯); here they become one spelling.
Numbers stay text: 9-1, 31甲 and 副3 are numbers of houses.
"""

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from functools import cache

from django.utils.translation import gettext_noop as _
from opencc import OpenCC


class AddressRefused(ValueError):
    """An address that cannot be used; `sentence` is a Chinese message id."""

    code = "address_refused"
    sentence = _("这个地址不能使用。")

    def __str__(self) -> str:
        return self.sentence


class Mojibake(AddressRefused):
    """Text with characters that nobody types: they are left where text was read with the wrong encoding."""

    code = "mojibake"
    sentence = _("地址里有无法识别的字符，请重新输入。")


class TooLong(AddressRefused):
    """Longer than any address."""

    code = "too_long"
    sentence = _("地址太长，请只填地址。")


MAX_LENGTH = 200  # characters; the longest official address is under 80


@dataclass(frozen=True, repr=False)
class Address:
    """The parts of an address, each "" where it is not said. Numbers hold no words: building "3", not "3号楼"."""

    province: str = ""
    city: str = ""
    district: str = ""
    subdistrict: str = ""
    community: str = ""
    road: str = ""
    road_number: str = ""
    compound: str = ""
    building: str = ""
    stairwell: str = ""
    floor: str = ""
    room: str = ""

    def __repr__(self) -> str:
        said = ", ".join(f"{f.name}={value!r}" for f in fields(self) if (value := getattr(self, f.name)))
        return f"Address({said})"

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    @property
    def street(self) -> str:
        """Road and number, as on the wall: 南门路31号."""
        number = self.road_number
        return f"{self.road}{number}号" if number and number[-1] not in "弄巷" else f"{self.road}{number}"


# --- text -------------------------------------------------------------------------------------------------------------

_DASHES = re.compile(r"[‐‑‒–—―−－﹣~～_/]+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]")
_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9A-Za-z])\s+(?=[0-9A-Za-z])")
_NOISE = re.compile(r"[\s,.。、;:!?\"'“”‘’《》<>\[\]{}|·•]+")
_NOTE = re.compile(r"\([^()]*\)")
# What no keyboard has: the replacement character, controls, private use; UTF-8 read as GBK (锟斤拷). Whether a file was
# read with the wrong encoding is told by its bytes, in `imports.text.is_garbled`: Pääskynen and 银行(atm) are names.
_MOJIBAKE = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|锟斤拷|烫烫烫|屯屯屯")


@cache
def _converter(direction: str) -> OpenCC:
    return OpenCC(direction)


def simplified(text: str) -> str:
    """Traditional characters in their simplified form."""
    return _converter("t2s").convert(text)


def traditional(text: str) -> str:
    """Simplified characters in their traditional form."""
    return _converter("s2t").convert(text)


def clean(text: str) -> str:
    """
    What somebody typed, in one spelling.

    Raises `Mojibake` for text that was read with the wrong encoding and `TooLong` for what is no address.
    """
    text = _INVISIBLE.sub("", text)
    if len(text) > MAX_LENGTH:
        raise TooLong
    if _MOJIBAKE.search(text):
        raise Mojibake
    return spelling(text)


def spelling(text: str) -> str:
    """
    One spelling of a name: half width, simplified, no spaces or punctuation, one kind of dash between numbers.

    Refuses nothing: what is stored has a name already, whatever it looks like.
    """
    text = _INVISIBLE.sub("", text)
    text = simplified(unicodedata.normalize("NFKC", text)).strip()
    text = _DASHES.sub("-", text)
    text = _BETWEEN_NUMBERS.sub("-", _NOTE.sub("", text))
    text = _NOISE.sub("", text).strip("-")
    return "" if text == "无" else text


# --- numbers ----------------------------------------------------------------------------------------------------------

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
_TENS = {"十": 10, "百": 100}
_CHINESE = "[零〇一二两三四五六七八九十百]+"


def number(text: str) -> str:
    """
    One spelling of a number: Chinese numerals as digits, letters as capitals, no leading zeros.

    >>> number("三十一甲"), number("003"), number("b2"), number("二〇一")
    ('31甲', '3', 'B2', '201')
    """
    text = re.sub(_CHINESE, lambda found: str(_value(found.group())), text)
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", text).upper()


def _value(numeral: str) -> int:
    if not any(character in _TENS for character in numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    total, digit = 0, 0
    for character in numeral:
        if character in _TENS:
            total, digit = total + (digit or 1) * _TENS[character], 0
        else:
            digit = _DIGITS[character]
    return total + digit


# --- the parts --------------------------------------------------------------------------------------------------------

_PLAIN = rf"(?:[0-9]+|{_CHINESE}|[A-Za-z][0-9]*)[甲乙丙丁戊己A-Za-z]?|[甲乙丙丁戊己东西南北中]"
_NUMBER = rf"(?:[副附])?(?:[0-9]+-[0-9]+[甲乙丙丁A-Za-z]?|{_PLAIN})"
_SHORT = rf"(?:[0-9]{{1,2}}[A-Za-z]?|{_CHINESE}|[甲乙丙丁戊己A-Za-z])"  # a stairwell's number
_ROOM = r"[0-9]{1,4}(?:[A-Za-z甲乙丙丁]|-[0-9]{1,2})?|[A-Za-z][0-9]{0,4}|[零〇一二三四五六七八九]{3,4}"
_OF_BUILDING = r"(?:号楼栋?|栋楼?|幢楼?|座|#楼?|号院|楼(?!层|道|门|梯))"
_OF_STAIRWELL = r"(?:单元楼?|楼门|门洞|楼道|梯位?|门)"
_OF_ROOM = r"(?:室|房间?|户|号房)"
_FLOOR = rf"(?P<floor>(?:地下|负|-|B|b)?(?:[0-9]{{1,2}}|{_CHINESE})|地下)(?:层|楼|F|f)"

_NAME_AND_BUILDING = rf"(?P<compound>.*?)(?P<building>{_PLAIN}){_OF_BUILDING}?-"
_DOORS = tuple(
    re.compile(pattern)
    for pattern in (
        # 3-2-501, 3栋-2单元-501室
        rf"{_NAME_AND_BUILDING}(?P<stairwell>{_SHORT}){_OF_STAIRWELL}?(?:-{_FLOOR})?-(?P<room>{_ROOM}){_OF_ROOM}?",
        # 3-2单元501
        rf"{_NAME_AND_BUILDING}(?P<stairwell>{_SHORT}){_OF_STAIRWELL}(?:-?{_FLOOR})?(?:-?(?P<room>{_ROOM}){_OF_ROOM}?)?",
        # 3-2
        rf"{_NAME_AND_BUILDING}(?P<stairwell>{_SHORT})",
        # 3栋2-501
        rf"(?P<compound>.*?)(?P<building>{_NUMBER}){_OF_BUILDING}(?P<stairwell>{_SHORT})-(?P<room>{_ROOM}){_OF_ROOM}?",
        # 3-501: three digits or more are a room
        rf"{_NAME_AND_BUILDING}(?P<room>[0-9]{{3,4}}[A-Za-z]?){_OF_ROOM}?",
        # 3栋, 3号楼2单元5层501, 2单元, 501室
        rf"(?P<compound>.*?)(?:(?P<building>{_NUMBER})(?:{_OF_BUILDING}|号))?-?"
        rf"(?:(?P<stairwell>{_SHORT}){_OF_STAIRWELL})?-?"
        rf"(?:{_FLOOR})?-?(?:(?P<room>{_ROOM})(?P<of_room>{_OF_ROOM})?)?",
    )
)
_ADMINISTRATIVE = re.compile(
    r"(?:(?P<province>[^0-9]{2,8}?(?:省|自治区|特别行政区)))?"
    r"(?:(?P<city>[^0-9]{1,10}?(?<![超夜菜门集花])(?:市(?!场)|自治州)))?"
    r"(?:(?P<district>[^0-9路街]{1,8}?(?<![小社园院校片库])(?:区(?!域)|县|旗)))?"
    r"(?:(?P<subdistrict>[^0-9路]{1,10}?(?:街道(?!办)|街道办事处|镇(?!中|小)|乡)))?"
    r"(?:(?P<community>[^0-9路]{1,12}?(?:社区|居委会|村委会|(?<!新)村(?![一-鿿]))))?"
)
_ROAD_NAME = r"(?:[^0-9]|[0-9]{1,3}(?=路|街|巷|弄|大道)){1,12}?"  # 建设3路
_ROAD = re.compile(
    rf"(?P<road>{_ROAD_NAME}(?:大道|公路|胡同|路|街|巷|弄|道|里|坊))"
    rf"(?P<number>(?:[0-9]+|{_CHINESE})(?:-[0-9]+)?[甲乙丙丁]?)(?P<of>弄|号院|号(?!楼)|巷)"
    rf"(?:[副附](?P<annex>[0-9]+|{_CHINESE})号?)?"
)
_ROAD_ALONE = re.compile(rf"{_ROAD_NAME}(?:大道|公路|胡同|路|街|巷)")


def parse(text: str) -> Address:
    """
    The parts of an address in any usual spelling. What fits no part stays in `compound`, being most often a name.

    Raises `Mojibake` and `TooLong`.

    >>> parse("永泰县樟城镇南门路31号副3号")
    Address(district='永泰县', subdistrict='樟城镇', road='南门路', road_number='31副3')
    >>> parse("宝翠花都 3-2-501")
    Address(compound='宝翠花都', building='3', stairwell='2', room='501')
    >>> parse("中山路100弄5号201室")
    Address(road='中山路', road_number='100弄', building='5', room='201')
    """
    rest = clean(text)
    address, rest = _administrative(rest)
    address, rest = _road(address, rest)
    return _doors(address, rest)


def _administrative(text: str) -> tuple[Address, str]:
    found = _ADMINISTRATIVE.match(text)
    if found is None:
        return Address(), text
    return Address(**{name: value or "" for name, value in found.groupdict().items()}), text[found.end() :]


def _road(address: Address, text: str) -> tuple[Address, str]:
    if found := _ROAD.match(text):
        annex = f"副{number(found['annex'])}" if found["annex"] else ""
        lane = found["of"] if found["of"] in "弄巷" else ""
        return replace(address, road=found["road"], road_number=number(found["number"]) + lane + annex), text[
            found.end() :
        ]
    if _ROAD_ALONE.fullmatch(text):
        return replace(address, road=text), ""
    return address, text


def _doors(address: Address, text: str) -> Address:
    for pattern in _DOORS:
        found = pattern.fullmatch(text)
        if found and _is_a_door(found.groupdict()):
            return replace(address, **_parts(found.groupdict()))
    return replace(address, compound=text)


def _is_a_door(parts: dict[str, str | None]) -> bool:
    """A number alone is a room only behind a building or stairwell, or with its word: 阳光100 is a name."""
    if parts["building"] is None and parts.get("stairwell") is None:
        return bool(parts.get("floor") or parts.get("of_room"))
    return True


def _parts(found: dict[str, str | None]) -> dict[str, str]:
    parts = {name: number(value) for name, value in found.items() if value and name != "of_room"}
    if compound := found.get("compound"):
        parts["compound"] = compound
    if floor := found.get("floor"):
        parts["floor"] = _floor(floor)
    if building := parts.get("building"):
        parts["building"] = building.replace("附", "副")
    return parts


def _floor(text: str) -> str:
    """5 for the fifth floor, B1 for the first below the ground."""
    below = text.startswith(("地下", "负", "-", "B", "b"))
    plain = number(re.sub("^(地下|负|-|B|b)", "", text))
    return f"B{plain or 1}" if below else plain
