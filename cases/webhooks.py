"""
Other programs are told of each step of a case: POST of JSON, signed, by the queue.

    X-Event: the number of the step, the same at each attempt
    X-Timestamp: seconds since 1970 when it was sent
    X-Signature: sha256=HMAC-SHA256(secret, timestamp + "." + body), in hex

The receiver computes the signature over what it got and refuses an old timestamp; docs/api.md shows how. What travels
is what happened, to which case, where the public may know it is: no reporter, no key, no words, no names. Of a
sensitive matter not even the place.
"""

import logging
import time
from datetime import timedelta

import orjson
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from cases import targets
from cases.channels import signed
from cases.models import Case, Move, Webhook
from cases.places import PublicPlace, public_place

log = logging.getLogger(__name__)
PAUSES = (1, 5, 30, 120, 480, 1440)  # minutes before each further attempt
GONE = 410  # the receiver wants no more of this
STUCK = timedelta(minutes=5)  # after which a worker that took a step must have died
QUIET = ("note",)  # said among staff


def tell(move: Move) -> None:
    """Queue a step for each program that wants to know of it, in the transaction of the step."""
    if move.act in QUIET:
        return
    for webhook, acts in Webhook.objects.filter(in_use=True).values_list("pk", "acts"):
        if not acts or move.act in acts:
            push.enqueue(webhook, move.pk, 1)


@task()
def push(webhook: int, move: int, attempt: int) -> None:
    """Send one step to one program; where that fails, once more after a pause."""
    found = Webhook.objects.filter(pk=webhook, in_use=True).first()
    step = Move.objects.select_related("case__category__parent", "case__building", "case__community").filter(pk=move)
    if found is None or not (happened := step.first()):
        return
    try:
        if _sent(found, happened):
            return
        why = "it was not taken"
    except targets.Refused as refusal:
        log.error("webhook %d is not called: %s", webhook, refusal)
        return
    except targets.Unreached as error:
        why = str(error)
    log.warning("webhook %d, step %d, attempt %d: %s", webhook, move, attempt, why)
    if attempt <= len(PAUSES):
        again = timezone.now() + timedelta(minutes=PAUSES[attempt - 1])
        push.using(run_after=again).enqueue(webhook, move, attempt + 1)


def requeue_stuck() -> int:
    """Give back to the queue what a worker had taken when it died; how many."""
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, task_path=push.module_path)
    with transaction.atomic():
        old = running.filter(started_at__lt=timezone.now() - STUCK)
        stuck = list(old.select_for_update(skip_locked=True))
        for row in stuck:
            push.enqueue(*row.args_kwargs["args"])
            row.set_failed(RuntimeError("the worker died"))
    return len(stuck)


def _sent(webhook: Webhook, move: Move) -> bool:
    target = targets.look_up(webhook.url)
    body, stamp = orjson.dumps(message(move)), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "neighbourhood-map",
        "X-Event": str(move.pk),
        "X-Timestamp": stamp,
        "X-Signature": signed(webhook.secret, stamp, body),
    }
    status = targets.post(target, body, headers)
    if status == GONE:
        Webhook.objects.filter(pk=webhook.pk).update(in_use=False)
        log.warning("webhook %d is gone and no longer in use", webhook.pk)
    return 200 <= status < 300 or status == GONE


def message(move: Move) -> dict[str, object]:
    """What travels."""
    case = move.case
    return {
        "event": move.pk,
        "act": move.act,
        "at": timezone.localtime(move.at).isoformat(timespec="seconds"),
        "case": {
            "number": case.number,
            "status": move.status,
            "level": move.level,
            "category": case.category.code,
            "reported_at": timezone.localtime(case.reported_at).isoformat(timespec="seconds"),
            "due_at": timezone.localtime(move.due_at).isoformat(timespec="seconds") if move.due_at else None,
            "community": case.community.code if case.community else None,
            "place": _place(case),
        },
    }


def _place(case: Case) -> dict[str, object] | None:
    kind = case.category
    if kind.sensitive or (kind.parent and kind.parent.sensitive):
        return None
    found: PublicPlace = public_place(case)
    return {"kind": found.kind, "code": found.code, "lon": found.lon, "lat": found.lat} if found.kind else None
