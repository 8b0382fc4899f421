"""The real service over HTTP: gunicorn in processes of its own, on the database of the running test."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Self
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


class WebServer:
    """Gunicorn on a port of its own, which changes when it is started anew; ended on leaving."""

    def __init__(self, *, workers: int = 2, threads: int = 4, **more: str) -> None:
        self.port = 0
        self._environment = environment(**more)
        self._options = ["--workers", str(workers), "--worker-class", "gthread", "--threads", str(threads)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it has answered /healthz."""
        self.port = free_port()
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", *self._options]
        # A session of its own: to be killed with its workers.
        self._process = subprocess.Popen(
            [*command, "--log-level", "warning"], cwd=ROOT, env=self._environment, start_new_session=True
        )
        try:
            _wait_until_it_answers(self.address, self._process)
        except RuntimeError:
            self.stop()
            raise

    def stop(self, *, brutally: bool = False) -> None:
        """SIGTERM and time to finish what it does, or ``brutally`` SIGKILL to all of its processes."""
        process, self._process = self._process, None
        if process is None:
            return
        with process:
            if brutally:
                os.killpg(process.pid, signal.SIGKILL)
                return
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def running(*, workers: int = 2, threads: int = 4, **more: str) -> Iterator[str]:
    """The address of a web server that has answered /healthz; ended on leaving."""
    with WebServer(workers=workers, threads=threads, **more) as server:
        yield server.address


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
