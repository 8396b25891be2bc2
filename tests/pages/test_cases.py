"""The desk: who sees which cases, what they may do, and what nobody else gets to know."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Look, User
from cases import moves
from cases.lists import Wish, listed
from cases.models import Case, Status
from cases.standing import next_of
from cases.states import allowed
from grids.models import Grid
from tests.cases import lies
from tests.cases.desk import EMAIL, NAME, PHONE, a_case, a_category, a_unit, reported_by
from tests.grids.test_contact import IN_B2
from tests.pages.conftest import PASSWORD
from tests.pages.test_resident import text

pytestmark = pytest.mark.django_db
SECRETS = (PHONE, "139 1234 5678", NAME, EMAIL, "m" * 43)


@pytest.fixture
def lamp(net, worker) -> Case:
    """A lamp in the west, dispatched to its worker."""
    return a_case(net, status=Status.DISPATCHED, person=worker)


@pytest.fixture
def electrician(net) -> User:
    """Of a company: no post, only the unit."""
    user = User.objects.create_user("unit", password=PASSWORD, name="照明经办")
    a_unit(net, user)
    return user


@pytest.fixture
def a_photo(settings, tmp_path):
    """`a_photo()`: a small JPEG, as a telephone sends it."""
    settings.MEDIA_ROOT = tmp_path
    return lambda: SimpleUploadedFile("after.jpg", lies.saved(lies.photo((64, 48))), "image/jpeg")


def page(client, name: str, *args, **query):
    return client.get(reverse(f"pages:{name}", args=args), query)


def take(client, case: Case, act: str, **form):
    form = {"version": Case.objects.get(pk=case.pk).version} | form
    return client.post(reverse("pages:case_act", args=[case.number, act]), form)


def again(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


# --- the list


def test_the_worker_sees_the_cases_of_the_own_grid_and_no_others(signed_in, worker, lamp, net):
    east = a_case(net, point=IN_B2, grid=Grid.objects.get(name="东格"), building=None)
    shown = text(page(signed_in(worker), "cases"))
    assert lamp.number in shown
    assert east.number not in shown
    assert page(signed_in(worker), "case", east.number).status_code == 404


def test_a_visitor_is_asked_to_log_in(client, lamp):
    assert page(client, "cases").status_code == 302
    assert page(client, "case", lamp.number).status_code == 302


@pytest.mark.parametrize(("show", "there"), [("open", 3), ("due", 1), ("overdue", 1), ("ended", 1), ("turn", 2)])
def test_a_tab_holds_what_its_name_says(signed_in, worker, lamp, net, show, there):
    now = timezone.now()
    a_case(net, status=Status.IN_PROGRESS, person=worker, due_at=now - timedelta(hours=2))
    a_case(net, status=Status.SUSPENDED, person=worker, due_at=None)
    a_case(net, status=Status.CLOSED, person=worker, due_at=None, closed_at=now)
    rows = page(signed_in(worker), "cases", show=show).context["rows"]
    assert len(rows) == there


def test_what_is_due_first_stands_first_and_overdue_is_said_in_a_shape_and_words(signed_in, worker, lamp, net):
    late = a_case(net, status=Status.DISPATCHED, due_at=timezone.now() - timedelta(hours=26))
    shown = text(page(signed_in(worker), "cases"))
    assert "▲ 已超时 1 天 2 小时 · 待接单" in shown
    assert shown.index(late.number) < shown.index(lamp.number)


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ({"category": "t1"}, True),
        ({"category": "t2"}, False),
        ({"status": "dispatched"}, True),
        ({"status": "closed"}, False),
        ({"grid": "nowhere"}, False),
        ({"words": "waiting"}, True),
        ({"words": "waiting", "category": "t2"}, False),
        ({"show": "nonsense", "page": "-1", "status": "nonsense"}, True),
        ({"page": "99"}, False),
        ({"page": "9" * 30}, True),
    ],
)
def test_the_address_holds_the_filters(signed_in, worker, lamp, query, there):
    a_category(code="t2", name="停车")
    assert (lamp.number in text(page(signed_in(worker), "cases", **query))) is there


def test_the_list_asks_as_often_for_thirty_cases_as_for_one(
    signed_in, worker, secretary, lamp, net, django_assert_max_num_queries
):
    client = signed_in(secretary)
    with django_assert_max_num_queries(20) as few:
        page(client, "cases")
    for n in range(29):
        a_case(net, person=worker if n % 2 else None, status=Status.REPORTED if n % 3 else Status.DISPATCHED)
    with django_assert_max_num_queries(20) as many:
        assert len(page(client, "cases").context["rows"]) == 30
    assert len(many) == len(few)


def test_whatever_is_ones_turn_has_a_next_step_for_them(worker, secretary, lamp, net):
    now = timezone.now()
    for status in Status:
        if status not in (Status.MERGED, Status.SUSPENDED):
            a_case(net, status=status, person=worker)
            a_case(net, status=status, level=2, person=None)
    a_case(net, status=Status.IN_PROGRESS, person=worker, asked="extension", asked_by=worker)
    a_case(net, status=Status.REPORTED, needs_place=True)
    for user in (worker, secretary):
        rows = list(listed(Wish(show="turn"), user, now))
        assert len(rows) > 3
        idle = [case for case in rows if not next_of(case, allowed(case, user, timezone.localdate()))]
        assert [(case.status, case.level, case.asked) for case in idle] == []


def test_one_page_leads_to_the_next_and_back_with_its_filters(signed_in, secretary, net):
    for _n in range(31):
        a_case(net)
    first = page(signed_in(secretary), "cases", category="t1").content.decode()
    assert "?category=t1&amp;page=2" in first
    second = page(signed_in(secretary), "cases", category="t1", page="2")
    assert len(second.context["rows"]) == 1
    assert "?category=t1&amp;page=1" in second.content.decode()
    assert "下一页" not in second.content.decode()


# --- one case


def test_the_next_step_is_the_only_filled_button(signed_in, worker, lamp):
    shown = page(signed_in(worker), "case", lamp.number).content.decode()
    assert shown.count('class="button main"') == 1
    assert '<button class="button main">接单</button>' in shown


def test_the_worker_takes_and_resolves(signed_in, worker, lamp):
    client = signed_in(worker)
    assert take(client, lamp, "take").url == f"/cases/{lamp.number}/?did=take"
    assert take(client, lamp, "resolve", reason="换了灯泡").status_code == 302
    assert again(lamp).status == Status.RESOLVED
    shown = text(page(client, "case", lamp.number, did="resolve"))
    assert "办好了：办结反馈" in shown
    assert "换了灯泡" in shown


def test_what_is_done_leads_to_what_is_next(signed_in, worker, lamp, net):
    other = a_case(net, status=Status.DISPATCHED, person=worker)
    take(signed_in(worker), lamp, "take")
    after = page(signed_in(worker), "case", lamp.number, did="take")
    assert after.context["next_case"] == other


def test_who_comes_second_is_told_who_was_first_and_loses_nothing_typed(signed_in, worker, secretary, lamp):
    moves.act(lamp, "take", by=worker, version=1)
    answer = take(signed_in(secretary), lamp, "escalate", version=1, reason="写了很久的理由")
    assert answer.status_code == 409
    shown = text(answer)
    assert "林网格在" in shown
    assert "接单" in shown
    assert "写了很久的理由" in answer.content.decode()
    assert again(lamp).level == 1


def test_a_button_that_is_pressed_twice_is_no_conflict(signed_in, worker, lamp):
    answers = [take(signed_in(worker), lamp, "take", version=1) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert again(lamp).moves.filter(act="take").count() == 1


def test_a_case_goes_only_to_whom_the_form_offers(signed_in, secretary, worker, electrician, lamp, net):
    stranger, unit = User.objects.create(username="s", name="外人"), electrician.handling_units.get()
    for value in (f"person:{stranger.pk}", "unit:999999", "person:", "x:1", "unit:x"):
        answer = take(signed_in(secretary), lamp, "dispatch", to=value)
        assert (answer.status_code, "请从单子里选派给谁" in text(answer)) == (409, True), value
    assert take(signed_in(secretary), lamp, "dispatch", to=f"unit:{unit.pk}", reason="要换整灯").status_code == 302
    assert again(lamp).handling_unit == unit


def test_a_case_near_an_edge_gets_the_grid_that_somebody_chooses(signed_in, secretary, net, worker):
    lamp = a_case(net, needs_place=True, grid=None, person=None)
    page_of = page(signed_in(secretary), "case", lamp.number)
    assert page_of.context["first"].act == "place"
    assert take(signed_in(secretary), lamp, "place", grid="0").status_code == 409
    west = Grid.objects.get(name="西格")
    assert take(signed_in(secretary), lamp, "place", grid=west.pk).status_code == 302
    assert (again(lamp).grid, again(lamp).needs_place) == (west, False)


def test_a_case_is_merged_into_one_that_oneself_may_see(signed_in, worker, lamp, net):
    east = a_case(net, point=IN_B2, grid=Grid.objects.get(name="东格"), building=None)
    twin = a_case(net, status=Status.REPORTED, person=worker)
    assert "没有编号是" in text(take(signed_in(worker), twin, "merge", into=east.number))
    assert take(signed_in(worker), twin, "merge", into=lamp.number).status_code == 302
    assert again(twin).merged_into == lamp


def test_a_step_that_is_not_ones_own_is_refused_in_a_sentence(signed_in, worker, secretary, lamp):
    take(signed_in(worker), lamp, "take")
    take(signed_in(worker), lamp, "resolve", reason="好了")
    answer = take(signed_in(worker), lamp, "verify")
    assert answer.status_code == 409
    assert "您不能核查通过" in text(answer)
    assert again(lamp).status == Status.RESOLVED


@pytest.mark.parametrize("number", ["0000000", "9999993", "abc", "1", "９" * 7])
def test_a_wrong_number_is_answered_in_words(signed_in, worker, lamp, number):
    answer = page(signed_in(worker), "case", number)
    assert answer.status_code == 404
    assert "没有这个编号的工单" in text(answer)


def test_photos_stay_where_the_step_is_refused(signed_in, worker, lamp, a_photo):
    take(signed_in(worker), lamp, "take")
    lamp.category.after_photo = True
    lamp.category.save()
    assert take(signed_in(worker), lamp, "resolve", reason="好了").status_code == 409
    assert take(signed_in(worker), lamp, "resolve", photos=[a_photo()]).status_code == 409  # no word said
    assert again(lamp).photos.count() == 1
    assert take(signed_in(worker), lamp, "resolve", reason="好了").status_code == 302


def test_words_and_photos_are_public_once_somebody_has_looked(signed_in, worker, lamp):
    client = signed_in(worker)
    client.post(reverse("pages:case_public", args=[lamp.number]), {"words": "shown"})
    assert again(lamp).words == Case.Words.SHOWN
    assert lamp.number not in text(page(client, "cases", words="waiting"))
    client.post(reverse("pages:case_public", args=[lamp.number]), {"words": "hidden"})
    assert again(lamp).words == Case.Words.HIDDEN
    assert "不公开文字" in text(page(client, "case", lamp.number))


def test_the_slip_says_until_when_and_leads_back_here(signed_in, worker, lamp):
    shown = page(signed_in(worker), "case_print", lamp.number).content.decode()
    assert "处理时限" in shown
    assert "<svg" in shown
    answer = signed_in(worker).post(reverse("pages:case_slips"), {"case": [f"{lamp.number}:1", "junk"]})
    assert text(answer).count("事项派单") == 1


# --- who reported


def test_who_reported_is_in_the_page_only_after_it_was_asked_for_and_logged(signed_in, worker, lamp):
    reported_by(lamp)
    client = signed_in(worker)
    for name in ("case", "case_print"):
        shown = page(client, name, lamp.number).content.decode()
        assert not any(secret in shown for secret in SECRETS)
    assert not Look.objects.exists()
    shown = text(client.post(reverse("pages:case_reporter", args=[lamp.number])))
    assert "139 1234 5678" in shown
    assert NAME in shown
    assert list(Look.objects.values_list("user__username", "subject", "page")) == [
        ("worker", lamp.number, "pages:case_reporter")
    ]


def test_a_telephone_in_the_words_is_shown_like_the_reporters_and_logged(signed_in, worker, net):
    lamp = a_case(net, status=Status.DISPATCHED, person=worker, text=f"灯不亮，找我 {PHONE}")
    client = signed_in(worker)
    for answer in (
        page(client, "case", lamp.number),
        page(client, "cases"),
        client.get(f"/api/v1/cases/{lamp.number}/"),
    ):
        assert PHONE not in answer.content.decode()
    assert not Look.objects.exists()
    assert PHONE in text(client.post(reverse("pages:case_reporter", args=[lamp.number])))
    assert Look.objects.get().subject == lamp.number


def test_a_unit_gets_place_and_matter_and_never_a_byte_of_the_reporter(signed_in, electrician, worker, net):
    unit = electrician.handling_units.get()
    lamp = a_case(net, status=Status.DISPATCHED, handling_unit=unit, first_unit=unit, text=f"灯不亮，找我 {PHONE}")
    reported_by(lamp)
    moves.act(lamp, "note", by=worker, reason=f"已和{NAME}通过电话 {PHONE}")
    client = signed_in(electrician)
    answers = [
        page(client, "cases"),
        page(client, "case", lamp.number),
        page(client, "case", lamp.number, did="take"),
        page(client, "case_print", lamp.number),
        client.post(reverse("pages:case_slips"), {"case": f"{lamp.number}:1"}),
        client.post(reverse("pages:case_reporter", args=[lamp.number])),
        client.post(reverse("pages:case_public", args=[lamp.number]), {"words": "shown"}),
        client.post(reverse("pages:case_acts"), {"case": f"{lamp.number}:9", "act": "take"}),
        client.get("/api/v1/cases/"),
        client.get(f"/api/v1/cases/{lamp.number}/"),
        client.post(f"/api/v1/cases/{lamp.number}/moves/", {"act": "nothing"}, content_type="application/json"),
        take(client, lamp, "take"),
        page(client, "mine"),
    ]
    assert "灯不亮" in text(answers[1])
    assert "还没有" not in text(answers[0])
    found = [(at, secret) for at, answer in enumerate(answers) for secret in SECRETS if secret in unescaped(answer)]
    assert found == []
    assert str(lamp.key) not in "".join(unescaped(answer) for answer in answers)
    assert answers[5].status_code == answers[6].status_code == 403
    assert again(lamp).words == Case.Words.WAITING
    assert not Look.objects.exists()


def test_a_unit_does_not_read_what_the_resident_said_when_rating(signed_in, electrician, worker, net):
    unit = electrician.handling_units.get()
    lamp = a_case(net, status=Status.CLOSED, handling_unit=unit, first_unit=unit)
    moves.act(lamp, "rate", by=None, rating=1, reason="我是王大姐，还是不亮")
    client = signed_in(electrician)
    for answer in (page(client, "case", lamp.number), client.get(f"/api/v1/cases/{lamp.number}/")):
        assert "不满意" in answer.content.decode()
        assert "王大姐" not in answer.content.decode()
    assert "王大姐" in text(page(signed_in(worker), "case", lamp.number))


def unescaped(answer) -> str:
    return answer.content.decode() + str(dict(answer.items()))


def test_a_unit_sees_its_own_cases_only(signed_in, electrician, lamp):
    client = signed_in(electrician)
    assert "现在没有" in text(page(client, "cases", show="turn"))
    assert page(client, "case", lamp.number).status_code == 404
    assert client.get(f"/api/v1/cases/{lamp.number}/").status_code == 404


# --- several at once


def several(client, act: str, *cases: Case, **form):
    ticked = [f"{case.number}:{again(case).version}" for case in cases]
    return client.post(reverse("pages:case_acts"), {"case": ticked, "act": act} | form)


def test_several_are_done_each_by_itself_and_each_outcome_is_said(signed_in, worker, secretary, lamp, net):
    second = a_case(net, status=Status.DISPATCHED, person=worker)
    closed = a_case(net, status=Status.CLOSED, person=worker, due_at=None, closed_at=timezone.now())
    stale = a_case(net, status=Status.DISPATCHED, person=worker)
    ticked = [f"{one.number}:1" for one in (lamp, second, closed, stale)] + ["0000000:1"]
    moves.act(stale, "note", by=secretary, reason="先别动")
    answer = signed_in(worker).post(reverse("pages:case_acts"), {"case": ticked, "act": "take"})
    shown = text(answer)
    assert "办好 2 件，没办成 3 件" in shown
    assert "周书记在" in shown
    assert "没有这件工单" in shown
    statuses = [again(one).status for one in (lamp, second, closed, stale)]
    assert statuses == [Status.IN_PROGRESS, Status.IN_PROGRESS, Status.CLOSED, Status.DISPATCHED]


def test_a_reason_that_is_missing_is_said_for_each_and_nothing_is_done(signed_in, worker, secretary, lamp, net):
    moves.act(lamp, "take", by=worker)
    moves.act(lamp, "resolve", by=worker, reason="好了")
    assert "请写明理由" in text(several(signed_in(secretary), "rework", lamp))
    assert again(lamp).status == Status.RESOLVED


def test_what_needs_more_than_a_reason_is_not_done_for_several(signed_in, worker, lamp):
    assert "一件一件办" in text(several(signed_in(worker), "resolve", lamp, reason="x"))
    assert again(lamp).version == 1


# --- what people typed stays text
