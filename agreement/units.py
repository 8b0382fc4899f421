"""Counts of the unitizing family for many documents in one sweep: what ``pairs.unit_rows`` counts for each alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.documents import Document, LabelIndexes, is_read_twice
from agreement.mark_columns import Integers, MarkColumns, distinct


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """In document ``document`` (position in the input), read by ``m`` annotators, ``measure`` under ``label`` is ``n``."""

    measure: str
    label: str
    document: Integers
    m: Integers
    n: Integers


def unit_counts(documents: Sequence[Document], indexes: LabelIndexes, columns: MarkColumns) -> Iterator[UnitCounts]:
    """``u_units``, ``self_overlap`` and ``cu_units`` of documents that at least two annotators completed.

    A unit is a piece of a span; a span entered twice counts once. Zeros are left out. O(S log S) for S spans.
    """
    names = {index: label for label, index in indexes.items()}
    readers = np.array([len(document.annotators) for document in documents], dtype=np.int64)
    pieces = _pieces(documents, columns)
    if len(pieces.start) == 0:
        return
    lengths = pieces.end - pieces.start
    width = np.int64(pieces.end.max() + 1)
    of_annotator = pieces.document * (int(readers.max()) + 1) + pieces.slot
    everywhere = _overlapping(of_annotator, pieces, width)
    same_label = _overlapping(of_annotator * (max(names) + 1) + pieces.label, pieces, width)
    twice = np.zeros(len(documents), dtype=bool)
    twice[pieces.document[everywhere]] = True
    if twice.any():
        numbers = np.nonzero(twice)[0]
        yield UnitCounts("self_overlap", "", numbers, readers[numbers], np.ones(len(numbers), dtype=np.int64))
    shared = _shared(pieces, lengths, width)
    for index, label in names.items():
        own = pieces.label == index
        if not own.any():
            continue
        yield _summed("u_units", label, pieces.document[own], readers, lengths[own] ** 2)
        overlapped = np.unique(pieces.document[same_label & own])
        if len(overlapped):
            yield UnitCounts(
                "self_overlap", label, overlapped, readers[overlapped], np.ones(len(overlapped), dtype=np.int64)
            )
        defined = own & ~twice[pieces.document]
        yield _summed("cu_units", label, pieces.document[defined], readers, shared[defined] ** 2)


@dataclass(frozen=True, slots=True)
class _Pieces:
    document: Integers
    slot: Integers
    label: Integers
    start: Integers
    end: Integers


def _pieces(documents: Sequence[Document], columns: MarkColumns) -> _Pieces:
    read_twice = np.array([is_read_twice(document) for document in documents], dtype=bool)
    chosen = read_twice[columns.document]
    given = (columns.document, columns.slot, columns.label, columns.start, columns.end)
    rows = np.stack([column[chosen] for column in given])
    torn = columns.torn[chosen]
    return _Pieces(*np.concatenate((distinct(rows[:, ~torn]), rows[:, torn]), axis=1))


def _overlapping(group: Integers, pieces: _Pieces, width: np.int64) -> NDArray[np.bool_]:
    """Pieces that begin before an earlier one of their group has ended."""
    # One number line for all groups, so that a running maximum of the ends never carries over from group to group.
    start, end = group * width + pieces.start, group * width + pieces.end
    order = np.argsort(start, kind="stable")
    reach = np.maximum.accumulate(end[order])
    result = np.zeros(len(start), dtype=bool)
    result[order[1:]] = start[order][1:] < reach[:-1]
    return result


def _shared(pieces: _Pieces, lengths: Integers, width: np.int64) -> Integers:
    """Per piece the characters shared with pieces of the others, summed; where nobody overlaps himself."""
    base = pieces.document * width
    at, place = np.unique(np.concatenate((base + pieces.start, base + pieces.end)), return_inverse=True)
    change = np.zeros(len(at), dtype=np.int64)
    np.add.at(change, place[: len(lengths)], 1)
    np.add.at(change, place[len(lengths) :], -1)
    # Characters covered before each place, once for every piece: nothing is covered from one document to the next.
    covered = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.cumsum(change)[:-1] * np.diff(at))))
    return np.asarray(covered[place[len(lengths) :]] - covered[place[: len(lengths)]] - lengths)


def _summed(measure: str, label: str, document: Integers, readers: Integers, n: Integers) -> UnitCounts:
    totals = np.zeros(len(readers), dtype=np.int64)
    np.add.at(totals, document, n)
    numbers = np.nonzero(totals)[0]
    return UnitCounts(measure, label, numbers, readers[numbers], totals[numbers])
