"""The steps of a case, in each vocabulary."""

from datetime import UTC, datetime, timedelta

import pytest

from cases import checks, words
from cases.models import Case, Move, Status

START = datetime(2026, 6, 15, 1, tzinfo=UTC)
WAY = [("report", "reported"), ("accept", "accepted"), ("dispatch", "dispatched"), ("take", "in_progress"),
       ("resolve", "resolved"), ("verify", "verified"), ("close", "closed")]  # fmt: skip


def moves(*way: tuple[str, str]) -> list[Move]:
    """One an hour."""
    return [Move(act=act, status=status, at=START + timedelta(hours=n)) for n, (act, status) in enumerate(way)]


def shown(way: list[tuple[str, str]], **more) -> str:
    """Words that were reached, the latest in brackets, then a stroke, then the others."""
    case = Case(status=way[-1][1], **more)
    steps = words.steps(case, moves(*way))
    reached = [f"[{step.word}]" if step.now else step.word for step in steps if step.done]
    return "-".join(reached) + "|" + "-".join(step.word for step in steps if not step.done)


@pytest.mark.parametrize(
    ("vocabulary", "far", "expected"),
    [
        ("five_slips", 1, "[点单]|派单-接单-晒单-评单"),
        ("five_slips", 2, "[点单]|派单-接单-晒单-评单"),
        ("five_slips", 3, "点单-[派单]|接单-晒单-评单"),
        ("five_slips", 4, "点单-派单-[接单]|晒单-评单"),
        ("five_slips", 5, "点单-派单-接单-[晒单]|评单"),
        ("five_slips", 7, "点单-派单-接单-[晒单]|评单"),
        ("five_matters", 2, "说-[议]|理-晒-评"),
        ("five_matters", 4, "说-议-[理]|晒-评"),
        ("five_resident_steps", 4, "民提-民议-民决-[民办]|民评"),
        ("phases", 6, "信息收集-案件建立-任务派遣-任务处理-处理反馈-[核查结案]|综合评价"),
    ],
)
def test_a_case_stands_at_a_word(settings, vocabulary, far, expected):
    settings.CASE_WORDS = vocabulary
    assert shown(WAY[:far]) == expected


@pytest.mark.parametrize("vocabulary", words.VOCABULARIES)
def test_every_status_has_its_word_in_every_vocabulary(settings, vocabulary):
    settings.CASE_WORDS = vocabulary
    for status in Status:
        assert sum(step.now for step in words.steps(Case(status=status), moves(*WAY[:2], ("x", status)))) == 1


def test_a_rated_case_has_all_its_steps_and_each_its_time(settings):
    case = Case(status="closed", rating=3, rated_at=START + timedelta(days=1))
    hours = (0, 2, 3, 4, 24)
    assert [step.at for step in words.steps(case, moves(*WAY))] == [START + timedelta(hours=n) for n in hours]


def test_what_was_settled_on_the_spot_passed_over_the_steps_between():
    steps = words.steps(Case(status="closed"), moves(("report", "reported"), ("self_handle", "closed")))
    assert [(step.word, step.done, step.at is not None) for step in steps] == [
        ("点单", True, True), ("派单", True, False), ("接单", True, False), ("晒单", True, True),
        ("评单", False, False),
    ]  # fmt: skip


def test_a_suspended_case_stands_where_it_stood():
    assert shown([*WAY[:4], ("agree", "suspended")]) == "点单-派单-[接单]|晒单-评单"


@pytest.mark.parametrize(("status", "word"), [("rejected", "不予受理"), ("merged", "已合并"), ("voided", "已作废")])
def test_what_was_cut_short_says_so(status, word):
    assert shown([WAY[0], ("x", status)]) == f"点单-[{word}]|"


def test_what_went_back_is_not_shown_as_reached():
    assert shown([*WAY[:5], ("rework", "in_progress")]) == "点单-派单-[接单]|晒单-评单"


def test_a_vocabulary_that_is_none_is_refused_at_start(settings):
    settings.CASE_WORDS = "six_words"
    assert [error.id for error in checks.steps_have_words(None)] == ["cases.E001"]


@pytest.mark.parametrize(
    ("channels", "more", "expected"),
    [
        (["cases.channels.Email"], {}, []),
        (["cases.channels.Nothing"], {}, ["cases.E003"]),
        (["no.such.Module"], {}, ["cases.E003"]),
        (["cases.channels.Recipient"], {}, ["cases.E003"]),
        (["cases.channels.Sms"], {"SMS_URL": ""}, ["cases.E004"]),
        (["cases.channels.Sms"], {"SMS_URL": "https://sms.example/send", "SMS_SECRET": ""}, ["cases.E004"]),
        (["cases.channels.Sms"], {"SMS_URL": "https://sms.example/send", "SMS_SECRET": "s"}, []),
        (["cases.channels.WeChat"], {"WECHAT_URL": "http://wx.example/", "WECHAT_SECRET": "s"}, ["cases.W002"]),
    ],
)
def test_a_channel_that_cannot_send_is_refused_at_start(settings, channels, more, expected):
    settings.NOTICE_CHANNELS, settings.LOCAL = channels, False
    for name, value in more.items():
        setattr(settings, name, value)
    assert [error.id for error in checks.notices_have_a_way(None)] == expected
