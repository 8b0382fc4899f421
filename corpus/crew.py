"""Cleaning in processes of their own, beside the one that talks to the database. Knows nothing of Django.

Not ``concurrent.futures``: its workers import the program's main module, and live on when the program is killed. Ours
(``python -m corpus.crew``) read chunks from their standard input and end when that does, however it came to its end.
They hold no connection, no file and no lock of ours.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, count, islice
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self, cast

from corpus.preparing import Cleaning, Outcome, prepare
from corpus.readers.rows import ImportRow, Rejection

# Records and characters of a chunk: several are in memory at a time, as rows and as what becomes of them.
CHUNK = 250
CHUNK_CHARACTERS = 1_000_000
# Up to this many chunks are cleaned here: starting processes takes longer.
ALONE = 4
_ROOT = Path(__file__).resolve().parents[1]

type Entry = ImportRow | Rejection


class CleanerDiedError(RuntimeError):
    """A process that cleaned articles ended in the middle of its work; nothing can be said of its chunk."""


def prepared(rows: Iterable[Entry], cleaning: Cleaning, *, processes: int | None = None) -> Generator[list[Outcome]]:
    """The outcomes of ``rows`` in their order, chunk by chunk, whatever the number of processes.

    Rows are read here, ahead of the caller, in a thread where there are processes. Close the iterator when leaving
    early. Raises what reading raises, and CleanerDiedError.
    """
    chunks = chunks_of(rows)
    first = list(islice(chunks, ALONE + 1))
    if len(first) <= ALONE or not processes:
        for chunk in chain(first, chunks):
            yield prepare(chunk, cleaning)
        return
    with Crew(chain(first, chunks), cleaning, processes) as crew:
        yield from crew.outcomes()


def chunks_of(rows: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Lists of at most CHUNK entries and about CHUNK_CHARACTERS characters."""
    chunk: list[Entry] = []
    characters = 0
    for entry in rows:
        chunk.append(entry)
        if isinstance(entry, ImportRow):
            characters += len(entry.fields["text"])
        if len(chunk) == CHUNK or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


class Crew:
    """Processes, and a thread for each that brings it chunks and takes what becomes of them."""

    def __init__(self, chunks: Iterator[list[Entry]], cleaning: Cleaning, size: int) -> None:
        self._chunks = chunks
        self._reading = threading.Lock()
        self._stopped = False
        # Chunks read and not yet taken by the caller: what is in memory.
        self._room = threading.Semaphore(size + 1)
        self._ready = threading.Condition()
        self._found: dict[int, list[Outcome] | BaseException] = {}
        self._total: int | None = None
        self._read = 0
        self.cleaners = [_Cleaner(cleaning) for _ in range(size)]
        self._threads = [
            threading.Thread(target=self._bring, args=(cleaner,), name=f"cleaner-{number}", daemon=True)
            for number, cleaner in enumerate(self.cleaners)
        ]

    def outcomes(self) -> Iterator[list[Outcome]]:
        for number in count():
            with self._ready:
                self._ready.wait_for(lambda at=number: at in self._found or self._total == at)  # type: ignore[misc]
                if number not in self._found:
                    return
                found = self._found.pop(number)
            self._room.release()
            if isinstance(found, BaseException):
                raise found
            yield found

    def _bring(self, cleaner: _Cleaner) -> None:
        while True:
            self._room.acquire()
            with self._reading:
                if self._stopped:
                    return
                number = self._read
                try:
                    chunk = next(self._chunks, None)
                except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                    self._stopped = True
                    self._give(number, error)
                    return
                if chunk is None:
                    self._stopped = True
                    self._end(number)
                    return
                self._read += 1
            try:
                outcome = cleaner.prepare(chunk)
            except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                self._stopped = True
                self._give(number, error)
                return
            self._give(number, outcome)

    def _give(self, number: int, outcome: list[Outcome] | BaseException) -> None:
        with self._ready:
            self._found[number] = outcome
            self._ready.notify_all()

    def _end(self, total: int) -> None:
        with self._ready:
            self._total = total
            self._ready.notify_all()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = True
        for cleaner in self.cleaners:
            cleaner.kill()
            self._room.release()
        for thread in self._threads:
            # The one that reads rows may hang on a slow disk; it is let go of.
            thread.join(timeout=10)
        for cleaner in self.cleaners:
            cleaner.close()


class _Cleaner:
    """One process: a chunk in, its outcomes out."""

    def __init__(self, cleaning: Cleaning) -> None:
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "corpus.crew"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
            # A group of its own: Ctrl+C is for the program, which ends its processes itself.
            process_group=0,
        )
        self._cleaning = cleaning

    @property
    def pid(self) -> int:
        return self._process.pid

    def prepare(self, chunk: Sequence[Entry]) -> list[Outcome]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            _send(self._process.stdin, (self._cleaning, chunk))
            answer = _receive(self._process.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
            raise CleanerDiedError(
                "A process that cleans articles ended unexpectedly, perhaps for want of memory."
            ) from error
        if isinstance(answer, str):
            raise CleanerDiedError(f"A process that cleans articles failed: {answer}")
        return cast(list[Outcome], answer)

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            # What the killed process had not read is lost with it.
            with suppress(BrokenPipeError):
                stream.close()


def _send(stream: IO[bytes], thing: object) -> None:
    pickle.dump(thing, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _receive(stream: IO[bytes]) -> object:
    return pickle.load(stream)  # noqa: S301 - it comes from our own process over our own pipe


def serve(asked: BinaryIO, answered: BinaryIO) -> None:
    """What a process does until its program is gone."""
    while True:
        try:
            cleaning, chunk = cast(tuple[Cleaning, list[Entry]], _receive(asked))
        except (EOFError, pickle.UnpicklingError):
            # The program is gone, perhaps in the middle of a chunk.
            return
        try:
            answer: object = prepare(chunk, cleaning)
        except Exception as error:  # noqa: BLE001 - told to the program, which fails with it
            answer = f"{type(error).__name__}: {error}"
        _send(answered, answer)


def main() -> None:
    # Whatever is printed by accident must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
