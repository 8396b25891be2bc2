"""Who is told what, and that each notice leaves once: after a failure again, after a crash once more at most."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cases import delivery, moves, tasks
from cases.models import Case, HandlingUnit, Notice, Reporter
from cases.moves import act
from tests.cases.desk import EMAIL, NAME, PHONE, a_case, reported_by

BUSY = "tests.cases.slow.Failing"


@pytest.fixture(autouse=True)
def addresses(people) -> None:
    for letter, user in people.items():
        user.email = f"{letter}@unit.example".lower()
        user.save()


@pytest.fixture
def case(net, people) -> Case:
    case = a_case(net, person=people["W"])
    reported_by(case)
    return case


@pytest.fixture(autouse=True)
def one_connection(monkeypatch) -> None:
    """A worker renews its connection, which would end the test's transaction."""
    monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)


def told(to: str) -> list[str]:
    return [
        text.split("：", 1)[1] for text in Notice.objects.filter(to=to).order_by("pk").values_list("text", flat=True)
    ]


def to_the_end(case: Case, people) -> None:
    unit = HandlingUnit.objects.get(name="单位U")
    case = act(case, "accept", by=people["W"])
    case = act(case, "dispatch", by=people["W"], handling_unit=unit)
    due = timezone.localtime(case.due_at).strftime("%m-%d %H:%M")
    act(case, "take", by=people["U"], reason="内部：王五在处理")
    act(case, "resolve", by=people["U"], reason="内部：换了灯")
    act(case, "verify", by=people["W"])
    act(case, "close", by=people["W"], reason="内部：好了", public_note="灯修好了。")
    assert told(EMAIL) == [
        "已受理。",
        f"已派单，预计 {due} 前处理。",
        "已处理，等待核查。",
        "已办结，请评价。\n灯修好了。",
    ]
    assert told("u@unit.example") == [f"请在 {due} 前办理。\n地点：1号楼"]


def test_the_resident_is_told_of_each_step_and_the_handler_of_the_case(case, people):
    to_the_end(case, people)


def test_a_notice_says_nothing_of_other_people(case, people):
    to_the_end(case, people)
    everything = "\n".join(Notice.objects.values_list("text", flat=True))
    names = [user.username for user in people.values()] + [NAME, PHONE, EMAIL, "内部", case.text, str(case.key)]
    assert [name for name in names if name in everything] == []


def test_who_left_no_address_is_not_told(case, people):
    Reporter.objects.update(phone="", email="")
    act(case, "accept", by=people["W"])
    assert not Notice.objects.exists()


def test_the_longest_address_is_no_hindrance(case, people):
    longest = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.cn"
    Reporter.objects.update(email=longest)
    act(case, "accept", by=people["W"])
    assert Notice.objects.get().to == longest


def test_with_a_telephone_alone_the_next_channel_is_taken(case, people):
    Reporter.objects.update(email="")
    act(case, "accept", by=people["W"])
    assert [(note.channel, note.to) for note in Notice.objects.all()] == [("console", PHONE)]


def test_whoever_takes_a_case_is_not_told_of_it(case, people):
    act(case, "accept", by=people["W"])
    act(case, "dispatch", by=people["W"], person=people["W"])
    act(case, "take", by=people["K"])
    assert set(Notice.objects.values_list("to", flat=True)) == {EMAIL}


def test_a_new_case_is_told_to_both(net, people):
    case = a_case(net, person=people["W"])
    reported_by(case)
    moves.append(case, "report", by=None, at=timezone.now())
    assert set(Notice.objects.values_list("to", flat=True)) == {EMAIL, "w@unit.example"}


def test_a_step_that_is_taken_back_tells_nobody(case, people):
    with transaction.atomic():
        act(case, "accept", by=people["W"])
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not DBTaskResult.objects.exists()


# --- sending


def work() -> None:
    call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)


