"""What somebody sees who says which column is which."""

import contextlib
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import ALL, NoPreviewError, Preview, ReadOptions, has_columns, preview, upload
from tests.corpus.readers.fuzzing import MIB, files, memory_limit, time_limit


def _preview(name, data, rows=5, **options):
    return preview(upload(name, io.BytesIO(data)), ReadOptions(**options), rows)


def test_a_csv_shows_its_columns_rows_and_how_it_was_read():
    data = 'id;Título;Cuerpo\n1;Uno;"dos\nlíneas"\n\n2;Dos\n3;"oops"x;y\n4;Tres;más;sobra\n5;Cuatro;no\n'.encode(
        "cp1252"
    )

    assert _preview("a.csv", data, rows=3, encoding="cp1252") == Preview(
        columns=("id", "Título", "Cuerpo"),
        rows=(("1", "Uno", "dos líneas"), ("2", "Dos", ""), ("4", "Tres", "más")),
        guessed={"id": "id", "title": "Título", "text": "Cuerpo"},
        encoding="cp1252",
        delimiter=";",
    )


def test_json_lines_show_dotted_names_and_values_cut_to_a_line():
    lines = [
        {"id": 1, "article": {"body": "Some words\n\nand more", "meta": {"lang": "en"}}, "tags": ["a"]},
        {"id": 2, "title": None, "article": {"body": "x" * 500}},
    ]

    shown = _preview("a.jsonl", b"broken\n" + b"\n".join(json.dumps(line).encode() for line in lines))

    assert shown == Preview(
        columns=("id", "tags", "article.body", "article.meta.lang", "title"),
        rows=(("1", "['a']", "Some words  and more", "en", ""), ("2", "", "x" * 200, "", "")),
        guessed={"id": "id", "text": "article.body", "title": "title"},
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"Some words", "Plain text has no columns"),
        ("a.csv", b"", "The file is empty"),
        ("a.csv", b'"id,text\n', "never closed"),
        ("a.csv", "id,título\n".encode("cp1252"), "--encoding cp1252"),
        ("a.jsonl", b"\n", "no record"),
        ("a.jsonl", b"{\n[1]", "Not JSON at column"),
    ],
)
def test_a_file_that_shows_none_says_why(name, data, words):
    with pytest.raises(NoPreviewError, match=words):
        _preview(name, data)


def test_tables_are_the_formats_that_show_columns():
    assert {"csv", "jsonl"} <= {format.name for format in ALL if has_columns(format.name)}
    assert not has_columns("text")


LINES = b'{"id": 1, "article": {"body": "Some words"}, "tags": ["a"]}\n{"text": "Others"}\n'
TABLE = pa.table({"id": [1, None], "text": ["Some words", None], "s": [{"a": [1]}, None]})


def _parquet():
    written = io.BytesIO()
    pq.write_table(TABLE, written)
    return written.getvalue()


@given(
    st.sampled_from(["csv", "jsonl", "parquet"]),
    files(LINES, b'id;text\n1;"Some\nwords"\n', _parquet(), tokens=[b'"', b";", b"{", b"\x1f\x8b"]),
    st.sampled_from(["", "cp1252", "utf-16-le"]),
)
def test_any_bytes_show_columns_or_say_why_not(format, data, encoding):
    source = upload("fuzzed", io.BytesIO(data), format=format)

    with time_limit(5), memory_limit(64 * MIB), contextlib.suppress(NoPreviewError):
        shown = preview(source, ReadOptions(encoding=encoding))
        assert all(len(row) == len(shown.columns) for row in shown.rows)
        assert set(shown.guessed.values()) <= set(shown.columns)
