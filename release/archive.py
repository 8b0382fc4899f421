"""A release as one .zip, the same bytes every time, streamed without a temporary file."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the first a .zip can name
PIECE = 1 << 18


class _Outbox:
    """A file that cannot be sought: what is written waits to be taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data


def zipped(root: Path, folder: str) -> Iterator[bytes]:
    """The files under ``root`` in ``folder/`` of an archive, by path."""
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:  # type: ignore[call-overload]
        for file in sorted(root.rglob("*"), key=lambda path: path.relative_to(root).as_posix()):
            if not file.is_file():
                continue
            entry = zipfile.ZipInfo(f"{folder}/{file.relative_to(root).as_posix()}", FIXED_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, whatever system this is
            with archive.open(entry, "w", force_zip64=True) as target, file.open("rb") as source:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield outbox.take()
    yield outbox.take()
