"""Offsets between notations: code points and UTF-16 units, raw input and canonical text.

Code points are what Python's ``str`` and Postgres' ``substr`` count; UTF-16 units are what a browser's ranges count.
A character outside the basic plane (most emoji) is one code point and two units.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LAST_OF_BASIC_PLANE = 0xFFFF


class OffsetError(ValueError):
    """An offset or range that has no counterpart in the other notation; ``code`` names the reason for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Utf16Map:
    """Converts offsets of one text in O(log n) each; building it reads the text once."""

    def __init__(self, text: str) -> None:
        self.code_points = len(text)
        # The usual text has none or few, so their places are all that is kept.
        self._astral = [i for i, c in enumerate(text) if ord(c) > LAST_OF_BASIC_PLANE] if not text.isascii() else []
        # The unit at which each of them begins: strictly increasing, so it can be searched.
        self._astral_units = [place + before for before, place in enumerate(self._astral)]
        self.units = self.code_points + len(self._astral)

    def to_utf16(self, offset: int) -> int:
        """UTF-16 units before code point ``offset``. OffsetError ``outside_text`` unless 0 <= offset <= length."""
        if not 0 <= offset <= self.code_points:
            raise OffsetError("outside_text", f"offset {offset} is outside a text of {self.code_points} code points")
        return offset + bisect_left(self._astral, offset)

    def to_code_point(self, unit: int) -> int:
        """Code points before UTF-16 ``unit``.

        OffsetError ``outside_text``, or ``inside_character`` where the unit is the second half of a surrogate pair.
        """
        if not 0 <= unit <= self.units:
            raise OffsetError("outside_text", f"offset {unit} is outside a text of {self.units} UTF-16 units")
        before = bisect_left(self._astral_units, unit)
        if before and self._astral_units[before - 1] == unit - 1:
            raise OffsetError("inside_character", f"UTF-16 offset {unit} is inside a character")
        return unit - before


def utf16_from_code_point(text: str, offset: int) -> int:
    """One offset, code points to UTF-16 units; for many of one text make a :class:`Utf16Map`."""
    return Utf16Map(text).to_utf16(offset)


def code_point_from_utf16(text: str, unit: int) -> int:
    """One offset, UTF-16 units to code points; for many of one text make a :class:`Utf16Map`."""
    return Utf16Map(text).to_code_point(unit)


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A stretch of raw input and the stretch of text that came of it, half-open, in code points.

    Ranges of equal length map character by character. Where the lengths differ (CR LF to LF, a composed accent) only
    the two ends have counterparts. Inserted text has an empty raw range; raw characters in no segment, or in one with
    an empty text range, were removed.
    """

    raw_start: int
    raw_end: int
    text_start: int
    text_end: int


class SegmentMap:
    """Maps ranges between raw input and text over a monotone list of segments.

    Raises ValueError unless segments follow each other in both, without overlap, and their text ranges join up from 0.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            if not (0 <= segment.raw_start <= segment.raw_end and 0 <= segment.text_start <= segment.text_end):
                raise ValueError(f"{segment} runs backwards")
        if segments and segments[0].text_start != 0:
            raise ValueError("the first segment does not begin at the beginning of the text")
        for before, after in pairwise(segments):
            if after.raw_start < before.raw_end:
                raise ValueError(f"{after} begins before the raw end of {before}")
            if after.text_start != before.text_end:
                raise ValueError(f"{after} does not begin where {before} ends in the text")
        # Of both kinds: what came from somewhere, and became something.
        self._kept = [s for s in segments if s.raw_start < s.raw_end and s.text_start < s.text_end]
        self._raw_starts = [s.raw_start for s in self._kept]
        self._text_starts = [s.text_start for s in self._kept]

    def to_text(self, raw_start: int, raw_end: int) -> tuple[int, int]:
        """The text range of a non-empty raw range; text inserted within it is included, at its ends not.

        OffsetError ``empty``, ``removed`` where any character of the range did not become text, or
        ``inside_replacement`` where an end falls within characters that were rewritten together.
        """
        if raw_end <= raw_start:
            raise OffsetError("empty", f"the range [{raw_start}, {raw_end}) is empty")
        first = bisect_right(self._raw_starts, raw_start) - 1
        last = bisect_left(self._raw_starts, raw_end) - 1
        reached = raw_start
        for segment in self._kept[max(first, 0) : last + 1]:
            if segment.raw_start > reached:
                break
            reached = max(reached, segment.raw_end)
        if first < 0 or reached < raw_end:
            raise OffsetError(
                "removed", f"the range [{raw_start}, {raw_end}) touches text that cleaning removed, at {reached}"
            )
        begin, end = self._kept[first], self._kept[last]
        return (
            _shift(raw_start, begin.raw_start, begin.raw_end, begin.text_start, begin.text_end),
            _shift(raw_end, end.raw_start, end.raw_end, end.text_start, end.text_end),
        )

    def to_raw(self, text_start: int, text_end: int) -> tuple[int, int]:
        """The raw range of a non-empty text range: its hull, so raw text removed in between lies inside it.

        OffsetError ``empty``, ``inserted`` where the first or last character was not in the raw input, or
        ``inside_replacement``.
        """
        if text_end <= text_start:
            raise OffsetError("empty", f"the range [{text_start}, {text_end}) is empty")
        first = bisect_right(self._text_starts, text_start) - 1
        last = bisect_left(self._text_starts, text_end) - 1
        if first < 0 or self._kept[first].text_end <= text_start or self._kept[last].text_end < text_end:
            raise OffsetError(
                "inserted", f"the range [{text_start}, {text_end}) begins or ends in text that was not in the input"
            )
        begin, end = self._kept[first], self._kept[last]
        return (
            _shift(text_start, begin.text_start, begin.text_end, begin.raw_start, begin.raw_end),
            _shift(text_end, end.text_start, end.text_end, end.raw_start, end.raw_end),
        )


def _shift(offset: int, from_start: int, from_end: int, to_start: int, to_end: int) -> int:
    if offset == from_start:
        return to_start
    if offset == from_end:
        return to_end
    if from_end - from_start == to_end - to_start:
        return to_start + offset - from_start
    raise OffsetError("inside_replacement", f"offset {offset} is inside characters that were rewritten together")
