"""A zip's files are read as if they lay in a directory; what cannot be read stops nothing else."""

import io
import json
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import Limits, ReadOptions, read, sources_of, upload
from tests.corpus.readers.fuzzing import files, memory_limit, outcomes, time_limit
from tests.corpus.readers.pages import TITLE, page
from tests.corpus.readers.test_feed import ITEM, rss

LINE = json.dumps({"text": "Some words of a line."}).encode() + b"\n"


def packed(entries, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def _read(data, **options):
    return list(read([upload("a.zip", io.BytesIO(data))], ReadOptions(**options)))


def test_each_file_is_read_as_its_own_format():
    outcomes = _read(
        packed([("a.txt", "Some words."), ("in/b.jsonl", LINE * 2), ("c.html", page()), ("d.rss", rss(ITEM))])
    )

    assert [(o.source, o.line) for o in outcomes] == [
        ("a.zip/a.txt", None), ("a.zip/in/b.jsonl", 1), ("a.zip/in/b.jsonl", 2), ("a.zip/c.html", None), ("a.zip/d.rss", 1),
    ]  # fmt: skip
    assert [o.fields.get("title") for o in outcomes] == [None, None, None, TITLE, TITLE]


def test_a_directory_of_files_and_archives_is_read_in_one_go(tmp_path):
    (tmp_path / "a.txt").write_text("Some words.", encoding="utf-8")
    (tmp_path / "b.zip").write_bytes(packed([("c.txt", "Other words.")]))

    outcomes = list(read(sources_of([tmp_path])))

    assert [o.fields["text"] for o in outcomes] == ["Some words.", "Other words."]


def test_what_a_directory_import_leaves_out_is_left_out():
    outcomes = _read(
        packed([
            ("__MACOSX/._a.txt", b"\x00\x05"), (".DS_Store", b"x"), ("d/.hidden.txt", "x"), ("Thumbs.db", b"x"), ("photo.jpg", b"\xff"),
            ("story.html", page()), ("story_files/ad.html", page()), ("d/", b""), ("a.txt", "Some words."),
        ])
    )  # fmt: skip

    assert [o.source for o in outcomes] == ["a.zip/story.html", "a.zip/a.txt"]


def test_names_are_shown_as_people_wrote_them():
    [row] = _read(packed([("niño.txt", "Some words.")]))

    assert row.source == "a.zip/niño.txt"


def _unmarked(data):
    """The same archive without the mark "names are UTF-8", as many packers write it."""
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    for at in (local + 6, central + 8):
        (flags,) = struct.unpack_from("<H", data, at)
        data = data[:at] + struct.pack("<H", flags & ~0x800) + data[at + 2 :]
    return data


def test_an_unmarked_name_is_shown_as_utf_8_where_it_is():
    [row] = _read(_unmarked(packed([("niño.txt", "Some words.")])))

    assert row.source == "a.zip/niño.txt"


def test_a_name_that_climbs_is_only_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    [row] = _read(packed([("../../evil.txt", "Some words.")]))

    assert row.source == "a.zip/../../evil.txt"
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent.parent / "evil.txt").exists()


def _encrypted():
    data = bytearray(packed([("secret.txt", "Some words.")]))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _corrupt():
    data = bytearray(packed([("bad.txt", "Some words.")], zipfile.ZIP_STORED))
    data[data.index(b"Some")] ^= 1
    return bytes(data)


def _unknown_method():
    data = bytearray(packed([("odd.txt", "Some words.")]))
    data[8:10] = data[data.index(b"PK\x01\x02") + 10 : data.index(b"PK\x01\x02") + 12] = struct.pack("<H", 97)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "source", "code"),
    [
        pytest.param(b"", "a.zip", "bad_archive", id="empty"),
        pytest.param(b"PK\x03\x04 and then nothing", "a.zip", "bad_archive", id="cut off"),
        pytest.param(packed([]), "a.zip", "nothing_inside", id="nothing inside"),
        pytest.param(packed([("photo.jpg", b"x")]), "a.zip", "nothing_inside", id="pictures only"),
        pytest.param(packed([("b.zip", packed([]))]), "a.zip/b.zip", "nested_archive", id="nested"),
        pytest.param(_encrypted(), "a.zip/secret.txt", "encrypted", id="encrypted"),
        pytest.param(_corrupt(), "a.zip/bad.txt", "damaged", id="wrong checksum"),
        pytest.param(_unknown_method(), "a.zip/odd.txt", "unsupported_compression", id="unknown compression"),
    ],
)
def test_what_cannot_be_read_is_refused(data, source, code):
    [rejection] = _read(data)

    assert (rejection.source, rejection.code) == (source, code)
    assert rejection.message.endswith(".")


