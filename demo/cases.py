"""
Write two years of residents' requests over the demo: cases with all their moves, who reported them, some pictures.

Everybody and everything in them is invented. Cases of before the first plan came from a ledger of then: no plan, grid
or person is known of their intake (law 6 keeps what was decided, and nothing had been).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from django.db import connection

from accounts.models import User
from cases import catalogue
from cases.abuse import mark_of
from cases.models import Case, Category, Level, MeToo, Move, Photo, Reporter
from cases.worktime import due
from demo import matters, pictures
from demo.diary import HOTSPOT, Story, diary
from demo.duty import Duty, set_up_units
from demo.files import File
from demo.handling import MERGED_AFTER, SQUEEZED, Handling, Step, handled, path_of, standing
from demo.names import Registry
from demo.today import today

ROWS = 1000  # rows a statement
PEOPLE = 900  # who report
FIRST = 100_000  # the first key: numbers of seven digits that do not begin with a nought
PICTURED_DAYS = 150  # of the last months one report in five has a picture
PICTURE = {
    matters.LIGHTING: "lamp", "0102": "rubbish", matters.PARKING: "cars",
    "0504": "cars",
    "3109": "cars", matters.SEWAGE: "water", "0406": "water",
    "3103": "water", "2102": "hole",
}  # fmt: skip


def write(until: datetime, since: date, *, prefix: str, password: str) -> int:
    """Write the two years before a moment, and tell how many cases they are; no plan was in force before `since`."""
    catalogue.load(Category)  # a migration brought them, but tables can have been emptied
    rng = Random(20)
    duty = Duty.read(since, set_up_units(prefix, password))
    stories = [*diary(duty.doors, duty.markets, until), *_on_the_desks(duty, prefix, until, rng)]
    stories.sort(key=lambda story: (story.at, story.door.code))
    files = _opened(stories, duty, since, rng)
    _handle(files, until, rng)
    _leave_names(files, rng)
    echoes = _echoes(files, rng)
    Case.objects.bulk_create([file.case for file in files], batch_size=ROWS)
    Reporter.objects.bulk_create([file.reporter for file in files if file.reporter], batch_size=ROWS)
    moves = sorted((move for file in files for move in file.moves), key=lambda move: move.at)
    Move.objects.bulk_create(moves, batch_size=ROWS)
    _photos(files, until, rng)
    MeToo.objects.bulk_create(echoes, batch_size=ROWS)
    return len(files)


def remove() -> None:
    """What emptying the tables does not take along: pictures."""
    pictures.remove()


def _on_the_desks(duty: Duty, prefix: str, until: datetime, rng: Random) -> list[Story]:
    """What those who may log in find on the day of the load; nothing before there were grids."""
    person = User.objects.get(username=f"{prefix}worker").pk
    own = {grid for grid, holders in duty.workers.items() if any(who == person for who, _deputy in holders)}
    doors = [door for door in duty.doors if door.grid in own]
    return list(today(doors, [door for door in duty.doors if door.code.startswith(HOTSPOT.community)], until, due, rng))


def _opened(stories: Sequence[Story], duty: Duty, since: date, rng: Random) -> list[File]:
    categories = {category.code: category for category in Category.objects.all()}
    keys = _keys(len(stories))
    return [
        File(pk, story, categories[story.matter.code], duty, since, due, rng)
        for pk, story in zip(keys, stories, strict=True)
    ]


def _keys(count: int) -> list[int]:
    """Primary keys in advance: moves and merged cases name them."""
    with connection.cursor() as cursor:
        sequence = "pg_get_serial_sequence('cases_case', 'id')"
        cursor.execute(f"SELECT setval({sequence}, greatest(%s, (SELECT max(id) FROM cases_case)))", [FIRST])
        cursor.execute(f"SELECT nextval({sequence}) FROM generate_series(1, %s)", [count])
        return [key for (key,) in cursor.fetchall()]


def _handle(files: list[File], until: datetime, rng: Random) -> None:
    """The last ones stand at every point of the way; the others went as they went."""
    before: dict[tuple[str, int], File] = {}
    for place, file in enumerate(files, start=SQUEEZED - len(files)):
        kind = file.story.matter.code, file.story.door.community
        earlier = _still_open(before.get(kind), file)
        if file.story.steps is not None:
            handling = Handling("usual", tuple(Step(*step) for step in file.story.steps))
        elif place >= 0:
            handling = _as_it_stands(file, place, until)
        else:
            handling = _as_it_went(file, earlier, until, rng)
        file.handle(handling, earlier)
        if file.case.status != "merged":
            before[kind] = file


def _as_it_stands(file: File, place: int, until: datetime) -> Handling:
    handling = standing(file.story, place, until)
    if not file.inside and not handling.steps:
        file.doubtful()
    return handling if _can_go(file, handling.path) else standing(file.story, 0, until)


def _as_it_went(file: File, earlier: Case | None, until: datetime, rng: Random) -> Handling:
    path = path_of(file.unit is None and file.category.level == Level.GRID, rng)
    can = _can_go(file, path) and (path != "merged" or earlier is not None)
    return handled(file.story, path if can else "usual", until, due, rng)


def _can_go(file: File, path: str) -> bool:
    """Above the community sits one dispatcher alone: nobody else could agree, and nobody is further up."""
    return path not in ("voided", "escalated") or file.category.level <= Level.COMMUNITY


def _still_open(before: File | None, file: File) -> Case | None:
    """A report of the same matter in the same community that was not at its end when this one could be merged."""
    if before is None or file.story.at - before.story.at > timedelta(days=6):
        return None
    ended = before.case.closed_at
    return before.case if ended is None or ended > due(file.story.at, MERGED_AFTER) else None


def _leave_names(files: list[File], rng: Random) -> None:
    """Most reports come from people who report again."""
    registry = Registry(rng, "福建", first=7000)
    people = [registry.person(old=0.3) for _ in range(PEOPLE)]
    some = people[: PEOPLE // 6]
    for file in files:
        file.known_as(rng.choice(some if rng.random() < 0.4 else people), rng)


def _photos(files: list[File], until: datetime, rng: Random) -> None:
    """One in five of the last months has a picture, and another one when the matter was put right."""
    pictures.keep()
    rows: list[Photo] = []
    for file in files:
        kind = PICTURE.get(file.story.matter.code)
        chosen = rng.random() < 0.2 or file.story.steps
        if kind and until - file.story.at < timedelta(days=PICTURED_DAYS) and chosen:
            rows.append(_photo(file, kind, done=False, rng=rng))
            rows += [_photo(file, kind, done=True, rng=rng)] if file.case.resolved_at else []
    Photo.objects.bulk_create(rows, batch_size=ROWS)


def _photo(file: File, kind: str, *, done: bool, rng: Random) -> Photo:
    drawn = pictures.drawn(kind, done=done)
    return Photo(
        case=file.case,
        key=UUID(int=rng.getrandbits(128), version=4),
        kind=Photo.Kind.AFTER if done else Photo.Kind.BEFORE,
        file=drawn.name,
        sha256=drawn.sha256,
        width=pictures.WIDTH,
        height=pictures.HEIGHT,
        public=file.case.words == Case.Words.SHOWN,
    )


def _echoes(files: list[File], rng: Random) -> list[MeToo]:
    """Others met the same: one report in fourteen, and each of the planted ones."""
    rows = []
    for file in files:
        file.case.me_too = rng.randint(1, 5) if rng.random() < 0.07 or file.story.planted else 0
        for _ in range(file.case.me_too):
            key = UUID(int=rng.getrandbits(128), version=4)
            rows.append(MeToo(case=file.case, key=key, mark=mark_of(f"demo {key}")))
    return rows
