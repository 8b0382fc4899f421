"""``make loaders``: the release of tests/release/test_loading.py, read in each environment that has a lock file here."""

import os
import subprocess
import sys
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import pytest

from annotate.models import Project, ProjectArticle, RelationAnnotation, SpanAnnotation, Task
from release.models import Release
from release.operations.building import export_release
from release.operations.statements import save_data_statement
from tests.factories import (
    make_article,
    make_mark,
    make_outlet,
    make_project,
    make_reading,
    make_relation,
    make_story,
    make_user,
)
from tests.release.how_to import ELSEWHERE, python_blocks
from tests.release.test_loading import READERS, assert_read_whole, read_with, records_of, release

__all__ = ["release"]

pytestmark = pytest.mark.django_db

ENVIRONMENTS = Path(__file__).resolve().parents[3] / "var" / "loaders"
NAMES = sorted(path.stem for path in READERS.glob("*.lock"))
# Text and names that readers take for something else: line ends that are none, numbers, nulls, dates.
TEXTS = (
    '2018\n\nOne\u2028line\u2029still \x85 it \u200b is \ufeff 😀 “q” \\ " / \t.',
    "12e456789012",
    "007\n\n1",
    "null",
    "NaN\n\ntrue",
    "A walk\n\nOn 2018-11-05T10:00:00Z.",
)
NUMBERS = (1e22, -0.1, 123456789012345678, 0.1 + 0.2, 0)


def python_of(name: str) -> str:
    return str(ENVIRONMENTS / name / "bin" / "python")


@pytest.mark.parametrize("name", NAMES)
def test_every_file_loads(name: str, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = name.partition("-")[0]

    version, found = read_with(python_of(name), library, release, tmp_path)

    assert_read_whole(library, found, release)
    with capsys.disabled():
        counts = ", ".join(f"{len(records)} {file}" for file, records in sorted(found.items()))
        print(f"\n{version} read {counts}", end="")


@pytest.fixture
def project() -> Project:
    """What is read wrongly most easily, in columns that have something ordinary too; the last article nobody reads."""
    readers = [make_user() for _ in range(3)]
    project = make_project(members=dict.fromkeys(readers, "annotator"), title='2018: "x" {y}', guidelines="Mark.")
    save_data_statement(project=project, told={"authors": "7", "licence": "CC-BY-4.0"})
    for text, number in zip_longest(TEXTS, NUMBERS):
        article = make_article(text, make_outlet("1843" if number == 0 else ""), make_story() if number else None)
        if number is None:
            project.articles.add(article)
            continue
        for reader in readers[:2]:
            reading = make_reading(project, article, reader, [("FRAME", 0, min(len(text), 3))])
            make_relation(make_mark(reading, "QUANTITY", 0, 2, value=number), make_mark(reading, "SOURCE", 0, 1))
        make_reading(project, article, readers[2])
    return project


@pytest.mark.parametrize("what", ["full", "quotes", "positions", "nothing marked", "nothing"])
def test_what_is_hard_to_read_loads(project: Project, tmp_path: Path, what: str) -> None:
    if what.startswith("nothing"):
        RelationAnnotation.objects.all().delete()
        SpanAnnotation.objects.all().delete()
    if what == "nothing":
        Task.objects.all().delete()
        ProjectArticle.objects.all().delete()
    built = export_release(
        project=project,
        out=tmp_path / "release",
        text_mode=what if what in Release.TextMode.values else "full",
        times="none" if what == "positions" else "second",
        formats=["parquet"],
    )
    current = {"datasets": sys.executable, "pandas": sys.executable}

    for library, python in [*((name.partition("-")[0], python_of(name)) for name in NAMES), *current.items()]:
        _, found = read_with(python, library, built.path, tmp_path)
        assert_read_whole(library, found, built.path)


@pytest.mark.parametrize("library", ELSEWHERE)
def test_what_the_page_says_of_it_runs(library: str, release: Path, tmp_path: Path) -> None:
    (name,) = [name for name in NAMES if name.startswith(f"{library}-")]
    script = f'DIRECTORY = "{release}"\n{python_blocks()[library]}'

    done = subprocess.run(
        [python_of(name), "-c", script],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    annotations = records_of(release)["annotations"]
    if library == "mlcroissant":
        said = [f"{record['annotator_id']} {len(record['spans'])}" for record in annotations]
        assert done.stdout.splitlines() == said
    else:
        labels = Counter((span["layer"], span["label"]) for record in annotations for span in record["spans"])
        said = [line.strip("│ ").split(" ┆ ") for line in done.stdout.splitlines()]
        assert [[*label, str(n)] for label, n in sorted(labels.items())] == [
            [cell.strip() for cell in row] for row in said if len(row) == 3
        ][-len(labels) :]
