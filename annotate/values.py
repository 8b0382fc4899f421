"""Values from outside: which texts Postgres can store, and how to show one in a message."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from annotate.errors import Refusal

# Beyond this, a number read by JavaScript may be another one.
LARGEST_NUMBER = 2**53
LONGEST_TEXT = 2000
LONGEST_COMMENT = 5000
MOST_VALUES = 100
# Postgres knows no NUL in text, and UTF-8 no half of a surrogate pair.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_storable(text: str) -> bool:
    """Whether Postgres can keep ``text``: no NUL, no lone surrogate."""
    return _UNSTORABLE.search(text) is None


def storable[T](value: T) -> T:
    """``value``, text or anything of JSON, with U+FFFD for what Postgres cannot keep."""
    if isinstance(value, str):
        return cast("T", _UNSTORABLE.sub("\ufffd", value))
    if isinstance(value, Mapping):
        return cast("T", {storable(key): storable(inner) for key, inner in value.items()})
    if isinstance(value, list | tuple):
        return cast("T", [storable(inner) for inner in value])
    return value


def shown(value: object) -> str:
    """``value`` for a message: printable, at most 60 characters."""
    text = ascii(value) if not isinstance(value, str) or not is_storable(value) else f"“{value}”"
    return text if len(text) <= 60 else text[:57] + "…"


def check_text(value: Any, name: str, longest: int = LONGEST_TEXT) -> None:
    """Refuse what is no text, too long, or holds characters that cannot be stored."""
    if not isinstance(value, str):
        raise Refusal("wrong_type", f"{name} must be text, not {shown(value)}.")
    if len(value) > longest:
        raise Refusal("too_long", f"{name} has {len(value):,} characters; shorten it to {longest:,}.")
    if not is_storable(value):
        raise Refusal("bad_text", f"{name} has a character that cannot be stored (NUL or half a surrogate pair).")


def check_number(value: Any, name: str) -> None:
    """Refuse what is no number, not finite, or beyond 2^53, where whole numbers are no longer told apart."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal("wrong_type", f"{name} must be a number, not {shown(value)}.")
    # NaN fails every comparison, so the condition is put as what holds for a good number.
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise Refusal("number_out_of_range", f"{name} must be a finite number between -2^53 and 2^53.")


def check_date(value: Any, name: str) -> None:
    """Refuse what is no day of the calendar as YYYY-MM-DD."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise Refusal("wrong_type", f"{name} must be a date as YYYY-MM-DD, not {shown(value)}.")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise Refusal("no_such_date", f"{name}: there is no day {value}.") from None
