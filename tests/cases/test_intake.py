"""The one way in: where a report belongs, what is kept of it, and that nothing is ever written twice."""

import threading
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, connections
from django.utils import timezone, translation

from accounts.roles import Role
from buildings.models import Stairwell
from cases import clock, drafts, intake, kinds, moderation, nearby, pictures, worktime
from cases.abuse import is_blocked, mark_of, too_many
from cases.models import Block, Case, Category, MeToo, Move, Photo, Reporter, Status
from tests import databases
from tests.cases import lies
from tests.cases.desk import a_case
from tests.grids.conftest import CODE, cells, community
from tests.grids.test_contact import IN_B1, IN_B2, ON_THE_EDGE, appoint, grid, net, spot

__all__ = ["cells", "community", "net"]

OUTSIDE = spot(9, 9)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def lamp(net) -> Category:
    return Category.objects.create(code="t1", name="楼道照明", near_m=50)


def report(category: Category, **more) -> Case:
    said = {"key": uuid4(), "point": IN_B1, "place_from": "position", "coord_type": "wgs84"} | more
    return intake.take_in(category=category, **said)[0]


def photo(text: str = "photo") -> pictures.Picture:
    return pictures.clean(lies.CLEANED[text]())


def test_a_report_finds_its_grid_and_person_and_keeps_what_was_decided(lamp, net):
    worker = appoint(Role.GRID_WORKER, "林网格", grid=grid("西格"))
    case = Case.objects.get(pk=report(lamp, text=" 灯不亮 ", at=timezone.now()).pk)
    assert (case.grid, case.intake_grid) == (grid("西格"), grid("西格"))
    assert (case.person, case.intake_person) == (worker.person, worker.person)
    assert (case.community, case.building.number, case.text) == (net, "1", "灯不亮")
    assert case.intake_plan == case.moves.get().plan
    assert "网格" in case.intake_rule
    assert (case.status, case.handling_unit, case.handle_due_at) == (Status.REPORTED, None, None)
    assert case.due_at == worktime.due(case.reported_at, lamp.accept_hours)


def test_at_a_door_it_belongs_to_the_door(lamp):
    door = Stairwell.objects.get(code=f"{CODE}0000201")
    case = report(lamp, stairwell=door, point=IN_B2, place_from="door")
    assert (case.stairwell, case.building, case.grid) == (door, door.building, grid("东格"))
    assert not case.needs_place


@pytest.mark.parametrize("point", [ON_THE_EDGE, OUTSIDE], ids=["edge", "outside"])
def test_where_it_is_not_sure_a_person_decides(lamp, point):
    assert report(lamp, point=point).needs_place


def test_who_reported_stands_apart_and_only_if_they_said_so(lamp):
    assert not Reporter.objects.filter(case=report(lamp)).exists()
    case = report(lamp, phone="138 0000 1001", mark=mark_of("tel:13800001001"))
    assert (case.reporter.phone, len(case.reporter.mark)) == ("138 0000 1001", 43)


