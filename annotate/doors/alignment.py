"""From a file's text to the canonical text of an article: by exact steps only, never by likeness.

The file's text may be the article's text, what was received (whole, or its field ``text``), or either of them before
it was normalised: then both are made canonical and have to come out the same, character by character.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.canonical import Line, canonicalise, line_spans
from spans.offsets import OffsetError, Segment, SegmentMap

type Step = Callable[[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What is stored of an article's characters."""

    text: str
    raw: str
    raw_fields: Sequence[Mapping[str, Any]]
    segments: Sequence[Mapping[str, int]]

    @property
    def received(self) -> tuple[int, int]:
        """Where the received field ``text`` lies in raw."""
        for field in self.raw_fields:
            if field["name"] == "text":
                return field["start"], field["end"]
        return 0, len(self.raw)

    def to_text(self, shift: int) -> Step:
        """From offsets into raw, less ``shift``, to the text."""
        segments = SegmentMap(
            [Segment(s["raw_start"], s["raw_end"], s["text_start"], s["text_end"]) for s in self.segments]
        )
        return lambda start, end: segments.to_text(start + shift, end + shift)


@dataclass(frozen=True, slots=True)
class Alignment:
    """The way from the given text to the article's; ``given`` is the text the offsets count in, its gaps filled."""

    given: str
    steps: tuple[Step, ...] = ()

    def fragments(self, pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """The pieces in the article's text. OffsetError ``removed``, ``inside_replacement`` or ``empty``."""
        return [self.range(start, end) for start, end in pieces]

    def range(self, start: int, end: int) -> tuple[int, int]:
        if end <= start:
            raise OffsetError("empty", f"the range [{start}, {end}) is empty")
        if end > len(self.given):
            raise OffsetError("outside_text", f"the range [{start}, {end}) ends beyond {len(self.given)} characters")
        for step in self.steps:
            start, end = step(start, end)
        return start, end


def own_text(article: ArticleText) -> Alignment:
    """Offsets that count in the article's text."""
    return Alignment(article.text)


def received_text(article: ArticleText) -> Alignment:
    """Offsets that count in the received field ``text``."""
    start, end = article.received
    return Alignment(article.raw[start:end], (article.to_text(start),))


def align(given: str, article: ArticleText, gaps: Sequence[tuple[int, int]] = ()) -> Alignment | None:
    """The way from ``given`` to the article's text; None where they are not the same text.

    What was received is looked at after the text itself: where both are the same there is nothing to map.
    """
    start, end = article.received
    targets: list[tuple[str, tuple[Step, ...]]] = [(article.text, ())]
    for low, high in dict.fromkeys([(start, end), (0, len(article.raw)), (0, end)]):
        targets.append((article.raw[low:high], (article.to_text(low),)))
    for target, steps in targets:
        if _same(given, target, gaps):
            return Alignment(target, steps)
    if gaps:
        return None
    canonical, to_canonical = _canonical(given)
    if not canonical:
        return None
    for target, steps in targets:
        other, to_other = _canonical(target)
        if canonical == other:
            return Alignment(given, (to_canonical.to_text, to_other.to_raw, *steps))
    return None


def _same(given: str, target: str, gaps: Sequence[tuple[int, int]]) -> bool:
    if not gaps:
        return given == target
    if len(given) != len(target):
        return False
    at = 0
    for start, end in gaps:
        if given[at:start] != target[at:start] or not target[start:end].isspace():
            return False
        at = end
    return given[at:] == target[at:]


def _canonical(text: str) -> tuple[str, SegmentMap]:
    """NFC, LF, plain spaces, no invisible characters, blank lines as one; no cleaning rule is applied."""
    lines: list[Line] = []
    opens = True
    for start, end in line_spans(text, 0, len(text)):
        if start == end:
            opens = True
        else:
            lines.append(Line(start, end, opens))
            opens = False
    made = canonicalise(text, lines)
    return made.text, SegmentMap(made.segments)
