"""Counts that look at whole spans: matchings of two annotators, and the units of the unitizing family."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from agreement.documents import Document
from agreement.stat import StatRow
from spans.matching import CRITERIA, Criterion, maximum_matching
from spans.span import Fragments

type Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Unit:
    annotator: str
    label: str
    pieces: Fragments
    length: int


def span_rows(document: Document) -> list[StatRow]:
    """F1 and unitizing rows of a document that at least two annotators completed.

    Identical spans (characters and label) of one annotator count once.
    """
    readers = set(document.annotators)
    seen = {(mark.annotator, mark.label, mark.pieces) for mark in document.marks if mark.annotator in readers}
    units = [_Unit(*one, sum(end - start for start, end in one[2])) for one in sorted(seen)]
    shared, piece_sums, overlapping = _overlaps(units)
    rows = _unit_rows(units, piece_sums, overlapping, len(document.annotators))
    rows += _matching_rows(document, units, shared)
    return rows


def _overlaps(units: Sequence[_Unit]) -> tuple[dict[Edge, int], dict[str, int], set[str]]:
    """One sweep over all pieces.

    Returns the characters shared by two units of different annotators; per label the sum over its pieces of the
    squared length shared with others' pieces; and the labels under which someone overlaps himself ("": at all).
    """
    pieces = sorted((start, end, i) for i, unit in enumerate(units) for start, end in unit.pieces)
    shared: defaultdict[Edge, int] = defaultdict(int)
    with_others = [0] * len(pieces)
    overlapping: set[str] = set()
    active: list[int] = []
    for now, (start, end, i) in enumerate(pieces):
        active = [before for before in active if pieces[before][1] > start]
        unit = units[i]
        for before in active:
            _, other_end, j = pieces[before]
            other = units[j]
            if other.annotator == unit.annotator:
                overlapping.add("")
                if other.label == unit.label:
                    overlapping.add(unit.label)
                continue
            length = min(end, other_end) - start
            shared[(i, j) if i < j else (j, i)] += length
            with_others[now] += length
            with_others[before] += length
        active.append(now)
    squares: Counter[str] = Counter()
    for (_, _, i), length in zip(pieces, with_others, strict=True):
        squares[units[i].label] += length * length
    return shared, squares, overlapping


def _unit_rows(units: Sequence[_Unit], cu: dict[str, int], overlapping: set[str], m: int) -> list[StatRow]:
    squares: Counter[str] = Counter()
    for unit in units:
        squares[unit.label] += sum((end - start) ** 2 for start, end in unit.pieces)
    rows = [StatRow("u_units", label, m, n=n) for label, n in sorted(squares.items())]
    if "" in overlapping:
        rows += [StatRow("self_overlap", label, m, n=1) for label in sorted(overlapping)]
    else:
        rows += [StatRow("cu_units", label, m, n=n) for label, n in sorted(cu.items()) if n]
    return rows


def _matching_rows(document: Document, units: Sequence[_Unit], shared: dict[Edge, int]) -> list[StatRow]:
    own: defaultdict[str, list[int]] = defaultdict(list)
    for i, unit in enumerate(units):
        own[unit.annotator].append(i)
    # Units are sorted by annotator, so the lower index of an edge belongs to the lower name.
    edges: defaultdict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for (i, j), length in shared.items():
        edges[units[i].annotator, units[j].annotator].append((i, j, length))
    sizes = {name: Counter(units[i].label for i in own[name]) for name in document.annotators}
    extents = {name: len({units[i].pieces for i in own[name]}) for name in document.annotators}
    rows: list[StatRow] = []
    for a, b in combinations(sorted(document.annotators), 2):
        if not own[a] and not own[b]:
            continue
        candidates = sorted(edges.get((a, b), ()))
        labels = sorted(sizes[a].keys() | sizes[b].keys())
        for criterion in CRITERIA:
            meeting = [(i, j) for i, j, length in candidates if _meets(units[i], units[j], length, criterion)]
            same = [(i, j) for i, j in meeting if units[i].label == units[j].label]
            found = Counter(units[i].label for i in _matched(same))
            for label in labels:
                rows.append(
                    StatRow(f"f1_{criterion}", label, 0, 0, 0, a, b, found[label], sizes[a][label], sizes[b][label])
                )
            bare = _without_labels(meeting, units)
            rows.append(
                StatRow(f"f1_{criterion}_unlabelled", "", 0, 0, 0, a, b, len(_matched(bare)), extents[a], extents[b])
            )
    return rows


def _meets(a: _Unit, b: _Unit, length: int, criterion: Criterion) -> bool:
    if criterion == "overlap":
        return True
    if criterion == "exact":
        return a.pieces == b.pieces
    return 2 * length >= a.length + b.length - length


def _without_labels(edges: Sequence[Edge], units: Sequence[_Unit]) -> list[Edge]:
    """The edges with spans of one extent (under several labels of one annotator) taken as one span."""
    first: dict[tuple[str, Fragments], int] = {}
    return sorted(
        {
            (
                first.setdefault((units[i].annotator, units[i].pieces), i),
                first.setdefault((units[j].annotator, units[j].pieces), j),
            )
            for i, j in edges
        }
    )


def _matched(edges: Sequence[Edge]) -> list[int]:
    """Left ends of a maximum matching."""
    lefts = {i for i, _ in edges}
    rights = {j for _, j in edges}
    if len(lefts) == len(edges) == len(rights):
        return list(lefts)
    left, right = sorted(lefts), sorted(rights)
    number = {j: position for position, j in enumerate(right)}
    targets: defaultdict[int, list[int]] = defaultdict(list)
    for i, j in edges:
        targets[i].append(number[j])
    partner = maximum_matching([targets[i] for i in left], len(right))
    return [i for i, j in zip(left, partner, strict=True) if j >= 0]
