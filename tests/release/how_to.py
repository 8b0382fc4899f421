"""What the how-to pages tell people to run."""

import re
from pathlib import Path

from django.conf import settings

HOW_TO = Path(settings.BASE_DIR) / "docs" / "howto"
LOADING = (HOW_TO / "load-a-release.md").read_text(encoding="utf-8")
PUBLISHING = (HOW_TO / "publish-a-dataset.md").read_text(encoding="utf-8")
# Libraries that the page shows and .venv does not have; ``make loaders`` runs what is said of them.
ELSEWHERE = ("polars", "mlcroissant")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language, also those within lists."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", page, re.MULTILINE | re.DOTALL)
    return ["".join(line.removeprefix(indent) for line in block.splitlines(keepends=True)) for indent, block in found]


def python_blocks() -> dict[str, str]:
    """The Python of the page on loading, by library; ``""`` is what runs in .venv, as one script."""
    scripts: dict[str, str] = {}
    for block in blocks(LOADING, "python"):
        library = next((name for name in ELSEWHERE if f"import {name}" in block), "")
        scripts[library] = scripts.get(library, "") + block
    return scripts
