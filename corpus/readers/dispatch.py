"""One source to the reader of its format; what prevents that is a rejection too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from corpus.readers.formats import MissingExtraError, named
from corpus.readers.gzipped import PackedError, unpacked
from corpus.readers.options import MIB, ReadOptions
from corpus.readers.outlets import outlet_of_url
from corpus.readers.rows import ImportRow, Rejection
from corpus.readers.source import Source

# A page's address is where it was published; in a table it may be anything.
_FROM_THE_WEB = frozenset({"html", "warc", "feed", "urls"})


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
    format = named(source.format)
    by_host = options.outlet_from_host or source.format in _FROM_THE_WEB
    try:
        read = format.load()
        for outcome in read(unpacked(source, options.limits) if format.packable else source, options):
            yield _with_host(outcome) if by_host and isinstance(outcome, ImportRow) else outcome
    except PackedError as packed:
        yield Rejection(source.name, None, "", packed.code, packed.message)
    except MissingExtraError as missing:
        yield Rejection(source.name, None, "", "missing_extra", str(missing))
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}. Check that it is there and may be read."
        yield Rejection(source.name, None, "", "unreadable", message)


def _with_host(row: ImportRow) -> ImportRow:
    """The row with the outlet that its address tells, if it names none itself. The received fields stay as they are."""
    if row.outlet or row.fields.get("outlet", "").strip():
        return row
    return replace(row, outlet=outlet_of_url(row.fields.get("url", "")))
