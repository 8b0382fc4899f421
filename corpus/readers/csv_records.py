"""The records of a CSV file one by one: bounded in memory, with the line each begins in, and going on after a broken one."""

from __future__ import annotations

import csv
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TextIO

from corpus.readers.options import KIB
from corpus.readers.rows import BadFieldError, excerpt_of

QUOTE = '"'
_CHUNK = 1 << 16
_raising = threading.Lock()


@dataclass(frozen=True, slots=True)
class Dialect:
    """``spaced``: a space follows each delimiter and is no part of the cell."""

    delimiter: str
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """``line`` is where it begins, from 1. Where ``error`` is set there are no cells."""

    line: int
    cells: list[str]
    error: BadFieldError | None = None
    excerpt: str = ""


class RecordTooLargeError(BadFieldError):
    """A record over the limit. ``column`` (from 0) is the one in which the limit was reached."""

    def __init__(self, column: int, most: int) -> None:
        self.column = column
        self.most = most
        super().__init__("", "too_large", "")
        self.name_column("")

    def name_column(self, name: str) -> None:
        shown = f"{excerpt_of(name)[:50]!r} (column {self.column + 1})" if name else str(self.column + 1)
        self.message = (
            f"With column {shown} the record is longer than {self.most // KIB} kB, too long for one article. "
            "Shorten it or leave it out."
        )
        self.args = (self.message,)


def lift_field_limit() -> None:
    """Let fields be of any length: the csv module's own limit is one for all threads, lines here are bounded anyway.

    It is only ever raised, so that no reader takes room from another.
    """
    with _raising:
        if csv.field_size_limit() < sys.maxsize:
            csv.field_size_limit(sys.maxsize)


class Lines:
    """Physical lines for ``csv.reader``, which asks for more of them while a quote is open."""

    def __init__(self, text: TextIO, most: int) -> None:
        self.number = 0
        self.ended = False
        self.held: list[str] = []
        self._text = text
        self._most = most
        self._size = 0
        self._pushed = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line of the record. Raises _OverLimitError where the record has become too long."""
        piece = self.piece(self._most - self._size + 1)
        if not piece:
            self.ended = True
            raise StopIteration
        self.held.append(piece)
        self._size += len(piece)
        if self._size > self._most:
            raise _OverLimitError
        if not _ends_line(piece):
            self.number += 1  # the last line of the file; the others are counted as they are read
        return piece

    def begin(self) -> int:
        """Forget the record before; the number of the line that comes next."""
        self.held.clear()
        self._size = 0
        return self.number + 1

    def push(self, piece: str) -> None:
        """Put back a whole line that was read."""
        self._pushed = piece
        if _ends_line(piece):
            self.number -= 1

    def piece(self, most: int) -> str:
        """A line, or as much of it as fits; "\\r\\n" is never torn. "" at the end of the file."""
        piece, self._pushed = self._pushed, ""
        if not _ends_line(piece) and len(piece) < most:
            piece += self._text.readline(most - len(piece))
        if len(piece) >= most and piece.endswith("\r"):
            after = self._text.readline(1)
            if after == "\n":
                piece += after
            else:
                self._pushed = after
        if _ends_line(piece):
            self.number += 1
        return piece


class _OverLimitError(Exception):
    """The record is longer than it may be."""


def _ends_line(piece: str) -> bool:
    return piece.endswith(("\n", "\r"))


def records(lines: Lines, dialect: Dialect, most: int) -> Iterator[Record]:
    """The records that are left. Empty lines are none; a broken record is one with ``error``, and reading goes on."""
    lift_field_limit()
    reader = csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=dialect.spaced, strict=True)
    while not lines.ended:
        line = lines.begin()
        try:
            cells = next(reader, None)
            if cells:
                if (
                    sum(map(len, cells)) * 4 > most
                    and sum(len(cell.encode("utf-8", "replace")) for cell in cells) > most
                ):
                    raise RecordTooLargeError(_longest(cells), most)
                yield Record(line, cells)
            continue
        except _OverLimitError:
            error = _skip(lines, dialect, line, most)
        except BadFieldError as bad:
            error = bad
        except csv.Error:
            error = _unclosed(line, lines.number) if lines.ended else _unbalanced(line, lines.number)
        yield Record(line, [], error, excerpt_of("".join(lines.held)[:400]))


def _longest(cells: list[str]) -> int:
    return max(range(len(cells)), key=lambda column: len(cells[column]))


def _unclosed(line: int, last: int) -> BadFieldError:
    return BadFieldError(
        "",
        "unclosed_quote",
        f"A quote that opens in the record of line {line} is never closed: {_lines(line, last)} left out. Close it (a quote "
        "inside a quoted cell is written twice) and import the file again.",
    )


def _unbalanced(line: int, last: int) -> BadFieldError:
    return BadFieldError(
        "",
        "unbalanced_quotes",
        f"A cell goes on after its closing quote in line {last}: {_lines(line, last)} left out. Inside a quoted cell write "
        'each quote twice (""), and close each quote that opens.',
    )


def _lines(first: int, last: int) -> str:
    return f"line {first} is" if last == first else f"lines {first} to {last} are"


def _skip(lines: Lines, dialect: Dialect, line: int, most: int) -> BadFieldError:
    """Read on to the end of a record that is too long, holding none of it."""
    scan = _Scan(dialect)
    for piece in lines.held:
        scan.feed(piece)
    column, last = scan.column, lines.held[-1]
    while scan.is_quoted or not _ends_line(last):
        last = lines.piece(_CHUNK)
        if not last:
            lines.ended = True
            break
        scan.feed(last)
    return _unclosed(line, lines.number) if scan.is_quoted else RecordTooLargeError(column, most)


class _At(Enum):
    START, PLAIN, QUOTED, AFTER_QUOTE = auto(), auto(), auto(), auto()


class _Scan:
    """Where in a record its characters so far have led, by the rules of the csv module."""

    def __init__(self, dialect: Dialect) -> None:
        self.column = 0
        self._delimiter = dialect.delimiter
        self._spaced = dialect.spaced
        self._opens = re.compile(re.escape(dialect.delimiter) + (" *" if dialect.spaced else "") + QUOTE)
        self._at = _At.START

    @property
    def is_quoted(self) -> bool:
        return self._at is _At.QUOTED

    def feed(self, piece: str) -> None:
        position, end = 0, len(piece)
        while position < end:
            character = piece[position]
            if self._at is _At.QUOTED:
                position = piece.find(QUOTE, position) + 1 or end + 1
                if position <= end:
                    self._at = _At.AFTER_QUOTE
            elif self._at is _At.AFTER_QUOTE or self._at is _At.START:
                if character == QUOTE:
                    self._at = _At.QUOTED
                    position += 1
                elif self._at is _At.START and self._spaced and character == " ":
                    position += 1
                else:
                    self._at = _At.PLAIN
            else:
                opening = self._opens.search(piece, position)
                stop = opening.end() if opening else end
                self.column += piece.count(self._delimiter, position, stop)
                if opening:
                    self._at = _At.QUOTED
                elif piece.endswith(self._delimiter):
                    self._at = _At.START
                position = stop
