"""The additive integers of one document, in rows that a table can hold and sum.

Every figure of agreement is computed from sums of these rows over documents, so a corpus is counted once, one document
is counted again when it changes, and the order of documents cannot matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from agreement.characters import PairCounts, pair_counts
from agreement.documents import Document, LabelIndexes, Rating, counted_in_tokens, label_indexes
from agreement.pairs import span_rows
from agreement.stat import StatRow


def document_rows(document: Document, labels: Sequence[str] | LabelIndexes) -> list[StatRow]:
    """All rows of one document; [] where fewer than two annotators completed it.

    ``labels`` fixes the bit of each label: its position, or an explicit permanent index. Costs O(S log S + overlaps),
    whatever the length of the text. Raises ValueError for a span that is empty, outside the text or of another label.
    """
    indexes = label_indexes(labels)
    for mark in document.marks:
        if mark.label not in indexes:
            raise ValueError(f"document {document.id!r}: label {mark.label!r} is not among the labels")
    if len(set(document.annotators)) != len(document.annotators):
        raise ValueError(f"document {document.id!r}: an annotator is named twice")
    rows: list[StatRow] = []
    if len(document.annotators) >= 2 and document.length > 0:
        rows.extend(reading_rows(document))
        rows.extend(value_pair_rows(pair_counts([document], indexes), indexes, "char"))
        rows.extend(span_rows(document))
    in_tokens = counted_in_tokens(document)
    if in_tokens is not None:
        rows.extend(value_pair_rows(pair_counts([in_tokens], indexes), indexes, "token"))
    rows.extend(answer_rows("doc_rating", document.ratings))
    rows.extend(answer_rows("value", document.values))
    return rows


def reading_rows(document: Document) -> list[StatRow]:
    """Who completed the document, whether or not they marked anything."""
    m = len(document.annotators)
    return [
        StatRow("reading", m=m, annotator_a=annotator, n=document.length) for annotator in sorted(document.annotators)
    ]


def value_pair_rows(counts: PairCounts, indexes: LabelIndexes, unit: str) -> list[StatRow]:
    """Rows of the counts of one document; ``unit`` is char or token."""
    rows = _pair_rows(counts, f"{unit}_set", "")
    if unit == "char":
        rows += _pair_rows(counts.in_two(-1), "char_any", "")
    for label, index in indexes.items():
        rows += _pair_rows(counts.in_two(1 << index), f"{unit}_label", label)
    return rows


def _pair_rows(counts: PairCounts, measure: str, label: str) -> list[StatRow]:
    return [
        StatRow(measure, label, m, c, k, n=n)
        for m, c, k, n in zip(
            counts.m.tolist(), counts.key_c.tolist(), counts.key_k.tolist(), counts.n.tolist(), strict=True
        )
    ]


def canonical(answer: Rating) -> str:
    """An answer as a JSON text that is equal exactly where the answers are: 1 and 1.0 are, 1 and true are not."""
    if isinstance(answer, float) and answer.is_integer():
        return json.dumps(int(answer))
    return json.dumps(answer)


def answer_rows(measure: str, answers: Mapping[str, Rating]) -> list[StatRow]:
    """One row per answer, where there are at least two to compare."""
    given = sorted(answers.items())
    if len(given) < 2:
        return []
    return [
        StatRow(measure, canonical(answer), m=len(given), annotator_a=annotator, n=1) for annotator, answer in given
    ]


def reduced_to_labels(
    rows: Iterable[StatRow], labels: Sequence[str] | LabelIndexes, keep: Iterable[str]
) -> list[StatRow]:
    """The rows as if only the labels of ``keep`` (one layer, say) had been offered, without going back to the spans.

    Sets are masked; "any" comes to mean any of these labels. What cannot be told from sums is left out: matchings
    that ignore labels, and the unitizing family. ``labels`` must be what the rows were made with.
    """
    indexes = label_indexes(labels)
    kept = set(keep)
    mask = sum(1 << indexes[label] for label in kept)
    sets: dict[tuple[str, int, int, int], int] = {}
    result = []
    for row in rows:
        if row.measure in ("char_set", "token_set"):
            c, k = sorted((row.key_c & mask, row.key_k & mask))
            both = row.n * (2 if c == k and row.key_c != row.key_k else 1)
            _add(sets, (row.measure, row.m, c, k), both)
            if row.measure == "char_set":
                c, k = int(c != 0), int(k != 0)
                both = row.n * (2 if c == k and row.key_c != row.key_k else 1)
                _add(sets, ("char_any", row.m, c, k), both)
        elif row.measure == "reading" or (row.label in kept and row.measure in OF_ONE_LABEL):
            result.append(row)
    result += [StatRow(measure, "", m, c, k, n=n) for (measure, m, c, k), n in sorted(sets.items())]
    return result


OF_ONE_LABEL = frozenset({"char_label", "token_label", "f1_exact", "f1_overlap", "f1_iou50"})


def _add(sums: dict[tuple[str, int, int, int], int], key: tuple[str, int, int, int], n: int) -> None:
    sums[key] = sums.get(key, 0) + n
