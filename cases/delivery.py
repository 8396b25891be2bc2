"""Sending what `notices` wrote: each once, again after a failure, and again after a crash."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from cases import channels
from cases.models import Notice

log = logging.getLogger(__name__)
# Minutes until the next attempt, after each one. An attempt that never says how it went counts as failed then.
PAUSES = (1, 5, 30, 120, 480, 1440)


def deliver(pk: int) -> datetime | None:
    """
    Send a notice if it is its turn; when to try again, or None where nothing is left to do.

    It is claimed before it is sent: two workers never send it twice, and when a worker dies in the middle, its turn
    comes again after the pause. So a person may get it twice in that case, but never not at all.
    """
    notice = _claim(pk)
    if notice is None:
        return None
    try:
        channel = channels.by_name(notice.channel)
        if channel is None:
            raise channels.Undelivered("the channel is not in use")
        channel.send(notice.to, notice.text, str(notice.pk))
    except channels.Undelivered as error:
        return _failed(notice, str(error))
    except Exception as error:  # a channel is anybody's class: what it raises must not lose the notice
        log.exception("channel %s", notice.channel)
        return _failed(notice, type(error).__name__)
    Notice.objects.filter(pk=pk).update(state=Notice.State.SENT, sent_at=timezone.now(), error="")
    return None


def _claim(pk: int) -> Notice | None:
    now = timezone.now()
    with transaction.atomic():
        rows = Notice.objects.select_for_update(skip_locked=True)
        notice = rows.filter(pk=pk, state=Notice.State.WAITING, next_at__lte=now).first()
        if notice is None:
            return None
        if notice.attempts >= len(PAUSES):  # a worker died at each of them
            _failed(notice, "the worker died")
            return None
        notice.next_at = now + timedelta(minutes=PAUSES[min(notice.attempts, len(PAUSES) - 1)])
        notice.attempts += 1
        notice.save(update_fields=["next_at", "attempts"])
    return notice


def _failed(notice: Notice, why: str) -> datetime | None:
    last = notice.attempts >= len(PAUSES)
    state = Notice.State.FAILED if last else Notice.State.WAITING
    Notice.objects.filter(pk=notice.pk).update(state=state, error=why[:200])
    return None if last else notice.next_at
