"""Cleaning in other processes: the same outcomes in the same order, and a clear end whoever is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.crew import ALONE, CHUNK, CHUNK_CHARACTERS, CleanerDiedError, Crew, Entry, chunks_of, prepared
from corpus.preparing import Cleaning, Outcome
from corpus.readers.rows import ImportRow, Rejection

ROOT = Path(__file__).resolve().parents[2]


def _rows(n: int) -> Iterator[Entry]:
    for number in range(n):
        if number % 100 == 7:
            yield Rejection("a", number, "text", "empty_text", "Nothing.", "\ud800")
        else:
            yield ImportRow("a", number, {"text": f"Article {number} was here 😀.", "outlet": "A"})


def _all(n: int, *, processes: int) -> list[Outcome]:
    return [outcome for chunk in prepared(_rows(n), Cleaning(), processes=processes) for outcome in chunk]


@pytest.mark.parametrize("processes", [1, 3])
def test_outcomes_are_the_same_in_the_same_order_whoever_cleans(processes: int) -> None:
    alone = _all(7 * CHUNK + 1, processes=0)

    assert _all(7 * CHUNK + 1, processes=processes) == alone
    assert [outcome for outcome in alone if isinstance(outcome, Rejection)] == [
        entry for entry in _rows(7 * CHUNK + 1) if isinstance(entry, Rejection)
    ]


def test_few_rows_start_no_process() -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text()
    chunks = prepared(_rows(ALONE * CHUNK), Cleaning(), processes=2)

    assert len(next(chunks)) == CHUNK
    assert children.read_text() == before


def test_chunks_are_bounded_by_characters_too() -> None:
    long = ImportRow("a", 1, {"text": "x" * (CHUNK_CHARACTERS // 2)})

    assert [len(chunk) for chunk in chunks_of([long] * 5)] == [2, 2, 1]


def test_what_reading_raises_reaches_the_caller() -> None:
    def rows() -> Iterator[Entry]:
        yield from _rows(8 * CHUNK)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(prepared(rows(), Cleaning(), processes=2))


def test_a_killed_cleaner_is_a_clear_failure() -> None:
    with Crew(chunks_of(_rows(20 * CHUNK)), Cleaning(), 2) as crew:
        outcomes = crew.outcomes()
        next(outcomes)
        os.kill(crew.cleaners[1].pid, signal.SIGKILL)
        with pytest.raises(CleanerDiedError, match="ended unexpectedly"):
            list(outcomes)


def test_leaving_early_ends_the_processes() -> None:
    chunks = prepared(_rows(50 * CHUNK), Cleaning(), processes=2)
    next(chunks)

    chunks.close()

    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not any("corpus.crew" in _command(int(pid)) for pid in children)


def test_cleaners_do_not_outlive_a_killed_program() -> None:
    script = (
        "from itertools import count\n"
        "from corpus.crew import Crew, chunks_of\n"
        "from corpus.preparing import Cleaning\n"
        "from corpus.readers.rows import ImportRow\n"
        "rows = (ImportRow('a', n, {'text': f'Article {n} was here.'}) for n in count())\n"
        "with Crew(chunks_of(rows), Cleaning(), 2) as crew:\n"
        "    print(*(cleaner.pid for cleaner in crew.cleaners), flush=True)\n"
        "    for _ in crew.outcomes():\n"
        "        pass\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    cleaners = [int(pid) for pid in program.stdout.readline().split()]
    assert len(cleaners) == 2
    time.sleep(0.3)

    program.kill()
    program.wait()
    program.stdout.close()

    deadline = time.monotonic() + 10
    while any("corpus.crew" in _command(pid) for pid in cleaners):
        assert time.monotonic() < deadline, "a cleaner lives on"
        time.sleep(0.05)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
