"""Each door on its own: what a file says, in the file's own words."""

import io
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from annotate.doors.alignment import ArticleText, align
from annotate.doors.files import InputFile, files_of, unpacked
from annotate.doors.formats import BY_NAME
from annotate.doors.labels import nearest
from annotate.doors.records import BadFileError, GivenReading, Refused
from annotate.doors.units import Counter, unit_of
from corpus.cleaning import clean
from tests.annotate.doors import exports
from tests.annotate.doors.exports import TEXT


def file(content: str, path: str = "mara/crowd-1.x") -> InputFile:
    return InputFile(path, PurePosixPath(path), content.encode(), named=True)


def read(name: str, *files: InputFile, annotator: str = "") -> tuple[list[GivenReading], list[Refused]]:
    entries = list(BY_NAME[name].read(files, annotator))
    readings = [entry for entry in entries if isinstance(entry, GivenReading)]
    refused = [entry for entry in entries if isinstance(entry, Refused)]
    return readings, refused + [entry for reading in readings for entry in reading.refused]


def marks(reading: GivenReading) -> list[tuple[str, str]]:
    """Label and text of each mark, its offsets counted in the reading's unit."""
    text = reading.text or TEXT
    counter = Counter(text, unit_of(reading, text))
    return [(s.label, "|".join(text[a:b] for a, b in counter.fragments(s))) for s in reading.spans]


def codes(refused: list[Refused]) -> list[str]:
    return [entry.code for entry in refused]


@pytest.mark.parametrize("unit", ["code-points", "utf-16"])
def test_label_studio_counts_what_its_quotes_bear_out(unit):
    (first, second), refused = read("label-studio", file(exports.label_studio(unit=unit)))

    assert (marks(first), unit_of(first, TEXT)) == (exports.MARKS, unit)
    assert first.spans[0].attributes == {"value": 8000}
    assert first.spans[1].comment == "a bystander"
    assert [(r.type, r.from_key, r.to_key) for r in first.relations] == [("ATTRIBUTED_TO", "q1/QUANTITY", "s1/SOURCE")]
    assert (first.answers, first.annotator, first.seconds, first.status) == ({"tone": ["pro"]}, "1", 64, "complete")
    assert (second.annotator, second.spans, second.status) == ("noor", [], "complete")
    assert refused == []


def test_an_export_that_label_studio_1_23_2_made_comes_in_at_the_right_characters():
    """Two words marked in its own page in Chromium, one with a number, after two emoji; exported as JSON, unchanged."""
    content = (Path(__file__).parent / "label-studio-1.23.2.json").read_text(encoding="utf-8")
    [reading], refused = read("label-studio", file(content))
    assert (marks(reading), unit_of(reading, TEXT), reading.text, refused) == (
        [("QUANTITY", "8,000"), ("QUANTITY", "8,000"), ("SOURCE", "María")], "code-points", TEXT, [],
    )  # fmt: skip
    assert [dict(s.attributes) for s in reading.spans] == [{"value": 8000}, {}, {}]
    assert (reading.annotator, reading.seconds, str(reading.submitted)) == ("1", 28, "2026-11-22 11:16:24.409690+00:00")


def test_label_studio_counts_code_points_where_there_are_no_quotes():
    (first, _), _ = read("label-studio", file(exports.label_studio(quotes=False)))
    assert marks(first) == exports.MARKS


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "bad_json"),
        ("[1]", "not_tasks"),
        ('[{"id": 1, "text": "a", "label": [], "annotator": 1}]', "not_tasks"),
        ('[{"data": {"text": "a"}, "annotations": [3]}]', "wrong_type"),
        ('[{"data": {"text": "a"}, "annotations": [{"result": {"a": 1}}]}]', "wrong_type"),
        ('[{"data": {"t": "a"}, "annotations": [{"result": [{"type":"labels","value":{"start":0,"end":1,"labels":["A"]}}]}]}]',
         "missing_text"),
        ('[{"data": {"text": "a"}, "annotations": [{"result": [{"type": "brushlabels", "value": {}}]}]}]',
         "unsupported_region"),
        ('[{"data": {"text": "a"}, "annotations": [{"result": [{"type":"labels","value":{"start":"/p[1]","end":"/p[1]"}}]}]}]',
         "unsupported_region"),
        ('[{"data": {"text": "a"}, "annotations": [{"result": [{"type":"relation","from_id":"x","to_id":"y"}]}]}]',
         "unknown_span"),
    ],
)  # fmt: skip
def test_label_studio_says_what_it_cannot_take(content, code):
    assert codes(read("label-studio", file(content))[1]) == [code]


