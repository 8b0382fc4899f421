"""Alpha of any values from their coincidences: names, ranks, magnitudes, sets.

``Cells`` hold, per pair of values (each unordered pair once) and document, the scaled coincidences n_c (n_k - [c = k])
scale / (m - 1), one direction: whole numbers that add over documents. Distances that depend on how often each value
occurs (ordinal) are taken anew in every resample.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from fractions import Fraction
from math import copysign, lcm, log1p

import numpy as np
from numpy.typing import NDArray

from agreement.columns import Columns, Name, Sums
from agreement.figures import (
    NO_PAIRS,
    TOO_MANY,
    Figure,
    alpha,
    alpha_of_two,
    expected_under,
    set_distances,
    undefined,
)
from agreement.mark_columns import Integers
from agreement.resampling import EXACT_INT, BigIntegers, exact_product

type Cells[V: Hashable] = Mapping[tuple[V, V], Mapping[int, int]]
type Formula = Callable[[Sums], Figure]

# Ratio distances have all kinds of denominators; they are rounded once, to multiples of 2**-64.
RATIO_BITS = 64
# Samples x values x values beyond which such wide numbers take minutes, and the fewest bits then used.
RATIO_WORK = 20_000_000
RATIO_SUM_BITS = 52
RATIO_BLOCK = 256


class Variable[V: (str, int)]:
    """The values of one question, attribute or the like: ``cells``, and the number that each value stands for.

    ``name`` begins the names of its columns. ``most``: with more different values than this, what needs a column for
    each of them is undefined with ``too_many_values``.
    """

    def __init__(
        self,
        columns: Columns,
        name: Name,
        cells: Cells[V],
        scale: int,
        points: Mapping[V, Fraction] | None = None,
        most: int | None = None,
    ) -> None:
        self.columns = columns
        self.name = name
        self.cells: Cells[V] = cells
        self.scale = scale
        self.points: Mapping[V, Fraction] = points or {}
        self.values: list[V] = sorted({value for pair in cells for value in pair})
        self.too_many = most is not None and len(self.values) > most
        self._entered: set[str] = set()

    def formula(self, level: str) -> Formula:
        """Alpha at nominal, ordinal, interval, ratio or interval_signedlog1p (interval on sign(x) log(1 + |x|)).

        ratio: ((a - b) / (a + b))^2, taken as 0 where a + b = 0, as the reference package does; meant for values that
        are not negative. All but nominal need points.
        """
        if not self.cells:
            return self._undefined(NO_PAIRS)
        if level == "interval":
            return self._interval(level, self.points)
        if level == "interval_signedlog1p":
            logarithms = {v: Fraction(copysign(log1p(abs(float(x))), x)) for v, x in self.points.items()}
            return self._interval(level, logarithms)
        if self.too_many:
            return self._undefined(TOO_MANY)
        if level == "nominal":
            return self._nominal()
        return self._ordinal() if level == "ordinal" else self._ratio()

    def _undefined(self, reason: str) -> Formula:
        return lambda s: undefined(s.samples, reason)

    def _marginals(self, values: Sequence[V]) -> list[Name]:
        """Columns of n_c = sum_k o_ck."""
        names: list[Name] = [(*self.name, "n", value) for value in values]
        if "n" in self._entered:
            return names
        self._entered.add("n")
        entries: dict[V, Counter[int]] = {value: Counter() for value in self.values}
        for (c, k), by_document in self.cells.items():
            for value in {c, k}:
                entries[value].update(by_document)
        for value, of_value in entries.items():
            self.columns.add_large((*self.name, "n", value), list(of_value), list(of_value.values()))
        return names

    def _enter_observed(self, level: str, distance: Callable[[V, V], int]) -> Name:
        """A column of sum o_ck d(c, k), one direction."""
        observed: Counter[int] = Counter()
        for (c, k), by_document in self.cells.items():
            if c != k:
                d = distance(c, k)
                for document, n in by_document.items():
                    observed[document] += n * d
        name = (*self.name, level, "observed")
        self.columns.add_large(name, list(observed), list(observed.values()))
        return name

    def _nominal(self) -> Formula:
        names = self._marginals(self.values)
        observed = self._enter_observed("nominal", lambda _c, _k: 1)

        def nominal(s: Sums) -> Figure:
            marginals = s.columns(names)
            n = marginals.sum(axis=1)
            return alpha(n, 2 * s[observed], n * n - (marginals**2).sum(axis=1), self.scale)

        return nominal

    def _interval(self, level: str, points: Mapping[V, Fraction]) -> Formula:
        """Squared differences have a closed form: sum n_c n_k (x_c - x_k)^2 = 2 (n sum n_c x_c^2 - (sum n_c x_c)^2)."""
        denominator = lcm(*(points[value].denominator for value in self.values))
        whole = {value: int(points[value] * denominator) for value in self.values}
        observed = self._enter_observed(level, lambda c, k: (whole[c] - whole[k]) ** 2)
        for power in range(3):
            amounts: Counter[int] = Counter()
            for (c, k), by_document in self.cells.items():
                x = whole[c] ** power + (whole[k] ** power if c != k else 0)
                for document, n in by_document.items():
                    amounts[document] += n * x
            self.columns.add_large((*self.name, level, power), list(amounts), list(amounts.values()))

        def interval(s: Sums) -> Figure:
            n, total, squares = (s[*self.name, level, power] for power in range(3))
            return alpha(n, 2 * s[observed], 2 * (n * squares - total**2), self.scale)

        return interval

    def _ordinal(self) -> Formula:
        """The ordinal distance, (sum of n from c to k - (n_c + n_k) / 2)^2, is the interval distance of middle ranks."""
        values = sorted(self.values, key=lambda value: self.points[value])
        names = self._marginals(values)
        place = {value: i for i, value in enumerate(values)}
        mixed = [(c, k) for c, k in self.cells if c != k]
        for c, k in mixed:
            by_document = self.cells[c, k]
            self.columns.add_large((*self.name, "ordinal", c, k), list(by_document), list(by_document.values()))

        def ordinal(s: Sums) -> Figure:
            marginals = s.columns(names)
            n = marginals.sum(axis=1)
            ranks = 2 * np.cumsum(marginals, axis=1) - marginals  # twice the middle rank: whole
            observed = np.array([0] * len(n), dtype=object)
            for c, k in mixed:
                gap = ranks[:, place[c]] - ranks[:, place[k]]
                observed = observed + s[*self.name, "ordinal", c, k] * gap**2
            expected = 2 * (n * (marginals * ranks**2).sum(axis=1) - (marginals * ranks).sum(axis=1) ** 2)
            return alpha(n, 2 * observed, expected, self.scale)

        return ordinal

    def _ratio(self) -> Formula:
        values = sorted(self.values, key=lambda value: self.points[value])
        names = self._marginals(values)
        # Halves, so that the sum of two of the largest numbers is still one.
        half = {value: float(self.points[value] / 2) for value in values}

        mixed = [(c, k) for c, k in self.cells if c != k]
        one, other = np.array([[half[c] for c, _ in mixed]]), np.array([[half[k] for _, k in mixed]])
        distances = dict(zip(mixed, _ratio_distances(one, other, RATIO_BITS)[0].tolist(), strict=True))
        observed = self._enter_observed("ratio", lambda c, k: int(distances[c, k]))
        halves = np.array(list(half.values()))

        def ratio(s: Sums) -> Figure:
            marginals = s.columns(names)
            n = marginals.sum(axis=1)
            # The corpus apart from the samples, so that its figure is the same with and without an interval.
            expected = np.concatenate([_ratio_expected(some, halves) for some in (marginals[:1], marginals[1:])])
            return alpha(n, 2 * s[observed], expected, self.scale)

        return ratio

    def of_sets(self, members: Mapping[V, Collection[int]], kind: str) -> Formula:
        """Alpha of sets under the distance set_jaccard or set_masi; ``members`` of each value."""
        if not self.cells:
            return self._undefined(NO_PAIRS)
        if self.too_many:
            return self._undefined(TOO_MANY)
        bit = {member: place for place, member in enumerate(sorted({m for held in members.values() for m in held}))}
        masks = [sum(1 << bit[member] for member in members.get(value, ())) for value in self.values]
        distances, _ = set_distances(masks, kind)
        place = {value: i for i, value in enumerate(self.values)}
        names = self._marginals(self.values)
        observed = self._enter_observed(kind, lambda c, k: int(distances[place[c], place[k]]))

        def of_sets(s: Sums) -> Figure:
            marginals = s.columns(names)
            return alpha(marginals.sum(axis=1), 2 * s[observed], expected_under(marginals, distances), self.scale)

        return of_sets

    def of_option(self, members: Mapping[V, Collection[int]], option: int) -> Formula:
        """Alpha of whether a set holds ``option``."""
        sums: dict[str, defaultdict[int, int]] = {part: defaultdict(int) for part in ("zeros", "ones", "mixed")}
        for (c, k), by_document in self.cells.items():
            holding = [option in members.get(value, ()) for value in (c, k)]
            for document, n in by_document.items():
                if holding[0] != holding[1]:
                    for part in sums:
                        sums[part][document] += n
                else:
                    sums["ones" if holding[0] else "zeros"][document] += n if c == k else 2 * n
        name: Name = (*self.name, "option", option)
        for part, entries in sums.items():
            self.columns.add_large((*name, part), list(entries), list(entries.values()))
        return lambda s: alpha_of_two(s[*name, "zeros"], s[*name, "ones"], s[*name, "mixed"], self.scale)


def _ratio_expected(marginals: BigIntegers, halves: NDArray[np.float64]) -> BigIntegers:
    """sum_ck n_c n_k d(c, k) for each sample, in multiples of 2**-RATIO_BITS."""
    expected = np.array([0] * len(marginals), dtype=object)
    if len(marginals) == 0:
        return expected
    bits = RATIO_BITS
    if marginals.size * len(halves) > RATIO_WORK:
        bits = max(0, RATIO_SUM_BITS - int(marginals.sum(axis=1).max()).bit_length())
    for first in range(0, len(halves), RATIO_BLOCK):
        block = slice(first, first + RATIO_BLOCK)
        weighted = exact_product(marginals, _ratio_distances(halves[:, np.newaxis], halves[block], bits))
        expected = expected + (marginals[:, block] * weighted).sum(axis=1)
    return expected * (1 << (RATIO_BITS - bits))


def _ratio_distances(a: NDArray[np.float64], b: NDArray[np.float64], bits: int) -> Integers | BigIntegers:
    """((a - b) / (a + b))^2, 0 where a + b = 0, in multiples of 2**-bits."""
    sums = a + b
    with_sum = sums != 0
    scaled = np.rint(np.ldexp(np.where(with_sum, ((a - b) / np.where(with_sum, sums, 1.0)) ** 2, 0.0), bits))
    if scaled.size and float(scaled.max()) < EXACT_INT:
        return scaled.astype(np.int64)
    whole = np.zeros(scaled.shape, dtype=object)
    whole[...] = [[int(x) for x in row] for row in scaled.tolist()]
    return whole
