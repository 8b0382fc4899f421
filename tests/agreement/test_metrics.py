"""agreement.metrics against the reference package, against counting by hand, and on its promises."""

import random

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Document, Mark, UnknownMetricError, document_metrics, document_rows, metrics, reduced_to_labels
from agreement.metrics import metric_names
from agreement.resampling import resample_weights
from spans import Span
from spans.matching import match
from tests.agreement.samples import LABELS, documents, matrix, random_documents


def alpha_by_reference(data):
    """The package's nominal alpha; None where it refuses the data."""
    data = data[:, np.count_nonzero(~np.isnan(data), axis=0) >= 2] if data.size else data
    if data.size == 0 or len(np.unique(data[~np.isnan(data)])) < 2:
        return None
    return krippendorff.alpha(data, level_of_measurement="nominal")


@settings(max_examples=150, deadline=None)
@given(docs=documents())
def test_character_alphas_equal_the_reference_package(docs):
    figures = document_metrics(docs, LABELS)
    masks = {label: 1 << i for i, label in enumerate(LABELS)}
    value_of = {
        "char_alpha_set_nominal": lambda s: sum(masks[label] for label in s),
        "char_alpha_any": lambda s: int(bool(s)),
        **{f"char_alpha_label:{x}": lambda s, x=x: int(x in s) for x in LABELS},
    }
    for name, value in value_of.items():
        expected = alpha_by_reference(matrix(docs, value))
        if expected is None:
            assert figures[name].value is None
            assert figures[name].reason in ("no_pairable_units", "no_variation")
        else:
            assert figures[name].value == pytest.approx(expected, abs=1e-9), name


@settings(max_examples=40, deadline=None)
@given(docs=documents(), data=st.data())
def test_figures_do_not_depend_on_the_order_of_anything(docs, data):
    rows = {document.id: document_rows(document, LABELS) for document in docs}
    before = metrics(rows, LABELS, bootstrap=30, seed=3)
    order = data.draw(st.permutations(list(rows)))
    shuffled = {name: data.draw(st.permutations(rows[name])) for name in order}
    assert metrics(shuffled, LABELS, bootstrap=30, seed=3) == before
    assert document_metrics([d for name in order for d in docs if d.id == name], LABELS, 30, 3) == before


@settings(max_examples=50, deadline=None)
@given(docs=documents())
def test_renaming_annotators_changes_no_value(docs):
    new = dict(zip("abcd", "zyxw", strict=True))
    renamed = [
        Document(
            d.id,
            d.length,
            tuple(new[a] for a in d.annotators),
            tuple(Mark(new[x.annotator], x.start, x.end, x.label, x.fragments) for x in d.marks),
        )
        for d in docs
    ]
    assert document_metrics(renamed, LABELS) == document_metrics(docs, LABELS)


@settings(max_examples=100, deadline=None)
@given(docs=documents(max_size=2))
def test_f1_counts_a_maximum_matching_of_each_pair(docs):
    figures = document_metrics(docs, LABELS)
    for criterion in ("exact", "overlap", "iou50"):
        matched = spans = 0
        for document in docs:
            if document.length == 0:
                continue
            own = {
                a: {Span(x.start, x.end, x.label, x.fragments) for x in document.marks if x.annotator == a}
                for a in document.annotators
            }
            names = sorted(own)
            for i, a in enumerate(names):
                for b in names[i + 1 :]:
                    matched += len(match(sorted(own[a]), sorted(own[b]), criterion))
                    spans += len(own[a]) + len(own[b])
        value = figures[f"span_f1_{criterion}"].value
        assert value == (2 * matched / spans if spans else None)


def test_silent_reader_votes_none_and_absent_one_does_not():
    marked = (Mark("a", 0, 5, "source"), Mark("b", 0, 5, "source"))
    pair = Document("d", 10, ("a", "b"), marked)
    with_silent = Document("d", 10, ("a", "b", "c"), marked)
    assert document_metrics([pair], LABELS)["char_alpha_any"].value == 1.0
    assert document_metrics([with_silent], LABELS)["char_alpha_any"].value == pytest.approx(1 - 29 * 5 / (10 * 20))


