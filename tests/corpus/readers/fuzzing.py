"""What every reader withstands: whatever the bytes, rows and rejections come out, in time and within memory.

A reader's test is three lines::

    @given(files(VALID_FILE, ANOTHER, tokens=[b'"', b","]))
    def test_any_bytes_become_rows_and_rejections(data):
        outcomes("csv", data)

The number of examples is the profile's (tests/conftest.py): ``HYPOTHESIS_PROFILE=nightly`` for 10,000.
"""

from __future__ import annotations

import ctypes
import faulthandler
import io
import resource
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from hypothesis import strategies as st

from corpus.cleaning import clean
from corpus.readers import DEFAULTS, ImportRow, ReadOptions, Rejection, upload
from corpus.readers.formats import named
from corpus.readers.rows import FIELDS, MAX_EXCERPT
from tests.corpus.invariants import assert_maps

MIB = 1 << 20
# A fuzzed file is a few kB and read in milliseconds; two busy cores and a garbage collection leave room.
SECONDS = 5.0
GROWTH = 64 * MIB
# Interpreted code is interrupted after SECONDS; a C function that never returns ends the run, with a traceback.
_GIVE_UP_SECONDS = 60.0
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class HangError(AssertionError):
    """Reading took longer than it may."""


class GrowthError(AssertionError):
    """Reading took more memory than it may."""


def outcomes(
    format: str,
    data: bytes,
    *,
    name: str = "fuzzed",
    options: ReadOptions = DEFAULTS,
    seconds: float = SECONDS,
    growth: int = GROWTH,
) -> list[ImportRow | Rejection]:
    """What the reader of ``format`` makes of the bytes, checked one by one.

    Fails on any exception (the bytes are in memory: OSError too), on more than ``seconds``, and where the process
    grew by more than ``growth`` bytes, C libraries included.
    """
    read = named(format).load()
    source = upload(name, io.BytesIO(data), format=format)
    with time_limit(seconds), memory_limit(growth):
        found = list(read(source, options))
    for outcome in found:
        check(outcome)
    assert found, "a file must give a row or say why it gives none"
    return found


def check(outcome: ImportRow | Rejection) -> None:
    """That the rest of the import can take this: storable strings, a text that maps onto raw, messages that say something."""
    assert outcome.line is None or outcome.line >= 1
    outcome.source.encode("utf-8")
    if isinstance(outcome, ImportRow):
        assert outcome.fields["text"].strip()
        assert set(outcome.fields) <= set(FIELDS)
        for value in outcome.fields.values():
            assert "\x00" not in value
            value.encode("utf-8")
        assert outcome.published is None or outcome.published.tzinfo is not None
        assert_maps(clean(outcome.fields))
        return
    assert outcome.code
    assert outcome.code == outcome.code.lower()
    assert outcome.message.endswith(".")
    assert len(outcome.excerpt) <= MAX_EXCERPT
    for value in (outcome.message, outcome.excerpt, outcome.field):
        assert "\x00" not in value
        value.encode("utf-8")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """HangError where the block takes longer. In the main thread only."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"still reading after {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    faulthandler.dump_traceback_later(_GIVE_UP_SECONDS + seconds, exit=True)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


@contextmanager
def memory_limit(growth: int) -> Iterator[None]:
    """GrowthError where the resident memory of this process rose by more than ``growth`` bytes at any moment."""
    start = _fresh_peak()
    yield
    risen = _peak() - start
    if risen > growth:
        raise GrowthError(f"{risen // MIB} MiB more were needed; at most {growth // MIB} may be")


def _fresh_peak() -> int:
    """Bytes resident now. Linux forgets its high-water mark on request; elsewhere only a new record is seen."""
    if _trim is not None:
        _trim(0)  # what was freed before but kept would hide as much growth
    if _CLEAR.exists():
        _CLEAR.write_text("5", encoding="ascii")
    return _peak()


def _peak() -> int:
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def files(*samples: bytes, tokens: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """Any bytes; the samples; and samples that were cut, overwritten, doubled and sprinkled with ``tokens``.

    Samples are valid files of the format: from random bytes alone a reader's inner rooms are never reached.
    """
    salt = [b"\x00", b"\xff", b"\n", b"\r", b" ", *tokens]
    pieces = st.one_of(st.sampled_from(salt), st.binary(max_size=8))

    @st.composite
    def damaged(draw: st.DrawFn) -> bytes:
        data = draw(st.sampled_from(samples))
        for _ in range(draw(st.integers(0, 4))):
            start = draw(st.integers(0, len(data)))
            end = draw(st.integers(start, min(len(data), start + draw(st.sampled_from([0, 1, 8, 200, len(data)])))))
            match draw(st.sampled_from(["replace", "cut", "double"])):
                case "replace":
                    data = data[:start] + draw(pieces) + data[end:]
                case "cut":
                    data = data[:start] + data[end:]
                case _:
                    data = data[:end] + data[start:]
        return data

    made = st.lists(pieces, max_size=40).map(b"".join)
    return st.one_of(st.binary(max_size=300), made, *([damaged()] if samples else []))
