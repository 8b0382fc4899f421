"""JSON Lines: a line is an article."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from corpus.readers.options import DEFAULTS, KIB, ReadOptions
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

_MAX_DIGITS = 400  # no field is a number but id; a longer one costs quadratic time


def read_jsonl(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """A row or a rejection for each line that is not blank; a broken line does not stop the ones after it."""
    most = options.limits.record_bytes
    found = False
    with source.open() as stream:
        for number, line in _lines(stream, most):
            if line is not None and not line.strip():
                continue
            found = True
            try:
                if line is None:
                    raise BadFieldError(
                        "",
                        "too_large",
                        f"The line is longer than {most // KIB} kB. One line holds one article.",
                    )
                record = _parse(_decoded(line, number, options.encoding))
                yield row_from(record, source=source.name, line=number)
            except BadFieldError as bad:
                shown = excerpt_of((line or b"")[:400].decode("utf-8", "replace"))
                yield Rejection(source.name, number, bad.field, bad.code, bad.message, shown)
                if bad.code == "not_utf8_lines":
                    return
    if not found:
        yield Rejection(source.name, None, "", "empty_file", "The file holds no record. Write one JSON object a line.")


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
