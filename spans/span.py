"""The labelled span: a half-open range of code points, in one piece or several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

type Fragments = tuple[tuple[int, int], ...]


def union_of(ranges: Iterable[tuple[int, int]]) -> Fragments:
    """The characters of ``ranges`` as sorted, disjoint, non-touching half-open ranges; empty ranges vanish."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def shared_length(a: Fragments, b: Fragments) -> int:
    """How many characters two results of :func:`union_of` share."""
    if not a or not b:
        return 0
    total = 0
    # Called for every pair of annotators of every document, so without indexing and built-in functions.
    of_a, of_b = iter(a), iter(b)
    start, end = next(of_a)
    other_start, other_end = next(of_b)
    try:
        while True:
            low = start if start > other_start else other_start
            if end < other_end:
                if low < end:
                    total += end - low
                start, end = next(of_a)
            else:
                if low < other_end:
                    total += other_end - low
                other_start, other_end = next(of_b)
    except StopIteration:
        return total


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters ``[start, end)`` of a text under one label; ordered by start, end, label, fragments.

    ``fragments`` is empty for a span in one piece. For a discontinuous span it holds the pieces, merged where they
    overlap or touch, and start and end are their hull: two spans over the same characters are equal, however they
    were written down.

    Raises ValueError for an empty or negative range and for fragments whose hull is not ``[start, end)``.
    """

    start: int
    end: int
    label: str = ""
    fragments: Fragments = ()

    def __post_init__(self) -> None:
        if self.start < 0 or self.end <= self.start:
            raise ValueError(f"a span needs 0 <= start < end, not [{self.start}, {self.end})")
        if not self.fragments:
            return
        if any(start >= end for start, end in self.fragments):
            raise ValueError("a fragment needs start < end")
        pieces = union_of(self.fragments)
        if (pieces[0][0], pieces[-1][1]) != (self.start, self.end):
            raise ValueError(
                f"the fragments reach from {pieces[0][0]} to {pieces[-1][1]}, the span from {self.start} to {self.end}"
            )
        object.__setattr__(self, "fragments", pieces if len(pieces) > 1 else ())

    @property
    def pieces(self) -> Fragments:
        """The characters covered: the fragments, or the one range."""
        return self.fragments or ((self.start, self.end),)

    @property
    def length(self) -> int:
        """Code points covered; gaps between fragments do not count."""
        if not self.fragments:
            return self.end - self.start
        return sum(end - start for start, end in self.fragments)

    def overlaps(self, other: Span) -> bool:
        """At least one character is shared, whatever the labels. Touching is not overlapping."""
        return self.intersection(other) > 0

    def intersection(self, other: Span) -> int:
        """Code points that both cover."""
        if not self.fragments and not other.fragments:
            return max(0, min(self.end, other.end) - max(self.start, other.start))
        return shared_length(self.pieces, other.pieces)

    def union(self, other: Span) -> int:
        """Code points that at least one of the two covers."""
        return self.length + other.length - self.intersection(other)

    def iou_at_least(self, other: Span, numerator: int, denominator: int) -> bool:
        """Intersection over union >= numerator / denominator, decided in integers: 10 of 20 is a half exactly."""
        return denominator * self.intersection(other) >= numerator * self.union(other)
