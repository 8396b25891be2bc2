"""Who lives in the demo and who answers for it. All of them are invented, names and telephone numbers too."""

from collections.abc import Iterator
from random import Random

from demo.names import Registry
from demo.places import Cell, Home, House, Place, Post

SIZES = {1: 13, 2: 26, 3: 28, 4: 18, 5: 10, 6: 4, 7: 1}  # people in a household: how many in a hundred
LARGEST = 8
# 两长四员, as accounts.roles.TEAM has them
TEAM = (
    "party_group_head",
    "stairwell_captain",
    "mediator",
    "security_member",
    "hygiene_member",
    "oversight_member",
)


def settle(place: Place, households: int, people: int, registry: Registry, rng: Random) -> None:
    """Give homes to exactly so many households with exactly so many people; the other rooms stand empty."""
    rooms = [room for door in place.doors() for room in door.rooms]
    lived_in = sorted(rng.sample(range(len(rooms)), households))
    for index, size in zip(lived_in, _sizes(households, people, rng), strict=True):
        rooms[index].status = "owner_occupied" if rng.random() < 0.82 else "rented"
        rooms[index].home = Home(registry.person(), size)


def _sizes(households: int, people: int, rng: Random) -> list[int]:
    sizes = rng.choices(list(SIZES), weights=list(SIZES.values()), k=households)
    while (missing := people - sum(sizes)) != 0:
        at, step = rng.randrange(households), 1 if missing > 0 else -1
        if 1 <= sizes[at] + step <= LARGEST:
            sizes[at] += step
    return sizes


def grids_of(place: Place) -> Iterator[tuple[str, Cell]]:
    """Each grid with the key that posts name it by."""
    for community, cells in place.grids.items():
        for cell in cells:
            yield f"{community}/{cell.name}", cell


def workers(place: Place, full_time: int, part_time: int, registry: Registry) -> Iterator[Post]:
    """
    Grid workers: one for each grid, and the others, part time, where most households are.

    The worker of the next grid stands in when one is away.
    """
    keys = [key for key, _ in grids_of(place)]
    homes = {key: _households(place, cell) for key, cell in grids_of(place)}
    first = {key: registry.person(old=0.1) for key in keys}
    busiest = sorted(keys, key=lambda key: -homes[key])
    for position, key in enumerate(keys):
        employment = "full_time" if busiest.index(key) < full_time else "part_time"
        deputy = first[_next_in_community(keys, position)]
        yield Post("grid_worker", ("grid", key), first[key], employment, deputy if deputy != first[key] else None)
    for key in busiest[: full_time + part_time - len(keys)]:
        yield Post("grid_worker", ("grid", key), registry.person(old=0.3), "part_time")


def _next_in_community(keys: list[str], position: int) -> str:
    same = [key for key in keys if key.split("/")[0] == keys[position].split("/")[0]]
    return same[(same.index(keys[position]) + 1) % len(same)]


def _households(place: Place, cell: Cell) -> int:
    members = set(cell.doors)
    return sum(len(door.homes) for door in place.doors() if door.code in members)


def heads(place: Place, registry: Registry) -> Iterator[Post]:
    """A grid head, a member of the committee, for two grids each."""
    for community in place.grids:
        head = registry.person()
        for position, cell in enumerate(place.grids[community]):
            head = registry.person(old=0.2) if position % 2 == 0 else head
            yield Post("grid_head", ("grid", f"{community}/{cell.name}"), head)


def teams(place: Place, registry: Registry, *, vacant: frozenset[tuple[int, str]] = frozenset()) -> Iterator[Post]:
    """两长四员 of each grid; `vacant` names posts that nobody holds, by position of the grid and role."""
    for position, (key, _) in enumerate(grids_of(place)):
        for role in TEAM:
            if (position, role) not in vacant:
                yield Post(role, ("grid", key), registry.person(old=0.7))


def captains(place: Place, registry: Registry) -> Iterator[Post]:
    """A captain for each building of an estate, and for each of its stairwells."""
    for house in place.houses:
        if house.compound:
            yield from _captains_of(house, registry)


def _captains_of(house: House, registry: Registry) -> Iterator[Post]:
    chief = registry.person(old=0.5)
    yield Post("building_captain", ("building", house.code), chief)
    for door in house.doors:
        person = chief if len(house.doors) == 1 else registry.person(old=0.6)
        yield Post("stairwell_captain", ("stairwell", door.code), person)


def offices(place: Place, registry: Registry) -> Iterator[Post]:
    """Each community's secretary, staff and police officer, and each compound's secretary."""
    for area in place.communities:
        secretary, staff = registry.person(old=0.1), registry.person(old=0.0)
        yield Post("community_secretary", ("area", area.code), secretary, deputy=staff)
        yield Post("community_staff", ("area", area.code), staff, deputy=secretary)
        yield Post("community_police", ("area", area.code), registry.person(old=0.0))
    for estate in place.estates:
        if estate.kind != "other":
            yield Post("compound_secretary", ("compound", estate.code), registry.person(old=0.6))


def dispatching(area: str, registry: Registry) -> Iterator[Post]:
    """Who takes in and sends on what a subdistrict handles."""
    yield Post("dispatcher", ("area", area), registry.person(old=0.1))


def planning(area: str, registry: Registry) -> Iterator[Post]:
    """Who draws the plans of a subdistrict and who approves them."""
    yield Post("planner", ("area", area), registry.person(old=0.0))
    yield Post("approver", ("area", area), registry.person(old=0.2))