def test_the_same_key_is_the_same_case(lamp):
    key = uuid4()
    said = {"key": key, "category": lamp, "point": IN_B1, "place_from": "position", "coord_type": "wgs84"}
    first, again = intake.take_in(**said, photos=[photo()]), intake.take_in(**said, photos=[photo()], text="anders")
    assert (first[1], again[1], again[0].pk) == (True, False, first[0].pk)
    assert (Case.objects.count(), Move.objects.count(), Photo.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"coord_type": ""}, "place"),
        ({"coord_type": "mars"}, "place"),
        ({"point": Point(200, 95, srid=4326)}, "place"),
        ({"text": "x" * 1001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "1" * 30}, "phone"),
        ({"phone": "+" + "1" * 20}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12345", "email": "nobody"}, "email"),
        ({"email": f"{'x' * 60}@{'x' * 60}.{'x' * 60}.{'x' * 60}.{'x' * 60}.org"}, "email"),
        ({"name": "x" * 41}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"photos": [lies] * 5}, "photos"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_field_and_nothing_is_written(lamp, change, field):
    with pytest.raises(intake.Refused) as refused:
        report(lamp, **change)
    assert refused.value.field == field
    assert not Case.objects.exists()


def test_a_kind_out_of_use_is_refused(lamp):
    lamp.in_use = False
    with pytest.raises(intake.Refused):
        report(lamp)


def test_photos_are_written_once_and_only_so_many(lamp):
    case, key = report(lamp), uuid4()
    first = intake.add_photo(case, key=key, picture=photo())
    assert intake.add_photo(case, key=key, picture=photo("grey")) == first
    assert first.file.read() == photo().jpeg
    for _ in range(intake.MOST_PHOTOS - 1):
        intake.add_photo(case, key=uuid4(), picture=photo())
    with pytest.raises(intake.Refused):
        intake.add_photo(case, key=uuid4(), picture=photo())
    intake.add_photo(case, key=uuid4(), picture=photo(), kind="after")
    with pytest.raises(intake.Refused):
        intake.add_photo(report(lamp), key=key, picture=photo())


def test_two_at_once_make_one_case(town_database, django_db_blocker, settings):
    """A double tap: both requests find no case of the key, and one of them comes second."""
    name, key, cases = f"{town_database}_twice", UUID(int=7), []
    with django_db_blocker.unblock():
        databases.copy(town_database, name)
        with databases.connected_to(name):
            point, category = Stairwell.objects.first().footprint.centroid, Category.objects.get(code="3101")
            start = threading.Barrier(4)

            def tap() -> None:
                start.wait()
                said = {"point": point, "place_from": "position", "coord_type": "wgs84"}
                cases.append(intake.take_in(key=key, category=category, **said))
                connections.close_all()

            before = Case.objects.count()
            threads = [threading.Thread(target=tap) for _ in range(4)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            assert len({case.pk for case, _new in cases}) == 1
            assert sorted(new for _case, new in cases) == [False, False, False, True]
            assert Case.objects.count() == before + 1
            connection.close()
        databases.drop(name)


# --- known already? ---------------------------------------------------------------------------------------------------


@pytest.fixture
def many_homes(monkeypatch):
    """Every place is public: the square has no households."""
    from cases.places import PublicPlace

    def at(cases):
        return {case.pk: PublicPlace("building", "b", "1号楼", case.point.x, case.point.y) for case in cases}

    monkeypatch.setattr(nearby, "public_places", at)


def test_open_cases_of_the_kind_are_near(lamp, net, many_homes):
    case = a_case(net, category=lamp)
    a_case(net, category=lamp, status=Status.CLOSED)
    a_case(net, category=lamp, reported_at=timezone.now() - timedelta(days=100))
    a_case(net, category=Category.objects.get(code="3106"))  # sensitive
    assert [one.case for one in nearby.nearby(IN_B1, timezone.now(), lamp)] == [case]
    assert [one.case for one in nearby.nearby(IN_B1, timezone.now())] == [case]
    assert nearby.nearby(spot(0.9, 0.7), timezone.now(), lamp) == []  # 75 m away, and 50 m are near


def test_the_kind_says_how_far_near_is(lamp, net, many_homes):
    a_case(net, category=lamp)
    Category.objects.filter(pk=lamp.pk).update(near_m=80)
    assert [one.metres for one in nearby.nearby(spot(0.9, 0.7), timezone.now(), lamp)] == [75]


def test_where_a_case_is_not_public_nothing_is_near(lamp, net):
    a_case(net, category=lamp)  # the square has no household, so no place of it is public
    assert nearby.nearby(IN_B1, timezone.now(), lamp) == []


def test_me_too_counts_once_a_person(lamp, net):
    case, key = a_case(net, category=lamp), uuid4()
    assert nearby.me_too(case, key=key, mark="a" * 43)
    assert not nearby.me_too(case, key=key, mark="a" * 43)
    assert not nearby.me_too(case, key=uuid4(), mark="a" * 43)
    assert nearby.me_too(case, key=uuid4())
    case.refresh_from_db()
    assert (case.me_too, MeToo.objects.count()) == (2, 2)


# --- abuse, moderation, drafts ----------------------------------------------------------------------------------------


def test_a_mark_names_nobody_and_is_always_the_same(settings):
    mark = mark_of("tel:13800001001")
    assert (len(mark), mark_of("tel:13800001001") == mark, mark_of("tel:13800001002") == mark) == (43, True, False)
    assert mark_of("") == ""
    settings.SECRET_KEY = "another"
    assert mark_of("tel:13800001001") != mark


def test_the_throttle_is_for_each_address_and_hour(db):
    now = timezone.now()
    assert [too_many("report", "192.0.2.1", now, most=2) for _ in range(3)] == [False, False, True]
    assert not too_many("report", "192.0.2.2", now, most=2)
    assert not too_many("report", "192.0.2.1", now + timedelta(hours=1), most=2)


def test_who_is_blocked_is_so_until_then(db):
    now = timezone.now()
    Block.objects.create(address="::ffff:192.0.2.1", reason="x", until=now + timedelta(hours=1))
    Block.objects.create(mark="m" * 43, reason="x", until=now + timedelta(hours=1))
    assert is_blocked("192.0.2.1", "", now)
    assert is_blocked("", "m" * 43, now)
    assert not is_blocked("192.0.2.2", "n" * 43, now)
    assert not is_blocked("192.0.2.1", "", now + timedelta(hours=2))


def test_words_and_photos_are_public_when_somebody_has_looked(lamp, net, django_user_model):
    case = report(lamp, text="三楼灯不亮，电话13800001001", photos=[photo()])
    staff = django_user_model.objects.create(username="s", name="周书记")
    assert (moderation.public_words(case), moderation.public_photos(case)) == ("", [])
    moderation.show_words(case, True, by=staff)
    moderation.show_photo(case.photos.get(), True, by=staff)
    case.refresh_from_db()
    assert moderation.public_words(case) == "三楼灯不亮，电话■■■■"
    assert len(moderation.public_photos(case)) == 1
    assert [move.act for move in case.moves.all()] == ["report", "note", "note"]
    moderation.show_words(case, False, by=staff)
    case.refresh_from_db()
    assert moderation.public_words(case) == ""
    lamp.sensitive = True
    lamp.save()
    assert moderation.public_photos(Case.objects.get(pk=case.pk)) == []


def test_photos_of_an_unfinished_form_are_kept_for_a_day(db):
    key, one = uuid4(), photo()
    drafts.keep(key, [one, one, photo("grey")])
    assert {kept.sha256 for kept in drafts.kept(key)} == {one.sha256, photo("grey").sha256}
    assert one in drafts.kept(key)
    assert drafts.sweep(timezone.now()) == 0
    assert drafts.sweep(timezone.now() + timedelta(days=2)) == 1
    assert drafts.kept(key) == []


def test_the_clock_sweeps_them(db, monkeypatch):
    key, passed = uuid4(), timezone.now() + timedelta(days=2)
    drafts.keep(key, [photo()])
    clock.tick()
    assert drafts.kept(key)
    monkeypatch.setattr(clock.timezone, "now", lambda: passed)
    clock.tick()
    assert not drafts.kept(key)


def test_a_photo_of_a_form_has_a_key_that_follows_from_it(lamp):
    key = uuid4()
    case = report(lamp, key=key, photos=[photo()])
    assert case.photos.get().key == uuid5(key, photo().sha256)


def test_every_kind_of_the_fixture_has_a_name_for_the_translators(db):
    assert set(Category.objects.values_list("name", flat=True)) <= set(kinds.NAMES)
    assert kinds.name_of(Category(name="自己起的名字")) == "自己起的名字"
    with translation.override("en"):
        assert kinds.name_of(Category.objects.get(code="3101")) == "Stairwell lamp"
