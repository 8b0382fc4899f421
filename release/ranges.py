"""One byte range of a file, as HTTP asks for it, so that a broken download goes on where it stopped (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO

PIECE = 1 << 18
# No more digits than a file has bytes: Python refuses to read numbers of thousands of digits.
_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class UnsatisfiableRangeError(ValueError):
    """The range begins beyond the end."""


def asked_range(header: str | None, size: int, *, unchanged: bool) -> tuple[int, int] | None:
    """[start, end) asked for, or None for the whole: no range, several, one that is not understood, or another file.

    ``unchanged``: whether what If-Range names is still so. Raises UnsatisfiableRangeError.
    """
    found = _ONE_RANGE.fullmatch(header or "")
    if found is None or not unchanged or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        length = int(last)
        if length == 0 or size == 0:
            raise UnsatisfiableRangeError
        return max(0, size - length), size
    start = int(first)
    if start >= size:
        raise UnsatisfiableRangeError
    if last and int(last) < start:
        return None
    return start, min(size, int(last) + 1) if last else size


def pieces(open_file: Callable[[], IO[bytes]], start: int, end: int) -> Iterator[bytes]:
    """The bytes [start, end) of a file that is opened when the first are asked for, and closed."""
    with open_file() as file:
        file.seek(start)
        left = end - start
        while left > 0:
            piece = file.read(min(PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
