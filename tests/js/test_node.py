"""Runs the browser modules' own tests (tests/js/*.test.mjs) under Node."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.node
def test_javascript_modules_pass_their_tests():
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed: the tests of the browser modules did not run")
    files = sorted(map(str, HERE.glob("*.test.mjs")))
    run = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    passed = re.search(r"^# pass (\d+)", run.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) >= len(files), "every file has at least one test that ran"
