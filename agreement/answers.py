"""Alpha of answers about whole documents: categories, ranks, magnitudes.

One unit per document, one coincidence matrix; ordinal distances depend on how often each value occurs, so they are
taken anew in every resample.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from fractions import Fraction
from math import copysign, lcm, log1p

import numpy as np
from numpy.typing import NDArray

from agreement.characters import Integers
from agreement.columns import Columns, Sums
from agreement.documents import Rating
from agreement.figures import NO_PAIRS, NOT_NUMERIC, Figure, alpha, share, undefined
from agreement.ledger import Ledger
from agreement.resampling import EXACT_INT, BigIntegers, exact_product
from agreement.values import canonical

RATING_LEVELS = ("nominal", "ordinal", "interval", "ratio")
VALUE_LEVELS = (*RATING_LEVELS, "interval_signedlog1p")

# Ratio distances have all kinds of denominators; they are rounded once, to multiples of 2**-64.
RATIO_BITS = 64
# Samples x values x values beyond which such wide numbers take minutes, and the fewest bits then used.
RATIO_WORK = 20_000_000
RATIO_SUM_BITS = 52
RATIO_BLOCK = 256


def _pairs(ledger: Ledger, measure: str) -> dict[tuple[str, str], dict[int, int]]:
    """Per pair of values c <= k (as canonical text) and document: n_c (n_k - [c=k]) scale / (m - 1)."""
    cells: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for document, given in ledger.answers[measure].items():
        counts = sorted(Counter(canonical(answer) for answer in given).items())
        factor = ledger.scale // (len(given) - 1)
        for place, (c, n_c) in enumerate(counts):
            if n_c > 1:
                cells[c, c][document] = n_c * (n_c - 1) * factor
            for k, n_k in counts[place + 1 :]:
                cells[c, k][document] = n_c * n_k * factor
    return cells


def share_equal(ledger: Ledger, columns: Columns, measure: str) -> Callable[[Sums], Figure]:
    """The share of pairs of answers within a unit that are equal; each pair counts once."""
    equal, all_pairs, documents = [], [], []
    for document, given in ledger.answers[measure].items():
        documents.append(document)
        equal.append(sum(n * (n - 1) // 2 for n in Counter(canonical(answer) for answer in given).values()))
        all_pairs.append(len(given) * (len(given) - 1) // 2)
    columns.add_large((measure, "equal"), documents, equal)
    columns.add_large((measure, "pairs"), documents, all_pairs)
    return lambda s: share(s[measure, "equal"], s[measure, "pairs"])


def formula(ledger: Ledger, columns: Columns, measure: str, level: str) -> Callable[[Sums], Figure]:
    """Enter what alpha at ``level`` needs and give its formula.

    nominal: any answers. ordinal, interval, ratio, interval_signedlog1p (interval on sign(x) log(1 + |x|)): numbers
    only, else undefined with ``not_numeric``. ratio: ((a - b) / (a + b))^2, taken as 0 where a + b = 0, as the
    reference package does; meant for values that are not negative.
    """
    given = [answer for answers in ledger.answers[measure].values() for answer in answers]
    if not given:
        return lambda s: undefined(len(s[measure, level]), NO_PAIRS)
    if level != "nominal" and any(isinstance(answer, (bool, str)) for answer in given):
        return lambda s: undefined(len(s[measure, level]), NOT_NUMERIC)
    cells = _pairs(ledger, measure)
    by_text = {canonical(answer): answer for answer in given}
    if level.startswith("interval"):
        points = {text: _exact(answer) for text, answer in by_text.items()}
        if level == "interval_signedlog1p":
            points = {text: Fraction(copysign(log1p(abs(float(x))), x)) for text, x in points.items()}
        return _interval(ledger, columns, measure, level, cells, points)
    texts = sorted(by_text) if level == "nominal" else sorted(by_text, key=lambda text: _exact(by_text[text]))
    _enter_marginals(ledger, columns, measure, level)
    if level == "ordinal":
        return _ordinal(ledger, columns, measure, cells, texts)
    if level == "ratio":
        return _ratio(ledger, columns, measure, cells, [_exact(by_text[text]) for text in texts], texts)
    names = [(measure, level, "n", text) for text in texts]
    observed = [(document, n) for (c, k), entries in cells.items() if c != k for document, n in entries.items()]
    columns.add_large((measure, level, "observed"), [d for d, _ in observed], [n for _, n in observed])

    def nominal(s: Sums) -> Figure:
        marginals = s.columns(names)
        n = marginals.sum(axis=1)
        return alpha(n, 2 * s[measure, level, "observed"], n * n - (marginals**2).sum(axis=1), ledger.scale)

    return nominal


def _exact(answer: Rating) -> Fraction:
    assert not isinstance(answer, str)
    return Fraction(answer)


def _enter_marginals(ledger: Ledger, columns: Columns, measure: str, level: str) -> None:
    """n_c = sum_k o_ck: within a document the m - 1 cancels, so it is how often c was given."""
    entries: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for document, given in ledger.answers[measure].items():
        for answer in given:
            entries[canonical(answer)][document] += ledger.scale
    for text, of_text in entries.items():
        columns.add_large((measure, level, "n", text), list(of_text), list(of_text.values()))


def _interval(
    ledger: Ledger,
    columns: Columns,
    measure: str,
    level: str,
    cells: dict[tuple[str, str], dict[int, int]],
    points: dict[str, Fraction],
) -> Callable[[Sums], Figure]:
    """Squared differences have a closed form: sum n_c n_k (x_c - x_k)^2 = 2 (n sum n_c x_c^2 - (sum n_c x_c)^2)."""
    denominator = lcm(*(x.denominator for x in points.values()))
    whole = {text: int(x * denominator) for text, x in points.items()}
    observed: Counter[int] = Counter()
    for (c, k), entries in cells.items():
        for document, n in entries.items():
            observed[document] += n * (whole[c] - whole[k]) ** 2
    columns.add_large((measure, level, "observed"), list(observed), list(observed.values()))
    answers = {document: [whole[canonical(a)] for a in given] for document, given in ledger.answers[measure].items()}
    for power in range(3):
        amounts = [ledger.scale * sum(x**power for x in given) for given in answers.values()]
        columns.add_large((measure, level, power), list(answers), amounts)

    def interval(s: Sums) -> Figure:
        n, total, squares = (s[measure, level, power] for power in range(3))
        return alpha(n, 2 * s[measure, level, "observed"], 2 * (n * squares - total**2), ledger.scale)

    return interval


def _ordinal(
    ledger: Ledger,
    columns: Columns,
    measure: str,
    cells: dict[tuple[str, str], dict[int, int]],
    texts: list[str],
) -> Callable[[Sums], Figure]:
    """The ordinal distance, (sum of n from c to k - (n_c + n_k) / 2)^2, is the interval distance of middle ranks."""
    mixed = [pair for pair in cells if pair[0] != pair[1]]
    for c, k in mixed:
        entries = cells[c, k]
        columns.add_large((measure, "ordinal", c, k), list(entries), list(entries.values()))
    place = {text: i for i, text in enumerate(texts)}
    names = [(measure, "ordinal", "n", text) for text in texts]

    def ordinal(s: Sums) -> Figure:
        marginals = s.columns(names)
        n = marginals.sum(axis=1)
        ranks = 2 * np.cumsum(marginals, axis=1) - marginals  # twice the middle rank: whole
        observed = np.array([0] * len(n), dtype=object)
        for c, k in mixed:
            observed = observed + s[measure, "ordinal", c, k] * (ranks[:, place[c]] - ranks[:, place[k]]) ** 2
        expected = 2 * (n * (marginals * ranks**2).sum(axis=1) - (marginals * ranks).sum(axis=1) ** 2)
        return alpha(n, 2 * observed, expected, ledger.scale)

    return ordinal


def _ratio(
    ledger: Ledger,
    columns: Columns,
    measure: str,
    cells: dict[tuple[str, str], dict[int, int]],
    points: list[Fraction],
    texts: list[str],
) -> Callable[[Sums], Figure]:
    place = {text: i for i, text in enumerate(texts)}
    # Halves, so that the sum of two of the largest numbers is still one.
    halves = np.array([float(x / 2) for x in points])
    observed: Counter[int] = Counter()
    for (c, k), entries in cells.items():
        one, other = halves[place[c]].reshape(1, 1), halves[place[k]].reshape(1, 1)
        distance = int(_ratio_distances(one, other, RATIO_BITS)[0, 0])
        for document, n in entries.items():
            observed[document] += n * distance
    columns.add_large((measure, "ratio", "observed"), list(observed), list(observed.values()))
    names = [(measure, "ratio", "n", text) for text in texts]

    def ratio(s: Sums) -> Figure:
        marginals = s.columns(names)
        n = marginals.sum(axis=1)
        # The corpus apart from the resamples, so that its figure is the same with and without an interval.
        expected = np.concatenate([_ratio_expected(some, halves) for some in (marginals[:1], marginals[1:])])
        return alpha(n, 2 * s[measure, "ratio", "observed"], expected, ledger.scale)

    return ratio


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
