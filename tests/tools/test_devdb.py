"""The private cluster, made for real in a folder of its own, then mistreated."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

DEVDB = settings.BASE_DIR / "tools" / "devdb.py"
Devdb = Callable[..., subprocess.CompletedProcess[str]]


def devdb_in(home: Path) -> Devdb:
    def devdb(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "DEVDB_HOME": str(home)}
        return subprocess.run([sys.executable, DEVDB, *arguments], env=env, capture_output=True, text=True, timeout=120)

    return devdb


def new_home(mode: int) -> Path:
    home = Path(tempfile.mkdtemp(prefix="devdb-"))  # pytest's own folders can be too deep for a socket
    home.chmod(mode)
    return home


def remove(home: Path) -> None:
    devdb_in(home)("down")
    outside = {(home / name).resolve().parent for name in ("pg", "run") if (home / name).is_symlink()}
    for folder in (home, *outside):
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    home = new_home(0o755)
    made = devdb_in(home)("up")
    if "no PostgreSQL with PostGIS here" in made.stderr:
        pytest.skip("no PostGIS on this machine; DATABASE_URL names a server elsewhere")
    yield home
    remove(home)


@pytest.fixture
def devdb(home: Path) -> Devdb:
    devdb = devdb_in(home)
    assert devdb("up").returncode == 0
    return devdb


def ask(home: Path, question: str, database: str = "town") -> str:
    address = ["-h", str(home / "run"), "-U", "town", "-d", database]
    program = shutil.which("psql") or str(next(settings.BASE_DIR.glob(".devdb/apt/usr/lib/postgresql/*/bin/psql")))
    done = subprocess.run([program, "-XAtq", *address, "-c", question], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def postmaster(home: Path) -> int:
    return int((home / "pg" / "data" / "postmaster.pid").read_text().split()[0])


def test_the_database_has_postgis(home, devdb):
    assert ask(home, "SELECT count(*) FROM pg_extension WHERE extname IN ('postgis', 'btree_gist', 'pg_trgm')") == "3"
    assert ask(home, "SELECT ST_Within(ST_Point(1, 1), ST_MakeEnvelope(0, 0, 2, 2))") == "t"


def test_it_can_measure_in_metres(home, devdb):
    """PROJ finds its data: on the central meridian of EPSG:4549 the easting is the false easting, 500 km."""
    assert ask(home, "SELECT round(ST_X(ST_Transform('SRID=4326;POINT(120 26)'::geometry, 4549)))") == "500000"


def test_nothing_listens_on_tcp(home, devdb):
    assert ask(home, "SHOW listen_addresses") == ""


def test_a_second_up_leaves_the_server_alone(home, devdb):
    before, started = postmaster(home), time.monotonic()
    assert devdb("up").returncode == 0
    assert postmaster(home) == before
    assert time.monotonic() - started < 2  # seconds; 0.1 to 0.5 were seen


def test_the_address_is_one_that_settings_read(home, devdb):
    assert devdb("url", "other").stdout.strip() == f"postgis://town@/other?host={home}/run&port=5432"


def test_another_database_comes_with_postgis(home, devdb):
    assert devdb("createdb", "wang").returncode == 0
    assert ask(home, "SELECT postgis_version() <> ''", database="wang") == "t"


def test_reset_empties_a_database(home, devdb):
    ask(home, "CREATE TABLE left_over ()")
    assert devdb("reset").returncode == 0
    assert ask(home, "SELECT to_regclass('left_over') IS NULL") == "t"


@pytest.mark.parametrize("name", ["Town", "a b", 'x"; DROP DATABASE town; --', "", "1st"])
def test_a_strange_name_is_refused(devdb, name):
    refused = devdb("createdb", name)
    assert refused.returncode == 1
    assert "is no database name" in refused.stderr


def test_it_comes_back_after_kill_9(home, devdb):
    ask(home, "CREATE TABLE IF NOT EXISTS kept ()")
    ask(home, "CHECKPOINT")
    killed = postmaster(home)
    os.kill(killed, signal.SIGKILL)
    assert devdb("up").returncode == 0
    assert postmaster(home) != killed
    assert ask(home, "SELECT to_regclass('kept') IS NOT NULL") == "t"


def test_a_lock_that_names_a_living_stranger_does_not_stop_it(home, devdb):
    """The number of a killed server may belong to another process by now; PostgreSQL alone takes that for a server."""
    devdb("down")
    mine = f"{os.getpid()}\n{home}/pg/data\n0\n5432\n{home}/run\n\n0 0\n"
    (home / "pg" / "data" / "postmaster.pid").write_text(mine)
    (home / "run" / ".s.PGSQL.5432.lock").write_text(mine)
    assert devdb("status").returncode == 3
    assert devdb("up").returncode == 0
    assert devdb("status").returncode == 0


def test_databases_that_were_not_finished_are_made(home, devdb):
    ask(home, "DROP DATABASE town WITH (FORCE)", database="postgres")
    (home / "made").unlink()
    assert devdb("up").returncode == 0
    assert ask(home, "SELECT postgis_version() <> ''") == "t"


def test_down_stops_it_and_twice_is_no_fault(home, devdb):
    assert devdb("down").returncode == 0
    assert devdb("down").returncode == 0
    assert devdb("status").returncode == 3


def test_a_path_too_long_for_a_socket_is_refused_in_a_sentence(tmp_path):
    refused = devdb_in(tmp_path / ("long" * 30))("up")
    assert refused.returncode == 1
    assert "move the project to a shorter path" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns folders that the server's account may not enter")
def test_it_works_where_only_root_may_enter(home):
    closed = new_home(0o700)
    try:
        assert devdb_in(closed)("up").returncode == 0
        assert ask(closed, "SELECT 1") == "1"
    finally:
        remove(closed)