@pytest.mark.parametrize("relations", [True, False])
def test_doccano_has_a_file_for_each_annotator(relations):
    [reading], refused = read("doccano", file(exports.doccano(relations=relations), "export/mara.jsonl"))
    assert (marks(reading), reading.annotator, len(reading.relations)) == (exports.MARKS, "mara", int(relations))
    assert refused == []


@pytest.mark.parametrize(("kind", "links"), [("relations", 1), ("spans", 0)])
def test_what_the_exporter_of_doccano_1_8_4_wrote_comes_in(kind, links):
    """Written by its own ``create_individual_dataset`` from rows of its database, unchanged."""
    content = (Path(__file__).parent / f"doccano-1.8.4-{kind}.jsonl").read_text(encoding="utf-8")
    [reading], refused = read("doccano", file(content, "mara.jsonl"))
    assert (sorted(marks(reading)), reading.text, refused) == (sorted(exports.MARKS), TEXT, [])
    assert (reading.annotator, reading.hints, len(reading.relations)) == ("mara", ("crowd-1",), links)


def test_doccano_counts_graphemes_where_that_is_said():
    [reading], _ = read("doccano", file(exports.doccano(graphemes=True)))
    counter = Counter(TEXT, "graphemes")
    assert [(s.label, TEXT[slice(*counter.fragments(s)[0])]) for s in reading.spans] == exports.MARKS


def test_doccano_does_not_take_the_shared_file_for_a_person_and_lists_categories():
    [reading], refused = read("doccano", file('{"text": "a", "label": ["good"], "cats": ["x"]}', "all.jsonl"))
    assert (reading.annotator, codes(refused)) == ("", ["unsupported_category", "unsupported_category"])
    [reading], _ = read("doccano", file('{"text": "a", "label": []}', "all.jsonl"), annotator="ivo")
    assert reading.annotator == "ivo"


def test_brat_has_a_folder_for_each_annotator():
    [first, second], refused = read(
        "brat",
        file(exports.brat(), "mara/crowd-1.ann"),
        file(TEXT, "mara/crowd-1.txt"),
        file("", "noor/crowd-1.ann"),
        file(TEXT, "noor/crowd-1.txt"),
        file(TEXT, "ivo/crowd-1.txt"),
    )

    assert marks(first) == [*exports.MARKS, ("CONTENT", "About|people")]
    assert (first.spans[0].attributes, first.spans[1].unsure, first.spans[1].comment) == (
        {"value": "8000"}, True, "a bystander",
    )  # fmt: skip
    assert [(r.type, r.from_key, r.to_key) for r in first.relations] == [("ATTRIBUTED_TO", "T1", "T2")]
    assert (first.annotator, first.hints, second.annotator, second.spans) == ("mara", ("crowd-1",), "noor", [])
    assert [(entry.line, entry.code) for entry in refused] == [(8, "unsupported_line")]


def test_brat_knows_a_later_round_by_the_name_of_the_file():
    [reading], _ = read("brat", file("", "mara/crowd-1.round-2.ann"))
    assert (reading.hints, reading.round) == (("crowd-1", "crowd-1.round-2"), 2)


def test_brat_lists_lines_it_cannot_take():
    content = "T1\tSOURCE 0 5\tCrowd\nE1\tX:T1\nT2 broken\nR1\tX Arg1:T1 Arg2:T9\nA1\tvalue T9 3\n"
    assert codes(read("brat", file(content, "mara/a.ann"))[1]) == [
        "unsupported_line", "bad_line", "unknown_span", "unknown_span",
    ]  # fmt: skip


def test_webanno_counts_utf16_and_knows_the_length_of_gaps_only():
    [reading], refused = read("webanno-tsv", file(exports.webanno(), "crowd-1.txt/mara.tsv"))

    assert sorted(marks(reading)) == sorted(exports.MARKS)
    assert reading.text == TEXT.replace("\n\n", "  ")
    assert reading.gaps == ((13, 15), (55, 56))
    assert {s.label: s.attributes for s in reading.spans} == {"SOURCE": {}, "QUANTITY": {"value": "8000"}}
    [link] = reading.relations
    labels = {s.key: s.label for s in reading.spans}
    assert (link.type, labels[link.from_key], labels[link.to_key]) == ("ATTRIBUTED_TO", "QUANTITY", "SOURCE")
    assert (reading.annotator, reading.hints, refused) == ("mara", ("crowd-1.txt", "crowd-1", "mara"), [])


