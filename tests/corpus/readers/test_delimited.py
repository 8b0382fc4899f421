"""CSV and TSV: every way a table is written, and everything that goes wrong in one."""

import csv
import io
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import ImportRow, Limits, ReadOptions, read, upload
from corpus.readers.csv_records import lift_field_limit
from tests.corpus.readers.fuzzing import MIB, files, memory_limit, outcomes

ENCODINGS = st.sampled_from(["", "cp1252", "utf-16-le", "shift_jis"])
TABLE = 'id;título;"texto";fecha\r\n7;Uno;"Dijo ""sí""; y\r\nluego no.";2024/04/03\r\n8;Dos;Palabras;\r\n'


def _read(data, *, name="a.csv", **options):
    return list(read([upload(name, io.BytesIO(data))], ReadOptions(**options)))


def _short(outcome):
    if isinstance(outcome, ImportRow):
        return (outcome.line, dict(outcome.fields))
    return (outcome.line, outcome.field, outcome.code)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_table_is_read_whatever_its_delimiter_encoding_and_line_ends(delimiter, encoding, line_end):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([["id", "Título", "texto"], ["1", "a, b; c|d\te", 'Él dijo "no"'], ["2", "", "Dos\nlíneas"]])

    rows = _read(written.getvalue().encode(encoding))

    assert [_short(row) for row in rows] == [
        (2, {"id": "1", "title": "a, b; c|d\te", "text": 'Él dijo "no"'}),
        (3, {"id": "2", "text": "Dos\nlíneas"}),
    ]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param("id,título,texto\n1,Él,“así”\n".encode("cp1252"), "cp1252", id="cp1252, said"),
        pytest.param("id,título,texto\n1,Él,“así”\n".encode("utf-16-le"), "utf-16-le", id="utf-16 without mark, said"),
        pytest.param("id,título,texto\n1,Él,“así”\n".encode(), "cp1252", id="utf-8 although cp1252 was said"),
    ],
)
def test_an_encoding_is_taken_where_it_is_needed(data, encoding):
    assert [_short(row) for row in _read(data, encoding=encoding)] == [(2, {"id": "1", "title": "Él", "text": "“así”"})]


def test_a_row_that_cannot_be_decoded_is_refused_and_the_others_go_in():
    data = b"id,text\n1,plain words\n2,caf\xe9 words\n3,more words\n"

    first, refused, last = _read(data)

    assert (first.fields["id"], last.fields["id"]) == ("1", "3")
    assert (refused.line, refused.code) == (3, "wrong_encoding")
    assert "0xe9 in column 'text' is not UTF-8" in refused.message
    assert "--encoding cp1252" in refused.message
    assert [_short(row) for row in _read(b"id,text\n1,caf\xe9 \x81\n", encoding="cp1252")] == [
        (2, "", "wrong_encoding")
    ]
    assert [_short(row) for row in _read(b"id,text,\xe9\n1,a b,c\n")] == [(1, "", "wrong_encoding")]


@pytest.mark.parametrize(
    ("header", "delimiter_is"),
    [
        ("id;title, subtitle;text", ";"),
        ("id|text", "|"),
        ("one thing;text", ";"),
        ('"a;b",text', ","),
        ("text, and more\tid\ttitle", "\t"),
    ],
)
def test_the_delimiter_is_the_one_that_makes_sense_of_the_header(header, delimiter_is):
    cells = next(csv.reader([header], delimiter=delimiter_is))
    row = delimiter_is.join("words here" for _ in cells)

    [found] = _read(f"{header}\n{row}\n".encode(), columns={} if "text" in cells else {"text": cells[0]})

    assert found.fields["text"] == "words here"


def test_the_delimiter_follows_the_columns_that_are_asked_for():
    [row] = _read(b"a,b;Body\n1;some words\n", columns={"text": "Body"})

    assert row.fields == {"text": "some words"}


def test_excel_says_the_delimiter_and_spaces_may_follow_it():
    assert [_short(row) for row in _read(b"sep=|\ntext|x\nHi, you|3\n")] == [(3, {"text": "Hi, you"})]
    assert [_short(row) for row in _read(b'id, text\n1, "a, b"\n')] == [(2, {"id": "1", "text": "a, b"})]


@pytest.mark.parametrize(
    ("rows", "outcomes_are"),
    [
        pytest.param("1,a b\n2\n3,c d\n", [(2, "1"), (3, "", "too_few_cells"), (4, "3")], id="too few cells"),
        pytest.param("1,a b\n2,x,y\n3,c d\n", [(2, "1"), (3, "", "too_many_cells"), (4, "3")], id="too many cells"),
        pytest.param("1,a b,,\n3,c d\n", [(2, "1"), (3, "3")], id="empty cells too many"),
        pytest.param("1,a b\n\n , \n3,c d\n", [(2, "1"), (5, "3")], id="empty rows"),
        pytest.param('1,a b\n2,"x"y\n3,c d\n', [(2, "1"), (3, "", "unbalanced_quotes"), (4, "3")], id="text after quote"),
        pytest.param('1,a b\n2,"x\n8,"y z"\n3,c d\n', [(2, "1"), (3, "", "unbalanced_quotes"), (5, "3")], id="quote left open"),
        pytest.param('1,a b\n2,"x\n8,y\n9,z\n', [(2, "1"), (3, "", "unclosed_quote")], id="quote never closed"),
        pytest.param('1,"a\n\nb"\n2,\n', [(2, "1"), (5, "text", "empty_text")], id="line counts lines of the file"),
        pytest.param("1,a\x00b c\n3,c d\n", [(2, "text", "nul_character"), (3, "3")], id="NUL"),
        pytest.param("1,a b\n2,--\n", [(2, "1"), (3, "text", "empty_text")], id="signs"),
    ],
)  # fmt: skip
def test_a_broken_row_is_reported_with_its_line_and_the_rest_goes_in(rows, outcomes_are):
    found = _read(f"id,text\n{rows}".encode())

    assert [(o.line, o.fields["id"]) if isinstance(o, ImportRow) else _short(o) for o in found] == outcomes_are


