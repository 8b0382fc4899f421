"""Arrow's messages looked at before pyarrow unpacks them: what they claim to unpack to is held against the limits.

The layout is that of Arrow's IPC format (https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc)
and of FlatBuffers' tables; only the few fields needed are read.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from corpus.readers.options import MIB, Limits

_FILE_MAGIC = b"ARROW1\x00\x00"
_CONTINUES = 0xFFFFFFFF
_DICTIONARY, _RECORDS = 2, 3
# A batch is held whole: pyarrow and data sets write some MB in each.
_RECORDS_IN_A_BATCH = 256


class BombError(ValueError):
    """A message that would unpack to more than it may."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CheckedStream:
    """A file or stream of Arrow messages, given on as a stream. Raises BombError while it is read."""

    closed = False

    def __init__(self, stream: BinaryIO, size: int, limits: Limits) -> None:
        self._stream = stream
        self._left = size
        self._limits = limits
        self._message = memoryview(b"")
        if stream.read(len(_FILE_MAGIC)) == _FILE_MAGIC:
            self._left -= len(_FILE_MAGIC)
        else:
            stream.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """The stream has another owner."""

    def read(self, n: int = -1) -> bytes:
        """At most ``n`` bytes, never more than the rest of a message."""
        if not self._message:
            self._message = memoryview(self._next())
        given = self._message if n < 0 else self._message[:n]
        self._message = self._message[len(given) :]
        return bytes(given)

    def _next(self) -> bytes:
        head = self._take(8)
        if len(head) < 8:
            return head
        mark, length = struct.unpack("<Ii", head)
        if mark != _CONTINUES:
            raise BombError("damaged", "The file is neither Parquet nor Arrow. Write it again from its source.")
        if length <= 0:
            return head  # the end
        metadata = self._take(length)
        try:
            body_length, buffers = _claims(metadata)
        except (struct.error, IndexError, OverflowError):
            raise BombError("damaged", "A message in the file is damaged. Write it again from its source.") from None
        most = _RECORDS_IN_A_BATCH * self._limits.record_bytes
        if body_length > most:
            raise BombError(
                "too_large",
                f"The file holds its rows in batches of over {most // MIB} MB. Write it with smaller ones, or as Parquet.",
            )
        body = self._take(body_length)
        unpacked = sum(_unpacked(body, start, size) for start, size in buffers)
        if unpacked > min(most, max(self._limits.record_bytes, self._limits.expansion * max(len(body), 1))):
            raise BombError(
                "expansion",
                f"The file unpacks to more than {self._limits.expansion} times its size (IMPORT_EXPANSION) or to more than "
                f"{most // MIB} MB a batch. If it is what it should be, write it uncompressed or in smaller batches.",
            )
        return head + metadata + body

    def _take(self, n: int) -> bytes:
        """As many of the bytes as are left: a length that lies takes no memory."""
        data = self._stream.read(max(0, min(n, self._left)))
        self._left -= len(data)
        return data


def _unpacked(body: bytes, start: int, size: int) -> int:
    """What the buffer says before its first byte; -1 is for one that is not compressed."""
    if size < 8 or start < 0 or start + 8 > len(body):
        return 0
    return max(0, int(struct.unpack_from("<q", body, start)[0]))


def _claims(metadata: bytes) -> tuple[int, list[tuple[int, int]]]:
    """The length of the body that follows, and where its compressed buffers lie in it. Raises struct.error."""
    message = _follow(metadata, 0)
    kind_at, header_at, length_at = (_field(metadata, message, index) for index in (1, 2, 3))
    body_length = struct.unpack_from("<q", metadata, length_at)[0] if length_at else 0
    kind = metadata[kind_at] if kind_at else 0
    if kind not in (_DICTIONARY, _RECORDS) or not header_at:
        return max(0, body_length), []
    batch = _follow(metadata, header_at)
    if kind == _DICTIONARY:
        batch = _follow(metadata, _field(metadata, batch, 1))
    buffers_at, compression_at = _field(metadata, batch, 2), _field(metadata, batch, 3)
    if not buffers_at or not compression_at:
        return max(0, body_length), []
    vector = _follow(metadata, buffers_at)
    (count,) = struct.unpack_from("<I", metadata, vector)
    if count > len(metadata) // 16:
        raise struct.error
    return max(0, body_length), [struct.unpack_from("<qq", metadata, vector + 4 + 16 * index) for index in range(count)]


def _follow(data: bytes, at: int) -> int:
    found = at + int(struct.unpack_from("<I", data, at)[0])
    if not 0 <= found < len(data):
        raise struct.error
    return found


def _field(data: bytes, table: int, index: int) -> int:
    """Where the table's field is; 0 where it is not there."""
    places = table - int(struct.unpack_from("<i", data, table)[0])
    if not 0 <= places < len(data):
        raise struct.error
    (size,) = struct.unpack_from("<H", data, places)
    if 4 + 2 * index >= size:
        return 0
    offset = int(struct.unpack_from("<H", data, places + 4 + 2 * index)[0])
    return table + offset if offset else 0
