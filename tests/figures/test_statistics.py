"""Statistics against the same counted by hand in Python, before and after a redraw, for staff and for everybody."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from buildings.models import Area
from cases import publication
from cases.models import Case, Category, OpenPlace, Status
from figures import openstatistics, statistics, summary
from figures.periods import parse
from figures.statistics import METRICS, RATES, Row, Wish, rows, total
from geo.geos import to_shapely
from grids.drawing import draw
from grids.models import Grid, Plan, PlanCell
from grids.redraw import publish
from tests.conftest import UNTIL

MAY, QUARTER = parse("2026-05"), parse("2026-Q1")
TODAY = timezone.localdate()


# Counted once more, case by case


def by_hand(cases: list[Case]) -> dict[str, float | None]:
    counted = [case for case in cases if case.status != Status.MERGED]
    due = [c for c in counted if c.handle_due_at and (c.resolved_at or c.handle_due_at < UNTIL)]
    finished = [c for c in counted if c.resolved_at or c.reopened]
    rated = [c for c in cases if c.rating]
    return {
        "response": rate([bool(c.responded_at) for c in counted]),
        "resolution": rate([bool(c.resolved_at) for c in counted]),
        "on_time": rate([bool(c.resolved_at and c.resolved_at <= (c.handle_due_at or UNTIL)) for c in due]),
        "satisfaction": rate([c.rating == 3 for c in rated]),
        "reopened": rate([c.reopened > 0 for c in finished]),
        "accuracy": rate([c.redispatched == 0 for c in due]),
        "response_hours": middle([c.responded_at - c.reported_at for c in counted if c.responded_at]),
        "resolution_hours": middle([c.resolved_at - c.reported_at for c in counted if c.resolved_at]),
    }


def rate(flags: list[bool]) -> float | None:
    return 100 * sum(flags) / len(flags) if flags else None


def middle(waits: list[timedelta]) -> float | None:
    return round(median(wait.total_seconds() for wait in waits) / 3600, 2) if waits else None


def grouped(key: Callable[[Case], Any]) -> dict[Any, list[Case]]:
    first, end = MAY.span
    cases = Case.objects.filter(reported_at__gte=first, reported_at__lt=end)
    found = defaultdict(list)
    for case in cases.select_related("community", "intake_grid", "category__parent"):
        if case.status not in (Status.REJECTED, Status.VOIDED):
            found[key(case)].append(case)
    return found


def figures(row: Row) -> dict[str, float | None]:
    return {metric.key: row.value(metric) for metric in METRICS}


KEYS: dict[str, Callable[[Any], str]] = {
    "district": lambda case: case.community.code[:6],
    "community": lambda case: case.community.code,
    "grid": lambda case: case.intake_grid.code,
    "class": lambda case: case.category.parent.code,
    "category": lambda case: case.category.code,
    "level": lambda case: str(case.level),
    "month": lambda case: f"{timezone.localtime(case.reported_at):%Y-%m}",
}


@pytest.mark.parametrize("by", KEYS)
def test_each_figure_is_what_its_formula_says(town, by):
    expected = {key: (len(cases), by_hand(cases)) for key, cases in grouped(KEYS[by]).items()}
    found = {row.code: (row.figures["reported"], figures(row)) for row in rows(Wish(MAY, by=by), UNTIL)}
    assert found.keys() == expected.keys()
    for key, (count, values) in expected.items():
        assert found[key][0] == count
        assert found[key][1] == pytest.approx(values)


def test_the_total_is_of_all(town):
    everything = [case for cases in grouped(lambda case: 0).values() for case in cases]
    assert figures(total(Wish(MAY), UNTIL)) == pytest.approx(by_hand(everything))
    assert len(everything) > 80


def test_places_stand_in_the_order_of_their_codes(town):
    codes = [row.code for row in rows(Wish(MAY, by="grid"), UNTIL)]
    assert codes == sorted(codes)


@pytest.mark.parametrize(
    ("by", "net", "count"), [("community", None, 2), ("grid", None, 2), ("grid", date(2026, 5, 1), 3)]
)
def test_few_queries(town, django_assert_num_queries, by, net, count):
    with django_assert_num_queries(count):
        rows(Wish(MAY, by=by, net=net), UNTIL)


def test_what_nobody_reported_is_no_division(town):
    empty = total(Wish(parse("2019-01")), UNTIL)
    assert set(figures(empty).values()) == {None}


def test_each_metric_says_how_it_is_worked_out_with_an_example():
    assert all("÷" in str(metric.formula) and "=" in str(metric.example) for metric in RATES)
    assert all(str(metric.formula) and str(metric.example) for metric in METRICS)


def test_nothing_is_counted_by_person():
    assert set(statistics.BY) == {"district", "subdistrict", "community", "grid", "class", "category", "level", "month"}


# Across a redraw


@pytest.fixture
def redrawn(town) -> Plan:
    """南门社区 with one building given to the next grid, in force from today: no plan may begin earlier."""
    area = Area.objects.get(code=town.nanmen)
    [old] = Plan.objects.in_force(town.day).filter(community=area)
    grids = {grid.code: grid for grid in Grid.objects.filter(community=area)}
    cells = {cell.name: cell for cell in PlanCell.objects.filter(plan=old)}
    grid_of = {name: grids[cell.grid] for name, cell in cells.items()}
    giver, taker = (grids[code] for code in sorted({cell.grid for cell in cells.values() if cell.grid})[:2])
    for name in busiest_building(giver, taker, cells):
        grid_of[name] = taker
    plan = Plan.objects.create(community=area, number=2)
    draw(plan=plan, cells={name: to_shapely(cell.shape) for name, cell in cells.items()}, grid_of=grid_of)
    return publish(plan=plan, by=None, effective=TODAY)


def busiest_building(giver: Grid, taker: Grid, cells: dict[str, PlanCell]) -> list[str]:
    """The doors of a building of one grid at the edge of the other, of which most was reported."""
    edge = [to_shapely(cell.shape) for cell in cells.values() if cell.grid == taker.code]
    near = {
        n[:17] for n, c in cells.items() if c.grid == giver.code and any(to_shapely(c.shape).touches(e) for e in edge)
    }
    cases = Case.objects.filter(intake_grid=giver, building__code__in=near).values_list("building__code", flat=True)
    busiest = max(sorted(near), key=list(cases).count)
    return [name for name in cells if name.startswith(busiest)]


def test_figures_of_last_month_are_the_same_to_the_unit_after_a_redraw(town, redrawn):
    wishes = [Wish(MAY, by=by) for by in statistics.BY]
    before = [rows(wish, UNTIL) for wish in wishes]
    moved = publication.follow(redrawn.community, TODAY, None)
    assert moved > 0
    assert [rows(wish, UNTIL) for wish in wishes] == before


def test_by_the_net_of_a_day_cases_count_where_their_doors_are_in_it(town, redrawn):
    def counts(net: date | None) -> dict[str, int]:
        wish = Wish(QUARTER, by="grid", codes=(town.nanmen,), net=net)
        return {row.code: row.figures["reported"] for row in rows(wish, UNTIL)}

    old, new = counts(town.day), counts(TODAY)
    assert counts(None) == old
    assert sum(old.values()) == sum(new.values())
    assert old != new


def test_cases_of_before_the_first_net_can_be_told_by_a_later_one(town):
    year = Wish(parse("2025"), by="grid")
    assert [row.code for row in rows(year, UNTIL)] == [""]
    assert len(rows(Wish(parse("2025"), by="grid", net=town.day), UNTIL)) == 41


# For everybody


def test_what_few_stand_behind_is_withheld(town):
    table = openstatistics.table(QUARTER, "class", town.nanmen, UNTIL)
    counts = real_counts(town.nanmen)
    hidden = {row.code for row in table if row.reported is None}
    assert hidden
    for row in table:
        few = len(counts.get(row.code, ())) < 3
        assert row.reported is None or (not few and row.reported == sum(counts[row.code].values()))


def real_counts(code: str) -> dict[str, dict[str, int]]:
    """Cases by class and reporter."""
    first, end = QUARTER.span
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    cases = Case.objects.filter(community__code=code, reported_at__gte=first, reported_at__lt=end)
    for case in cases.exclude(status__in=(Status.REJECTED, Status.VOIDED)).select_related(
        "category__parent", "reporter"
    ):
        kind = "-" if case.category.sensitive else case.category.parent.code
        found[kind][getattr(getattr(case, "reporter", None), "mark", "")] += 1
    return found


def test_no_withheld_class_is_the_rest_of_what_is_shown(town):
    """What all hidden classes of a community add up to is told by its total: 3 reporters must stand behind it."""
    for row in openstatistics.table(QUARTER, "community", "", UNTIL):
        counts, table = real_counts(row.code), openstatistics.table(QUARTER, "class", row.code, UNTIL)
        hidden = [kind.code for kind in table if kind.reported is None]
        people = {mark for kind in hidden for mark in counts.get(kind, ())}
        assert row.reported is None or not people or len(people) >= 3


def test_a_community_of_seven_households_is_withheld_and_another_with_it(town):
    openstatistics.places.be_drawn()
    OpenPlace.objects.filter(area__code=town.nanmen, cell=None, building=None).update(households=7)
    table = {row.code: row.reported for row in openstatistics.table(QUARTER, "community", "350125", UNTIL)}
    assert table[town.nanmen] is None
    assert list(table.values()).count(None) >= 2


def test_rates_of_fewer_than_ten_are_not_told(town):
    exact = {row.code: row for row in rows(Wish(QUARTER, by="open_class", codes=(town.nanmen,)), UNTIL)}
    told = openstatistics.table(QUARTER, "class", town.nanmen, UNTIL)
    few = [
        (row, metric)
        for row in told
        if row.code in exact
        for metric in RATES
        if exact[row.code].figures[metric.whole] < 10
    ]
    assert len(few) > 5
    assert {row.value(metric) for row, metric in few} == {None}
    assert any(row.value(metric) is not None for row in told for metric in RATES)


@pytest.mark.parametrize(
    "asked",
    [{"period": "2026-Q2"}, {"period": "2026-05"}, {"by": "grid"}, {"by": "class"}, {"by": "month"}, {"code": "9"}],
)
def test_everybody_may_ask_only_for_what_is_public(town, asked):
    with pytest.raises(summary.NotAsked):
        summary.summary(asked, AnonymousUser(), UNTIL)


# For staff, and as files


def user(name: str) -> User:
    return User.objects.get(username=f"demo-{name}")


def test_staff_see_their_own_areas_only(town):
    mine = summary.summary({"by": "community"}, user("secretary"), UNTIL)
    assert {line.code for line in mine.lines} == {town.baocui}
    assert not mine.is_open
    with pytest.raises(summary.NotAsked):
        summary.summary({"code": town.nanmen}, user("secretary"), UNTIL)
    assert summary.summary({"code": town.nanmen, "by": "grid"}, user("dispatcher"), UNTIL).total is not None


def test_a_worker_sees_what_everybody_sees(town):
    assert summary.summary({}, user("worker"), UNTIL).is_open


@pytest.mark.parametrize(
    "asked",
    [{"period": "x"}, {"by": "person"}, {"level": "9"}, {"net": "gestern"}, {"code": "1\x00"}, {"code": "x" * 99}],
)
def test_a_question_without_an_answer_is_refused(town, asked):
    with pytest.raises(summary.NotAsked):
        summary.summary(asked, user("admin"), UNTIL)


def test_files_hold_what_the_page_shows_and_no_formula(town, client, settings):
    settings.SECURE_SSL_REDIRECT = False
    Category.objects.filter(code="31").update(name='=HYPERLINK("http://a.test")')
    client.force_login(user("admin"))
    address = "/statistics/?period=2026-05&by=class&file="
    answer = client.get(f"{address}csv")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}xlsx").content))
    sheet = [[cell.value for cell in row] for row in book.active.rows]
    cell = next(row[1] for row in table if row[0] == "31")
    assert cell == next(row[1] for row in sheet if row[0] == "31") == '\'=HYPERLINK("http://a.test")'
    assert all(cell.data_type != "f" for row in book.active.rows for cell in row)
    assert [float(row[2]) for row in table[1:]] == [row[2] for row in sheet[1:]]
    assert "no-store" in answer["Cache-Control"]
