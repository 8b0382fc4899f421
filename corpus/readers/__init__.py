"""Files in, rows and rejections out. Each format yields the same two things, so one operation imports them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpus.readers.jsonl import read_jsonl
from corpus.readers.rows import ImportRow, Rejection, RejectionDict
from corpus.readers.source import (
    AVAILABLE,
    FORMATS,
    JSONL,
    NothingToReadError,
    Source,
    UnknownFormatError,
    sha256_of,
    sources_of,
    upload,
)
from corpus.readers.text import read_text

__all__ = [
    "AVAILABLE",
    "FORMATS",
    "ImportRow",
    "NothingToReadError",
    "Rejection",
    "RejectionDict",
    "Source",
    "UnknownFormatError",
    "read",
    "sha256_of",
    "sources_of",
    "upload",
]


def read(sources: Iterable[Source], *, encoding: str = "") -> Iterator[ImportRow | Rejection]:
    """The rows and rejections of all sources, in order; a file that cannot be opened is a rejection."""
    for source in sources:
        reader = read_jsonl if source.format == JSONL else read_text
        try:
            yield from reader(source, encoding=encoding)
        except OSError as error:
            message = f"The file cannot be read: {error.strerror or error}. Check that it is there and may be read."
            yield Rejection(source.name, None, "", "unreadable", message)
