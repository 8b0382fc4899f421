"""Files in, rows and rejections out; nothing a file holds stops the ones after it."""

import io
import json

import pytest

from corpus.readers import DEFAULTS, NothingToReadError, ReadOptions, UnknownFormatError, read, sources_of, upload


def _read(name, data, **options):
    return list(read([upload(name, io.BytesIO(data))], ReadOptions(**options)))


def _line(**fields):
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        pytest.param("Émile, “x”".encode(), "", "Émile, “x”", id="utf-8"),
        pytest.param("Émile".encode("utf-8-sig"), "", "Émile", id="utf-8 with mark"),
        pytest.param("Émile".encode("utf-16"), "", "Émile", id="utf-16 with mark"),
        pytest.param("Émile 😀".encode("utf-16-be"), "utf-16-be", "Émile 😀", id="utf-16 without mark, said"),
        pytest.param(
            "naive Emile".encode("utf-16-le"), "utf-16-le", "naive Emile", id="utf-16 that is valid utf-8, said"
        ),
        pytest.param("Émile “x”".encode("cp1252"), "cp1252", "Émile “x”", id="cp1252, said"),
        pytest.param("Émile".encode(), "cp1252", "Émile", id="utf-8 although cp1252 was said"),
    ],
)
def test_text_is_decoded(data, encoding, text):
    [row] = _read("a.txt", data, encoding=encoding)

    assert row.fields == {"text": text}


@pytest.mark.parametrize(
    ("data", "encoding", "code"),
    [
        pytest.param("Émile".encode("cp1252"), "", "wrong_encoding", id="cp1252, not said"),
        pytest.param(b"\x81\x8d\xff", "cp1252", "wrong_encoding", id="not that encoding either"),
        pytest.param(b"\xff\xfeabc", "", "wrong_encoding", id="half a character of utf-16"),
        pytest.param(b"", "", "empty_text", id="empty file"),
        pytest.param(b" \n\xc2\xa0\n", "", "empty_text", id="white space"),
        pytest.param(b"-- * --", "", "empty_text", id="signs"),
        pytest.param(b"An article with a NUL \x00 in a long enough line of text. " * 5, "", "nul_character", id="NUL"),
        pytest.param(bytes(range(32)) * 40 + b"abc", "", "not_text", id="binary"),
        pytest.param(b"a " * (5 * 1024 * 512), "", "too_large", id="5 MB"),
    ],
)
def test_text_that_cannot_be_imported_is_reported(data, encoding, code):
    [rejection] = _read("a.txt", data, encoding=encoding)

    assert (rejection.source, rejection.line, rejection.field, rejection.code) == ("a.txt", None, "text", code)
    assert rejection.message.endswith(".")


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        pytest.param(b"{", "", "bad_json", id="cut off"),
        pytest.param(b'"text"', "", "not_an_object", id="string"),
        pytest.param(b"[1]", "", "not_an_object", id="list"),
        pytest.param(b"[" * 100_000, "", "too_deep", id="deep"),
        pytest.param(b'{"text": NaN}', "", "not_a_number", id="NaN"),
        pytest.param(b'{"text": "Some words", "x": -Infinity}', "", "not_a_number", id="infinity"),
        pytest.param(b'{"text": "Some words", "id": ' + b"9" * 5000 + b"}", "", "huge_number", id="huge number"),
        pytest.param(b'{"text": "Some words", "text": "b"}', "text", "duplicate_key", id="field twice"),
        pytest.param(b'{"body": "Some words"}', "text", "missing_text", id="no text"),
        pytest.param(b'{"text": null}', "text", "missing_text", id="null text"),
        pytest.param(b'{"text": ""}', "text", "empty_text", id="empty text"),
        pytest.param(b'{"text": 5}', "text", "not_a_string", id="number as text"),
        pytest.param(b'{"text": "Some words", "title": ["a"]}', "title", "not_a_string", id="list as title"),
        pytest.param(b'{"text": "Some\\u0000 words"}', "text", "nul_character", id="NUL"),
        pytest.param(b'{"text": "Some words", "title": "\\ud800"}', "title", "lone_surrogate", id="lone surrogate"),
        pytest.param(_line(text="Some words", title="a" * 1001), "title", "too_long", id="long title"),
        pytest.param(_line(text="Some words", url="javascript:alert(1)"), "url", "bad_url", id="address"),
        pytest.param(_line(text="Some words", url="http://[x"), "url", "bad_url", id="broken address"),
        pytest.param(_line(text="Some words", published="27/12/2023"), "published", "bad_date", id="date"),
        pytest.param(
            _line(text="Some words", published="0001-01-01T00:00:00+14:00"), "published", "bad_date", id="before time"
        ),
        pytest.param(_line(text="Some words", language="English!"), "language", "bad_language", id="language"),
        pytest.param(b'{"text": "\xe9t\xe9"}', "", "wrong_encoding", id="not utf-8"),
        pytest.param(b'{"text": "' + b"a " * (5 * 1024 * 512) + b'"}', "", "too_large", id="5 MB"),
    ],
)
def test_a_broken_line_in_the_middle_is_reported_and_the_rest_goes_in(line, field, code):
    first, broken, last = _read("a.jsonl", b"\n".join([_line(text="One two"), line, b"", _line(text="Three four")]))

    assert [row.fields["text"] for row in (first, last)] == ["One two", "Three four"]
    assert (first.line, last.line) == (1, 4)
    assert (broken.source, broken.line, broken.field, broken.code) == ("a.jsonl", 2, field, code)
    assert len(broken.excerpt) <= 200
    assert broken.message


