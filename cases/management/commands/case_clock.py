import time

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from cases import clock


class Command(BaseCommand):
    help = "Does what time brings: cases follow plans whose day has come, and lost notices go back to the queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="Go on, once in so many seconds.")
        parser.add_argument("--work", action="store_true", help="Send what is in the queue too, as db_worker does.")

    def handle(self, *, every: float | None, work: bool, **options: object) -> None:
        while True:
            self._tick(work)
            if every is None:
                return
            close_old_connections()
            time.sleep(every)

    def _tick(self, work: bool) -> None:
        done = clock.tick()
        if done.followed or done.requeued:
            self.stdout.write(f"{done.followed} cases followed a plan, {done.requeued} notices were queued again.")
        if work:
            call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)
