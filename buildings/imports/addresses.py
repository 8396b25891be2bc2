"""Find the stairwell that an address means, among those that stand."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from buildings.address import Address, AddressRefused, number, parse, spelling
from buildings.imports.report import RowRefused
from buildings.models import Stairwell


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
        for door, compounds, building, names, address in _rows(stairwells):
            if door.building not in self.doors:
                for key in _keys(compounds, building, names, address):
                    self.by_place[key].add(door.building)
            self.doors[door.building].append(door)

    def find(self, address: Address, community: str = "") -> list[Door]:
        """The doors that an address can mean: one when it is plain, several when it leaves the stairwell open."""
        buildings = self._buildings(address, community)
        if len(buildings) != 1:
            return [door for building in sorted(buildings) for door in self.doors[building]]
        doors = self.doors[buildings.pop()]
        if not address.stairwell:
            return doors
        return [door for door in doors if number(door.number) == address.stairwell]

    def is_known(self, address: Address) -> bool:
        """Whether the building stands here, whatever the stairwell."""
        return bool(self._buildings(address, ""))

    def _buildings(self, address: Address, community: str) -> set[int]:
        for key in _wanted(address):
            found = {pk for pk in self.by_place.get(key, ()) if self.doors[pk][0].community.startswith(community)}
            if found:
                return found
        return set()


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
