"""Published and hand-computed examples with their expected values (tests/agreement/cases)."""

import json
from pathlib import Path

import pytest

from agreement import document_metrics, document_rows, metrics
from agreement.__main__ import main
from agreement.reader import read_documents

CASES_DIRECTORY = Path(__file__).parent / "cases"
CASES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES_DIRECTORY.iterdir())]

# Gamma is sampled, and has tests of its own (test_gamma.py).
CASES = [case for case in CASES if not case["name"].startswith("31_gamma")]

NOT_METRICS = {"tolerance", "source", "printed", "n_pairable_values", "n_pairable_chars_values", "v1_only"}

# Of the three readings of cu and ku for more than two annotators, ours (docs/reference/agreement.md).
OUR_READING = "__selfpair"


def lines_of(case):
    head = [] if case["labels"] is None else [{"labels": case["labels"]}]
    return [json.dumps(entry).encode() for entry in head + case["docs"]]


def expected_of(case):
    found = {name: value for name, value in case["expected"].items() if name not in NOT_METRICS}
    return {
        name.replace(OUR_READING, ""): value for name, value in found.items() if "__" not in name or OUR_READING in name
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_published_example(case):
    corpus = read_documents(lines_of(case))
    figures = document_metrics(corpus.documents, corpus.labels)
    expected = expected_of(case)
    assert expected
    found = {name: figures[name].value for name in expected}
    assert found == pytest.approx(expected, abs=case["expected"]["tolerance"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rows_give_the_figures_of_the_documents_to_the_last_bit(case):
    corpus = read_documents(lines_of(case))
    rows = {document.id: document_rows(document, corpus.labels) for document in corpus.documents}
    assert metrics(rows, corpus.labels, bootstrap=50) == document_metrics(corpus.documents, corpus.labels, bootstrap=50)


def test_sets_of_one_document_alone():
    case = next(case for case in CASES if case["name"].startswith("14"))
    corpus = read_documents(lines_of(case))
    figures = document_metrics(corpus.documents[:1], corpus.labels)
    expected = case["expected"]["v1_only"]
    assert {name: figures[name].value for name in expected} == pytest.approx(expected, abs=1e-6)


def test_krippendorffs_matrix_is_printed_to_three_places():
    case = next(case for case in CASES if case["name"].startswith("01"))
    corpus = read_documents(lines_of(case))
    figures = document_metrics(corpus.documents, corpus.labels)
    printed = {level: round(figures[f"doc_alpha_{level}"].value, 3) for level in case["expected"]["printed"]}
    assert printed == {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}


def printed(case, tmp_path, capsys, *options):
    path = tmp_path / "case.jsonl"
    path.write_bytes(b"\n".join(lines_of(case)) + b"\n")
    assert main([str(path), *options]) == 0
    out = capsys.readouterr().out
    assert "NaN" not in out
    return json.loads(out)["metrics"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_command_prints_the_published_values(case, tmp_path, capsys):
    metrics = printed(case, tmp_path, capsys)
    expected = expected_of(case)
    assert {name: metrics[name]["value"] for name in expected} == pytest.approx(
        expected, abs=case["expected"]["tolerance"]
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_command_prints_the_published_gamma(seed, tmp_path, capsys):
    case = json.loads((CASES_DIRECTORY / "31_gamma_two_annotators_hand.json").read_text(encoding="utf-8"))
    metrics = printed(case | {"labels": None}, tmp_path, capsys, "--metrics", "gamma", "gamma_cat", "--seed", str(seed))
    for name in ("gamma", "gamma_cat"):
        assert metrics[name]["value"] == pytest.approx(case["expected"][name], abs=case["expected"]["tolerance"][name])
