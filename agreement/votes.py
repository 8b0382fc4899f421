"""Who says what where: votes for a label, in runs of characters rather than character by character."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agreement.documents import Document
from spans.span import Fragments, union_of

type Run = tuple[int, int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class VoteSegment:
    """Characters ``[start, end)`` that ``n_votes`` of the ``m`` annotators who completed the document gave ``label``."""

    label: str
    start: int
    end: int
    n_votes: int
    m: int

    @property
    def share(self) -> float:
        """The soft label: n_votes / m."""
        return self.n_votes / self.m


def vote_segments(document: Document) -> list[VoteSegment]:
    """Maximal runs with one number of votes, by label and place; where nobody voted for a label there is none.

    Spans of one annotator under one label are united, gaps between fragments carry nothing, marks of someone who did
    not complete the document are left out, silent readers count in ``m``. A document of one reader has segments too,
    with ``m`` = 1; one that nobody completed has none.
    """
    m = len(document.annotators)
    return [
        VoteSegment(label, start, end, count, m)
        for label, covers in sorted(covers_by_label(document).items())
        for start, end, count in coverage_runs(covers.values())
    ]


def covers_by_label(document: Document) -> dict[str, dict[str, Fragments]]:
    """Label, then annotator, to the characters covered: sorted ranges that neither overlap nor touch."""
    pieces: defaultdict[str, defaultdict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    readers = set(document.annotators)
    for mark in document.marks:
        if mark.annotator in readers:
            pieces[mark.label][mark.annotator].extend(mark.pieces)
    return {
        label: {annotator: union_of(tuple(own)) for annotator, own in by_annotator.items()}
        for label, by_annotator in pieces.items()
    }


def voter_runs(covers: Mapping[str, Fragments]) -> list[Run]:
    """Maximal ranges with one and the same set of voters, where there are any. ``covers`` as of one label."""
    change: defaultdict[int, set[str]] = defaultdict(set)
    for annotator, pieces in covers.items():
        for start, end in pieces:
            change[start] ^= {annotator}
            change[end] ^= {annotator}
    runs: list[Run] = []
    voters: frozenset[str] = frozenset()
    since = 0
    for at in sorted(change):
        if voters:
            runs.append((since, at, voters))
        voters, since = voters ^ change[at], at
    return runs


def coverage_runs(covers: Iterable[Fragments]) -> list[tuple[int, int, int]]:
    """Maximal ranges with one number of covers, where there are any."""
    change: defaultdict[int, int] = defaultdict(int)
    for pieces in covers:
        for start, end in pieces:
            change[start] += 1
            change[end] -= 1
    runs: list[tuple[int, int, int]] = []
    count, since = 0, 0
    for at, delta in sorted(change.items()):
        if delta == 0:
            continue
        if count:
            runs.append((since, at, count))
        count, since = count + delta, at
    return runs
