"""Where a paragraph is cut so that overlapping spans can be drawn, and on which lane each is underlined.

Twin of annotate/static/annotate/text.js, which does the same when a mark changes in the browser; both run
tests/spans/segment_cases.json.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from spans.span import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph over which the same spans lie; ``spans`` are indexes, shortest span first."""

    start: int
    end: int
    spans: tuple[int, ...]


def lanes_of(spans: Sequence[Span]) -> list[int]:
    """For each span the lowest lane, from 0, that no earlier overlapping hull uses; earlier = by start, longer first."""
    lanes = [0] * len(spans)
    ends: list[int] = []
    for index in sorted(range(len(spans)), key=lambda i: (spans[i].start, -spans[i].end, i)):
        span = spans[index]
        lane = next((number for number, end in enumerate(ends) if end <= span.start), len(ends))
        if lane == len(ends):
            ends.append(span.end)
        else:
            ends[lane] = span.end
        lanes[index] = lane
    return lanes


def cut(start: int, end: int, spans: Sequence[Span]) -> list[Piece]:
    """``[start, end)`` cut at every border of a span's fragments: in text order, without gaps, uncovered pieces too."""
    return _sweep(start, end, _events(start, end, spans, range(len(spans))), spans)


def cut_paragraphs(paragraphs: Sequence[tuple[int, int]], spans: Sequence[Span]) -> list[list[Piece]]:
    """:func:`cut` of every paragraph, each looking only at the spans that reach it; paragraphs are sorted, disjoint."""
    starts = [start for start, _ in paragraphs]
    reaching: list[list[int]] = [[] for _ in paragraphs]
    for index, span in enumerate(spans):
        first = max(0, bisect_right(starts, span.start) - 1)
        for number in range(first, len(paragraphs)):
            if paragraphs[number][0] >= span.end:
                break
            reaching[number].append(index)
    return [
        _sweep(start, end, _events(start, end, spans, indexes), spans)
        for (start, end), indexes in zip(paragraphs, reaching, strict=True)
    ]


type Event = tuple[int, int, int]


def _events(start: int, end: int, spans: Sequence[Span], indexes: Sequence[int]) -> list[Event]:
    """(offset, 0 for an end and 1 for a start, index), so that sorting puts ends before starts."""
    events: list[Event] = []
    for index in indexes:
        for low, high in spans[index].pieces:
            if low < end and high > start:
                events.append((max(low, start), 1, index))
                events.append((min(high, end), 0, index))
    events.sort()
    return events


def _sweep(start: int, end: int, events: Sequence[Event], spans: Sequence[Span]) -> list[Piece]:
    pieces: list[Piece] = []
    reached = start
    over: tuple[int, ...] = ()
    for at, opens, index in [*events, (end, -1, -1)]:
        if at > reached:
            pieces.append(Piece(reached, at, over))
            reached = at
        if opens == 1:
            over = tuple(sorted((*over, index), key=lambda i: (spans[i].end - spans[i].start, i)))
        elif opens == 0:
            over = tuple(other for other in over if other != index)
    return pieces
