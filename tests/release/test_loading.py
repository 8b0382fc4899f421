"""A release of the sample project, read value by value with the libraries that researchers load it with.

``make loaders`` does the same with polars, mlcroissant and older datasets, which are in environments of their own.
"""

import importlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import datasets
import pytest
from django.db import transaction
from django.test import override_settings
from jsonschema import Draft202012Validator

from annotate.models import Project
from config.demo import SLUG, load_demo
from release.operations.building import export_release
from release.operations.statements import save_data_statement
from tests.release.loaders.answer import plain

# Only where a test of the run asks for the database is there one for tests.
pytestmark = pytest.mark.django_db

READERS = Path(__file__).parent / "loaders"


@pytest.fixture(scope="module")
def release(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What people get who press *Build* in the demo with all that loads as a table ticked."""
    with django_db_blocker.unblock(), override_settings(DEBUG=True), transaction.atomic():
        load_demo()
        project = Project.objects.get(slug=SLUG)
        save_data_statement(project=project, told={"authors": "Mara Lindqvist", "licence": "CC-BY-4.0"})
        built = export_release(
            project=project,
            out=tmp_path_factory.mktemp("release") / "caravan-1.0.0",
            version="1.0.0",
            formats=["parquet", "typed"],
        )
        transaction.set_rollback(True)
    return built.path


def records_of(release: Path) -> dict[str, list[Any]]:
    """The lines of every data file with records, by the name of the file."""
    lines = {path.stem: path.read_bytes().splitlines() for path in (release / "data").glob("*.jsonl")}
    return {name: [json.loads(line) for line in found] for name, found in lines.items() if found}


def read_with(python: str, library: str, release: Path, scratch: Path) -> tuple[str, dict[str, Any]]:
    """The version of ``library`` in the environment of ``python``, and the records as its reader there finds them."""
    out = scratch / "answer.json"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "HF_HOME": str(scratch / "huggingface"),
        "HF_HUB_OFFLINE": "1",
    }
    command = [python, str(READERS / f"with_{library}.py"), str(release), str(out)]
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(out.read_bytes())
    return answer["library"], answer["records"]


def shallow(record: dict[str, Any]) -> dict[str, Any]:
    """As mlcroissant reads it: without lists in lists, which croissant.json leaves to schema/, and floats not quite."""
    return {
        name: [inner(one) for one in value] if isinstance(value, list) else nearly(value)
        for name, value in record.items()
    }


def inner(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    # pandas, by which mlcroissant reads, is off in the last digit of a float unless it is asked not to be.
    return {name: nearly(one) for name, one in value.items() if not isinstance(one, list)}


def nearly(value: Any) -> Any:
    """``value`` as it compares with a float that differs in the last digit."""
    return pytest.approx(value, rel=1e-14) if isinstance(value, float) else value


def assert_read_whole(library: str, found: Mapping[str, Any], release: Path) -> None:
    """Every file with records was read, with every value in its place."""
    expected = records_of(release)
    if library == "mlcroissant":
        expected = {name: [shallow(record) for record in records] for name, records in expected.items()}
    else:
        tables = [path for path in (release / "extra" / "parquet").glob("*.parquet") if path.stem in expected]
        expected |= {path.name: expected[path.stem] for path in tables}
    filled = {name: records for name, records in found.items() if records}
    assert filled.keys() == expected.keys()
    for name, records in expected.items():
        assert filled[name] == records, name


@pytest.mark.parametrize("library", ["datasets", "pandas"])
def test_every_file_loads(library: str, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.syspath_prepend(READERS)
    reader = importlib.import_module(f"with_{library}")

    found = {name: [plain(record) for record in records] for name, records in reader.read(str(release)).items()}

    assert_read_whole(library, found, release)


def test_every_line_is_valid_under_its_schema(release: Path) -> None:
    files = records_of(release)
    assert len(files["annotations"]) == 8
    assert "spans_typed" in files
    for name, records in files.items():
        schema = json.loads((release / "schema" / f"{name}.schema.json").read_bytes())
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert [error.message for record in records for error in validator.iter_errors(record)] == [], name