def test_marks_of_someone_who_did_not_complete_are_left_out():
    document = Document("d", 10, ("a", "b"), (Mark("a", 0, 5, "source"), Mark("c", 5, 9, "source")))
    alone = Document("d", 10, ("a", "b"), (Mark("a", 0, 5, "source"),))
    assert document_rows(document, LABELS) == document_rows(alone, LABELS)


@pytest.mark.parametrize(
    ("docs", "reasons"),
    [
        pytest.param([], {"no_pairable_units", "no_spans"}, id="nothing"),
        pytest.param(
            [Document("d", 9, ("a",), (Mark("a", 0, 5, "source"),))], {"no_pairable_units", "no_spans"}, id="one reader"
        ),
        pytest.param([Document("d", 0, ("a", "b"))], {"no_pairable_units", "no_spans"}, id="no characters"),
    ],
)
def test_undefined_figures_say_why(docs, reasons):
    figures = document_metrics(docs, LABELS, bootstrap=10)
    assert list(figures) == metric_names(LABELS)
    assert {(figure.value, figure.ci) for figure in figures.values()} == {(None, None)}
    assert {figure.reason for figure in figures.values()} == reasons
    assert {(figure.n_documents, figure.n_annotators) for figure in figures.values()} == {(0, 0)}


def test_nobody_marked_anything_is_no_variation_not_agreement():
    figures = document_metrics([Document("d", 10, ("a", "b"))], LABELS)
    assert figures["char_alpha_any"].reason == "no_variation"
    assert figures["u_alpha"].reason == "no_variation"
    assert figures["cu_alpha"].reason == "no_pairable_units"
    assert figures["cu_coverage"].value == 0.0
    assert figures["span_f1_exact"].reason == "no_spans"
    assert figures["char_alpha_any"].n_documents == 1


def test_overlapping_oneself_leaves_the_unitizing_family_undefined_where_it_must():
    marks = (Mark("a", 0, 6, "source"), Mark("a", 3, 9, "framing"), Mark("b", 0, 6, "source"))
    figures = document_metrics([Document("d", 20, ("a", "b"), marks)], LABELS, bootstrap=5)
    overlapping = {name for name, figure in figures.items() if figure.reason == "self_overlap"}
    assert overlapping == {"u_alpha", "u_alpha_binary", "cu_alpha", "cu_coverage", *(f"ku_alpha:{x}" for x in LABELS)}
    assert figures["u_alpha_label:source"].value == 1.0


def test_a_span_entered_twice_counts_once():
    once = Document("d", 20, ("a", "b"), (Mark("a", 0, 6, "source"), Mark("b", 0, 6, "source")))
    twice = Document("d", 20, ("a", "b"), (Mark("a", 0, 6, "source"), Mark("a", 0, 6, "source"), once.marks[1]))
    assert document_rows(twice, LABELS) == document_rows(once, LABELS)


def test_rows_do_not_grow_with_the_text():
    marks = (Mark("a", 0, 6, "source"), Mark("b", 0, 6, "source"))
    short, long = (document_rows(Document("d", n, ("a", "b"), marks), LABELS) for n in (10, 10**9))
    assert len(short) == len(long)


def test_permanent_indexes_give_the_same_figures_as_positions():
    docs = random_documents(5)
    moved = {"framing": 62, "source": 3, "number": 40}
    assert document_metrics(docs, moved) == document_metrics(docs, LABELS)


