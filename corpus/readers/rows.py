"""What every reader yields: a row to import, or a rejection that says why not and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlsplit

from corpus.readers.dates import parse_date

MAX_EXCERPT = 200

FIELDS = ("id", "title", "text", "outlet", "url", "byline", "published", "language", "story", "rights", "captions")
# The widths of the columns they go to.
_LONGEST = {
    "id": 200,
    "title": 1000,
    "outlet": 200,
    "url": 2000,
    "byline": 500,
    "language": 35,
    "story": 100,
    "rights": 500,
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Of Unicode's categories L and N.
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


class RejectionDict(TypedDict):
    """A rejection as the command's JSON prints it."""

    source: str
    line: int | None
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that was not imported. ``line`` counts from 1; None for a file that is one record."""

    source: str
    line: int | None
    field: str
    code: str
    message: str
    excerpt: str = ""

    def as_dict(self) -> RejectionDict:
        return {
            "source": self.source,
            "line": self.line,
            "field": self.field,
            "code": self.code,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One article as received. ``fields`` holds the received strings by name; ``published`` is read from them.

    ``outlet`` is the host of its address, to be used where neither the fields nor the text name an outlet.
    """

    source: str
    line: int | None
    fields: Mapping[str, str]
    published: datetime | None = None
    outlet: str = ""


class BadFieldError(ValueError):
    """A field whose value cannot be imported."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message


def row_from(values: Mapping[str, object], *, source: str, line: int | None) -> ImportRow:
    """Check a record's fields. Unknown names are left out; null and "" are the same as absent. Raises BadFieldError."""
    fields: dict[str, str] = {}
    for name in FIELDS:
        value = values.get(name)
        if name == "id" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise BadFieldError(
                name, "not_a_string", f'"{name}" must be a string, not {_kind(value)}. Put it in quotes.'
            )
        _check_characters(name, value)
        longest = _LONGEST.get(name)
        if longest is not None and len(value) > longest:
            raise BadFieldError(
                name, "too_long", f'"{name}" has {len(value)} characters; at most {longest} are kept. Shorten it.'
            )
        fields[name] = value
    if "text" not in fields:
        known = ", ".join(sorted(map(str, values))[:10]) or "none"
        if "text" in values and values["text"] is not None:
            raise BadFieldError(
                "text", "empty_text", 'The article has no text. Fill the field "text" or leave the record out.'
            )
        raise BadFieldError(
            "text",
            "missing_text",
            f'The record has no field "text" (its fields: {known}). Name the article\'s text "text".',
        )
    if not _has_words(fields["text"]):
        raise BadFieldError(
            "text", "empty_text", "The text holds only white space or signs. Fill it or leave the record out."
        )
    _check_url(fields)
    _check_language(fields)
    return ImportRow(source=source, line=line, fields=fields, published=_published(fields.get("published")))


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _check_characters(name: str, value: str) -> None:
    if "\x00" in value:
        raise BadFieldError(
            name,
            "nul_character",
            f'"{name}" holds a NUL character (at {value.index(chr(0))}), which no database text can. Remove it.',
        )
    found = _SURROGATE.search(value)
    if found:
        raise BadFieldError(
            name,
            "lone_surrogate",
            f'"{name}" holds half of a character pair (\\u{ord(found[0]):04x} at {found.start()}). '
            "Write the file again from the original text as UTF-8.",
        )


def _has_words(text: str) -> bool:
    return _LETTER_OR_DIGIT.search(text) is not None


def _check_url(fields: Mapping[str, str]) -> None:
    url = fields.get("url")
    if url is None:
        return
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url.strip())
    except ValueError:
        good = False
    if not good:
        raise BadFieldError(
            "url", "bad_url", "The address must begin with http:// or https:// and name a host. Correct or omit it."
        )


def _check_language(fields: Mapping[str, str]) -> None:
    language = fields.get("language")
    if language is not None and not _LANGUAGE.fullmatch(language.strip()):
        raise BadFieldError(
            "language", "bad_language", "The language must be a BCP 47 tag such as en or es-MX. Correct or omit it."
        )


def _published(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_date(value)
    except ValueError as error:
        raise BadFieldError("published", "bad_date", str(error)) from None


def excerpt_of(value: str) -> str:
    """The beginning of a record, fit for storing: printable and short."""
    cleaned = "".join(c if c.isprintable() else " " for c in value[: 2 * MAX_EXCERPT])
    return cleaned.strip()[:MAX_EXCERPT]
