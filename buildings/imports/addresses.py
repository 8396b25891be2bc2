"""Find the stairwell that an address means, among those that stand."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from buildings.address import Address, AddressRefused, number, parse, spelling
from buildings.imports.report import RowRefused
from buildings.models import Stairwell

SHORTEST = 3  # characters of a short name: 花园 stands at the end of many


@dataclass(frozen=True, slots=True)
class Door:
    """A stairwell as an address names it."""

    pk: int
    code: str
    number: str
    building: int
    community: str


class Directory:
    """All standing stairwells by what their buildings are called."""

    def __init__(self, stairwells: QuerySet[Stairwell]):
        self.by_place: dict[tuple[str, str], set[int]] = defaultdict(set)
        self.doors: dict[int, list[Door]] = defaultdict(list)
        self.shortened: dict[str, str] = {}  # what a list calls a compound, where that is a part of its name
        self._known: dict[str, list[str]] = {}  # by community
        for door, compounds, building, names, address in _rows(stairwells):
            if door.building not in self.doors:
                for key in _keys(compounds, building, names, address):
                    self.by_place[key].add(door.building)
            self.doors[door.building].append(door)

    def find(self, address: Address, community: str = "") -> list[Door]:
        """The doors that an address can mean: one when it is plain, several when it leaves the stairwell open."""
        for reading in readings(address):
            buildings = self._buildings(reading, community)
            if len(buildings) > 1:
                return [door for building in sorted(buildings) for door in self.doors[building]]
            doors = self.doors[buildings.pop()] if buildings else []
            if found := [door for door in doors if reading.stairwell in ("", number(door.number))]:
                return found
        return []

    def is_known(self, address: Address) -> bool:
        """Whether the building stands here, whatever the stairwell."""
        return bool(self._buildings(address, ""))

    def _buildings(self, address: Address, community: str) -> set[int]:
        for place, building in _wanted(address):
            if found := self._standing(place, building, community):
                return found
        return self._by_short_name(spelling(address.compound), address.building, community)

    def _standing(self, place: str, building: str, community: str) -> set[int]:
        found = self.by_place.get((place, building), ())
        return {pk for pk in found if self.doors[pk][0].community.startswith(community)}

    def _by_short_name(self, said: str, building: str, community: str) -> set[int]:
        """翠竹园 for 宝翠花都翠竹园: where one name alone begins or ends so. The report says which was taken."""
        if len(said) < SHORTEST or not building:
            return set()
        names = [name for name in self._names(community) if name.startswith(said) or name.endswith(said)]
        if len(names) != 1 or names[0] == said:
            return set()
        if found := self._standing(names[0], building, community):
            self.shortened[said] = names[0]
        return found

    def _names(self, community: str) -> Iterable[str]:
        """What compounds and streets are called that have numbered buildings here."""
        if community not in self._known:
            here = ((name, pk) for (name, house), pks in self.by_place.items() if house for pk in pks)
            found = {name for name, pk in here if self.doors[pk][0].community.startswith(community)}
            self._known[community] = sorted(found)
        return self._known[community]


def readings(address: Address) -> Iterator[Address]:
    """The address as it stands; 9-1 may also be the building 9-1, where there is no 9."""
    yield address
    if address.building.isdigit() and address.stairwell.isdigit():
        yield replace(address, building=f"{address.building}-{address.stairwell}", stairwell="")


def _rows(stairwells: QuerySet[Stairwell]) -> Iterator[tuple[Door, list[str], str, list[str], str]]:
    fields = (
        "pk", "code", "number", "building_id", "building__community__code", "building__compound__name",
        "building__compound__aliases", "building__number", "building__name", "building__aliases", "building__address",
    )  # fmt: skip
    for pk, code, no, building, community, compound, also, house, name, aliases, address in stairwells.order_by(
        "code"
    ).values_list(*fields):
        compounds = [text for text in (compound, *(also or ())) if text]
        yield Door(pk, code, no, building, community), compounds, house, [name, *aliases], address


def _keys(compounds: Iterable[str], building: str, names: Iterable[str], address: str) -> Iterator[tuple[str, str]]:
    """What a building may be found by: (compound or street or its own name, its number)."""
    house = number(spelling(building))
    if house:
        yield from ((spelling(compound), house) for compound in compounds)
    for name in names:
        if name:
            yield spelling(name), ""
            parsed = _parsed(name)
            if parsed.building:
                yield spelling(parsed.compound or parsed.street), parsed.building
    if address:
        parsed = _parsed(address)
        yield parsed.street or spelling(address), house
        yield parsed.street or spelling(address), parsed.building


def _wanted(address: Address) -> Iterator[tuple[str, str]]:
    """The keys of an address, the most telling first."""
    if address.compound:
        yield spelling(address.compound), address.building
        if not address.building:
            return
    if address.street:
        yield address.street, address.building


def _parsed(text: str) -> Address:
    try:
        return parse(text)
    except AddressRefused:
        return Address()


def read_address(text: str) -> Address:
    """The parts of an address of a row; a refusal names the column."""
    try:
        return parse(text)
    except AddressRefused as why:
        raise RowRefused(why.code, why.sentence, field="address") from None
