"""Parquet, Arrow and data sets of them: mapped like tables, and no bomb goes off."""

import datetime
import hashlib
import io
import json

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import (
    ImportRow,
    Limits,
    NoPreviewError,
    Preview,
    ReadOptions,
    preview,
    read,
    sha256_of,
    sources_of,
    upload,
)
from tests.corpus.readers.fuzzing import MIB, files, memory_limit, outcomes

LONG = "x" * 3_000_000
BERLIN = "Europe/Berlin"
NESTED = pa.table({"id": [1, 2], "article": [{"body": "Some words", "meta": {"lang": "en"}}, None]})


def _parquet(table, **options):
    written = io.BytesIO()
    pq.write_table(table, written, **options)
    return written.getvalue()


def _arrow(table, **options):
    written = io.BytesIO()
    feather.write_feather(table, written, **options)
    return written.getvalue()


def _stream(table):
    written = io.BytesIO()
    with pa.ipc.new_stream(written, table.schema) as writer:
        writer.write_table(table)
    return written.getvalue()


def _read(data, *, name="a.parquet", **options):
    return list(read([upload(name, io.BytesIO(data))], ReadOptions(**options)))


def _short(outcome):
    if isinstance(outcome, ImportRow):
        return (outcome.line, dict(outcome.fields))
    return (outcome.line, outcome.field, outcome.code)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(_parquet, id="parquet"),
        pytest.param(lambda table: _parquet(table, row_group_size=1), id="parquet of small groups"),
        pytest.param(lambda table: _parquet(table, use_dictionary=False), id="parquet without dictionaries"),
        pytest.param(_stream, id="arrow stream"),
        pytest.param(lambda table: _arrow(table, compression="uncompressed"), id="arrow file"),
        pytest.param(lambda table: _arrow(table, compression="zstd", chunksize=1), id="compressed arrow file"),
    ],
)
def test_columns_are_found_and_rows_counted(write):
    table = pa.table(
        {
            "id": [7, 8, 9],
            "Título": ["Él", None, ""],
            "cuerpo": ["Dijo “sí”. 😀", None, "Más"],
            "date": [datetime.date(2024, 4, 3), None, None],
            "source": pa.array([1, 2, 3]),
            "views": [1.5, None, 2.0],
        }
    )

    assert [_short(o) for o in _read(write(table))] == [
        (1, {"id": "7", "title": "Él", "text": "Dijo “sí”. 😀", "published": "2024-04-03"}),
        (2, "text", "empty_text"),
        (3, {"id": "9", "text": "Más"}),
    ]


