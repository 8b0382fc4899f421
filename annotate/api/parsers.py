"""JSON as RFC 8259 has it: no NaN, no doubled keys, valid UTF-8, of reasonable size and depth."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 20


class BodyTooLarge(APIException):
    """The body is longer than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = 413
    default_detail = "The body is too large; send fewer operations at once."
    default_code = "too_large"


class StrictJSONParser(JSONParser):
    """Refuses with 400 whatever is not one strict JSON value."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        longest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(longest + 1)
        if len(body) > longest:
            raise BodyTooLarge
        try:
            data = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_without_doubles)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not valid JSON: {_reason(error)}.") from None
        if _is_deeper_than(data, DEEPEST):
            raise ParseError(f"The body is nested deeper than {DEEPEST} levels.")
        return data


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    # int() refuses numbers of more than 4,300 digits; _refuse_constant and _without_doubles speak for themselves.
    return "a number has too many digits" if "digits" in str(error) else str(error)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("an object names a key twice")
    return data


def _is_deeper_than(data: Any, levels: int) -> bool:
    """Level by level, so that no depth exhausts the stack."""
    level = [data]
    for _ in range(levels):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
