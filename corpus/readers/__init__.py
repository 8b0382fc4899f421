"""Files in, rows and rejections out. Each format yields the same two things, so one operation imports them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpus.readers.formats import ALL, AUTO, NAMES, SNIFFED_BYTES, Format, MissingExtraError, UnknownFormatError, named
from corpus.readers.options import DEFAULTS, Limits, ReadOptions
from corpus.readers.rows import ImportRow, Rejection, RejectionDict
from corpus.readers.source import NothingToReadError, Source, format_of, sha256_of, sources_of, upload

__all__ = [
    "ALL",
    "AUTO",
    "DEFAULTS",
    "NAMES",
    "SNIFFED_BYTES",
    "Format",
    "ImportRow",
    "Limits",
    "MissingExtraError",
    "NothingToReadError",
    "ReadOptions",
    "Rejection",
    "RejectionDict",
    "Source",
    "UnknownFormatError",
    "format_of",
    "read",
    "sha256_of",
    "sources_of",
    "upload",
]


def read(sources: Iterable[Source], options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """The rows and rejections of all sources, in order; a file that cannot be read at all is a rejection."""
    for source in sources:
        try:
            yield from named(source.format).load()(source, options)
        except MissingExtraError as missing:
            yield Rejection(source.name, None, "", "missing_extra", str(missing))
        except OSError as error:
            message = f"The file cannot be read: {error.strerror or error}. Check that it is there and may be read."
            yield Rejection(source.name, None, "", "unreadable", message)
