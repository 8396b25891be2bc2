#!/usr/bin/env python3
"""
The project's own PostgreSQL: one private cluster in .devdb, reached by a unix socket and nothing else.

Runs before the virtual environment exists, hence the standard library alone. Root or not, the same commands:

    tools/devdb.py up              make what is missing, start, print the address
    tools/devdb.py down            stop
    tools/devdb.py status          say what runs; exit code 3 when nothing does
    tools/devdb.py url [NAME]      DATABASE_URL of a database, `town` by default
    tools/devdb.py createdb NAME   one more database, with PostGIS in it
    tools/devdb.py reset [NAME]    empty a database
    tools/devdb.py psql [NAME]     a prompt

Packages are not this file's business: tools/bootstrap.sh installs PostGIS, or unpacks it into .devdb/apt.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("DEVDB_HOME", ROOT / ".devdb"))  # the tests keep theirs in a folder of their own
DATA = HOME / "pg" / "data"
LOG = HOME / "pg" / "postgres.log"
MADE = HOME / "made"  # stands when the databases are whole, not only the cluster
RUN = HOME / "run"
UNPACKED = ROOT / ".devdb" / "apt"  # where bootstrap.sh unpacks .deb files when there is no root
PORT = 5432  # only names the socket file: nothing listens on TCP, so no two projects can clash
OWNER = "town"  # the cluster's superuser; whoever makes the cluster gets a role of their own name as well
DATABASE = "town"
TEMPLATE = "template_postgis"  # test databases copied from it need not build PostGIS each time
EXTENSIONS = ("postgis", "btree_gist", "pg_trgm")
SOCKET_PATH_LIMIT = 107  # bytes; sun_path in Linux
SETTINGS = """
# Written by tools/devdb.py. Never broken by a crash, but one may cost the last half second of commits.
listen_addresses = ''
synchronous_commit = off
shared_buffers = 256MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
log_checkpoints = off
"""


class Refusal(SystemExit):
    """Why it cannot go on, as one sentence for a person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"devdb: {sentence}")


# --- where the server's programs are -------------------------------------------------------------------------------


def installations() -> Iterator[Path]:
    """Every folder with PostgreSQL programs, Debian's first, then what is unpacked in the project, then the PATH."""
    for base in (Path("/"), UNPACKED):
        yield from sorted(base.glob("usr/lib/postgresql/*/bin"), key=lambda bin: -int(bin.parent.name))
    if pg_config := shutil.which("pg_config"):
        yield Path(_output([pg_config, "--bindir"]))


def has_postgis(programs: Path) -> bool:
    if not (programs / "initdb").exists():
        return False
    if programs.is_relative_to("/usr/lib/postgresql") or programs.is_relative_to(UNPACKED):
        base = UNPACKED if programs.is_relative_to(UNPACKED) else Path("/")
        share = base / "usr/share/postgresql" / programs.parent.name
    else:
        share = Path(_output([str(programs / "pg_config"), "--sharedir"]))
    return (share / "extension" / "postgis.control").exists()


def programs() -> Path:
    """The newest PostgreSQL with PostGIS; the one that made the cluster, if there is a cluster."""
    found = [bin for bin in installations() if has_postgis(bin)]
    if not found:
        raise Refusal("no PostgreSQL with PostGIS here; `make setup` installs it.")
    if not (DATA / "PG_VERSION").exists():
        return found[0]
    made_by = (DATA / "PG_VERSION").read_text().strip()
    for bin in found:
        if major_version(bin) == made_by:
            return bin
    raise Refusal(f"{DATA} was made by PostgreSQL {made_by}, which is gone; install it or remove {HOME}.")


def major_version(programs: Path) -> str:
    version = _output([str(programs / "postgres"), "--version"])
    return re.search(r"(\d+)", version).group(1)  # type: ignore[union-attr]


