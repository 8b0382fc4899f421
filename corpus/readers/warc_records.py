"""The records of a WARC file, one after another, also past broken ones (ISO 28500; https://iipc.github.io/warc-specifications).

warcio and fastwarc stop at the first broken record, and warcio reads header lines of any length: so records are framed
here, within limits, and a broken one is told with its place while reading goes on at the next that can be found.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from corpus.readers.http_message import headers_of
from corpus.readers.options import MIB, Limits

_PIECE = 64 * 1024
_LINE = 64 * 1024
_HEADER_LINES = 200
_GZIP = b"\x1f\x8b\x08"
_START = b"WARC/"
TORN = "torn_pack"
# What may be read twice after wrong lengths, beside the length of the file once.
_AGAIN = 64 * MIB
_VERSION = re.compile(rb"WARC/\d\.\d{1,2}\s*")


@dataclass(frozen=True, slots=True)
class Record:
    """``headers`` by lower-case name; ``body``: as much as was asked for of ``length`` bytes; ``offset``: of its start."""

    offset: int
    headers: Mapping[str, str]
    body: bytes
    length: int


class BrokenError(ValueError):
    """A stretch of the file that is no record. ``offset``: in the file, in bytes; where it is packed, of the pack."""

    def __init__(self, offset: int, reason: str, code: str = "broken_record") -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason
        self.code = code


def records(
    stream: BinaryIO, limits: Limits, *, wanted: Callable[[Mapping[str, str]], int]
) -> Iterator[Record | BrokenError]:
    """Records in order; what is broken in between is told. ``wanted``: how many bytes of a body to keep, by headers."""
    start = stream.read(len(_GZIP))
    stream.seek(0)
    flow = _Packed(stream, limits.expansion) if start == _GZIP else _Plain(stream)
    while True:
        try:
            flow.skip_blank_lines()
            found = flow.peek(len(_START))
            if not found:
                return
            if found != _START:
                broken = BrokenError(flow.place(), "here no record begins")
                flow.find_start()
                yield broken
                continue
            yield _record(flow, wanted)
        except BrokenError as broken:
            yield broken


def _record(flow: _Flow, wanted: Callable[[Mapping[str, str]], int]) -> Record:
    """Raises BrokenError, having moved on by a line at least."""
    offset = flow.place()
    version = flow.line()
    after = flow.offset
    try:
        if not _VERSION.fullmatch(version):
            raise BrokenError(offset, "its first line is not WARC/1.0 or the like")
        headers = headers_of(_header_lines(flow, offset))
        after = flow.offset
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 19):
            raise BrokenError(offset, "its Content-Length is missing or no number")
        body = flow.take(int(length), keep=wanted(headers))
        if body is None:
            raise BrokenError(offset, "it ends before its Content-Length says")
        flow.skip_blank_lines()
        if flow.peek(len(_START)) not in (_START, b""):
            raise BrokenError(offset, "it does not end where its Content-Length says")
    except BrokenError as broken:
        # A wrong length may have swallowed good records: look for the next start from the header on.
        if broken.code != TORN:
            flow.go_back(after)
            flow.find_start()
        raise
    return Record(offset, headers, body, int(length))


def _header_lines(flow: _Flow, offset: int) -> list[str]:
    lines: list[str] = []
    while line := flow.line():
        if not line.strip():
            return lines
        if len(lines) >= _HEADER_LINES or not line.endswith(b"\n"):
            raise BrokenError(offset, "its header is cut or too long")
        lines.append(line.decode("utf-8", "replace"))
    raise BrokenError(offset, "its header is cut")


class _Flow:
    """Bytes to be read forward, and how far they got. A pack of a record of its own ends what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self.offset = 0  # in unpacked bytes

    def _more(self) -> bytes:
        """The next piece; b"" at the end of the file, or of a pack where the next begins with a record."""
        raise NotImplementedError

    def place(self) -> int:
        """Where this is in the file."""
        raise NotImplementedError

    def go_back(self, offset: int) -> None:
        """To read again from an offset passed before, if that is possible."""
        raise NotImplementedError

    def next_pack(self) -> None:
        """To read on where the end of a pack was the end."""

    def _fill(self, size: int) -> None:
        while len(self._buffer) < size and (piece := self._more()):
            self._buffer += piece

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self.offset += size

    def peek(self, size: int) -> bytes:
        self._fill(size)
        return bytes(self._buffer[:size])

    def line(self) -> bytes:
        """The next line with its end, at most 64 KiB of it; b"" at the end."""
        end = self._buffer.find(b"\n", 0, _LINE)
        while end < 0 and len(self._buffer) < _LINE and (piece := self._more()):
            searched = len(self._buffer)
            self._buffer += piece
            end = self._buffer.find(b"\n", searched, _LINE)
        line = bytes(self._buffer[: end + 1 if end >= 0 else _LINE])
        self._drop(len(line))
        return line

    def take(self, size: int, *, keep: int) -> bytes | None:
        """Go ``size`` bytes on and give the first ``keep`` of them; None if there are fewer."""
        kept = bytearray()
        while size:
            if not self._buffer:
                self._fill(1)
                if not self._buffer:
                    return None
            step = min(size, len(self._buffer))
            if len(kept) < keep:
                kept += self._buffer[: min(step, keep - len(kept))]
            self._drop(step)
            size -= step
        return bytes(kept)

    def skip_blank_lines(self) -> None:
        """Also over the end of a pack, to the next record."""
        while True:
            found = self.peek(1)
            if not found:
                self.next_pack()
                if not self.peek(1):
                    return
            elif found in (b"\r", b"\n"):
                self._drop(1)
            else:
                return

    def find_start(self) -> None:
        """To the next line that begins a record, or the end."""
        while self.peek(1) and self.peek(len(_START)) != _START:
            self.line()


