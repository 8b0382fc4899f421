"""Figures of documents that come one after another, in memory that grows with neither their number nor their marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from agreement.characters import PairCounts, SummedPairs, pair_counts
from agreement.document_groups import CharacterGroups
from agreement.documents import Document, LabelIndexes, label_indexes
from agreement.fields import field_names
from agreement.ledger import Ledger, is_comparable, ledger_beyond_characters
from agreement.mark_columns import Integers, mark_columns
from agreement.metric import Metric, Sampling
from agreement.metrics import ledger_metrics, unit_of
from agreement.schema import NOTHING, Schema

# Intervals draw documents up to so many; beyond, parts of them, each a random group (docs/decisions/0009).
MOST_DRAWN = 2_000
PARTS = 256
# Documents in one sweep.
AT_ONCE = 256

CHARACTERS = ("char_set", "")


def part_of(name: str) -> int:
    """The part of the document with the id ``name``: the first byte of its SHA-256."""
    return sha256(name.encode()).digest()[0]


class Tally:
    """Counts documents as they come, in the order of their ids; gives the figures of :func:`document_metrics`.

    Intervals are the same up to ``MOST_DRAWN`` documents; beyond, ``PARTS`` parts are drawn and not single documents.
    """

    def __init__(self, labels: Sequence[str] | LabelIndexes, schema: Schema = NOTHING) -> None:
        self._indexes = label_indexes(labels)
        self._schema = schema
        self._waiting: list[Document] = []
        self._waiting_groups: list[int] = []
        self._drawn: list[str] = []  # ids of documents that are drawn one by one
        self._in_parts = False
        self._ledger = Ledger(0)
        self._pairs: dict[tuple[str, str], SummedPairs] = {CHARACTERS: SummedPairs()}
        self._by_group = SummedPairs()
        self._documents: Counter[str] = Counter()

    def add(self, document: Document, group: int) -> None:
        """Count ``document``, which is in the ``group`` of that number."""
        if not is_comparable(document, self._schema, tokens=False):
            return
        self._waiting.append(document)
        self._waiting_groups.append(group)
        if len(self._waiting) == AT_ONCE:
            self._count()

    def metrics(
        self, bootstrap: int | None = None, seed: int = 0, *, names: Collection[str] | None = None
    ) -> dict[str, Metric]:
        """Figures of all documents so far. ``names``: only these."""
        ledger = self._whole()
        ledger.add_characters(self.characters(), self._indexes)
        return self._figures(ledger, self._indexes, Sampling(bootstrap, seed), names, self._schema)

    def metrics_within(
        self, labels: Collection[str], bootstrap: int | None, seed: int, *, names: Collection[str]
    ) -> dict[str, Metric]:
        """``names``, figures on characters, as if only ``labels`` had been offered."""
        indexes = {label: index for label, index in self._indexes.items() if label in labels}
        counts = self.characters().within(sum(1 << index for index in indexes.values()))
        ledger = Ledger(self._n_drawn, readers=self._ledger.readers)
        ledger.add_characters(counts, indexes)
        return self._figures(ledger, indexes, Sampling(bootstrap, seed), names, NOTHING)

    def characters(self) -> PairCounts:
        """Sets of labels on characters, by what intervals draw."""
        self._count()
        return self._pairs[CHARACTERS].counts()

    def everything(self) -> CharacterGroups:
        """Characters of all documents as one group."""
        counts = self.characters()
        return CharacterGroups(replace(counts, document=np.zeros_like(counts.document)), 1)

    def by_group(self) -> PairCounts:
        """Sets of labels on characters, with the number of the group for the document."""
        self._count()
        return self._by_group.counts()

    @property
    def drawn(self) -> str:
        """What intervals draw, in words."""
        if not self._in_parts:
            return "documents"
        return f"{PARTS} parts of the documents, by the first byte of the SHA-256 of their id"

    @property
    def _n_drawn(self) -> int:
        return PARTS if self._in_parts else len(self._drawn)

    def _figures(
        self,
        ledger: Ledger,
        indexes: LabelIndexes,
        sampling: Sampling,
        names: Collection[str] | None,
        schema: Schema,
    ) -> dict[str, Metric]:
        fields = field_names(schema)
        found = ledger_metrics(ledger, indexes, sampling, names, schema)
        return {
            name: replace(metric, n_documents=self._documents[unit_of(name, fields)]) for name, metric in found.items()
        }

    def _whole(self) -> Ledger:
        self._count()
        ledger = replace(self._ledger, n_documents=self._n_drawn, pairs=self._ledger.pairs.copy())
        for (measure, label), summed in self._pairs.items():
            if (measure, label) != CHARACTERS:
                ledger.add_pairs(measure, label, summed.counts())
        return ledger

    def _count(self) -> None:
        """Take in what waits."""
        if not self._waiting:
            return
        documents, groups = self._waiting, np.array(self._waiting_groups, dtype=np.int64)
        self._waiting, self._waiting_groups = [], []
        columns = mark_columns(documents, self._indexes)
        characters = pair_counts(documents, self._indexes, columns)
        ledger = ledger_beyond_characters(documents, columns, self._indexes, self._schema)
        for unit, readers in ledger.readers.items():
            self._documents[unit] += len(readers)
        numbers = self._numbers(documents)
        self._by_group.add(characters, groups)
        self._pairs[CHARACTERS].add(characters, numbers)
        self._ledger.ms.update(np.unique(characters.m).tolist())
        for key, cells in ledger.pairs.items():
            self._pairs.setdefault(key, SummedPairs()).add(cells.counts(), numbers)
        self._ledger.take(ledger, numbers.tolist())

    def _numbers(self, documents: Sequence[Document]) -> Integers:
        """The numbers of new documents among what intervals draw."""
        if not self._in_parts and len(self._drawn) + len(documents) > MOST_DRAWN:
            self._draw_parts()
        if self._in_parts:
            return np.array([part_of(document.id) for document in documents], dtype=np.int64)
        first = len(self._drawn)
        for document in documents:
            if self._drawn and document.id <= self._drawn[-1]:
                raise ValueError(f"document {document.id!r} comes after {self._drawn[-1]!r}; sort them by id")
            self._drawn.append(document.id)
        return np.arange(first, len(self._drawn))

    def _draw_parts(self) -> None:
        """From now on parts are drawn: the counts of documents so far become those of their parts."""
        parts = [part_of(name) for name in self._drawn]
        self._in_parts, self._drawn = True, []
        before, self._ledger = self._ledger, Ledger(PARTS)
        self._ledger.take(before, parts)
        for key, summed in self._pairs.items():
            self._pairs[key] = summed.regrouped(np.array(parts, dtype=np.int64))