@pytest.mark.parametrize(
    ("column", "values", "field", "kept"),
    [
        ("date", pa.array([1712131200000000001], pa.timestamp("ns", tz=BERLIN)), "published", "2024-04-03T08:00:00+00:00"),
        ("date", pa.array([1712131200], pa.timestamp("s")), "published", "2024-04-03T08:00:00"),
        ("date", pa.array(["2024/04/03"]), "published", "2024/04/03"),
        ("id", pa.array([7.0]), "id", "7"),
        ("id", pa.array([float("nan")]), "id", None),
        ("id", pa.array([2**63 + 1], pa.uint64()), "id", "9223372036854775809"),
        ("title", pa.array(["T"]).dictionary_encode(), "title", "T"),
        ("title", pa.array(["T"], pa.large_string()), "title", "T"),
        ("title", pa.array([None], pa.null()), "title", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("write", [_parquet, _stream])
def test_values_become_what_the_fields_are(write, column, values, field, kept):
    [row] = _read(write(pa.table({"text": ["Some words"], column: values})))

    assert row.fields.get(field) == kept


def test_fields_within_structs_have_dotted_names():
    found = _read(_parquet(NESTED), columns={"text": "article.body", "language": "article.meta.lang"})

    assert [_short(o) for o in found] == [
        (1, {"id": "1", "text": "Some words", "language": "en"}),
        (2, "text", "empty_text"),
    ]


def test_a_dot_may_be_part_of_a_columns_name():
    assert _read(_parquet(pa.table({"article.body": ["Some words"]})))[0].fields == {"text": "Some words"}


@pytest.mark.parametrize(
    ("table", "columns", "field", "code", "words"),
    [
        (NESTED, {"text": "article"}, "text", "no_such_column", "id, article.body, article.meta.lang"),
        (pa.table({"a": ["x y"]}), {}, "text", "no_text_column", "The columns are: a. Say which it is: --column text="),
        (pa.table({"text": [1]}), {}, "text", "no_text_column", "--column text="),
        (pa.table({"text": [["a"]]}), {"text": "text"}, "text", "not_a_string", "--column text=COLUMN"),
        (pa.table({"text": ["a b"], "n": [1]}), {"outlet": "n"}, "outlet", "not_a_string", "--column outlet= for none"),
        (pa.table({"text": [b"a b"]}), {"text": "text"}, "text", "not_a_string", "holds binary"),
        (pa.table({"text": pa.array([], pa.string())}), {}, "", "empty_file", "no row"),
    ],
)
def test_a_table_that_cannot_be_mapped_is_one_rejection(table, columns, field, code, words):
    [found] = _read(_parquet(table), columns=columns)

    assert (found.line, found.field, found.code) == (None, field, code)
    assert words in found.message


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.parquet", b"", id="empty"),
        pytest.param("a.parquet", b"PAR1", id="magic only"),
        pytest.param("a.parquet", b"PAR1" + b"x" * 40 + b"PAR1", id="a footer that lies"),
        pytest.param("a.parquet", b"words, words", id="text"),
        pytest.param("a.arrow", b"ARROW1\x00\x00", id="arrow magic only"),
        pytest.param("a.arrow", b"\xff\xff\xff\xff\xff\xff\xff\x7f", id="arrow that claims 2 GB"),
        pytest.param("a.parquet", _parquet(NESTED)[:-20], id="cut off"),
        pytest.param("a.arrow", _stream(NESTED)[:200], id="arrow cut off"),
    ],
)
def test_a_damaged_file_is_one_rejection_with_the_remedy(name, data):
    [found] = _read(data, name=name)

    assert (found.line, found.code) == (None, "damaged")
    assert "Write it again" in found.message


def test_a_damaged_group_of_rows_is_refused_and_the_others_go_in():
    data = bytearray(
        _parquet(pa.table({"text": ["One " * 100, "Two " * 100, "Three " * 100]}), row_group_size=1, compression="gzip")
    )
    start = pq.ParquetFile(io.BytesIO(bytes(data))).metadata.row_group(1).column(0)
    middle = start.dictionary_page_offset + 25
    data[middle : middle + 30] = b"\xff" * 30

    found = [_short(o)[0:3:2] if not isinstance(o, ImportRow) else o.line for o in _read(bytes(data))]

    assert found == [1, (2, "damaged"), 3]


def test_a_bomb_is_refused_unread_and_the_other_rows_and_files_go_in():
    bomb = _parquet(pa.table({"text": ["x" * 50_000_000]}), compression="zstd")
    mixed = _parquet(
        pa.table({"text": ["Some words", "x" * 50_000_000, "More words"]}), compression="zstd", row_group_size=1
    )
    assert len(bomb) < 2000
    sources = [upload(f"{n}.parquet", io.BytesIO(data)) for n, data in enumerate([bomb, mixed])]

    with memory_limit(20 * MIB):
        found = list(read(sources))

    assert [(o.source, *_short(o)) for o in found] == [
        ("0.parquet", 1, "", "expansion"),
        ("1.parquet", 1, {"text": "Some words"}),
        ("1.parquet", 2, "", "expansion"),
        ("1.parquet", 3, {"text": "More words"}),
    ]
    assert "200 times its size (IMPORT_EXPANSION)" in found[0].message


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_compressed_arrow_bomb_is_refused_unread(compression):
    data = _arrow(pa.table({"text": ["Some words", "x" * 50_000_000]}), compression=compression, chunksize=1)
    _read(_arrow(NESTED), name="a.arrow")  # modules are loaded

    with memory_limit(20 * MIB):
        first, bomb = _read(data, name="a.arrow")

    assert _short(first) == (1, {"text": "Some words"})
    assert (bomb.code, "What follows row 1 was left out" in bomb.message) == ("expansion", True)


def test_a_long_string_in_a_dictionary_that_many_rows_name_is_held_once():
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["words " * 150_000])
    data = _parquet(pa.table({"text": words}), store_schema=False, dictionary_pagesize_limit=2_000_000)
    assert len(data) < 60_000
    _read(_parquet(NESTED))

    with memory_limit(128 * MIB):  # a batch of copies would be 900 MB
        codes = [getattr(o, "code", "") for o in read([upload("a.parquet", io.BytesIO(data))])]

    assert len(codes) < 100
    assert codes[-1] == "expansion"


