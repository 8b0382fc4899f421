"""Files packed by gzip are read as what they hold, and never further than the limits."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import ImportRow, Limits, ReadOptions, preview, read, sources_of, upload
from tests.corpus.readers.fuzzing import MIB, check, files, memory_limit, time_limit

LINES = b'{"text": "Some words"}\n{"text": "More words"}\n'


def _read(name, data, **options):
    return list(read([upload(name, io.BytesIO(data))], ReadOptions(**options)))


def _texts(outcomes):
    return [o.fields["text"] if isinstance(o, ImportRow) else o.code for o in outcomes]


@pytest.mark.parametrize(
    ("name", "data", "texts"),
    [
        ("a.jsonl.gz", LINES, ["Some words", "More words"]),
        ("A.NDJSON.GZ", LINES, ["Some words", "More words"]),
        ("a.csv.gz", b"id;text\n1;Some words\n", ["Some words"]),
        ("a.tsv.gz", "id\ttext\n1\tSome words\n".encode("utf-16"), ["Some words"]),
        ("a.txt.gz", b"Some words", ["Some words"]),
    ],
)
def test_packed_files_are_read(name, data, texts):
    assert _texts(_read(name, gzip.compress(data))) == texts


def test_a_name_that_says_packed_may_hold_what_is_not():
    assert _texts(_read("a.jsonl.gz", LINES)) == ["Some words", "More words"]


def test_members_one_after_the_other_and_padding_are_read():
    assert (
        _texts(_read("a.jsonl.gz", gzip.compress(LINES) + gzip.compress(LINES) + b"\x00" * 512))
        == [
            "Some words",
            "More words",
        ]
        * 2
    )


def test_an_encoding_and_columns_work_on_packed_files(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress("Título,Cuerpo\nÉl,“así”\n".encode("cp1252")))
    options = ReadOptions(encoding="cp1252", columns={"title": ""})

    assert [dict(row.fields) for row in read(sources_of([tmp_path]), options)] == [{"text": "“así”"}]
    assert preview(sources_of([tmp_path])[0], options).columns == ("Título", "Cuerpo")


def test_a_bomb_is_stopped_and_the_rows_before_it_and_other_files_go_in():
    bomb = gzip.compress(LINES + b" " * (200 * MIB) + LINES)
    assert len(bomb) < 300_000
    sources = [upload(name, io.BytesIO(data)) for name, data in [("a.jsonl.gz", bomb), ("b.jsonl", LINES)]]

    with memory_limit(20 * MIB), time_limit(10):
        found = list(read(sources))

    assert _texts(found) == ["Some words", "More words", "expansion", "Some words", "More words"]
    assert "200 times its size (IMPORT_EXPANSION)" in found[2].message


def test_what_unpacks_to_more_than_a_file_may_hold_is_stopped():
    data = gzip.compress(LINES * 100_000)

    *_, last = _read("a.jsonl.gz", data, limits=Limits(file_bytes=MIB, expansion=10_000))

    assert (last.code, last.line) == ("too_large", None)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-20], id="cut off"),
        pytest.param(lambda data: data[:-8] + b"\x00" * 8, id="wrong checksum"),
        pytest.param(lambda data: data + b"something else", id="something behind"),
    ],
)
def test_damage_is_named_and_the_rows_before_stand(damage):
    lines = b"".join(b'{"text": "Words number %d"}\n' % n for n in range(50_000))

    found = _read("a.jsonl.gz", damage(gzip.compress(lines)))

    assert len(found) > 1000
    assert (found[-1].line, found[-1].code) == (None, "damaged")
    assert {type(row) for row in found[:-1]} == {ImportRow}


@given(
    files(gzip.compress(LINES), gzip.compress(b"id,text\n1,Some words\n") * 2, tokens=[b"\x1f\x8b\x08\x00"]),
    st.sampled_from(["jsonl", "csv", "text"]),
    st.sampled_from([Limits(), Limits(record_bytes=30, expansion=1, file_bytes=40)]),
)
def test_any_bytes_become_rows_and_rejections(data, format, limits):
    source = upload("fuzzed", io.BytesIO(b"\x1f\x8b" + data), format=format)

    with time_limit(5), memory_limit(64 * MIB):
        found = list(read([source], ReadOptions(limits=limits)))

    assert found
    for outcome in found:
        check(outcome)
