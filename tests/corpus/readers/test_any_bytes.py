"""Whatever a file holds, a reader gives rows and rejections, in time and within memory."""

from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import Limits, ReadOptions
from tests.corpus.readers.fuzzing import files, outcomes

LINES = (
    b'{"id": 7, "title": "Caf\xc3\xa9 \\ud83d\\ude00", "text": "Some words.\\n\\nMore words.", "outlet": null}\n'
    b'{"text": "Others", "published": "2023-12-27T10:00:00-06:00", "url": "https://example.org/a"}\n'
    b'\n{"text": "Third", "language": "es-MX", "nested": {"a": [1, 2.5e3, true]}}'
)
ENCODINGS = st.sampled_from(["", "cp1252", "utf-16-le", "shift_jis"])
SMALL = Limits(record_bytes=400, depth=3)
LIMITS = st.sampled_from([Limits(), SMALL])


@given(
    files(
        LINES, LINES.decode().encode("utf-16"), tokens=[b"{", b"[", b'"', b"\\ud800", b"\\u0000", b"NaN", b"9" * 500]
    ),
    ENCODINGS,
    LIMITS,
    st.sampled_from([{}, {"text": "title", "title": "nested.a", "id": ""}]),
)
def test_json_lines(data, encoding, limits, columns):
    outcomes("jsonl", data, options=ReadOptions(encoding=encoding, limits=limits, columns=columns))


@given(files("Título\n\nUn párrafo “así”. 😀".encode(), "Título".encode("utf-16")), ENCODINGS, LIMITS)
def test_text(data, encoding, limits):
    outcomes("text", data, options=ReadOptions(encoding=encoding, limits=limits))
