"""Parquet and Arrow files, and data sets made of them: a row is an article."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from corpus.readers.arrow_stream import BombError, CheckedStream
from corpus.readers.columns import Preview, guess_columns, mapping_for
from corpus.readers.nested import at
from corpus.readers.options import DEFAULTS, KIB, MIB, Limits, ReadOptions
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

_MOST_ROWS = 1024
_BATCH_BYTES = 8 * MIB
_METADATA_BYTES = 16 * MIB
# A string that is longer than so many records is not even looked at.
_ENTRY_RECORDS = 16
_PARQUET = b"PAR1"
# What pyarrow raises for bytes that are no such file; all in memory, so OSError does not mean the disk.
_DAMAGED = (pa.ArrowException, OSError, ValueError, MemoryError, KeyError, TypeError, OverflowError)

type Piece = pa.RecordBatch | _Left


@dataclass(frozen=True, slots=True)
class _Left:
    """Rows that are not read, and why."""

    rows: int
    error: BadFieldError


def read_parquet(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """A row or a rejection for each row, numbered from 1 through all files of a split; a broken file or group of rows is one."""
    rows = 0
    for part in source.files:
        with part.open() as stream:
            try:
                table = _opened(stream, options.limits)
                mapping = mapping_for(table.columns, options.columns, fits=table.fits)
                table.check_types(mapping)
            except BadFieldError as bad:
                yield Rejection(part.name, None, bad.field, bad.code, bad.message)
                continue
            empty = True
            budget = max(table.size * options.limits.expansion, 32 * options.limits.record_bytes)
            for piece in table.pieces(sorted(set(mapping.values())), options.limits):
                empty = False
                if isinstance(piece, _Left):
                    yield Rejection(source.name, rows + 1, piece.error.field, piece.error.code, piece.error.message)
                    rows += piece.rows
                    continue
                for outcome in _rows(piece, table, mapping, source.name, rows, options.limits):
                    yield outcome
                    if isinstance(outcome, ImportRow):
                        budget -= len(outcome.fields["text"])
                    if budget < 0:
                        yield Rejection(
                            part.name,
                            outcome.line,
                            "",
                            "expansion",
                            _unpacks_to_more(options.limits, "What follows in it was left out") + ".",
                        )
                        return
                rows += piece.num_rows
            if empty:
                yield Rejection(part.name, None, "", "empty_file", "The file holds no row. Leave it out.")


def preview_parquet(source: Source, options: ReadOptions, rows: int) -> Preview:
    """All columns, those within structs by dotted names, and the first rows. Raises BadFieldError."""
    with source.files[0].open() as stream:
        table = _opened(stream, options.limits)
        shown: list[tuple[str, ...]] = []
        for piece in table.pieces(table.columns, options.limits):
            if isinstance(piece, _Left):
                raise piece.error
            cells = [table.cells(piece, column) for column in table.columns]
            for row in range(min(piece.num_rows, rows - len(shown))):
                shown.append(tuple(_shown(cell, row) for cell in cells))
            if len(shown) == rows:
                break
        return Preview(
            columns=tuple(table.columns),
            rows=tuple(shown),
            guessed=guess_columns(table.columns, fits=table.fits),
        )


def _shown(cell: Callable[[int], object], row: int) -> str:
    try:
        value = cell(row)
    except BadFieldError as bad:
        return bad.code
    return excerpt_of("" if value is None else str(value))


def _rows(
    batch: pa.RecordBatch, table: _Table, mapping: Mapping[str, str], name: str, before: int, limits: Limits
) -> Iterator[ImportRow | Rejection]:
    doubtful = [field for field, column in mapping.items() if _longest(batch, column) > limits.record_bytes]
    cells = {field: table.cells(batch, column) for field, column in mapping.items()}
    for row in range(batch.num_rows):
        line = before + row + 1
        try:
            for field in doubtful:
                _check_size(batch, field, mapping[field], row, limits)
            yield row_from({field: _plain(field, cell(row)) for field, cell in cells.items()}, source=name, line=line)
        except BadFieldError as bad:
            yield Rejection(name, line, bad.field, bad.code, bad.message)


def _longest(batch: pa.RecordBatch, column: str) -> int:
    """Bytes of the longest string of the column; of structs, of all of it."""
    array = batch.column(column) if column in batch.schema.names else None
    if array is None:
        return int(batch.nbytes)
    return _longest_of(array.dictionary if isinstance(array, pa.DictionaryArray) else array)


def _check_size(batch: pa.RecordBatch, field: str, column: str, row: int, limits: Limits) -> None:
    """Raises BadFieldError before the string is made."""
    if column not in batch.schema.names:
        return
    array = batch.column(column).slice(row, 1)
    size = _longest(pa.RecordBatch.from_arrays([_decoded(array)], [column]), column)
    if size > limits.record_bytes:
        raise BadFieldError(
            field,
            "too_large",
            f"The column {excerpt_of(column)[:50]!r} holds {size // KIB} kB in this row, more than {limits.record_bytes // KIB} kB: "
            "too long for one article. Shorten it or leave the row out.",
        )


def _decoded(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def _plain(field: str, value: object) -> object:
    """What the other formats have: dates as ISO 8601; a whole number as id, as in JSON; an empty text for none."""
    if value is None and field == "text":
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        if math.isnan(value):
            return None  # pandas writes missing numbers so
        if field == "id" and value.is_integer():
            return int(value)
    return value


class _Table:
    """An open file: its columns, and its rows piece by piece."""

    def __init__(self, schema: pa.Schema, size: int, pieces: Callable[[list[str], Limits], Iterator[Piece]]) -> None:
        self.size = size
        self.pieces = pieces
        self._types = dict(_leaves(schema))
        self.columns = list(self._types)
        self._names = _class_names(schema)

    def fits(self, field: str, column: str) -> bool:
        """Whether values of the column's type can be the field's."""
        kind = self._types[column]
        if _is_text(kind) or types.is_null(kind) or column in self._names:
            return True
        if field == "id":
            return types.is_integer(kind) or types.is_floating(kind)
        return field == "published" and (types.is_timestamp(kind) or types.is_date(kind))

    def check_types(self, mapping: Mapping[str, str]) -> None:
        """Raises BadFieldError."""
        for field, column in mapping.items():
            if not self.fits(field, column):
                raise BadFieldError(
                    field,
                    "not_a_string",
                    f'The column {excerpt_of(column)[:50]!r} holds {excerpt_of(str(self._types[column]))[:50]}, which "{field}" '
                    f"cannot be. Name another: --column {field}=COLUMN, or --column {field}= for none.",
                )

    def cells(self, batch: pa.RecordBatch, column: str) -> Callable[[int], object]:
        """The cell of a row as Python has it; class numbers by their names. It raises BadFieldError."""
        whole = batch.column(column) if column in batch.schema.names else None
        array = None if whole is None else _readable(whole)
        names = self._names.get(column)

        def cell(row: int) -> object:
            try:
                value = at(batch.slice(row, 1).to_pylist()[0], column) if array is None else array[row].as_py()
            except _DAMAGED:
                raise BadFieldError(
                    "",
                    "bad_value",
                    f"The value of column {excerpt_of(column)[:50]!r} cannot be read. Correct or omit it.",
                ) from None
            if names is not None and isinstance(value, int):
                return names[value] if 0 <= value < len(names) else None
            return value

        return cell


def _readable(array: pa.Array) -> pa.Array:
    """Times in microseconds and UTC: nanoseconds need pandas, zones need a table of zones."""
    if types.is_timestamp(array.type):
        return array.cast(pa.timestamp("us", tz="UTC" if array.type.tz else None), safe=False)
    return array


def _leaves(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    """Columns by dotted name; a name that stands twice is left out, since nothing could tell the two apart."""
    waiting = [("", field) for field in schema]
    seen: dict[str, pa.DataType | None] = {}
    while waiting:
        prefix, field = waiting.pop(0)
        name = f"{prefix}{field.name}"
        if types.is_struct(field.type):
            waiting += [(f"{name}.", inner) for inner in field.type]
        else:
            seen[name] = None if name in seen else field.type
    return ((name, kind) for name, kind in seen.items() if kind is not None)


def _is_text(kind: pa.DataType) -> bool:
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(_is_text(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Names of the numbers in Hugging Face's ClassLabel columns."""
    try:
        info = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = info["info"]["features"].items()
        return {
            name: [str(one) for one in feature["names"]]
            for name, feature in features
            if feature.get("_type") == "ClassLabel" and isinstance(feature["names"], list)
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _opened(stream: BinaryIO, limits: Limits) -> _Table:
    """Raises BadFieldError where the bytes are neither Parquet nor Arrow."""
    start = stream.read(len(_PARQUET))
    stream.seek(0, 2)
    size = stream.tell()
    stream.seek(0)
    if size > limits.file_bytes:
        raise BadFieldError(
            "", "too_large", f"The file is larger than {limits.file_bytes // MIB} MB (IMPORT_FILE_MIB). Split it."
        )
    with _damage_named("The file"):
        return _parquet(stream, size) if start == _PARQUET else _arrow(stream, size, limits)


@contextmanager
def _damage_named(what: str) -> Iterator[None]:
    try:
        yield
    except BadFieldError:
        raise
    except BombError as bomb:
        raise BadFieldError("", bomb.code, str(bomb)) from None
    except _DAMAGED as error:
        reason = excerpt_of(str(error) or type(error).__name__)[:150].rstrip(". ")
        raise BadFieldError(
            "", "damaged", f"{what} cannot be read as Parquet or Arrow: {reason}. Write it again from its source."
        ) from None


def _parquet(stream: BinaryIO, size: int) -> _Table:
    bounds = {
        "thrift_string_size_limit": _METADATA_BYTES,
        "thrift_container_size_limit": 1_000_000,
        "pre_buffer": False,
    }
    file = pq.ParquetFile(stream, **bounds)
    strings = [column.path for column in file.schema if column.physical_type == "BYTE_ARRAY"]
    probe = pq.ParquetFile(stream, metadata=file.metadata, read_dictionary=strings, **bounds)

    def pieces(columns: list[str], limits: Limits) -> Iterator[Piece]:
        metadata = file.metadata
        done = 0
        for group in range(metadata.num_row_groups):
            rows = max(0, metadata.row_group(group).num_rows)
            read = 0
            try:
                with _damage_named(f"The group of rows that begins with row {done + 1}"):
                    unpacked = _check_group(metadata.row_group(group), columns, done, limits)
                    longest = unpacked // max(rows, 1)
                    if unpacked * min(rows, _MOST_ROWS) > _BATCH_BYTES:
                        longest = max(longest, _longest_entry(probe, group, columns, done, limits))
                    each = min(_MOST_ROWS, max(1, _BATCH_BYTES // max(longest, 1)))
                    for batch in file.iter_batches(each, row_groups=[group], columns=columns, use_threads=False):
                        read += batch.num_rows
                        if batch.num_rows:
                            yield batch
            except BadFieldError as bad:
                yield _Left(max(rows - read, 0), bad)
            done += rows

    return _Table(file.schema_arrow, size, pieces)


def _check_group(group: pq.RowGroupMetaData, columns: list[str], done: int, limits: Limits) -> int:
    """Bytes that the columns unpack to. Raises BadFieldError before anything is."""
    total = 0
    for index in range(group.num_columns):
        chunk = group.column(index)
        path = chunk.path_in_schema
        if not any(path == column or path.startswith(f"{column}.") for column in columns):
            continue
        packed, unpacked = chunk.total_compressed_size, chunk.total_uncompressed_size
        if unpacked > max(limits.record_bytes, limits.expansion * max(packed, 1)):
            message = _unpacks_to_more(limits, f"{_named(done, group.num_rows)} left out")
            raise BadFieldError("", "expansion", f"{message} (column {excerpt_of(path)[:50]!r}).")
        total += max(unpacked, 0)
    return total


def _longest_entry(probe: pq.ParquetFile, group: int, columns: list[str], done: int, limits: Limits) -> int:
    """Bytes of the longest string that the group's dictionaries hold, found by reading one row as a dictionary.

    A million rows may name it, and would each be given a copy: so many are never read at once. Raises BadFieldError.
    """
    batch = next(probe.iter_batches(1, row_groups=[group], columns=columns, use_threads=False), None)
    lengths = [_longest_of(found) for column in batch.columns for found in _dictionaries(column)] if batch else []
    longest = max(lengths, default=0)
    if longest > _ENTRY_RECORDS * limits.record_bytes:
        raise BadFieldError(
            "",
            "too_large",
            f"The group of rows that begins with row {done + 1} holds a string of {longest // MIB} MB, and was left out. "
            "Shorten it, or write it into a group of its own.",
        )
    return longest


def _dictionaries(array: pa.Array) -> Iterator[pa.Array]:
    if isinstance(array, pa.DictionaryArray):
        yield array.dictionary
    elif isinstance(array, pa.StructArray):
        for index in range(array.type.num_fields):
            yield from _dictionaries(array.field(index))
    elif isinstance(array, pa.ListArray | pa.LargeListArray):
        yield from _dictionaries(array.values)


def _longest_of(strings: pa.Array) -> int:
    return int(pc.max(pc.binary_length(strings)).as_py() or 0) if _is_binary(strings.type) else 0


def _named(done: int, rows: int) -> str:
    return f"Its row {done + 1} was" if rows == 1 else f"Its rows {done + 1} to {done + rows} were"


def _unpacks_to_more(limits: Limits, consequence: str) -> str:
    return (
        f"The file unpacks to more than {limits.expansion} times its size (IMPORT_EXPANSION), as bombs do. {consequence}. "
        "If it is what it should be, write it uncompressed"
    )


def _arrow(stream: BinaryIO, size: int, limits: Limits) -> _Table:
    reader = pa.ipc.open_stream(CheckedStream(stream, size, limits))

    def pieces(_columns: list[str], _limits: Limits) -> Iterator[Piece]:
        done = 0
        try:
            with _damage_named("The file"):
                for batch in reader:
                    for start in range(0, batch.num_rows, _MOST_ROWS):
                        yield batch.slice(start, _MOST_ROWS)
                    done += batch.num_rows
        except BadFieldError as bad:
            more = f" What follows row {done} was left out." if done else ""
            yield _Left(0, BadFieldError(bad.field, bad.code, bad.message + more))

    return _Table(reader.schema, size, pieces)
