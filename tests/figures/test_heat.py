"""Hot spots as staff see them: what was planted is found at its place and time, and nowhere else."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Point
from django.core.cache import cache

from accounts.models import User
from buildings.models import Area, Stairwell
from cases import columns, places, study
from cases.models import Case, Category, Reporter
from demo.diary import HOTSPOT
from figures import heat, hotspots, openheat
from figures.choropleth import grid_rows
from figures.heat import FINE, Wish
from figures.periods import back_to, last_ended, parse, period_of, weeks
from geo.hotspot import gi_star, hexagon_window
from tests.conftest import UNTIL

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOWN = study.Ground(("350125100",))
END = UNTIL.astimezone(SHANGHAI).date()  # the demo's last day in the tests


def planted():
    """Longitude and latitude of the door round which the demo plants reports."""
    doors = Stairwell.objects.filter(building__community__code=HOTSPOT.community).order_by("code")
    return doors[HOTSPOT.door].footprint.point_on_surface.coords


def metres_from(spot, cells):
    far = FINE.centres(cells) - spot
    return np.hypot(far[:, 0] * 100_200, far[:, 1] * 110_800)  # metres a degree at 25.9 N


def test_the_planted_hot_spot_is_found_and_nothing_else(town):
    found = heat.figures(TOWN, Wish(parse(f"{END:%Y-%m}"), HOTSPOT.category), END)
    far = metres_from(planted(), found.cells[found.hot])
    assert len(far)
    assert far.max() < HOTSPOT.reach + 2 * FINE.spacing_m  # a window's width round the reports
    assert metres_from(planted(), found.cells[[found.z.argmax()]])[0] < 2 * FINE.spacing_m


def test_before_it_began_it_is_not_there(town):
    began = END - timedelta(days=HOTSPOT.days)
    before = parse(f"{began.replace(day=1) - timedelta(days=1):%Y-%m}")
    found = heat.figures(TOWN, Wish(before, HOTSPOT.category), END)
    assert not found.hot[metres_from(planted(), found.cells) < FINE.spacing_m].any()


def test_the_planted_hot_spot_emerges_in_its_weeks_as_one(town):
    one = heat.emerging_now(TOWN, Wish(period_of(END, 1), HOTSPOT.category), END)
    assert [metres_from(planted(), np.array([each.peak]))[0] < 2 * FINE.spacing_m for each in one] == [True]
    assert one[0].weekly[-1] > sum(one[0].weekly[: heat.WEEKS - 6])
    began = END - timedelta(days=HOTSPOT.days + 7)
    assert not heat.emerging_now(TOWN, Wish(period_of(began, 1), HOTSPOT.category), began)


def test_figures_are_those_of_the_kernel_on_the_cases_of_the_town(town):
    quarter = parse("2026-Q1")
    found = heat.figures(TOWN, Wish(quarter), END)
    cases = Case.objects.filter(community__code__startswith="350125100").exclude(status__in=("rejected", "voided"))
    assert found.counts.sum() == heat.between(cases, quarter, quarter).count()
    assert found.households.sum() == 1550
    assert found.z == pytest.approx(gi_star(found.counts, hexagon_window(found.cells)), abs=1e-12)


def test_a_community_is_compared_with_its_town(town):
    whole = heat.figures(TOWN, Wish(parse("2026-Q1")), END)
    part = heat.figures(study.Ground((town.nanmen,)), Wish(parse("2026-Q1")), END)
    same = np.isin(whole.cells, part.cells)
    assert 0 < len(part.cells) < len(whole.cells) / 3
    assert (part.z == whole.z[same]).all()


def test_a_running_period_is_held_against_as_many_days(town):
    # Of 90 days of the quarter before, 15 have passed: the share of the two is 15 / 105.
    assert heat.share_of(parse("2026-Q2"), date(2026, 4, 15)) == pytest.approx(15 / 105)
    assert heat.share_of(parse("2026-Q2"), date(2027, 1, 1)) == pytest.approx(91 / 181)


def test_what_is_no_matter_for_anybody_does_not_count(town):
    before = heat.figures(TOWN, Wish(parse("2026-Q1")), END).counts.sum()
    case = heat.between(heat.counted(TOWN.cases()), parse("2026-Q1"), parse("2026-Q1")).first()
    Case.objects.filter(pk=case.pk).update(status="voided")
    assert heat.figures(TOWN, Wish(parse("2026-Q1")), END).counts.sum() == before - 1


def test_the_cases_behind_a_hexagon_are_those_that_it_counts(town):
    quarter = parse("2026-Q2")
    from_the_street(planted())
    found = heat.figures(TOWN, Wish(quarter), END)
    for place in np.argsort(-found.counts)[:4]:
        behind = heat.cases_in(TOWN, Wish(quarter), [int(found.cells[place])], quarter, quarter)
        assert behind.count() == found.counts[place]


def from_the_street(spot):
    return Case.objects.create(
        category=Category.objects.get(code="2101"),
        point=Point(spot[0], spot[1], srid=4326),
        place_from="crosshair",
        coord_type="wgs84",
        community=Area.objects.get(code=HOTSPOT.community),
        reported_at=UNTIL - timedelta(days=3),
    )


def test_grids_are_those_of_the_intake(town):
    rows = grid_rows(TOWN, Wish(parse("2026-Q1")), END)
    assert len([row for row in rows if row.boundary]) == 34
    assert sum(row.households for row in rows) == 1550
    taken = heat.between(heat.counted(TOWN.cases()), parse("2026-Q1"), parse("2026-Q1"))
    assert sum(row.count for row in rows) == taken.filter(intake_grid__isnull=False).count()


# Who sees what


def test_who_answers_for_an_area_sees_it_exactly_and_nobody_else(town):
    def ground(name):
        return study.ground_of(User.objects.get(username=name), date(2026, 6, 15))

    assert ground("demo-secretary").codes == (town.baocui,)
    assert ground("demo-town-planner").codes == (town.zhangcheng,)
    assert ground("demo-admin").codes == ("",)
    assert ground("demo-worker") is None
    assert ground("demo-unit") is None
    assert study.ground_of(AnonymousUser(), date(2026, 6, 15)) is None


def test_figures_are_kept_until_the_places_are_drawn_anew(town, monkeypatch):
    cache.clear()
    asked = []
    figures_of = openheat.figures_of
    monkeypatch.setattr(openheat, "figures_of", lambda period: asked.append(period) or figures_of(period))
    for wish in (Wish(parse("2026-Q1")), Wish(parse("2026-Q1")), Wish(parse("2026-Q1"), "31")):
        hotspots.Question(wish, END).table
    assert [period.name for period in asked] == ["2026-Q1", "2025-Q4"]
    places.draw()
    hotspots.Question(Wish(parse("2026-Q1")), END).table
    assert len(asked) == 4


# Columns and periods


def test_columns_are_what_the_tables_hold(town):
    rows = Case.objects.filter(reported_at__gte=datetime(2026, 6, 1, tzinfo=SHANGHAI))
    found = columns.read(rows)._replace(who=np.zeros(0))
    told = zip(*(column.tolist() for column in found[:-1]), strict=True)
    assert sorted(told) == sorted(
        (
            *case.point.coords,
            case.reported_at.timestamp(),
            *(case.building_id or 0, case.community_id or 0, case.intake_grid_id or 0, case.category_id, case.level),
        )
        for case in rows
    )


def test_all_who_left_no_mark_are_one_and_others_are_themselves(town):
    cases = list(Case.objects.order_by("pk")[:4])
    Reporter.objects.filter(case__in=[case.pk for case in cases]).delete()
    Reporter.objects.bulk_create(
        [Reporter(case=cases[0]), Reporter(case=cases[1], mark="a"), Reporter(case=cases[2], mark="b")]
    )
    who = columns.read(Case.objects.filter(pk__in=[case.pk for case in cases])).who.tolist()
    assert sorted(who).count(0) == 2  # no mark, and no reporter
    assert len(set(who)) == 3


def test_no_cases_are_empty_columns(town):
    assert all(len(column) == 0 for column in columns.read(Case.objects.none()))


@pytest.mark.parametrize(
    ("name", "start", "end", "before"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1), "2025"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1), "2025-Q4"),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1), "2026-11"),
    ],
)
def test_a_period_has_a_name_and_one_before(name, start, end, before):
    period = parse(name)
    assert (period.start, period.end, period.name) == (start, end, name)
    assert period.before.name == before


@pytest.mark.parametrize("name", ["", "2026-Q5", "2026-13", "26-01", "2026-Q1 ", "２０２６", "1999"])
def test_what_is_no_period_is_none(name):
    assert parse(name) is None


def test_periods_run_back_to_the_first_day():
    assert [period.name for period in back_to(date(2025, 8, 3), date(2026, 2, 1), 3)] == [
        "2026-Q1",
        "2025-Q4",
        "2025-Q3",
    ]
    assert last_ended(date(2026, 4, 1), 3).name == "2026-Q1"
    assert last_ended(date(2026, 3, 31), 3).name == "2025-Q4"


def test_weeks_are_whole_ones_before_a_day():
    last = weeks(date(2026, 6, 15), 2)[-1]  # a Monday
    assert (last.start, last.end) == (date(2026, 6, 8), date(2026, 6, 15))
    assert weeks(date(2026, 6, 14), 2)[-1].end == date(2026, 6, 8)
