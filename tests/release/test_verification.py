"""Whatever is changed in a release after it was built is found, with the file and line."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotate.models import Project
from release.operations.building import export_release
from release.supplied import forms_of, texts_from
from release.verification import verify_release
from tests.factories import make_article, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db

TEXT = "Walk 😀 north\n\nAbout 7,500 people left, officials said."


@pytest.fixture
def project() -> Project:
    ana, bo = make_user(), make_user()
    project = make_project(members={ana: "annotator", bo: "annotator"})
    article = make_article(TEXT)
    make_reading(project, article, ana, [("FRAME", 14, 25), ("SOURCE", 39, 48)])
    make_reading(project, article, bo, [("FRAME", 14, 26)])
    return project


@pytest.fixture
def release(project: Project, tmp_path: Path) -> Path:
    return export_release(project=project, out=tmp_path / "release").path


def said(release: Path, **arguments: Any) -> list[str]:
    return [str(problem) for problem in verify_release(release, **arguments).problems]


def rewrite(release: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the first record and keep the manifest's checksums right, so that only the content is wrong."""
    path = release / "data" / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")
    row = json.loads(lines[0])
    change(row)
    lines[0] = json.dumps(row, ensure_ascii=False)
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    manifest = json.loads((release / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        if entry["path"] == f"data/{name}.jsonl":
            entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            entry["bytes"] = path.stat().st_size
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def first_span(row: dict[str, Any]) -> dict[str, Any]:
    return next(span for span in row["spans"] if span["label"] == "FRAME")


def test_a_fresh_release_passes(release: Path) -> None:
    report = verify_release(release)

    assert report.problems == []
    assert (report.spans, report.texts) == (3, 1)


def test_one_changed_byte_is_found_in_every_file(release: Path) -> None:
    for path in sorted(release.rglob("*")):
        if not path.is_file() or path.name == "manifest.json" or not path.stat().st_size:
            continue
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

        name = path.relative_to(release).as_posix()
        assert f"{name}: was changed: its SHA-256 is not the manifest's" in said(release)
        path.write_bytes(data)
    assert said(release) == []


def move(row: dict[str, Any]) -> None:
    span = first_span(row)
    span["start"] += 1
    span["end"] += 1
    for piece in span["fragments"]:
        piece["start"] += 1
        piece["end"] += 1


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("annotations", move, "is not the article's"),
        ("annotations", lambda row: first_span(row).update(text="Over 9,000 x"[: len(first_span(row)["text"])]), "is not"),
        ("annotations", lambda row: first_span(row).update(end=9999), "outside [0, 54)"),
        ("annotations", lambda row: first_span(row).update(suffix="elsewhere"), "suffix"),
        ("annotations", lambda row: first_span(row)["fragments"].clear(), "do not run from"),
        ("annotations", lambda row: row.update(annotator_id="a0"), "annotator a0 is not in annotators.jsonl"),
        ("annotations", lambda row: row.update(article_id="x"), "article x is not in articles.jsonl"),
        ("annotations", lambda row: row.pop("status"), "status: missing"),
        ("annotations", lambda row: row.update(round="1"), "round: integer expected, not '1'"),
        ("annotations", lambda row: row.update(login="ana"), "login: not a field of Annotation"),
        ("articles", lambda row: row.update(text=row["text"].replace("7,500", "7,501")), "does not have the SHA-256"),
        ("articles", lambda row: row.update(n_chars=53), "54 code points, n_chars says 53"),
        ("spans_aggregated", lambda row: row.update(members=["a#b"]), "a#b is not a span of this article"),
        ("spans_aggregated", lambda row: row["soft_label"].pop(0), "the shares of soft_label sum to"),
    ],
    ids=[
        "offset", "quote", "beyond", "context", "fragments", "annotator", "article", "missing", "type", "unknown",
        "text", "length", "member", "shares",
    ],
)  # fmt: skip
def test_a_wrong_record_is_found_with_file_and_line(
    release: Path, name: str, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    rewrite(release, name, change)

    found = said(release)

    assert any(problem.startswith(f"data/{name}.jsonl:1: ") and says in problem for problem in found), found


def test_missing_and_added_files_are_found(release: Path) -> None:
    (release / "LICENSE.md").unlink()
    (release / "notes.txt").write_text("mine")

    assert said(release) == [
        "LICENSE.md: missing, but listed in the manifest",
        "notes.txt: is not listed in the manifest",
    ]


def test_a_line_that_is_not_json_is_found(release: Path) -> None:
    with (release / "data/annotators.jsonl").open("a") as file:
        file.write("{half\n")

    assert any(problem.startswith("data/annotators.jsonl:3: not JSON") for problem in said(release))


def test_a_manifest_cannot_point_outside(release: Path) -> None:
    manifest = json.loads((release / "manifest.json").read_bytes())
    manifest["files"].append({"path": "../secret", "sha256": "", "bytes": 0, "records": None})
    (release / "manifest.json").write_text(json.dumps(manifest))

    assert "manifest.json: lists '../secret', which is not a file of this directory" in said(release)


@pytest.mark.parametrize("mode", ["quotes", "positions"])
def test_texts_supplied_by_the_user_are_compared(project: Project, tmp_path: Path, mode: str) -> None:
    release = export_release(project=project, out=tmp_path / mode, text_mode=mode).path
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "any-name.txt").write_text(TEXT, encoding="utf-8")
    lines = tmp_path / "texts.jsonl"
    lines.write_text(json.dumps({"text": TEXT}) + "\n", encoding="utf-8")

    without = verify_release(release)
    with_texts = [verify_release(release, texts=texts_from(source).by_sha256) for source in (texts, lines)]

    assert (without.problems, without.texts) == ([], 0)
    assert [(report.problems, report.texts) for report in with_texts] == [([], 1), ([], 1)]