class _Plain(_Flow):
    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._again = stream.seek(0, 2) + _AGAIN
        stream.seek(0)

    def _more(self) -> bytes:
        return self._stream.read(_PIECE)

    def place(self) -> int:
        return self.offset

    def go_back(self, offset: int) -> None:
        """As long as that does not make many times the file's length to read."""
        self._again -= self.offset - offset
        if self._again < 0:
            return
        self._stream.seek(offset)
        self._buffer.clear()
        self.offset = offset


class _Packed(_Flow):
    """A .warc.gz: gzip packs ("members") one after another, by custom one for each record."""

    def __init__(self, stream: BinaryIO, expansion: int) -> None:
        super().__init__(stream)
        self._expansion = expansion
        self._at = 0  # of the pack
        self._read = 0  # bytes of the file that the unpacker has used, in this pack
        self._given = 0
        self._unpacker = zlib.decompressobj(31)
        self._ended = False  # between two packs, the next of which begins a record

    def place(self) -> int:
        return self._at

    def go_back(self, offset: int) -> None:
        """Packed bytes are not unpacked twice; what follows in this pack, and the packs after it, are read."""

    def next_pack(self) -> None:
        self._ended = False

    def _more(self) -> bytes:
        while not self._ended:
            if self._unpacker.eof:
                self._begin_next()
                continue
            data = self._unpacker.unconsumed_tail or self._stream.read(_PIECE)
            if not data:
                if self._read == 0:
                    return b""
                self._tear("the gzip pack is cut", TORN)
            try:
                piece = self._unpacker.decompress(data, _PIECE)
            except zlib.error as error:
                self._read += 1
                self._tear(f"the gzip pack is damaged ({error})", TORN)
            # At the end of a pack zlib may name what follows in both places.
            left = self._unpacker.unused_data if self._unpacker.eof else self._unpacker.unconsumed_tail
            self._read += len(data) - len(left)
            self._given += len(piece)
            if self._given > max(MIB, self._expansion * self._read):
                self._tear(f"it unpacks to more than {self._expansion} times its size (IMPORT_EXPANSION)", "expansion")
            if piece:
                return piece
        return b""

    def _begin_next(self) -> None:
        """The pack that follows this one; a record that begins with it ends what is read from the one before."""
        self._open(self._at + self._read)
        peeked = self._first_bytes(self._stream.read(1024))
        self._stream.seek(self._at)
        self._ended = peeked == _START

    def _open(self, at: int) -> None:
        self._stream.seek(at)
        self._at, self._read, self._given = at, 0, 0
        self._unpacker = zlib.decompressobj(31)

    def _tear(self, reason: str, code: str) -> None:
        """Drop what is unpacked and go to the next pack that begins a record. Raises BrokenError."""
        broken = BrokenError(self._at, reason, code)
        self._buffer.clear()
        self._seek_pack(self._at + 1)
        raise broken

    def _seek_pack(self, at: int) -> None:
        self._stream.seek(at)
        window = b""
        while block := self._stream.read(_PIECE):
            window += block
            start = 0
            while (found := window.find(_GZIP, start)) >= 0:
                here = at + found
                self._stream.seek(here)
                if self._first_bytes(self._stream.read(1024)) == _START:
                    self._open(here)
                    return
                start = found + 1
            keep = len(_GZIP) - 1
            at += len(window) - keep
            window = window[-keep:]
            self._stream.seek(at + keep)
        self._open(at + len(window))

    def _first_bytes(self, data: bytes) -> bytes:
        try:
            return zlib.decompressobj(31).decompress(data, len(_START))
        except zlib.error:
            return b""
