"""Pairs, one person against the others, groups: against the corpus' figures of documents with others taken out."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

from agreement import (
    Document,
    Mark,
    annotator_figures,
    document_metrics,
    document_rows,
    group_figures,
    metric_names,
    pair_figures,
)
from agreement.resampling import resample_weights
from tests.agreement.samples import LABELS, documents, label_sets, random_documents

ALPHAS = ["char_alpha_any", *(f"char_alpha_label:{label}" for label in LABELS)]
F1S = [name for name in metric_names(LABELS) if name.startswith("span_f1_")]


def rows_of(docs):
    return {document.id: document_rows(document, LABELS) for document in docs}


def only(docs, people):
    """The documents as if nobody but ``people`` had read them."""
    return [
        Document(
            d.id,
            d.length,
            tuple(a for a in d.annotators if a in people),
            tuple(mark for mark in d.marks if mark.annotator in people),
        )
        for d in docs
    ]


def values(metrics):
    return {name: (metric.value, metric.reason) for name, metric in metrics.items()}


@settings(max_examples=40, deadline=None)
@given(docs=documents())
def test_figures_of_some_are_those_of_documents_that_only_they_read(docs):
    rows = rows_of(docs)
    for pair, figures in pair_figures(rows, LABELS).items():
        assert figures == document_metrics(only(docs, pair), LABELS, names=[*ALPHAS, *F1S])
    people = {name for d in docs if d.length and len(d.annotators) > 1 for name in d.annotators}
    found = annotator_figures(rows, LABELS, criteria=["iou50"])
    assert set(found) == people
    for name, figures in found.items():
        others = document_metrics(only(docs, people - {name}), LABELS, names=ALPHAS)
        assert values(figures.without) == values(others)
    groups = {"a": "one", "b": "one", "c": "one", "d": "two"}
    within = group_figures(rows, LABELS, groups, minimum=0).within
    assert within["one"] == document_metrics(only(docs, "abc"), LABELS, names=[*ALPHAS, *F1S])


def test_intervals_come_from_the_same_resamples_as_the_corpus():
    docs = random_documents(25)
    rows = rows_of(docs)
    pairs = pair_figures(rows, LABELS, 100, 3, jackknife=True)
    assert list(pairs) == [("a0", "a1"), ("a0", "a2"), ("a1", "a2")]
    for pair, figures in pairs.items():
        assert figures == document_metrics(only(docs, pair), LABELS, 100, 3, [*ALPHAS, *F1S], jackknife=True)


def test_leaving_one_out_changes_alpha_by_the_difference():
    docs = random_documents(25)
    everybody = document_metrics(docs, LABELS, names=ALPHAS)
    figures = annotator_figures(rows_of(docs), LABELS, criteria=["overlap"])
    for name, found in figures.items():
        for alpha in ALPHAS:
            difference = found.without[alpha].value - everybody[alpha].value
            assert found.change[alpha].value == pytest.approx(difference, abs=1e-12)
        matched = spans = 0
        for document in docs:
            for row in document_rows(document, LABELS):
                if row.measure == "f1_overlap" and name in (row.annotator_a, row.annotator_b):
                    matched += row.n
                    spans += row.size_a + row.size_b
        assert found.with_others["span_f1_overlap"].value == 2 * matched / spans
        assert found.with_others["span_f1_overlap"].n_annotators == 3


def test_both_alphas_of_a_change_come_from_one_resample():
    docs = random_documents(10)
    found = annotator_figures(rows_of(docs), LABELS, 30, 2)["a1"].change["char_alpha_any"]
    (weights,) = resample_weights(len(docs), 30, 2)
    differences = []
    for row in weights.tolist():
        drawn = [
            Document(f"{d.id}-{copy}", d.length, d.annotators, d.marks)
            for d, times in zip(docs, row, strict=True)
            for copy in range(times)
        ]
        without, everybody = (
            document_metrics(some, LABELS, names=["char_alpha_any"])["char_alpha_any"].value
            for some in (only(drawn, {"a0", "a2"}), drawn)
        )
        differences.append(without - everybody)
    low, high = np.percentile(differences, [2.5, 97.5], method="linear")
    assert found.ci == pytest.approx((low, high), abs=1e-12)


def test_somebody_who_marks_at_random_lowers_the_alpha_and_leaving_them_out_raises_it():
    docs = [
        Document(
            f"d{n}",
            40,
            ("a", "b", "odd"),
            (Mark("a", n, n + 9, "source"), Mark("b", n, n + 9, "source"), Mark("odd", 39 - n, 40 - n, "source")),
        )
        for n in range(10)
    ]
    found = annotator_figures(rows_of(docs), LABELS)
    assert found["odd"].without["char_alpha_any"].value == 1.0
    assert found["odd"].change["char_alpha_any"].value > 0 > found["a"].change["char_alpha_any"].value


def kappa(docs, one, other, label):
    """Of all pairs of one from each group, character by character."""
    differ = ones = others = read = 0
    for document in docs:
        for a in set(one) & set(document.annotators):
            for b in set(other) & set(document.annotators):
                of_a, of_b = (
                    [label in found if label else bool(found) for found in label_sets(document, name)]
                    for name in (a, b)
                )
                read += document.length
                differ += sum(x != y for x, y in zip(of_a, of_b, strict=True))
                ones += sum(of_a)
                others += sum(of_b)
    expected = ones * (read - others) + others * (read - ones)
    return 1 - differ * read / expected if expected else None


@settings(max_examples=60, deadline=None)
@given(docs=documents())
def test_agreement_between_groups_follows_its_definition(docs):
    """The first group has names before and after those of the second, so that sides cannot be mixed up unseen."""
    groups = {"a": "g", "d": "g", "b": "h", "c": "h"}
    found = group_figures(rows_of(docs), LABELS, groups, minimum=0).between["g", "h"]
    for label, name in [("", "any"), *((label, f"label:{label}") for label in LABELS)]:
        expected = kappa(docs, "ad", "bc", label)
        assert found[f"char_kappa_{name}"].value == (None if expected is None else pytest.approx(expected, abs=1e-12))
    matched = spans = 0
    for document in docs:
        for row in document_rows(document, LABELS):
            if row.measure == "f1_iou50" and groups[row.annotator_a] != groups[row.annotator_b]:
                matched += row.n
                spans += row.size_a + row.size_b
    assert found["span_f1_iou50"].value == (2 * matched / spans if spans else None)


def test_a_group_below_the_minimum_has_no_figures():
    docs = random_documents(5, annotators=4)
    groups = {"a0": "students", "a1": "students", "a2": "staff", "a3": "staff", "nobody": "staff"}
    found = group_figures(rows_of(docs), LABELS, groups, minimum=3, bootstrap=5)
    figures = [*found.within.values(), *found.between.values()]
    assert {metric.reason for of_group in figures for metric in of_group.values()} == {"group_too_small"}
    assert {metric.value for of_group in figures for metric in of_group.values()} == {None}
    assert list(found.within) == ["staff", "students"]
    two = group_figures(rows_of(docs), LABELS, groups)
    assert two.within["staff"]["span_f1_overlap"].value is not None
    assert two.between["staff", "students"]["char_kappa_any"].n_annotators == 4


def test_a_group_of_one_has_pairs_with_others_only():
    docs = random_documents(5)
    found = group_figures(rows_of(docs), LABELS, {"a0": "one", "a1": "two", "a2": "two"}, minimum=1)
    assert found.within["one"]["char_alpha_any"].reason == "no_pairable_units"
    assert found.within["one"]["span_f1_exact"].reason == "no_spans"
    assert found.between["one", "two"]["char_kappa_any"].value is not None


def test_order_of_rows_and_names_does_not_matter():
    docs = random_documents(6, annotators=4)
    rows = rows_of(docs)
    backwards = {name: rows[name][::-1] for name in reversed(rows)}
    groups = dict(zip(("a0", "a1", "a2", "a3"), "ggh", strict=False))
    assert pair_figures(backwards, LABELS, 20) == pair_figures(rows, LABELS, 20)
    assert annotator_figures(backwards, LABELS, 20) == annotator_figures(rows, LABELS, 20)
    assert group_figures(backwards, LABELS, groups, 1, 20) == group_figures(rows, LABELS, groups, 1, 20)


def test_nothing_read_together_is_no_pair():
    docs = [Document("d1", 9, ("a",)), Document("d2", 0, ("a", "b")), Document("d3", 9, ("a", "b"))]
    assert list(combinations("ab", 2)) == list(pair_figures(rows_of(docs), LABELS))
    assert pair_figures(rows_of(docs[:2]), LABELS) == {}
    assert annotator_figures({}, LABELS) == {}
    assert group_figures({}, LABELS, {}).within == {}
