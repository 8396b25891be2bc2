"""What happens because time passes; `manage.py case_clock` does it, each time it is called."""

from dataclasses import dataclass

from django.utils import timezone

from cases import drafts, places, publication, tasks, webhooks


@dataclass(frozen=True)
class Tick:
    """What one turn of the clock did."""

    followed: int  # cases that moved to a plan whose day has come
    requeued: int  # notices and pushes that a crash had taken out of the queue


def tick() -> Tick:
    """Do what is due. Nothing where it was done already."""
    drafts.sweep(timezone.now())
    places.follow_ground()
    return Tick(publication.follow_all(timezone.localdate()), tasks.requeue_stuck() + webhooks.requeue_stuck())
