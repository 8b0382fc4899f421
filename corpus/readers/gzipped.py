"""Files packed by gzip, read as what they hold: unpacked as they are read, and never further than the limits."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from corpus.readers.options import MIB, Limits
from corpus.readers.source import Source

_MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's wbits for gzip with the largest window
_BLOCK = 1 << 16
# Below this the ratio of unpacked to packed bytes says nothing.
_RATIO_FROM = MIB


class PackedError(OSError):
    """A packed file that is not read on; the rows before that place stand."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def unpacked(source: Source, limits: Limits) -> Source:
    """A source of what the file holds, if it begins like gzip's; reading it may raise PackedError. Else itself."""
    with source.open() as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            return source

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with source.open() as stream, io.BufferedReader(_Inflating(stream, limits), _BLOCK) as inflated:
            yield inflated

    return replace(source, open=opened, size=0)


class _Inflating(io.RawIOBase):
    """One gzip member after another; what is packed is read in blocks, what is unpacked is never more than was asked for."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._packed = 0
        self._unpacked = 0
        self._waiting = b""
        self._member = zlib.decompressobj(_GZIP)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Raises PackedError."""
        while True:
            if self._member.eof and not self._next_member():
                return 0
            if not self._waiting:
                self._waiting = self._stream.read(_BLOCK)
                self._packed += len(self._waiting)
            try:
                data = self._member.decompress(self._waiting, len(buffer))
            except zlib.error as error:
                raise _damaged(str(error).rstrip(".")) from None
            ended = not self._waiting and not data and not self._member.eof
            self._waiting = self._member.unconsumed_tail or self._member.unused_data
            if ended:
                raise _damaged("it ends in the middle")
            if data:
                self._unpacked += len(data)
                self._check()
                buffer[: len(data)] = data
                return len(data)

    def _next_member(self) -> bool:
        """Whether another follows; padding with zeros is none."""
        self._waiting = self._waiting.lstrip(b"\x00")
        while not self._waiting:
            block = self._stream.read(_BLOCK)
            if not block:
                return False
            self._packed += len(block)
            self._waiting = block.lstrip(b"\x00")
        self._member = zlib.decompressobj(_GZIP)
        return True

    def _check(self) -> None:
        limits = self._limits
        if self._unpacked > max(_RATIO_FROM, limits.expansion * self._packed):
            raise PackedError(
                "expansion",
                f"The file unpacks to more than {limits.expansion} times its size (IMPORT_EXPANSION), as bombs do; what follows "
                "was left out. If it is what it should be, import it unpacked.",
            )
        if self._unpacked > limits.file_bytes:
            raise PackedError(
                "too_large",
                f"The file unpacks to more than {limits.file_bytes // MIB} MB (IMPORT_FILE_MIB); what follows was left out. "
                "Split it.",
            )


def _damaged(reason: str) -> PackedError:
    return PackedError(
        "damaged",
        f"The packed file is damaged: {reason}. What follows was left out. Pack it again from the original file.",
    )
