"""The embedded Postgres as its users see it: make sure that it runs, and hold it while we live.

Every process that uses the server holds a shared lock on ``var/pg.lock``, taken before the first
connection and dropped by the kernel when the process ends, however it ends; forked children hold it
too. A supervisor (``config.embedded_supervisor``) in its own session carries the server and stops it
as soon as it gets the exclusive lock. See docs/decisions/0001-embedded-postgres.md.
"""

import argparse
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from config import embedded_home
from config.embedded_home import REMEDY, EmbeddedPostgresError

BASE_DIR = Path(__file__).resolve().parent.parent
# Seconds: a first start copies binaries and runs initdb, on a slow and busy disk too.
START_TIMEOUT = 120
STOP_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Server:
    """What a client needs to connect; ``host`` is the directory of the Unix socket."""

    host: str
    user: str
    password: str


_mutex = threading.Lock()
# The descriptors that carry our shared locks, one for each var directory; never unlocked, only closed.
_held: dict[Path, int] = {}
os.register_at_fork(before=_mutex.acquire, after_in_parent=_mutex.release, after_in_child=_mutex.release)


def ensure_running(var_dir: Path) -> Server:
    """Start the server unless it runs, hold it until this process ends, and say how to connect.

    Cheap when it runs already. Called again after the server died, it starts it again.
    Raises EmbeddedPostgresError where the server cannot run.
    """
    var_dir = var_dir.resolve()
    with _mutex:
        try:
            var_dir.mkdir(parents=True, exist_ok=True)
            _refuse_foreign_data(var_dir)
            if var_dir in _held:
                _refuse_cleaned(_held[var_dir], var_dir / "pg.lock")
            if var_dir not in _held or not _supervised(var_dir):
                _start(var_dir)
            home = embedded_home.home_of(var_dir)
            password = home.password.read_text(encoding="ascii").strip()
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"The embedded Postgres of {var_dir} belongs to another user ({error}): "
                f"run as that user, or remove it as that user with `make clean`. {REMEDY}"
            ) from error
        except OSError as error:
            raise EmbeddedPostgresError(f"The embedded Postgres cannot run in {var_dir}: {error}. {REMEDY}") from error
        return Server(host=str(home.sockets), user=embedded_home.USER, password=password)


def release(var_dir: Path) -> None:
    """Let go of the server; it stops once nobody holds it. Open connections are the caller's to close."""
    with _mutex:
        descriptor = _held.pop(var_dir.resolve(), None)
        if descriptor is not None:
            os.close(descriptor)


def stop(var_dir: Path) -> bool:
    """Stop the server whoever uses it, and wait until it has ended; False if none ran."""
    try:
        supervisor = int((var_dir / "pg.pid").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return False
    if not _supervised(var_dir):
        return False
    os.kill(supervisor, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while _supervised(var_dir):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"The embedded Postgres did not stop in {STOP_TIMEOUT} s; see {var_dir}/pg.log."
            )
        time.sleep(0.05)
    return True


def remove(var_dir: Path) -> None:
    """Stop the server and delete its data, inside and outside the clone.

    Who still uses it is refused from now on, and does not start an empty one in its place.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    starting = _lock(var_dir / "pg.start.lock", fcntl.LOCK_EX, time.monotonic() + START_TIMEOUT)
    try:
        stop(var_dir)
        embedded_home.remove(var_dir)
        for name in ("pg.start.lock", "pg.supervisor.lock", "pg.lock", "pg.pid", "pg.log"):
            (var_dir / name).unlink(missing_ok=True)
    finally:
        os.close(starting)


def _refuse_cleaned(descriptor: int, path: Path) -> None:
    """Refuse a lock on a file that is not there any more, or is another one by now."""
    try:
        same = os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        same = False
    if not same:
        raise EmbeddedPostgresError("The embedded Postgres was removed (make clean): start this program again.")


def _refuse_foreign_data(var_dir: Path) -> None:
    """As root an ordinary user's data would silently be left aside for an empty database."""
    data = var_dir / "pg" / "data"
    if os.geteuid() == 0 and data.is_dir():
        raise EmbeddedPostgresError(
            f"{data} was made by user id {data.stat().st_uid}, and you are root: run as that user. {REMEDY}"
        )


def _supervised(var_dir: Path) -> bool:
    """Whether a supervisor is alive: it holds its lock for life, which a pid in a file cannot tell."""
    try:
        descriptor = os.open(var_dir / "pg.supervisor.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _start(var_dir: Path) -> None:
    """Take the user's lock, and start a supervisor unless there is one; one starter at a time."""
    deadline = time.monotonic() + START_TIMEOUT
    starting = _lock(var_dir / "pg.start.lock", fcntl.LOCK_EX, deadline)
    try:
        if var_dir not in _held:
            # Waits for a supervisor that is just stopping its server: it holds the exclusive lock meanwhile.
            _held[var_dir] = _lock(var_dir / "pg.lock", fcntl.LOCK_SH, deadline)
        try:
            if not _supervised(var_dir):
                _launch(var_dir, deadline)
        except BaseException:
            os.close(_held.pop(var_dir))
            raise
    finally:
        os.close(starting)


def _lock(path: Path, kind: int, deadline: float) -> int:
    """A descriptor of ``path`` that holds the lock; closing it gives the lock back."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise EmbeddedPostgresError(
                    f"Another process has held {path} for {START_TIMEOUT} s: see {path.parent}/pg.log. {REMEDY}"
                ) from None
            time.sleep(0.05)
        except BaseException:
            os.close(descriptor)
            raise
        else:
            break
    try:
        _refuse_cleaned(descriptor, path)
    except EmbeddedPostgresError:
        os.close(descriptor)
        raise
    return descriptor


def _launch(var_dir: Path, deadline: float) -> None:
    """Run the supervisor until it says that the server answers, or why it does not."""
    reader, writer = os.pipe()
    try:
        with open(var_dir / "pg.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "config.embedded_supervisor", str(var_dir), str(writer)],
                cwd="/",
                env={**os.environ, "PYTHONPATH": str(BASE_DIR)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[writer],
                start_new_session=True,
            )
    finally:
        os.close(writer)
    with open(reader, encoding="utf-8", closefd=True) as answer:
        # The process forks the real supervisor and ends, so that nobody here has a child to reap.
        process.wait()
        if not select.select([answer], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise EmbeddedPostgresError(
                f"The embedded Postgres did not start in {START_TIMEOUT} s: see {var_dir}/pg.log."
            )
        message = answer.read()
    if message != "ready":
        raise EmbeddedPostgresError(message or f"The embedded Postgres did not start: see {var_dir}/pg.log. {REMEDY}")


def main() -> int:
    """``python -m config.embedded_postgres stop|remove`` for this clone; ``make clean`` calls it."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded_postgres", description=main.__doc__)
    parser.add_argument("action", choices=["stop", "remove"])
    parser.add_argument("--var", type=Path, default=BASE_DIR / "var")
    arguments = parser.parse_args()
    try:
        if arguments.action == "remove":
            remove(arguments.var)
        else:
            stop(arguments.var)
    except EmbeddedPostgresError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