@pytest.mark.parametrize("write", [_parquet, lambda t: _parquet(t, use_dictionary=False), _stream])
def test_a_text_over_the_limit_is_refused_by_row_and_column_and_the_rest_goes_in(write):
    found = _read(write(pa.table({"body": ["Some words", LONG, "More words"]})))

    assert [_short(o) for o in found] == [
        (1, {"text": "Some words"}),
        (2, "text", "too_large"),
        (3, {"text": "More words"}),
    ]
    assert "column 'body'" in found[1].message


def test_reading_is_flat_in_memory(tmp_path):
    path = tmp_path / "a.parquet"
    rows = 50_000
    pq.write_table(pa.table({"text": [f"Some words {n} " * 60 for n in range(rows)]}), path)  # one group of rows
    assert next(read(sources_of([path])))

    with memory_limit(40 * MIB):
        assert sum(1 for _ in read(sources_of([path]))) == rows


def test_a_preview_shows_all_columns():
    assert preview(upload("a.parquet", io.BytesIO(_parquet(NESTED)))) == Preview(
        columns=("id", "article.body", "article.meta.lang"),
        rows=(("1", "Some words", "en"), ("2", "", "")),
        guessed={"id": "id", "text": "article.body"},
    )
    with pytest.raises(NoPreviewError, match="Write it again"):
        preview(upload("a.parquet", io.BytesIO(b"PAR1")))


def _save_to_disk(directory, shards, *, split=None):
    """What ``Dataset.save_to_disk`` of datasets 5.2 writes."""
    directory.mkdir(parents=True)
    names = [f"data-{n:05}-of-{len(shards):05}.arrow" for n in range(len(shards))]
    for name, texts in zip(names, shards, strict=True):
        features = {
            "text": {"dtype": "string", "_type": "Value"},
            "outlet": {"names": ["A", "B"], "_type": "ClassLabel"},
        }
        schema = pa.schema([("text", pa.string()), ("outlet", pa.int64())]).with_metadata(
            {"huggingface": json.dumps({"info": {"features": features}})}
        )
        table = pa.table({"text": texts, "outlet": [1] * len(texts)}, schema=schema)
        (directory / name).write_bytes(_stream(table))
    (directory / "cache-0123.arrow").write_bytes(b"no part of it")
    (directory / "dataset_info.json").write_text("{}")
    (directory / "state.json").write_text(
        json.dumps({"_data_files": [{"filename": n} for n in names], "_split": split})
    )


