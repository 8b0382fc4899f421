"""Files in, rows and rejections out. Each format yields the same two things, so one operation imports them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpus.readers.columns import Preview, guess_columns
from corpus.readers.dispatch import read_source
from corpus.readers.fetch_policy import FetchPolicy
from corpus.readers.formats import ALL, AUTO, NAMES, SNIFFED_BYTES, Format, MissingExtraError, UnknownFormatError
from corpus.readers.metering import Meter
from corpus.readers.options import DEFAULTS, Limits, ReadOptions
from corpus.readers.previews import NoPreviewError, has_columns, preview
from corpus.readers.rows import FIELDS, ImportRow, Rejection, RejectionDict
from corpus.readers.source import NothingToReadError, Source, format_of, sha256_of, sources_of, upload

__all__ = [
    "ALL",
    "AUTO",
    "DEFAULTS",
    "FIELDS",
    "NAMES",
    "SNIFFED_BYTES",
    "FetchPolicy",
    "Format",
    "ImportRow",
    "Limits",
    "Meter",
    "MissingExtraError",
    "NoPreviewError",
    "NothingToReadError",
    "Preview",
    "ReadOptions",
    "Rejection",
    "RejectionDict",
    "Source",
    "UnknownFormatError",
    "format_of",
    "guess_columns",
    "has_columns",
    "preview",
    "read",
    "sha256_of",
    "sources_of",
    "upload",
]


def read(sources: Iterable[Source], options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """The rows and rejections of all sources, in order."""
    for source in sources:
        yield from read_source(source, options)
