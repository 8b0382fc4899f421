"""Pairs of values on each character, counted without visiting characters.

Between two neighbouring span ends nothing changes, so a sweep over the ends does: O(S log S) for S spans, whatever the
length of the text. Many documents go through one sweep, laid end to end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from agreement.documents import Document, LabelIndexes
from agreement.mark_columns import Integers, MarkColumns, mark_columns

# Bounds the table documents x sets x sets to 32 MB and the sweep to a few thousand documents at a time.
TABLE_CELLS = 4_000_000
SWEEP_DOCUMENTS = 4096
SMALL_KEYS = 1 << 16
CELLS_WAITING = 1 << 15
MOST_BITS = 64


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Parallel columns: in ``document`` (position in the input), read by ``m`` annotators, the two values occur n times.

    Values are sets of labels as bit masks, ``key_c <= key_k``; ``n = sum over characters of n_c (n_k - [c=k])`` where
    n_c annotators gave c: ordered pairs of annotators, one direction. The mirrored cell (k, c) is equal and left out.
    """

    document: Integers
    m: Integers
    key_c: Integers
    key_k: Integers
    n: Integers

    def in_two(self, mask: int) -> PairCounts:
        """The same counts with values 1 (any label of ``mask``) and 0."""
        return self._with_values((self.key_c & mask != 0).astype(np.int64), (self.key_k & mask != 0).astype(np.int64))

    def within(self, mask: int) -> PairCounts:
        """The same counts with only the labels of ``mask`` in the sets."""
        return self._with_values(self.key_c & mask, self.key_k & mask)

    def _with_values(self, c: Integers, k: Integers) -> PairCounts:
        # Two values falling together bring both directions of the old cell into the diagonal one.
        n = np.where((c == k) & (self.key_c != self.key_k), 2 * self.n, self.n)
        return summed_cells(PairCounts(self.document, self.m, np.minimum(c, k), np.maximum(c, k), n))


def summed_cells(counts: PairCounts) -> PairCounts:
    """One row for each document, m and pair of values, sorted by these."""
    if len(counts.n) == 0:
        return counts
    order = np.lexsort((counts.key_k, counts.key_c, counts.m, counts.document))
    document, m, c, k = (column[order] for column in (counts.document, counts.m, counts.key_c, counts.key_k))
    opens = np.ones(len(order), dtype=bool)
    opens[1:] = (np.diff(document) != 0) | (np.diff(m) != 0) | (c[1:] != c[:-1]) | (k[1:] != k[:-1])
    first = np.nonzero(opens)[0]
    return PairCounts(document[first], m[first], c[first], k[first], np.add.reduceat(counts.n[order], first))


class SummedPairs:
    """Counts of many documents, summed by groups of them: as much memory as the groups need, however many documents."""

    def __init__(self) -> None:
        self._summed = joined([])
        self._waiting: list[PairCounts] = []
        self._n_waiting = 0

    def add(self, counts: PairCounts, groups: Integers) -> None:
        """Take in ``counts``; ``groups`` has the group of each of their documents."""
        self._waiting.append(PairCounts(groups[counts.document], counts.m, counts.key_c, counts.key_k, counts.n))
        self._n_waiting += len(counts.n)
        # Not until it pays: each cell is sorted again only when there are twice as many.
        if self._n_waiting > max(CELLS_WAITING, len(self._summed.n)):
            self._settle()

    def counts(self) -> PairCounts:
        """The sums, with the group for the document."""
        if self._waiting:
            self._settle()
        return self._summed

    def regrouped(self, groups: Integers) -> SummedPairs:
        """The same counts with what was group g in group ``groups[g]``."""
        result = SummedPairs()
        result.add(self.counts(), groups)
        return result

    def _settle(self) -> None:
        self._summed = summed_cells(joined([self._summed, *self._waiting]))
        self._waiting, self._n_waiting = [], 0


def _by_document(parts: Sequence[PairCounts]) -> PairCounts:
    whole = joined(parts)
    if len(parts) < 2:
        return whole
    order = np.argsort(whole.document, kind="stable")
    return PairCounts(whole.document[order], whole.m[order], whole.key_c[order], whole.key_k[order], whole.n[order])


