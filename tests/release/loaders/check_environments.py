"""``make loaders``: the release of tests/release/test_loading.py, read in each environment that has a lock file here."""

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.release.how_to import ELSEWHERE, python_blocks
from tests.release.test_loading import READERS, assert_read_whole, read_with, records_of, release

__all__ = ["release"]

pytestmark = pytest.mark.django_db

ENVIRONMENTS = Path(__file__).resolve().parents[3] / "var" / "loaders"
NAMES = sorted(path.stem for path in READERS.glob("*.lock"))


@pytest.mark.parametrize("name", NAMES)
def test_every_file_loads(name: str, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = name.partition("-")[0]

    found = read_with(str(ENVIRONMENTS / name / "bin" / "python"), library, release, tmp_path)

    assert_read_whole(library, found, release)
    with capsys.disabled():
        counts = ", ".join(f"{len(records)} {file}" for file, records in sorted(found["records"].items()))
        print(f"\n{found['library']} read {counts}", end="")


@pytest.mark.parametrize("library", ELSEWHERE)
def test_what_the_page_says_of_it_runs(library: str, release: Path, tmp_path: Path) -> None:
    (name,) = [name for name in NAMES if name.startswith(f"{library}-")]
    python = ENVIRONMENTS / name / "bin" / "python"
    script = f'DIRECTORY = "{release}"\n{python_blocks()[library]}'

    done = subprocess.run(
        [python, "-c", script],
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
