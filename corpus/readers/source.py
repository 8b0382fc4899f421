"""Where bytes come from: a file on disk, an upload, an entry of an archive."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from corpus.readers.datasets import Split, splits_in
from corpus.readers.formats import AUTO, PARQUET, SNIFFED_BYTES, SUFFIXES, by_suffix, named, recognised

_BLOCK = 1 << 20


class NothingToReadError(ValueError):
    """A path that does not exist, or a directory without a file of a known kind."""


@dataclass(frozen=True, slots=True)
class Source:
    """A named stream of bytes that can be opened more than once, and the format it is read as.

    ``size`` in bytes, 0 where it is not known beforehand. A split of a data set lies in several files, its ``parts``:
    ``open`` is then the first and ``size`` that of all.
    """

    name: str
    format: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    size: int = 0
    parts: tuple[Source, ...] = ()

    @property
    def files(self) -> tuple[Source, ...]:
        """Its parts in order; itself where it is one file."""
        return self.parts or (self,)


def sources_of(paths: Iterable[Path], *, format: str = AUTO) -> list[Source]:
    """One source per file; of a directory its files of a known kind, sorted by path, hidden ones left out.

    The files of a data set's split are one source, named after the directory and the split.

    Raises NothingToReadError, UnknownFormatError.
    """
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            sources = _within(path, format)
            if not sources:
                suffixes = SUFFIXES if format == AUTO else named(format).suffixes
                raise NothingToReadError(f"{path} holds no file that ends in {', '.join(suffixes)}.")
            found += sources
        elif path.is_file():
            found.append(_file(path, format))
        else:
            raise NothingToReadError(f"{path} does not exist or is not a file.")
    return found


def _within(directory: Path, format: str) -> list[Source]:
    """The sources in a directory, sorted by the path of their first file."""
    visible = [file for file in sorted(directory.rglob("*")) if not _is_hidden(file, directory) and file.is_file()]
    splits, taken = splits_in(visible) if format in (AUTO, PARQUET) else ([], set())
    found = [(split.files[0], _split(split)) for split in splits if split.files]
    found += [(file, _file(file, format)) for file in visible if file not in taken and _belongs(file, format)]
    return [source for _, source in sorted(found, key=lambda pair: pair[0])]


def _split(split: Split) -> Source:
    parts = tuple(_file(path, PARQUET) for path in split.files)
    return Source(split.name, PARQUET, parts[0].open, sum(part.size for part in parts), parts)


def _is_hidden(file: Path, directory: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(directory).parts)


def _belongs(file: Path, format: str) -> bool:
    """Whether an import of the directory reads this file."""
    known = by_suffix(file.name)
    return known is not None and format in (AUTO, known.name) and not is_beside_a_page(file, Path.is_file)


def is_beside_a_page[P: PurePath](file: P, exists: Callable[[P], bool]) -> bool:
    """Whether the file lies in the ``Title_files`` directory of a saved ``Title.html``: the page's frames and scripts."""
    for parent in file.parents:
        stem = parent.name.removesuffix("_files")
        if stem != parent.name and stem and any(exists(parent.with_name(stem + end)) for end in (".html", ".htm")):
            return True
    return False


def _file(path: Path, format: str) -> Source:
    with path.open("rb") as stream:
        start = stream.read(SNIFFED_BYTES)
    return Source(str(path), format_of(path.name, start, format=format), lambda: path.open("rb"), path.stat().st_size)


def upload(name: str, stream: BinaryIO, *, format: str = AUTO) -> Source:
    """A source over an uploaded file, which stays open for its owner to close. Raises UnknownFormatError."""

    def opened() -> AbstractContextManager[BinaryIO]:
        stream.seek(0)
        return nullcontext(stream)

    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return Source(name, format_of(name, stream.read(SNIFFED_BYTES), format=format), opened, size)


def format_of(name: str, start: bytes, *, format: str = AUTO) -> str:
    """The format asked for, else by the file's name, else by its first bytes. Raises UnknownFormatError."""
    return (recognised(name, start) if format == AUTO else named(format)).name


def sha256_of(sources: Iterable[Source]) -> str:
    """Hex digest over the bytes of all sources in order."""
    digest = hashlib.sha256()
    for source in sources:
        for file in source.files:
            for block in _blocks(file):
                digest.update(block)
    return digest.hexdigest()


def _blocks(source: Source) -> Iterator[bytes]:
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            yield block
