import os
import time

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from cases import clock, tasks


class Command(BaseCommand):
    help = "Does what time brings: cases follow plans whose day has come, and lost notices go back to the queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="Go on, once in so many seconds.")
        parser.add_argument("--work", action="store_true", help="Send what is in the queue too, as db_worker does.")
        parser.add_argument("--forget", action="store_true", help="Delete notices that were sent a month ago; once.")
        parser.add_argument("--beside", type=int, metavar="PID", help="Stop when this process is gone.")

    def handle(self, *, every: float | None, work: bool, forget: bool, beside: int | None, **options: object) -> None:
        if forget:
            self.stdout.write(f"{tasks.forget()} notices were forgotten.")
        while every is not None and _is_there(beside):
            try:
                self._tick(work)
            except OperationalError as error:  # the database is away: go on when it is back
                self.stderr.write(str(error))
            close_old_connections()
            time.sleep(every)
        if every is None:
            self._tick(work)

    def _tick(self, work: bool) -> None:
        done = clock.tick()
        if done.followed or done.requeued:
            self.stdout.write(f"{done.followed} cases followed a plan, {done.requeued} notices were queued again.")
        if work:
            call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)


def _is_there(process: int | None) -> bool:
    try:
        os.kill(process or os.getpid(), 0)
    except ProcessLookupError:
        return False
    return True
