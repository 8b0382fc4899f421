"""How far an import is, how fast it goes and how long it will still take. Arithmetic on what the worker noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from corpus.models import ImportBatch
from corpus.operations.running import SILENCE

# Rates over a shorter time are noise.
_FIRST_RATE = timedelta(seconds=2)
_UNITS = (("hour", 3600), ("minute", 60), ("second", 1))


@dataclass(frozen=True, slots=True)
class Progress:
    """``share`` is in [0, 1], None where the size of the whole is not known. ``rate`` is records a second.

    ``rate`` and ``remaining`` are None until there is something to reckon with, and once the import has ended.
    """

    share: float | None
    rate: float | None
    remaining: timedelta | None
    elapsed: timedelta | None
    silent: bool

    @property
    def percent(self) -> int | None:
        """Rounded down: 100 means that all bytes were read."""
        return None if self.share is None else int(self.share * 100)


def progress_of(batch: ImportBatch, *, now: datetime) -> Progress:
    """The progress of an import at ``now``."""
    share = _share(batch)
    if batch.started_at is None:
        return Progress(share, None, None, None, silent=False)
    ended = batch.finished_at if batch.state not in ImportBatch.UNFINISHED else None
    elapsed = max((ended or now) - batch.started_at, timedelta())
    if batch.state != ImportBatch.State.RUNNING:
        rate = batch.progress / elapsed.total_seconds() if elapsed else None
        return Progress(share, rate, None, elapsed, silent=False)
    silent = now - (batch.heartbeat or batch.started_at) > SILENCE
    if silent or elapsed < _FIRST_RATE or not batch.progress:
        return Progress(share, None, None, elapsed, silent=silent)
    remaining = elapsed * ((1 - share) / share) if share else None
    return Progress(share, batch.progress / elapsed.total_seconds(), remaining, elapsed, silent=False)


def _share(batch: ImportBatch) -> float | None:
    if batch.state == ImportBatch.State.DONE:
        return 1.0
    return min(batch.bytes_read / batch.bytes_total, 1.0) if batch.bytes_total else None


def in_words(length: timedelta) -> str:
    """A length of time to the precision somebody who waits can use: its two largest units, e.g. "1 minute 5 seconds"."""
    seconds = max(1, round(length.total_seconds()))
    parts = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
        elif parts:
            break
    return " ".join(parts[:2])
