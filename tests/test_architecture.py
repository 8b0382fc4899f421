"""The direction of imports (docs: the house), read from the source, so that a lazy import counts too."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Package -> the packages of ours it may import, itself aside.
ALLOWED = {
    "config": {"release", "annotate", "corpus", "agreement", "spans"},
    "release": {"annotate", "corpus", "agreement", "spans"},
    "annotate": {"corpus", "agreement", "spans"},
    "corpus": {"spans"},
    "agreement": {"spans"},
    "spans": set(),
}
PURE = {"spans", "agreement"}
PURE_MAY_IMPORT = set(sys.stdlib_module_names) | {"numpy"}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, top-level package) of each absolute import in the file, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.split(".")[0]


def violations(package: str, files: list[Path]) -> list[str]:
    found = []
    for path in files:
        for line, name in imported(path):
            foreign = name in ALLOWED and name != package and name not in ALLOWED[package]
            impure = package in PURE and name not in PURE_MAY_IMPORT | ALLOWED[package] | {package}
            if foreign or impure:
                found.append(f"{path}:{line} imports {name}")
    return found


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    assert violations(package, files) == []


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_no_package_reaches_out_of_itself_by_a_relative_import(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        depth = len(path.relative_to(ROOT).parts) - 1
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, f"{path}:{node.lineno}"


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("corpus", "from annotate.models import Task\n"),
        ("annotate", "def f():\n    import release.models\n"),
        ("annotate", "import config.settings\n"),
        ("spans", "import django\n"),
        ("spans", "import agreement\n"),
        ("agreement", "from scipy import stats\n"),
    ],
)
def test_a_wrong_import_is_found(package: str, source: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    assert len(violations(package, [path])) == 1
