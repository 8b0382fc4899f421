"""What must hold of every corpus, whatever is in it."""

import json
from collections import defaultdict
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreement import Document, Mark, document_metrics, document_rows, metrics, vote_segments
from agreement.__main__ import main
from agreement.metrics import metric_names
from tests.agreement.samples import LABELS, documents

TURNED = {"framing": "source", "source": "number", "number": "framing"}


def turned_name(name):
    family, colon, label = name.partition(":")
    return family + colon + TURNED[label] if colon else name


@settings(max_examples=30, deadline=None)
@given(docs=documents(), data=st.data())
def test_the_order_of_annotators_documents_and_spans_does_not_matter(docs, data):
    shuffled = [
        replace(
            document,
            annotators=tuple(data.draw(st.permutations(document.annotators))),
            marks=tuple(data.draw(st.permutations(document.marks))),
        )
        for document in data.draw(st.permutations(docs))
    ]
    assert document_metrics(shuffled, LABELS, 10, 1) == document_metrics(docs, LABELS, 10, 1)
    for document, before in zip(sorted(shuffled, key=lambda d: d.id), docs, strict=True):
        assert vote_segments(document) == vote_segments(before)


@settings(max_examples=30, deadline=None)
@given(docs=documents(), length=st.integers(0, 30))
def test_a_document_that_nobody_or_one_person_read_changes_nothing(docs, length):
    unread = [
        Document("unread", length, ()),
        Document("once", length + 5, ("a",), (Mark("a", 0, 4, "source"),), ratings={"a": 3}, values={"a": 3}),
        Document("stranger", length + 5, (), (Mark("a", 0, 4, "source"),)),
        Document("no text", 0, ("a", "b", "c")),
    ]
    assert document_metrics([*unread, *docs], LABELS, 10, 1) == document_metrics(docs, LABELS, 10, 1)


@settings(max_examples=30, deadline=None)
@given(docs=documents(), data=st.data())
def test_the_statistics_of_two_halves_add_up_to_those_of_the_whole(docs, data):
    half = data.draw(st.sets(st.sampled_from([d.id for d in docs]))) if docs else set()
    whole = document_metrics(docs, LABELS)
    rows = {d.id: document_rows(d, LABELS) for d in docs}
    one = {name: found for name, found in rows.items() if name in half}
    other = {name: found for name, found in rows.items() if name not in half}
    assert metrics(one | other, LABELS) == whole
    # The counts themselves add up: the sum over documents, taken for a single one, gives the same values.
    sums = defaultdict(int)
    for found in rows.values():
        for row in found:
            if row.measure not in ("doc_rating", "value"):
                for field in ("n", "size_a", "size_b"):
                    sums[row._replace(n=0, size_a=0, size_b=0), field] += getattr(row, field)
    keys = {key for key, _ in sums}
    summed = [key._replace(**{field: sums[key, field] for field in ("n", "size_a", "size_b")}) for key in keys]
    names = metric_names(LABELS)
    of_sums = metrics({"all": summed}, LABELS, names=names)
    assert {name: of_sums[name].value for name in names} == {name: whole[name].value for name in names}


@settings(max_examples=30, deadline=None)
@given(docs=documents())
def test_renaming_labels_permutes_the_results(docs):
    renamed = [replace(d, marks=tuple(mark._replace(label=TURNED[mark.label]) for mark in d.marks)) for d in docs]
    before, after = document_metrics(docs, LABELS, 10), document_metrics(renamed, LABELS, 10)
    assert {turned_name(name): metric for name, metric in before.items()} == after


def refused(constant):
    raise AssertionError(f"{constant} was printed")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(docs=documents(max_size=3), answers=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4))
def test_no_number_that_is_not_one_is_printed(docs, answers, tmp_path, capsys):
    lines = [{"labels": list(LABELS)}]
    for number, document in enumerate(docs):
        given_answers = dict(zip(document.annotators, answers[number:], strict=False))
        lines.append(
            {
                "id": document.id,
                "length": document.length,
                "annotators": list(document.annotators),
                "spans": [
                    {"annotator": m.annotator, "start": m.start, "end": m.end, "label": m.label} for m in document.marks
                ],
                "tokens": [[0, document.length]] if document.length else [],
                "ratings": given_answers,
                "values": {name: {"normalised": value} for name, value in given_answers.items()},
            }
        )
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    for options in (["--bootstrap", "20", "--per-document", "--soft"], ["--metrics", "gamma_pairwise", "gamma*"]):
        assert main([str(path), *options]) == 0
        printed = json.loads(capsys.readouterr().out, parse_constant=refused)
        for metric in printed["metrics"].values():
            assert (metric["value"] is None) == ("reason" in metric)
