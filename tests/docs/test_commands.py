"""Every command that README and docs/ show is run here. One that nobody has taught this file to run is an error."""

import csv
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

import openpyxl
import pytest
from django.db import connection

from tests import databases, hamlet

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMES = attrgetter("name")
MINUTES = 60  # seconds
LIST = "小区,楼栋,单元,室,户主,电话,人数\n,1号楼,1单元,101,王某某,13800000000,3\n"


def commands_of(page: Path) -> list[str]:
    return [line for block in BLOCK.findall(page.read_text()) for line in block.splitlines() if line]


COMMANDS = list(dict.fromkeys(command for page in PAGES for command in commands_of(page)))


def write_excel(path: Path, rows: str) -> None:
    book = openpyxl.Workbook()
    for row in csv.reader(rows.splitlines()):
        book.active.append(row)
    book.save(path)


def address_of(database: str) -> str:
    """DATABASE_URL of another database on the server of the tests."""
    settings = connection.settings_dict
    host = {name: str(value) for name, value in settings.get("OPTIONS", {}).items() if name in ("host", "port")}
    user = f"{settings['USER']}:{settings['PASSWORD']}@" if settings["USER"] else ""
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgis://{user}{settings['HOST']}{port}/{database}?{urllib.parse.urlencode(host)}"


class Desk:
    """A folder like a clone, with a database of its own, that commands are typed in one after another."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.env = os.environ | {"DATABASE_URL": address_of(database), "STATIC_ROOT": str(folder / "static")}
        self.env |= {"DJANGO_SUPERUSER_USERNAME": "first", "DJANGO_SUPERUSER_NAME": "第一人", "LOCAL": "1"}
        self.env |= {"DJANGO_SUPERUSER_PASSWORD": "long-enough-8", "DJANGO_SUPERUSER_EMAIL": ""}
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
        for name in ("manage.py", "Makefile", "tools", "bench"):
            (folder / name).symlink_to(ROOT / name)
        hamlet.write(folder / "extract.osm.pbf")
        for name in ("households.csv", "名单.csv"):
            (folder / name).write_text(LIST)
        write_excel(folder / "名单.xlsx", LIST)

    def type(self, command: str) -> str:
        python = ROOT / ".venv" / "bin" / "python"
        words = [str(python) if word == ".venv/bin/python" else word for word in shlex.split(command)]
        words += ["--no-input"] if "createsuperuser" in words else []
        done = subprocess.run(
            words, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=5 * MINUTES, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def empty(django_db_setup, django_db_blocker, tmp_path) -> Iterator[Desk]:
    """A desk over a database with tables and nothing in them."""
    with django_db_blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_docs"
        databases.copy(str(connection.settings_dict["NAME"]), name)
        yield Desk(tmp_path, name)
        databases.drop(name)


def is_django(command: str) -> bool:
    return command.startswith(".venv/bin/python manage.py ")


def is_make(command: str) -> bool:
    return command.startswith("make ")


def is_question(command: str) -> bool:
    return command.startswith("curl 'http://127.0.0.1:8000/")


KINDS: tuple[Callable[[str], bool], ...] = (is_django, is_make, is_question)


def test_the_pages_show_commands_and_each_is_of_a_known_kind():
    assert "make run" in COMMANDS
    assert "make test" in COMMANDS
    assert [command for command in COMMANDS if not any(kind(command) for kind in KINDS)] == []


def test_both_readmes_show_the_same_commands():
    english, chinese = (commands_of(ROOT / name) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese


# The Chinese page shows the commands of the English one: asserted above, run once.
TYPED = [page for page in PAGES if any(map(is_django, commands_of(page))) and page.name != "README.zh-CN.md"]


@pytest.mark.parametrize("page", TYPED, ids=NAMES)
def test_the_commands_of_a_page_work_in_their_order(page, empty):
    """From an empty database on, as a reader types them."""
    for command in filter(is_django, commands_of(page)):
        empty.type(command)
    for written in re.findall(r"[\w]+\.(?:html|pdf)\b", " ".join(commands_of(page))):
        assert (empty.folder / written).stat().st_size > 10_000


@pytest.mark.parametrize("command", list(filter(is_make, COMMANDS)))
def test_make_knows_the_target(command):
    """`make run` is run below, `make test` runs this; the others at least resolve."""
    assert subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("command", list(filter(is_question, COMMANDS)))
def test_the_api_answers_the_question(command, client, town):
    address = shlex.split(command)[1].removeprefix("http://127.0.0.1:8000")
    answer = client.get(address, secure=True, headers={"host": "127.0.0.1"})
    assert answer.status_code == 200
    assert answer.json()["contacts"][0]["phone"]


def test_make_run_serves_the_demo_town(django_db_setup, django_db_blocker, tmp_path):
    """The real thing, on a database of its own: from empty tables to a page, then Ctrl-C."""
    with django_db_blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_run"
        databases.copy(str(connection.settings_dict["NAME"]), name)
        port = 20_000 + os.getpid() % 20_000
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": address_of(name)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            printed = read_until(process, "Ctrl-C")
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/map/", timeout=MINUTES).read().decode()
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(MINUTES)
            databases.drop(name)
    assert f"http://127.0.0.1:{port}/" in printed
    assert "demo-worker" in printed
    assert "地图" in page


def read_until(process: subprocess.Popen, word: str) -> str:
    printed, deadline = "", time.monotonic() + 4 * MINUTES
    assert process.stdout is not None
    while word not in printed and time.monotonic() < deadline and (line := process.stdout.readline()):
        printed += line
    return printed


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_of_a_page_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_setting_from_the_environment_is_documented():
    read = re.findall(r'env(?:\.\w+)?\("(\w+)"', (ROOT / "config" / "settings.py").read_text())
    told = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in read if name not in told] == []
