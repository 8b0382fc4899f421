"""How far the files of an import are read, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from corpus.readers.source import Source


class Meter:
    """Watches sources that are read one after the other; may be asked from another thread."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.total = sum(source.size for source in sources)
        self.sources: list[Source] = []
        self._before = 0
        self._stream: BinaryIO | None = None
        before = 0
        for source in sources:
            self.sources.append(self._watched(source, before))
            before += source.size

    def _watched(self, source: Source, before: int) -> Source:
        @contextmanager
        def opened() -> Iterator[BinaryIO]:
            with source.open() as stream:
                self._before, self._stream = before, stream
                try:
                    yield stream
                finally:
                    self._before, self._stream = before + source.size, None

        parts, start = [], before
        for part in source.parts:
            parts.append(self._watched(part, start))
            start += part.size
        return replace(source, open=opened, parts=tuple(parts))

    @property
    def read(self) -> int:
        """Bytes, of ``total``; a format that jumps about in its file makes this jump too."""
        before, stream = self._before, self._stream
        try:
            return min(before + (stream.tell() if stream is not None else 0), self.total)
        except (OSError, ValueError):
            return before
