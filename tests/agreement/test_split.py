"""Why two annotators disagree: each span in one class, the same from either side."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Document, Mark, Schema, disagreement, document_rows
from tests.agreement.samples import LABELS, documents

LAYERS = {"framing": "one", "source": "one", "number": "two"}


def split(*marks, layers=LAYERS, annotators=("a", "b")):
    """Counts of the classes that are not empty, by label."""
    document = Document("d", 100, annotators, marks)
    found = disagreement(document_rows(document, LABELS, Schema(layers=layers)))
    return {label: {name: n for name, n in counts.items() if n} for label, counts in found.items()}


def by_definition(document, layers):
    """Each span against each other annotator, from the words of agreement.split."""
    counts = Counter()
    marks = {
        name: {(mark.label, mark.pieces) for mark in document.marks if mark.annotator == name}
        for name in document.annotators
    }

    def shares(one, other):
        return any(start < high and low < end for start, end in one[1] for low, high in other[1])

    for a in document.annotators:
        for b in document.annotators:
            if a == b or document.length == 0:
                continue
            exact = marks[a] & marks[b]
            mine, others = marks[a] - exact, marks[b] - exact
            border = {x for x in mine if any(x[0] == y[0] and shares(x, y) for y in others)}
            others_border = {y for y in others if any(x[0] == y[0] and shares(x, y) for x in mine)}
            renamed = {
                x
                for x in mine - border
                if any(layers.get(x[0]) == layers.get(y[0]) and shares(x, y) for y in others - others_border)
            }
            for name, spans in (
                ("agreed", exact),
                ("border", border),
                ("label", renamed),
                ("missed", mine - border - renamed),
            ):
                counts.update((label, name) for label, _ in spans)
    return counts


@settings(max_examples=150, deadline=None)
@given(docs=documents(max_size=2), layers=st.sampled_from([{}, LAYERS]))
def test_classes_are_those_of_the_definition_and_hold_every_span_once(docs, layers):
    for document in docs:
        rows = document_rows(document, LABELS, Schema(layers=layers))
        found = disagreement(rows)
        expected = by_definition(document, layers)
        assert {(label, name): n for label, counts in found.items() for name, n in counts.items() if n} == dict(
            expected
        )
        spans, exact = Counter(), Counter()
        for row in rows:
            if row.measure == "f1_exact":
                spans[row.label] += row.size_a + row.size_b
                exact[row.label] += 2 * row.n
        assert {label: sum(counts.values()) for label, counts in found.items()} == dict(spans)
        assert all(found[label]["agreed"] + found[label]["attribute"] == exact[label] for label in found)


def test_each_class_has_its_case():
    assert split(
        Mark("a", 0, 10, "framing", attributes={"aim": "direct"}),
        Mark("b", 0, 10, "framing", attributes={"aim": "direct"}),
        Mark("a", 20, 30, "framing", attributes={"aim": "direct"}),
        Mark("b", 20, 30, "framing"),
        Mark("a", 40, 50, "framing"),
        Mark("b", 45, 60, "framing"),
        Mark("a", 70, 80, "framing"),
        Mark("b", 72, 80, "source"),
        Mark("a", 90, 95, "framing"),
    ) == {"framing": {"agreed": 2, "attribute": 2, "border": 2, "label": 1, "missed": 1}, "source": {"label": 1}}


def test_a_span_that_only_touches_is_missed_by_both():
    assert split(Mark("a", 0, 10, "source"), Mark("b", 10, 20, "source")) == {"source": {"missed": 2}}


def test_a_label_is_not_mistaken_for_one_of_another_layer():
    marks = Mark("a", 0, 10, "framing"), Mark("b", 2, 8, "number")
    assert split(*marks) == {"framing": {"missed": 1}, "number": {"missed": 1}}
    assert split(*marks, layers={}) == {"framing": {"label": 1}, "number": {"label": 1}}


def test_a_span_whose_neighbour_agrees_with_another_is_missed_not_mislabelled():
    """a and b agree on the frame; only a has seen the source inside it."""
    frames = Mark("a", 0, 30, "framing"), Mark("b", 0, 30, "framing")
    assert split(*frames, Mark("a", 5, 9, "source")) == {"framing": {"agreed": 2}, "source": {"missed": 1}}


def test_one_span_where_the_other_has_two_is_a_matter_of_borders():
    marks = Mark("a", 0, 20, "source"), Mark("b", 0, 9, "source"), Mark("b", 10, 20, "source")
    assert split(*marks) == {"source": {"border": 3}}


def test_a_silent_reader_missed_everything_and_an_absent_one_nothing():
    marks = Mark("a", 0, 9, "source"), Mark("b", 0, 9, "source")
    assert split(*marks) == {"source": {"agreed": 2}}
    assert split(*marks, annotators=("a", "b", "c")) == {"source": {"agreed": 2, "missed": 2}}


def test_who_missed_is_told_apart():
    rows = document_rows(Document("d", 100, ("a", "b"), (Mark("b", 0, 9, "source"),)), LABELS)
    assert [(row.size_a, row.size_b) for row in rows if row.measure == "split_missed"] == [(0, 1)]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param({"value": 3}, {"value": 3.0}, True, id="whole number"),
        pytest.param({"value": 1}, {"value": True}, False, id="number and yes"),
        pytest.param({"kinds": ["x", "y"]}, {"kinds": ["y", "x"]}, True, id="order of a list"),
        pytest.param({"kinds": ["x"]}, {"kinds": ["x", "y"]}, False, id="part of a list"),
        pytest.param({"kinds": [], "aim": None}, {}, True, id="nothing given"),
        pytest.param({"aim": "direct"}, {}, False, id="left out"),
    ],
)
def test_attributes_are_equal_by_value(one, other, equal):
    marks = Mark("a", 0, 9, "source", attributes=one), Mark("b", 0, 9, "source", attributes=other)
    assert split(*marks) == {"source": {"agreed" if equal else "attribute": 2}}


def test_counts_of_documents_add():
    first = document_rows(Document("d", 9, ("a", "b"), (Mark("a", 0, 9, "source"),)), LABELS)
    second = document_rows(Document("e", 9, ("a", "b"), (Mark("b", 0, 4, "source"),)), LABELS)
    assert disagreement([*first, *second])["source"]["missed"] == 2
    assert disagreement([]) == {}
