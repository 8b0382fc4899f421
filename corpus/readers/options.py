"""What a reader is told beside the bytes: how to understand them, and where to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corpus.readers.fetch_policy import FetchPolicy

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Where reading stops: each reached limit is a rejection that names it. docs/reference/settings.md lists them.

    ``file_bytes``: of one file as received. ``record_bytes``: of one article, decoded and unpacked (a book of 300,000
    words is about 2 MiB). ``entries``: files in one archive. ``expansion``: unpacked bytes for each packed one.
    ``depth``: objects and lists in each other in one JSON record.
    """

    file_bytes: int = 4 * GIB
    record_bytes: int = 2 * MIB
    entries: int = 100_000
    expansion: int = 200
    depth: int = 20


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """``encoding`` is tried where bytes are not UTF-8. ``columns`` names the column of each of our fields, in tables.

    ``summaries`` takes a feed's summaries for articles where it holds nothing longer. ``outlet_from_host`` names the outlet
    by the host of the address, in all formats, where a record names none. Without ``fetch`` nothing is fetched.
    """

    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    summaries: bool = False
    outlet_from_host: bool = False
    fetch: FetchPolicy | None = None


DEFAULTS = ReadOptions()