def test_a_bad_entry_stops_nothing_after_it():
    outcomes = _read(packed([("b.zip", packed([])), ("empty.txt", ""), ("a.txt", "Some words.")]))

    assert [getattr(o, "code", "row") for o in outcomes] == ["nested_archive", "empty_text", "row"]


def test_too_many_entries_are_refused():
    data = packed([(f"{n}.txt", "Some words.") for n in range(4)])

    [rejection] = _read(data, limits=Limits(entries=3))

    assert rejection.code == "too_many_entries"
    assert len(_read(data, limits=Limits(entries=4))) == 4


def test_a_list_of_a_million_files_is_not_loaded():
    # The end record says so itself; zipfile would read and hold all of it.
    data = packed([("a.txt", "Some words.")])
    end = data.rindex(b"PK\x05\x06")
    data = data[: end + 12] + struct.pack("<L", 500 << 20) + data[end + 16 :]

    with memory_limit(8 << 20):
        [rejection] = _read(data)

    assert rejection.code == "too_many_entries"


def test_a_bomb_of_200_mb_is_refused_and_the_rest_goes_in():
    with time_limit(30):
        bomb = packed([("bomb.txt", b"\x00" * (200 << 20)), ("a.txt", "Some words.")])
    assert len(bomb) < 300_000

    with time_limit(10), memory_limit(48 << 20):
        outcomes = list(
            read([upload("bomb.zip", io.BytesIO(bomb)), upload("b.txt", io.BytesIO(b"Other words."))], ReadOptions())
        )

    assert [(o.source, getattr(o, "code", "row")) for o in outcomes] == [
        ("bomb.zip/bomb.txt", "expansion"), ("bomb.zip/a.txt", "row"), ("b.txt", "row"),
    ]  # fmt: skip


def test_a_bomb_that_lies_about_its_size_is_refused_while_it_is_read():
    bomb = packed([("bomb.txt", b"\x00" * (50 << 20))])
    lying = bomb.replace(struct.pack("<L", 50 << 20), struct.pack("<L", 100))

    with time_limit(10), memory_limit(48 << 20):
        [rejection] = _read(lying)

    assert rejection.code in ("expansion", "damaged")


def test_many_entries_that_are_a_bomb_together_are_refused():
    bomb = packed([(f"{n}.txt", b" " * 1_000_000) for n in range(200)])

    with time_limit(20), memory_limit(48 << 20):
        outcomes = _read(bomb, limits=Limits(expansion=100))

    assert outcomes[-1].code == "expansion"
    assert "What follows" in outcomes[-1].message
    assert len(outcomes) < 200


def test_entries_that_share_their_bytes_are_refused():
    data = packed([("a.txt", "Some words. " * 50), ("b.txt", "Some words. " * 50)])
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    overlapping = data[: second + 42] + struct.pack("<L", 0) + data[second + 46 :]

    outcomes = _read(overlapping)

    assert "damaged" in [getattr(o, "code", "row") for o in outcomes]


@given(
    files(
        packed([("a.txt", "Some words."), ("b.jsonl", LINE * 2)]), packed([("b.zip", packed([])), ("c.txt", "x" * 900)], zipfile.ZIP_STORED),
        packed([("é.txt", "Some words.")], zipfile.ZIP_BZIP2), packed([("e.txt", "Some words.")], zipfile.ZIP_LZMA), _encrypted(),
        tokens=[b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"],
    ),
    st.sampled_from([Limits(), Limits(file_bytes=300, entries=1)]),
)  # fmt: skip
def test_any_bytes_become_rows_and_rejections(data, limits):
    outcomes("zip", data, options=ReadOptions(limits=limits))
