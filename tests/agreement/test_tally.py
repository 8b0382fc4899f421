"""Documents counted as they come have the figures that they have together."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings

from agreement import Document, Mark, document_metrics, document_rows, matchings, metrics
from agreement import tally as module
from agreement.document_groups import CharacterGroups
from agreement.tally import Tally, part_of
from tests.agreement.samples import LABELS, random_documents
from tests.agreement.test_fields import SCHEMA, rich_documents

SETS = ("char_alpha_set_nominal", "char_alpha_set_jaccard", "char_alpha_set_masi", "char_alpha_any")


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    """Of two, three and four readers; with spans in pieces and spans of one extent under two labels; one read once."""
    found = [replace(d, id=f"{d.id}-{n}") for n in (2, 3, 4) for d in random_documents(12, n, 300, n)]
    for place in range(0, len(found), 5):
        own = found[place]
        more = (
            Mark("a0", 0, 20, LABELS[0], ((0, 5), (12, 20))),
            Mark("a1", 3, 20, LABELS[1]),
            Mark("a1", 3, 20, LABELS[0]),
        )
        found[place] = replace(own, marks=(*own.marks, *more))
    return sorted([*found, Document("d9999", 50, ("a0",), (Mark("a0", 0, 9, LABELS[0]),))], key=lambda d: d.id)


def counted(documents: list[Document], labels=LABELS, **given) -> Tally:
    tally = Tally(labels, **given)
    for place, document in enumerate(documents):
        tally.add(document, place % 3)
    return tally


def test_figures_and_intervals_are_those_of_all_documents_at_once(
    documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 5)

    tally = counted(documents)

    assert tally.metrics(60, 3) == document_metrics(documents, LABELS, 60, 3)


def test_figures_within_some_labels_are_as_if_there_were_no_others(documents: list[Document]) -> None:
    some = LABELS[:2]
    indexes = {label: place for place, label in enumerate(LABELS) if label in some}
    without = [replace(d, marks=tuple(mark for mark in d.marks if mark.label in some)) for d in documents]

    found = counted(documents).metrics_within(some, 60, 3, names=SETS)

    assert found == document_metrics(without, indexes, 60, 3, SETS)


def test_groups_have_the_figures_that_they_have_alone(documents: list[Document]) -> None:
    groups = CharacterGroups(counted(documents).by_group(), 3)

    for group in range(3):
        alone = document_metrics(documents[group::3], LABELS, names=SETS)
        assert float(groups.set_alphas()[group].values()[0]) == alone["char_alpha_set_nominal"].value
        assert float(groups.alphas_of_two()[group].values()[0]) == alone["char_alpha_any"].value


def test_of_many_documents_parts_are_drawn(documents: list[Document], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 5)
    monkeypatch.setattr(module, "MOST_DRAWN", 12)

    found = counted(documents).metrics(60, 3)

    expected = document_metrics(documents, LABELS, 60, 3)
    for name, metric in found.items():
        assert replace(metric, ci=None, ci_dropped=None) == replace(expected[name], ci=None, ci_dropped=None)
    # Nearly every document is a part of its own here, so the intervals are much the same, but not equal.
    (low, high), (least, most) = found["char_alpha_any"].ci, expected["char_alpha_any"].ci
    assert (low, high) != (least, most)
    assert 0.5 < (high - low) / (most - least) < 2
    assert part_of("d0003") == int(sha256(b"d0003").hexdigest()[:2], 16)


@settings(max_examples=30, deadline=None)
@given(docs=rich_documents())
def test_answers_attributes_and_relations_are_counted_too(docs) -> None:
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patched:
        patched.setattr(module, "AT_ONCE", 1)

        found = counted(docs, LABELS, schema=SCHEMA).metrics(5)

    assert found == document_metrics(docs, LABELS, 5, schema=SCHEMA)


@pytest.mark.parametrize(("taken", "at_once"), [(0, 2), (6, 3)])
def test_matchings_do_not_depend_on_how_they_are_found(
    documents: list[Document], monkeypatch: pytest.MonkeyPatch, taken: int, at_once: int
) -> None:
    crowded = [
        replace(d, marks=tuple(mark._replace(end=min(d.length, mark.start + 90), fragments=()) for mark in d.marks))
        for d in documents
    ]
    expected = document_metrics(crowded, LABELS)
    rows = {d.id: document_rows(d, LABELS) for d in crowded}
    monkeypatch.setattr(matchings, "EDGES_TAKEN", taken)
    monkeypatch.setattr(matchings, "SWEEP_DOCUMENTS", at_once)

    assert document_metrics(crowded, LABELS) == expected == metrics(rows, LABELS)


def test_documents_out_of_order_are_refused(documents: list[Document]) -> None:
    tally = counted(documents[3:5])
    tally.add(documents[0], 0)

    with pytest.raises(ValueError, match="sort them by id"):
        tally.metrics()


def test_without_documents_nothing_is_defined() -> None:
    assert Tally(LABELS).metrics(10) == document_metrics([], LABELS, 10)
    assert np.array_equal(Tally(LABELS).by_group().n, [])
