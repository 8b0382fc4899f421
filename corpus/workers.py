"""Whether a background worker is there to run what is queued.

Heartbeats are kept by ``config``, which this app never imports: it hands the question over, as with
``corpus.visibility``. Until then no worker is missed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

type Check = Callable[[datetime], bool]

_checks: list[Check] = []


def set_worker_check(check: Check) -> None:
    """Say how to find out whether a worker was alive at a moment."""
    _checks[:] = [check]


def worker_is_alive(*, now: datetime) -> bool:
    return all(check(now) for check in _checks)
