"""The formats that are read: how each is recognised, what reads it and what that needs."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from corpus.readers.options import ReadOptions
from corpus.readers.rows import ImportRow, Rejection

if TYPE_CHECKING:
    from corpus.readers.source import Source

type Reader = Callable[[Source, ReadOptions], Iterator[ImportRow | Rejection]]

TEXT, JSONL, PARQUET = "text", "jsonl", "parquet"
AUTO = "auto"


class UnknownFormatError(ValueError):
    """A format that is not read; the message names those that are."""


class MissingExtraError(ValueError):
    """A format whose library is not installed; the message names the extra that brings it."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. ``reader`` is "module:function"; ``needs`` the modules that the extra ``extra`` brings.

    ``begins`` matches the first bytes of a file whose name says nothing. ``preview``, also "module:function", shows the
    columns of formats that have some. ``packable`` files may be packed by gzip, and end in ``.gz`` then.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    reader: str
    begins: re.Pattern[bytes] | None = None
    extra: str = ""
    needs: tuple[str, ...] = ()
    preview: str = ""
    packable: bool = False

    @property
    def is_installed(self) -> bool:
        return all(importlib.util.find_spec(name) is not None for name in self.needs)

    def load(self) -> Reader:
        """The reader. Raises MissingExtraError."""
        if not self.is_installed:
            raise MissingExtraError(
                f"Reading {self.title} needs the extra '{self.extra}': pip install 'slantwise[{self.extra}]', "
                "or in a clone: make install-formats."
            )
        module, _, function = self.reader.partition(":")
        reader: Reader = getattr(importlib.import_module(module), function)
        return reader


# Looked through in this order where a file's name says nothing; text, the last, takes what no other does.
ALL: tuple[Format, ...] = (
    Format(
        JSONL, "JSON Lines", (".jsonl", ".ndjson", ".jsonlines"), "corpus.readers.jsonl:read_jsonl",
        re.compile(rb"(?:\xef\xbb\xbf)?\s*\{"), preview="corpus.readers.jsonl:preview_jsonl",
        packable=True,
    ),
    Format(
        "csv", "CSV and TSV tables", (".csv", ".tsv", ".tab"), "corpus.readers.delimited:read_csv",
        preview="corpus.readers.delimited:preview_csv", packable=True,
    ),
    Format(
        PARQUET, "Parquet and Arrow tables", (".parquet", ".arrow"), "corpus.readers.parquet:read_parquet",
        re.compile(rb"PAR1|ARROW1\x00\x00"), extra="parquet", needs=("pyarrow",),
        preview="corpus.readers.parquet:preview_parquet",
    ),
    Format(
        "html", "web pages", (".html", ".htm", ".xhtml", ".mhtml", ".mht"), "corpus.readers.html:read_html",
        re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S),
        extra="html", needs=("trafilatura", "lxml", "charset_normalizer"),
    ),
    Format(
        "feed", "RSS and Atom files", (".rss", ".atom", ".rdf", ".xml"), "corpus.readers.feed:read_feed",
        re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^>]*>\s*)*<(?:rss|feed|rdf:RDF)\b"),
        extra="feed", needs=("feedparser",),
    ),
    Format(
        "warc", "web archives", (".warc", ".warc.gz"), "corpus.readers.warc:read_warc", re.compile(rb"WARC/"),
        extra="warc", needs=("trafilatura", "lxml", "charset_normalizer", "brotli"),
    ),
    Format(
        "urls", "lists of web addresses", (".urls",), "corpus.readers.urls:read_urls",
        extra="html", needs=("trafilatura", "lxml", "charset_normalizer"),
    ),
    Format("zip", "zip archives", (".zip",), "corpus.readers.archive:read_zip", re.compile(rb"PK(?:\x03\x04|\x05\x06)")),
    Format(TEXT, "plain text", (".txt", ".text"), "corpus.readers.text:read_text", re.compile(rb""), packable=True),
)  # fmt: skip
BY_NAME = {format.name: format for format in ALL}
NAMES = (AUTO, *BY_NAME)
_BY_SUFFIX = {suffix: format for format in ALL for suffix in format.suffixes}
_BY_SUFFIX |= {f"{suffix}.gz": format for format in ALL if format.packable for suffix in format.suffixes}
SUFFIXES = tuple(_BY_SUFFIX)
SNIFFED_BYTES = 1024


def named(name: str) -> Format:
    """The format of this name. Raises UnknownFormatError."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise UnknownFormatError(f"The format {name} is not known. Choose one of: {', '.join(NAMES)}.") from None


def by_suffix(name: str) -> Format | None:
    """The format that a file's name tells: the longest ending counts (``.warc.gz``)."""
    lowered = PurePath(name).name.lower()
    fitting = [suffix for suffix in SUFFIXES if lowered.endswith(suffix)]
    return _BY_SUFFIX[max(fitting, key=len)] if fitting else None


def recognised(name: str, start: bytes) -> Format:
    """The format by the file's name, else by its first bytes."""
    return by_suffix(name) or next(f for f in ALL if f.begins is not None and f.begins.match(start))
