"""What a worker does (`manage.py db_worker`): the queue is a table, claimed by SKIP LOCKED (django-tasks-db)."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from cases import delivery
from cases.models import Notice

STUCK = timedelta(minutes=2)  # after the turn of a notice has come and nothing waits in the queue to take it

KEPT = timedelta(days=30)  # a notice that was sent or given up, for who asks what became of it


@task()
def send(notice: int) -> None:
    """Send one notice; where that fails, it comes again after a pause."""
    again = delivery.deliver(notice)
    if again is not None:
        send.using(run_after=again).enqueue(notice)


def enqueue(notices: Iterable[int]) -> None:
    """Let a worker send these, as soon as the transaction that wrote them stands."""
    for pk in notices:
        send.enqueue(pk)


def requeue_stuck() -> int:
    """Give notices back to the queue that a crash took out of it; how many."""
    with transaction.atomic():
        waiting = Notice.objects.filter(state=Notice.State.WAITING, next_at__lt=timezone.now() - STUCK)
        stuck = set(waiting.values_list("pk", flat=True)) - _queued()
        enqueue(sorted(stuck))
    return len(stuck)


def forget() -> int:
    """Delete the notices that have had their time, addresses and all, and the jobs behind them; how many notices."""
    old = timezone.now() - KEPT
    DBTaskResult.objects.finished().filter(finished_at__lt=old).delete()
    done = Notice.objects.exclude(state=Notice.State.WAITING).filter(created_at__lt=old)
    return done.delete()[0]


def _queued() -> set[int]:
    rows = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=send.module_path)
    return {arguments["args"][0] for arguments in rows.values_list("args_kwargs", flat=True)}
