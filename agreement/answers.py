"""Alpha of answers about whole documents: categories, ranks, magnitudes. One unit per document."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

from agreement.coincidences import Formula, Variable
from agreement.columns import Columns
from agreement.documents import Rating
from agreement.figures import NO_PAIRS, NOT_NUMERIC, share, undefined
from agreement.ledger import Ledger
from agreement.values import canonical

RATING_LEVELS = ("nominal", "ordinal", "interval", "ratio")
VALUE_LEVELS = (*RATING_LEVELS, "interval_signedlog1p")


def variable(ledger: Ledger, columns: Columns, measure: str) -> Variable[str]:
    """The answers under ``measure``, as canonical texts; where all are numbers, with their points."""
    cells: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for document, given in ledger.answers[measure].items():
        counts = sorted(Counter(canonical(answer) for answer in given).items())
        factor = ledger.scale // (len(given) - 1)
        for place, (c, n_c) in enumerate(counts):
            if n_c > 1:
                cells[c, c][document] = n_c * (n_c - 1) * factor
            for k, n_k in counts[place + 1 :]:
                cells[c, k][document] = n_c * n_k * factor
    given_ones = [answer for answers in ledger.answers[measure].values() for answer in answers]
    points = None
    if not any(isinstance(answer, (bool, str)) for answer in given_ones):
        points = {canonical(answer): _exact(answer) for answer in given_ones}
    return Variable(columns, (measure,), cells, ledger.scale, points)


def _exact(answer: Rating) -> Fraction:
    assert not isinstance(answer, str)
    return Fraction(answer)


def formula(of: Variable[str], level: str) -> Formula:
    """Alpha at ``level``. nominal: any answers. The others: numbers only, else undefined with ``not_numeric``."""
    if not of.cells:
        return lambda s: undefined(s.samples, NO_PAIRS)
    if level != "nominal" and not of.points:
        return lambda s: undefined(s.samples, NOT_NUMERIC)
    return of.formula(level)


def share_equal(ledger: Ledger, columns: Columns, measure: str) -> Formula:
    """The share of pairs of answers within a unit that are equal; each pair counts once."""
    equal, all_pairs, documents = [], [], []
    for document, given in ledger.answers[measure].items():
        documents.append(document)
        equal.append(sum(n * (n - 1) // 2 for n in Counter(canonical(answer) for answer in given).values()))
        all_pairs.append(len(given) * (len(given) - 1) // 2)
    columns.add_large((measure, "equal"), documents, equal)
    columns.add_large((measure, "pairs"), documents, all_pairs)
    return lambda s: share(s[measure, "equal"], s[measure, "pairs"])
