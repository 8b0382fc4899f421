"""A browser or Node test that skips: a skip on a laptop, a failure in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("marker", "ci", "code"),
    [
        ("browser", {"CI": "true"}, 1),
        ("node", {"SLANTWISE_CI": "1"}, 1),
        ("browser", {}, 0),
        ("slow", {"CI": "true"}, 0),
    ],
)
def test_a_skip_for_lack_of_a_program_fails_in_ci_only(
    marker: str, ci: dict[str, str], code: int, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_runtest_makereport\n")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nmarkers =\n    {marker}: for this test\n")
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n@pytest.mark.{marker}\ndef test_it():\n    pytest.skip('not installed')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **ci}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
