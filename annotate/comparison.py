"""One article as several people marked it: the text with the share of readers at every place, and who marked what."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from spans import Span
from spans.segments import cut_paragraphs

_LINE = re.compile(r"[^\n]+")


class Placed(Protocol):
    """Anything with a hull and fragments, such as a mark."""

    start: int
    end: int
    fragments: Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that ``votes`` readers marked; ``share`` is "", "some", "most" or "all" of them."""

    text: str
    votes: int
    share: str


@dataclass(frozen=True, slots=True)
class Reader[M: Placed]:
    """One person's marks that begin in a paragraph."""

    name: str
    marks: tuple[M, ...]


@dataclass(frozen=True, slots=True)
class Paragraph[M: Placed]:
    """A paragraph with its readers' marks; ``readers`` is empty where nobody's mark begins."""

    headline: bool
    pieces: tuple[Piece, ...]
    readers: tuple[Reader[M], ...]


def compare[M: Placed](text: str, headline_end: int, readings: Mapping[str, Sequence[M]]) -> list[Paragraph[M]]:
    """The paragraphs of ``text``; ``readings`` gives each reader's marks by the name to show.

    A reader counts once at a place, however many of their marks lie over it.
    """
    marks = [(name, mark) for name, own in readings.items() for mark in own]
    ranges = [Span(m.start, m.end, "", tuple((low, high) for low, high in m.fragments)) for _, m in marks]
    bounds = [found.span() for found in _LINE.finditer(text)]
    starts = [start for start, _ in bounds]
    beginning: list[dict[str, list[M]]] = [{} for _ in bounds]
    for name, mark in sorted(marks, key=lambda pair: (pair[1].start, -pair[1].end)):
        beginning[max(0, bisect_right(starts, mark.start) - 1)].setdefault(name, []).append(mark)
    paragraphs = []
    for (start, _), pieces, own in zip(bounds, cut_paragraphs(bounds, ranges), beginning, strict=True):
        drawn = []
        for piece in pieces:
            votes = len({marks[index][0] for index in piece.spans})
            drawn.append(Piece(text[piece.start : piece.end], votes, _share(votes, len(readings))))
        readers = tuple(Reader(name, tuple(own.get(name, ()))) for name in readings) if own else ()
        paragraphs.append(Paragraph(start < headline_end, tuple(drawn), readers))
    return paragraphs


def _share(votes: int, readers: int) -> str:
    if votes == 0:
        return ""
    if votes == readers:
        return "all"
    return "most" if 2 * votes > readers else "some"
