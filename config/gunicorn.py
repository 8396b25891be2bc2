"""The server of `make run`; an installation may start from it too."""

import os
import subprocess
import sys

workers = int(os.environ.get("WORKERS", "2"))
threads = 4
limit_request_line = 8190  # bytes, the most there is; at 4094 an address of 450 characters got a page of HTML
loglevel = "warning"
greeting = os.environ.get("GREETING", "")
beside: list[subprocess.Popen] = []


def when_ready(server) -> None:
    """Say the address only now that it answers. On one's own machine the clock and the sending of notices run along."""
    if os.environ.get("LOCAL"):
        clock = ["manage.py", "case_clock", "--every", "5", "--work", "--beside", str(os.getpid())]
        beside.append(subprocess.Popen([sys.executable, *clock]))
    print(greeting, flush=True)


def on_exit(server) -> None:
    for process in beside:
        process.terminate()
