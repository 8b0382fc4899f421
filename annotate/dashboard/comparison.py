"""One article as several people marked it: the text with the share of readers at every place, how far they
differ there, and who marked what."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from spans import Span
from spans.segments import cut_paragraphs

_LINE = re.compile(r"[^\n]+")


class Placed(Protocol):
    """Anything with a label, a hull and fragments, such as a mark."""

    label: str
    start: int
    end: int
    fragments: Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that ``votes`` readers marked; ``share`` is "", "some", "most" or "all" of them.

    ``differing`` of all pairs of readers put different sets of labels there; ``level`` is 0 for none of them, 1 for up
    to a third, 2 for up to two thirds, 3 for more. ``opens``: a passage where readers differ begins here.
    """

    start: int
    text: str
    votes: int
    share: str
    differing: int = 0
    level: int = 0
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters side by side, within a paragraph (counted from 1), on which readers differ.

    ``weight``: characters times the share of pairs that differ; ``level`` is the highest within.
    """

    start: int
    end: int
    quote: str
    paragraph: int
    level: int
    weight: float


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
        drawn: list[Piece] = []
        for piece in pieces:
            said: dict[str, set[str]] = {}
            for index in piece.spans:
                name, mark = marks[index]
                said.setdefault(name, set()).add(mark.label)
            differing = differing_pairs(said.values(), len(readings))
            level = level_of(differing, len(readings))
            drawn.append(
                Piece(
                    start=piece.start,
                    text=text[piece.start : piece.end],
                    votes=len(said),
                    share=_share(len(said), len(readings)),
                    differing=differing,
                    level=level,
                    opens=level > 0 and not (drawn and drawn[-1].level),
                )
            )
        readers = tuple(Reader(name, tuple(own.get(name, ()))) for name in readings) if own else ()
        paragraphs.append(Paragraph(start < headline_end, tuple(drawn), readers))
    return paragraphs


def pairs_of(readers: int) -> int:
    """How many pairs ``readers`` make."""
    return readers * (readers - 1) // 2


def differing_pairs(said: Iterable[Collection[str]], readers: int) -> int:
    """Pairs of readers whose sets of labels differ; who is not in ``said`` put none there."""
    sets = Counter(frozenset(labels) for labels in said)
    sets[frozenset()] += readers - sets.total()
    return pairs_of(readers) - sum(pairs_of(n) for n in sets.values())


def level_of(differing: int, readers: int) -> int:
    """Thirds of all pairs, begun: 0 for none, 3 for more than two thirds."""
    pairs = pairs_of(readers)
    return 0 if pairs == 0 else -(-3 * differing // pairs)


def passages[M: Placed](paragraphs: Sequence[Paragraph[M]], readers: int) -> list[Passage]:
    """Where readers differ, in the order of the text."""
    found = []
    for number, paragraph in enumerate(paragraphs, 1):
        for differs, group in groupby(paragraph.pieces, key=lambda piece: piece.level > 0):
            if differs:
                run = list(group)
                quote = "".join(piece.text for piece in run)
                weight = sum(len(piece.text) * piece.differing for piece in run) / pairs_of(readers)
                level = max(piece.level for piece in run)
                found.append(Passage(run[0].start, run[0].start + len(quote), quote, number, level, weight))
    return found


def runs[M: Placed](paragraphs: Sequence[Paragraph[M]]) -> list[tuple[int, int, int]]:
    """(start, end, level) of the stretches where readers differ, neighbours of one level joined."""
    joined: list[tuple[int, int, int]] = []
    for paragraph in paragraphs:
        for piece in paragraph.pieces:
            if not piece.level:
                continue
            end = piece.start + len(piece.text)
            if joined and joined[-1][1:] == (piece.start, piece.level):
                joined[-1] = (joined[-1][0], end, piece.level)
            else:
                joined.append((piece.start, end, piece.level))
    return joined


def _share(votes: int, readers: int) -> str:
    if votes == 0:
        return ""
    if votes == readers:
        return "all"
    return "most" if 2 * votes > readers else "some"
