"""
One case of the demo as it is written: each step changes it and leaves a row, by the rules of cases/moves.py.

It does not call `moves.act`, which asks the database a dozen questions for each of twenty thousand steps. Whether the
table of cases/states.py allows all of them is a test (tests/demo/test_cases.py).
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from django.contrib.gis.geos import Point

from cases.abuse import mark_of
from cases.models import ENDED, Case, Category, Level, Move, Reporter, Status
from demo import matters
from demo.diary import Story
from demo.duty import Duty
from demo.handling import Handling
from demo.names import Person

S = Status
LEDGER = "旧台账转入：当时还没有网格方案"
AFTER = {
    "accept": S.ACCEPTED, "reject": S.REJECTED, "merge": S.MERGED, "dispatch": S.DISPATCHED, "take": S.IN_PROGRESS,
    "resolve": S.RESOLVED, "verify": S.VERIFIED, "rework": S.IN_PROGRESS, "close": S.CLOSED, "self_handle": S.CLOSED,
    "reopen": S.DISPATCHED, "resume": S.IN_PROGRESS,
}  # fmt: skip
AGREED = {"return": S.ACCEPTED, "suspension": S.SUSPENDED, "void": S.VOIDED}
BY_HANDLER = ("take", "resolve", "self_handle", "ask_return", "ask_extension", "ask_suspension")
BY_SECOND = ("verify", "rework", "agree", "decline")  # never who handled it, or asked
Due = Callable[[datetime, float], datetime]


class File:
    """A case, its moves so far, and who reported it."""

    def __init__(self, pk: int, story: Story, category: Category, duty: Duty, since: date, due: Due, rng: Random):
        self.story, self.category, self.duty, self.due, self.rng = story, category, duty, due, rng
        self.known = story.at.date() >= since  # a net was in force
        nobody: tuple[int | None, int | None] = (None, None)
        self.unit, self.member = duty.units.get((story.door.code[:9], story.matter.unit), nobody)
        self.moves: list[Move] = []
        self.reporter: Reporter | None = None
        self.into: Case | None = None
        self.path = self.reason = ""
        self.inside = story.at_the_door or duty.well_inside(story.door, story.lon, story.lat)
        self.case = self._taken_in(pk)

    def _taken_in(self, pk: int) -> Case:
        story, door, rng, net = self.story, self.story.door, self.rng, self.known
        person = self._answers(self.category.level) if net else None
        lon, lat = (story.lon, story.lat) if self.inside else (door.lon, door.lat)
        named = story.at_the_door or not self.inside
        return Case(
            pk=pk,
            key=UUID(int=rng.getrandbits(128), version=4),
            source=rng.choices(("snap", "worker", "phone", "hotline"), (72, 12, 9, 7))[0] if net else "hotline",
            category=self.category,
            text=story.text,
            words="hidden" if self.category.sensitive or story.gives_away else "shown",
            point=Point(lon, lat, srid=4326),
            place_from="door" if named else rng.choice(("position", "crosshair")),
            coord_type="wgs84",
            stairwell_id=door.pk if named else None,
            building_id=door.building,
            community_id=door.community,
            intake_plan_id=door.plan if net else None,
            intake_grid_id=door.grid if net else None,
            intake_person_id=person,
            intake_rule=self._rule() if net else LEDGER,
            level=self.category.level,
            grid_id=door.grid if net else None,
            person_id=person,
            reported_at=story.at,
        )

    def doubtful(self) -> None:
        """Leave the place to a person: it lies in the street, where two grids meet."""
        self.case.point = Point(self.story.lon, self.story.lat, srid=4326)
        self.case.place_from, self.case.stairwell_id, self.case.building_id = "position", None, None
        self.case.needs_place = True

    def known_as(self, person: Person, rng: Random) -> None:
        """Leave what the reporter gave: name and telephone, only the telephone's mark, or nothing."""
        dice = rng.random()
        if self.case.source == "worker" or dice > 0.85:
            return
        named = dice < 0.5 or self.case.source in ("phone", "hotline")
        self.reporter = Reporter(
            case_id=self.case.pk,
            name=person.name if named else "",
            phone=person.phone if named else "",
            mark=mark_of(person.phone),
        )

    def handle(self, handling: Handling, into: Case | None) -> None:
        """Take the case in and all steps of its handling."""
        self.into, self.path = into, handling.path
        self.case.due_at = self.due(self.story.at, self.category.accept_hours)
        self._write("report", self.story.at, self.case.intake_person_id if self.case.source == "worker" else None)
        for step in handling.steps:
            self._step(step.act, step.at)
        if self.case.status == S.REPORTED and self.case.words == "shown":
            self.case.words = "waiting"  # nobody has looked at it yet

    def _step(self, act: str, at: datetime) -> None:
        case, before, by = self.case, self.case.status, self._by(act)
        self.reason = ""
        case.status = AFTER.get(act, before)
        if effect := getattr(self, f"_{act}", None):
            effect(at)
        if case.status in ENDED and before != case.status:
            case.closed_at, case.due_at = at, None
        if by and case.responded_at is None:
            case.responded_at = at
        self._write(act, at, by)
        if act == "rate" and case.rating == Case.Rating.UNSATISFIED:
            self._step("reopen", at)

    def _by(self, act: str) -> int | None:
        case = self.case
        if act == "rate" or (act == "reopen" and case.rating):
            return None
        if act in BY_HANDLER:
            return self.member if case.handling_unit_id else case.person_id or self._desk()
        desk = self._desk()
        if act in BY_SECOND and desk in (case.asked_by_id, None if case.handling_unit_id else case.person_id):
            return self.duty.secretaries[self.story.door.community]
        return desk

    def _desk(self) -> int | None:
        """The community's staff; at higher levels the dispatcher."""
        return self._answers(max(self.case.level, Level.COMMUNITY))

    def _answers(self, level: int) -> int | None:
        """Who sits at the desk of a level on the day of the report."""
        door = self.story.door
        if level >= Level.SUBDISTRICT:
            return self.duty.dispatchers[door.code[:9]]
        if level == Level.COMMUNITY:
            return self.duty.staff[door.community]
        return self.duty.worker(door.grid, self.story.at.date())

    def _rule(self) -> str:
        level = Level(self.category.level).label
        if self.unit:
            rule = self.duty.rules[self.category.pk, self.story.door.code[:9]]
            return f"规则 {rule}：{level}，{self.duty.names[self.unit]}"
        desks = {Level.GRID: "网格员", Level.COMMUNITY: "社区工作者"}
        return f"没有专门规则：{level}，{desks.get(Level(self.category.level), '受理派遣员')}"

    def _write(self, act: str, at: datetime, by: int | None) -> None:
        case = self.case
        case.version = len(self.moves) + 1
        until = self.until if act == "ask_extension" else case.due_at
        self.moves.append(
            Move(
                case_id=case.pk, at=at, act=act, by_id=by, status=case.status, level=case.level, grid_id=case.grid_id,
                person_id=case.person_id, handling_unit_id=case.handling_unit_id, due_at=until, reason=self.reason,
                plan_id=case.intake_plan_id if act == "report" else None,
            )
        )  # fmt: skip

    # What each act does beside the status

    def _accept(self, at: datetime) -> None:
        self.case.due_at = self.due(at, self.category.dispatch_hours)

    def _reject(self, at: datetime) -> None:
        self.reason = self.rng.choice(matters.REJECTED)

    def _merge(self, at: datetime) -> None:
        self.case.merged_into = self.into

    def _dispatch(self, at: datetime) -> None:
        case = self.case
        case.redispatched += case.handle_due_at is not None
        if self.unit:
            case.handling_unit_id, case.person_id = self.unit, None
            case.first_unit_id = case.first_unit_id or self.unit
        self._new_limit(at)

    def _new_limit(self, at: datetime) -> None:
        self.case.handle_due_at = self.case.due_at = self.due(at, self.category.handle_hours)

    def _resolve(self, at: datetime) -> None:
        self.case.resolved_at = at
        self.case.due_at = self.due(at, self.category.verify_hours)
        self.reason = self.rng.choice(self.story.matter.done)

    def _self_handle(self, at: datetime) -> None:
        self.case.resolved_at = at
        self.reason = self.rng.choice(self.story.matter.done)

    def _close(self, at: datetime) -> None:
        self.reason = "已核实"

    def _rework(self, at: datetime) -> None:
        self._again(at)
        self.reason = self.rng.choice(matters.AGAIN)

    def _reopen(self, at: datetime) -> None:
        self._again(at)
        self.reason = "居民评价：不满意" if self.case.rating else self.rng.choice(matters.AGAIN)

    def _again(self, at: datetime) -> None:
        self.case.reopened += 1
        self.case.resolved_at = self.case.closed_at = None
        self._new_limit(at)

    def _rate(self, at: datetime) -> None:
        case = self.case
        case.rating = 1 if self.path == "again" else self.rng.choices((2, 3), (14, 86))[0]
        case.rated_at = at
        case.rating_words = self.reason = self.rng.choice(matters.WORDS_OF_RATING[case.rating])

    def _escalate(self, at: datetime) -> None:
        case = self.case
        case.level = min(case.level + 1, Level.DISTRICT)
        case.handling_unit_id, case.person_id = None, self._answers(case.level)
        self._accept(at)
        self.reason = "需要上一级协调"

    def _ask(self, what: str, reasons: tuple[str, ...]) -> None:
        self.case.asked_by_id = self._by(f"ask_{what}")
        self.case.asked = what
        self.reason = self.rng.choice(reasons)

    def _ask_return(self, at: datetime) -> None:
        self._ask("return", matters.RETURNED)

    def _ask_extension(self, at: datetime) -> None:
        self._ask("extension", matters.LATER)
        self.until = self.due(max(at, self.case.due_at or at), self.category.handle_hours)

    def _ask_suspension(self, at: datetime) -> None:
        self._ask("suspension", matters.SUSPENDED)

    def _ask_void(self, at: datetime) -> None:
        self._ask("void", matters.VOID)

    def _agree(self, at: datetime) -> None:
        case, asked = self.case, self.case.asked
        case.asked, case.asked_by_id = "", None
        case.status = AGREED.get(asked, case.status)
        if asked == "return":
            case.handling_unit_id, case.person_id = None, self._desk_or_worker()
            self._accept(at)
        elif asked == "extension":
            case.handle_due_at = case.due_at = self.until
        elif asked == "suspension":
            self.suspended_at = at

    def _desk_or_worker(self) -> int | None:
        return self._answers(self.case.level) if self.known else None

    def _decline(self, at: datetime) -> None:
        self.case.asked, self.case.asked_by_id = "", None
        self.reason = "仍由本单位办理"

    def _resume(self, at: datetime) -> None:
        """The time that it was put off is not counted."""
        if self.case.due_at:
            left = max(self.case.due_at - self.suspended_at, timedelta())
            self.case.handle_due_at = self.case.due_at = at + left
