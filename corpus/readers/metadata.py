"""What a page says about its article: only values that fit their fields; a wrong one counts as missing."""

from __future__ import annotations

from corpus.readers.rows import BadFieldError, row_from

_WITH_A_TEXT = {"text": "words"}


def fitting(field: str, value: str | None) -> str:
    """The trimmed value, or "" where the field would refuse it: a broken date must not cost the article."""
    value = " ".join(value.split()) if value else ""
    if not value:
        return ""
    try:
        row_from({**_WITH_A_TEXT, field: value}, source="", line=None)
    except BadFieldError:
        return ""
    return value
