"""agreement.gamma: worked examples, independence of order, and that nothing unfinished is made up."""

import json
import random
from itertools import permutations
from pathlib import Path

import pytest

from agreement import (
    Document,
    GammaPlan,
    Mark,
    UnknownMetricError,
    document_metrics,
    gamma_metrics,
    metrics,
    run_gamma,
)
from agreement.alignment import ALONE
from agreement.gamma import joint_disorder, pairwise_disorder
from agreement.metrics import JOINT, ON_REQUEST
from agreement.reader import read_documents
from tests.agreement.samples import ALEX_PAUL_SUZAN, LABELS, random_documents

CASE = json.loads((Path(__file__).parent / "cases" / "31_gamma_two_annotators_hand.json").read_text(encoding="utf-8"))
CORPUS = read_documents([json.dumps(document).encode() for document in CASE["docs"]])


def test_the_worked_example():
    expected, tolerance = CASE["expected"], CASE["expected"]["tolerance"]
    disorder = pairwise_disorder(CORPUS.documents[0], seed=0)
    assert disorder.observed / 3 == pytest.approx(expected["best_alignment_disorder"], abs=1e-12)
    for seed in (1, 2, 3):
        figures = document_metrics(CORPUS.documents, CORPUS.labels, seed=seed, names=ON_REQUEST)
        assert figures["gamma"].value == pytest.approx(expected["gamma"], abs=tolerance["gamma"])
        assert figures["gamma_pairwise"].value == figures["gamma"].value
        assert figures["gamma_cat"].value == pytest.approx(expected["gamma_cat"], abs=tolerance["gamma_cat"])


def test_three_annotators_as_the_reference_implementation_has_them():
    # pygamma-agreement 0.5.9, GLPK_MI, alpha = beta = delta_empty = 1, statistical sampler, 300 samples, seed 4772, run
    # once by hand: observed 0.653542, expected 1.387514, gamma 0.528984. Its gamma-cat counts units without a partner
    # (0.404); with pairs of units only, as Mathet 2017 has it, the same alignments give 0.675873.
    marks = tuple(
        Mark(name, unit.start, unit.end, unit.label) for name, units in ALEX_PAUL_SUZAN.items() for unit in units
    )
    document = Document("aps", 60, tuple(ALEX_PAUL_SUZAN), marks)
    disorder = joint_disorder(document, seed=1, samples=150)
    assert disorder.units == 16
    assert disorder.observed / (16 / 3) == pytest.approx(0.6535417, abs=1e-6)
    assert disorder.expected / (16 / 3) == pytest.approx(1.387514, abs=0.08)
    assert 1 - disorder.observed / disorder.expected == pytest.approx(0.528984, abs=0.03)
    assert disorder.observed_labels / (16 / 3) == pytest.approx(0.2391709, abs=1e-6)
    assert 1 - disorder.observed_labels / disorder.expected_labels == pytest.approx(0.675873, abs=0.03)


def test_gamma_cat_on_given_units_sees_the_disagreement_that_alpha_sees_missing_values_too():
    # Mathet 2017: on units given beforehand gamma-cat behaves as alpha does, "even with missing values".
    rng = random.Random(4)
    given = [[rng.choice(LABELS[:2]) if rng.random() < 0.8 else None for _ in "abcd"] for _ in range(30)]
    marks = tuple(
        Mark(name, 100 * i, 100 * i + 10, label)
        for i, unit in enumerate(given)
        for name, label in zip("abcd", unit, strict=True)
        if label is not None
    )
    document = Document("d", 3000, tuple("abcd"), marks)
    observed = joint_disorder(document, seed=0, samples=1).observed_labels / (len(marks) / 4)
    differing = pairable = 0.0
    for unit in given:
        labels = [label for label in unit if label is not None]
        if len(labels) >= 2:
            pairable += len(labels)
            differing += sum(a != b for a, b in permutations(labels, 2)) / (len(labels) - 1)
    assert 0 < differing < pairable
    assert observed == pytest.approx(differing / pairable, abs=1e-12)


def test_gamma_depends_on_the_seed_and_not_on_the_order_of_documents_annotators_or_spans():
    docs = random_documents(4, annotators=3)
    turned = [Document(d.id, d.length, d.annotators[::-1], d.marks[::-1]) for d in reversed(docs)]
    forward = document_metrics(docs, LABELS, seed=1, names=ON_REQUEST)
    assert document_metrics(turned, LABELS, seed=1, names=ON_REQUEST) == forward
    other = document_metrics(docs, LABELS, seed=2, names=ON_REQUEST)
    assert all(other[name].value != forward[name].value for name in ON_REQUEST)
    assert all(0 < figure.value < 1 for figure in forward.values())