def environment() -> dict[str, str]:
    """The environment for the server's programs; unpacked ones must be told where their libraries and data lie."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    env["LC_ALL"] = "C.UTF-8"
    if libraries := library_path():
        env["LD_LIBRARY_PATH"] = libraries
    if (UNPACKED / "usr/share/proj").exists():
        env["PROJ_DATA"] = env["PROJ_LIB"] = f"{UNPACKED}/usr/share/proj"
        env["GDAL_DATA"] = f"{UNPACKED}/usr/share/gdal"
    return env


def library_path() -> str:
    """Where unpacked libraries lie; empty when nothing is unpacked."""
    for library in UNPACKED.glob("usr/lib/*-linux-gnu*"):
        merged = UNPACKED / "lib" / library.name  # some packages still name /lib, which is a link on the machine
        return f"{library}:{merged}:{library}/blas:{library}/lapack:{library}/pulseaudio"
    return ""


# --- who runs it: PostgreSQL refuses uid 0 -------------------------------------------------------------------


def as_server() -> list[str]:
    """The command prefix under which the server's programs run."""
    if os.geteuid() != 0:
        return []
    owner = (HOME / "pg").stat().st_uid
    return ["runuser", "-u", pwd.getpwuid(owner).pw_name, "--"] if owner else NAMESPACE


# Files stay root's, the server sees itself as nobody. Works below /root, where no other account can look.
NAMESPACE = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]


def make_home() -> None:
    """Make the folders, owned by the account that the server will run under."""
    HOME.mkdir(parents=True, exist_ok=True)
    if (HOME / "pg").exists():
        return
    account = server_account()
    if account and not _succeeds(["runuser", "-u", account, "--", "test", "-x", str(HOME)]):
        if _succeeds([*NAMESPACE, "true"]):
            account = None
        else:
            _link_home_elsewhere()
    for folder in (RUN, HOME / "pg"):
        folder.mkdir(mode=0o700, exist_ok=True)
        if account:
            shutil.chown(folder, account, account)


def server_account() -> str | None:
    """The account that Debian made for PostgreSQL; None when we are not root and need none."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


def _link_home_elsewhere() -> None:
    """A container without user namespaces, and a project folder that only root may enter: keep the data outside."""
    outside = Path("/var/lib") / f"town-devdb-{hashlib.sha256(bytes(HOME)).hexdigest()[:12]}"
    for name in ("run", "pg"):
        (outside / name).mkdir(parents=True, exist_ok=True)
        (HOME / name).symlink_to(outside / name)
        shutil.chown(outside / name, "postgres", "postgres")
        (outside / name).chmod(0o700)


# --- what runs --------------------------------------------------------------------------------------------------------


def is_up() -> bool:
    return _succeeds([str(programs() / "pg_isready"), "-q", "-h", str(RUN), "-p", str(PORT)])


def processes() -> list[int]:
    """Living processes of this cluster: PostgreSQL's all work in the data folder. A zombie is not alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and (entry / "cwd").resolve() == DATA.resolve():
                found.append(int(entry.name))
        except OSError:
            continue  # gone meanwhile, or not ours to look at
    return found