@settings(max_examples=60, deadline=None)
@given(docs=documents(), keep=st.sets(st.sampled_from(LABELS), min_size=1))
def test_reduced_rows_are_those_of_documents_with_the_other_labels_taken_out(docs, keep):
    names = [f"char_alpha_{kind}" for kind in ("set_nominal", "set_jaccard", "set_masi", "any")]
    names += [f"char_alpha_label:{label}" for label in sorted(keep)] + ["span_f1_exact"]
    chosen = {label: i for i, label in enumerate(LABELS) if label in keep}
    rows = {d.id: reduced_to_labels(document_rows(d, LABELS), LABELS, keep) for d in docs}
    without = [Document(d.id, d.length, d.annotators, tuple(x for x in d.marks if x.label in keep)) for d in docs]
    assert metrics(rows, chosen, names=names) == document_metrics(without, chosen, names=names)


@pytest.mark.parametrize("labels", [["x", "x"], {"x": 1, "y": 1}, {"x": 63}, {"x": -1}])
def test_labels_need_an_index_each(labels):
    with pytest.raises(ValueError, match="index"):
        document_rows(Document("d", 5, ("a", "b")), labels)


def test_document_rows_refuse_spans_outside_the_text_and_unknown_labels():
    with pytest.raises(ValueError, match="outside"):
        document_rows(Document("d", 5, ("a", "b"), (Mark("a", 2, 6, "source"),)), LABELS)
    with pytest.raises(ValueError, match="not among the labels"):
        document_rows(Document("d", 5, ("a", "b"), (Mark("a", 2, 4, "tone"),)), LABELS)


def test_an_unknown_metric_is_an_error():
    with pytest.raises(UnknownMetricError, match="char_alpha_every"):
        document_metrics([], LABELS, names=["char_alpha_every"])


def test_intervals_come_from_resampled_documents():
    docs = random_documents(25)
    figures = document_metrics(docs, LABELS, bootstrap=100, seed=7)
    (weights,) = resample_weights(len(docs), 100, 7)
    assert weights.sum(axis=1).tolist() == [len(docs)] * 100
    by_hand = []
    for row in weights.tolist():
        drawn = [
            Document(f"{d.id}-{copy}", d.length, d.annotators, d.marks)
            for d, times in zip(docs, row, strict=True)
            for copy in range(times)
        ]
        by_hand.append(
            document_metrics(drawn, LABELS, names=["char_alpha_set_masi", "span_f1_iou50", "u_alpha_label:source"])
        )
    for name in by_hand[0]:
        values = [one[name].value for one in by_hand if one[name].value is not None]
        if figures[name].value is None:
            assert figures[name].ci is None
            continue
        low, high = np.percentile(values, [2.5, 97.5], method="linear")
        assert figures[name].ci == (low, high)
        assert figures[name].ci_dropped == 100 - len(values)
        assert figures[name].interval_unreliable is False


def test_the_stream_of_resamples_stays_what_it_was():
    (weights,) = resample_weights(5, 3, 0)
    assert weights.tolist() == WEIGHTS_OF_SEED_0


# numpy's well-known default_rng(0).random() comes from the same outputs: .637 .270 .041 .017 .813 | .913 .607 .729 .544
# .935 | .816 .003 .857 .034 .730, each times 5, rounded down.
WEIGHTS_OF_SEED_0 = [[2, 1, 0, 1, 1], [0, 0, 1, 2, 2], [2, 0, 0, 1, 2]]


def test_blocks_of_the_stream_join_without_a_seam():
    whole = np.concatenate(list(resample_weights(7, 9, 1)))
    raw = np.random.PCG64(1).random_raw(63)
    drawn = ((raw >> np.uint64(32)) * np.uint64(7)) >> np.uint64(32)
    assert whole.tolist() == [np.bincount(row, minlength=7).tolist() for row in drawn.reshape(9, 7).astype(int)]


def test_an_interval_that_rests_on_too_few_resamples_is_withheld():
    # One document of two has all the variation: half of the resamples miss it or have nothing else.
    docs = [
        Document("d1", 10, ("a", "b"), (Mark("a", 0, 4, "source"), Mark("b", 0, 3, "source"))),
        Document("d2", 10, ("a", "b")),
    ]
    figure = document_metrics(docs, LABELS, bootstrap=200)["char_alpha_any"]
    assert figure.value is not None
    assert figure.ci is None
    assert 20 < figure.ci_dropped < 80
    assert figure.interval_unreliable is True


