"""The real service over HTTP: gunicorn in processes of its own, on the database of the running test."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """A ``DATABASE_URL`` for the database this test is connected to."""
    params = connection.get_connection_params()
    query = {"host": params["host"]} if params.get("host") else {}
    port = f":{params['port']}" if params.get("port") else ""
    place = f"localhost{port}" if query else ""
    account = f"{quote(params.get('user') or '')}:{quote(params.get('password') or '', safe='')}"
    return f"postgresql://{account}@{place}/{quote(params['dbname'])}" + (f"?{urlencode(query)}" if query else "")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """A clean environment for a child of the service."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/tmp"),
        "LANG": "C.UTF-8",
        "DATABASE_URL": database_url(),
        "SECRET_KEY": "for-tests-only-" + "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        **more,
    }


@contextlib.contextmanager
def running(*, workers: int = 2, threads: int = 4, **more: str) -> Iterator[str]:
    """The address of a web server that has answered /healthz; ended on leaving."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += [
        "--workers",
        str(workers),
        "--worker-class",
        "gthread",
        "--threads",
        str(threads),
        "--log-level",
        "warning",
    ]
    with subprocess.Popen(command, cwd=ROOT, env=environment(**more)) as server:
        try:
            _wait_until_it_answers(address, server)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()


@contextlib.contextmanager
def working(**more: str) -> Iterator[None]:
    """A background worker on the database of the running test; ended on leaving."""
    command = [sys.executable, "manage.py", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(**more)) as worker:
        try:
            yield
        finally:
            worker.terminate()
            try:
                worker.wait(timeout=10)
            except subprocess.TimeoutExpired:
                worker.kill()


def _wait_until_it_answers(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The web server ended with {server.returncode} before it answered.")
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The web server did not answer within 30 s.")
