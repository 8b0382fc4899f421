"""``serve`` and ``demo`` for real: one command starts it all, one signal ends it all."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config import embedded_home, embedded_postgres
from tests.service import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
# A shell that does what nohup and background shells do: its command inherits SIGINT as ignored.
IGNORING = ["/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project with a migrated database of its own."""
    place = tmp_path_factory.mktemp("serve") / "clone"
    leave = shutil.ignore_patterns(".*", "var", "docs", "tests", "bench", "__pycache__")
    shutil.copytree(ROOT, place, ignore=leave)
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=place, env=environment(), check=True)
    yield place
    embedded_postgres.remove(place / "var")


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "WEB_CONCURRENCY": "1", **more}


def get(url: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def start(clone: Path, *command: str, port: int, before: tuple[str, ...] = (), **more: str) -> "subprocess.Popen[str]":
    """Start and wait until everything is ready; the process leads a group of its own."""
    line = [*before, sys.executable, "manage.py", *command, "--port", str(port)]
    return until_ready(subprocess.Popen(line, cwd=clone, env=environment(**more), text=True, process_group=0), port)


def until_ready(process: "subprocess.Popen[str]", port: int) -> "subprocess.Popen[str]":
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if get(f"http://127.0.0.1:{port}/readyz")[0] == 200:
                return process
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("not ready within 60 s")


def processes_of(clone: Path) -> list[psutil.Process]:
    """Those alive, each with its ``info``: a process may be gone by the time it is asked again."""
    data = str(embedded_home.home_of(clone / "var").data)
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        command = process.info["cmdline"] or []
        if data in command or process.info["cwd"] == str(clone) or any(str(clone) in part for part in command):
            found.append(process)
    return found


def assert_all_end(clone: Path, *, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while left := processes_of(clone):
        if time.monotonic() > deadline:
            for process in left:
                process.kill()
            raise AssertionError(left)
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("signum", "to_group", "before"),
    [
        pytest.param(signal.SIGINT, False, (), id="SIGINT"),
        pytest.param(signal.SIGTERM, True, (), id="SIGTERM to the group"),
        pytest.param(signal.SIGINT, False, tuple(IGNORING), id="SIGINT inherited as ignored"),
        pytest.param(signal.SIGINT, True, tuple(IGNORING), id="SIGINT to the group, inherited as ignored"),
    ],
)
def test_a_signal_ends_web_worker_and_database(
    clone: Path, signum: signal.Signals, to_group: bool, before: tuple[str, ...]
) -> None:
    port = free_port()
    process = start(clone, "serve", port=port, before=before)
    names = " ".join(" ".join(running.info["cmdline"] or []) for running in processes_of(clone))
    assert "gunicorn" in names
    assert "manage.py worker" in names
    assert "bin/postgres" in names
    assert get(f"http://127.0.0.1:{port}/healthz") == (200, {"status": "ok"})
    (os.killpg if to_group else os.kill)(process.pid, signum)
    assert process.wait(5) == 0
    assert_all_end(clone, seconds=2)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_command_leaves_nothing_behind(clone: Path) -> None:
    process = start(clone, "serve", port=free_port())
    process.kill()
    process.wait()
    assert_all_end(clone)


def test_the_whole_ends_when_the_worker_does(clone: Path) -> None:
    process = start(clone, "serve", port=free_port())
    (worker,) = [child for child in psutil.Process(process.pid).children() if "worker" in child.cmdline()]
    worker.kill()
    assert process.wait(5) == 1
    assert_all_end(clone, seconds=2)


def test_the_demo_ends_by_sigterm(clone: Path) -> None:
    process = start(clone, "demo", port=free_port())
    process.terminate()
    assert process.wait(5) == 0
    assert_all_end(clone, seconds=2)


@pytest.mark.skipif(not shutil.which("make") or sys.platform != "linux", reason="needs make, on Linux")
def test_make_that_alone_gets_the_signal_ends_the_service(clone: Path) -> None:
    port = free_port()
    (clone / "serve.mk").write_text(f"serve:\n\t{sys.executable} manage.py serve --port {port}\n")
    process = subprocess.Popen(["make", "-f", "serve.mk"], cwd=clone, env=environment(), text=True, process_group=0)
    until_ready(process, port)
    process.send_signal(signal.SIGINT)
    process.wait(5)
    assert_all_end(clone, seconds=2)


def run(clone: Path, *command: str, **more: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "manage.py", *command]
    return subprocess.run(line, cwd=clone, env=environment(**more), capture_output=True, text=True, timeout=60)


def test_the_demo_is_refused_when_debug_is_off(clone: Path) -> None:
    done = run(clone, "demo", DEBUG="0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "DEBUG is off" in done.stderr


def test_the_demo_does_not_write_into_a_database_of_yours_unasked(clone: Path) -> None:
    done = run(clone, "demo", DATABASE_URL="postgresql://127.0.0.1:1/slantwise", SECRET_KEY="x" * 50)
    assert (done.returncode, done.stdout) == (1, "")
    assert "DATABASE_URL is set" in done.stderr


def test_a_taken_port_is_told_with_the_remedy(clone: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as other:
        try:
            time.sleep(1)
            done = run(clone, "serve", "--port", str(port))
        finally:
            other.kill()
    assert done.returncode == 1
    assert f"Try --port {port + 1}" in done.stderr