def test_jsonl_fields_and_what_is_left_out():
    line = _line(
        id=7, title="T", text="Some words", outlet="", url=None, published="2023-12-27T10:00:00-06:00", colour="red"
    )

    [row] = _read("a.ndjson", b"\xef\xbb\xbf" + line)

    assert row.fields == {"id": "7", "title": "T", "text": "Some words", "published": "2023-12-27T10:00:00-06:00"}
    assert row.published.isoformat() == "2023-12-27T16:00:00+00:00"


def test_a_line_at_the_limit_is_read_and_one_byte_more_is_not():
    frame = len(_line(text="")) + 1
    fits, over = (_line(text="a" * (DEFAULTS.limits.record_bytes - frame + extra)) for extra in (0, 1))

    [row, rejection] = _read("a.jsonl", fits + b"\n" + over + b"\n")

    assert len(row.fields["text"]) == DEFAULTS.limits.record_bytes - frame
    assert (rejection.line, rejection.code) == (2, "too_large")


def test_utf_16_json_lines_and_an_empty_file_are_one_rejection_each():
    assert [r.code for r in _read("a.jsonl", '{"text": "a b"}\n{}\n'.encode("utf-16"))] == ["not_utf8_lines"]
    assert [r.code for r in _read("a.jsonl", b"\n \n")] == ["empty_file"]


def test_formats_are_told_by_name_then_by_content():
    assert upload("a.txt", io.BytesIO(b"{")).format == "text"
    assert upload("page", io.BytesIO(b"A page")).format == "text"
    assert upload("page", io.BytesIO(b' \n{"text": "a"}')).format == "jsonl"


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(UnknownFormatError, match=r"not known\. Choose one of: auto, .*jsonl"):
        upload("a.txt", io.BytesIO(b"x"), format="docx")


def test_directories_give_their_known_files_sorted(tmp_path):
    for name in ("b.txt", "a.jsonl", "a.expected", ".hidden.txt", "sub/c.txt", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")

    assert [s.name.removeprefix(f"{tmp_path}/") for s in sources_of([tmp_path])] == ["a.jsonl", "b.txt", "sub/c.txt"]
    assert [s.name.removeprefix(f"{tmp_path}/") for s in sources_of([tmp_path], format="text")] == [
        "b.txt",
        "sub/c.txt",
    ]
    with pytest.raises(NothingToReadError, match="does not exist"):
        sources_of([tmp_path / "missing"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToReadError, match="holds no file"):
        sources_of([tmp_path / "empty"])
