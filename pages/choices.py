"""What an address that somebody typed may mean: one place, several to choose from, or the nearest guesses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from buildings import search
from buildings.address import Address, AddressRefused, parse
from buildings.models import Area, Stairwell
from buildings.search import Match

GUESSES = 4  # nearest choices where nothing fits; more are a burden to read
OFFERED = 8  # names that hold what was typed
LOOKED_AT = 30
MOST = 40  # buildings of one compound that are shown to choose from
DOORS = ("stairwell", "building")
WIDE = ("compound", "community", "road")  # what holds buildings to choose from
DISTANT = ("subdistrict", "district")  # what holds communities
HOMES = ("stairwell", "compound", "community", "building", "road", "subdistrict", "district")


@dataclass(frozen=True)
class Choice:
    """One place to press."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Found:
    """What was found, and whether it is surely what was meant."""

    choices: list[Choice]
    question: str = ""
    certain: bool = False
    exact: bool = True  # False: nothing fits, these are the nearest names
    sentence: str = ""  # why nothing was looked for


def choices_for(text: str, on: date) -> Found:
    """What a text may mean. Rooms are left aside: each flat of a stairwell has the same answer."""
    try:
        found = search.find(text, on=on, limit=LOOKED_AT)
        address = parse(text)
    except AddressRefused as refusal:
        return Found([], exact=False, sentence=_(refusal.sentence))
    meant = [match for match in found if match.exact]
    if len(meant) == 1 and (text.isdigit() or _names_a_place(address) or meant[0].level not in DOORS):
        return inside(meant[0], on)
    if meant:  # "3栋2单元" alone is exact by luck: the next town has one too
        return _which(meant)
    if not found and not Area.objects.communities().exists():
        return Found([], exact=False, sentence=_("这里还没有录入社区和楼栋，所以没有网格。"))
    named = [match for match in found if match.score >= search.HOLDS]
    if named:
        return _which(sorted(named, key=_homes_first))
    return Found(_choices(sorted(found, key=_likely_homes)[:GUESSES]), exact=False)


def _which(matches: list[Match]) -> Found:
    doors = [match for match in matches if match.level == "stairwell" and not match.exact]
    if doors:  # the building is there, its stairwell of that number is not
        return Found(_choices(doors[:OFFERED]), question=_("没有这个单元。您住的是不是这里？"))
    question = _("您找的是这里吗？") if len(matches) == 1 else _("您找的是哪一个？")
    return Found(_choices(matches[:OFFERED]), question=question)


def _names_a_place(address: Address) -> bool:
    return bool(address.compound or address.road or address.community)


def _homes_first(match: Match) -> int:
    """Where people live before what they visit; each in the order of the search."""
    return HOMES.index(match.level) if match.level in HOMES else len(HOMES)


def _likely_homes(match: Match) -> tuple[float, int]:
    return (-round(match.score, 1), _homes_first(match))


def inside(match: Match, on: date) -> Found:
    """One place that was found, or what in it to choose from."""
    if match.level == "building":
        doors = search.doors_of(match, on=on)
        return _one_or_more(doors, match, _("%s有几个单元，您住哪个？") % match.title)
    if match.level in WIDE:
        return _one_or_more(search.buildings_of(match, on=on, limit=MOST), match, _("%s，您住哪栋楼？") % match.title)
    if match.level in DISTANT:
        return Found(_communities(match), question=_("%s很大，您住哪个社区？") % match.title)
    return Found(_choices([match]), certain=True)


def place_named(level: str, pk: str, title: str) -> Match | None:
    """The place that an earlier choice named."""
    if level not in ("building", *WIDE, *DISTANT) or not pk.isdecimal() or len(pk) > 18:
        return None
    return Match(level, "", title, "", 1.0, True, None, None, int(pk))


def door_choice(stairwell: Stairwell) -> Choice:
    building = stairwell.building
    where = (building.compound.name if building.compound else "", building.address)
    url = reverse("pages:door", args=[stairwell.code])
    return Choice(f"{building.title} {stairwell.title}", " · ".join(filter(None, where)), url)


def _one_or_more(matches: list[Match], of: Match, question: str) -> Found:
    if len(matches) == 1 and matches[0].level == "stairwell":
        return Found(_choices(matches), certain=True)
    if not matches and of.point:
        return Found([Choice(of.title, of.detail, _place(of))], certain=True)
    return Found(_choices(matches), question=question, exact=bool(matches))


def _choices(matches: Iterable[Match]) -> list[Choice]:
    return [Choice(match.title, match.detail, _address(match)) for match in matches]


def _address(match: Match) -> str:
    if match.level == "stairwell":
        return reverse("pages:door", args=[match.code])
    if match.level in ("building", *WIDE, *DISTANT):
        return _further(match.level, match.pk, match.title)
    return _place(match)


def _further(level: str, pk: int, title: str) -> str:
    return f"{reverse('pages:home')}?{urlencode({'q': title, 'level': level, 'pk': str(pk)})}"


def _place(match: Match) -> str:
    at = {"lon": f"{match.lon:.7f}", "lat": f"{match.lat:.7f}", "coord_type": "wgs84"}
    return f"{reverse('pages:place')}?{urlencode(at)}"


def _communities(match: Match) -> list[Choice]:
    above = Area.objects.filter(pk=match.pk).values("code")[:1]
    areas = Area.objects.communities().filter(code__startswith=above).order_by("code")[:MOST]
    return [Choice(area.name, "", _further("community", area.pk, area.name)) for area in areas]
