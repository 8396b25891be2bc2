"""The server of `make run`; an installation may start from it too."""

import os

workers = int(os.environ.get("WORKERS", "2"))
threads = 4
limit_request_line = 8190  # bytes, the most there is; at 4094 an address of 450 characters got a page of HTML
loglevel = "warning"
greeting = os.environ.get("GREETING", "")


def when_ready(server) -> None:
    """Say the address only now that it answers."""
    print(greeting, flush=True)
