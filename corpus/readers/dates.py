"""Dates as people and programs write them, where only one reading is possible."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_ADVICE = "Write it as ISO 8601, e.g. 2023-12-27 or 2023-12-27T09:30:00Z, or omit it."
_LONGEST = 100

_YEAR_FIRST = re.compile(r"(\d{4})([/.])(\d{1,2})\2(\d{1,2})(?=$|[T ])")
_UTC = re.compile(r" ?(?:UTC|GMT)$")
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?"
_TIME = (
    r"(?:,? (?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?: ?(?P<zone>[+-]\d{2}:?\d{2}|[a-z]{1,3}))?)?"
)
_NAMED_MONTH = (
    re.compile(
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})[ -](?P<month>[a-z]{{3,9}})\.?,?[ -](?P<year>\d{{4}}){_TIME}", re.IGNORECASE
    ),
    re.compile(rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_TIME}", re.IGNORECASE),
)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = {name: n for n, month in enumerate(_MONTHS, 1) for name in (month, month[:3])} | {"sept": 9}
# The zones that RFC 2822 names; hours from UTC.
_ZONE = {
    "z": 0,
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "edt": -4,
    "est": -5,
    "cdt": -5,
    "cst": -6,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
}
_NUMBERS = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}\b.*")
# Ten digits are seconds from 2001 to 2286, thirteen are milliseconds; fewer could be a date without its dashes.
_UNIX = re.compile(r"[0-9]{10}(?:[0-9]{3})?")


def parse_date(value: str) -> datetime:
    """The moment in UTC; without a zone it is taken as UTC. Raises ValueError, which says why and what to write.

    Read are ISO 8601, RFC 2822 (feeds, mail), an English month's name with or without a time, ``2023/12/27``, and
    Unix time in seconds or milliseconds. ``03/04/2024`` is two different days to two people, and refused.
    """
    text = " ".join(value.split())
    if len(text) > _LONGEST:
        raise ValueError(f"This is too long for a date. {_ADVICE}")
    try:
        found = _unix(text) or _named_month(text) or _iso(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    if _NUMBERS.fullmatch(text):
        raise ValueError(f"Day and month cannot be told apart in this date. {_ADVICE}")
    raise ValueError(f"This is no date that can be read. {_ADVICE}")


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(
        _UTC.sub("Z", _YEAR_FIRST.sub(_dashed, text)) if ":" in text else _YEAR_FIRST.sub(_dashed, text)
    )


def _dashed(match: re.Match[str]) -> str:
    return f"{match[1]}-{int(match[3]):02}-{int(match[4]):02}"


def _named_month(text: str) -> datetime | None:
    found = next((match for pattern in _NAMED_MONTH if (match := pattern.fullmatch(text))), None)
    month = _MONTH.get(found["month"].lower()) if found else None
    if found is None or month is None:
        return None
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    return datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=_zone(found["zone"]))


def _zone(word: str | None) -> timezone:
    if word is None:
        return UTC
    if word[0] in "+-":
        hours, minutes = int(word[1:3]), int(word[-2:])
        return timezone((-1 if word[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
    if word.lower() not in _ZONE:
        raise ValueError(word)
    return timezone(timedelta(hours=_ZONE[word.lower()]))


def _unix(text: str) -> datetime | None:
    if not _UNIX.fullmatch(text) or _is_compact(text):
        return None
    return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)


def _is_compact(text: str) -> bool:
    """Whether ten digits could as well be 2024040312, a day and an hour without their marks."""
    try:
        return len(text) == 10 and 1900 <= datetime.strptime(f"{text}+0000", "%Y%m%d%H%z").year < 2100
    except ValueError:
        return False
