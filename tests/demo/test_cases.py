"""Two years of the demo's cases: as lively as they should be, and each step one that the table of states allows."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

import numpy as np
import pytest
import shapely
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from buildings.models import Area
from cases import dispatch, privacy, states
from cases.access import Hands
from cases.models import ENDED, Case, Category, Move, Photo, Reporter, Status
from demo import load
from demo.diary import HOTSPOT, Door, diary, hotspot_door
from geo.geos import to_shapely
from geo.hexagons import Lattice
from geo.hotspot import hotspots
from tests.conftest import UNTIL

S = Status


def test_two_years_with_every_status(town):
    found = Counter(Case.objects.values_list("status", flat=True))
    assert 3000 < sum(found.values()) < 4000
    assert set(found) == set(Status)
    first, last = Case.objects.order_by("reported_at")[0], Case.objects.order_by("reported_at").last()
    assert timedelta(days=725) < last.reported_at - first.reported_at < timedelta(days=732)
    assert last.reported_at < UNTIL


def test_what_is_open_is_recent_unless_it_was_put_off(town):
    open_cases = Case.objects.exclude(status__in=ENDED)
    assert 50 < open_cases.count() < 200
    assert not open_cases.exclude(status=S.SUSPENDED).filter(reported_at__lt=UNTIL - timedelta(days=150)).exists()
    assert open_cases.overdue(UNTIL).count() >= 5
    assert set(open_cases.values_list("asked", flat=True)) >= {"", "return", "extension", "suspension"}


def test_some_were_opened_again_sent_on_pushed_up_rated_and_met_by_others(town):
    acts = Counter(Move.objects.values_list("act", flat=True))
    wanted = {"reopen", "rework", "escalate", "ask_return", "ask_extension", "ask_suspension", "ask_void", "merge"}
    assert min(acts[act] for act in wanted) >= 5
    assert set(Case.objects.values_list("rating", flat=True)) == {None, 1, 2, 3}
    assert Case.objects.filter(redispatched__gt=0).count() > 20
    assert Case.objects.filter(me_too__gt=0).count() > 50
    assert all(case.me_too == case.echoes.count() for case in Case.objects.filter(me_too__gt=0)[:20])


def test_no_net_was_known_before_the_first_plan(town):
    since = timezone.make_aware(datetime.combine(load.SINCE, datetime.min.time()))
    before, after = (Case.objects.filter(**{f"reported_at__{when}": since}) for when in ("lt", "gte"))
    assert before.exclude(intake_grid=None, intake_plan=None, grid=None).count() == 0
    assert after.filter(intake_plan=None).count() == after.filter(intake_grid=None).count() == 0


def moves_by_case() -> list[list[Move]]:
    rows = Move.objects.select_related("by").order_by("case_id", "pk")
    return [list(group) for _, group in groupby(rows, attrgetter("case_id"))]


def test_each_step_is_one_that_the_table_allows_then(town):
    for steps in moves_by_case():
        assert steps[0].act == "report"
        for before, step in pairwise(steps):
            rule = states.RULES[step.act]
            assert before.at <= step.at
            assert before.status in rule.before, (before.act, step.act)
            assert rule.after in (None, step.status) or step.act == "reopen"
            assert step.reason or "reason" not in rule.needs, step.act


def test_each_case_stands_where_its_last_move_left_it(town):
    last = {steps[-1].case_id: steps[-1] for steps in moves_by_case()}
    for case in Case.objects.all():
        move = last[case.pk]
        columns = ("status", "level", "grid_id", "person_id", "handling_unit_id")
        assert [getattr(case, name) for name in columns] == [getattr(move, name) for name in columns]
    versions = Case.objects.annotate(steps=Count("moves")).values_list("version", "steps")
    assert all(version == steps for version, steps in versions)


def test_whoever_took_a_step_might_take_it(town):
    """By the posts of the day; of each twentieth case of the net's time."""
    hands: dict = {}
    cases = Case.objects.exclude(intake_plan=None).select_related("category", "community").filter(pk__in=sampled(20))
    for case in cases:
        steps = list(case.moves.select_related("by"))
        asked, asked_by = "", None
        for before, step in pairwise(steps):
            on = timezone.localdate(step.at)
            case.status, case.level, case.asked, case.asked_by_id = before.status, before.level, asked, asked_by
            case.person_id, case.handling_unit_id, case.needs_place = before.person_id, before.handling_unit_id, False
            if step.by:
                key = step.by.pk, on
                hands[key] = hands.get(key) or Hands.of(step.by, on)
                words = states.words_of(case, hands[key])
                assert words & set(states.RULES[step.act].who), (step.act, words)
            asks = step.act.startswith("ask_")
            asked, asked_by = (step.act.removeprefix("ask_"), step.by_id) if asks else ("", None)


def sampled(every: int) -> list[int]:
    return list(Case.objects.order_by("pk").values_list("pk", flat=True))[::every]


