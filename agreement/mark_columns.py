"""The marks of many documents as columns of numbers, which every sweep over characters or spans starts from."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agreement.documents import Document, LabelIndexes

type Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MarkColumns:
    """Parallel columns, a row for each piece of a mark, of those who completed the document.

    ``document``: position in the input. ``slot``: the annotator's place among the document's, by name. ``label``: its
    index. ``torn``: the mark has more pieces than this one. A mark in one piece has a row each time it was entered, one
    in several pieces only once. ``in_pieces``: documents with marks in several pieces, in rising order.
    """

    document: Integers
    slot: Integers
    label: Integers
    start: Integers
    end: Integers
    torn: NDArray[np.bool_]
    in_pieces: list[int]


def mark_columns(documents: Sequence[Document], indexes: LabelIndexes) -> MarkColumns:
    """The columns of ``documents``. Raises KeyError for a label without an index."""
    whole, torn = array("q"), array("q")
    for number, document in enumerate(documents):
        slots = {annotator: slot for slot, annotator in enumerate(sorted(document.annotators))}
        seen: set[object] = set()
        for mark in document.marks:
            slot = slots.get(mark.annotator)
            if slot is None:
                continue
            label, start, end = indexes[mark.label], mark.start, mark.end
            if mark.fragments:
                pieces = mark.pieces
                if len(pieces) != 1:
                    if (slot, label, pieces) not in seen:
                        seen.add((slot, label, pieces))
                        for start, end in pieces:
                            torn.extend((number, slot, label, start, end))
                    continue
                ((start, end),) = pieces
            whole.extend((number, slot, label, start, end))
    rows = np.array(whole + torn, dtype=np.int64).reshape(-1, 5)
    is_torn = np.arange(len(rows)) >= len(whole) // 5
    table = rows.T.copy()
    in_pieces = np.unique(table[0, is_torn]).tolist()
    return MarkColumns(table[0], table[1], table[2], table[3], table[4], is_torn, in_pieces)


def distinct(rows: Integers) -> Integers:
    """A table's distinct columns, sorted by its first row, then the second, and so on. Numbers are not negative."""
    if rows.shape[1] == 0:
        return rows
    # Two neighbouring rows are one number as long as 64 bits hold it: fewer keys sort faster.
    keys, room = [rows[0]], 1 << 63
    room //= int(rows[0].max()) + 1
    for row in rows[1:]:
        values = int(row.max()) + 1
        if room >= values:
            keys[-1], room = keys[-1] * values + row, room // values
        else:
            keys.append(row)
            room = (1 << 63) // values
    order = np.lexsort(keys[::-1])
    opens = np.zeros(rows.shape[1], dtype=bool)
    opens[0] = True
    for key in keys:
        opens[1:] |= np.diff(key[order]) != 0
    return rows[:, order[opens]]
