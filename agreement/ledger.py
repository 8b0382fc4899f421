"""Rows of many documents as columns of whole numbers, and their sums over all documents and over resamples of them."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import lcm

import numpy as np

from agreement.characters import PairCounts, pair_counts
from agreement.documents import Document, LabelIndexes, Rating, counted_in_tokens, is_read_twice
from agreement.gamma import Disorder, pairwise_disorder
from agreement.mark_columns import MarkColumns, mark_columns
from agreement.matchings import matching_counts
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


def _integers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class PairCells:
    """Counts of one measure and label in parallel columns: document number, m, the two values, n."""

    document: array[int] = field(default_factory=_integers)
    m: array[int] = field(default_factory=_integers)
    key_c: array[int] = field(default_factory=_integers)
    key_k: array[int] = field(default_factory=_integers)
    n: array[int] = field(default_factory=_integers)

    def extend(self, counts: PairCounts) -> None:
        """Take in the columns of a sweep whose document numbers are the ledger's."""
        self.document.frombytes(counts.document.tobytes())
        self.m.frombytes(counts.m.tobytes())
        self.key_c.frombytes(counts.key_c.tobytes())
        self.key_k.frombytes(counts.key_k.tobytes())
        self.n.frombytes(counts.n.tobytes())

    def counts(self) -> PairCounts:
        """The columns as a sweep gives them."""
        columns = (self.document, self.m, self.key_c, self.key_k, self.n)
        return PairCounts(*(np.array(column, dtype=np.int64) for column in columns))


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
        measure, label, m, c, k, _, _, n, _, _ = row
        cells = self.pairs[measure, label]
        if measure.startswith("attr_"):
            m, n = 2, 2 * n if c == k else n
        cells.document.append(number)
        cells.m.append(m)
        cells.key_c.append(c if c < k else k)
        cells.key_k.append(k if c < k else c)
        cells.n.append(n)
        self.ms.add(m)

    def add_pairs(self, measure: str, label: str, counts: PairCounts) -> None:
        """Enter the counts of many documents at once."""
        self.pairs[measure, label].extend(counts)
        self.ms.update(np.unique(counts.m).tolist())

    def add_characters(self, counts: PairCounts, indexes: LabelIndexes) -> None:
        """Enter the counts of sets of labels on characters, and what follows from them for each label."""
        self.add_pairs("char_set", "", counts)
        self.add_pairs("char_any", "", counts.in_two(-1))
        for label, index in indexes.items():
            self.add_pairs("char_label", label, counts.in_two(1 << index))

    def take(self, other: Ledger, numbers: Sequence[int]) -> None:
        """Add the counts of ``other`` but its ``pairs``; its document n is ``numbers[n]`` here, and several may be one."""
        for key, entries in other.sums.items():
            sums = self.sums[key]
            for number, n in entries.items():
                sums[numbers[number]] += n
        for unit, readers in other.readers.items():
            own = self.readers[unit]
            for number, names in readers.items():
                own[numbers[number]] |= names
        for path, sets in other.members.items():
            for of_set, members in sets.items():
                self.members[path][of_set] |= members
        for measure, answers in other.answers.items():
            for number, given in answers.items():
                self.answers[measure][numbers[number]] += given
        self.ms |= other.ms

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
    comparable = sorted((d for d in documents if is_comparable(d, schema, tokens=tokens)), key=lambda d: d.id)
    ledger = Ledger(len(comparable))
    columns = mark_columns(comparable, indexes)
    ledger.add_characters(pair_counts(comparable, indexes, columns), indexes)
    if tokens:
        _add_tokens(ledger, comparable, indexes)
    if units:
        _add_units(ledger, comparable, columns, indexes)
    if matchings:
        _add_matchings(ledger, comparable, columns, indexes)
    _add_rows(ledger, comparable, schema, partners=partners)
    if gamma_seed is not None:
        ledger.disorders = {
            number: pairwise_disorder(document, gamma_seed)
            for number, document in enumerate(comparable)
            if is_read_twice(document)
        }
    return ledger


def ledger_beyond_characters(
    documents: Sequence[Document], columns: MarkColumns, indexes: LabelIndexes, schema: Schema
) -> Ledger:
    """All that the rows of ``documents`` would give but counts on characters and tokens; numbered as they are given."""
    ledger = Ledger(len(documents))
    _add_units(ledger, documents, columns, indexes)
    _add_matchings(ledger, documents, columns, indexes)
    _add_rows(ledger, documents, schema, partners=True)
    return ledger


def _add_rows(ledger: Ledger, documents: Sequence[Document], schema: Schema, *, partners: bool) -> None:
    """What is counted document by document."""
    for number, document in enumerate(documents):
        if is_read_twice(document):
            ledger.add(number, reading_rows(document))
            if partners and (document.relations or (schema.attributes and any(m.attributes for m in document.marks))):
                ledger.add(number, partner_rows(overlaps(document), schema))
        ledger.add(number, question_rows(document, schema))
        ledger.add(number, answer_rows("doc_rating", document.ratings))
        ledger.add(number, answer_rows("value", document.values))


def _add_units(ledger: Ledger, documents: Sequence[Document], columns: MarkColumns, indexes: LabelIndexes) -> None:
    for counts in unit_counts(documents, indexes, columns):
        for number, m, n in zip(counts.document.tolist(), counts.m.tolist(), counts.n.tolist(), strict=True):
            ledger.sums[counts.measure, counts.label, "n", m][number] += n
        ledger.ms.update(np.unique(counts.m).tolist())


def _add_matchings(ledger: Ledger, documents: Sequence[Document], columns: MarkColumns, indexes: LabelIndexes) -> None:
    for counts in matching_counts(documents, indexes, columns):
        for column, amounts in (("matched", counts.matched), ("spans", counts.spans)):
            sums = ledger.sums[counts.measure, counts.label, column, 0]
            for number, n in zip(counts.document.tolist(), amounts.tolist(), strict=True):
                sums[number] += n
    for number in columns.in_pieces:
        if is_read_twice(documents[number]):
            ledger.add(number, matching_rows(overlaps(documents[number])))


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


def is_comparable(document: Document, schema: Schema, *, tokens: bool) -> bool:
    """Whether the document would have any row."""
    return (
        is_read_twice(document)
        or len(document.ratings) >= 2
        or len(document.values) >= 2
        or (tokens and len(document.annotators) >= 2 and bool(document.tokens))
        or bool(question_rows(document, schema))
    )