def postmaster() -> int | None:
    try:
        return int((DATA / "postmaster.pid").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return None


def clear_wreckage() -> None:
    """
    Remove what a killed server left behind, so that the next one starts.

    Where nobody reaps orphans, as in many containers, the killed server stays in the process table, and
    pg_ctl takes both lock files for valid. Backends that outlive it must go first: two servers on one folder
    destroy it, and the lock is what keeps them apart.
    """
    if postmaster() in processes():
        return
    for patience in (signal.SIGQUIT, signal.SIGKILL):
        for pid in processes():
            _signal(pid, patience)
        _wait(lambda: not processes(), seconds=5)
    for left in (DATA / "postmaster.pid", RUN / f".s.PGSQL.{PORT}", RUN / f".s.PGSQL.{PORT}.lock"):
        left.unlink(missing_ok=True)


# --- the acts --------------------------------------------------------------------------------------------------------


def up() -> None:
    if is_ready():
        return
    check_path()
    make_home()
    with only_one_at_a_time():
        if not DATA.exists():
            make_cluster()
        if not is_up():
            clear_wreckage()
            start()
        if not MADE.exists():
            make_databases()
            MADE.touch()


def is_ready() -> bool:
    return MADE.exists() and is_up()


def check_path() -> None:
    length = len(bytes(RUN / f".s.PGSQL.{PORT}"))
    if length > SOCKET_PATH_LIMIT:
        raise Refusal(
            f"the path of the socket in {RUN} has {length} bytes and {SOCKET_PATH_LIMIT} are allowed; "
            "move the project to a shorter path."
        )


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    with open(HOME / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_cluster() -> None:
    """Made beside its place and moved there when whole, so that an interrupted run leaves nothing half made."""
    _say("making a database cluster")
    new = DATA.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    _server("initdb", "-D", new, "-U", OWNER, "--no-sync", "--data-checksums", "--encoding=UTF8",
            "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject")  # fmt: skip
    with open(new / "postgresql.conf", "a") as conf:
        conf.write(SETTINGS)
    new.rename(DATA)


def start() -> None:
    options = f"-k {shlex.quote(str(RUN.resolve()))} -p {PORT}"
    try:
        _server("pg_ctl", "start", "-D", DATA, "-l", LOG, "-w", "-t", "120", "-o", options)
    except Refusal as refusal:
        raise Refusal(f"PostgreSQL did not start:\n{_tail(LOG)}") from refusal


def make_databases() -> None:
    me = _account_name()
    if me != OWNER and not sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{me}'"):
        sql(f'CREATE ROLE "{me}" SUPERUSER LOGIN')
    if not exists(TEMPLATE):
        make_template()
    if not exists(DATABASE):
        createdb(DATABASE)


def make_template() -> None:
    half_made = f"{TEMPLATE}_new"
    sql(f"DROP DATABASE IF EXISTS {half_made}")
    sql(f"CREATE DATABASE {half_made} TEMPLATE template0")
    sql("".join(f"CREATE EXTENSION {name};" for name in EXTENSIONS), database=half_made)
    sql(f"ALTER DATABASE {half_made} RENAME TO {TEMPLATE}")
    sql(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")


def exists(database: str) -> bool:
    return bool(sql(f"SELECT 1 FROM pg_database WHERE datname = '{_identifier(database)}'"))


def createdb(name: str) -> None:
    sql(f'CREATE DATABASE "{_identifier(name)}" TEMPLATE {TEMPLATE}')


def reset(name: str) -> None:
    sql(f'DROP DATABASE IF EXISTS "{_identifier(name)}" WITH (FORCE)')
    createdb(name)


def down() -> None:
    clear_wreckage()
    if postmaster():
        _server("pg_ctl", "stop", "-D", DATA, "-m", "fast", "-w")


def status() -> int:
    if not DATA.exists():
        print(f"no cluster in {HOME}")
        return 3
    if not is_up():
        print(f"the cluster in {HOME} is down")
        return 3
    print(f"PostgreSQL {sql('SHOW server_version').split()[0]}, process {postmaster()}, socket in {RUN}")
    print(sql("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"))
    return 0


def url(name: str = DATABASE) -> str:
    return f"postgis://{OWNER}@/{name}?host={quote(str(RUN))}&port={PORT}"


def psql(name: str) -> NoReturn:
    program = str(programs() / "psql")
    os.execve(program, [program, *_connection(name)], environment())  # unpacked, it finds its files by argv[0]


def sql(statement: str, *, database: str = "postgres") -> str:
    program = str(programs() / "psql")
    options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    return _output([program, *options, *_connection(database), "-c", statement])


# --- small change -----------------------------------------------------------------------------------------------------


def _connection(database: str) -> list[str]:
    return ["-h", str(RUN), "-p", str(PORT), "-U", OWNER, "-d", database]


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
        raise Refusal(f"{name!r} is no database name; use small letters, digits and _.")
    return name


def _account_name() -> str:
    try:
        return _identifier(pwd.getpwuid(os.geteuid()).pw_name)
    except (KeyError, Refusal):
        return OWNER  # a number without an account, or a name that is no role's; the address names OWNER anyway


def _server(program: str, *arguments: str | Path) -> str:
    """Run a server's program; its folders may be links out of a place that its account cannot enter."""
    plain = [str(each.resolve()) if isinstance(each, Path) else each for each in arguments]
    return _output([*as_server(), str(programs() / program), *plain])


def _output(command: list[str]) -> str:
    # From /, since the server's account may not enter the folder that we stand in.
    done = subprocess.run(command, cwd="/", env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise Refusal(f"{shlex.join(command)} failed:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout.strip()


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, cwd="/", env=environment(), capture_output=True).returncode == 0


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _wait(condition, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="The project's own PostgreSQL, in .devdb.")
    parser.add_argument("act", choices=["up", "down", "status", "url", "psql", "createdb", "reset"])
    parser.add_argument("name", nargs="?", default=DATABASE)
    given = parser.parse_args()
    if given.act == "url":
        print(url(given.name))
        return 0
    if given.act == "status":
        return status()
    if given.act == "down":
        down()
        return 0
    up()
    if given.act == "up":
        print(url())
    else:
        {"psql": psql, "createdb": createdb, "reset": reset}[given.act](given.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
