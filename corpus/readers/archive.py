"""Zip archives: each file within is a source of its own format, read under limits and never unpacked to a named file."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from corpus.readers.dispatch import read_source
from corpus.readers.formats import AUTO, SNIFFED_BYTES, SUFFIXES, by_suffix
from corpus.readers.options import DEFAULTS, MIB, Limits, ReadOptions
from corpus.readers.rows import ImportRow, Rejection, excerpt_of
from corpus.readers.source import Source, format_of, is_beside_a_page

ZIP = "zip"
_BLOCK = 64 * 1024
_IN_MEMORY = 4 * MIB
# Below this the ratio of unpacked to packed bytes says nothing: a page of blanks is no bomb.
_RATIO_FROM = MIB
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
# The list of files at an archive's end: where it is and how long (APPNOTE.TXT 4.3.16); a name of usual length.
_END = b"PK\x05\x06"
_END_SIZE = 22
_LIST_BYTES_PER_ENTRY = 600
_JUNK = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini"})


class _RefusedError(ValueError):
    """An entry or archive that is not read."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_zip(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """What the readers make of the files within, in the archive's order; a bad entry does not stop the others."""
    with source.open() as stream:
        try:
            archive = _opened(stream, options.limits)
        except _RefusedError as refused:
            yield Rejection(source.name, None, "", refused.code, refused.message)
            return
        with archive:
            yield from _entries(archive, source, options, packed=_size(stream))


def _opened(stream: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """Raises _RefusedError."""
    size = _size(stream)
    if size > limits.file_bytes:
        raise _RefusedError(
            "too_large", f"The archive is larger than {limits.file_bytes // MIB} MB (IMPORT_FILE_MIB). Split it."
        )
    too_many = _RefusedError(
        "too_many_entries",
        f"The archive lists more than {limits.entries} files (IMPORT_ENTRIES). Split it into several.",
    )
    if _listed_bytes(stream, size) > limits.entries * _LIST_BYTES_PER_ENTRY + _BLOCK:
        raise too_many
    stream.seek(0)
    try:
        archive = zipfile.ZipFile(stream)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        UnicodeDecodeError,
        struct.error,
        ValueError,
        OverflowError,
    ) as error:
        raise _RefusedError(
            "bad_archive",
            f"The archive cannot be opened: {_reason(error)}. Pack it again, or upload its files by themselves.",
        ) from None
    if len(archive.infolist()) > limits.entries:
        archive.close()
        raise too_many
    return archive


def _listed_bytes(stream: BinaryIO, size: int) -> int:
    """How long the archive says its list of files is: read before the list is, since all of it is held in memory."""
    stream.seek(max(0, size - _END_SIZE - 0xFFFF))
    tail = stream.read(_END_SIZE + 0xFFFF)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        return 0  # zipfile will say what is wrong
    (length,) = struct.unpack_from("<L", tail, at + 12)
    if length != 0xFFFFFFFF:
        return int(length)
    large = tail.rfind(b"PK\x06\x06", 0, at)  # zip64
    return int(struct.unpack_from("<Q", tail, large + 40)[0]) if 0 <= large <= len(tail) - 56 else size


def _entries(
    archive: zipfile.ZipFile, source: Source, options: ReadOptions, *, packed: int
) -> Iterator[ImportRow | Rejection]:
    names = {info.filename for info in archive.infolist()}
    budget = _Budget(max(packed * options.limits.expansion, _RATIO_FROM))
    found = False
    for info in archive.infolist():
        if info.is_dir() or not _belongs(info.filename, names):
            continue
        found = True
        name = f"{source.name}/{_shown(info)}"
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            file = cast(BinaryIO, spool)
            try:
                _unpack(archive, info, file, options.limits, budget)
            except _RefusedError as refused:
                yield Rejection(name, None, "", refused.code, refused.message)
                if budget.left <= 0:
                    return
                continue
            yield from read_source(_source(name, info.filename, file), options)
    if not found:
        message = f"The archive holds no file that ends in {', '.join(s for s in SUFFIXES if s != '.zip')}."
        yield Rejection(source.name, None, "", "nothing_inside", message)


class _Budget:
    """Unpacked bytes that an archive may still give: many entries below the limit can be a bomb together."""

    def __init__(self, left: int) -> None:
        self.left = left


def _belongs(name: str, names: set[str]) -> bool:
    """Whether an import of the same files as a directory would read this one."""
    path = PurePosixPath(name)
    hidden = any((part.startswith(".") and part not in (".", "..")) or part.lower() in _JUNK for part in path.parts)
    return (
        not hidden and by_suffix(path.name) is not None and not is_beside_a_page(path, lambda page: str(page) in names)
    )


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, into: BinaryIO, limits: Limits, budget: _Budget) -> None:
    """Copy an entry's bytes, counted as they come: what it declares may be a lie. Raises _RefusedError."""
    if info.flag_bits & _ENCRYPTED:
        raise _RefusedError("encrypted", "The entry is encrypted. Pack it again without a password.")
    if by_suffix(info.filename) is not None and info.filename.lower().endswith(".zip"):
        raise _RefusedError(
            "nested_archive", "Archives within archives are not read. Unpack it and import it by itself."
        )
    _check_size(max(info.file_size, 0), info, limits)
    written = 0
    try:
        with archive.open(info) as entry:
            while block := entry.read(_BLOCK):
                written += len(block)
                budget.left -= len(block)
                _check_size(written, info, limits)
                if budget.left <= 0:
                    raise _RefusedError(
                        "expansion",
                        f"The archive unpacks to more than {limits.expansion} times its size (IMPORT_EXPANSION). What follows in "
                        "it was not read: import those files by themselves.",
                    )
                into.write(block)
    except (NotImplementedError, RuntimeError) as error:
        raise _RefusedError(
            "unsupported_compression",
            f"The entry is packed in a way that is not read: {_reason(error)}. Pack it again as usual.",
        ) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        OSError,
        ValueError,
        struct.error,
        IndexError,
    ) as error:
        if isinstance(error, _RefusedError):
            raise
        raise _RefusedError(
            "damaged", f"The entry is damaged: {_reason(error)}. Pack it again from the original file."
        ) from None
    into.seek(0)


def _check_size(unpacked: int, info: zipfile.ZipInfo, limits: Limits) -> None:
    if unpacked > limits.file_bytes:
        raise _RefusedError(
            "too_large", f"The entry is larger than {limits.file_bytes // MIB} MB unpacked (IMPORT_FILE_MIB). Split it."
        )
    if unpacked > max(_RATIO_FROM, limits.expansion * max(info.compress_size, 1)):
        raise _RefusedError(
            "expansion",
            f"The entry unpacks to more than {limits.expansion} times its size (IMPORT_EXPANSION), as bombs do. If it is what "
            "it should be, import it unpacked.",
        )


def _source(name: str, entry: str, file: BinaryIO) -> Source:
    """A source over the unpacked copy: seekable, and open to be read again until the next entry."""

    def opened() -> AbstractContextManager[BinaryIO]:
        file.seek(0)
        return nullcontext(file)

    start = file.read(SNIFFED_BYTES)
    file.seek(0)
    return Source(name, format_of(PurePosixPath(entry).name, start, format=AUTO), opened)


def _shown(info: zipfile.ZipInfo) -> str:
    """The entry's name to people. Without a mark it is read as cp437, though most that is not ASCII is UTF-8."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return excerpt_of(name) or "an entry without a name"


def _size(stream: BinaryIO) -> int:
    stream.seek(0, 2)
    return stream.tell()


def _reason(error: Exception) -> str:
    return excerpt_of(str(error) or type(error).__name__).rstrip(".")
