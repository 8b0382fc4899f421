"""The records of articles, readings and units as Parquet: extra/parquet/NAME.parquet, typed, 5,000 records a group.

The same bytes for the same records and the same version of pyarrow, which signs its files. Agreement and annotators
are small and stay in JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from release import records
from release.columns import columns_of, is_record, rounded
from release.formats.registry import Book
from release.records import FILES, AggregatedSpan, Annotation, Article
from release.writing import WrittenFile, sha256_of

FOLDER = "extra/parquet"
GROUP = 5000
TYPES = {
    str: pa.string(),
    records.Time: pa.timestamp("s", tz="UTC"),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}


class ParquetWriter:
    """Keeps one group of each file in memory."""

    def __init__(self, root: Path, book: Book) -> None:  # noqa: ARG002
        self._root = root
        (root / FOLDER).mkdir(parents=True)
        names = ("articles", "annotations", "spans_aggregated")
        self._schemas = {name: schema_of(FILES[name]) for name in names}
        self._waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        self._counts = dict.fromkeys(names, 0)
        self._writers = {
            name: pq.ParquetWriter(root / self._path(name), schema, compression="zstd")
            for name, schema in self._schemas.items()
        }

    @staticmethod
    def _path(name: str) -> str:
        return f"{FOLDER}/{name}.parquet"

    def add(self, article: Article, annotations: Sequence[Annotation], units: Sequence[AggregatedSpan]) -> None:
        self._take("articles", [article])
        self._take("annotations", annotations)
        self._take("spans_aggregated", units)

    def _take(self, name: str, found: Iterable[Any]) -> None:
        waiting = self._waiting[name]
        waiting += [plain(record) for record in found]
        if len(waiting) >= GROUP:
            self._write(name)

    def _write(self, name: str) -> None:
        rows = self._waiting[name]
        self._counts[name] += len(rows)
        self._writers[name].write_table(pa.Table.from_pylist(rows, schema=self._schemas[name]))
        self._waiting[name] = []

    def close(self) -> list[WrittenFile]:
        written = []
        for name, writer in self._writers.items():
            if self._waiting[name]:
                self._write(name)
            writer.close()
            file = self._root / self._path(name)
            written.append(WrittenFile(self._path(name), sha256_of(file), file.stat().st_size, self._counts[name]))
        return written


def schema_of(record: type) -> pa.Schema:
    """The columns in the order of the record."""
    return pa.schema(_fields(record))


def _fields(record: type) -> list[pa.Field]:
    found = []
    for column in columns_of(record):
        kind = pa.struct(_fields(column.kind)) if is_record(column.kind) else TYPES[column.kind]
        found.append(pa.field(column.name, pa.list_(kind) if column.many else kind, nullable=column.nullable))
    return found


def plain(record: Any) -> dict[str, Any]:
    """A record and those inside it as dictionaries; times as pyarrow takes them, floats as the data files have them."""
    return {name: _plain(value) for name, value in record._asdict().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, records.Time):
        return records.moment_of(value)
    return plain(value) if isinstance(value, tuple) else value