def test_a_quote_that_differs_from_the_users_text_is_found(project: Project, tmp_path: Path) -> None:
    release = export_release(project=project, out=tmp_path / "quotes", text_mode="quotes").path
    rewrite(release, "annotations", lambda row: first_span(row).update(text="x" * len(first_span(row)["text"])))

    assert said(release) == []
    assert len(said(release, texts={hashlib.sha256(TEXT.encode()).hexdigest(): TEXT})) == 1


def test_the_command_fails_with_the_places(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(release, "annotations", move)

    with pytest.raises(CommandError, match="problems") as failure:
        call_command("verify_release", str(release))

    assert failure.value.returncode == 1
    assert "data/annotations.jsonl:1: span" in capsys.readouterr().out


def test_the_command_says_what_was_checked(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_release", str(release), "--json")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["passed"], answer["spans"], answer["problems"]) == (True, 3, [])


def other_articles(project: Project) -> list[str]:
    """Two more articles, marked: ids in order of making."""
    ana = project.memberships.earliest("pk").user
    made = [make_article(f"{name} leaves\n\nThe {name} left the town at noon.") for name in ("Second", "Third")]
    for article in made:
        make_reading(project, article, ana, [("FRAME", 0, 6), ("SOURCE", 20, 26)])
    return [str(article.uuid) for article in made]


@pytest.mark.parametrize(
    ("mode", "measure", "ratio"), [("quotes", "quotes", 0.5), ("positions", "length", 48 / 51)], ids=str
)
def test_what_does_not_fit_is_reported_with_how_near_it_comes(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str, measure: str, ratio: float
) -> None:
    second, third = other_articles(project)
    first = str(project.articles.get(text=TEXT).uuid)
    release = export_release(project=project, out=tmp_path / mode, text_mode=mode).path
    lines = tmp_path / "mine.jsonl"
    changed = "Second leaves\n\nThe third one left the town at noon."
    lines.write_text(
        "".join(
            json.dumps(row) + "\n"
            for row in ({"text": f"\ufeff{TEXT}\n".replace("\n", "\r\n")}, {"article_id": second, "text": changed})
        )
    )

    with pytest.raises(CommandError) as failure:
        call_command("verify_release", str(release), "--text", str(lines), "--out", str(tmp_path / "full"), "--json")

    misfits = {row["article_id"]: row for row in json.loads(capsys.readouterr().out)["misfits"]}
    assert failure.value.returncode == 3
    assert misfits.keys() == {second, third}
    assert (misfits[third]["ratio"], misfits[third]["measure"]) == (None, None)
    assert misfits[second]["measure"] == measure
    assert misfits[second]["ratio"] == pytest.approx(ratio)
    texts = {row["article_id"]: row["text"] for row in rows_of(tmp_path / "full", "articles")}
    assert texts == {first: TEXT, second: None, third: None}
    assert verify_release(tmp_path / "full").problems == []


def rows_of(release: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (release / "data" / f"{name}.jsonl").read_bytes().splitlines()]


def test_a_positions_only_release_is_filled_in_to_what_the_full_one_holds(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = export_release(project=project, out=tmp_path / "bare", text_mode="positions").path
    full = export_release(project=project, out=tmp_path / "full").path
    (tmp_path / "mine.jsonl").write_text(json.dumps({"text": TEXT}) + "\n")

    call_command("verify_release", str(bare), "--text", str(tmp_path / "mine.jsonl"), "--out", str(tmp_path / "again"))

    for name in ("annotations", "spans_aggregated"):
        assert (tmp_path / "again" / f"data/{name}.jsonl").read_bytes() == (full / f"data/{name}.jsonl").read_bytes()
    assert [row["text"] for row in rows_of(tmp_path / "again", "articles")] == [TEXT]
    assert verify_release(tmp_path / "again").problems == []


def test_forms_of_a_text_are_those_it_may_be_meant_as() -> None:
    assert forms_of("a\u00a0b\r\n") == ["a\u00a0b\r\n", "a\u00a0b\r", "a\u00a0b\n", "a b\n", "a b"]
    assert "é" in forms_of("e\u0301")


def test_filling_in_needs_texts_and_an_empty_place(release: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--out needs --text"):
        call_command("verify_release", str(release), "--out", str(tmp_path / "out"))
