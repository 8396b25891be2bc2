"""A secret key of this installation's own, made on first use and readable by its owner alone."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def local_secret(path: Path) -> str:
    """The key kept at `path`; a new one where there is none. Two processes starting at once agree on one."""
    try:
        return _kept_or_made(path)
    except OSError as error:
        raise ImproperlyConfigured(f"SECRET_KEY is not set, and {path} cannot keep one: {error.strerror}.") from error


def _kept_or_made(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(mine, path)  # fails when another process was first: then its key counts
        except FileExistsError:
            pass
        mine.unlink()
    return path.read_text().strip()
