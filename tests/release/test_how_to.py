"""The pages on publishing and loading a release and the notebook: run as they stand, against a release made just now."""

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import datasets
import matplotlib as mpl
import pytest
from django.core.management import call_command

from annotate.models import Project
from annotate.operations.scoring import recount_project
from release.operations.building import export_release
from release.operations.statements import save_data_statement
from release.statement import Told
from tests.factories import make_article, make_mark, make_project, make_reading, make_relation, make_user
from tests.release.how_to import ELSEWHERE, HOW_TO, LOADING, PUBLISHING, blocks, python_blocks

pytestmark = pytest.mark.django_db

NOTEBOOK = json.loads((HOW_TO / "load-a-release.ipynb").read_bytes())


@pytest.fixture
def project() -> Project:
    """Two articles with letters outside the BMP, three readers who differ, one of whom marks nothing in the second."""
    readers = [make_user() for _ in range(3)]
    project = make_project(slug="caravan", members=dict.fromkeys(readers, "annotator"))
    for at in (0, 2):
        article = make_article(
            "Walk 😀 north\n\nAbout 7,500 people left, officials said. 😀 The line grew." + " More." * at
        )
        for place, reader in enumerate(readers):
            if at and not place:
                make_reading(project, article, reader)
                continue
            reading = make_reading(project, article, reader, [("FRAME", at, 6 + place)])
            make_relation(make_mark(reading, "CONTENT", 14, 37 - place), make_mark(reading, "SOURCE", 39, 48))
    recount_project(project=project)
    return project


@pytest.fixture
def release(project: Project, tmp_path: Path) -> Path:
    return export_release(project=project, out=tmp_path / "release", version="1.0.0").path


def scored(project: Project) -> dict[str, tuple[float | None, float | None, float | None]]:
    """Label → alpha with its interval, as ``score`` prints them."""
    said = io.StringIO()
    call_command("score", project.slug, "--bootstrap", "1000", "--json", stdout=said)
    return {
        name.partition(":")[2]: (figure["value"], *(figure.get("ci") or (None, None)))
        for name, figure in json.loads(said.getvalue())["metrics"].items()
        if name.startswith("char_alpha_label:")
    }


def assert_is_what_score_prints(table: Any, project: Project) -> None:
    """``table``: a data frame with the released figures and those made again."""
    expected = scored(project)
    assert sum(value is not None for value, _, _ in expected.values()) == 3
    rows = {row["label"]: row for row in table.to_dict("records")}
    assert rows.keys() == expected.keys()
    for label, figures in expected.items():
        # A figure that is not defined is a null in the file and NaN in a column of floats.
        wanted = pytest.approx([float("nan") if one is None else one for one in figures], abs=1e-9, nan_ok=True)
        row = {name: float("nan") if value is None else value for name, value in rows[label].items()}
        assert [row["value"], row["ci_low"], row["ci_high"]] == wanted, label
        assert row["made_again"] == pytest.approx(row["value"], abs=1e-9, nan_ok=True), label


def test_the_page_on_loading_makes_the_agreement_table_again(
    project: Project, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    names: dict[str, Any] = {"DIRECTORY": str(release)}

    scripts = python_blocks()
    with redirect_stdout(io.StringIO()):
        exec(scripts.pop(""), names)

    assert_is_what_score_prints(names["table"], project)
    any_label = names["corpus"].query("metric == 'char_alpha_any' and layer.isna()", engine="python")["value"].item()
    assert names["alpha"](names["annotations"], names["articles"]) == pytest.approx(any_label, abs=1e-9)
    assert len(names["spans"]) == 15
    assert scripts.keys() == set(ELSEWHERE)


@pytest.mark.skipif(
    shutil.which("Rscript") is None, reason="R is not installed (on Debian: r-base-core, r-cran-jsonlite)"
)
def test_the_block_in_r_makes_the_agreement_table_again(project: Project, release: Path) -> None:
    (block,) = blocks(LOADING, "r")
    script = f'directory <- "{release}"\n{block}\ncat(toJSON(table, digits = NA, na = "null"))\n'

    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    expected = scored(project)
    assert {row["label"]: row["made_again"] for row in rows} == {
        label: value if value is None else pytest.approx(value, abs=1e-9) for label, (value, _, _) in expected.items()
    }


def test_the_notebook_counts_the_table_again_and_draws_it(
    project: Project, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEASE", str(release))
    names: dict[str, Any] = {}

    with mpl.rc_context({"backend": "agg"}), redirect_stdout(io.StringIO()):
        for cell in NOTEBOOK["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
        drawn = [names["plt"].figure(number) for number in names["plt"].get_fignums()]
        names["plt"].close("all")

    assert_is_what_score_prints(names["table"], project)
    agreement, article = (figure.axes[0] for figure in drawn)
    defined = names["defined"]
    assert [list(line.get_xdata()) for line in agreement.lines[:2]] == [
        list(defined["value"]),
        pytest.approx(list(defined["value"]), abs=1e-9),
    ]
    assert [text.get_text() for text in article.get_yticklabels()] == sorted(set(names["annotations"]["annotator_id"]))
    assert article.get_xlim() == (0, names["articles"]["n_chars"][0])


def test_the_notebook_is_stored_unrun_and_counts_as_the_page_does() -> None:
    cells = NOTEBOOK["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    (alpha,) = ["".join(cell["source"]) for cell in code if cell["id"] == "alpha"]

    assert len({cell["id"] for cell in cells}) == len(cells)
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)
    assert alpha in LOADING


def test_the_page_on_publishing_leads_to_a_directory_to_upload(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks(PUBLISHING, "sh") for line in block.splitlines()]
    (_, *export), (_, *verify), grep, (_, *upload) = map(shlex.split, lines)

    call_command(*export)
    call_command(*verify)
    gaps = subprocess.run(grep, capture_output=True, text=True).stdout
    shutil.rmtree("caravan-1.0.0")
    save_data_statement(project=project, told=dict.fromkeys(Told.__dataclass_fields__, "Written."))
    call_command(*export)
    none_left = subprocess.run(grep, capture_output=True, text=True)
    uploaded = subprocess.run(
        [Path(sys.executable).parent / "hf", *upload],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "LANG": "C.UTF-8"},
    )

    assert {line.partition(":")[0] for line in gaps.splitlines()} == {
        f"caravan-1.0.0/{name}" for name in ("README.md", "DATASTATEMENT.md", "LICENSE.md", "CITATION.cff")
    }
    assert (none_left.returncode, none_left.stdout) == (1, "")
    # Its options are right: what stops it is the network that it may not use here.
    assert "offline" in (uploaded.stdout + uploaded.stderr).lower()
