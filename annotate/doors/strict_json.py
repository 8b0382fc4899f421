"""JSON that can be trusted: no key twice, no NaN, no endless number, no depth that breaks the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from annotate.doors.records import BadFileError

_MAX_DIGITS = 400  # longer ones cost quadratic time, and no offset has as many


def parse(text: str, line: int | None = None) -> Any:
    """The value in ``text``. Raises BadFileError, which says where it broke."""
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer)
    except RecursionError:
        raise BadFileError(
            "", "too_deep", "Objects and lists stand in each other too deeply. Leave it out.", line
        ) from None
    except json.JSONDecodeError as error:
        where = f"column {error.colno}" if line is not None else f"line {error.lineno}, column {error.colno}"
        raise BadFileError("", "bad_json", f"Not JSON at {where}: {error.msg}. Write it again as JSON.", line) from None
    except BadFileError as bad:
        raise BadFileError(bad.field, bad.code, bad.message, line) from None


def lines(content: bytes) -> Iterator[tuple[int, str | BadFileError]]:
    """Numbered lines that are not blank, decoded; an error for one that is not UTF-8."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, line.decode("utf-8").removesuffix("\r")
        except UnicodeDecodeError as error:
            message = f"Byte {error.start} of the line is not UTF-8. Save the file as UTF-8."
            yield number, BadFileError("", "not_utf8", message, number)


def decoded(content: bytes) -> str:
    """A whole file as text, line ends as they are. Raises BadFileError."""
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadFileError("", "not_utf8", f"Byte {error.start} is not UTF-8. Save the file as UTF-8.") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, value in pairs:
        if name in record:
            raise BadFileError(name[:50], "duplicate_key", f"The key {name[:50]!r} stands twice. Keep one.")
        record[name] = value
    return record


def _constant(name: str) -> NoReturn:
    raise BadFileError("", "not_a_number", f"{name} is not JSON. Write null or leave it out.")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise BadFileError("", "huge_number", f"A number of {len(digits)} digits. Leave it out.")
    return int(digits)
