"""What the tables of cases refuse by themselves."""

from datetime import datetime, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import Case, Category, Move, Status, number_of, pk_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    category = Category.objects.create(code="t1", name="楼道照明")
    return Case.objects.create(
        category=category,
        point=Point(118.93, 25.86, srid=4326),
        place_from="door",
        coord_type="wgs84",
        reported_at=_now(),
    )


def _now() -> datetime:
    return timezone.now()


def test_a_number_has_a_check_digit_that_a_slip_breaks():
    number = number_of(4711)
    assert pk_of(number) == 4711
    for place, digit in enumerate(number):
        for other in set("0123456789") - {digit}:
            assert pk_of(number[:place] + other + number[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "1", "abcdefg", "１２３４５６７", "1" * 40, "12345 6"])
def test_what_is_no_number_finds_no_case(text):
    assert pk_of(text) is None


@pytest.mark.parametrize("change", ["update", "delete"])
def test_moves_only_grow(case, change):
    move = Move.objects.create(case=case, at=_now(), act="report", status=Status.REPORTED, level=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        getattr(Move.objects.filter(pk=move.pk), change)(**({"act": "close"} if change == "update" else {}))


def test_open_and_overdue(case):
    assert list(Case.objects.open()) == [case]
    Case.objects.update(due_at=_now() - timedelta(minutes=1))
    assert list(Case.objects.overdue(_now())) == [case]
    Case.objects.update(status=Status.CLOSED)
    assert not Case.objects.overdue(_now())


def test_what_is_in_a_sensitive_class_is_sensitive():
    family = Category.objects.create(code="t2", name="家庭")
    child = Category.objects.create(code="t21", name="争吵", parent=family)
    family.sensitive = True
    family.save()
    child.refresh_from_db()
    assert child.sensitive
    assert Category.objects.create(code="t22", name="走失", parent=family).sensitive
