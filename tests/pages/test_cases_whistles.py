"""吹哨报到 on the telephone, and the combinations that have nobody."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from cases.models import Case, Category, DispatchRule, Level, Status, Whistle
from cases.vacancies import Search
from grids.models import Appointment
from tests.cases.desk import PHONE, a_case, a_unit
from tests.grids.test_contact import appoint
from tests.pages.conftest import PASSWORD
from tests.pages.test_resident import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def flood(net, worker) -> Case:
    return a_case(net, status=Status.ACCEPTED, level=Level.COMMUNITY)


@pytest.fixture
def plumber(net) -> User:
    user = User.objects.create_user("plumber", password=PASSWORD, name="水务经办")
    a_unit(net, user, name="水务公司")
    return user


def blow(client, case: Case, *people: User, **more):
    meet = timezone.localtime() + timedelta(hours=2)
    form = {
        "unit": [user.handling_units.get().pk for user in people],
        "matter": "一起看管道",
        "meet_at": f"{meet:%FT%R}",
    }
    return client.post(reverse("pages:whistle_new", args=[case.number]), form | more)


def step(client, name: str, **form):
    whistle = Whistle.objects.get()
    form = {"call": whistle.calls.get().pk} | form
    return client.post(reverse("pages:whistle_act", args=[whistle.pk, name]), form)


def test_a_unit_is_called_answers_arrives_reports_and_both_sides_rate(client, secretary, plumber, flood):
    client.force_login(secretary)
    there = blow(client, flood, plumber).url
    client.force_login(plumber)
    assert "收到，按时到" in text(client.get(there))
    for name, form in [("answer", {}), ("arrive", {}), ("report", {"reason": "通了"}), ("rate_whistle", {"rating": 3})]:
        assert step(client, name, **form).url == there
    client.force_login(secretary)
    assert step(client, "rate_unit", rating=2).url == there
    assert step(client, "end").url == there
    shown = text(client.get(there))
    assert "社区评单位： 一般" in shown or "社区评单位：一般" in shown
    assert "已结束" in text(client.get(reverse("pages:whistles")))


def test_a_step_out_of_turn_or_of_another_is_refused_in_words(client, secretary, plumber, flood):
    client.force_login(secretary)
    blow(client, flood, plumber)
    assert "由被叫到的单位来做" in text(step(client, "answer"))
    client.force_login(plumber)
    assert "先响应，再到场" in text(step(client, "report", reason="写好的反馈"))
    assert step(client, "nonsense").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"matter": " "}, "请写明要办的事"),
        ({"unit": []}, "请选要到场的单位"),
        ({"meet_at": "x"}, "请填哪一天几点"),
        ({"meet_at": "2020-01-01T10:00"}, "一年之内"),
        ({"meet_at": f"{timezone.now() - timedelta(days=2):%Y-%m-%dT%H:%M}"}, "要晚于现在"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(client, secretary, plumber, flood, wrong, sentence):
    client.force_login(secretary)
    answer = blow(client, flood, plumber, **({"matter": "写了很久"} | wrong))
    assert answer.status_code == 409
    assert sentence in text(answer)
    assert ("写了很久" in answer.content.decode()) is ("matter" not in wrong)
    assert not Whistle.objects.exists()


def test_the_worker_does_not_blow_and_other_units_see_nothing(client, secretary, worker, plumber, flood, net):
    client.force_login(worker)
    assert "吹哨由社区或受理派遣员来做" in text(client.get(reverse("pages:whistle_new", args=[flood.number])))
    client.force_login(secretary)
    there = blow(client, flood, plumber).url
    stranger = User.objects.create_user("gas", password=PASSWORD, name="燃气经办")
    a_unit(net, stranger, name="燃气公司")
    client.force_login(stranger)
    assert client.get(there).status_code == 404
    assert "一起看管道" not in text(client.get(reverse("pages:whistles")))


def test_units_read_the_matter_without_telephones(client, secretary, plumber, flood):
    client.force_login(secretary)
    there = blow(client, flood, plumber, matter=f"找王女士 {PHONE}").url
    client.force_login(plumber)
    for path in (there, reverse("pages:whistles"), reverse("pages:case", args=[flood.number])):
        assert PHONE not in client.get(path).content.decode()


# --- nobody


def gaps(net) -> set[tuple[int, bool]]:
    return {(int(gap.level), gap.goes_up) for gap in Search(timezone.localdate()).gaps([net])}


def test_what_has_nobody_is_listed_and_goes_when_somebody_comes(net, worker, secretary):
    assert gaps(net) == {(1, True), (3, False), (4, False)}  # the east has no worker; nobody dispatches
    dispatcher = User.objects.create(username="d", name="派遣员")
    appoint(Role.DISPATCHER, "", person=dispatcher, area=net.parent.parent)
    assert gaps(net) == {(1, True)}
    Appointment.objects.filter(role=Role.COMMUNITY_SECRETARY).delete()
    assert (1, True) in gaps(net)  # the district's dispatcher stands above


def test_a_unit_without_anybody_is_nobody(net, worker, secretary):
    unit = a_unit(net, name="空单位")
    DispatchRule.objects.create(category=Category.objects.get(code="0404"), level=2, area=net, handling_unit=unit)
    found = [gap for gap in Search(timezone.localdate()).gaps([net]) if gap.level == 2]
    assert [(gap.categories[0].code, "空单位" in gap.why) for gap in found] == [("0404", True)]


def test_the_page_is_for_those_who_can_mend_it(client, net, worker, secretary):
    client.force_login(worker)
    assert client.get(reverse("pages:case_rules")).status_code == 403
    client.force_login(secretary)
    shown = text(client.get(reverse("pages:case_rules")))
    assert "东格今天没有网格员" in shown
    assert "街道（乡镇）：没有人" in shown
