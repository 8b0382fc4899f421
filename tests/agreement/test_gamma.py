"""agreement.gamma: the worked example, alignments against every possible one, and independence of order."""

import json
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Document, Mark, UnknownMetricError, document_metrics, metrics
from agreement.gamma import ALONE, _Unit, best_alignment, document_disorder
from agreement.metrics import ON_REQUEST
from agreement.reader import read_documents
from tests.agreement.samples import LABELS, random_documents

CASE = json.loads((Path(__file__).parent / "cases" / "31_gamma_two_annotators_hand.json").read_text(encoding="utf-8"))
CORPUS = read_documents([json.dumps(document).encode() for document in CASE["docs"]])


def test_the_worked_example():
    expected, tolerance = CASE["expected"], CASE["expected"]["tolerance"]
    disorder = document_disorder(CORPUS.documents[0], seed=0)
    assert disorder.observed / 3 == pytest.approx(expected["best_alignment_disorder"], abs=1e-12)
    for seed in (1, 2, 3):
        figures = document_metrics(CORPUS.documents, CORPUS.labels, seed=seed, names=ON_REQUEST)
        assert figures["gamma"].value == pytest.approx(expected["gamma"], abs=tolerance["gamma"])
        assert figures["gamma_pairwise"].value == figures["gamma"].value
        assert figures["gamma_cat"].value == pytest.approx(expected["gamma_cat"], abs=tolerance["gamma_cat"])


@st.composite
def reading(draw):
    units = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, 12))
        units.append(_Unit(start, start + draw(st.integers(1, 8)), draw(st.sampled_from("XY"))))
    return units


def cost(left, right, pairs):
    together = sum(left[i].distance(right[j]) + (left[i].label != right[j].label) for i, j in pairs)
    return together + ALONE * (len(left) + len(right) - 2 * len(pairs))


@settings(max_examples=150, deadline=None)
@given(left=reading(), right=reading())
def test_best_alignment_costs_no_more_than_any_other(left, right):
    pairs = best_alignment(left, right)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    least = min(
        cost(left, right, list(zip(chosen, others, strict=True)))
        for size in range(min(len(left), len(right)) + 1)
        for chosen in combinations(range(len(left)), size)
        for others in permutations(range(len(right)), size)
    )
    assert cost(left, right, pairs) == pytest.approx(least, abs=1e-12)


def test_gamma_depends_on_the_seed_and_not_on_the_order_of_documents():
    docs = random_documents(4, annotators=3)
    forward = document_metrics(docs, LABELS, seed=1, names=["gamma_pairwise"])
    assert document_metrics(docs[::-1], LABELS, seed=1, names=["gamma_pairwise"]) == forward
    assert document_metrics(docs, LABELS, seed=2, names=["gamma_pairwise"]) != forward
    assert 0 < forward["gamma_pairwise"].value < 1


def test_gamma_of_three_annotators_is_not_made_up():
    figures = document_metrics(random_documents(1, annotators=3), LABELS, names=ON_REQUEST)
    assert (figures["gamma"].value, figures["gamma"].reason) == (None, "more_than_two_annotators")
    assert figures["gamma_cat"].reason == "more_than_two_annotators"


def test_gamma_without_a_mark_is_undefined():
    figure = document_metrics([Document("d", 9, ("a", "b"))], LABELS, names=["gamma"])["gamma"]
    assert (figure.value, figure.reason) == (None, "no_spans")


def test_a_silent_annotator_leaves_the_other_alone():
    marks = (Mark("a", 0, 5, "source"), Mark("a", 10, 12, "framing"))
    disorder = document_disorder(Document("d", 20, ("a", "b"), marks), seed=0)
    assert disorder.observed == 2 * ALONE


def test_gamma_has_an_interval_too_and_is_not_computed_from_rows():
    docs = random_documents(6, annotators=2)
    figure = document_metrics(docs, LABELS, 50, names=["gamma"])["gamma"]
    assert figure.ci[0] <= figure.value <= figure.ci[1]
    with pytest.raises(UnknownMetricError):
        metrics({}, LABELS, names=["gamma"])
