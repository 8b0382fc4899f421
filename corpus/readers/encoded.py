"""Bytes of a table as text, read as a stream: what cannot be decoded is marked, so that only its row is lost."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

from corpus.readers.source import Source

_BLOCK = 1 << 20
_MARK = "slantwise-mark"
# No decoder gives lone surrogates: each stands for a byte that could not be decoded.
MARKED = re.compile("[\udc00-\udcff]")


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_MARK, _mark)


def encoding_of(source: Source, asked: str) -> str:
    """UTF-16 by its mark, UTF-8 where all bytes are, else ``asked``; UTF-8 where nothing was asked.

    As with plain text, UTF-8 comes before ``asked``: text that is valid UTF-8 hardly ever is anything else. NUL
    characters betray UTF-16 without a mark. With an encoding asked for, this reads the whole source once.
    """
    with source.open() as stream:
        block = stream.read(_BLOCK)
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        while asked and block:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return asked
            if b"\x00" in block:
                return asked
            block = stream.read(_BLOCK)
        return asked if asked and decoder.getstate()[0] else "utf-8-sig"


@contextmanager
def opened_as_text(source: Source, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Line ends are left as they are; bytes that are not of this encoding become characters that ``MARKED`` finds."""
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors=_MARK, newline="")
        try:
            yield text
        finally:
            # Left to itself, the wrapper would close a stream that has another owner.
            text.detach()
