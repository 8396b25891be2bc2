"""Where a case belongs, who gets it by which rule, and which rules can be stored."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area, Stairwell
from cases import dispatch
from cases.models import Category, DispatchRule, HandlingUnit, Level
from grids.models import Appointment, Grid, Leave, Plan
from tests.cases.desk import a_case, a_category
from tests.grids.conftest import CODE
from tests.grids.test_contact import IN_B1, IN_B2, spot

TODAY = date(2026, 11, 22)
IN_THE_YARD = spot(0.25, 0.5)  # between buildings 1 and 3, 25 m from the edge


@pytest.fixture
def lamp(net) -> Category:
    return a_category(code="t01", parent=a_category(code="t0", name="设施"), name="楼道照明")


def unit(letter: str) -> HandlingUnit:
    return HandlingUnit.objects.get(name=f"单位{letter}")


def test_a_case_goes_to_the_worker_of_its_grid_on_the_plan_of_the_day(net, people, lamp):
    placed = dispatch.place(IN_B1, on=TODAY, category=lamp)
    assert (placed.plan, placed.community, placed.grid) == (Plan.objects.get(), net, Grid.objects.get(name="西格"))
    assert (placed.person, placed.handling_unit, placed.needs_place) == (people["W"], None, False)
    assert placed.rule == "没有专门规则：网格，网格员；是西格的网格员。"
    assert dispatch.place(IN_B2, on=TODAY, category=lamp).person == people["X"]


def test_a_door_is_where_its_plan_has_it(net, people, lamp):
    door = Stairwell.objects.get(code=f"{CODE}0000201")
    placed = dispatch.place(door, on=TODAY, category=lamp)
    assert (placed.grid.name, placed.person, placed.needs_place) == ("东格", people["X"], False)


def test_on_leave_the_deputy_gets_it_and_where_nobody_is_the_next_place_up(net, people, lamp):
    Appointment.objects.filter(person=people["W"]).update(deputy=people["N"])
    Leave.objects.create(person=people["W"], away=DateRange(TODAY, TODAY + timedelta(days=1)))
    assert dispatch.place(IN_B1, on=TODAY, category=lamp).person == people["N"]
    Appointment.objects.filter(grid__name="西格").delete()
    placed = dispatch.place(IN_B1, on=TODAY, category=lamp)
    assert placed.person == people["C"]
    assert "暂缺" in placed.why


def test_near_an_edge_a_person_decides(net, people, lamp):
    near, sure = spot(0.45, 0.97), spot(0.25, 0.97)  # 5 m and 25 m from the edge between the grids
    assert dispatch.place(near, on=TODAY, category=lamp).needs_place
    assert not dispatch.place(sure, on=TODAY, category=lamp).needs_place


def test_in_a_building_the_edge_is_no_doubt(net, people, lamp):
    assert not dispatch.place(spot(0.399, 0.7), on=TODAY, category=lamp).needs_place  # 10 m from it


@pytest.mark.parametrize("point", [spot(3, 3), spot(4000, 3)])
def test_outside_of_the_net_a_person_decides(net, people, lamp, point):
    placed = dispatch.place(point, on=TODAY, category=lamp)
    assert (placed.needs_place, placed.grid, placed.plan, placed.person) == (True, None, None, None)
    assert placed.why


def test_before_the_net_there_is_no_grid(net, people, lamp):
    placed = dispatch.place(IN_B1, on=date(2025, 12, 31), category=lamp)
    assert (placed.community, placed.grid, placed.needs_place) == (net, None, True)


@pytest.mark.parametrize(("level", "letter"), [(1, "W"), (2, "S"), (3, "D"), (4, "T")])
def test_each_level_has_its_desk(net, people, lamp, level, letter):
    assert dispatch.place(IN_B1, on=TODAY, category=lamp, level=level).person == people[letter]


@pytest.mark.parametrize(("level", "gone", "letter"), [(2, "S", "C"), (2, "SC", "D"), (3, "D", "T"), (4, "T", None)])
def test_a_desk_without_anybody_passes_up(net, people, lamp, level, gone, letter):
    for who in gone:
        people[who].appointments.all().delete()
    placed = dispatch.place(IN_B1, on=TODAY, category=lamp, level=level)
    assert placed.person == (people[letter] if letter else None)
    assert placed.why


def test_a_desk_on_leave_is_its_deputys(net, people):
    Appointment.objects.filter(person=people["D"]).update(deputy=people["N"])
    Leave.objects.create(person=people["D"], away=DateRange(TODAY, TODAY + timedelta(days=1)))
    assert dispatch.desk(net, Level.SUBDISTRICT, Role.DISPATCHER, TODAY)[0] == people["N"]
    Leave.objects.create(person=people["N"], away=DateRange(TODAY, TODAY + timedelta(days=1)))
    assert dispatch.desk(net, Level.SUBDISTRICT, Role.DISPATCHER, TODAY)[0] == people["T"]


def test_a_rule_names_another_role(net, people, lamp):
    rule = DispatchRule.objects.create(category=lamp, level=1, role=Role.MEDIATOR)
    placed = dispatch.place(IN_B1, on=TODAY, category=lamp)
    assert placed.person == people["M"]
    assert placed.rule == f"规则 {rule.pk}（楼道照明 / 网格 / *）：网格，调解员；是西格的调解员。"


def test_a_rule_names_the_unit_and_the_desk_still_accepts(net, people, lamp):
    DispatchRule.objects.create(category=lamp, level=1, area=net, handling_unit=unit("U"))
    placed = dispatch.place(IN_B1, on=TODAY, category=lamp)
    assert (placed.person, placed.handling_unit) == (people["W"], unit("U"))
    case = a_case(net, category=lamp, person=people["W"])
    assert dispatch.target(case, on=TODAY) == (None, unit("U"))


# --- the most special rule

MOST_SPECIAL_FIRST = [
    ("t01", 12), ("t01", 9), ("t01", 6), ("t01", 0), ("t0", 12), ("t0", 9), ("t0", 6), ("t0", 0),
    (None, 12), (None, 9), (None, 6), (None, 0),
]  # fmt: skip  # category or class or any; digits of the area, 0 for all


def test_the_most_special_rule_decides(net, lamp):
    rules = [
        DispatchRule(
            category=Category.objects.filter(code=code).first(),
            level=1,
            area=Area.objects.filter(code=CODE[:digits]).first() if digits else None,
            role=Role.MEDIATOR,
        )
        for code, digits in MOST_SPECIAL_FIRST
    ]
    far = Area.objects.create(code="110101001001", name="别处", level=12)
    elsewhere = DispatchRule(category=lamp, level=1, area=far, role=Role.MEDIATOR)
    other = DispatchRule(category=Category(pk=0, code="x"), level=1, area=net, role=Role.MEDIATOR)
    other.category_id = 10**9
    while rules:
        assert dispatch.most_special([elsewhere, other, *reversed(rules)], lamp, net) is rules.pop(0)
    assert dispatch.most_special([elsewhere, other], lamp, net) is None


def test_only_the_rules_that_may_decide_are_read(net, lamp, django_assert_num_queries):
    for code, digits in MOST_SPECIAL_FIRST:
        area = Area.objects.filter(code=CODE[:digits]).first() if digits else None
        kind = Category.objects.filter(code=code).first()
        DispatchRule.objects.create(category=kind, level=1, area=area, role=Role.MEDIATOR)
    with django_assert_num_queries(1):
        rule = dispatch.chosen(lamp, 1, net)
    assert (rule.category, rule.area) == (lamp, net)
    assert dispatch.chosen(lamp, 1, None).area is None
    other = a_category(code="t9", name="电梯")
    assert dispatch.chosen(other, 1, net).category is None


def test_a_unit_out_of_use_does_not_count(net, people, lamp):
    rule = DispatchRule.objects.create(category=lamp, level=1, area=net, handling_unit=unit("U"))
    assert dispatch.chosen(lamp, 1, net) == rule
    HandlingUnit.objects.update(in_use=False)
    assert dispatch.chosen(lamp, 1, net) is None


# --- what can be stored


@pytest.mark.parametrize(
    ("level", "role"),
    [(1, Role.DISPATCHER), (1, Role.PLANNER), (2, Role.GRID_WORKER), (3, Role.COMMUNITY_STAFF), (4, Role.GRID_HEAD)],
)
def test_a_role_of_another_level_is_refused(lamp, level, role):
    with pytest.raises(ValidationError, match="这一层级"):
        DispatchRule.objects.create(category=lamp, level=level, role=role)


def test_a_unit_gets_cases_of_its_own_area_alone(net, people, lamp):
    other = Area.objects.create(code="110101", name="别处", level=6)
    for area in (None, other, net.parent.parent):
        with pytest.raises(ValidationError, match="只服务于樟城镇"):
            DispatchRule.objects.create(category=lamp, level=1, area=area, handling_unit=unit("U"))
    DispatchRule.objects.create(category=lamp, level=1, area=net, handling_unit=unit("U"))


@pytest.mark.parametrize("both", [True, False])
def test_a_rule_names_one_target(net, people, lamp, both):
    given = {"role": Role.GRID_WORKER, "handling_unit": unit("U")} if both else {}
    with pytest.raises(ValidationError):
        DispatchRule.objects.create(category=lamp, level=1, area=net, **given)


def test_a_combination_has_one_rule(net, people, lamp):
    DispatchRule.objects.create(category=lamp, level=1, role=Role.GRID_HEAD)
    with pytest.raises(ValidationError):
        DispatchRule.objects.create(category=lamp, level=1, role=Role.MEDIATOR)


def test_categories_have_two_levels(lamp):
    with pytest.raises(ValidationError, match="两层"):
        Category(code="t011", parent=lamp, name="三层").full_clean()


def test_a_rule_that_reaches_nobody_is_stored_with_a_word_of_warning(net, people, lamp, client):
    client.force_login(User.objects.create_superuser("root", name="管理员"))
    added = reverse("admin:cases_dispatchrule_add")
    page = client.post(added, {"category": lamp.pk, "level": 1, "role": Role.HYGIENE_MEMBER}, follow=True, secure=True)
    assert "今天没有人任卫生员" in page.content.decode()
    unit("U").members.clear()
    page = client.post(
        added,
        {"category": lamp.pk, "level": 1, "area": net.pk, "handling_unit": unit("U").pk},
        follow=True,
        secure=True,
    )
    assert "没有登记经办人" in page.content.decode()
    assert DispatchRule.objects.count() == 2
    page = client.post(added, {"category": lamp.pk, "level": 3, "role": Role.HYGIENE_MEMBER}, secure=True)
    assert "这一层级" in page.content.decode()
    assert DispatchRule.objects.count() == 2


def test_who_is_warned_of_nobody_looks_where_the_rule_holds(net, people, lamp):
    rule = DispatchRule(category=lamp, level=1, area=net, role=Role.MEDIATOR)
    assert dispatch.warnings(rule, TODAY) == []
    elsewhere = Area.objects.create(code="350125101001", name="别处", level=12)
    assert dispatch.warnings(DispatchRule(category=lamp, level=1, area=elsewhere, role=Role.MEDIATOR), TODAY) != []
