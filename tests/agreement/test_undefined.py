"""Missing people, empty readings, lone readers, overlaps, empty texts: each test fails under the wrong reading."""

import pytest

from agreement import Document, Mark, document_metrics, label_models, run_gamma

LABEL = ("source",)


def value(docs, name, labels=LABEL):
    return document_metrics(docs, labels, names=[name])[name].value


PAIR = (Mark("a", 0, 5, "source"), Mark("b", 0, 5, "source"))


def test_an_absent_annotator_is_missing_and_not_silent():
    docs = [
        Document("d1", 10, ("a", "b"), PAIR),
        Document("d2", 10, ("a", "b", "c"), (*PAIR, Mark("c", 0, 5, "source"))),
    ]
    assert value(docs, "char_alpha_any") == 1.0
    silent_in_the_first = [Document("d1", 10, ("a", "b", "c"), PAIR), docs[1]]
    # n = 60, 25 of them yes: c says no to five characters of d1, o_01 = 5 * 2 * 1 / 2.
    assert value(silent_in_the_first, "char_alpha_any") == pytest.approx(1 - 59 * 5 / (25 * 35))


def test_a_document_in_which_nobody_marked_anything_is_agreement_on_nothing():
    marks = (Mark("a", 0, 5, "source"), Mark("b", 0, 4, "source"))
    marked = Document("d1", 10, ("a", "b"), marks)
    with_empty = [marked, Document("d2", 10, ("a", "b"))]
    # Left out, it would change nothing; n = 20, 9 yes, 11 no; then n = 40, 9 yes, 31 no.
    assert value([marked], "char_alpha_any") == pytest.approx(1 - 19 * 1 / (9 * 11))
    assert value(with_empty, "char_alpha_any") == pytest.approx(1 - 39 * 1 / (9 * 31))
    assert value(with_empty, "span_f1_exact") == value([marked], "span_f1_exact") == 0.0
    assert value(with_empty, "u_alpha") > value([marked], "u_alpha")


def test_a_lone_reader_is_neither_agreement_nor_disagreement():
    marks = (Mark("a", 0, 5, "source"), Mark("b", 0, 4, "source"))
    pair = [Document("d1", 10, ("a", "b"), marks, ratings={"a": 1, "b": 2})]
    lone = Document("d2", 10, ("a",), (Mark("a", 0, 9, "source"),), ratings={"a": 1}, values={"a": 5})
    assert document_metrics([*pair, lone], LABEL) == document_metrics(pair, LABEL)
    assert document_metrics([lone], LABEL)["char_alpha_any"].reason == "no_pairable_units"
    assert run_gamma([lone]).comparable == 0
    assert label_models([lone], LABEL)["source"].reason == "no_pairable_units"


def test_an_answer_given_alone_is_not_counted_among_the_values():
    docs = [
        Document("d1", 0, ("a", "b"), ratings={"a": 1, "b": 1}),
        Document("d2", 0, ("a", "b"), ratings={"a": 2, "b": 2}),
        Document("d3", 0, ("a", "b"), ratings={"a": 1, "b": 2}),
    ]
    lone = Document("d4", 0, ("a", "b"), ratings={"a": 1})
    # n = 6, three of each: with the lone answer it would be 7, four of one.
    assert value([*docs, lone], "doc_alpha_nominal") == pytest.approx(1 - 5 * 1 / (3 * 3))


def test_overlapping_spans_of_one_label_are_one_stretch_of_characters_and_two_spans():
    marks = (Mark("a", 0, 6, "source"), Mark("a", 4, 10, "source"), Mark("b", 0, 10, "source"))
    docs = [Document("d", 20, ("a", "b"), marks)]
    assert value(docs, "char_alpha_label:source") == 1.0
    assert value(docs, "span_f1_overlap") == 2 * 1 / 3
    found = document_metrics(docs, LABEL)
    assert found["u_alpha"].reason == found["u_alpha_label:source"].reason == "self_overlap"


def test_labels_of_one_annotator_on_one_character_are_a_set_and_none_wins():
    marks = (Mark("a", 0, 10, "x"), Mark("a", 0, 10, "y"), Mark("b", 0, 10, "x"), Mark("b", 0, 10, "y"))
    docs = [Document("d", 20, ("a", "b"), marks)]
    for name in ("char_alpha_set_nominal", "char_alpha_label:x", "char_alpha_label:y"):
        assert value(docs, name, ("x", "y")) == 1.0
    half = [Document("d", 20, ("a", "b"), (*marks[:2], marks[2]))]
    # {x, y} against {x} on ten characters, nothing on ten: n = 40, values 10, 10, 20. Apart by 1, by 1/2 and, as MASI
    # takes two thirds of the likeness where one holds the other, by 1 - 1/2 * 2/3.
    for kind, distance in (("nominal", 1), ("jaccard", 1 / 2), ("masi", 2 / 3)):
        expected = 1 - 39 * 20 * distance / (2 * (10 * 10 * distance + 10 * 20 + 10 * 20))
        assert value(half, f"char_alpha_set_{kind}", ("x", "y")) == pytest.approx(expected)
    assert value(half, "char_alpha_label:x", ("x", "y")) == 1.0
    assert value(half, "char_alpha_label:y", ("x", "y")) < 0


def test_the_same_span_entered_twice_is_one():
    marks = (*PAIR, Mark("a", 0, 5, "source"))
    docs = [Document("d", 10, ("a", "b"), marks)]
    assert value(docs, "span_f1_exact") == 1.0
    assert document_metrics(docs, LABEL)["u_alpha"].value == 1.0


def test_an_empty_text_is_left_out():
    empty = Document("d0", 0, ("a", "b", "c"))
    docs = [Document("d1", 10, ("a", "b"), PAIR)]
    assert document_metrics([empty, *docs], LABEL) == document_metrics(docs, LABEL)
    alone = document_metrics([empty], LABEL)
    assert {metric.n_documents for metric in alone.values()} == {0}
    assert alone["char_alpha_any"].reason == "no_pairable_units"


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param((), id="nobody marked anything"),
        pytest.param((Mark("a", 0, 10, "source"), Mark("b", 0, 10, "source")), id="both marked all of it"),
    ],
)
def test_one_value_everywhere_is_neither_perfect_nor_chance_agreement(marks):
    found = document_metrics([Document("d", 10, ("a", "b"), marks)], LABEL, bootstrap=10)
    assert (found["char_alpha_any"].value, found["char_alpha_any"].reason) == (None, "no_variation")
    assert (found["char_alpha_any"].ci, found["char_alpha_any"].ci_dropped) == (None, 10)


def test_no_spans_is_no_f1():
    found = document_metrics([Document("d", 10, ("a", "b"), PAIR)], ("source", "tone"))
    assert (found["span_f1_exact_label:tone"].value, found["span_f1_exact_label:tone"].reason) == (None, "no_spans")
    one_sided = document_metrics([Document("d", 10, ("a", "b"), PAIR[:1])], LABEL)
    assert one_sided["span_f1_exact"].value == 0.0


def test_half_of_the_union_is_enough_and_less_is_not():
    half, less = (
        [Document("d", 30, ("a", "b"), (Mark("a", 0, 20, "source"), Mark("b", 0, end, "source")))] for end in (10, 9)
    )
    assert (value(half, "span_f1_iou50"), value(less, "span_f1_iou50")) == (1.0, 0.0)


def test_spans_that_touch_do_not_overlap():
    docs = [Document("d", 10, ("a", "b"), (Mark("a", 0, 5, "source"), Mark("b", 5, 9, "source")))]
    assert value(docs, "span_f1_overlap") == 0.0
