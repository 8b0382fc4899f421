"""Rows of many documents as columns of whole numbers, and their sums over all documents and over resamples of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import lcm

import numpy as np

from agreement.characters import PairCounts, pair_counts
from agreement.documents import Document, LabelIndexes, Rating, counted_in_tokens
from agreement.gamma import Disorder, pairwise_disorder
from agreement.overlaps import overlaps
from agreement.pairs import matching_rows
from agreement.partners import partner_rows
from agreement.rows import answer_rows, question_rows, reading_rows
from agreement.schema import KINDS, NOTHING, Schema
from agreement.split import MEASURES
from agreement.stat import StatRow
from agreement.units import unit_counts

PAIR_MEASURES = frozenset({"char_set", "char_any", "char_label", "token_set", "token_label"})
UNIT_MEASURES = frozenset({"u_units", "cu_units", "self_overlap"})
# Coincidences of values: answers to questions, attributes of matched spans.
VALUE_MEASURES = frozenset(f"{of}_{kind}" for of in ("answer", "attr") for kind in KINDS)
# Of pairs of people and of spans one by one: no figure of the whole corpus is made of these.
OTHER_MEASURES = frozenset({"pair_read", "pair_any", "pair_label", *MEASURES})


@dataclass(slots=True)
class PairCells:
    """Counts of one measure and label in parallel lists: document number, m, the two values, n."""

    document: list[int] = field(default_factory=list)
    m: list[int] = field(default_factory=list)
    key_c: list[int] = field(default_factory=list)
    key_k: list[int] = field(default_factory=list)
    n: list[int] = field(default_factory=list)

    def extend(self, counts: PairCounts) -> None:
        """Take in the columns of a sweep whose document numbers are the ledger's."""
        self.document += counts.document.tolist()
        self.m += counts.m.tolist()
        self.key_c += counts.key_c.tolist()
        self.key_k += counts.key_k.tolist()
        self.n += counts.n.tolist()


