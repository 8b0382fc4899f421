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

from agreement.columns import Columns, Sums
from agreement.documents import Rating
from agreement.figures import NO_PAIRS, NOT_NUMERIC, Figure, alpha, expected_under, share, undefined
from agreement.ledger import Ledger
from agreement.resampling import BigIntegers
from agreement.rows import canonical

RATING_LEVELS = ("nominal", "ordinal", "interval", "ratio")
VALUE_LEVELS = (*RATING_LEVELS, "interval_signedlog1p")

# Ratio distances are fractions of all denominators; as multiples of 2**-64 they are off by less than 1e-19.
RATIO_BITS = 64
# Samples x values x values beyond which such wide numbers take minutes, and the fewest bits then used.
RATIO_WORK = 5_000_000
RATIO_SUM_BITS = 52


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
    texts = sorted(by_text) if level == "nominal" else sorted(by_text, key=lambda text: Fraction(by_text[text]))
    for text in texts:
        amounts: Counter[int] = Counter()
        for pair, entries in cells.items():
            if text in pair:
                amounts.update(entries)
        columns.add_large((measure, level, "n", text), list(amounts), list(amounts.values()))
    names = [(measure, level, "n", text) for text in texts]
    if level == "ordinal":
        return _ordinal(ledger, columns, measure, cells, texts)
    if level == "ratio":
        return _ratio(ledger, columns, measure, cells, [_exact(by_text[text]) for text in texts], texts)
    if level == "nominal":
        observed = [(document, n) for (c, k), entries in cells.items() if c != k for document, n in entries.items()]
        columns.add_large((measure, level, "observed"), [d for d, _ in observed], [n for _, n in observed])

        def nominal(s: Sums) -> Figure:
            marginals = s.columns(names)
            n = marginals.sum(axis=1)
            return alpha(n, 2 * s[measure, level, "observed"], n * n - (marginals**2).sum(axis=1), ledger.scale)

        return nominal
    points = [_exact(by_text[text]) for text in texts]
    if level == "interval_signedlog1p":
        points = [Fraction(copysign(log1p(abs(float(x))), x)) for x in points]
    return _interval(ledger, columns, measure, level, cells, dict(zip(texts, points, strict=True)))


def _exact(answer: Rating) -> Fraction:
    assert not isinstance(answer, str)
    return Fraction(answer)


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
    names = [(measure, level, "n", text) for text in points]
    x = np.array(list(whole.values()), dtype=object)

    def interval(s: Sums) -> Figure:
        marginals = s.columns(names)
        n = marginals.sum(axis=1)
        expected = 2 * (n * (marginals * x**2).sum(axis=1) - (marginals * x).sum(axis=1) ** 2)
        return alpha(n, 2 * s[measure, level, "observed"], expected, ledger.scale)

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
    observed: Counter[int] = Counter()
    for (c, k), entries in cells.items():
        distance = _ratio_distance(points[place[c]], points[place[k]], RATIO_BITS)
        for document, n in entries.items():
            observed[document] += n * distance
    columns.add_large((measure, "ratio", "observed"), list(observed), list(observed.values()))
    names = [(measure, "ratio", "n", text) for text in texts]

    def ratio(s: Sums) -> Figure:
        marginals = s.columns(names)
        n = marginals.sum(axis=1)
        corpus = _ratio_expected(marginals[:1], points, RATIO_BITS)
        expected = corpus
        if len(n) > 1:
            bits = RATIO_BITS
            if marginals.size * len(points) > RATIO_WORK:
                bits = max(0, RATIO_SUM_BITS - int(max(n)).bit_length())
            resampled = _ratio_expected(marginals[1:], points, bits) * (1 << (RATIO_BITS - bits))
            expected = np.concatenate([corpus, resampled])
        return alpha(n, 2 * s[measure, "ratio", "observed"], expected, ledger.scale)

    return ratio


def _ratio_expected(marginals: BigIntegers, points: list[Fraction], bits: int) -> BigIntegers:
    distances = np.zeros((len(points), len(points)), dtype=object)
    for i, a in enumerate(points):
        for j in range(i):
            distances[i, j] = distances[j, i] = _ratio_distance(a, points[j], bits)
    return expected_under(marginals, distances)


def _ratio_distance(a: Fraction, b: Fraction, bits: int) -> int:
    return 0 if a + b == 0 else round(((a - b) / (a + b)) ** 2 * (1 << bits))
