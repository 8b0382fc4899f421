"""CSV, TSV and their like: a header row, then a row for each article."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from corpus.readers.columns import Preview, guess_columns, mapping_for
from corpus.readers.csv_records import Dialect, Lines, Record, RecordTooLargeError, records
from corpus.readers.encoded import MARKED, encoding_of, opened_as_text
from corpus.readers.options import DEFAULTS, ReadOptions
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_HEADER_LIMIT = 1 << 16


def read_csv(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """A row or a rejection for each record below the header; a broken record does not stop the ones after it."""
    with _table(source, options) as table:
        try:
            mapping = table.mapping(options.columns)
        except BadFieldError as bad:
            yield Rejection(source.name, table.line, bad.field, bad.code, bad.message, table.excerpt)
            return
        position = {field: table.header.index(column) for field, column in mapping.items()}
        found = False
        for record in table.records:
            if not record.error and not any(cell.strip() for cell in record.cells):
                continue
            found = True
            try:
                yield _row(record, table, position, source.name)
            except BadFieldError as bad:
                shown = record.excerpt or excerpt_of(table.dialect.delimiter.join(record.cells)[:400])
                yield Rejection(source.name, record.line, bad.field, bad.code, bad.message, shown)
        if not found:
            yield Rejection(
                source.name, None, "", "empty_file", "The file holds no row below its header. Leave it out."
            )


def preview_csv(source: Source, options: ReadOptions, rows: int) -> Preview:
    """The header and the first rows that are whole. Raises BadFieldError where there is no header to read."""
    with _table(source, options) as table:
        table.check()
        shown: list[tuple[str, ...]] = []
        for record in table.records:
            if len(shown) == rows:
                break
            if any(cell.strip() for cell in record.cells):
                cells = [excerpt_of(cell) for cell in record.cells[: len(table.header)]]
                shown.append(tuple(cells + [""] * (len(table.header) - len(cells))))
        return Preview(
            columns=tuple(table.header),
            rows=tuple(shown),
            guessed=guess_columns(table.header),
            encoding=table.encoding,
            delimiter=table.dialect.delimiter,
        )


@dataclass(slots=True)
class _Table:
    """An open file behind its header. ``broken`` says why it has none."""

    header: list[str]
    line: int
    records: Iterator[Record]
    dialect: Dialect
    encoding: str
    asked: str
    excerpt: str
    broken: BadFieldError | None

    def check(self) -> None:
        """Raises BadFieldError where the header cannot be read."""
        if self.broken:
            raise self.broken
        joined = "".join(self.header)
        if "\x00" in joined:
            raise BadFieldError(
                "",
                "not_text",
                "The header holds NUL characters: this is no table in text, or it is UTF-16 without its mark. Save it as "
                "CSV in UTF-8, or say --encoding utf-16-le.",
            )
        if marked := MARKED.search(joined):
            raise self.wrong_encoding(marked[0], "the header")

    def mapping(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Our fields and their columns. Raises BadFieldError."""
        self.check()
        return mapping_for(self.header, columns)

    def wrong_encoding(self, mark: str, place: str) -> BadFieldError:
        byte = f"The byte 0x{ord(mark) - 0xDC00:02x} in {place} is not"
        if self.asked:
            return BadFieldError("", "wrong_encoding", f"{byte} {self.encoding}. Try another --encoding.")
        return BadFieldError(
            "",
            "wrong_encoding",
            f"{byte} {'UTF-16' if self.encoding == 'utf-16' else 'UTF-8'}. Say the file's encoding, e.g. --encoding cp1252, "
            "or save it as UTF-8.",
        )


@contextmanager
def _table(source: Source, options: ReadOptions) -> Iterator[_Table]:
    most = options.limits.record_bytes
    encoding = encoding_of(source, options.encoding)
    with opened_as_text(source, encoding) as text:
        lines = Lines(text, most)
        first = _first_line(lines)
        dialect = (
            Dialect(first[4]) if (said := _says_delimiter(first)) else _dialect(first, options.columns, source.name)
        )
        if not said:
            lines.push(first)
        rest = records(lines, dialect, most)
        head = next(rest, Record(1, [], BadFieldError("", "empty_file", "The file is empty. Leave it out.")))
        yield _Table(
            header=[cell.strip() for cell in head.cells],
            line=head.line,
            records=rest,
            dialect=dialect,
            encoding="utf-8" if encoding == "utf-8-sig" else encoding,
            asked=options.encoding,
            excerpt=head.excerpt or excerpt_of(dialect.delimiter.join(head.cells)[:400]),
            broken=head.error,
        )


def _first_line(lines: Lines) -> str:
    """The first line that is not blank, or as much of it as a header needs."""
    while (piece := lines.piece(_HEADER_LIMIT)) and not piece.strip():
        pass
    return piece


def _says_delimiter(line: str) -> bool:
    """Whether this is Excel's "sep=;", which stands before the header."""
    return line[:4].lower() == "sep=" and len(line.rstrip("\r\n")) == 5


def _dialect(header: str, columns: Mapping[str, str], name: str) -> Dialect:
    """The delimiter that makes most sense of the header: columns that were asked for, known names, then their number."""
    wanted = {column for column in columns.values() if column}

    def sense(delimiter: str) -> tuple[int, int, int, bool]:
        cells = _split(header, delimiter)
        return (
            len(wanted & set(cells)),
            len(guess_columns(cells)) if len(cells) > 1 else 0,
            len(cells),
            delimiter == usual,
        )

    usual = "\t" if name.lower().endswith((".tsv", ".tab", ".tsv.gz", ".tab.gz")) else ","
    best = max(DELIMITERS, key=sense)
    pieces = header.rstrip("\r\n").split(best)
    return Dialect(best, spaced=best != "\t" and len(pieces) > 1 and all(piece.startswith(" ") for piece in pieces[1:]))


def _split(header: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([header.rstrip("\r\n")], delimiter=delimiter), [])]


def _row(record: Record, table: _Table, position: Mapping[str, int], source: str) -> ImportRow:
    """Raises BadFieldError."""
    if record.error:
        if isinstance(record.error, RecordTooLargeError) and record.error.column < len(table.header):
            record.error.name_column(table.header[record.error.column])
            record.error.field = next((f for f, at in position.items() if at == record.error.column), "")
        raise record.error
    cells, expected = record.cells, len(table.header)
    if len(cells) < expected or any(cell.strip() for cell in cells[expected:]):
        raise BadFieldError(
            "",
            "too_few_cells" if len(cells) < expected else "too_many_cells",
            f"The row has {len(cells)} cells, the header {expected}. Put cells that hold a {_NAMES[table.dialect.delimiter]}, a "
            "quote or a line break in quotes.",
        )
    try:
        return row_from({field: cells[at] for field, at in position.items()}, source=source, line=record.line)
    except BadFieldError as bad:
        if bad.code == "lone_surrogate" and (marked := MARKED.search(cells[position[bad.field]])):
            raise table.wrong_encoding(marked[0], f"column {table.header[position[bad.field]]!r}") from None
        raise
