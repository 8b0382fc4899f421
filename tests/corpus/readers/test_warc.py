"""Each page of a web archive becomes an article; a broken record costs itself only."""

import gzip
import io
import random
import re
import warnings
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from corpus.readers import ImportRow, Limits, ReadOptions, read, upload
from tests.corpus.readers.fuzzing import files, memory_limit, outcomes, time_limit
from tests.corpus.readers.pages import PARAGRAPHS, TITLE, page

URL = "https://www.ocho.example/a"
PLAIN, PACKED = False, True


def archive(*responses, gzip=PACKED):
    """A WARC as warcio writes it. A response: (url, body) or (url, body, status line, headers)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # warcio leaves its temporary files to be collected
        return _written(responses, gzip)


def _written(responses, gzip):
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=gzip)
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "warcio"}))
    for url, body, *rest in responses:
        status, headers = rest or ["200 OK", [("Content-Type", "text/html; charset=utf-8")]]
        http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "request", payload=io.BytesIO(b"GET / HTTP/1.1\r\n\r\n")))
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=http))
    return buffer.getvalue()


def _read(data, name="a.warc.gz", **options):
    return list(read([upload(name, io.BytesIO(data))], ReadOptions(**options)))


def _titled(title):
    return page(title=title, paragraphs=[*PARAGRAPHS, f"This paragraph stands in {title} alone."]).encode()


THREE = [(f"{URL}{n}", _titled(f"Title number {n}")) for n in (1, 2, 3)]


def _seen(outcomes):
    return [o.fields["title"] if isinstance(o, ImportRow) else o.code for o in outcomes]


@pytest.mark.parametrize("gzipped", [PLAIN, PACKED])
def test_each_page_becomes_an_article_with_its_address(gzipped):
    outcomes = _read(archive(*THREE, gzip=gzipped), name="a.warc")

    assert _seen(outcomes) == ["Title number 1", "Title number 2", "Title number 3"]
    assert [o.line for o in outcomes] == [3, 5, 7]
    assert [(o.fields["url"], o.outlet) for o in outcomes] == [(f"{URL}{n}", "ocho.example") for n in (1, 2, 3)]


def test_a_file_packed_as_a_whole_is_read_too():
    assert len(_read(gzip.compress(archive(*THREE, gzip=PLAIN)))) == 3


def test_the_address_of_the_record_comes_before_what_the_page_says():
    body = page(head='<link rel="canonical" href="https://other.example/b">').encode()

    [row] = _read(archive((URL, body)))

    assert row.fields["url"] == URL


def test_the_server_s_charset_is_obeyed():
    [row] = _read(
        archive((URL, page().encode("cp1252"), "200 OK", [("Content-Type", 'text/html; charset="ISO-8859-1"')]))
    )

    assert "“the largest group in a year”" in row.fields["text"]


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("br", brotli.compress),
        ("gzip", lambda data: data),
        ("identity", lambda data: data),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    ],
    ids=["gzip", "deflate", "bare deflate", "brotli", "said but not done", "identity", "two"],
)
def test_packed_pages_are_unpacked(coding, pack):
    body = pack(page().encode())

    [row] = _read(archive((URL, body, "200 OK", [("Content-Type", "text/html"), ("Content-Encoding", coding)])))

    assert row.fields["title"] == TITLE


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "said but stored whole"])
def test_chunks_are_joined(chunked):
    body = page().encode()
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    sent = b"".join(b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n" if chunked else body

    [row] = _read(archive((URL, sent, "200 OK", [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")])))

    assert row.fields["title"] == TITLE


def test_what_is_no_page_is_passed_over():
    others = [
        (f"{URL}/moved", b"", "301 Moved", [("Location", URL), ("Content-Type", "text/html")]),
        (f"{URL}/gone", page().encode(), "404 Not Found", [("Content-Type", "text/html")]),
        (f"{URL}/p.jpg", b"\xff\xd8", "200 OK", [("Content-Type", "image/jpeg")]),
        (f"{URL}/untold", b"words", "200 OK", []),
    ]

    assert _seen(_read(archive(*others, THREE[0]))) == ["Title number 1"]
    [rejection] = _read(archive(*others))
    assert rejection.code == "no_article"
    assert "4 request records, 2 other files, 1 warcinfo records, 1 redirects, 1 error responses" in rejection.message


def _salted(megabytes):
    """Blanks behind a kilobyte that does not shrink, or the archive's own pack would already be a bomb."""
    return random.Random(0).randbytes(40_000) + b" " * (megabytes << 20)


