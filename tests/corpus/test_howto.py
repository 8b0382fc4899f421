"""docs/howto/import-articles.md does what it says.

In the page, a fenced block with a file name after its language is a file, a ``python`` block makes files, and a
``console`` block holds ``$ …/manage.py …`` lines, each followed by exactly what it prints. A section is one story:
its blocks run in order in one empty directory.
"""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command
from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.readers import ALL

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "howto" / "import-articles.md"


def _sections() -> list[tuple[str, list[Token]]]:
    """(heading, fenced blocks) of each section that has blocks."""
    sections: list[tuple[str, list[Token]]] = []
    tokens = MarkdownIt().parse(PAGE.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == "heading_open" and before.tag == "h2":
            sections.append((token.content, []))
        if token.type == "fence":
            sections[-1][1].append(token)
    return [section for section in sections if section[1]]


@pytest.mark.django_db
@pytest.mark.parametrize("blocks", [pytest.param(blocks, id=title) for title, blocks in _sections()])
def test_the_section_does_what_it_says(blocks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        language, _, name = block.info.partition(" ")
        if name:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(block.content, encoding="utf-8")
        elif language == "python":
            exec(compile(block.content, str(PAGE), "exec"), {})
        elif language == "console":
            for command, printed in _commands(block.content):
                assert _run(command) == printed


def _commands(block: str) -> list[tuple[str, str]]:
    """(command line, what it prints) of each command in a console block."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _run(command: str) -> str:
    name, *arguments = shlex.split(command.partition("manage.py ")[2])
    printed = io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command(name, *arguments, stdout=printed, stderr=printed, no_color=True)
    return printed.getvalue()


def test_every_format_is_in_the_table():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| [")]
    for format in ALL:
        fitting = [row for row in rows if all(f"`{suffix}`" in row for suffix in format.suffixes)]
        assert len(fitting) == 1, f"{format.name} needs a row that names {', '.join(format.suffixes)}"
        assert not format.extra or f"`{format.extra}`" in fitting[0]