@dataclass(slots=True)
class Ledger:
    """Counts by document number; documents are numbered in the order of their ids, whatever order they came in.

    ``disorders`` of gamma by document, None where they were not asked for; ``pairs`` by (measure, label); ``sums`` by
    (measure, label, column, m) then document; ``answers`` by measure then document; ``readers`` by kind of unit
    (``reading``, ``token``, ``doc_rating``, ``value``, ``answer:`` and a question) then document; ``members`` of sets by
    question or attribute, then key of the set.
    """

    n_documents: int
    pairs: defaultdict[tuple[str, str], PairCells] = field(default_factory=lambda: defaultdict(PairCells))
    sums: defaultdict[tuple[str, str, str, int], defaultdict[int, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    answers: defaultdict[str, defaultdict[int, list[Rating]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    readers: defaultdict[str, defaultdict[int, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    members: defaultdict[str, defaultdict[int, set[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    ms: set[int] = field(default_factory=lambda: {2})
    disorders: dict[int, Disorder] | None = None

    def add(self, number: int, rows: Iterable[StatRow]) -> None:
        """Enter the rows of document ``number``. Raises ValueError for a measure that is not known."""
        for row in rows:
            measure = row.measure
            if measure in PAIR_MEASURES:
                cells = self.pairs[measure, row.label]
                cells.document.append(number)
                cells.m.append(row.m)
                cells.key_c.append(row.key_c)
                cells.key_k.append(row.key_k)
                cells.n.append(row.n)
                self.ms.add(row.m)
            elif measure in VALUE_MEASURES:
                self._add_values(number, row)
            elif measure.startswith(("f1_", "relation_f1")):
                self.sums[measure, row.label, "matched", 0][number] += row.n
                self.sums[measure, row.label, "spans", 0][number] += row.size_a + row.size_b
            elif measure in UNIT_MEASURES:
                self.sums[measure, row.label, "n", row.m][number] += row.n
                self.ms.add(row.m)
            elif measure == "reading":
                self.readers[measure][number].add(row.annotator_a)
            elif measure == "answer_read":
                self.readers[f"answer:{row.label}"][number].add(row.annotator_a)
            elif measure == "attr_lone":
                self.sums[measure, row.label, "n", 0][number] += row.n
            elif measure == "set_member":
                self.members[row.label][row.key_c].add(row.key_k)
            elif measure in ("doc_rating", "value"):
                self.answers[measure][number].append(json.loads(row.label))
                self.readers[measure][number].add(row.annotator_a)
                self.ms.add(row.m)
            elif measure not in OTHER_MEASURES:
                raise ValueError(f"unknown measure {measure!r}")

    def _add_values(self, number: int, row: StatRow) -> None:
        """Values of two matched spans are a unit that two annotators gave a value, whichever of them which."""
        cells = self.pairs[row.measure, row.label]
        c, k, m, n = row.key_c, row.key_k, row.m, row.n
        if row.measure.startswith("attr_"):
            m, n = 2, 2 * n if c == k else n
        cells.document.append(number)
        cells.m.append(m)
        cells.key_c.append(min(c, k))
        cells.key_k.append(max(c, k))
        cells.n.append(n)
        self.ms.add(m)

    def add_pairs(self, measure: str, label: str, counts: PairCounts) -> None:
        """Enter the counts of many documents at once."""
        self.pairs[measure, label].extend(counts)
        self.ms.update(np.unique(counts.m).tolist())

    @property
    def scale(self) -> int:
        """The least number that every m - 1 divides: counts times scale / (m - 1) are whole for all documents."""
        return lcm(*(m - 1 for m in self.ms))


def ledger_of_rows(rows_by_document: Mapping[str, Iterable[StatRow]]) -> Ledger:
    """A ledger of rows; documents without rows are left out, as nothing in them is comparable."""
    with_rows = [(name, rows) for name in sorted(rows_by_document) if (rows := list(rows_by_document[name]))]
    ledger = Ledger(len(with_rows))
    for number, (_, rows) in enumerate(with_rows):
        ledger.add(number, rows)
    return ledger


def ledger_of_documents(
    documents: Sequence[Document],
    indexes: LabelIndexes,
    *,
    matchings: bool = True,
    units: bool = True,
    tokens: bool = True,
    partners: bool = True,
    gamma_seed: int | None = None,
    schema: Schema = NOTHING,
) -> Ledger:
    """The ledger that the documents' rows would give, with characters swept for all documents at once.

    ``matchings``, ``units``, ``tokens`` and ``partners`` (attributes and relations) = False leave out what costs most
    where only the other figures are wanted. ``gamma_seed``: compute the disorders of pairwise gamma too, which costs
    more than all else together.
    """
    comparable = sorted((d for d in documents if _is_comparable(d, schema, tokens=tokens)), key=lambda d: d.id)
    ledger = Ledger(len(comparable))
    counts = pair_counts(comparable, indexes)
    ledger.add_pairs("char_set", "", counts)
    ledger.add_pairs("char_any", "", counts.in_two(-1))
    for label, index in indexes.items():
        ledger.add_pairs("char_label", label, counts.in_two(1 << index))
    if tokens:
        _add_tokens(ledger, comparable, indexes)
    if units:
        _add_units(ledger, comparable, indexes)
    for number, document in enumerate(comparable):
        if _is_read_twice(document):
            ledger.add(number, reading_rows(document))
            related = partners and (bool(schema.attributes) or bool(document.relations))
            if matchings or related:
                found = overlaps(document)
                if matchings:
                    ledger.add(number, matching_rows(found))
                if related:
                    ledger.add(number, partner_rows(found, schema))
        ledger.add(number, question_rows(document, schema))
        ledger.add(number, answer_rows("doc_rating", document.ratings))
        ledger.add(number, answer_rows("value", document.values))
    if gamma_seed is not None:
        ledger.disorders = {
            number: pairwise_disorder(document, gamma_seed)
            for number, document in enumerate(comparable)
            if _is_read_twice(document)
        }
    return ledger


def _add_units(ledger: Ledger, documents: Sequence[Document], indexes: LabelIndexes) -> None:
    numbers = [number for number, document in enumerate(documents) if _is_read_twice(document)]
    for counts in unit_counts([documents[number] for number in numbers], indexes):
        for place, m, n in zip(counts.document.tolist(), counts.m.tolist(), counts.n.tolist(), strict=True):
            ledger.sums[counts.measure, counts.label, "n", m][numbers[place]] += n
        ledger.ms.update(np.unique(counts.m).tolist())


def _add_tokens(ledger: Ledger, documents: Sequence[Document], indexes: LabelIndexes) -> None:
    in_tokens = [(number, found) for number, d in enumerate(documents) if (found := counted_in_tokens(d)) is not None]
    if not in_tokens:
        return
    numbers = np.array([number for number, _ in in_tokens], dtype=np.int64)
    counts = pair_counts([document for _, document in in_tokens], indexes)
    counts = PairCounts(numbers[counts.document], counts.m, counts.key_c, counts.key_k, counts.n)
    ledger.add_pairs("token_set", "", counts)
    for label, index in indexes.items():
        ledger.add_pairs("token_label", label, counts.in_two(1 << index))


def _is_read_twice(document: Document) -> bool:
    return len(document.annotators) >= 2 and document.length > 0


def _is_comparable(document: Document, schema: Schema, *, tokens: bool) -> bool:
    """Whether the document would have any row."""
    return (
        _is_read_twice(document)
        or len(document.ratings) >= 2
        or len(document.values) >= 2
        or (tokens and len(document.annotators) >= 2 and bool(document.tokens))
        or bool(question_rows(document, schema))
    )
