"""Largest matchings for many documents in one sweep: what ``pairs.matching_rows`` counts for each alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.documents import Document, LabelIndexes, is_read_twice
from agreement.mark_columns import Integers, MarkColumns, distinct
from agreement.overlaps import EXACT, IOU50, OVERLAP
from agreement.pairs import LEVELS, matching

# Bounds the table of meetings.
SWEEP_DOCUMENTS = 512
# Between two readers; with more, taking them in turns takes longer than paths, which look at each edge a few times only.
EDGES_TAKEN = 1024


@dataclass(frozen=True, slots=True)
class MatchingCounts:
    """In ``document`` (position in the input), over all pairs of readers: spans with a partner, and spans of both."""

    measure: str
    label: str
    document: Integers
    matched: Integers
    spans: Integers


@dataclass(frozen=True, slots=True)
class _Spans:
    """Distinct spans, sorted by document, reader, start, end and label; ``extent`` numbers those that differ in more
    than the label."""

    document: Integers
    slot: Integers
    label: Integers
    start: Integers
    end: Integers
    extent: Integers


@dataclass(frozen=True, slots=True)
class _Edges:
    """Spans of two readers that share a character, ``a`` of the reader whose name comes first, and how closely."""

    a: Integers
    b: Integers
    level: Integers


def matching_counts(
    documents: Sequence[Document], indexes: LabelIndexes, columns: MarkColumns
) -> Iterator[MatchingCounts]:
    """``f1_…`` by label and unlabelled, of documents that two or more completed and whose marks are all in one piece.

    O(S log S + overlaps) for S spans, and what a matching takes where spans have several partners to choose from.
    """
    of_two = np.array([is_read_twice(document) for document in documents], dtype=bool)
    of_two[columns.in_pieces] = False
    others = np.array([len(document.annotators) - 1 for document in documents], dtype=np.int64)
    for first in range(0, len(documents), SWEEP_DOCUMENTS):
        some = np.zeros(len(documents), dtype=bool)
        some[first : first + SWEEP_DOCUMENTS] = of_two[first : first + SWEEP_DOCUMENTS]
        spans = _distinct(columns, some)
        if len(spans.document):
            yield from _counts_of(spans, indexes, others)


def _counts_of(spans: _Spans, indexes: LabelIndexes, others: Integers) -> Iterator[MatchingCounts]:
    """``others``: of each document, how many other readers a reader has."""
    edges = _meetings(spans)
    n = len(others)
    first = np.searchsorted(spans.extent, np.arange(spans.extent[-1] + 1))  # of each extent
    same_label = spans.label[edges.a] == spans.label[edges.b]
    for criterion, level in LEVELS.items():
        close = edges.level >= level
        kept = close & same_label
        matched = _matched(edges.a[kept], edges.b[kept], spans)
        for label, index in indexes.items():
            own = spans.label == index
            if own.any():
                of_label = spans.document[matched[spans.label[matched] == index]]
                in_each = np.bincount(spans.document[own], minlength=n) * others
                yield _counts(f"f1_{criterion}", label, np.bincount(of_label, minlength=n), in_each)
        a, b = first[spans.extent[edges.a[close]]], first[spans.extent[edges.b[close]]]
        if len(first) < len(spans.extent):
            a, b = distinct(np.stack((a, b)))
        matched = spans.document[_matched(a, b, spans)]
        in_each = np.bincount(spans.document[first], minlength=n) * others
        yield _counts(f"f1_{criterion}_unlabelled", "", np.bincount(matched, minlength=n), in_each)


def _counts(measure: str, label: str, matched: Integers, spans: Integers) -> MatchingCounts:
    documents = np.nonzero(spans)[0]
    return MatchingCounts(measure, label, documents, matched[documents], spans[documents])


def _distinct(columns: MarkColumns, wanted: NDArray[np.bool_]) -> _Spans:
    chosen = wanted[columns.document]
    given = (columns.document, columns.slot, columns.start, columns.end, columns.label)
    rows = distinct(np.stack([column[chosen] for column in given]))
    document, slot, start, end, label = rows
    another = np.ones(rows.shape[1], dtype=bool)
    another[1:] = (rows[:4, 1:] != rows[:4, :-1]).any(axis=0)
    return _Spans(document, slot, label, start, end, np.cumsum(another) - 1)


def _meetings(spans: _Spans) -> _Edges:
    """All pairs of spans of two readers of a document that share a character."""
    width = np.int64(spans.end.max() + 1)
    start, end = spans.document * width + spans.start, spans.document * width + spans.end
    order = np.argsort(start, kind="stable")
    # In this order a span meets those after it that begin before it ends.
    n_later = np.searchsorted(start[order], end[order]) - np.arange(len(order)) - 1
    one = np.repeat(np.arange(len(order)), n_later)
    other = np.arange(len(one)) - np.repeat(np.cumsum(n_later) - n_later, n_later) + one + 1
    one, other = order[one], order[other]
    apart = spans.slot[one] != spans.slot[other]
    one, other = one[apart], other[apart]
    shared = np.minimum(end[one], end[other]) - start[other]
    level = np.full(len(one), OVERLAP)
    level[3 * shared >= end[one] - start[one] + end[other] - start[other]] = IOU50
    level[(start[one] == start[other]) & (end[one] == end[other])] = EXACT
    first = spans.slot[one] < spans.slot[other]
    return _Edges(np.where(first, one, other), np.where(first, other, one), level)


def _matched(a: Integers, b: Integers, spans: _Spans) -> Integers:
    """The spans ``a`` that have a partner in a largest one-to-one matching, once for each reader they have one of.

    An edge at whose one end there is no other is in some largest matching (Karp & Sipser 1981): such are taken, all at
    once, as long as there are any. From what is left, which has cycles, any edge is taken and then such again; where
    that does not find a partner for all spans of one of the two readers, which proves it largest, paths are augmented.
    """
    if len(a) == 0:
        return a
    readers = int(spans.slot.max()) + 1
    # A span takes part in one matching with each of the other readers, which is what ``pair`` numbers.
    edges = np.stack((a * readers + spans.slot[b], b * readers + spans.slot[a]))
    of_pair = (spans.document[a] * readers + spans.slot[a]) * readers + spans.slot[b]
    pair = np.unique(of_pair, return_inverse=True)[1]
    few = np.bincount(pair)[pair] <= EDGES_TAKEN
    found, core, core_pair = _leaves_taken(edges[:, few], pair[few])
    guessed, open_ones = _guessed(core, core_pair)
    rest = np.concatenate((edges[:, ~few], core[:, open_ones]), axis=1).T.tolist()
    augmented = np.array([left for left, _ in matching([(left, right) for left, right in rest])], dtype=np.int64)
    return np.asarray(np.concatenate((found[0], guessed, augmented)) // readers)


def _guessed(core: Integers, pair: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Left ends of a matching of those pairs of readers where it is shown to be largest; the edges of the others."""
    n_pairs = int(pair.max(initial=-1)) + 1
    parts = [np.zeros((2, 0), dtype=np.int64)]
    edges, of_edge = core, pair
    while len(of_edge):
        # Of each pair of readers the edge whose ends have the fewest others.
        others = np.bincount(edges[0])[edges[0]] + np.bincount(edges[1])[edges[1]]
        order = np.lexsort((others, of_edge))
        first = order[np.searchsorted(of_edge[order], np.unique(of_edge))]
        parts.append(np.stack((edges[0, first], of_edge[first])))
        edges, of_edge = _without(edges, of_edge, edges[:, first])
        more, edges, of_edge = _leaves_taken(edges, of_edge)
        parts.append(more[[0, 2]])
    lefts, of_left = np.concatenate(parts, axis=1)
    most = np.minimum(*(np.bincount(pair[_first_of_each(side)], minlength=n_pairs) for side in core))
    is_open = np.bincount(of_left, minlength=n_pairs) < most
    return lefts[~is_open[of_left]], is_open[pair]


