"""A release on disk: what is in it, that it loads, that its numbers follow from its own files."""

import gc
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import krippendorff
import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreement import tally
from annotate.models import Project, ProjectArticle
from annotate.operations.project_settings import change_project_article
from annotate.operations.scoring import recount_project
from release.exceptions import TargetNotEmptyError
from release.models import Release
from release.operations import building
from release.operations.building import export_release
from tests.factories import (
    make_article,
    make_mark,
    make_member,
    make_outlet,
    make_project,
    make_reading,
    make_relation,
    make_story,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db

LOGINS = ("login-canary-ana", "login-canary-bo", "login-canary-cy")


def rows(directory: Path, name: str) -> list[dict[str, Any]]:
    with (directory / "data" / f"{name}.jsonl").open(encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def project() -> Project:
    """Three annotators, three articles of two events, marks after an emoji, a relation, an empty reading, a skip."""
    users = [make_user(login, first_name=f"First-{login}", email=f"{login}@example.org") for login in LOGINS]
    project = make_project(members=dict.fromkeys(users, "annotator"), guidelines="# Mark\n\nWhat you see.")
    manager = make_user("login-canary-manager")
    make_member(project, manager, "manager")
    caravan, flood = make_story("caravan"), make_story("flood")
    first = make_article(
        "Walk 😀 north\n\nAbout 7,500 people left, officials said. 😀 The line grew.", make_outlet(), caravan
    )
    second = make_article(None, make_outlet("Tierra Común"), caravan)
    third = make_article(None, make_outlet(), flood, language="es-MX")
    unread = make_article("Nobody reads this\n\nNot one person did.")
    for article in (first, second, third, unread):
        make_task(project, article)
    ana, bo, cy = users
    one = make_reading(project, first, ana)
    content = make_mark(one, "CONTENT", 14, 37)
    source = make_mark(one, "SOURCE", 39, 48)
    make_mark(one, "QUANTITY", 20, 25, value=7500)
    make_mark(one, "FRAME", 57, 65, dimension="security")
    make_relation(content, source)
    make_reading(project, first, bo, [("CONTENT", 14, 35), ("SOURCE", 39, 48), ("FRAME", 57, 70)])
    make_reading(project, first, cy)
    make_reading(project, second, ana, [("FRAME", 0, 9), ("SOURCE", 30, 41)])
    make_reading(project, second, bo, [("CONTENT", 2, 12), ("SOURCE", 33, 41)])
    make_task(project, second, cy, "skipped")
    make_reading(project, third, cy, [("FRAME", 0, 9)])
    make_task(project, third, ana, "handed_back")
    return project


@pytest.fixture
def release(project: Project, tmp_path: Path) -> Path:
    return export_release(project=project, out=tmp_path / "caravan-1.0.0", version="1.0.0").path


def spans_with_text(directory: Path) -> Iterator[tuple[dict[str, Any], str]]:
    texts = {article["article_id"]: article["text"] for article in rows(directory, "articles")}
    for annotation in rows(directory, "annotations"):
        for span in annotation["spans"]:
            yield span, texts[annotation["article_id"]]


def test_every_text_is_the_articles_at_its_range_also_after_an_emoji(release: Path) -> None:
    found = list(spans_with_text(release))

    assert len(found) == 12
    for span, text in found:
        assert span["text"] == text[span["start"] : span["end"]]
        assert span["prefix"] == text[max(0, span["start"] - 32) : span["start"]]
        assert span["suffix"] == text[span["end"] : span["end"] + 32]
        assert [text[piece["start"] : piece["end"]] for piece in span["fragments"]] == [
            piece["text"] for piece in span["fragments"]
        ]
    after_emoji = [span for span, text in found if "😀" in text[: span["start"]] and span["label"] == "FRAME"]
    assert sorted(span["text"] for span in after_emoji) == ["The line", "The line grew"]


def test_reading_nothing_skipping_and_not_reading_differ(release: Path) -> None:
    annotations = rows(release, "annotations")
    articles = rows(release, "articles")
    read = {annotation["article_id"] for annotation in annotations}

    assert sorted((a["status"], len(a["spans"])) for a in annotations) == [
        ("complete", 0),
        ("complete", 1),
        ("complete", 2),
        ("complete", 2),
        ("complete", 3),
        ("complete", 4),
        ("skipped", 0),
    ]
    assert [a["title"] for a in articles if a["article_id"] not in read] == ["Nobody reads this"]


def test_unfinished_work_is_released_only_when_asked_for(project: Project, tmp_path: Path) -> None:
    built = export_release(project=project, out=tmp_path / "all", include_unfinished=True)

    statuses = [annotation["status"] for annotation in rows(built.path, "annotations")]

    assert sorted(statuses) == ["complete"] * 6 + ["in_progress", "skipped"]
    assert built.manifest["include_unfinished"] is True


def test_attributes_and_relations_are_released(release: Path) -> None:
    quantity = next(span for span, _ in spans_with_text(release) if span["label"] == "QUANTITY")
    frame = next(span for span, _ in spans_with_text(release) if span["attributes"] and span["label"] == "FRAME")
    annotation = next(a for a in rows(release, "annotations") if a["relations"])
    of = {span["span_id"]: span["label"] for span in annotation["spans"]}

    assert quantity["attributes"] == [{"name": "value", "number": 7500.0, "value": "7500"}]
    assert frame["attributes"] == [{"name": "dimension", "number": None, "value": "security"}]
    assert [(r["type"], of[r["from_span"]], of[r["to_span"]]) for r in annotation["relations"]] == [
        ("ATTRIBUTED_TO", "CONTENT", "SOURCE")
    ]


def test_what_is_switched_off_is_left_out(project: Project, tmp_path: Path) -> None:
    project.switches = {"SOURCE": False}
    project.save()

    built = export_release(project=project, out=tmp_path / "off")

    assert {span["label"] for span, _ in spans_with_text(built.path)} == {"CONTENT", "QUANTITY", "FRAME"}
    assert not any(annotation["relations"] for annotation in rows(built.path, "annotations"))


def test_the_version_of_the_guidelines_is_no_number_to_anybody(release: Path) -> None:
    digits = hashlib.sha256(b"# Mark\n\nWhat you see.").hexdigest()[:12]

    assert {a["guideline_version"] for a in rows(release, "annotations")} == {f"sha256:{digits}"}


def test_units_carry_every_vote(release: Path) -> None:
    article = next(a for a in rows(release, "articles") if a["title"] == "Walk 😀 north")
    units = [u for u in rows(release, "spans_aggregated") if u["article_id"] == article["article_id"]]
    content = next(u for u in units if any(vote["label"] == "CONTENT" for vote in u["soft_label"]))

    # 14–37 and 14–35 of three annotators, the third of whom marked nothing.
    assert content["soft_label"] == [{"label": "CONTENT", "p": 0.666666667}, {"label": "O", "p": 0.333333333}]
    assert (content["n_annotators"], content["n_marked"], content["hard_label"]) == (3, 2, "CONTENT")
    assert (content["core_start"], content["core_end"]) == (14, 35)
    assert (content["union_start"], content["union_end"]) == (14, 37)
    assert content["char_support"] == [
        {"start": 14, "end": 35, "support": 0.666666667},
        {"start": 35, "end": 37, "support": 0.333333333},
    ]
    assert content["mean_iou"] == round(21 / 23, 9)
    assert content["text"] == article["text"][14:37]
    assert content["resolution"] == "majority"


def test_nobodys_login_name_or_address_is_in_any_file(release: Path) -> None:
    for path in release.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes(), path


def test_annotators_appear_under_their_stored_pseudonyms(project: Project, release: Path) -> None:
    stored = set(project.memberships.filter(role="annotator").values_list("pseudonym", flat=True))

    assert {row["annotator_id"]: row["n_articles"] for row in rows(release, "annotators")}.keys() == stored
    assert {a["annotator_id"] for a in rows(release, "annotations")} == stored


def test_someone_who_left_keeps_an_id(project: Project, tmp_path: Path) -> None:
    project.memberships.filter(user__username=LOGINS[0]).delete()

    built = export_release(project=project, out=tmp_path / "left")

    assert len({a["annotator_id"] for a in rows(built.path, "annotations")}) == 3
    assert len(rows(built.path, "annotators")) == 3


def test_every_config_loads_with_datasets_offline(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    cache = str(tmp_path / "cache")

    configs = datasets.get_dataset_config_names(str(release))
    loaded = {
        name: datasets.load_dataset(str(release), name, split="train", cache_dir=cache, keep_in_memory=True)
        for name in configs
    }

    assert sorted(configs) == ["agreement", "annotations", "annotators", "articles", "spans_aggregated"]
    for name in configs:
        assert loaded[name].num_rows == len(rows(release, name)), name
    for given, got in zip(rows(release, "annotations"), loaded["annotations"], strict=True):
        assert got["spans"] == given["spans"]
    texts = {article["article_id"]: article["text"] for article in loaded["articles"]}
    for annotation in loaded["annotations"]:
        for span in annotation["spans"]:
            assert texts[annotation["article_id"]][span["start"] : span["end"]] == span["text"]


def matrix(directory: Path, value: Any) -> np.ndarray:
    """Annotators x characters from the released files alone; ``value`` of the labels on a character, NaN: not read."""
    annotations = [a for a in rows(directory, "annotations") if a["status"] == "complete"]
    people = sorted({a["annotator_id"] for a in annotations})
    columns = []
    for article in rows(directory, "articles"):
        table = np.full((len(people), article["n_chars"]), np.nan)
        for annotation in annotations:
            if annotation["article_id"] != article["article_id"]:
                continue
            sets: list[set[str]] = [set() for _ in range(article["n_chars"])]
            for span in annotation["spans"]:
                for piece in span["fragments"]:
                    for at in range(piece["start"], piece["end"]):
                        sets[at].add(span["label"])
            table[people.index(annotation["annotator_id"])] = [value(labels) for labels in sets]
        columns.append(table)
    return np.concatenate(columns, axis=1)


def test_of_many_articles_intervals_draw_parts_and_the_manifest_says_so(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = export_release(project=project, out=tmp_path / "few")
    monkeypatch.setattr(tally, "MOST_DRAWN", 1)
    many = export_release(project=project, out=tmp_path / "many")

    assert few.manifest["agreement"]["interval"] == "percentile bootstrap over articles, 2.5 and 97.5"
    assert many.manifest["agreement"]["interval"] == (
        "percentile bootstrap over 256 parts of the articles, by the first byte of the SHA-256 of their id, 2.5 and 97.5"
    )
    without = [
        [
            {name: value for name, value in row.items() if not name.startswith("ci_")}
            for row in rows(built.path, "agreement")
        ]
        for built in (few, many)
    ]
    assert without[0] == without[1]


def test_the_collector_is_as_it_was_after_a_build(project: Project, tmp_path: Path) -> None:
    before = gc.get_threshold()
    try:
        for threshold in (700, 0):
            gc.set_threshold(threshold, 10, 10)
            export_release(project=project, out=tmp_path / str(threshold))
            assert gc.get_threshold() == (threshold, 10, 10)
    finally:
        gc.set_threshold(*before)


def test_alphas_follow_from_the_files_alone(release: Path) -> None:
    figures = {
        (row["metric"], row["label"]): row["value"]
        for row in rows(release, "agreement")
        if row["scope"] == "corpus" and (row["layer"] is None or row["label"])
    }
    numbers: dict[frozenset[str], int] = {}
    expected: dict[tuple[str, str | None], float] = {
        ("char_alpha_set_nominal", None): krippendorff.alpha(
            matrix(release, lambda labels: numbers.setdefault(frozenset(labels), len(numbers))),
            level_of_measurement="nominal",
        ),
        ("char_alpha_any", None): krippendorff.alpha(matrix(release, bool), level_of_measurement="nominal"),
    }
    for label in ("FRAME", "SOURCE", "CONTENT", "QUANTITY"):
        expected["char_alpha_label", label] = krippendorff.alpha(
            matrix(release, lambda labels, label=label: label in labels), level_of_measurement="nominal"
        )

    assert {key: figures[key] for key in expected} == pytest.approx(expected, abs=1e-9)
    assert len({round(value, 3) for value in expected.values()}) == len(expected)


def scored(project: Project, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[float | None, Any]]:
    call_command("score", project.slug, "--bootstrap", "1000", "--json")
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    return {name: (figure["value"], tuple(figure.get("ci") or (None, None))) for name, figure in metrics.items()}


def released(directory: Path) -> dict[str, tuple[float | None, Any]]:
    return {
        ":".join(
            [
                row["metric"],
                *([".".join(of)] if (of := [part for part in (row["label"], row["subject"]) if part]) else []),
            ]
        ): (
            row["value"],
            (row["ci_low"], row["ci_high"]),
        )
        for row in rows(directory, "agreement")
        if row["scope"] == "corpus" and (row["layer"] is None or row["label"])
    }


def test_figures_are_those_of_score(
    project: Project, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recount_project(project=project)
    before = scored(project, capsys)
    of_release = released(release)
    row = ProjectArticle.objects.get(project=project, article__title="Walk 😀 north")
    change_project_article(row=row, annotators=None, priority=0, excluded=True, excluded_reason="a test of the 😀")
    after = scored(project, capsys)
    without = export_release(project=project, out=tmp_path / "without")

    assert of_release.keys() == before.keys()
    for name, (value, interval) in before.items():
        assert of_release[name][0] == pytest.approx(value, abs=1e-9), name
        assert of_release[name][1] == pytest.approx(interval, abs=1e-9), name
    assert before["char_alpha_any"][0] != after["char_alpha_any"][0]
    assert released(without.path)["char_alpha_any"][0] == pytest.approx(after["char_alpha_any"][0], abs=1e-9)
    assert without.manifest["excluded"] == [{"article_id": str(row.article.uuid), "reason": "a test of the 😀"}]
    assert len(rows(without.path, "articles")) == 3


def test_undefined_figures_are_null_with_a_reason(tmp_path: Path) -> None:
    project = make_project(articles=[make_article()])

    built = export_release(project=project, out=tmp_path / "empty")

    assert {row["value"] for row in rows(built.path, "agreement")} == {None}
    assert {row["reason"] for row in rows(built.path, "agreement")} <= {"no_pairable_units", "no_spans", "no_relations"}


def test_an_empty_project_is_a_release_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)

    built = export_release(project=make_project(), out=tmp_path / "empty")

    assert datasets.get_dataset_config_names(str(built.path)) == ["agreement"]
    assert rows(built.path, "articles") == []


def contents(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def test_two_exports_have_the_same_bytes(project: Project, release: Path, tmp_path: Path) -> None:
    again = export_release(project=project, out=tmp_path / "again", version="1.0.0")

    assert contents(again.path) == contents(release)
    assert again.sha256 == hashlib.sha256((release / "manifest.json").read_bytes()).hexdigest()


def test_the_number_of_queries_does_not_grow(project: Project, tmp_path: Path) -> None:
    with CaptureQueriesContext(connection) as few:
        export_release(project=project, out=tmp_path / "few")
    user = make_user()
    make_member(project, user, "annotator")
    for _ in range(5):
        make_reading(project, make_article(), user, [("FRAME", i, i + 3) for i in range(10)])
    with CaptureQueriesContext(connection) as many:
        export_release(project=project, out=tmp_path / "many")

    # The first one reads the codebook, which is kept.
    assert len(many) <= len(few)


@pytest.mark.parametrize("broken", ["articles_with_work", "agreement_figures", "manifest_of", "move_into_place"])
def test_a_crash_leaves_nothing_behind(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def crash(*args: object, **kwargs: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(building, broken, crash)

    with pytest.raises(RuntimeError, match="out of memory"):
        export_release(project=project, out=tmp_path / "out" / "release")

    assert list((tmp_path / "out").iterdir()) == []


def test_a_directory_with_files_is_refused_and_an_empty_one_filled(project: Project, tmp_path: Path) -> None:
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    (full / "thesis.tex").write_text("precious")
    empty.mkdir()

    with pytest.raises(TargetNotEmptyError):
        export_release(project=project, out=full)
    built = export_release(project=project, out=empty)

    assert [path.name for path in full.iterdir()] == ["thesis.tex"]
    assert (built.path / "manifest.json").is_file()


@pytest.mark.parametrize("mode", [Release.TextMode.QUOTES, Release.TextMode.POSITIONS])
def test_text_modes_withhold_the_text(project: Project, tmp_path: Path, mode: str) -> None:
    built = export_release(project=project, out=tmp_path / mode, text_mode=mode)
    everything = b"".join(contents(built.path).values()).decode()

    assert {row["text"] for row in rows(built.path, "articles")} == {None}
    assert "Not one person did." not in everything
    shown = {span["text"] for a in rows(built.path, "annotations") for span in a["spans"]}
    assert ("The line grew" in shown) is (mode == Release.TextMode.QUOTES)
    assert ("The line grew" in everything) is (mode == Release.TextMode.QUOTES)


def test_all_articles_of_one_event_are_in_one_split(release: Path) -> None:
    articles = [row for row in rows(release, "articles") if row["event_id"] == "caravan"]

    assert len(articles) == 2
    assert len({row["split"] for row in articles}) == 1


def test_the_manifest_names_every_file(release: Path) -> None:
    manifest = json.loads((release / "manifest.json").read_bytes())
    found = contents(release)
    del found["manifest.json"]

    assert {f["path"]: (f["sha256"], f["bytes"]) for f in manifest["files"]} == {
        path: (hashlib.sha256(data).hexdigest(), len(data)) for path, data in found.items()
    }
    assert manifest["counts"]["annotations"] == {"complete": 6, "skipped": 1}
    assert manifest["offset_unit"] == "unicode_code_point"


def test_croissant_repeats_the_checksums(release: Path) -> None:
    croissant = json.loads((release / "croissant.json").read_bytes())

    assert {file["contentUrl"]: file["sha256"] for file in croissant["distribution"]} == {
        path: hashlib.sha256(data).hexdigest()
        for path, data in contents(release).items()
        if path.startswith("data/") and data
    }


def test_the_command_prints_what_it_wrote(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cli"

    call_command("export_dataset", project.slug, "--out", str(out), "--version", "2.0.0", "--json")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["path"], answer["name"], answer["version"]) == (str(out), project.slug, "2.0.0")
    assert answer["sha256"] == hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
    assert {file["path"]: file["sha256"] for file in answer["files"]} == {
        path: hashlib.sha256(data).hexdigest() for path, data in contents(out).items() if path != "manifest.json"
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["nowhere"], "no project 'nowhere'"), (["--version", "one"], "not a semantic version")],
    ids=["project", "version"],
)
def test_the_command_refuses_in_words(project: Project, tmp_path: Path, arguments: list[str], says: str) -> None:
    given = arguments if len(arguments) == 1 else [project.slug, *arguments]

    with pytest.raises(CommandError, match=says):
        call_command("export_dataset", *given, "--out", str(tmp_path / "out"))

    assert not (tmp_path / "out").exists()
