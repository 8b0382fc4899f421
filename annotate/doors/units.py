"""Offsets from a file's unit to code points of its text."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from uniseg.graphemecluster import grapheme_clusters

from annotate.doors.records import BY_QUOTES, CODE_POINTS, GRAPHEMES, UTF_16, GivenReading, GivenSpan, Unit
from spans.offsets import OffsetError, Utf16Map


class Counter:
    """Converts offsets that count ``unit`` of ``text``; building it reads the text once."""

    def __init__(self, text: str, unit: Unit) -> None:
        self._length = len(text)
        self._utf16 = Utf16Map(text) if unit == UTF_16 else None
        self._ends: list[int] | None = None
        if unit == GRAPHEMES:
            self._ends = [0, *accumulate(len(cluster) for cluster in grapheme_clusters(text))]

    def code_point(self, offset: int) -> int:
        """Code points before ``offset``. OffsetError ``outside_text`` or ``inside_character``."""
        if self._utf16 is not None:
            return self._utf16.to_code_point(offset)
        if self._ends is not None:
            if not 0 <= offset < len(self._ends):
                raise OffsetError(
                    "outside_text", f"offset {offset} is outside a text of {len(self._ends) - 1} graphemes"
                )
            return self._ends[offset]
        if not 0 <= offset <= self._length:
            raise OffsetError("outside_text", f"offset {offset} is outside a text of {self._length} code points")
        return offset

    def fragments(self, span: GivenSpan) -> list[tuple[int, int]]:
        return [(self.code_point(start), self.code_point(end)) for start, end in span.fragments]


def unit_of(reading: GivenReading, text: str) -> Unit:
    """The unit the reading's offsets count in.

    Where the quotes are to tell, code points unless only UTF-16 units make every quote right.
    """
    if reading.unit != BY_QUOTES:
        return reading.unit
    if len(text) == Utf16Map(text).units or _all_right(reading.spans, text, CODE_POINTS):
        return CODE_POINTS
    return UTF_16 if _all_right(reading.spans, text, UTF_16) else CODE_POINTS


def _all_right(spans: Iterable[GivenSpan], text: str, unit: Unit) -> bool:
    counter = Counter(text, unit)
    for span in spans:
        try:
            if not quotes_fit(span, counter.fragments(span), text):
                return False
        except OffsetError:
            return False
    return True


def quotes_fit(span: GivenSpan, fragments: list[tuple[int, int]], text: str) -> bool:
    """Whether the span's quotes, where it has any, are the text there; a line break may be written as a space."""
    if not span.quotes:
        return True
    there = [text[start:end] for start, end in fragments]
    hull = text[fragments[0][0] : fragments[-1][1]]
    given = [_plain(quote) for quote in span.quotes]
    return given in ([_plain(piece) for piece in there], [_plain(hull)], [_plain(" ".join(there))])


def _plain(quote: str) -> str:
    # Tools write a line break within a quote as a space, as \n spelt out, or as itself.
    return quote.replace("\\n", " ").replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