def _leaves_taken(edges: Integers, pair: Integers) -> tuple[Integers, Integers, Integers]:
    """Edges that are alone at an end, taken until there are none, as rows left, right, pair; the edges that are left."""
    found = [np.zeros((3, 0), dtype=np.int64)]
    while len(pair):
        left, right = edges
        taken = np.nonzero((np.bincount(left)[left] == 1) | (np.bincount(right)[right] == 1))[0]
        if len(taken) == 0:
            break
        # Of several such edges at one end, the first.
        taken = taken[_first_of_each(left[taken])]
        taken = taken[_first_of_each(right[taken])]
        found.append(np.stack((left[taken], right[taken], pair[taken])))
        edges, pair = _without(edges, pair, edges[:, taken])
    return np.concatenate(found, axis=1), edges, pair


def _first_of_each(values: Integers) -> Integers:
    return np.unique(values, return_index=True)[1]


def _without(edges: Integers, pair: Integers, taken: Integers) -> tuple[Integers, Integers]:
    """The edges that share no end with those ``taken``."""
    kept = np.ones(len(pair), dtype=bool)
    for side, gone in zip(edges, taken, strict=True):
        is_gone = np.zeros(side.max() + 1, dtype=bool)
        is_gone[gone] = True
        kept &= ~is_gone[side]
    return edges[:, kept], pair[kept]