def later(minutes: float) -> None:
    """So many minutes pass."""
    for row in Notice.objects.all():
        Notice.objects.filter(pk=row.pk).update(next_at=row.next_at - timedelta(minutes=minutes))
    soon = DBTaskResult.objects.filter(run_after__year__lt=9999)
    for task in soon:
        DBTaskResult.objects.filter(pk=task.pk).update(run_after=task.run_after - timedelta(minutes=minutes))


def test_a_worker_sends_by_email_once(case, people):
    act(case, "accept", by=people["W"])
    work()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([EMAIL], f"诉求 {case.number}（楼道照明）：已受理。"),
    ]
    note = Notice.objects.get()
    assert (note.state, note.attempts, note.error) == ("sent", 1, "")
    assert note.sent_at
    tasks.enqueue([note.pk])
    work()
    assert len(mail.outbox) == 1


def test_a_failure_is_tried_again_with_growing_pauses_and_given_up(case, people, settings):
    settings.NOTICE_CHANNELS = [BUSY]
    act(case, "accept", by=people["W"])
    pauses = []
    while Notice.objects.get().state == "waiting":
        work()
        note = Notice.objects.get()
        pauses.append(round((note.next_at - timezone.now()).total_seconds() / 60))
        later(pauses[-1] + 0.1)
    assert pauses == [1, 5, 30, 120, 480, 1440]
    assert (note.state, note.attempts, note.error) == ("failed", 6, "the line is busy")
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.READY).exists()


def test_before_its_turn_a_notice_is_not_sent(case, people, settings):
    settings.NOTICE_CHANNELS = [BUSY]
    act(case, "accept", by=people["W"])
    work()
    tasks.enqueue([Notice.objects.get().pk])
    work()
    assert Notice.objects.get().attempts == 1


@pytest.mark.parametrize(
    ("channels", "error"), [(["tests.cases.slow.Broken"], "ZeroDivisionError"), ([], "the channel is not in use")]
)
def test_a_channel_that_breaks_or_is_gone_loses_nothing(case, people, settings, channels, error):
    settings.NOTICE_CHANNELS = ["tests.cases.slow.Broken"]
    act(case, "accept", by=people["W"])
    settings.NOTICE_CHANNELS = channels
    work()
    note = Notice.objects.get()
    assert (note.state, note.error) == ("waiting", error)
    assert DBTaskResult.objects.filter(status=TaskResultStatus.READY).count() == 1


def test_what_a_worker_is_sending_another_leaves_alone(case, people):
    act(case, "accept", by=people["W"])
    pk = Notice.objects.get().pk
    assert delivery._claim(pk)
    assert delivery.deliver(pk) is None
    assert mail.outbox == []


def test_only_what_fell_out_of_the_queue_is_put_back(case, people):
    act(case, "accept", by=people["W"])
    later(3)
    assert tasks.requeue_stuck() == 0  # it waits in the queue: no worker runs, or not yet
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING)
    assert tasks.requeue_stuck() == 1
    assert tasks.requeue_stuck() == 0
    work()
    assert Notice.objects.get().state == "sent"


def test_after_a_month_a_notice_is_forgotten_with_its_job(case, people, capsys):
    act(case, "accept", by=people["W"])
    work()
    act(case, "dispatch", by=people["W"], person=people["W"])  # waits
    for days, left in ((29, 2), (2, 1)):
        Notice.objects.update(created_at=F("created_at") - timedelta(days=days))
        DBTaskResult.objects.update(finished_at=F("finished_at") - timedelta(days=days))
        call_command("case_clock", "--forget")
        assert (Notice.objects.count(), DBTaskResult.objects.count()) == (left, left)
    assert Notice.objects.get().state == "waiting"


def test_a_worker_that_dies_each_time_gives_up(case, people):
    act(case, "accept", by=people["W"])
    Notice.objects.update(attempts=len(delivery.PAUSES))
    work()
    assert (Notice.objects.get().state, mail.outbox) == ("failed", [])
