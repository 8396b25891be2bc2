"""What the public may know of where a case is: places of eight households, whatever is taken from what."""

from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.contrib.gis.geos import Point

from buildings.models import Area, Building, Dwelling, GroundChange, Household
from cases import places
from cases.models import Case, Category, OpenPlace

AT = datetime(2026, 6, 15, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def drawn(town):
    places.draw()
    return town


def smallest_group():
    """Households of the smallest shown place less the shown places in it."""
    rest = defaultdict(int)
    for row in OpenPlace.objects.filter(shown=True).select_related("area__parent"):
        rest[row.area_id, row.cell, row.building_id] += row.households
        above = _whole(row)
        if above is not None:
            rest[above] -= row.households
    towns = Area.objects.filter(children__isnull=False).values_list(
        "pk", flat=True
    )  # nobody is beside their communities
    return min(homes for place, homes in rest.items() if place[0] not in towns or homes)


def _whole(row):
    if row.building_id:
        return row.area_id, row.cell, None
    if row.cell:
        return row.area_id, None, None
    return (row.area.parent_id, None, None) if row.area.parent_id else None


def case_at(building=None, point=None, community=None):
    spot = point or building.footprint.point_on_surface
    return Case.objects.create(
        category=Category.objects.get_or_create(code="t", defaults={"name": "试"})[0],
        point=spot,
        place_from="door",
        coord_type="wgs84",
        building=building,
        community=community or building.community,
        reported_at=AT,
    )


def building_of(shown):
    return OpenPlace.objects.filter(building__isnull=False, shown=shown)


def test_every_public_place_less_those_in_it_has_eight_households(drawn):
    assert smallest_group() >= 8


def test_without_hiding_a_second_part_a_house_would_be_singled_out(town, monkeypatch):
    monkeypatch.setattr("geo.suppression._few_households", lambda tree, hidden: tree.households < 0)
    places.draw()
    assert smallest_group() < 8


def test_most_households_of_the_town_stand_in_a_hexagon_that_is_shown(drawn):
    cells = OpenPlace.objects.filter(building=None, cell__isnull=False)
    assert sum(row.households for row in cells if row.shown) > 0.85 * sum(row.households for row in cells)


def test_a_case_at_a_large_building_is_there(drawn):
    row = building_of(shown=True).first()
    place = places.public_place(case_at(row.building))
    assert (place.kind, place.code) == ("building", row.building.code)
    assert row.building.footprint.distance(Point(place.lon, place.lat, srid=4326)) == 0


def test_a_case_at_a_small_house_is_in_its_hexagon(drawn):
    open_cells = OpenPlace.objects.filter(building=None, shown=True).values("cell")
    row = building_of(shown=False).filter(cell__in=open_cells, households=1).first()
    place = places.public_place(case_at(row.building))
    assert (place.kind, place.code) == ("cell", str(row.cell))
    centre = places.LATTICE.centres(np.array([row.cell]))[0]
    assert [place.lon, place.lat] == pytest.approx(centre, abs=1e-6)


def test_a_case_where_few_live_has_no_position(drawn):
    hidden = OpenPlace.objects.filter(building=None, cell__isnull=False, shown=False)
    row = OpenPlace.objects.filter(building__isnull=False, cell__in=hidden.values("cell")).first()
    place = places.public_place(case_at(row.building))
    assert (place.kind, place.lon) == ("community", None)


def test_a_case_in_the_street_is_in_the_hexagon_of_its_point(drawn):
    row = OpenPlace.objects.filter(building=None, cell__isnull=False, shown=True).first()
    lon, lat = places.LATTICE.centres(np.array([row.cell]))[0]
    place = places.public_place(case_at(point=Point(lon, lat, srid=4326), community=row.area))
    assert (place.kind, place.code) == ("cell", str(row.cell))


def test_a_case_outside_the_net_is_nowhere(drawn):
    case = case_at(building_of(shown=True).first().building)
    case.community = None
    assert places.public_place(case).kind == ""


def test_places_of_many_cases_take_as_many_queries_as_those_of_one(drawn, django_assert_num_queries):
    for row in building_of(shown=True)[:5]:
        case_at(row.building)
    with django_assert_num_queries(5):
        found = places.public_places(Case.objects.select_related("building", "community"))
    assert len(found) == Case.objects.count()


def test_a_building_that_fills_up_stays_hidden(drawn):
    # Shown from tomorrow on, it would give away what its neighbours were yesterday.
    row = building_of(shown=False).filter(households__gt=0).order_by("-households").first()
    dwelling = Dwelling.objects.filter(stairwell__building=row.building).first()
    Household.objects.bulk_create(Household(dwelling=dwelling, people=1) for _ in range(50))
    places.draw()
    assert not OpenPlace.objects.get(building=row.building).shown
    assert smallest_group() >= 8


def test_a_building_that_empties_is_shown_no_more(drawn):
    row = building_of(shown=True).order_by("households").first()
    Household.objects.filter(dwelling__stairwell__building=row.building).delete()
    places.draw()
    assert not OpenPlace.objects.get(building=row.building).shown
    assert smallest_group() >= 8


def test_drawing_again_changes_nothing(drawn):
    before = set(OpenPlace.objects.values_list("area", "cell", "building", "shown"))
    places.draw()
    assert set(OpenPlace.objects.values_list("area", "cell", "building", "shown")) == before


def test_a_new_community_is_drawn_whole(town):
    OpenPlace.objects.all().delete()
    places.draw()
    everything = set(OpenPlace.objects.values_list("area", "cell", "building", "shown"))
    home = Area.objects.get(code=town.baocui)
    OpenPlace.objects.filter(area=home).delete()
    places.draw()
    assert set(OpenPlace.objects.values_list("area", "cell", "building", "shown")) == everything
    assert Building.objects.filter(community=home).exists()


def test_a_community_whose_households_come_later_is_shown_then(town):
    """Ground is imported before lists of households; what was never shown singles nobody out."""
    places.draw()
    everything = set(OpenPlace.objects.values_list("area", "cell", "building", "shown"))
    households = list(Household.objects.all())
    Household.objects.all().delete()
    OpenPlace.objects.all().delete()
    places.draw()
    assert not OpenPlace.objects.filter(shown=True).exists()
    Household.objects.bulk_create(households)
    places.draw()
    assert building_of(shown=True).exists()
    assert everything == set(OpenPlace.objects.values_list("area", "cell", "building", "shown"))


def test_the_clock_draws_once_a_change_of_the_ground(town, monkeypatch):
    drawings = []
    monkeypatch.setattr(places, "draw", lambda: drawings.append(1))
    for _ in range(2):
        places.follow_ground()
    GroundChange.objects.create(what="名册", counts={})
    for _ in range(2):
        places.follow_ground()
    assert len(drawings) == 2