def joined(parts: Sequence[PairCounts]) -> PairCounts:
    """The rows of all parts, one after another."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return PairCounts(empty, empty, empty, empty, empty)
    return PairCounts(
        np.concatenate([part.document for part in parts]),
        np.concatenate([part.m for part in parts]),
        np.concatenate([part.key_c for part in parts]),
        np.concatenate([part.key_k for part in parts]),
        np.concatenate([part.n for part in parts]),
    )


def pair_counts(documents: Sequence[Document], labels: LabelIndexes, columns: MarkColumns | None = None) -> PairCounts:
    """Counts of all documents that at least two annotators completed and that have characters; the others give none.

    Spans of one annotator under one label are united. Sorted by document, key_c, key_k. ``columns`` of the documents'
    marks, where they are at hand. Raises KeyError for a label without an index and ValueError for a span beyond the
    text.
    """
    marks = mark_columns(documents, labels) if columns is None else columns
    by_m: defaultdict[int, list[int]] = defaultdict(list)
    for position, document in enumerate(documents):
        m = len(document.annotators)
        if m >= 2 and document.length > 0:
            by_m[m].append(position)
    parts: list[PairCounts] = []
    for m, positions in sorted(by_m.items()):
        for first in range(0, len(positions), SWEEP_DOCUMENTS):
            some = positions[first : first + SWEEP_DOCUMENTS]
            parts.extend(_sweep([documents[p] for p in some], np.array(some, dtype=np.int64), m, marks))
    return _by_document(parts)


def _sweep(documents: Sequence[Document], positions: Integers, m: int, marks: MarkColumns) -> Iterator[PairCounts]:
    lengths = np.array([document.length for document in documents], dtype=np.int64)
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    where, start, end = _united(documents, positions, lengths, m, marks)
    doc, slot, bit = where // (m * MOST_BITS), where // MOST_BITS % m, where % MOST_BITS

    # A doc's own first event carries no change: it stands for its beginning. Ends go first, so that at the seam of two
    # documents the last event, the only one followed by a stretch of any length, is the second document's.
    no_change = np.zeros(len(documents), dtype=np.int64)
    value = np.int64(1) << bit
    at = np.concatenate([offsets[doc] + end, offsets[:-1], offsets[doc] + start])
    order = np.argsort(at, kind="stable")
    at = at[order]
    event_doc = np.concatenate([doc, np.arange(len(documents)), doc])[order]
    event_slot = np.concatenate([slot, no_change, slot])[order]
    change = np.concatenate([-value, no_change, value])[order]

    keys = np.zeros((len(at), m), dtype=np.int64)
    keys[np.arange(len(at)), event_slot] = change
    np.cumsum(keys, axis=0, out=keys)
    stretch = np.diff(at, append=offsets[-1])
    kept = stretch > 0
    keys, stretch, stretch_doc = keys[kept], stretch[kept], event_doc[kept]

    sets, codes = _numbered(keys)
    v = len(sets)
    step = max(1, TABLE_CELLS // (v * v))
    for first in range(0, len(documents), step):
        last = min(first + step, len(documents))
        low, high = np.searchsorted(stretch_doc, [first, last])
        row = (stretch_doc[low:high] - first) * v
        weights = stretch[low:high].astype(np.float64)  # whole numbers far below 2**53: exact
        table = np.zeros((last - first) * v * v)
        for i, j in combinations(range(m), 2):
            cell = (row + codes[low:high, i]) * v + codes[low:high, j]
            table += np.bincount(cell, weights=weights, minlength=len(table))
        square = table.reshape(last - first, v, v)
        square = np.triu(square + square.transpose(0, 2, 1))
        d, c, k = np.nonzero(square)
        n = square[d, c, k].astype(np.int64)
        yield PairCounts(positions[first + d], np.full(len(n), m, dtype=np.int64), sets[c], sets[k], n)


def _united(
    documents: Sequence[Document], positions: Integers, lengths: Integers, m: int, marks: MarkColumns
) -> tuple[Integers, Integers, Integers]:
    """Unions of the spans of one annotator under one label: (document, annotator, label) in one number, start, end."""
    number = np.full(int(max(positions.max(), marks.document.max(initial=0))) + 1, -1, dtype=np.int64)
    number[positions] = np.arange(len(positions))
    place = number[marks.document]
    own = place >= 0
    group_of = (place[own] * m + marks.slot[own]) * MOST_BITS + marks.label[own]
    start, end = marks.start[own], marks.end[own]
    if len(end) == 0:
        return group_of, start, end
    beyond = np.nonzero((end > lengths[group_of // (m * MOST_BITS)]) | (start < 0) | (start >= end))[0]
    if len(beyond):
        d = int(group_of[beyond[0]]) // (m * MOST_BITS)
        raise ValueError(
            f"document {documents[d].id!r}: a span [{start[beyond[0]]}, {end[beyond[0]]}) is empty or outside "
            f"[0, {documents[d].length})"
        )
    # One number line for all groups, so that a running maximum of the ends never carries over from group to group.
    width = int(lengths.max()) + 1
    order = np.argsort(group_of * width + start, kind="stable")
    group_of, start, end = group_of[order], start[order], end[order]
    base_of = group_of * width
    reach = np.maximum.accumulate(base_of + end)
    opens = np.ones(len(start), dtype=bool)
    opens[1:] = base_of[1:] + start[1:] > reach[:-1]
    first = np.nonzero(opens)[0]
    last = np.append(first[1:], len(start)) - 1
    return group_of[first], start[first], reach[last] - base_of[last]


def _numbered(keys: Integers) -> tuple[Integers, Integers]:
    """The distinct keys in rising order, and each key's number among them."""
    highest = int(keys.max())
    if highest < SMALL_KEYS:
        present = np.zeros(highest + 1, dtype=bool)
        present[keys] = True
        number = np.cumsum(present) - 1
        return np.nonzero(present)[0], number[keys]
    sets, codes = np.unique(keys, return_inverse=True)
    return sets, codes.reshape(keys.shape)