def test_documents_are_weighted_by_their_mean_number_of_units():
    docs = random_documents(3, annotators=3)
    disorders = [joint_disorder(d, 0) for d in docs]
    expected = 1 - sum(d.observed for d in disorders) / sum(d.expected for d in disorders)
    assert document_metrics(docs, LABELS, names=["gamma"])["gamma"].value == pytest.approx(expected, abs=1e-9)


def test_a_document_of_one_reader_or_without_text_adds_nothing():
    docs = random_documents(3, annotators=3)
    more = [
        Document("x1", 90, ("a",), (Mark("a", 0, 5, "source"),)),
        Document("x2", 90, ()),
        Document("x3", 0, ("a", "b")),
    ]
    assert document_metrics(docs + more, LABELS, names=JOINT) == document_metrics(docs, LABELS, names=JOINT)


def test_gamma_without_a_mark_is_undefined():
    for annotators in (("a", "b"), ("a", "b", "c")):
        figure = document_metrics([Document("d", 9, annotators)], LABELS, names=["gamma"])["gamma"]
        assert (figure.value, figure.reason, figure.n_documents) == (None, "no_spans", 1)


def test_a_silent_annotator_leaves_the_others_alone():
    marks = (Mark("a", 0, 5, "source"), Mark("a", 10, 12, "framing"))
    # Two units, each alone at cost 1, over a mean of 1 unit of two annotators and 2/3 of three, which is also the weight.
    assert pairwise_disorder(Document("d", 20, ("a", "b"), marks), seed=0).observed == 2 * ALONE
    assert joint_disorder(Document("d", 20, ("a", "b", "c"), marks), seed=0).observed == pytest.approx(2 * ALONE)


def test_gamma_has_an_interval_too_and_is_not_computed_from_rows():
    docs = random_documents(6, annotators=2)
    figure = document_metrics(docs, LABELS, 50, names=["gamma"])["gamma"]
    assert figure.ci[0] <= figure.value <= figure.ci[1]
    with pytest.raises(UnknownMetricError):
        metrics({}, LABELS, names=["gamma"])


def test_a_sample_is_drawn_by_the_seed_and_described():
    docs = random_documents(9, annotators=2)
    calls = []
    run = run_gamma(
        docs[::-1], GammaPlan(seed=3, samples=2, documents=4), lambda done, drawn: calls.append((done, drawn))
    )
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert run.drawn == run_gamma(docs, GammaPlan(seed=3, samples=2, documents=4)).drawn
    assert set(run.drawn) != set(run_gamma(docs, GammaPlan(seed=4, samples=2, documents=4)).drawn)
    assert run.described() == {
        "seed": 3,
        "sampler": "statistical",
        "samples": 2,
        "n_comparable": 9,
        "n_drawn": 4,
        "n_finished": 4,
        "seconds": None,
        "document_seconds": None,
        "unfinished": [],
    }
    assert gamma_metrics(docs, run)["gamma"].n_documents == 4


def test_a_larger_sample_begins_with_the_smaller_one():
    docs = random_documents(6, annotators=2)
    small, large = (run_gamma(docs, GammaPlan(samples=1, documents=n)).drawn for n in (2, 5))
    assert large[:2] == small


def test_what_the_time_did_not_suffice_for_is_named_and_not_guessed():
    docs = random_documents(3, annotators=3)
    run = run_gamma(docs, GammaPlan(seconds=0))
    assert (run.disorders, run.unfinished) == ({}, {d.id: "time_limit" for d in docs})
    for figure in gamma_metrics(docs, run, bootstrap=10).values():
        assert (figure.value, figure.reason, figure.n_documents, figure.ci) == (None, "not_finished", 0, None)


def test_a_document_that_is_too_large_is_left_out_by_name():
    docs = random_documents(2, annotators=3)
    crowd = tuple(Mark(a, i, i + 1, "source") for a in "abc" for i in range(700))
    run = run_gamma([*docs, Document("dense", 900, ("a", "b", "c"), crowd)])
    assert run.unfinished == {"dense": "too_many_units"}
    assert gamma_metrics(docs, run)["gamma"] == document_metrics(docs, LABELS, names=["gamma"])["gamma"]


def test_a_plan_without_random_texts_is_refused():
    with pytest.raises(ValueError, match="samples"):
        run_gamma([], GammaPlan(samples=0))
