"""The jackknife: against taking out each document, and where it has nothing to say."""

from statistics import NormalDist, fmean

import pytest

from agreement import Document, Mark, document_metrics, document_rows, metrics, printed
from tests.agreement.samples import LABELS, random_documents

NAMES = ["char_alpha_set_masi", "char_alpha_label:source", "span_f1_iou50", "u_alpha_label:number"]


def by_hand(docs, name):
    value = document_metrics(docs, LABELS, names=[name])[name].value
    without = [document_metrics([d for d in docs if d is not out], LABELS, names=[name])[name].value for out in docs]
    # Pseudo-values D t - (D - 1) t_d: their standard error is the jackknife's.
    pseudo = [len(docs) * value - (len(docs) - 1) * one for one in without]
    variance = sum((p - fmean(pseudo)) ** 2 for p in pseudo) / (len(docs) - 1)
    error = NormalDist().inv_cdf(0.975) * (variance / len(docs)) ** 0.5
    return value - error, value + error


def test_it_is_what_taking_out_each_document_gives():
    docs = random_documents(8)
    found = document_metrics(docs, LABELS, names=NAMES, jackknife=True)
    for name in NAMES:
        assert found[name].jackknife_ci == pytest.approx(by_hand(docs, name), abs=1e-12), name
        assert found[name].interval_unreliable is True
        assert found[name].ci_dropped is None


def test_of_a_mean_it_is_the_textbook_interval():
    """The share of equal pairs among documents of two answers each is a mean of zeros and ones."""
    docs = [Document(f"d{n:02}", 0, ("a", "b"), values={"a": 1, "b": 1 if n < 15 else 2}) for n in range(25)]
    found = document_metrics(docs, LABELS, names=["value_share_equal"], jackknife=True)["value_share_equal"]
    error = NormalDist().inv_cdf(0.975) * (0.6 * 0.4 / 24) ** 0.5
    assert found.jackknife_ci == pytest.approx((0.6 - error, 0.6 + error), abs=1e-12)
    assert found.interval_unreliable is False


def test_documents_that_cannot_be_compared_do_not_narrow_it():
    docs = random_documents(6)
    others = [Document(f"e{n}", 0, ("a0", "a1"), ratings={"a0": 1, "a1": 1}) for n in range(9)]
    plain = document_metrics(docs, LABELS, names=NAMES, jackknife=True)
    assert document_metrics([*docs, *others], LABELS, names=NAMES, jackknife=True) == plain


def test_rows_and_documents_give_the_same_with_a_bootstrap_beside_it():
    docs = random_documents(6)
    rows = {document.id: document_rows(document, LABELS) for document in docs}
    both = metrics(rows, LABELS, 30, 1, jackknife=True)
    assert both == document_metrics(docs, LABELS, 30, 1, jackknife=True)
    bootstrap = metrics(rows, LABELS, 30, 1)
    assert {name: metric.ci for name, metric in both.items()} == {n: metric.ci for n, metric in bootstrap.items()}
    entry = printed(both)["char_alpha_any"]
    assert list(entry) == [
        "value",
        "ci",
        "ci_dropped",
        "jackknife_ci",
        "interval_unreliable",
        "n_documents",
        "n_annotators",
    ]


def test_it_is_null_where_a_document_carries_all_the_variation():
    docs = [
        Document("d1", 10, ("a", "b"), (Mark("a", 0, 4, "source"), Mark("b", 0, 3, "source"))),
        Document("d2", 10, ("a", "b")),
    ]
    found = printed(document_metrics(docs, LABELS, jackknife=True))
    assert found["char_alpha_any"]["value"] is not None
    assert found["char_alpha_any"]["jackknife_ci"] is None
    assert found["span_f1_exact"]["jackknife_ci"] is None
    assert found["char_alpha_label:number"]["jackknife_ci"] is None
    one = printed(document_metrics(docs[:1], LABELS, jackknife=True))
    assert one["char_alpha_any"]["jackknife_ci"] is None
    assert "jackknife_ci" not in printed(document_metrics(docs, LABELS, 5))["char_alpha_any"]
