"""Characters that two readers marked, both and each: what agreement of pairs and of groups of people is made of."""

from __future__ import annotations

from agreement.overlaps import Overlaps
from agreement.stat import StatRow
from spans.span import Fragments, shared_length, union_of


def pair_rows(found: Overlaps) -> list[StatRow]:
    """Of every pair of readers, the characters read and those marked by both and by each: at all, and by label.

    The rest of the 2 x 2 table follows: only a = size_a - n, only b = size_b - n, neither = read - size_a - size_b + n.
    Each row bears m, as a document's part in alpha is divided by m - 1.
    """
    m = len(found.readers)
    length = found.document.length
    label_of = [unit.label for unit in found.units]
    sizes = {name: _sizes(found, own) for name, own in found.own.items()}
    covers = {label: _covers(found, label) for label in found.overlapping}
    rows: list[StatRow] = []
    for a, b in found.pairs:
        rows.append(StatRow("pair_read", "", m, 0, 0, a, b, length))
        # Where nobody overlaps himself, lengths simply add; else characters are counted once.
        both: dict[str, int] = {"": 0}
        for i, _, _, same_label, shared in found.meetings.get((a, b), ()):
            both[""] += shared
            if same_label:
                both[label_of[i]] = both.get(label_of[i], 0) + shared
        for label, of_label in covers.items():
            both[label] = shared_length(of_label[a], of_label[b])
        sizes_a, sizes_b = sizes[a], sizes[b]
        for label in sorted(sizes_a.keys() | sizes_b.keys()):
            measure = "pair_label" if label else "pair_any"
            size_a, size_b = sizes_a.get(label, 0), sizes_b.get(label, 0)
            rows.append(StatRow(measure, label, m, 0, 0, a, b, both.get(label, 0), size_a, size_b))
    return rows


def _sizes(found: Overlaps, own: list[int]) -> dict[str, int]:
    """Characters that one reader marked: under "" at all, and by label. Empty where there are none."""
    sizes: dict[str, int] = {}
    for i in own:
        _, label, _, length = found.units[i]
        sizes[""] = sizes.get("", 0) + length
        sizes[label] = sizes.get(label, 0) + length
    for label in found.overlapping:
        if label in sizes:
            sizes[label] = sum(end - start for start, end in _cover(found, own, label))
    return sizes


def _covers(found: Overlaps, label: str) -> dict[str, Fragments]:
    return {name: _cover(found, own, label) for name, own in found.own.items()}


def _cover(found: Overlaps, own: list[int], label: str) -> Fragments:
    units = [found.units[i] for i in own]
    return union_of([piece for unit in units if label in ("", unit.label) for piece in unit.pieces])