def test_webanno_joins_marks_by_number_and_unescapes():
    content = (
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|value\n#T_CH=x.Link|referenceType|referenceRelation\n\n\n"
        "#Text=He loves her\\t!\n"
        "1-1\t0-2\tHe\tP\\_1[1]|Q[2]\t*->1-1\t*->1-1\t\n"
        "1-2\t3-8\tloves\tP\\_1[1]\t_\t_\t\n"
        "1-2.1\t3-5\tlo\t*\t_\t_\t\n"
        "1-3\t9-12\ther\t_\t_\t_\t\n"
        "1-4\t13-14\t!\t_\t_\t_\t\n"
    )
    [reading], refused = read("webanno-tsv", file(content, "a.tsv"), annotator="mara")
    assert marks(reading) == [("P_1", "He loves"), ("Q", "He"), ("Span", "lo")]
    assert (reading.text, codes(refused)) == ("He loves her\t!", ["unsupported_layer"])


def test_webanno_passes_over_what_nobody_read_and_refuses_other_files():
    assert codes(read("webanno-tsv", file("", "a/INITIAL_CAS.tsv"))[1]) == ["no_reading"]
    assert codes(read("webanno-tsv", file("a\tb", "a.tsv"))[1]) == ["not_webanno"]
    assert codes(read("webanno-tsv", file("#FORMAT=WebAnno TSV 3.3\nnonsense", "a.tsv"))[1]) == ["bad_line"]


RECEIVED = (
    "By Ana Ruiz\r\n\r\nCafe\u0301\u00a0cro\u200bwds grew 😀 here, and many said so.\r\n\r\nThe second paragraph."
)


def article(received: str = RECEIVED, title: str = "Crowds") -> ArticleText:
    made = clean({"title": title, "text": received}).columns()
    return ArticleText(made["text"], made["raw"], made["raw_fields"], made["segments"])


@pytest.mark.parametrize(
    ("given", "words", "expected"),
    [
        (RECEIVED, "Cafe\u0301\u00a0cro\u200bwds", "Café crowds"),
        (RECEIVED.replace("\r\n", "\n"), "Cafe\u0301\u00a0cro\u200bwds", "Café crowds"),
        (RECEIVED.replace("e\u0301", "é").replace("\r\n\r\n", "\n\n\n"), "Café\u00a0cro\u200bwds", "Café crowds"),
        ("Crowds\n\nCafé crowds grew 😀 here, and many said so.\n\nThe second paragraph.", "😀 here", "😀 here"),
        (
            "Crowds\r\n\r\nCafé crowds grew 😀 here, and many said so.\r\n\r\nThe second paragraph.",
            "😀 here",
            "😀 here",
        ),
        ("Crowds\n\n" + RECEIVED, "😀 here", "😀 here"),
    ],
    ids=["received", "line ends", "composed", "ours", "ours with CR", "headline and received"],
)
def test_offsets_are_mapped_where_the_texts_are_the_same_when_normalised(given, words, expected):
    of = article()
    alignment = align(given, of)
    assert alignment is not None
    start = given.index(words)
    [(low, high)] = alignment.fragments([(start, start + len(words))])
    assert of.text[low:high] == expected


@pytest.mark.parametrize(
    "given", [RECEIVED.replace("many", "few"), RECEIVED[:-1], RECEIVED.upper(), RECEIVED + " More.", "", "Crowds"]
)
def test_a_text_that_only_resembles_is_not_aligned(given):
    assert align(given, article()) is None


def test_gaps_must_be_white_space_of_the_same_length():
    of = ArticleText("a\n\nb", "a\n\nb", [], [])
    assert align("a  b", of, [(1, 3)]) is not None
    assert align("a   b", of, [(1, 4)]) is None
    assert align("a  b", ArticleText("axxb", "axxb", [], []), [(1, 3)]) is None


def test_archives_are_unpacked_and_bombs_refused(tmp_path):
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("mara.jsonl", exports.doccano())
        archive.writestr("__MACOSX/mara.jsonl", "x")
    (tmp_path / "export.zip").write_bytes(packed.getvalue())
    [inner] = files_of([tmp_path / "export.zip"])
    assert isinstance(inner, InputFile)
    assert str(inner.path) == "mara.jsonl"

    bomb = io.BytesIO()
    with ZipFile(bomb, "w", 8) as archive:
        archive.writestr("a.jsonl", b"\0" * (3 << 20))
    assert [type(entry) for entry in unpacked("b.zip", bomb.getvalue())] == [BadFileError]
    assert [type(entry) for entry in unpacked("c.zip", b"no zip")] == [BadFileError]


def test_near_names_are_offered_best_first():
    known = {"QUANTITY": "Quantity", "LEXICAL_BIAS": "Lexical bias", "SOURCE": "Source"}
    assert nearest("lexical-bias", known) == ["LEXICAL_BIAS"]
    assert nearest("Quantities", known)[0] == "QUANTITY"
    assert nearest("Weather", known) == []
