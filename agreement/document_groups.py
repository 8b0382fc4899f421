"""Figures on characters for many groups of documents at once (the articles of one event, say), from summed counts.

The same numbers as :func:`agreement.metrics.document_metrics` gives for each group by itself: coincidences are whole
numbers, summed exactly, and divided once.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

import numpy as np

from agreement.characters import PairCounts
from agreement.figures import Figure, alpha, alpha_of_two
from agreement.mark_columns import Integers
from agreement.resampling import BigIntegers

EVERY = -1  # the mask of all labels


@dataclass(frozen=True, slots=True)
class Coincidences:
    """Sums by group over ordered pairs of annotators on a character, each pair weighted ``scale / (m - 1)``.

    ``carrying``: those whose first value is not empty. ``mixed``: those with two different values, one direction.
    """

    total: BigIntegers
    carrying: BigIntegers
    mixed: BigIntegers

    def percent_agreement(self, group: int) -> float | None:
        """Observed agreement, not corrected for chance; None where nothing is comparable."""
        total = self.total[group]
        return (total - 2 * self.mixed[group]) / total if total else None

    def prevalence(self, group: int) -> float | None:
        """Share of the values compared that are not empty; None where nothing is comparable."""
        return self.carrying[group] / self.total[group] if self.total[group] else None


class CharacterGroups:
    """Figures of groups 0 to ``n_groups`` - 1 from ``counts`` that have the group for the document."""

    def __init__(self, counts: PairCounts, n_groups: int) -> None:
        self._n_groups = n_groups
        self._group = counts.document
        self._c, self._k = counts.key_c, counts.key_k
        self.scale = lcm(*(m - 1 for m in np.unique(counts.m).tolist()), 1)
        # Objects, because the sum over a large corpus may leave 64 bits.
        self._one_way = counts.n.astype(object) * (self.scale // (counts.m - 1)).astype(object)
        self._both_ways = self._one_way * np.where(self._c == self._k, 1, 2).astype(object)

    def _summed(self, amounts: BigIntegers, chosen: Integers | slice = slice(None)) -> BigIntegers:
        totals = np.array([0] * self._n_groups, dtype=object)
        np.add.at(totals, self._group[chosen], amounts[chosen])
        return totals

    def yes_or_no(self, mask: int = EVERY) -> Coincidences:
        """Whether a character carries any label of ``mask``."""
        c, k = self._c & mask != 0, self._k & mask != 0
        mixed = self._summed(self._one_way, c != k)
        return Coincidences(self._summed(self._both_ways), self._summed(self._both_ways, c & k) + mixed, mixed)

    def sets(self, mask: int = EVERY) -> Coincidences:
        """Which labels of ``mask`` a character carries."""
        differ = (self._c & mask) != (self._k & mask)
        return Coincidences(
            self._summed(self._both_ways), self.yes_or_no(mask).carrying, self._summed(self._one_way, differ)
        )

    def alphas_of_two(self, mask: int = EVERY) -> list[Figure]:
        """``char_alpha_any`` or, with the bit of one label, ``char_alpha_label`` of each group."""
        sums = self.yes_or_no(mask)
        return [
            alpha_of_two(zeros, ones, mixed, self.scale)
            for zeros, ones, mixed in zip(
                _each(sums.total - sums.carrying), _each(sums.carrying), _each(sums.mixed), strict=True
            )
        ]

    def set_alphas(self) -> list[Figure]:
        """``char_alpha_set_nominal`` of each group."""
        sums = self.sets()
        values, place = np.unique(np.concatenate([self._c, self._k]), return_inverse=True)
        marginals = np.zeros((self._n_groups, len(values)), dtype=object)
        half = len(self._c)
        np.add.at(marginals, (self._group, place[:half]), self._one_way)
        apart = self._c != self._k
        np.add.at(marginals, (self._group[apart], place[half:][apart]), self._one_way[apart])
        expected = sums.total * sums.total - (marginals * marginals).sum(axis=1)
        return [
            alpha(n, 2 * mixed, e, self.scale)
            for n, mixed, e in zip(_each(sums.total), _each(sums.mixed), _each(expected), strict=True)
        ]


def _each(sums: BigIntegers) -> list[BigIntegers]:
    """Every entry as a vector of one sample, which is what the formulas take."""
    return [sums[place : place + 1] for place in range(len(sums))]
