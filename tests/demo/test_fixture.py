"""The fixture `town` beside those of pytest-django: whoever is asked first, both worlds stay apart."""

import pytest
from django.db import connection

from buildings.models import Area, Building


def test_an_unmarked_test_sees_the_town(town):
    assert Building.objects.count() > 700


def test_a_test_without_town_sees_an_empty_database(db):
    assert not Area.objects.exists()


def test_town_after_db(db, town):
    assert Area.objects.filter(code=town.baocui).exists()


def test_town_before_db(town, db):
    assert Area.objects.filter(code=town.baocui).exists()


@pytest.mark.django_db
def test_town_with_the_mark(town, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert Area.objects.filter(code=town.baocui).exists()


@pytest.mark.parametrize("_", range(2))
def test_what_a_test_changes_is_gone_in_the_next(town, _):
    assert not Area.objects.filter(name="改名").exists()
    Area.objects.filter(code=town.baocui).update(name="改名")


def test_the_connection_of_before_is_back():
    assert not str(connection.settings_dict["NAME"]).endswith("_town")
