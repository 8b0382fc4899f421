"""JSON Lines: a line is an article."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from corpus.readers.columns import Preview, check_fields, guess_columns
from corpus.readers.nested import at, flattened
from corpus.readers.options import DEFAULTS, KIB, ReadOptions
from corpus.readers.rows import FIELDS, BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

PREVIEW_TRIES = 100  # lines looked at for a preview beside those shown
_MAX_DIGITS = 400  # no field is a number but id; a longer one costs quadratic time


def read_jsonl(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """A row or a rejection for each line that is not blank; a broken line does not stop the ones after it."""
    found = False
    try:
        check_fields(options.columns)
    except BadFieldError as bad:
        yield Rejection(source.name, None, bad.field, bad.code, bad.message)
        return
    with source.open() as stream:
        for number, line in _lines(stream, options.limits.record_bytes):
            if line is not None and not line.strip():
                continue
            found = True
            try:
                yield row_from(_values(_record(line, number, options), options), source=source.name, line=number)
            except BadFieldError as bad:
                shown = excerpt_of((line or b"")[:400].decode("utf-8", "replace"))
                yield Rejection(source.name, number, bad.field, bad.code, bad.message, shown)
                if bad.code == "not_utf8_lines":
                    return
    if not found:
        yield Rejection(source.name, None, "", "empty_file", "The file holds no record. Write one JSON object a line.")


def preview_jsonl(source: Source, options: ReadOptions, rows: int) -> Preview:
    """The fields of the first records that are whole, those within objects by dotted names.

    Raises BadFieldError, of the first line, where there is none.
    """
    shown: list[dict[str, str]] = []
    first_error = BadFieldError("", "empty_file", "The file holds no record. Write one JSON object a line.")
    with source.open() as stream:
        for number, line in _lines(stream, options.limits.record_bytes):
            if len(shown) == rows or number > rows + PREVIEW_TRIES:
                break
            if line is not None and not line.strip():
                continue
            try:
                record = flattened(_record(line, number, options))
                shown.append({name: excerpt_of("" if value is None else str(value)) for name, value in record.items()})
            except BadFieldError as bad:
                first_error = bad if first_error.code == "empty_file" else first_error
    if not shown:
        raise first_error
    columns = tuple(dict.fromkeys(name for record in shown for name in record))
    return Preview(
        columns=columns,
        rows=tuple(tuple(record.get(column, "") for column in columns) for record in shown),
        guessed=guess_columns(columns),
        encoding="utf-8",
    )


def _record(line: bytes | None, number: int, options: ReadOptions) -> dict[str, Any]:
    """Raises BadFieldError; ``line`` is None where it was too long to be held."""
    limits = options.limits
    if line is None:
        raise BadFieldError(
            "", "too_large", f"The line is longer than {limits.record_bytes // KIB} kB. One line holds one article."
        )
    record = _parse(_decoded(line, number, options.encoding))
    if _is_deeper(record, limits.depth):
        raise _too_deep(limits.depth)
    return record


def _values(record: dict[str, Any], options: ReadOptions) -> dict[str, Any]:
    """Our fields: under their own names, or where ``options.columns`` says; "" leaves a field out."""
    if not options.columns:
        return record
    values = {name: record[name] for name in FIELDS if name in record and name not in options.columns}
    for name, column in options.columns.items():
        if column:
            values[name] = at(record, column)
    column = options.columns.get("text", "")
    if column and values["text"] is None:
        raise BadFieldError(
            "text",
            "missing_text",
            f'The record has no "{excerpt_of(column)[:50]}", which holds the text of the others (its fields: '
            f"{excerpt_of(', '.join(flattened(record))) or 'none'}). Fill it or leave the record out.",
        )
    return values


def _is_deeper(value: object, depth: int) -> bool:
    """Whether objects and lists stand in each other more than ``depth`` times. Goes level by level: no recursion."""
    level = [value]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _too_deep(depth: int) -> BadFieldError:
    return BadFieldError(
        "",
        "too_deep",
        f"Objects and lists stand in each other more than {depth} times. A record is one flat object.",
    )


def _lines(stream: BinaryIO, most: int) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one over the limit, which is skipped without being held in memory."""
    number = 0
    while line := stream.readline(most + 1):
        number += 1
        if len(line) <= most:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(most)
        yield number, None


def _decoded(line: bytes, number: int, encoding: str) -> str:
    if number == 1:
        if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise BadFieldError("", "not_utf8_lines", "The file is UTF-16; JSON Lines are UTF-8. Save it as UTF-8.")
        line = line.removeprefix(codecs.BOM_UTF8)
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            try:
                return line.decode(encoding)
            except UnicodeDecodeError:
                pass
        raise BadFieldError(
            "",
            "wrong_encoding",
            f"Byte {error.start} of the line is not UTF-8{f' and not {encoding}' if encoding else ''}. Save the file as UTF-8 or "
            "say another --encoding.",
        ) from None


def _parse(line: str) -> dict[str, Any]:
    try:
        record = json.loads(
            line, object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=float
        )
    except RecursionError:
        raise BadFieldError("", "too_deep", "The record is nested too deeply. A record is one flat object.") from None
    except json.JSONDecodeError as error:
        raise BadFieldError(
            "", "bad_json", f"Not JSON at column {error.colno}: {error.msg}. Each line must be one whole JSON object."
        ) from None
    if not isinstance(record, dict):
        raise BadFieldError("", "not_an_object", 'The line is JSON but no object. Write {"text": "…"}.')
    return record


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, value in pairs:
        if name in record:
            raise BadFieldError(
                _field(name), "duplicate_key", f"The field {_field(name)!r} stands twice in the record. Keep one."
            )
        record[name] = value
    return record


def _field(name: str) -> str:
    return excerpt_of(name)[:50]


def _constant(name: str) -> NoReturn:
    raise BadFieldError("", "not_a_number", f"{name} is not JSON. Write null or leave the field out.")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise BadFieldError(
            "", "huge_number", f"A number of {len(digits)} digits. Put it in quotes or leave the field out."
        )
    return int(digits)
