"""What an import did, in memory that a million records do not fill."""

from __future__ import annotations

import json
import tempfile
import uuid
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import overload

from corpus.models import ImportBatch
from corpus.readers.rows import Rejection

_UUID_BYTES = 16
_IN_MEMORY = 1 << 20  # bytes of rejections before they go to a temporary file


@dataclass(frozen=True, slots=True)
class Seen:
    """How far an import is."""

    created: int = 0
    duplicates: int = 0
    rejected: int = 0

    @property
    def records(self) -> int:
        return self.created + self.duplicates + self.rejected


class PackedIds(Sequence[uuid.UUID]):
    """Uuids in 16 bytes each; equal to a list of the same."""

    def __init__(self, ids: Iterable[uuid.UUID] = ()) -> None:
        self._bytes = bytearray().join(one.bytes for one in ids)

    def append(self, one: uuid.UUID) -> None:
        self._bytes += one.bytes

    def __len__(self) -> int:
        return len(self._bytes) // _UUID_BYTES

    @overload
    def __getitem__(self, index: int) -> uuid.UUID: ...
    @overload
    def __getitem__(self, index: slice) -> PackedIds: ...
    def __getitem__(self, index: int | slice) -> uuid.UUID | PackedIds:
        places = range(len(self))[index]
        if isinstance(places, range):
            return PackedIds(self._at(place) for place in places)
        return self._at(places)

    def _at(self, place: int) -> uuid.UUID:
        return uuid.UUID(bytes=bytes(self._bytes[place * _UUID_BYTES : (place + 1) * _UUID_BYTES]))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} ids>"


class Rejections(Iterable[Rejection]):
    """Rejections in the order they were met; many of them wait in a temporary file. Equal to a list of the same."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self.codes: Counter[str] = Counter()

    def append(self, rejection: Rejection) -> None:
        self.codes[rejection.code] += 1
        self._file.seek(0, 2)
        self._file.write(json.dumps(asdict(rejection)) + "\n")

    def __len__(self) -> int:
        return self.codes.total()

    def __iter__(self) -> Iterator[Rejection]:
        self._file.seek(0)
        at = 0
        while True:
            # Each step finds its place again: another walk may be under way.
            self._file.seek(at)
            line = self._file.readline()
            if not line:
                return
            at = self._file.tell()
            yield Rejection(**json.loads(line))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Iterable) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} rejections: {dict(self.codes)}>"


@dataclass
class ImportResult:
    """What an import did. ``articles`` names created and matched ones in input order, each once.

    ``batch`` is None after a dry run, and ``articles`` then holds only those that were there before. ``missing`` counts
    created articles without an outlet, a date, a byline, a language. ``resembling`` are those of the ``duplicates`` that
    were left out since they are nearly the same as another article.
    """

    created: int = 0
    duplicates: int = 0
    rejected: Rejections = field(default_factory=Rejections)
    resembling: Rejections = field(default_factory=Rejections)
    articles: PackedIds = field(default_factory=PackedIds)
    missing: Counter[str] = field(default_factory=Counter)
    batch: ImportBatch | None = None

    @property
    def seen(self) -> Seen:
        return Seen(self.created, self.duplicates, len(self.rejected))


class Marks:
    """A set of primary keys, a bit for each number up to the largest."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, key: int) -> bool:
        """Whether it was not marked yet."""
        place, bit = key >> 3, 1 << (key & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        new = not self._bits[place] & bit
        self._bits[place] |= bit
        return new
