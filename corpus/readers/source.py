"""Where bytes come from: a file on disk or an upload."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

TEXT, JSONL = "text", "jsonl"
AVAILABLE = (TEXT, JSONL)
LATER = ("csv", "html", "warc", "feed", "parquet", "zip")
FORMATS = ("auto", *AVAILABLE, *LATER)

_BY_SUFFIX = {".txt": TEXT, ".text": TEXT, ".jsonl": JSONL, ".ndjson": JSONL, ".jsonlines": JSONL}
_LATER_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "csv",
    ".html": "html",
    ".htm": "html",
    ".warc": "warc",
    ".gz": "warc",
    ".rss": "feed",
    ".atom": "feed",
    ".xml": "feed",
    ".parquet": "parquet",
    ".zip": "zip",
}
_BLOCK = 1 << 20


class UnknownFormatError(ValueError):
    """A format that is not read, or not yet; the message names the remedy."""


class NothingToReadError(ValueError):
    """A path that does not exist, or a directory without a file of a known kind."""


@dataclass(frozen=True, slots=True)
class Source:
    """A named stream of bytes that can be opened more than once, and the format it is read as."""

    name: str
    format: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


def sources_of(paths: Iterable[Path], *, format: str = "auto") -> list[Source]:
    """One source per file; of a directory its files of a known kind, sorted by path, hidden ones left out.

    Raises NothingToReadError, UnknownFormatError.
    """
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            files = [
                file
                for file in sorted(path.rglob("*"))
                if file.is_file()
                and not any(part.startswith(".") for part in file.relative_to(path).parts)
                and _BY_SUFFIX.get(file.suffix.lower()) in ((format,) if format in AVAILABLE else AVAILABLE)
            ]
            if not files:
                raise NothingToReadError(f"{path} holds no file that ends in {', '.join(_BY_SUFFIX)}.")
            found += [_file(file, format) for file in files]
        elif path.is_file():
            found.append(_file(path, format))
        else:
            raise NothingToReadError(f"{path} does not exist or is not a file.")
    return found


def _file(path: Path, format: str) -> Source:
    with path.open("rb") as stream:
        start = stream.read(512)
    return Source(str(path), format_of(path.name, start, format=format), lambda: path.open("rb"))


def upload(name: str, stream: BinaryIO, *, format: str = "auto") -> Source:
    """A source over an uploaded file, which stays open for its owner to close. Raises UnknownFormatError."""

    def opened() -> AbstractContextManager[BinaryIO]:
        stream.seek(0)
        return nullcontext(stream)

    stream.seek(0)
    return Source(name, format_of(name, stream.read(512), format=format), opened)


def format_of(name: str, start: bytes, *, format: str = "auto") -> str:
    """The format asked for, else by the name's ending, else by the first character. Raises UnknownFormatError."""
    if format in LATER:
        raise UnknownFormatError(f"The format {format} is not available yet; {' and '.join(AVAILABLE)} are.")
    if format != "auto":
        if format not in AVAILABLE:
            raise UnknownFormatError(f"The format {format} is not known. Choose one of: {', '.join(FORMATS)}.")
        return format
    suffix = Path(name).suffix.lower()
    if suffix in _LATER_BY_SUFFIX:
        raise UnknownFormatError(
            f"{name}: {_LATER_BY_SUFFIX[suffix]} files are not available yet. Convert them to JSON Lines, or say --format text "
            "if this is plain text."
        )
    return _BY_SUFFIX.get(suffix) or (JSONL if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else TEXT)


def sha256_of(sources: Iterable[Source]) -> str:
    """Hex digest over the bytes of all sources in order."""
    digest = hashlib.sha256()
    for source in sources:
        for block in _blocks(source):
            digest.update(block)
    return digest.hexdigest()


def _blocks(source: Source) -> Iterator[bytes]:
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            yield block
