"""One command imports a directory with a file of every format; what is broken or a trap costs itself only."""

import io
import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from corpus.models import Article, ImportBatch
from corpus.readers import ALL
from tests.corpus.readers.pages import PARAGRAPHS, page
from tests.corpus.readers.test_archive import packed
from tests.corpus.readers.test_feed import rss
from tests.corpus.readers.test_warc import archive

pytestmark = pytest.mark.django_db


def _page(title: str) -> bytes:
    return page(title=title, paragraphs=[*PARAGRAPHS, f"This paragraph stands in {title} alone."]).encode()


def _item(title: str) -> str:
    return (
        f"<item><title>{title}</title><description>&lt;p&gt;The text of {title} alone.&lt;/p&gt;</description></item>"
    )


def _parquet(**columns: list[object]) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written, compression="zstd")
    return written.getvalue()


def _encoded_feed(title: str) -> str:
    return (
        f'<item xmlns:content="http://purl.org/rss/1.0/modules/content/"><title>{title}</title>'
        f"<content:encoded>&lt;p&gt;The whole text of {title} stands here.&lt;/p&gt;</content:encoded></item>"
    )


# Of each format a file with one article (but urls), and in some a record that is rejected.
SAMPLES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "text": ("a.txt", lambda: b"Text headline\n\nIt rained on the text."),
    "jsonl": ("b.jsonl", lambda: json.dumps({"text": "It rained on the line."}).encode() + b"\n{broken"),
    "csv": ("c.csv", lambda: b"id,text\n1,It rained on the table.\n2,\n"),
    "parquet": ("d.parquet", lambda: _parquet(text=["It rained on the column.", None])),
    "html": ("e.html", lambda: _page("Rain on the page")),
    "feed": (
        "f.rss",
        lambda: rss(_encoded_feed("Rain on the feed") + _item("A summary")).encode(),
    ),
    "warc": ("g.warc.gz", lambda: archive(("https://www.ocho.example/a", _page("Rain on the archive")))),
    # Nothing is fetched unless that is switched on.
    "urls": ("i.urls", lambda: b"https://www.ocho.example/a\n"),
    "zip": ("h.zip", lambda: packed([("in.txt", "Zipped\n\nIt rained on the zip."), ("b.txt", b"")])),
}


def _run(*arguments: object) -> tuple[dict[str, object], object]:
    """The command's JSON and its exit code."""
    out = io.StringIO()
    code: object = 0
    try:
        call_command("import_articles", *map(str, arguments), "--json", stdout=out)
    except SystemExit as left:
        code = left.code
    return json.loads(out.getvalue()), code


def _rejected(printed):
    return [(rejection["source"].rpartition("/")[2], rejection["code"]) for rejection in printed["rejected"]]


def test_a_directory_with_a_file_of_every_format_imports_in_one_command(tmp_path):
    assert set(SAMPLES) == {format.name for format in ALL}, "a format without a sample here"
    for name, make in SAMPLES.values():
        (tmp_path / name).write_bytes(make())
    (tmp_path / "notes.docx").write_bytes(b"of no format that is read")

    printed, code = _run(tmp_path)

    assert code == 3
    good = len(ALL) - 1
    assert (printed["created"], printed["duplicates"]) == (good, 0)
    assert _rejected(printed) == [
        ("b.jsonl", "bad_json"), ("c.csv", "empty_text"), ("d.parquet", "empty_text"), ("f.rss", "summary_only"),
        ("b.txt", "empty_text"), ("i.urls", "fetch_off"),
    ]  # fmt: skip
    again, code = _run(tmp_path)
    assert (again["created"], again["duplicates"], again["articles"], code) == (0, good, printed["articles"], 3)


def test_traps_are_refused_with_a_message_and_the_rest_goes_in(tmp_path):
    bomb = packed([("bomb.txt", b" " * (200 << 20)), ("good.txt", "Good\n\nIt rained in the zip.")])
    torn = archive(*((f"https://www.ocho.example/{n}", _page(f"Page number {n}")) for n in range(3)), gzip=False)
    middle = torn.index(b"Content-Length", torn.index(b"/1"))
    local = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    files = {
        "bomb.zip": bomb,
        "bomb.parquet": _parquet(text=["x" * (50 << 20)]),
        "torn.warc": torn[:middle] + b"Content-Length: nonsense" + torn[torn.index(b"\r\n", middle) :],
        "long.csv": b"text\n" + b"x" * (5 << 20) + b"\nIt rained on the table.\n",
        "local.rss": rss(_item("&x;"), doctype=local).encode(),
        "good.txt": b"Good\n\nIt rained on the text.",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    printed, code = _run(tmp_path)

    assert code == 3
    assert {source for source, _ in _rejected(printed)} == {
        "bomb.txt", "bomb.parquet", "torn.warc", "long.csv", "local.rss",
    }  # fmt: skip
    assert all(len(rejection["message"]) > 20 for rejection in printed["rejected"])
    texts = " ".join(Article.objects.values_list("text", flat=True))
    assert all(f"It rained {where}" in texts for where in ("in the zip", "on the table", "on the text"))
    assert "Page number 0" in texts
    assert "Page number 2" in texts
    assert "root:" not in texts
    assert ImportBatch.objects.get().n_rejected == len(printed["rejected"])
