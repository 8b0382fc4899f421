"""Columns of whole numbers over documents, summed exactly, at once over the corpus and over its resamples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agreement.mark_columns import Integers
from agreement.resampling import EXACT_FLOAT, EXACT_INT, BigIntegers, resampled_sums

type Name = tuple[str | int, ...]


class Columns:
    """Named columns, one entry per document."""

    def __init__(self, n_documents: int) -> None:
        self._n = n_documents
        self._place: dict[Name, int] = {}
        self._columns: list[Integers | BigIntegers] = []

    def add(self, name: Name, documents: Integers, amounts: Integers, factor: Sequence[int] | int = 1) -> None:
        """Add ``amounts * factor`` to the documents' entries of column ``name``, which is made if new."""
        factors = np.array([factor] if isinstance(factor, int) else factor, dtype=object)
        highest = max(map(abs, factors.tolist()), default=0)
        if highest * sum(map(abs, amounts.tolist())) < EXACT_INT:
            entries = np.zeros(self._n, dtype=np.int64)
            np.add.at(entries, documents, amounts * factors.astype(np.int64))
            self._enter(name, entries)
        else:
            large = np.zeros(self._n, dtype=object)
            np.add.at(large, documents, amounts.astype(object) * factors)
            self._enter(name, large)

    def add_large(self, name: Name, documents: Sequence[int], amounts: Sequence[int]) -> None:
        """The same for Python integers of any size."""
        if sum(map(abs, amounts)) < EXACT_INT:
            self.add(name, np.array(documents, dtype=np.int64), np.array(amounts, dtype=np.int64))
            return
        large = np.zeros(self._n, dtype=object)
        for document, amount in zip(documents, amounts, strict=True):
            large[document] += amount
        self._enter(name, large)

    def _enter(self, name: Name, entries: Integers | BigIntegers) -> None:
        place = self._place.setdefault(name, len(self._columns))
        if place == len(self._columns):
            self._columns.append(entries)
        else:
            self._columns[place] = self._columns[place].astype(object) + entries

    def summed(self, resamples: int, seed: int, *, leave_one_out: bool = False) -> Sums:
        """Sums over all documents (entry 0), over each of ``resamples`` resamples of them (entries 1 and on) and, with
        ``leave_one_out``, over all but each document in turn, which is the whole minus that document: exact, and free.
        """
        if not self._columns:
            return Sums({}, np.zeros((1 + resamples + leave_one_out * self._n, 0), dtype=object))
        totals = np.array([[sum(column.tolist()) for column in self._columns]], dtype=object)
        parts = [totals]
        if resamples and self._n:
            parts.append(self._resampled(resamples, seed))
        elif resamples:
            parts.append(np.zeros((resamples, len(self._columns)), dtype=object))
        if leave_one_out:
            parts.append(totals - np.stack([column.astype(object) for column in self._columns], axis=1))
        return Sums(self._place, np.concatenate(parts))

    def _resampled(self, resamples: int, seed: int) -> BigIntegers:
        """Large columns must not slow down the small ones, so they are multiplied apart, by size."""
        result = np.zeros((resamples, len(self._columns)), dtype=object)
        by_size: dict[int, list[int]] = {}
        for i, column in enumerate(self._columns):
            highest = self._n * int(np.abs(column).max(initial=0))
            size = 0 if highest < EXACT_FLOAT else 1 if highest < EXACT_INT else 2
            by_size.setdefault(size, []).append(i)
        for size, some in by_size.items():
            dtype = object if size == 2 else np.int64
            columns = np.stack([self._columns[i].astype(dtype) for i in some], axis=1)
            result[:, some] = resampled_sums(columns, resamples, seed)
        return result


class Sums:
    """Columns summed: each a vector whose entry 0 is the corpus and whose further entries are samples of it."""

    def __init__(self, place: dict[Name, int], table: BigIntegers) -> None:
        self._place = place
        self._table = table

    @property
    def samples(self) -> int:
        """How many sums each column has."""
        return len(self._table)

    def __getitem__(self, name: Name) -> BigIntegers:
        """The sums of a column; of one that no document has, zeros."""
        place = self._place.get(name)
        if place is None:
            return np.array([0] * len(self._table), dtype=object)
        return self._table[:, place]

    def columns(self, names: Sequence[Name]) -> BigIntegers:
        """Several at once: samples x names."""
        return np.stack([self[name] for name in names], axis=1)
