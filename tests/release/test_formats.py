"""The optional formats: what each holds, that none shows text the release withholds, and the same bytes again."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from annotate.models import Codebook, Project, SpanAnnotation, Task
from release.exceptions import FormatError
from release.formats.conll import TOKEN, tagged
from release.formats.registry import FORMATS, checked_formats
from release.formats.typed import ATTRIBUTES
from release.operations.building import Built, export_release
from release.records import Fragment, Span
from release.verification import verify_release
from tests.factories import make_article, make_mark, make_project, make_reading, make_relation, make_user

pytestmark = pytest.mark.django_db

ALL = ("brat", "w3c", "lewidi", "conll", "parquet")
TEXT = "Walk 😀 north\n\nAbout 7,500 nomads left, officials said.\n\nThe line canary grew."


@pytest.fixture
def project() -> Project:
    """One article after an emoji: a relation, attributes of each kind, a comment, a gap, a mark over two lines."""
    ana, bo, cy = make_user("ana"), make_user("bo"), make_user("cy")
    project = make_project(members=dict.fromkeys((ana, bo, cy), "annotator"))
    article = make_article(TEXT, url="https://example.org/walk")
    one = make_reading(project, article, ana)
    content = make_mark(one, "CONTENT", 14, 37)
    source = make_mark(one, "SOURCE", 39, 48)
    SpanAnnotation.objects.filter(pk=source.pk).update(unsure=True, confidence=0.5, comment="who?\nthem")
    make_mark(one, "QUANTITY", 20, 25, value=7500)
    make_mark(one, "FRAME", 7, 19, dimension="security")
    make_relation(content, source)
    two = make_reading(project, article, bo, [("FRAME", 14, 25)])
    SpanAnnotation.objects.filter(task=two).update(fragments=[[14, 19], [20, 25]])
    make_reading(project, article, cy)
    return project


@pytest.fixture
def built(project: Project, tmp_path: Path) -> Built:
    return export_release(project=project, out=tmp_path / "all", version="1.0.0", formats=ALL)


def read(built: Built, path: str) -> str:
    return (built.path / path).read_text(encoding="utf-8")


def pseudonym(project: Project, login: str) -> str:
    return project.memberships.get(user__username=login).pseudonym


def one_article(built: Built) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(built, "data/articles.jsonl"))
    return found


def test_the_release_with_all_formats_verifies(built: Built) -> None:
    assert verify_release(built.path).problems == []
    assert built.manifest["formats"] == list(ALL)
    assert "`extra/brat`" in read(built, "README.md")


def test_brat_has_a_folder_for_each_annotator(project: Project, built: Built) -> None:
    article = one_article(built)["article_id"]
    ana, bo, cy = (f"extra/brat/{pseudonym(project, login)}/{article}" for login in ("ana", "bo", "cy"))
    lines = read(built, f"{ana}.ann").splitlines()

    assert [line for line in lines if line.startswith(("T", "R"))] == [
        "T1\tFRAME 7 19\tnorth  About",
        "T2\tCONTENT 14 37\tAbout 7,500 nomads left",
        "T3\tQUANTITY 20 25\t7,500",
        "T4\tSOURCE 39 48\tofficials",
        "R1\tATTRIBUTED_TO Arg1:T2 Arg2:T4\t",
    ]
    assert read(built, f"{bo}.ann") == "T1\tFRAME 14 19;20 25\tAbout 7,500\n"
    assert read(built, f"{cy}.ann") == ""
    assert read(built, f"{cy}.txt") == TEXT
    conf = read(built, "extra/brat/annotation.conf")
    assert "[entities]\nFRAME\nSOURCE\nCONTENT\nQUANTITY\n" in conf
    assert "ATTRIBUTED_TO\tArg1:CONTENT|QUANTITY, Arg2:SOURCE" in conf
    assert "dimension\tArg:FRAME, Value:economic|security" in conf


def test_web_annotations_select_by_position_and_quote(project: Project, built: Built) -> None:
    article = one_article(built)["article_id"]
    rows = [json.loads(line) for line in read(built, f"extra/w3c/{article}.jsonl").splitlines()]
    source = next(row for row in rows if row["body"][0]["value"] == "SOURCE")
    gap = next(row for row in rows if isinstance(row["target"], list))
    link = next(row for row in rows if row["motivation"] == "linking")

    assert source["target"]["source"] == "https://example.org/walk"
    assert source["target"]["selector"] == [
        {"type": "TextPositionSelector", "start": 39, "end": 48},
        {"type": "TextQuoteSelector", "exact": "officials", "prefix": TEXT[7:39], "suffix": TEXT[48:80]},
    ]
    assert [body["value"] for body in source["body"]] == ["SOURCE", "unsure=true", "confidence=0.5", "who?\nthem"]
    assert [target["selector"][0]["start"] for target in gap["target"]] == [14, 20]
    assert link["target"] == next(row["id"] for row in rows if row["body"][0]["value"] == "CONTENT")
    assert len({row["id"] for row in rows}) == len(rows) == 6


def test_lewidi_has_every_annotators_vote(project: Project, built: Built) -> None:
    entries = json.loads(read(built, "extra/lewidi.json"))
    units = {row["unit_id"]: row for row in map(json.loads, read(built, "data/spans_aggregated.jsonl").splitlines())}
    entry = next(one for one in entries.values() if one["text"] == "officials")

    assert entries.keys() == units.keys()
    votes = dict(zip(entry["annotators"].split(","), entry["annotations"].split(","), strict=True))
    assert votes == {pseudonym(project, "ana"): "SOURCE", pseudonym(project, "bo"): "O", pseudonym(project, "cy"): "O"}
    assert entry["soft_label"] == {"O": 0.666666667, "SOURCE": 0.333333333}
    assert (entry["hard_label"], entry["number of annotations"]) == ("O", 3)


def test_conll_tags_tokens_and_says_what_it_left_out(project: Project, built: Built) -> None:
    sources = read(built, f"extra/conll/SOURCES/{pseudonym(project, 'ana')}.conll").splitlines()
    frames = read(built, f"extra/conll/FRAMING/{pseudonym(project, 'bo')}.conll").splitlines()

    assert [line.split("\t")[0] + " " + line.split("\t")[3] for line in sources if "\tB-" in line or "\tI-" in line] == [
        "About B-CONTENT", "7 I-CONTENT", ", I-CONTENT", "500 I-CONTENT", "nomads I-CONTENT", "left I-CONTENT",
        "officials B-SOURCE",
    ]  # fmt: skip
    assert [line for line in frames if line.endswith("-FRAME")] == [
        "About\t14\t19\tB-FRAME",
        "7\t20\t21\tB-FRAME",
        ",\t21\t22\tI-FRAME",
        "500\t22\t25\tI-FRAME",
    ]
    # The quantity lies within the content of the same layer.
    assert "| SOURCES | 3 | 2 |" in read(built, "extra/conll/README.md")
    assert sources.count("") == 3


def test_of_overlapping_marks_the_first_then_longest_is_kept() -> None:
    tokens = [found.span() for found in TOKEN.finditer("one two three four")]

    def span(label: str, start: int, end: int) -> Span:
        return Span(label, "L", label, [Fragment(start, end, None)], start, end, *[None] * 5, False, [])

    tags, kept = tagged(tokens, [span("C", 4, 7), span("B", 0, 3), span("A", 0, 7), span("D", 9, 10), span("E", 3, 4)])

    assert (tags, kept) == (["B-A", "I-A", "B-D", "O"], 2)


@pytest.mark.parametrize("name", ["articles", "annotations", "spans_aggregated"])
def test_parquet_holds_the_same_records(built: Built, name: str) -> None:
    table = pq.read_table(built.path / f"extra/parquet/{name}.parquet")
    rows = [json.loads(line) for line in read(built, f"data/{name}.jsonl").splitlines()]

    assert json.loads(json.dumps(table.to_pylist(), default=lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}")) == rows


def test_formats_have_the_same_bytes_again(project: Project, built: Built, tmp_path: Path) -> None:
    again = export_release(project=project, out=tmp_path / "again", version="1.0.0", formats=reversed(ALL))

    assert {file.path: file.sha256 for file in again.files} == {file.path: file.sha256 for file in built.files}


def test_no_format_shows_text_that_the_release_withholds(project: Project, tmp_path: Path) -> None:
    formats = [name for name, format in FORMATS.items() if not format.with_text and not format.codebook]
    modes = {
        mode: export_release(project=project, out=tmp_path / mode, text_mode=mode, formats=formats)
        for mode in ("quotes", "positions")
    }
    everything = {
        mode: b"".join(path.read_bytes() for path in built.path.rglob("*") if path.is_file())
        for mode, built in modes.items()
    }
    # Parquet packs its pages.
    tables = {
        mode: "".join(
            json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)
            for path in built.path.rglob("*.parquet")
        )
        for mode, built in modes.items()
    }

    assert "extra/w3c" in {Path(file.path).parent.as_posix() for file in modes["positions"].files}
    assert b"nomads left" in everything["quotes"]
    assert "nomads left" in tables["quotes"]
    for text in ("nomads left", "canary"):
        assert text.encode() not in everything["positions"], text
        assert text not in tables["positions"], text


@pytest.mark.parametrize(
    ("names", "mode", "says"),
    [
        (["docx"], "full", "no format 'docx'; there are brat, w3c, lewidi, conll, parquet, typed"),
        (["brat"], "quotes", "brat holds the articles' text"),
        (["w3c", "conll"], "positions", "conll holds the articles' text"),
        (["typed"], "full", "this project uses small"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(names: list[str], mode: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        checked_formats(names, text_mode=mode, codebook="small")


def test_the_command_takes_formats(project: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no format 'docx'"):
        call_command("export_dataset", project.slug, "--out", str(tmp_path / "no"), "--formats", "docx")
    call_command("export_dataset", project.slug, "--out", str(tmp_path / "out"), "--formats", "w3c, lewidi")

    assert sorted(path.name for path in (tmp_path / "out" / "extra").iterdir()) == ["lewidi.json", "w3c"]
    assert not (tmp_path / "no").exists()


def test_typed_spans_have_the_columns_of_the_shipped_codebook() -> None:
    path = Path(settings.BASE_DIR) / "fixtures" / "codebooks" / "media-framing-3.json"
    kinds = {"number": float, "boolean": bool}
    expected: dict[str, tuple[type, bool]] = {}
    for layer in json.loads(path.read_bytes())["layers"]:
        for label in layer["labels"]:
            for attribute in label["attributes"]:
                expected[attribute["name"]] = (kinds.get(attribute["type"], str), attribute["many"])

    assert {column.name: (column.kind, column.many) for column in ATTRIBUTES} == expected


def test_typed_spans_of_a_project_with_the_shipped_codebook(tmp_path: Path) -> None:
    ana = make_user()
    path = Path(settings.BASE_DIR) / "fixtures" / "codebooks" / "media-framing-3.json"
    call_command("load_codebook", str(path))
    project = make_project(members={ana: "annotator"}, codebook=Codebook.objects.get(name="media-framing-3"))
    reading: Task = make_reading(project, make_article(TEXT), ana)
    make_mark(
        reading, "QUANTITY", 20, 25, value=7500, comparator="approximate", modifiers=["b", "a"], unattributed=True
    )

    built = export_release(project=project, out=tmp_path / "typed", formats=["typed"])
    row = json.loads(read(built, "data/spans_typed.jsonl"))

    assert (row["value"], row["comparator"], row["unattributed"]) == (7500.0, "approximate", True)
    assert (row["modifiers"], row["polarity"], row["text"]) == (["a", "b"], None, "7,500")
    assert verify_release(built.path).problems == []
    assert "spans_typed" in read(built, "README.md")