def test_a_saved_data_set_is_a_source_for_each_split(tmp_path):
    _save_to_disk(tmp_path / "news" / "test", [["Five"]], split="test")
    _save_to_disk(tmp_path / "news" / "train", [["One", "Two"], ["Three", "--"]], split="train")
    (tmp_path / "news" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    (tmp_path / "other.txt").write_text("Other words")

    sources = sources_of([tmp_path])

    assert [(s.name.removeprefix(f"{tmp_path}/"), len(s.files)) for s in sources] == [
        ("news (test)", 1),
        ("news (train)", 2),
        ("other.txt", 1),
    ]
    assert [_short(o) for o in read(sources[1:2])] == [
        (1, {"text": "One", "outlet": "B"}),
        (2, {"text": "Two", "outlet": "B"}),
        (3, {"text": "Three", "outlet": "B"}),
        (4, "text", "empty_text"),
    ]
    both = b"".join(path.read_bytes() for path in sorted((tmp_path / "news" / "train").glob("data-*.arrow")))
    assert sha256_of(sources[1:2]) == hashlib.sha256(both).hexdigest()


def test_a_data_set_alone_its_directory_given_and_its_state_lost(tmp_path):
    _save_to_disk(tmp_path / "news", [["One"], ["Two"]])
    (tmp_path / "news" / "state.json").write_text("{broken")

    [source] = sources_of([tmp_path / "news"])

    assert source.name == str(tmp_path / "news")
    assert [_short(o)[1]["text"] for o in read([source])] == ["One", "Two"]


def test_the_hubs_layout_is_a_source_for_each_split(tmp_path):
    for name in ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"):
        path = tmp_path / "news" / "data" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_parquet(pa.table({"text": [f"From {name}"]})))
    (tmp_path / "news" / "lone.parquet").write_bytes(_parquet(pa.table({"text": ["Lone words"]})))

    found = list(read(sources_of([tmp_path], format="parquet")))

    assert [(o.source.removeprefix(f"{tmp_path}/"), *_short(o)) for o in found] == [
        ("news (test)", 1, {"text": "From test-00000-of-00001"}),
        ("news (train)", 1, {"text": "From train-00000-of-00002"}),
        ("news (train)", 2, {"text": "From train-00001-of-00002"}),
        ("news/lone.parquet", 1, {"text": "Lone words"}),
    ]


def test_a_broken_file_of_a_split_is_named_and_the_others_go_in(tmp_path):
    _save_to_disk(tmp_path / "news", [["One"], ["Two"]])
    broken = tmp_path / "news" / "data-00000-of-00002.arrow"
    broken.write_bytes(b"x" * 100)

    rejection, row = read(sources_of([tmp_path]))

    assert (rejection.source, rejection.code) == (str(broken), "damaged")
    assert row.fields["text"] == "Two"


def test_what_the_datasets_library_saves_is_read(tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    rows = datasets.Dataset.from_dict({"text": ["One", "Two", "Three"]})
    datasets.DatasetDict({"train": rows, "test": rows.select([0])}).save_to_disk(
        tmp_path / "news", num_shards={"train": 2, "test": 1}
    )

    found = list(read(sources_of([tmp_path])))

    assert [(o.source.rsplit("/", 1)[-1], o.line, o.fields["text"]) for o in found] == [
        ("news (test)", 1, "One"),
        ("news (train)", 1, "One"),
        ("news (train)", 2, "Two"),
        ("news (train)", 3, "Three"),
    ]


SAMPLE = pa.table(
    {
        "id": [7, 8, 9],
        "text": ["Él dijo “sí”", None, "Some other words"],
        "date": pa.array([1, None, 3], pa.timestamp("ns", tz=BERLIN)),
        "article": [{"body": "Some words", "n": 1}, None, {"body": "x", "n": 2}],
        "tags": [["a"], [], None],
        "outlet": pa.array(["A", "B", "A"]).dictionary_encode(),
    }
)
COLUMNS = st.sampled_from([{}, {"text": "article.body", "published": ""}])
LIMITS = st.sampled_from([Limits(), Limits(record_bytes=20, expansion=2)])


@given(
    files(
        _parquet(SAMPLE),
        _parquet(SAMPLE, row_group_size=1, compression="zstd"),
        _parquet(SAMPLE, use_dictionary=False, data_page_version="2.0", compression="gzip"),
        tokens=[b"PAR1", b"\x15\x00", b"\xff\xff\xff\x7f"],
    ),
    COLUMNS,
    LIMITS,
)
def test_any_bytes_become_rows_and_rejections(data, columns, limits):
    outcomes("parquet", data, options=ReadOptions(columns=columns, limits=limits))


@given(
    files(
        _stream(SAMPLE), _arrow(SAMPLE, compression="zstd"), _arrow(SAMPLE, compression="uncompressed", chunksize=2),
        tokens=[b"ARROW1\x00\x00", b"\xff\xff\xff\xff", b"\x10\x00\x00\x00"],
    ),
    COLUMNS,
    LIMITS,
)  # fmt: skip
def test_any_arrow_bytes_become_rows_and_rejections(data, columns, limits):
    outcomes("parquet", data, options=ReadOptions(columns=columns, limits=limits))