def test_an_unclosed_quote_says_which_lines_are_lost():
    *_, rejection = _read(b'id,text\n1,a b\n2,"x\n8,y\n9,z\n')

    assert "line 3 is never closed: lines 3 to 5 are left out" in rejection.message


@pytest.mark.parametrize(
    ("field", "line_after"),
    [
        pytest.param("words " * 900_000, 4, id="plain"),
        pytest.param('"' + "words " * 900_000 + '"', 4, id="quoted"),
        pytest.param('"' + 'li""ne,\n' * 700_000 + '"', 700_004, id="quoted, of many lines"),
    ],
)
def test_a_5_mb_field_is_refused_by_line_and_column_and_the_rest_goes_in(field, line_after):
    data = f'id,body,url\n1,a b,\n2,{field},http://example.org\n3,c d,\n4,"e\nf",\n'.encode()
    _read(data[:200])  # modules are loaded

    with memory_limit(40 * MIB):
        first, refused, third, last = _read(data)

    assert [row.fields["id"] for row in (first, third, last)] == ["1", "3", "4"]
    assert (refused.line, refused.field, refused.code) == (3, "text", "too_large")
    assert "column 'body' (column 2)" in refused.message
    assert (third.line, last.line) == (line_after, line_after + 1)


def test_the_limit_counts_bytes_and_a_record_at_the_limit_goes_in():
    limits = Limits(record_bytes=1000)

    assert [_short(o)[2:] for o in _read(f"text,id\n{'é' * 501},1\n".encode(), limits=limits)] == [("too_large",)]
    assert len(_read(f"text\n{'é' * 500}\n".encode(), limits=limits)[0].fields["text"]) == 500


def test_an_unclosed_quote_over_the_limit_is_named_as_such():
    data = b'id,text\n1,a b\n2,"' + b"words, words\n" * 1000

    assert [_short(o) for o in _read(data, limits=Limits(record_bytes=400))][1:] == [(3, "", "unclosed_quote")]


@pytest.mark.parametrize(
    ("data", "line", "code"),
    [
        pytest.param(b"", 1, "empty_file", id="empty"),
        pytest.param(b"\n\n", 1, "empty_file", id="blank"),
        pytest.param(b"id,text\n", None, "empty_file", id="header only"),
        pytest.param(b"a,b\n1,2\n", 1, "no_text_column", id="no text"),
        pytest.param("id,text\n1,a\n".encode("utf-16-le"), 1, "not_text", id="utf-16 without mark"),
        pytest.param(b'"id,text\n1,a\n', 1, "unclosed_quote", id="quote in the header"),
        pytest.param(b"text,text\na b,c\n", 1, "duplicate_column", id="header twice"),
    ],
)
def test_a_file_that_is_no_table_is_one_rejection(data, line, code):
    [rejection] = _read(data)

    assert (rejection.line, rejection.code) == (line, code)


def test_readers_in_many_threads_do_not_lower_each_others_field_limit():
    csv.field_size_limit(131_072)
    threads = [threading.Thread(target=lift_field_limit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert csv.field_size_limit() == sys.maxsize
    assert len(_read(b"text\n" + b"a " * 100_000)[0].fields["text"]) == 200_000


def test_reading_is_flat_in_memory():
    rows = 60_000
    data = b"id,text\n" + b"".join(b'%d,"some words, %s"\n' % (n, b"x" * 500) for n in range(rows))
    source = upload("a.csv", io.BytesIO(data))
    assert next(read([source]))

    with memory_limit(8 * MIB):
        assert sum(1 for _ in read([source])) == rows


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from(",;\t|"), st.booleans())
def test_what_a_csv_writer_writes_is_read_back(rows, delimiter, quoted):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(["text", "title"])
    writer.writerows([f"words {text}", title] for text, title in rows)

    found = _read(written.getvalue().encode())

    assert [(row.fields["text"], row.fields.get("title", "")) for row in found] == [
        (f"words {text}", title) for text, title in rows
    ]


@given(
    files(
        TABLE.encode(),
        TABLE.encode("utf-16"),
        TABLE.replace(";", ",").encode("cp1252"),
        tokens=[b'"', b";", b",", b"\t"],
    ),
    ENCODINGS,
    st.sampled_from([Limits(), Limits(record_bytes=60)]),
    st.sampled_from([{}, {"text": "texto", "title": ""}]),
)
def test_any_bytes_become_rows_and_rejections(data, encoding, limits, columns):
    outcomes("csv", data, options=ReadOptions(encoding=encoding, limits=limits, columns=columns))