def test_a_case_lies_where_its_place_says(town):
    cases = Case.objects.exclude(intake_plan=None).filter(pk__in=sampled(25)).select_related("category", "stairwell")
    assert len(cases) > 25
    for case in cases:
        placed = dispatch.place(
            case.stairwell or case.point, on=timezone.localdate(case.reported_at), category=case.category
        )
        assert (placed.plan, placed.grid, placed.community) == (case.intake_plan, case.intake_grid, case.community)
        assert placed.person == case.intake_person
        assert placed.needs_place == case.needs_place


def test_the_planted_hot_spot_is_found(town):
    """More of this category than anywhere, at a place and in a period that are known."""
    since = UNTIL - timedelta(days=HOTSPOT.days)
    wanted = Case.objects.filter(category__code=HOTSPOT.category, community__code__startswith=town.zhangcheng)
    recent = wanted.filter(reported_at__gte=since).select_related("stairwell")
    points = np.array([case.point.coords for case in recent])
    towns = [to_shapely(area.boundary) for area in Area.objects.filter(code__startswith=town.zhangcheng, level=12)]
    lattice = Lattice(50)
    found = hotspots(lattice, points[:, 0], points[:, 1], lattice.within(shapely.union_all(towns)))
    assert len(recent) >= HOTSPOT.reports
    assert found.q[found.counts.argmax()] < 0.001
    assert Reporter.objects.filter(case__in=recent).values("mark").distinct().count() > 10


def test_texts_vary_and_those_that_give_somebody_away_are_hidden(town):
    texts = list(Case.objects.values_list("text", "words"))
    assert len({text for text, _ in texts}) > 120
    assert max(len(text) for text, _ in texts) > 90
    assert sum(not text for text, _ in texts) > 200
    assert [text for text, words in texts if words == "shown" and privacy.kinds(text)] == []
    assert not Case.objects.filter(category__sensitive=True, words="shown").exists()


def test_reporters_are_nobody(town):
    phones = Reporter.objects.exclude(phone="").values_list("phone", flat=True)
    assert phones.count() > 500
    assert all(phone.startswith("1990000") for phone in phones)


def test_photos_can_be_opened(town):
    photos = list(Photo.objects.all())
    assert len(photos) > 100
    assert {photo.kind for photo in photos} == {"before", "after"}
    for photo in {photo.file.name: photo for photo in photos}.values():
        with photo.file.open() as jpeg:
            assert jpeg.read(2) == b"\xff\xd8"


def test_the_dispatcher_has_an_area(town):
    assert Hands.of(User.objects.get(username="demo-dispatcher"), town.day).dispatched


def test_the_worker_has_a_desk_with_life(town):
    """Something late, something due within a day, something new to take, and a picture."""
    hands = Hands.of(User.objects.get(username="demo-worker"), town.day)
    mine = Case.objects.open().filter(grid__in=hands.grids)
    assert 6 <= mine.count() <= 14
    assert mine.overdue(UNTIL).count() >= 1
    assert mine.filter(due_at__range=(UNTIL, UNTIL + timedelta(days=1)), status__in=states.UNDER_WAY).count() >= 2
    assert mine.filter(status=S.DISPATCHED, person=hands.user).count() >= 3
    assert mine.filter(status=S.REPORTED).exists()
    assert mine.filter(photos__isnull=False).exists()


def test_the_unit_has_something_late_and_something_new(town):
    mine = Case.objects.open().filter(handling_unit__members__username="demo-unit")
    assert mine.overdue(UNTIL).count() >= 1
    assert mine.filter(status=S.DISPATCHED).count() >= 3


def test_numbers_have_seven_digits_and_no_nought_in_front(town):
    assert 1_000_000 < int(Case.objects.earliest("pk").number) < 1_001_000


def test_each_category_that_is_reported_is_in_the_catalogue(town):
    assert Category.objects.filter(cases__isnull=False).distinct().count() >= 15


@pytest.fixture
def doors() -> list[Door]:
    return [Door(n, f"120113004013{n:07d}", 117.1 + n * 2e-4, 39.2, n, 9, "old", 1, 1, 1) for n in range(40)] + [
        Door(100 + n, f"{HOTSPOT.community}{n:07d}", 118.93 + n * 2e-4, 25.87, n, 3, "", 2, 2, 2) for n in range(80)
    ]


def test_the_same_moment_gives_the_same_diary(doors):
    spots = [(118.931, 25.87)]
    first, second = diary(doors, spots, UNTIL), diary(doors, spots, UNTIL)
    assert [(s.at, s.text, s.door.pk, s.lon) for s in first] == [(s.at, s.text, s.door.pk, s.lon) for s in second]


def test_the_hot_spot_lies_at_its_door(doors):
    middle = hotspot_door(doors)
    planted = [story for story in diary(doors, [(118.931, 25.87)], UNTIL) if story.planted]
    assert len(planted) == HOTSPOT.reports
    assert max(abs(story.door.lon - middle.lon) for story in planted) * 111_320 < 2 * HOTSPOT.reach
