"""python -m agreement: what it prints, and what it says about input it cannot use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agreement.__main__ import main

DOCUMENT = {
    "id": "d1",
    "length": 20,
    "annotators": ["a", "b"],
    "spans": [
        {"annotator": "a", "start": 0, "end": 6, "label": "source"},
        {"annotator": "b", "start": 0, "end": 5, "label": "source"},
    ],
}


def written(tmp_path, *entries):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return str(path)


def printed(capsys, *arguments):
    assert main(arguments) == 0
    return json.loads(capsys.readouterr().out)


def test_runs_as_a_module_without_django(tmp_path):
    path = written(tmp_path, DOCUMENT)
    code = "import sys, agreement.__main__ as m; m.main(sys.argv[1:]); sys.exit('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "char_alpha_any" in json.loads(done.stdout)["metrics"]


def test_prints_every_default_figure_and_what_it_rests_on(tmp_path, capsys):
    result = printed(capsys, written(tmp_path, {"labels": ["source", "tone"]}, DOCUMENT))
    assert list(result) == ["metrics"]
    assert result["metrics"]["span_f1_iou50"] == {"value": 1.0, "n_documents": 1, "n_annotators": 2}
    assert result["metrics"]["char_alpha_label:tone"] == {
        "value": None,
        "reason": "no_variation",
        "n_documents": 1,
        "n_annotators": 2,
    }
    assert not [name for name in result["metrics"] if name.startswith(("token", "doc", "value", "gamma"))]


def test_figures_of_text_answers_and_values_come_where_the_input_has_them(tmp_path, capsys):
    entry = DOCUMENT | {
        "text": "The minister said so",
        "ratings": {"a": "left", "b": "left"},
        "values": {"a": {"normalised": 7}, "b": {"normalised": 7}},
    }
    names = printed(capsys, written(tmp_path, entry))["metrics"]
    assert {"token_alpha_nominal", "token_alpha_label:source", "doc_alpha_ratio", "value_share_equal"} <= set(names)


def test_bootstrap_adds_intervals_that_the_seed_fixes(tmp_path, capsys):
    path = written(tmp_path, *(DOCUMENT | {"id": f"d{n}", "length": n * n} for n in range(6, 15)))
    first = printed(capsys, path, "--bootstrap", "100", "--seed", "4")
    again = printed(capsys, path, "--bootstrap", "100", "--seed", "4")
    other = printed(capsys, path, "--bootstrap", "100", "--seed", "5")
    assert first == again != other
    figure = first["metrics"]["char_alpha_any"]
    assert list(figure) == ["value", "ci", "ci_dropped", "interval_unreliable", "n_documents", "n_annotators"]
    assert figure["interval_unreliable"] is True


def test_soft_adds_votes_scores_and_competence_with_its_caveat(tmp_path, capsys):
    three = DOCUMENT | {"annotators": ["a", "b", "c"]}
    assert "soft" not in printed(capsys, written(tmp_path, three))
    soft = printed(capsys, written(tmp_path, three), "--soft")["soft"]
    assert soft["weights"] == "characters"
    assert "not a verdict" in soft["caveat"]
    model = soft["labels"]["source"]
    assert list(model) == ["prevalence", "n", "iterations", "converged", "annotators"]
    assert (model["n"], list(model["annotators"])) == (20, ["a", "b", "c"])
    (document,) = soft["documents"]
    assert (document["id"], document["m"]) == ("d1", 3)
    assert document["segments"] == [
        {"label": "source", "start": 0, "end": 5, "n_votes": 2},
        {"label": "source", "start": 5, "end": 6, "n_votes": 1},
    ]
    assert [(run["start"], run["end"]) for run in document["scores"]] == [(0, 5), (5, 6)]
    segments = printed(capsys, written(tmp_path, three), "--soft", "--soft-weights", "segments")["soft"]
    assert (segments["weights"], segments["labels"]["source"]["n"]) == ("segments", 3)
    pair = printed(capsys, written(tmp_path, DOCUMENT), "--soft")["soft"]["labels"]["source"]
    assert (pair["prevalence"], pair["reason"], pair["annotators"]) == (None, "too_few_annotators", {})


def test_gamma_says_what_it_rests_on(tmp_path, capsys):
    path = written(
        tmp_path, DOCUMENT, DOCUMENT | {"id": "d2"}, DOCUMENT | {"id": "d3", "annotators": []} | {"spans": []}
    )
    result = printed(capsys, path, "--metrics", "gamma", "gamma_cat", "--gamma-documents", "1", "--per-document")
    assert list(result["metrics"]) == ["gamma", "gamma_cat"]
    assert result["metrics"]["gamma"]["n_documents"] == 1
    assert (result["gamma"]["n_comparable"], result["gamma"]["n_drawn"], result["gamma"]["seed"]) == (2, 1, 0)
    of_documents = [one["metrics"]["gamma"] for one in result["documents"]]
    assert sorted(figure.get("reason", "") for figure in of_documents) == ["", "no_spans", "not_finished"]
    more = printed(capsys, path, "--metrics", "gamma", "--gamma-samples", "60")
    assert more["gamma"]["samples"] == 60
    assert more["metrics"]["gamma"]["value"] != printed(capsys, path, "--metrics", "gamma")["metrics"]["gamma"]["value"]
    stopped = printed(capsys, path, "--metrics", "gamma", "--gamma-seconds", "0")
    assert stopped["metrics"]["gamma"] == {"value": None, "reason": "not_finished", "n_documents": 0, "n_annotators": 0}
    assert [one["reason"] for one in stopped["gamma"]["unfinished"]] == ["time_limit", "time_limit"]


RICH = [
    {
        "labels": ["source", "tone"],
        "questions": {
            "tone": {"type": "choice", "values": ["pro", "anti"], "ordered": True},
            "themes": {"type": "choice", "many": True, "values": ["law", "economy"]},
        },
        "relations": ["of"],
    },
    DOCUMENT
    | {
        "spans": [
            {"id": 1, "annotator": "a", "start": 0, "end": 6, "label": "source", "attributes": {"value": 3, "x": None}},
            {"id": 2, "annotator": "a", "start": 8, "end": 9, "label": "source", "attributes": {"value": 4}},
            {"id": 3, "annotator": "b", "start": 0, "end": 5, "label": "source", "attributes": {"value": 3}},
            {"id": 4, "annotator": "b", "start": 8, "end": 9, "label": "source", "attributes": {"value": 4.5}},
        ],
        "relations": [
            {"annotator": "a", "type": "of", "from": 1, "to": 2},
            {"annotator": "b", "type": "of", "from": "3", "to": "4"},
        ],
        "answers": {"tone": {"a": "pro", "b": "anti"}, "themes": {"a": ["law"], "b": ["law", "economy"]}},
    },
    DOCUMENT | {"id": "d2", "answers": {"tone": {"a": "pro", "b": None}, "themes": {"a": [], "b": ["law"]}}},
]


def test_answers_attributes_and_relations_have_figures_where_the_input_has_them(tmp_path, capsys):
    found = printed(capsys, written(tmp_path, *RICH), "--jackknife")["metrics"]
    assert found["doc_alpha_nominal:tone"] == {
        "value": 0.0,
        "jackknife_ci": None,
        "interval_unreliable": True,
        "n_documents": 1,
        "n_annotators": 2,
    }
    assert found["doc_share_equal:themes"]["value"] == 0.0
    assert found["doc_alpha_option:themes=law"]["reason"] == "no_variation"
    assert (
        found["attribute_share_equal:source.value"] | {"value": 0.5, "n_pairs": 2}
        == found["attribute_share_equal:source.value"]
    )
    assert found["relation_f1_type:of"]["value"] == 1.0
    assert not [name for name in found if name.endswith(".x") or name.startswith("doc_alpha_ratio")]
    chosen = printed(capsys, written(tmp_path, *RICH), "--metrics", "doc_alpha_ordinal:tone", "relation_f1")
    assert list(chosen["metrics"]) == ["doc_alpha_ordinal:tone", "relation_f1"]


@pytest.mark.parametrize(
    "entries",
    [[], [DOCUMENT], RICH, [RICH[0]], [DOCUMENT | {"spans": []}], [DOCUMENT | {"annotators": [], "spans": []}]],
    ids=["nothing", "one", "rich", "declared only", "silent", "nobody"],
)
def test_nothing_prints_nan(tmp_path, capsys, entries):
    path = written(tmp_path, *entries)
    assert main([path, "--bootstrap", "20", "--jackknife", "--per-document"]) == 0
    out = capsys.readouterr().out
    assert "NaN" not in out
    assert "Infinity" not in out
    for metric in json.loads(out)["metrics"].values():
        assert (metric["value"] is None) == ("reason" in metric)


def test_gamma_tells_a_terminal_how_far_it_is_and_nobody_else(tmp_path, capsys, monkeypatch):
    path = written(tmp_path, DOCUMENT, DOCUMENT | {"id": "d2"})
    main([path, "--metrics", "gamma"])
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    main([path, "--metrics", "gamma"])
    assert capsys.readouterr().err == "\rgamma: 1 of 2 documents\r\x1b[K"


def test_per_document_adds_each_alone(tmp_path, capsys):
    silent = {"id": "d2", "length": 5, "annotators": ["a", "b"], "spans": []}
    result = printed(capsys, written(tmp_path, DOCUMENT, silent), "--per-document", "--metrics", "char_alpha_any")
    assert [one["id"] for one in result["documents"]] == ["d1", "d2"]
    assert result["documents"][1]["metrics"]["char_alpha_any"]["reason"] == "no_variation"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["char_alpha_any"], ["char_alpha_any"]),
        (["char_alpha_any,span_f1_exact"], ["char_alpha_any", "span_f1_exact"]),
        (["char_alpha_label"], ["char_alpha_label:source"]),
        (["cu_*", "doc_alpha_nominal"], ["cu_alpha", "cu_coverage", "doc_alpha_nominal"]),
    ],
)
def test_metrics_are_chosen_by_name_or_pattern(tmp_path, capsys, wanted, names):
    assert list(printed(capsys, written(tmp_path, DOCUMENT), "--metrics", *wanted)["metrics"]) == names


def test_an_unknown_metric_is_named(tmp_path, capsys):
    assert main([written(tmp_path, DOCUMENT), "--metrics", "kappa"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "there is no metric 'kappa'" in captured.err


def changed(**fields):
    return json.dumps(DOCUMENT | fields).encode()


def with_span(**fields):
    return changed(spans=[DOCUMENT["spans"][0] | fields])


BAD = {
    "not JSON": (b"{", "line 1: not JSON"),
    "not UTF-8": (b'{"id": "\xff"}', "line 1: not UTF-8 at byte 8"),
    "not an object": (b"[]", "line 1: not a JSON object"),
    "no id": (b'{"length": 3}', "line 1: id: missing"),
    "id of another type": (changed(id=[1]), "line 1: id: must be a string"),
    "length missing": (b'{"id": "x", "annotators": []}', "line 1: length: missing"),
    "length negative": (changed(length=-1), "line 1: length: must be a whole number"),
    "length true": (changed(length=True), "line 1: length: must be a whole number"),
    "length of the text": (changed(text="short"), "line 1: length: is 20, but text has 5 code points"),
    "annotators missing": (b'{"id": "x", "length": 3}', "line 1: annotators: missing"),
    "annotator twice": (changed(annotators=["a", "a"]), "line 1: annotators: somebody is named twice"),
    "unknown annotator": (with_span(annotator="z"), "line 1: spans[0].annotator: 'z' is not among the annotators"),
    "spans no list": (changed(spans={}), "line 1: spans: must be a list"),
    "span no object": (changed(spans=[3]), "line 1: spans[0]: must be an object"),
    "start text": (with_span(start="0"), "line 1: spans[0].start: must be a whole number"),
    "end missing": (with_span(end=None), "line 1: spans[0].end: missing"),
    "empty span": (with_span(end=0), "line 1: spans[0]: a span needs"),
    "beyond the end": (with_span(end=21), "line 1: spans[0].end: 21 is beyond the length 20"),
    "label missing": (with_span(label=None), "line 1: spans[0].label: missing"),
    "fragments no pairs": (with_span(fragments=[[1]]), "line 1: spans[0].fragments[0]: must be a pair"),
    "fragments elsewhere": (with_span(fragments=[[1, 2]]), "line 1: spans[0].fragments: the fragments reach"),
    "tokens overlap": (changed(tokens=[[0, 3], [2, 4]]), "line 1: tokens[1]: tokens must be in order"),
    "rating infinite": (changed(ratings={"a": float("inf")}), "line 1: ratings.a: must be"),
    "rating of a stranger": (changed(ratings={"z": 1}), "line 1: ratings: 'z' is not among the annotators"),
    "value text": (changed(values={"a": {"normalised": "7"}}), "line 1: values.a.normalised: must be a finite"),
    "id twice": (changed() + b"\n\n" + changed(), "line 3: id: 'd1' was used on line 1"),
    "label undeclared": (b'{"labels": ["tone"]}\n' + changed(), "line 2: spans[0].label: 'source' is not among"),
    "id of a span twice": (
        changed(spans=[DOCUMENT["spans"][0] | {"id": "s"}, DOCUMENT["spans"][1] | {"id": "s"}]),
        "line 1: spans[1].id: 's' is the id of another span here",
    ),
    "id of a span empty": (with_span(id=""), "line 1: spans[0].id: must be a string"),
    "attributes no object": (with_span(attributes=[1]), "line 1: spans[0].attributes: must be an object"),
    "attribute infinite": (
        with_span(attributes={"value": float("nan")}),
        "line 1: spans[0].attributes.value: must be a string, a boolean, a finite number",
    ),
    "attribute nested": (with_span(attributes={"x": {"y": 1}}), "line 1: spans[0].attributes.x: must be"),
    "attribute list nested": (with_span(attributes={"x": [[1]]}), "line 1: spans[0].attributes.x: must be a list of"),
    "attribute with a dot": (with_span(attributes={"a.b": 1}), "line 1: spans[0].attributes.a.b: the name"),
    "attribute undeclared": (
        b'{"attributes": {"source": {"kind": {"type": "text"}}}}\n' + with_span(attributes={"other": 1}),
        "line 2: spans[0].attributes.other: is not among the declared attributes of 'source'",
    ),
    "attribute of another type": (
        b'{"attributes": {"source": {"value": {"type": "number"}}}}\n' + with_span(attributes={"value": "7"}),
        "line 2: spans[0].attributes.value: must be of type number",
    ),
    "attribute no list": (
        b'{"attributes": {"source": {"x": {"type": "text", "many": true}}}}\n' + with_span(attributes={"x": "7"}),
        "line 2: spans[0].attributes.x: must be a list",
    ),
    "answers no object": (changed(answers=[]), "line 1: answers: must be an object by question"),
    "answers to one question": (changed(answers={"tone": 3}), "line 1: answers.tone: must be an object by annotator"),
    "answer of a stranger": (changed(answers={"tone": {"z": 1}}), "line 1: answers.tone: 'z' is not among"),
    "answer infinite": (changed(answers={"tone": {"a": float("inf")}}), "line 1: answers.tone.a: must be"),
    "answer that is no option": (
        b'{"questions": {"tone": {"type": "choice", "values": ["pro"]}}}\n' + changed(answers={"tone": {"a": "anti"}}),
        "line 2: answers.tone.a: 'anti' is not among the declared values",
    ),
    "question undeclared": (
        b'{"questions": {}}\n' + changed(answers={"tone": {"a": 1}}),
        "line 2: answers.tone: is not among the declared questions",
    ),
    "question of no type": (b'{"questions": {"tone": {}}}', "line 1: questions.tone.type: must be one of choice"),
    "question without order": (
        b'{"questions": {"tone": {"type": "choice", "ordered": true}}}',
        "line 1: questions.tone.values: missing",
    ),
    "question with more": (
        b'{"questions": {"tone": {"type": "text", "colour": 1}}}',
        "line 1: questions.tone.colour: is not known",
    ),
    "relations no list": (changed(relations={}), "line 1: relations: must be a list"),
    "relation no object": (changed(relations=[1]), "line 1: relations[0]: must be an object"),
    "relation of a stranger": (
        changed(relations=[{"annotator": "z", "type": "of", "from": "1", "to": "2"}]),
        "line 1: relations[0].annotator: 'z' is not among",
    ),
    "relation without a type": (changed(relations=[{"annotator": "a"}]), "line 1: relations[0].type: missing"),
    "relation without an end": (
        changed(relations=[{"annotator": "a", "type": "of"}]),
        "line 1: relations[0].from: missing",
    ),
    "relation to somebody else's span": (
        changed(
            spans=[DOCUMENT["spans"][0] | {"id": "s"}, DOCUMENT["spans"][1] | {"id": "t"}],
            relations=[{"annotator": "a", "type": "of", "from": "s", "to": "t"}],
        ),
        "line 1: relations[0].to: 't' is not the id of a span of 'a' here",
    ),
    "relation undeclared": (
        b'{"relations": ["by"]}\n' + changed(relations=[{"annotator": "a", "type": "of"}]),
        "line 2: relations[0].type: 'of' is not among the declared relations",
    ),
    "layers no object": (b'{"layers": []}', "line 1: layers: must be an object"),
    "first line with more": (b'{"labels": [], "colour": 1}', "line 1: colour: does not belong in the first line"),
    "label declared twice": (b'{"labels": ["x", "x"]}', "line 1: labels: a label is declared twice"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_names_file_line_and_field(tmp_path, capsys, content, message):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content + b"\n")
    assert main([str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"{path}: {message}")
    assert captured.err.count("\n") == 1


def test_a_missing_file_is_named(tmp_path, capsys):
    assert main([str(tmp_path / "none.jsonl")]) == 1
    assert "none.jsonl: No such file" in capsys.readouterr().err


def test_labels_of_any_characters_are_printed(tmp_path):
    odd = DOCUMENT | {"spans": [{"annotator": "a", "start": 0, "end": 6, "label": "Ürteil \ud800 😀"}]}
    done = subprocess.run(
        [sys.executable, "-m", "agreement", written(tmp_path, odd)],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "char_alpha_label:Ürteil \ud800 😀" in json.loads(done.stdout)["metrics"]


def test_an_empty_file_has_undefined_figures(tmp_path, capsys):
    result = printed(capsys, written(tmp_path))
    assert result["metrics"]["char_alpha_any"] == {
        "value": None,
        "reason": "no_pairable_units",
        "n_documents": 0,
        "n_annotators": 0,
    }
