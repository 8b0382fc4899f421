"""Rows of the characters that two people marked, against counting characters one by one."""

from itertools import combinations

from hypothesis import given, settings

from agreement import Document, Mark, document_rows
from agreement.stat import StatRow
from tests.agreement.samples import LABELS, documents, label_sets


def by_character(document):
    m = len(document.annotators)
    rows = set()
    for a, b in combinations(sorted(document.annotators), 2):
        if document.length == 0:
            continue
        rows.add(StatRow("pair_read", "", m, 0, 0, a, b, document.length))
        for label in ("", *LABELS):
            of_a, of_b = (
                [bool(found) if not label else label in found for found in label_sets(document, name)]
                for name in (a, b)
            )
            both = sum(x and y for x, y in zip(of_a, of_b, strict=True))
            if any(of_a) or any(of_b):
                measure = "pair_label" if label else "pair_any"
                rows.add(StatRow(measure, label, m, 0, 0, a, b, both, sum(of_a), sum(of_b)))
    return rows


@settings(max_examples=150, deadline=None)
@given(docs=documents(max_size=2))
def test_pair_rows_count_characters(docs):
    for document in docs:
        found = [row for row in document_rows(document, LABELS) if row.measure.startswith("pair_")]
        assert len(found) == len(set(found))
        assert set(found) == by_character(document)


def test_lengths_cost_nothing_for_long_texts():
    marks = Mark("a", 0, 10**9, "source"), Mark("b", 5, 10**9, "source"), Mark("b", 0, 7, "source")
    rows = document_rows(Document("d", 10**9, ("a", "b"), marks), LABELS)
    assert StatRow("pair_label", "source", 2, 0, 0, "a", "b", 10**9, 10**9, 10**9) in rows