@pytest.mark.parametrize(
    ("response", "code"),
    [
        pytest.param((URL, b"<html></html>"), "no_article", id="no article"),
        pytest.param((URL, gzip.compress(_salted(200)), "200 OK", [("Content-Type", "text/html"), ("Content-Encoding", "gzip")]),
                     "expansion", id="gzip bomb of 200 MB"),
        pytest.param((URL, brotli.compress(_salted(100), quality=1), "200 OK", [("Content-Type", "text/html"), ("Content-Encoding", "br")]),
                     "expansion", id="brotli bomb of 100 MB"),
        pytest.param((URL, gzip.compress(page().encode())[:-300], "200 OK", [("Content-Type", "text/html"), ("Content-Encoding", "gzip")]),
                     "broken_record", id="pack cut off"),
        pytest.param((URL, b"9000\r\nshort", "200 OK", [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]),
                     "empty_text", id="chunk cut off"),
        pytest.param((URL, b"x", "200 OK", [("Content-Type", "text/html"), ("Content-Encoding", "zstd")]),
                     "unsupported_encoding", id="zstd"),
        pytest.param((URL, b"".join(b"<p>%d</p>" % (n * n) for n in range(1_000_000))), "too_large", id="18 MB"),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_read_is_refused_and_the_others_go_in(response, code):
    if code == "empty_text":
        code = "broken_record"
        response = (response[0], b"5\r\nshort\r\n9000\r\nshort", *response[2:])
    data = archive(THREE[0], response, THREE[1])

    with time_limit(20), memory_limit(160 << 20):
        outcomes = _read(data)

    assert _seen(outcomes) == ["Title number 1", code, "Title number 2"]
    assert (outcomes[1].line, outcomes[1].excerpt) == (5, URL)
    assert outcomes[1].message.endswith(".")


def _starts(data):
    """Where each record of a plain archive begins."""
    return [found.start() for found in re.finditer(rb"WARC/1\.0\r\n", data)]


def _longer(data):
    """The first response says that it is 5,000 bytes longer than it is."""
    start = _starts(data)[2]
    return data[:start] + re.sub(
        rb"Content-Length: (\d+)", lambda m: b"Content-Length: %d" % (int(m[1]) + 5000), data[start:], count=1
    )


def _shorter(data):
    start = _starts(data)[2]
    return data[:start] + re.sub(
        rb"Content-Length: (\d+)", lambda m: b"Content-Length: %d" % (int(m[1]) - 500), data[start:], count=1
    )


def _replaced(old, new):
    def broken(data):
        start = _starts(data)[2]
        return data[:start] + data[start:].replace(old, new, 1)

    return broken


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_longer, id="length too long"),
        pytest.param(_shorter, id="length too short"),
        pytest.param(_replaced(b"Content-Length: ", b"Content-Length: x"), id="length no number"),
        pytest.param(_replaced(b"WARC/1.0\r\n", b"XXXX/1.0\r\n"), id="no start"),
        pytest.param(_replaced(b"WARC/1.0\r\n", b"WARC/one\r\n"), id="odd version"),
        pytest.param(_replaced(b"WARC-Type", b"X" * 100_000), id="endless header line"),
        pytest.param(_replaced(b"WARC-Type", b"X: y\r\n" * 500), id="endless header"),
    ],
)
def test_reading_goes_on_after_a_broken_record(damage):
    outcomes = _read(damage(archive(*THREE, gzip=PLAIN)), name="a.warc")

    assert _seen(outcomes) == ["broken_record", "Title number 2", "Title number 3"]
    assert "at byte " in outcomes[0].message


