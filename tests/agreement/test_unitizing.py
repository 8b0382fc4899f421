"""The unitizing family against its equations taken literally, character by character, in fractions."""

from collections import Counter
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Document, Mark, document_metrics
from tests.agreement.samples import label_sets

LABELS = ("X", "Y")
GAP = ""


@st.composite
def partitions(draw):
    """Documents in which nobody overlaps himself; units may touch."""
    result = []
    for number in range(draw(st.integers(1, 3))):
        length = draw(st.integers(1, 16))
        annotators = draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1))
        marks = []
        for annotator in annotators:
            at = 0
            while True:
                start = at + draw(st.integers(0, 4))
                at = start + draw(st.integers(1, 5))
                if at > length:
                    break
                marks.append(Mark(annotator, start, at, draw(st.sampled_from(LABELS))))
        result.append(Document(f"d{number}", length, tuple(annotators), tuple(marks)))
    return result


def values(document, annotator):
    return [next(iter(labels), GAP) for labels in label_sets(document, annotator)]


def coincidences(documents, kept=lambda c, k: True):
    found = Counter()
    for document in documents:
        m = len(document.annotators)
        for i, j in permutations(document.annotators, 2):
            for c, k in zip(values(document, i), values(document, j), strict=True):
                if kept(c, k):
                    found[c, k] += Fraction(1, m - 1)
    return found


def quotient(observed, expected):
    return None if expected == 0 else float(1 - observed / expected)


def alpha(found, squares):
    """1 - (l - sum l_cc) / (l - sum e_cc)."""
    total = sum(found.values())
    if total == 0:
        return None
    own = Counter()
    for (c, _), n in found.items():
        own[c] += n
    scale = total / (total**2 - sum(squares.values()))
    agreed = sum(n for (c, k), n in found.items() if c == k)
    by_chance = sum(scale * (own[c] ** 2 - squares[c]) for c in own)
    return quotient(total - agreed, total - by_chance)


def alpha_of(found, squares, label):
    """1 - (e_.k / l_.k) (l_.k - l_kk) / (e_.k - e_kk)."""
    total = sum(found.values())
    own = sum(n for (_, k), n in found.items() if k == label)
    if own == 0:
        return None
    scale = total / (total**2 - sum(squares.values()))
    expected = {
        c: scale * (sum(n for (one, _), n in found.items() if one == c) * own - (squares[c] if c == label else 0))
        for c in LABELS
    }
    column = sum(expected.values())
    if column == expected[label]:
        return None
    return float(1 - column / own * (own - found[label, label]) / (column - expected[label]))


def unit_squares(documents):
    squares = Counter()
    for document in documents:
        for mark in document.marks:
            squares[mark.label] += (mark.end - mark.start) ** 2
        for annotator in document.annotators:
            squares[GAP] += values(document, annotator).count(GAP)
    return squares


def shared_squares(documents):
    squares = Counter()
    for document in documents:
        for mark in document.marks:
            shared = sum(
                sum(v != GAP for v in values(document, other)[mark.start : mark.end])
                for other in document.annotators
                if other != mark.annotator
            )
            squares[mark.label] += Fraction(shared, len(document.annotators) - 1) ** 2
    return squares


def collapsed(found, is_one):
    result = Counter()
    for (c, k), n in found.items():
        result[is_one(c), is_one(k)] += n
    return result


@settings(max_examples=120, deadline=None)
@given(docs=partitions())
def test_the_family_follows_its_equations(docs):
    figures = {name: figure.value for name, figure in document_metrics(docs, LABELS).items()}
    docs = [document for document in docs if len(document.annotators) >= 2]
    found, squares = coincidences(docs), unit_squares(docs)
    within = coincidences(docs, lambda c, k: c != GAP and k != GAP)
    shared = shared_squares(docs)
    total = sum(found.values())
    expected = {
        "u_alpha": alpha(found, squares),
        "u_alpha_binary": alpha(
            collapsed(found, lambda v: v != GAP), Counter({True: squares["X"] + squares["Y"], False: squares[GAP]})
        ),
        "cu_alpha": alpha(within, shared),
        "cu_coverage": float(sum(within.values()) / total) if total else None,
        **{f"ku_alpha:{label}": alpha_of(within, shared, label) for label in LABELS},
    }
    for label in LABELS:
        outside = sum(values(d, a).count(v) for d in docs for a in d.annotators for v in (GAP, *LABELS) if v != label)
        expected[f"u_alpha_label:{label}"] = alpha(
            collapsed(found, lambda v, label=label: v == label), Counter({True: squares[label], False: outside})
        )
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-12)
