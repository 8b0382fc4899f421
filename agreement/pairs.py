"""Counts that look at whole spans: matchings of two annotators, and the units of the unitizing family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from agreement.overlaps import EXACT, IOU50, OVERLAP, Overlaps
from agreement.stat import StatRow
from spans.matching import CRITERIA, Criterion, maximum_matching
from spans.span import Fragments

type Edge = tuple[int, int]

LEVELS: dict[Criterion, int] = {"exact": EXACT, "overlap": OVERLAP, "iou50": IOU50}


def span_rows(found: Overlaps) -> list[StatRow]:
    """F1 and unitizing rows of a document that at least two annotators completed."""
    return unit_rows(found) + matching_rows(found)


def unit_rows(found: Overlaps) -> list[StatRow]:
    """Squared lengths of units, and who overlaps himself."""
    m = len(found.readers)
    squares: Counter[str] = Counter()
    for unit in found.units:
        squares[unit.label] += sum([(end - start) ** 2 for start, end in unit.pieces])
    rows = [StatRow("u_units", label, m, n=n) for label, n in sorted(squares.items())]
    if "" in found.overlapping:
        rows += [StatRow("self_overlap", label, m, n=1) for label in sorted(found.overlapping)]
    else:
        rows += [StatRow("cu_units", label, m, n=n) for label, n in sorted(found.shared_squares.items()) if n]
    return rows


def matching_rows(found: Overlaps) -> list[StatRow]:
    """Sizes of the largest one-to-one matchings of every pair of readers."""
    units = found.units
    label_of = [unit.label for unit in units]
    sizes: dict[str, dict[str, int]] = {}
    extents: dict[str, int] = {}
    for name in found.readers:
        own = found.own[name]
        of_reader: dict[str, int] = {}
        sizes[name] = of_reader
        for i in own:
            of_reader[label_of[i]] = of_reader.get(label_of[i], 0) + 1
        extents[name] = len({units[i].pieces for i in own})
    rows: list[StatRow] = []
    for a, b in found.pairs:
        sizes_a, sizes_b = sizes[a], sizes[b]
        if not sizes_a and not sizes_b:
            continue
        meetings = found.meetings.get((a, b), [])
        labels = sorted(sizes_a.keys() | sizes_b.keys())
        of_labels = [(label, sizes_a.get(label, 0), sizes_b.get(label, 0)) for label in labels]
        doubled = extents[a] < len(found.own[a]) or extents[b] < len(found.own[b])
        for criterion in CRITERIA:
            level = LEVELS[criterion]
            meeting = [(i, j, same_label) for i, j, closeness, same_label, _ in meetings if closeness >= level]
            matched: dict[str, int] = {}
            for i in _matched([(i, j) for i, j, same_label in meeting if same_label]):
                matched[label_of[i]] = matched.get(label_of[i], 0) + 1
            measure = f"f1_{criterion}"
            for label, size_a, size_b in of_labels:
                rows.append(StatRow(measure, label, 0, 0, 0, a, b, matched.get(label, 0), size_a, size_b))
            bare = [(i, j) for i, j, _ in meeting]
            n = len(_matched(_without_labels(bare, found) if doubled else bare))
            rows.append(StatRow(f"f1_{criterion}_unlabelled", "", 0, 0, 0, a, b, n, extents[a], extents[b]))
    return rows


def _without_labels(edges: Sequence[Edge], found: Overlaps) -> list[Edge]:
    """The edges with spans of one extent (under several labels of one annotator) taken as one span."""
    first: dict[tuple[str, Fragments], int] = {}
    units = found.units
    return sorted(
        {
            (
                first.setdefault((units[i].annotator, units[i].pieces), i),
                first.setdefault((units[j].annotator, units[j].pieces), j),
            )
            for i, j in edges
        }
    )


def _matched(edges: Sequence[Edge]) -> Collection[int]:
    """Left ends of a maximum matching."""
    lefts = {i for i, _ in edges}
    if len(lefts) == len(edges) and len({j for _, j in edges}) == len(edges):
        return lefts
    return [i for i, _ in matching(edges)]


def matching(edges: Sequence[Edge]) -> list[Edge]:
    """A maximum one-to-one matching; deterministic, as it follows the order of the numbers."""
    left, right = sorted({i for i, _ in edges}), sorted({j for _, j in edges})
    number = {j: position for position, j in enumerate(right)}
    targets: dict[int, list[int]] = {i: [] for i in left}
    for i, j in edges:
        targets[i].append(number[j])
    partner = maximum_matching([targets[i] for i in left], len(right))
    return [(i, right[j]) for i, j in zip(left, partner, strict=True) if j >= 0]
