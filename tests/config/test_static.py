"""Scripts and styles as they are served."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from config.static import lean, lean_script, lean_styles

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


@pytest.mark.parametrize(
    ("source", "served"),
    [
        ("if (a && b) { c = { d: e }; }\n", "if(a&&b){c={d:e};}\n"),
        ("const f = async (a) => a ?? (b ? .5 : 1);\n", "const f=async(a)=>a??(b?.5:1);\n"),
        ("a = b + +c - -d < e;\n", "a=b + +c - -d < e;\n"),
        ('say("a ; b", \'( "c" )\', `d = ${e ? 1 : 2} ; f`);\n', 'say("a ; b",\'( "c" )\',`d = ${e ? 1 : 2} ; f`);\n'),
        ("say(`a ${b ? `c ; d` : 1} ; e`, f);\n", "say(`a ${b ? `c ; d` : 1} ; e`, f);\n"),
        ("const spaces = / , ;/u, b = 2;\n", "const spaces = / , ;/u, b = 2;\n"),
    ],
)
def test_scripts_lose_their_spaces_but_not_their_texts(source, served):
    assert lean_script(f"// Why.\n{source}") == served


def test_a_text_over_several_lines_is_left_alone():
    source = "const words = `\n  // no comment\n`;\n"
    assert lean(source) == lean_script(source) == source


@pytest.mark.node
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_what_is_served_is_the_script_still(source, node, tmp_path):
    text = source.read_text(encoding="utf-8")
    short = lean_script(text)
    assert len(short) < len(text)
    assert "".join(short.split()) == "".join(lean(text).split())
    lines = [line for line in lean(text).splitlines() if "'" not in line and "`" not in line]
    assert [one for line in lines for one in re.findall(r'"[^"\\]*"', line) if one not in short] == []
    script = tmp_path / f"{source.stem}.mjs"
    script.write_text(short, encoding="utf-8")
    subprocess.run([node, "--check", str(script)], check=True)


def test_our_files_are_served_lean_and_packed_those_of_others_as_they_are(client):
    answer = client.get("/static/annotate/task.js", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip")
    assert answer["Content-Type"] == 'text/javascript; charset="utf-8"'
    source = (ROOT / "annotate/static/annotate/task.js").read_text(encoding="utf-8")
    assert gzip.decompress(b"".join(answer.streaming_content)).decode() == lean_script(source)
    plain = client.get("/static/annotate/task.js", headers={"Accept-Encoding": "identity"})
    assert b"".join(plain.streaming_content).decode() == lean_script(source)
    theirs = client.get("/static/admin/css/base.css")
    assert b"/*" in b"".join(theirs.streaming_content)