def test_without_bootstrap_there_is_no_interval():
    figure = document_metrics(random_documents(3), LABELS)["char_alpha_any"]
    assert (figure.ci, figure.ci_dropped, figure.interval_unreliable) == (None, None, None)


def test_answers_equal_the_reference_package_at_every_level():
    rng = random.Random(5)
    docs = []
    for number in range(30):
        answers = {a: rng.choice([1, 2, 2, 3, 5.5]) for a in "abcd" if rng.random() < 0.8}
        docs.append(Document(f"d{number}", 0, tuple("abcd"), ratings=answers, values=answers))
    data = np.array([[d.ratings.get(a, np.nan) for d in docs] for a in "abcd"], dtype=float)
    figures = document_metrics(docs, LABELS)
    for level in ("nominal", "ordinal", "interval", "ratio"):
        expected = krippendorff.alpha(data, level_of_measurement=level)
        assert figures[f"doc_alpha_{level}"].value == pytest.approx(expected, abs=1e-9)
        assert figures[f"value_alpha_{level}"].value == pytest.approx(expected, abs=1e-9)


def test_many_different_values_keep_ratio_alpha_exact_with_and_without_intervals():
    rng = random.Random(9)
    docs = []
    for number in range(60):
        middle = rng.lognormvariate(3, 2)
        docs.append(
            Document(f"d{number}", 0, ("a", "b", "c"), values={a: middle * rng.uniform(0.8, 1.2) for a in "abc"})
        )
    data = np.array([[d.values[a] for d in docs] for a in "abc"])
    figures = document_metrics(docs, LABELS, bootstrap=1000, names=["value_alpha_ratio", "value_alpha_interval"])
    for level in ("ratio", "interval"):
        figure = figures[f"value_alpha_{level}"]
        assert figure.value == pytest.approx(krippendorff.alpha(data, level_of_measurement=level), abs=1e-9)
        assert figure.ci[0] < figure.value < figure.ci[1]
        assert document_metrics(docs, LABELS)[f"value_alpha_{level}"].value == figure.value


def test_answers_in_words_have_only_nominal_alpha():
    docs = [
        Document("d1", 0, ("a", "b"), ratings={"a": "left", "b": "left"}),
        Document("d2", 0, ("a", "b"), ratings={"a": "left", "b": "right"}),
    ]
    figures = document_metrics(docs, LABELS)
    assert figures["doc_alpha_nominal"].value == 0.0
    assert {figures[f"doc_alpha_{x}"].reason for x in ("ordinal", "interval", "ratio")} == {"not_numeric"}


def test_share_of_equal_values_counts_each_pair_once():
    docs = [
        Document("d1", 0, ("a", "b", "c"), values={"a": 1200, "b": 1200.0, "c": 12}),
        Document("d2", 0, ("a", "b"), values={"a": 7, "b": 7}),
    ]
    assert document_metrics(docs, LABELS)["value_share_equal"].value == 2 / 4


def test_tokens_carry_a_label_from_any_of_their_characters():
    text = "The minister slammed it."
    document = Document("d", len(text), ("a", "b"), (Mark("a", 4, 12, "source"), Mark("b", 0, 5, "source")), text=text)
    # Tokens: The minister slammed it . -> a marks 01000, b marks 11000.
    expected = alpha_by_reference(np.array([[0, 1, 0, 0, 0], [1, 1, 0, 0, 0]], dtype=float))
    figures = document_metrics([document], LABELS)
    assert figures["token_alpha_nominal"].value == pytest.approx(expected, abs=1e-12)
    assert figures["token_alpha_label:source"].value == pytest.approx(expected, abs=1e-12)
