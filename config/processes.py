"""Several programs as one: started together, ended together, within a deadline, whoever asks for it."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

PR_SET_PDEATHSIG = 1
# Seconds from the first signal until what still runs is killed; the promise is five for everything.
GRACE = 2.0
POLL = 0.1


class Together:
    """Child processes that live and die together.

    Each child leads a process group of its own, so that it hears of a stop from us alone and once, and is
    killed with its children when it does not heed. If we are killed ourselves, the kernel tells each child
    (Linux).
    """

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []
        self.stopping = False

    def catch_signals(self) -> None:
        """SIGINT and SIGTERM end us, also where they were inherited as ignored; a hang-up does unless it was."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._request_stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._request_stop)

    def _request_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, command: Sequence[str]) -> None:
        parent = os.getpid()
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None

        def die_with_us() -> None:
            if libc is not None:
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
                if os.getppid() != parent:
                    os._exit(1)

        child = subprocess.Popen(
            command,
            process_group=0,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_us,  # noqa: PLW1509 (one call into the kernel, no lock is taken)
        )
        self.children.append(child)

    def wait(self, *, announce: Callable[[], bool] | None = None) -> int:
        """Until a signal comes (0) or a child ends by itself (1); then end the rest.

        ``announce`` is called over and over until it returns True.
        """
        announced = announce is None
        while (
            not self.stopping and not _make_was_interrupted() and all(child.poll() is None for child in self.children)
        ):
            if not announced and announce is not None:
                announced = announce()
            time.sleep(POLL)
        ended_by_itself = any(child.poll() is not None for child in self.children)
        self.end()
        return 1 if ended_by_itself and not self.stopping else 0

    def end(self) -> None:
        """Ask every child to end, and kill with its whole group what has not after ``GRACE`` seconds."""
        for child in self.children:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + GRACE
        for child in self.children:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def leave(code: int) -> NoReturn:
    """End this process now, without taking the interpreter apart piece by piece.

    That takes two of the promised five seconds on a busy machine. Output is flushed; our hold on the
    embedded server ends with the process.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _make_was_interrupted() -> bool:
    """Whether the ``make`` that started us got a SIGINT of its own (Linux only; else False).

    GNU make then waits for its command without telling it, where a terminal would have told both.
    While it waits it blocks the signal, which is how we know.
    """
    try:
        with open(f"/proc/{os.getppid()}/status", encoding="utf-8", errors="replace") as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return False
    return fields.get("Name") == "make" and bool(int(fields["SigBlk"], 16) >> (signal.SIGINT - 1) & 1)
