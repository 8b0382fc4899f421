"""One source to the reader of its format; what prevents that is a rejection too."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.readers.formats import MissingExtraError, named
from corpus.readers.options import MIB, ReadOptions
from corpus.readers.rows import ImportRow, Rejection
from corpus.readers.source import Source


def read_source(source: Source, options: ReadOptions) -> Iterator[ImportRow | Rejection]:
    """The rows and rejections of a source; one that cannot be read at all is a rejection."""
    most = options.limits.file_bytes
    size = max(file.size for file in source.files)
    if size > most:
        message = (
            f"The file has {size / MIB:,.0f} MB; at most {most / MIB:,.0f} MB are read (IMPORT_FILE_MIB). Split it."
        )
        yield Rejection(source.name, None, "", "too_large", message)
        return
    try:
        yield from named(source.format).load()(source, options)
    except MissingExtraError as missing:
        yield Rejection(source.name, None, "", "missing_extra", str(missing))
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}. Check that it is there and may be read."
        yield Rejection(source.name, None, "", "unreadable", message)
