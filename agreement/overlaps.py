"""Where the spans of a document's readers meet: one sweep that every count of whole spans starts from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from agreement.documents import Document, Mark
from agreement.values import canonical, is_given
from spans.span import Fragments

type Pair = tuple[str, str]

# How closely two spans meet, each level including those below it.
OVERLAP, IOU50, EXACT = 0, 1, 2


class Unit(NamedTuple):
    """A span by one annotator; identical ones (characters and label) are one unit, with the attributes of the one
    whose attributes come first as text."""

    annotator: str
    label: str
    pieces: Fragments
    length: int


class Meeting(NamedTuple):
    """Units number ``i`` and ``j`` of two annotators share ``length`` >= 1 characters, as closely as ``level`` says."""

    i: int
    j: int
    level: int
    same_label: bool
    length: int


@dataclass(frozen=True, slots=True)
class Overlaps:
    """What one sweep over a document finds.

    ``units`` are sorted by annotator, label, characters, and ``marks`` are the marks of each. ``own``: numbers of the
    units of each reader, also of one without any. ``meetings`` by pair of readers, the lower name first, sorted.
    ``shared_squares``: per label the sum over its pieces of the squared length shared with others' pieces.
    ``overlapping``: labels under which someone overlaps himself ("": at all).
    """

    document: Document
    readers: list[str]
    units: list[Unit]
    marks: list[list[Mark]]
    own: dict[str, list[int]]
    meetings: dict[Pair, list[Meeting]]
    shared_squares: dict[str, int]
    overlapping: set[str]

    @property
    def pairs(self) -> list[Pair]:
        """All pairs of readers, the lower name first."""
        return [(a, b) for place, a in enumerate(self.readers) for b in self.readers[place + 1 :]]


def overlaps(document: Document) -> Overlaps:
    """The units of those who completed ``document``, and where they meet. O(S log S + meetings)."""
    readers = sorted(document.annotators)
    found: dict[tuple[str, str, Fragments], list[Mark]] = {}
    own: dict[str, list[int]] = {name: [] for name in readers}
    for mark in document.marks:
        if mark.annotator in own:
            found.setdefault((mark.annotator, mark.label, mark.pieces), []).append(mark)
    keys = sorted(found)
    marks = [found[key] if len(found[key]) == 1 else sorted(found[key], key=_attributes_as_text) for key in keys]
    units = []
    for i, (annotator, label, pieces) in enumerate(keys):
        length = pieces[0][1] - pieces[0][0] if len(pieces) == 1 else sum(end - start for start, end in pieces)
        units.append(Unit(annotator, label, pieces, length))
        own[annotator].append(i)
    shared, squares, overlapping = _sweep(units)
    meetings: dict[Pair, list[Meeting]] = {}
    for (i, j), length in sorted(shared.items()):
        # Units are sorted by annotator, so the lower number belongs to the lower name.
        a, label_a, pieces_a, length_a = units[i]
        b, label_b, pieces_b, length_b = units[j]
        level = OVERLAP
        if pieces_a == pieces_b:
            level = EXACT
        elif 3 * length >= length_a + length_b:  # in whole numbers, so that 10 of 20 is a half
            level = IOU50
        meeting = Meeting(i, j, level, label_a == label_b, length)
        if (a, b) in meetings:
            meetings[a, b].append(meeting)
        else:
            meetings[a, b] = [meeting]
    return Overlaps(document, readers, units, marks, own, meetings, squares, overlapping)


def _attributes_as_text(mark: Mark) -> list[tuple[str, str]]:
    return sorted((name, canonical(value)) for name, value in mark.attributes.items() if is_given(value))


def _sweep(units: list[Unit]) -> tuple[dict[tuple[int, int], int], dict[str, int], set[str]]:
    pieces = sorted((start, end, i) for i, unit in enumerate(units) for start, end in unit.pieces)
    shared: defaultdict[tuple[int, int], int] = defaultdict(int)
    with_others = [0] * len(pieces)
    overlapping: set[str] = set()
    active: list[tuple[int, int, int, str]] = []
    annotator_of = [unit.annotator for unit in units]
    for now, (start, end, i) in enumerate(pieces):
        annotator = annotator_of[i]
        active = [before for before in active if before[0] > start]
        for other_end, before, j, other in active:
            if other == annotator:
                overlapping.add("")
                if units[j].label == units[i].label:
                    overlapping.add(units[i].label)
                continue
            length = (end if end < other_end else other_end) - start
            shared[(i, j) if i < j else (j, i)] += length
            with_others[now] += length
            with_others[before] += length
        active.append((end, now, i, annotator))
    squares: dict[str, int] = {}
    for (_, _, i), length in zip(pieces, with_others, strict=True):
        label = units[i].label
        squares[label] = squares.get(label, 0) + length * length
    return shared, squares, overlapping
