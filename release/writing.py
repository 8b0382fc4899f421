"""Files with the same bytes for the same content: JSON with sorted keys and LF, hashed while they are written."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from release.columns import as_json

# Legal inside a JSON string, but line ends to str.splitlines and to some readers of JSON Lines.
_LINE_ENDS = (("\u2028", "\\u2028"), ("\u2029", "\\u2029"), ("\x85", "\\u0085"))


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What the manifest says of a file. ``records`` counts the lines of a data file and is None for others."""

    path: str
    sha256: str
    bytes: int
    records: int | None


def line_of(text: str) -> bytes:
    """JSON as lines of a file: the only line ends are those between and after."""
    if not text.isascii():
        for end, escape in _LINE_ENDS:
            if end in text:
                text = text.replace(end, escape)
    return text.encode() + b"\n"


def pretty(content: object) -> str:
    """A JSON file for people: sorted keys, two spaces, final newline."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


class RecordFile:
    """Writes records of one class as JSON Lines; ``written`` says what came of it once it is closed."""

    def __init__(self, root: Path, path: str, record: type) -> None:
        self._path = path
        self._json = as_json(record)
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.records = 0
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        self._file = (root / path).open("xb", buffering=1 << 20)

    def write(self, record: Any) -> None:
        self.write_all([record])

    def write_all(self, records: Sequence[Any]) -> None:
        if not records:
            return
        lines = line_of("\n".join(map(self._json, records)))
        self._hash.update(lines)
        self._bytes += len(lines)
        self.records += len(records)
        self._file.write(lines)

    @property
    def written(self) -> WrittenFile:
        return WrittenFile(self._path, self._hash.hexdigest(), self._bytes, self.records)

    def close(self) -> None:
        """On disk when this returns."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        self._file.close()


class FileSet:
    """Many small files, or files that grow in turn, none of which is held open.

    They are not synced one by one, which would take longer than to write them: see :func:`sync_everything`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._hashes: dict[str, Any] = {}
        self._bytes: dict[str, int] = {}

    def write(self, path: str, content: str | bytes) -> None:
        """A file as a whole. Raises FileExistsError."""
        self._put(path, content, "xb")

    def append(self, path: str, content: str | bytes) -> None:
        """The end of a file, which is made if it is new."""
        self._put(path, content, "ab" if path in self._hashes else "xb")

    def _put(self, path: str, content: str | bytes, mode: str) -> None:
        data = content.encode() if isinstance(content, str) else content
        if path not in self._hashes:
            (self._root / path).parent.mkdir(parents=True, exist_ok=True)
        with (self._root / path).open(mode) as file:
            file.write(data)
        self._hashes.setdefault(path, hashlib.sha256()).update(data)
        self._bytes[path] = self._bytes.get(path, 0) + len(data)

    def written(self) -> list[WrittenFile]:
        """By path."""
        return [
            WrittenFile(path, self._hashes[path].hexdigest(), self._bytes[path], None) for path in sorted(self._hashes)
        ]


def sync_everything() -> None:
    """Have the system write all it holds back: one call for thousands of small files."""
    os.sync()


def write_text(root: Path, path: str, content: str) -> WrittenFile:
    """One file as a whole, on disk when this returns. Refuses to replace a file."""
    data = content.encode()
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return WrittenFile(path, hashlib.sha256(data).hexdigest(), len(data), None)


def sync_directory(directory: Path) -> None:
    """Make names written in ``directory`` survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
