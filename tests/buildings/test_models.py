"""What the database itself refuses, whoever writes to it."""

import pytest
from django.db import DataError, IntegrityError, InternalError, connection, transaction

from buildings.models import Area, Building

pytestmark = pytest.mark.django_db

REFUSALS = (IntegrityError, DataError, InternalError)
INSERT = """
    INSERT INTO buildings_area (code, name, level, kind, source, source_id, boundary, office_phone, office_hours,
        office_address, supervision_phone) VALUES (%s, '试', %s, '', '', '', {}, '', '', '', '')
"""


def insert(geometry: str, code: str = "350125100001", level: int = 12) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT.format(geometry), [code, level])


def test_a_sound_boundary_is_stored_with_its_mercator_twin():
    insert("ST_GeomFromText('MULTIPOLYGON(((119 26,119.1 26,119.1 26.1,119 26)))', 4326)")
    area = Area.objects.get()
    assert area.boundary_mercator.srid == 3857
    assert area.boundary_mercator.extent[0] == pytest.approx(119 * 111319.4908, rel=1e-9)  # WGS 84 equator / 360


@pytest.mark.parametrize(
    "wkt",
    [
        "MULTIPOLYGON(((119 26,119.1 26.1,119.1 26,119 26.1,119 26)))",  # a bow-tie
        "MULTIPOLYGON EMPTY",
        "MULTIPOLYGON(((999 26,999.1 26,999.1 26.1,999 26)))",
        "MULTIPOLYGON(((1e300 26,119.1 26,119.1 26.1,1e300 26)))",
        "MULTIPOLYGON(((119 89,119.1 89,119.1 89.5,119 89)))",  # beyond Web Mercator
        "POINT(119 26)",
        "MULTIPOLYGON Z(((119 26 1,119.1 26 1,119.1 26.1 1,119 26 1)))",
    ],
)
def test_an_unsound_boundary_is_refused(wkt):
    with pytest.raises(REFUSALS):
        insert(f"ST_GeomFromText('{wkt}', 4326)")


@pytest.mark.parametrize("bad", ["NaN", "Infinity"])
def test_a_boundary_that_is_not_a_number_is_refused(bad):
    ring = f"ARRAY[ST_MakePoint(119,26),ST_MakePoint('{bad}',26),ST_MakePoint(119.1,26.1),ST_MakePoint(119,26)]"
    with pytest.raises(REFUSALS):
        insert(f"ST_SetSRID(ST_Multi(ST_MakePolygon(ST_MakeLine({ring}))), 4326)")


def test_another_reference_system_is_refused():
    with pytest.raises(REFUSALS, match="SRID"):
        insert("ST_GeomFromText('MULTIPOLYGON(((119 26,119.1 26,119.1 26.1,119 26)))', 4490)")


@pytest.mark.parametrize(("code", "level"), [("350125", 12), ("35012510000a", 12), ("350125100001", 9), ("", 6)])
def test_a_code_that_does_not_fit_its_level_is_refused(code, level):
    with pytest.raises(REFUSALS, match="area_code_fits_its_level"):
        insert("NULL", code, level)


def test_a_code_is_given_once():
    insert("NULL")
    with pytest.raises(REFUSALS, match="unique"):
        insert("NULL")


def test_a_building_is_called_by_name_then_number_then_address():
    assert Building(name="邻里中心", number="3").title == "邻里中心"
    assert Building(number="9-1", address="南门街 8 号").title == "9-1号楼"
    assert Building(address="南门街 8 号", code="35012510000100007").title == "南门街 8 号"
