"""One directory with every format at once: each gives its articles, and what is broken costs itself only."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cleaning import clean
from corpus.readers import ImportRow, ReadOptions, read, sources_of, upload
from tests.corpus.invariants import assert_maps
from tests.corpus.readers.pages import page
from tests.corpus.readers.test_archive import packed
from tests.corpus.readers.test_feed import ITEM, rss
from tests.corpus.readers.test_warc import archive

# Sentences, with odd characters between their words: long texts drawn letter by letter take ten times as long.
ODD = st.text(
    st.characters(
        categories=["L", "N", "P", "Zs", "Mn"], include_characters="\u00ad\u200d😀’“", exclude_characters="<&"
    ),
    max_size=8,
)
PARAGRAPHS = st.lists(
    st.builds(
        lambda sentence, odd, times: f"{odd[0]}{sentence} {odd[1]}" * times + odd[2],
        st.sampled_from(["It rained on the harbour again.", "Nobody “was hurt”, they said", "雨が港に降った。"]),
        st.tuples(ODD, ODD, ODD),
        st.integers(1, 6),
    ),
    min_size=1,
    max_size=6,
)


def _as_html(paragraphs):
    return "a.html", page(paragraphs=paragraphs).encode()


def _as_feed(paragraphs):
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return "a.rss", rss(f"<item><content:encoded><![CDATA[{body}]]></content:encoded></item>").encode()


def _as_zip(paragraphs):
    return "a.zip", packed([("a.txt", "\n\n".join(paragraphs))])


@pytest.mark.parametrize("made", [_as_html, _as_feed, _as_zip])
@given(paragraphs=PARAGRAPHS)
def test_what_is_accepted_maps_between_raw_and_text(made, paragraphs):
    name, data = made(paragraphs)

    for outcome in read([upload(name, io.BytesIO(data))], ReadOptions()):
        if isinstance(outcome, ImportRow):
            assert_maps(clean(outcome.fields))


def test_a_directory_of_every_format_is_read_in_one_go(tmp_path):
    line = json.dumps({"text": "Some words of a line."}).encode()
    (tmp_path / "a.txt").write_text("Some words.", encoding="utf-8")
    (tmp_path / "b.jsonl").write_bytes(line + b"\n{broken")
    (tmp_path / "c.csv").write_text("title,text\nOne,Some words\n", encoding="utf-8")
    (tmp_path / "d.html").write_text(page(), encoding="utf-8")
    (tmp_path / "e.warc.gz").write_bytes(archive(("https://www.ocho.example/a", page().encode())))
    (tmp_path / "f.rss").write_text(rss(ITEM), encoding="utf-8")
    (tmp_path / "g.zip").write_bytes(packed([("h.txt", "Other words."), ("i.jsonl", line)]))
    (tmp_path / "j.urls").write_text("https://www.ocho.example/a\n", encoding="utf-8")
    (tmp_path / "k.pdf").write_bytes(b"%PDF")

    outcomes = list(read(sources_of([tmp_path])))

    seen = [(o.source.removeprefix(f"{tmp_path}/"), getattr(o, "code", "row")) for o in outcomes]
    assert seen == [
        ("a.txt", "row"), ("b.jsonl", "row"), ("b.jsonl", "bad_json"), ("c.csv", "row"), ("d.html", "row"), ("e.warc.gz", "row"),
        ("f.rss", "row"), ("g.zip/h.txt", "row"), ("g.zip/i.jsonl", "row"), ("j.urls", "fetch_off"),
    ]  # fmt: skip
