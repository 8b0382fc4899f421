"""Scripts and styles as they are served."""

import gzip
import subprocess
from pathlib import Path

import pytest

from config.static import lean, lean_styles

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "annotate/static/annotate").glob("*.js"))


def test_comments_of_whole_lines_and_indentation_go():
    source = (
        "/**\n * Says what.\n */\nexport const a = 1; // why\n\n  // then\n  const url = 'http://x/*';\n/* one */\n"
    )
    assert lean(source) == "export const a = 1;\nconst url = 'http://x/*';\n"


def test_a_text_that_looks_like_a_comment_stays():
    source = """say("first; // not a comment");\n"""
    assert lean(source) == source


def test_styles_lose_their_spaces_but_not_their_texts():
    source = """/* Why. */\n@media (max-width: 9px) {\n  a, b > c { color: red; content: "; a: b"; width: calc(1px + 2px); }\n}\n"""
    assert (
        lean_styles(source)
        == """@media (max-width: 9px){\na,b > c{color:red;content: "; a: b";width:calc(1px + 2px)}}"""
    )


def test_a_text_over_several_lines_is_left_alone():
    source = "const words = `\n  // no comment\n`;\n"
    assert lean(source) == source


@pytest.mark.node
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_what_is_served_is_the_script_still(source, node, tmp_path):
    short = lean(source.read_text(encoding="utf-8"))
    assert short != source.read_text(encoding="utf-8")
    script = tmp_path / f"{source.stem}.mjs"
    script.write_text(short, encoding="utf-8")
    subprocess.run([node, "--check", str(script)], check=True)


def test_our_files_are_served_lean_and_packed_those_of_others_as_they_are(client):
    answer = client.get("/static/annotate/task.js", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip")
    assert answer["Content-Type"] == 'text/javascript; charset="utf-8"'
    source = (ROOT / "annotate/static/annotate/task.js").read_text(encoding="utf-8")
    assert gzip.decompress(b"".join(answer.streaming_content)).decode() == lean(source)
    plain = client.get("/static/annotate/task.js", headers={"Accept-Encoding": "identity"})
    assert b"".join(plain.streaming_content).decode() == lean(source)
    theirs = client.get("/static/admin/css/base.css")
    assert b"/*" in b"".join(theirs.streaming_content)
