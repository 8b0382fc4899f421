"""JSON Lines with other names than ours, and what JSON allows and an import cannot take."""

import io
import json

import pytest

from corpus.readers import ImportRow, Limits, ReadOptions, read, upload


def _read(*records, **options):
    data = b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in records)
    return list(read([upload("a.jsonl", io.BytesIO(data))], ReadOptions(**options)))


def test_columns_name_fields_within_objects():
    record = {"article": {"body": "Some words", "meta": {"lang": "en"}}, "head": "T", "id": 7, "outlet": "O"}

    [row] = _read(
        record, columns={"text": "article.body", "language": "article.meta.lang", "title": "head", "outlet": ""}
    )

    assert row.fields == {"text": "Some words", "language": "en", "title": "T", "id": "7"}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"a.b": "Some words", "a": {"b": "Others"}}, id="a name with a dot goes first"),
        pytest.param({"a": {"b": "Some words"}}, id="within an object"),
    ],
)
def test_a_dot_may_be_part_of_a_name(record):
    assert _read(record, columns={"text": "a.b"})[0].fields == {"text": "Some words"}


@pytest.mark.parametrize(
    ("record", "field", "code", "words"),
    [
        (
            {"text": "Some words"},
            "text",
            "missing_text",
            'no "a.b", which holds the text of the others (its fields: text)',
        ),
        ({"a": "Some words"}, "text", "missing_text", "its fields: a"),
        ({"a": {"b": {"c": 1}}}, "text", "not_a_string", "not an object"),
        ({"a": {"b": ["x"]}}, "text", "not_a_string", "not a list"),
    ],
)
def test_a_record_without_the_column_is_refused(record, field, code, words):
    [found] = _read(record, columns={"text": "a.b"})

    assert (found.field, found.code) == (field, code)
    assert words in found.message


def test_a_field_that_is_none_of_ours_is_one_rejection():
    [found] = _read({"text": "a b"}, {"text": "c d"}, columns={"body": "text"})

    assert (found.line, found.code) == (None, "no_such_field")


def _nested(levels):
    value = "x"
    for _ in range(levels - 1):
        value = {"a": value}
    return {"text": "Some words", "extra": value}


@pytest.mark.parametrize(
    "make", [_nested, lambda n: {"text": "Some words", "extra": json.loads("[" * (n - 1) + "]" * (n - 1))}]
)
def test_nesting_goes_as_deep_as_the_limit(make):
    fits, over, far_over = _read(make(5), make(6), make(900), limits=Limits(depth=5))

    assert isinstance(fits, ImportRow)
    assert [(o.line, o.code) for o in (over, far_over)] == [(2, "too_deep"), (3, "too_deep")]
    assert "more than 5 times" in over.message


def test_nesting_deeper_than_python_goes_is_the_same_refusal():
    deep = b'{"text": "Some words", "a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"

    assert [getattr(o, "code", "row") for o in _read(deep, {"text": "Some words"})] == ["too_deep", "row"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"text": "Some words", "id": ' + b"9" * 4301 + b"}", "huge_number"),
        (b'{"text": "Some words", "x": [' + b"9" * 4301 + b"]}", "huge_number"),
        (b'{"text": "Some words", "x": NaN}', "not_a_number"),
        (b'{"text": "Some words", "x": Infinity}', "not_a_number"),
        (b'{"text": "Some \\ud83d words"}', "lone_surrogate"),
        (b'{"text": "Some \\ude00\\ud83d words"}', "lone_surrogate"),
        (b'{"text": "Some \\u0000 words"}', "nul_character"),
        (b'{"text": "Some words", "a": {"b": 1, "b": 2}}', "duplicate_key"),
        (b'{"text": "Some\nwords"}', "bad_json"),
    ],
)
def test_what_json_allows_and_postgres_does_not_is_refused(line, code):
    assert _read(line)[0].code == code


def test_a_pair_of_surrogates_is_a_character_and_a_float_may_be_large():
    [row] = _read(b'{"text": "Some \\ud83d\\ude00", "x": 1e999}')

    assert row.fields == {"text": "Some 😀"}