def _members(data):
    """The gzip packs of an archive."""
    found = []
    while data:
        unpacker = zlib.decompressobj(31)
        unpacker.decompress(data)
        found.append(data[: len(data) - len(unpacker.unused_data)])
        data = unpacker.unused_data
    return found


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda pack: pack[: len(pack) // 2], id="cut"),
        pytest.param(lambda pack: pack[:200] + b"\xff" * 50 + pack[250:], id="overwritten"),
        pytest.param(lambda pack: b"", id="gone, garbage instead"),
        pytest.param(lambda pack: gzip.compress(gzip.decompress(pack).replace(b"Content-Length: ", b"Content-Length: 9", 1)), id="length too long"),
        pytest.param(lambda pack: gzip.compress(gzip.decompress(pack)[:-900]), id="record cut"),
    ],
)  # fmt: skip
def test_reading_goes_on_with_the_next_pack(damage):
    packs = _members(archive(*THREE))
    assert len(packs) == 7
    packs[2] = damage(packs[2]) or b"\x00garbage" * 50

    outcomes = _read(b"".join(packs))

    assert _seen(outcomes) == ["broken_record", "Title number 2", "Title number 3"]


@pytest.mark.parametrize("gzipped", [PLAIN, PACKED])
def test_a_file_that_is_cut_off_says_so(gzipped):
    data = archive(*THREE, gzip=gzipped)

    assert _seen(_read(data[:-400])) == ["Title number 1", "Title number 2", "broken_record"]


def test_a_pack_that_is_a_bomb_is_refused_and_the_others_go_in():
    bomb = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 209715200\r\n\r\n" + b" " * (200 << 20) + b"\r\n\r\n"
    packs = _members(archive(*THREE[:2]))
    packs.insert(3, gzip.compress(bomb))
    del bomb

    with time_limit(20), memory_limit(64 << 20):
        outcomes = _read(b"".join(packs))

    assert _seen(outcomes) == ["Title number 1", "expansion", "Title number 2"]


def test_records_that_swallow_each_other_are_not_read_for_ever():
    record = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 5000000\r\n\r\n"

    with time_limit(30), memory_limit(64 << 20):
        outcomes = _read(record * 100_000, name="a.warc")

    assert outcomes[-1].code in ("too_many_broken", "broken_record")
    assert len(outcomes) <= 1001


@pytest.mark.parametrize(
    "data", [b"", b"words", b"\x1f\x8b\x08", gzip.compress(b"words")], ids=["empty", "words", "stub", "other gzip"]
)
def test_what_is_no_archive_is_refused(data):
    outcomes = _read(data)

    assert outcomes
    assert all(o.code in ("broken_record", "no_article") for o in outcomes)


SMALL = archive(
    (URL, b"<html><title>T</title><article><h1>T</h1><p>Some words of a page.</p></article></html>"), gzip=PLAIN
)
BOTH = archive(
    (URL, gzip.compress(b"<p>Some words"), "200 OK", [("Content-Type", "text/html"), ("Content-Encoding", "gzip")]),
    (URL, b"3\r\n<p>\r\n5\r\nwords\r\n0\r\n\r\n", "200 OK", [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]),
)  # fmt: skip
TOKENS = [
    b"WARC/1.0\r\n",
    b"Content-Length: 7\r\n",
    b"WARC-Type: response\r\n",
    b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"\x1f\x8b\x08",
    b"ffffffff\r\n",
]


@given(
    files(SMALL, BOTH, gzip.compress(SMALL), tokens=TOKENS),
    st.sampled_from([Limits(), Limits(record_bytes=100, expansion=2)]),
)
def test_any_bytes_become_rows_and_rejections(data, limits):
    outcomes("warc", data, options=ReadOptions(limits=limits))
