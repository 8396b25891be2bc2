"""The server of `make run`; an installation may start from it too."""

import os

workers = int(os.environ.get("WORKERS", "2"))
threads = 4
loglevel = "warning"
greeting = os.environ.get("GREETING", "")


def when_ready(server) -> None:
    """Say the address only now that it answers."""
    print(greeting, flush=True)
