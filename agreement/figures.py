"""Formulas: from sums of whole numbers to a numerator and a denominator, divided once, at the very end.

Each takes sums as vectors (entry 0 the corpus, then resamples) and gives a :class:`Figure`. ``scale`` is a number that
every m - 1 divides; all counts arrive multiplied by scale / (m - 1), so they are whole. With o the coincidences,
n_c = sum_k o_ck and n = sum_c n_c, and everything primed by the scale: 1 - (n - 1) sum o d / sum n n d =
1 - (n' - scale) sum o' d / sum n' n' d.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from agreement.resampling import BigIntegers, exact_product

NO_PAIRS = "no_pairable_units"
NO_VARIATION = "no_variation"
NO_SPANS = "no_spans"
SELF_OVERLAP = "self_overlap"
NOT_NUMERIC = "not_numeric"
NOT_FINISHED = "not_finished"
GROUP_TOO_SMALL = "group_too_small"
TOO_MANY = "too_many_values"
NO_RELATIONS = "no_relations"


@dataclass(frozen=True, slots=True)
class Figure:
    """``numerator / denominator`` for each sample, undefined where the denominator is 0; the corpus' reason if so.

    ``n_pairs``: of figures about matched spans, how many pairs of them the corpus has with something to compare.
    """

    numerator: BigIntegers
    denominator: BigIntegers
    reason: str | None = None
    n_pairs: int | None = None

    def values(self) -> NDArray[np.float64]:
        """Correctly rounded quotients of whole numbers; NaN where undefined."""
        if self.reason is not None:
            return np.full(len(self.numerator), np.nan)
        return np.array(
            [n / d if d else np.nan for n, d in zip(self.numerator.tolist(), self.denominator.tolist(), strict=True)],
            dtype=np.float64,
        )


def undefined(samples: int, reason: str) -> Figure:
    """A figure that the corpus has not, nor any resample of it."""
    zeros = np.array([0] * samples, dtype=object)
    return Figure(zeros, zeros, reason)


def _one_minus(share: BigIntegers, whole: BigIntegers, none: str, units: BigIntegers) -> Figure:
    reason = None
    if whole[0] == 0:
        reason = NO_PAIRS if units[0] == 0 else none
    return Figure(whole - share, whole, reason)


def alpha(n: BigIntegers, observed: BigIntegers, expected: BigIntegers, scale: int) -> Figure:
    """Krippendorff's alpha from n', sum o' d and sum n'_c n'_k d, both sums over ordered pairs of values."""
    return _one_minus((n - scale) * observed, expected, NO_VARIATION, n)


def alpha_of_two(zeros: BigIntegers, ones: BigIntegers, mixed: BigIntegers, scale: int) -> Figure:
    """Nominal alpha of a yes-or-no value: 1 - (n - 1) o_01 / (n_0 n_1); ``mixed`` is o'_01, one direction."""
    return alpha(zeros + ones, mixed, zeros * ones, scale)


def expected_under(marginals: BigIntegers, distances: BigIntegers) -> BigIntegers:
    """sum_ck n_c n_k d(c, k) for each sample; ``marginals`` samples x values, ``distances`` values x values."""
    weighted = exact_product(marginals, distances)
    total = np.array([0] * len(marginals), dtype=object)
    for c in range(marginals.shape[1]):
        total = total + marginals[:, c] * weighted[:, c]
    return total


def f1(matched: BigIntegers, spans: BigIntegers) -> Figure:
    """2 sum TP / sum (|A| + |B|), over documents and pairs of annotators. Hripcsak & Rothschild 2005."""
    return Figure(2 * matched, spans, NO_SPANS if spans[0] == 0 else None)


def unitizing_alpha(n: BigIntegers, agreed: BigIntegers, squares: BigIntegers, units: BigIntegers) -> Figure:
    """Krippendorff et al. 2016: 1 - (n - sum l_cc) / (n - sum e_cc), e_ck = n (l_c l_k - [c=k] W_c) / (n^2 - sum W).

    n = l.. , ``agreed`` = sum_c l_cc, ``squares`` = sum_c l_c.^2, ``units`` = sum_c W_c, all primed. With these,
    n - sum e_cc = n (n^2 - squares) / (n^2 - units).
    """
    return _one_minus((n - agreed) * (n * n - units), n * (n * n - squares), NO_VARIATION, n)


def unitizing_alpha_of(n: BigIntegers, own: BigIntegers, agreed: BigIntegers, units: BigIntegers) -> Figure:
    """(k)u-alpha: 1 - (e_.k / l_.k) (l_.k - l_kk) / (e_.k - e_kk), within the intersections of units.

    n = l.., ``own`` = l_.k, ``agreed`` = l_kk, ``units`` = W_k. The fraction of expectations comes to
    (n l_k - W_k) / (l_k (n - l_k)), so other labels enter only through n.
    """
    return _one_minus((n * own - units) * (own - agreed), own * own * (n - own), NO_VARIATION, own)


def kappa_between(read: BigIntegers, one: BigIntegers, other: BigIntegers, mixed: BigIntegers) -> Figure:
    """Chance-corrected agreement of two groups on a yes-or-no value: 1 - d_o / d_e.

    Over pairs of one annotator from each group and the characters ``read`` by both: d_o the share on which they differ
    (``mixed``), d_e that share if marked at random, p (1 - q) + q (1 - p) from the shares p and q that members of each
    group marked. Wong, Paritosh & Aroyo, ACL 2021 (cross-replication reliability); Cohen's kappa for one from each.
    """
    return _one_minus(mixed * read, one * (read - other) + other * (read - one), NO_VARIATION, read)


def change(after: Figure, before: Figure) -> Figure:
    """The one minus the other, undefined where either is."""
    numerator = after.numerator * before.denominator - before.numerator * after.denominator
    return Figure(numerator, after.denominator * before.denominator, after.reason or before.reason)


def share(part: BigIntegers, whole: BigIntegers) -> Figure:
    """A plain proportion."""
    return Figure(part, whole, NO_PAIRS if whole[0] == 0 else None)


def share_taken(part: BigIntegers, whole: BigIntegers) -> Figure:
    """1 - observed / expected."""
    return Figure(whole - part, whole, NO_VARIATION if whole[0] == 0 else None)


def set_distances(keys: list[int], kind: str) -> tuple[BigIntegers, int]:
    """Distances between label sets as whole numbers over a common denominator, which is returned too.

    set_nominal: 0 or 1. set_jaccard: 1 - |A and B| / |A or B|. set_masi (Passonneau 2006): 1 - Jaccard x monotonicity,
    which is 1 for equal sets, 2/3 where one holds the other, 1/3 where they share a label, else 0. Two empty sets are
    at distance 0.
    """
    table = [[_set_distance(a, b, kind) for b in keys] for a in keys]
    denominator = lcm(*(d.denominator for row in table for d in row))
    result = np.zeros((len(keys), len(keys)), dtype=object)
    for i, row in enumerate(table):
        for j, d in enumerate(row):
            result[i, j] = int(d * denominator)
    return result, denominator


def _set_distance(a: int, b: int, kind: str) -> Fraction:
    if a == b:
        return Fraction(0)
    if kind == "set_nominal":
        return Fraction(1)
    common = a & b
    jaccard = Fraction(common.bit_count(), (a | b).bit_count())
    if kind == "set_jaccard":
        return 1 - jaccard
    return 1 - jaccard * (Fraction(2, 3) if common in (a, b) else Fraction(1, 3))
