"""The additive integers of one document, in rows that a table can hold and sum.

Every figure of agreement is computed from sums of these rows over documents, so a corpus is counted once, one document
is counted again when it changes, and the order of documents cannot matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agreement import coding
from agreement.characters import PairCounts, pair_counts
from agreement.documents import Document, LabelIndexes, Rating, counted_in_tokens, label_indexes
from agreement.lengths import pair_rows
from agreement.overlaps import overlaps
from agreement.pairs import span_rows
from agreement.partners import partner_rows
from agreement.schema import NOTHING, Schema
from agreement.split import split_rows
from agreement.stat import StatRow
from agreement.values import canonical


def document_rows(document: Document, labels: Sequence[str] | LabelIndexes, schema: Schema = NOTHING) -> list[StatRow]:
    """All rows of one document; [] where fewer than two annotators completed it.

    ``labels`` fixes the bit of each label: its position, or an explicit permanent index. ``schema`` says which
    attributes and questions are counted and how; by its layers a label is only mistaken for another of its own
    (:mod:`agreement.split`), without them for any. Costs O(S log S + overlaps), whatever the length of the text. Raises ValueError for a span that is empty, outside the text or of another label.
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
        found = overlaps(document)
        rows.extend(span_rows(found))
        rows.extend(pair_rows(found))
        rows.extend(split_rows(found, schema.layers))
        rows.extend(partner_rows(found, schema))
    in_tokens = counted_in_tokens(document)
    if in_tokens is not None:
        rows.extend(value_pair_rows(pair_counts([in_tokens], indexes), indexes, "token"))
    rows.extend(answer_rows("doc_rating", document.ratings))
    rows.extend(answer_rows("value", document.values))
    rows.extend(question_rows(document, schema))
    return rows


def question_rows(document: Document, schema: Schema) -> list[StatRow]:
    """Rows of the answers to each question of ``schema``, by those who completed the document."""
    readers = set(document.annotators)
    rows: list[StatRow] = []
    for question, field in schema.questions.items():
        given = document.answers.get(question)
        if given:
            answers = {name: value for name, value in given.items() if name in readers}
            rows += coding.answer_rows(question, field, answers)
    return rows


def reading_rows(document: Document) -> list[StatRow]:
    """Who completed the document, whether or not they marked anything."""
    m = len(document.annotators)
    return [
        StatRow("reading", m=m, annotator_a=annotator, n=document.length) for annotator in sorted(document.annotators)
    ]


def value_pair_rows(counts: PairCounts, indexes: LabelIndexes, unit: str) -> list[StatRow]:
    """Rows of the counts of one document; ``unit`` is char or token."""
    columns = (counts.m, counts.key_c, counts.key_k, counts.n)
    cells = list(zip(*(column.tolist() for column in columns), strict=True))
    rows = [StatRow(f"{unit}_set", "", m, c, k, n=n) for m, c, k, n in cells]
    if unit == "char":
        rows += _rows_in_two("char_any", "", cells, -1)
    for label, index in indexes.items():
        rows += _rows_in_two(f"{unit}_label", label, cells, 1 << index)
    return rows


def _rows_in_two(measure: str, label: str, cells: Sequence[tuple[int, int, int, int]], mask: int) -> list[StatRow]:
    """What ``PairCounts.in_two`` gives, for the few cells of one document."""
    totals = [0, 0, 0]
    for _, key_c, key_k, n in cells:
        c, k = key_c & mask != 0, key_k & mask != 0
        # Two values falling together bring both directions of the old cell into the diagonal one.
        totals[c + k] += 2 * n if c == k and key_c != key_k else n
    return [StatRow(measure, label, cells[0][0], kind // 2, (kind + 1) // 2, n=n) for kind, n in enumerate(totals) if n]


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
    that ignore labels, the unitizing family, and why spans differ. ``labels`` must be what the rows were made with.
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
        elif row.measure in ("reading", "pair_read") or (row.label in kept and row.measure in OF_ONE_LABEL):
            result.append(row)
    result += [StatRow(measure, "", m, c, k, n=n) for (measure, m, c, k), n in sorted(sets.items())]
    return result


OF_ONE_LABEL = frozenset({"char_label", "token_label", "f1_exact", "f1_overlap", "f1_iou50", "pair_label"})


def _add(sums: dict[tuple[str, int, int, int], int], key: tuple[str, int, int, int], n: int) -> None:
    sums[key] = sums.get(key, 0) + n
