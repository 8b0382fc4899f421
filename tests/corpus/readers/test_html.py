"""A page becomes its article: the text, and only what the page says about it."""

import io
import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cleaning import clean
from corpus.readers import ImportRow, Limits, ReadOptions, read, sources_of, upload
from tests.corpus.readers.fuzzing import files, memory_limit, outcomes, time_limit
from tests.corpus.readers.pages import BODY, PARAGRAPHS, TITLE, article_of, page


def _read(data, name="a.html", **options):
    return list(read([upload(name, io.BytesIO(data))], ReadOptions(**options)))


def _fields(markup, **options):
    [row] = _read(markup.encode() if isinstance(markup, str) else markup, **options)
    assert isinstance(row, ImportRow), row
    return row.fields


def test_a_page_becomes_its_article_without_what_stands_around_it():
    fields = _fields(page())

    assert fields["title"] == TITLE
    assert fields["text"].removeprefix(f"{TITLE}\n\n") == BODY
    assert set(fields) == {"title", "text", "language"}


@pytest.mark.parametrize(
    "stem", ["northgate-wire", "liberty-beacon", "frontier-business-review", "tierra-comun", "canal-ocho"]
)
def test_paragraphs_of_real_length_come_through_whole(stem):
    paragraphs = [" ".join(paragraph.split()) for paragraph in article_of(stem)]

    found = _fields(page(paragraphs=paragraphs))["text"].split("\n\n")

    assert [p for p in found if p in paragraphs] == paragraphs


def test_a_repeated_paragraph_is_left_to_cleaning():
    assert _fields(page(paragraphs=[*PARAGRAPHS, PARAGRAPHS[0]]))["text"].count(PARAGRAPHS[0]) == 2


def test_captions_stay_where_their_pictures_stood_and_are_told_apart():
    seen = "The bridge at noon, seen from the <i>south</i>.\n <small>Ana Ruiz</small>"
    older = (
        '<div class="wp-caption"><img src="b.jpg"><p class="wp-caption-text">A bus waits, nobody boards it.</p></div>'
    )
    figure = f'<figure><a href="/big"><img src="a.jpg"></a><figcaption class="meta">{seen}</figcaption></figure>'
    teaser = '<figure><img src="c.jpg"><figcaption>Ten soups for winter, in colour</figcaption></figure>'
    first, second, *_ = (f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    markup = page().replace(first, f"{figure}{first}").replace(second, f"{second}{older}")

    fields = _fields(markup.replace("<aside>", f"<aside>{teaser}"))

    captions = ["The bridge at noon, seen from the south. Ana Ruiz", "A bus waits, nobody boards it."]
    assert fields["captions"].split("\n") == captions
    assert fields["text"].split("\n\n") == [TITLE, captions[0], *PARAGRAPHS[:2], captions[1], *PARAGRAPHS[2:]]
    made = clean(fields)
    assert [made.text[z["start"] : z["end"]].strip() for z in made.zones if z["zone"] == "caption"] == captions


def test_a_figure_that_holds_a_table_keeps_it():
    table = "<table><tr><th>Year</th><th>People</th></tr><tr><td>2021</td><td>3,000</td></tr></table>"
    figure = f"<figure>{table}<figcaption>Source: the institute</figcaption></figure>"

    assert "3,000" in _fields(page().replace("</article>", f"{figure}</article>"))["text"].split(PARAGRAPHS[-1])[1]


LD = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebSite", "name": "no"},
        {
            "@type": ["NewsArticle"],
            "headline": "For search engines",
            "datePublished": "2023-12-25T09:30:00-06:00",
            "author": [{"@type": "Person", "name": "Mara Ruiz"}, {"@type": "Person", "name": "Ivo Adler"}],
            "publisher": {"@type": "Organization", "name": "Canal Ocho"},
        },
    ],
}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param('<meta property="og:site_name" content="Canal Ocho">', {"outlet": "Canal Ocho"}, id="site name"),
        pytest.param(
            '<link rel="canonical" href="https://www.canal-ocho.example/a">',
            {"url": "https://www.canal-ocho.example/a"},
            id="canonical address",
        ),
        pytest.param(
            '<meta property="og:url" content="http://m.ocho.example/a">',
            {"url": "http://m.ocho.example/a"},
            id="og:url",
        ),
        pytest.param('<link rel="canonical" href="javascript:alert(1)">', {}, id="an address that is none"),
        pytest.param('<link rel="canonical" href="/a">', {}, id="a relative address"),
        pytest.param('<meta name="author" content="Mara Ruiz">', {"byline": "Mara Ruiz"}, id="author"),
        pytest.param('<meta property="article:author" content="https://x.example/mara">', {}, id="author is an address"),
        pytest.param(
            '<meta property="article:published_time" content="2023-12-25T09:30:00Z">',
            {"published": "2023-12-25T09:30:00Z"},
            id="date",
        ),
        pytest.param('<meta name="date" content="03/04/2023">', {}, id="a date that may be two days"),
        pytest.param('<meta name="date" content="2023-02-31">', {}, id="a day that is none"),
        pytest.param(
            f'<script type="application/ld+json">{json.dumps(LD)}</script>',
            {"outlet": "Canal Ocho", "byline": "Mara Ruiz, Ivo Adler", "published": "2023-12-25T09:30:00-06:00"},
            id="JSON-LD",
        ),
        pytest.param(f'<script type="application/ld+json">{"[" * 100_000}</script>', {}, id="deep JSON-LD"),
        pytest.param('<script type="application/ld+json">{"@type": "NewsArticle", "author": {"name": {"name": 7}}, '
                     '"headline": ["x"], "datePublished": 2023}</script>', {}, id="odd JSON-LD"),
        pytest.param('<meta property="og:title" content="For sharing">', {}, id="og:title gives way to the heading"),
    ],
)  # fmt: skip
def test_metadata_is_what_the_page_says_and_fits(head, expected):
    fields = dict(_fields(page(head=head)))

    assert fields.pop("title") == TITLE
    assert fields.pop("language") == "en"
    del fields["text"]
    assert fields == expected


def test_the_outlet_by_its_host_is_no_received_field():
    [row] = _read(page(head='<link rel="canonical" href="https://www.ocho.example/a">').encode())
    [named] = _read(
        page(
            head='<meta property="og:site_name" content="Canal Ocho"><meta property="og:url" content="https://x.example">'
        ).encode()
    )

    assert (row.outlet, "outlet" in row.fields) == ("ocho.example", False)
    assert (named.outlet, named.fields["outlet"]) == ("", "Canal Ocho")


def test_without_a_heading_the_shared_title_counts_and_without_a_language_none():
    fields = _fields(page(heading="", lang="", head='<meta property="og:title" content="For sharing">'))

    assert fields["title"] == "For sharing"
    assert "language" not in fields


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(page().encode("utf-8"), "", id="utf-8"),
        pytest.param(page().encode("utf-8-sig"), "", id="mark"),
        pytest.param(page().encode("utf-16"), "", id="utf-16 with mark"),
        pytest.param(page(head='<meta charset="windows-1252">').encode("cp1252"), "", id="declared"),
        pytest.param(page(head='<meta charset="ISO-8859-1">').encode("cp1252"), "", id="latin-1 means windows-1252"),
        pytest.param(
            page(head='<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">').encode("cp1252"), "", id="http-equiv"
        ),
        pytest.param(('<?xml version="1.0" encoding="windows-1252"?>' + page()).encode("cp1252"), "", id="xml declaration"),
        pytest.param(page(head='<meta charset="iso-8859-1">').encode("utf-8"), "", id="declared wrongly: it is utf-8"),
        pytest.param(page(head='<meta charset="utf-8">').encode("cp1252"), "cp1252", id="declared wrongly: said by the user"),
        pytest.param(page(head="<!-- <meta charset=koi8-r> -->").encode("cp1252"), "cp1252", id="a comment declares nothing"),
        pytest.param(page(head="<meta charset=unicode_escape>").encode("utf-8"), "", id="a codec that is no encoding"),
    ],
)  # fmt: skip
def test_a_page_is_decoded(data, encoding):
    assert "“the largest group in a year”" in _fields(data, encoding=encoding)["text"]
    assert "García Villagrán" in _fields(data, encoding=encoding)["text"]


@pytest.mark.parametrize("charset", ["gb2312", "shift_jis", "euc-kr", "big5", "koi8-r", "iso-2022-jp"])
def test_other_scripts_are_decoded_as_declared(charset):
    words = {"gb2312": "今天的新闻", "shift_jis": "今日のニュース", "euc-kr": "오늘의 뉴스", "big5": "今天的新聞",
             "koi8-r": "Сегодняшние новости", "iso-2022-jp": "今日のニュース"}[charset]  # fmt: skip
    long = [f"{words} {number}. " * 12 for number in range(4)]

    fields = _fields(page(paragraphs=long, title=words, head=f"<meta charset={charset}>").encode(charset))

    assert fields["title"] == words
    assert fields["text"].count(words) >= 48


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "empty_text", id="empty"),
        pytest.param(b" \n ", "empty_text", id="blank"),
        pytest.param(b"<html><body></body></html>", "no_article", id="nothing in it"),
        pytest.param(page().encode("cp1252"), "wrong_encoding", id="cp1252, not declared"),
        pytest.param(b"\xff\xfe<\x00h\xd8\x00", "wrong_encoding", id="broken utf-16"),
        pytest.param(b"<html><body>" + b"<div>" * 100_000 + b"<p>Some words</p>", "too_deep", id="deep"),
        pytest.param(
            f"<html><body><p title='{'a' * 11_000_000}'>x</p><p>after</p>".encode(), "too_deep", id="long attribute"
        ),
        pytest.param(b"<html><body>" + b"<p>Some words of it.</p>" * 800_000, "too_large", id="18 MB"),
        pytest.param(
            page(paragraphs=[f"Some words of part {n}. " * 3000 for n in range(40)]).encode(),
            "too_large",
            id="3 MB of text",
        ),
    ],
)
def test_what_is_no_page_is_refused_with_a_remedy(data, code):
    with time_limit(20):
        [rejection] = _read(data)

    assert (rejection.source, rejection.line, rejection.field, rejection.code) == ("a.html", None, "text", code)
    assert rejection.message.endswith(".")


def test_the_wrong_encoding_message_names_a_guess_and_the_option():
    [rejection] = _read(page(paragraphs=["Élan vital à la française, déjà vu — “naïve” façade."] * 9).encode("cp1252"))

    assert "--encoding, perhaps cp125" in rejection.message


def test_ten_megabytes_of_markup_are_read_within_time_and_memory():
    junk = "".join(f'<div class="t{n}"><a href="/{n}?{"x" * 400}">Teaser</a></div>\n' for n in range(18_000))
    markup = page(head=f"<!-- {'x' * 1_000_000} -->").replace("<aside>", f"<aside>{junk}")
    assert 9_000_000 < len(markup) < 16_000_000

    with time_limit(60), memory_limit(200 << 20):
        fields = _fields(markup)

    assert PARAGRAPHS[0] in fields["text"]


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<p>It rained.</p>" * 60_000, id="paragraphs"),
        pytest.param("<p>" + '<a href="/x">It</a> rained ' * 40_000, id="links in one paragraph"),
        pytest.param("<p>" + "<span>It</span> rained " * 6001 + "</p>", id="just too many spans"),
        pytest.param(("<p>" + "<b>It</b> rained " * 4000 + "</p>") * 4, id="several long paragraphs"),
        pytest.param("<p>" + "<i>It <b>rained</b></i>" * 20_000, id="elements in elements"),
    ],
)
def test_a_page_that_would_take_minutes_is_refused_at_once(markup):
    with time_limit(20):
        [rejection] = _read(f"<html><body><article>{markup}</article></body></html>".encode())

    assert rejection.code == "too_many_elements"
    assert "Copy the article" in rejection.message


def test_a_long_live_blog_is_read():
    entries = "".join(
        f"<p><b>Hour {n}</b> It <a href='/x'>rained</a> on the <em>harbour</em> again, and the ferries waited.</p>"
        for n in range(5000)
    )

    with time_limit(60):
        fields = _fields(f"<html><body><article><h1>Rain</h1>{entries}</article></body></html>")

    assert fields["text"].count("ferries waited.") == 5000


def test_a_short_article_keeps_its_paragraphs():
    body = "<h1>Harbour reopens</h1><p>The harbour was opened again on Tuesday.</p><p>Nobody was hurt, it said.</p>"

    fields = _fields(f"<html><body><nav><a href='/'>Home</a></nav><article>{body}</article></body></html>")

    assert fields["text"].split("\n\n")[-2:] == [
        "The harbour was opened again on Tuesday.", "Nobody was hurt, it said.",
    ]  # fmt: skip


def test_an_archive_of_one_file_gives_the_page_in_it():
    body = page().encode("utf-8")
    data = (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://www.ocho.example/a\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="--x"\r\n\r\n----x\r\nContent-Type: text/html; charset=utf-8\r\n'
        b"Content-Transfer-Encoding: binary\r\nContent-Location: https://www.ocho.example/a\r\n\r\n"
        + body
        + b"\r\n----x--\r\n"
    )

    [row] = _read(data, name="a.mhtml")

    assert (row.fields["title"], row.fields["url"], row.outlet) == (TITLE, "https://www.ocho.example/a", "ocho.example")


def test_the_files_saved_beside_a_page_are_not_articles(tmp_path):
    (tmp_path / "A story.html").write_text(page(), encoding="utf-8")
    (tmp_path / "A story_files").mkdir()
    (tmp_path / "A story_files" / "ad.html").write_text(page(title="Advertisement"), encoding="utf-8")
    (tmp_path / "other_files").mkdir()
    (tmp_path / "other_files" / "kept.html").write_text(page(), encoding="utf-8")

    names = [source.name.removeprefix(f"{tmp_path}/") for source in sources_of([tmp_path])]

    assert names == ["A story.html", "other_files/kept.html"]


def test_nothing_is_fetched(monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("a page must not open a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    head = '<base href="http://127.0.0.1:1/"><link rel="canonical" href="http://127.0.0.1:1/a"><meta http-equiv="refresh" content="0;url=http://127.0.0.1:1/">'
    doctype = '<!DOCTYPE html SYSTEM "http://127.0.0.1:1/x.dtd" [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    markup = doctype + page(head=head).removeprefix("<!DOCTYPE html>").replace(
        "<article>", "<article><p>&x;</p><iframe src='http://127.0.0.1:1/'></iframe>"
    )

    assert "root:" not in _fields(markup)["text"]


SAMPLES = (
    page(head=f'<meta charset="utf-8"><script type="application/ld+json">{json.dumps(LD)}</script>').encode(),
    page(head='<meta charset="windows-1252">').encode("cp1252"),
    page().encode("utf-16"),
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n" + page().encode() + b"\r\n--x--",
)  # fmt: skip
TOKENS = [
    b"<p>",
    b"<table><tr><td>",
    b"</article>",
    b"<script>",
    b"<!--",
    b"&#0;",
    b"&#xd800;",
    b"<meta charset=",
    b"<lb/>",
    b"]]>",
    b"<?",
]


@given(
    files(*SAMPLES, tokens=TOKENS),
    st.sampled_from(["", "cp1252", "utf-16-le"]),
    st.sampled_from([Limits(), Limits(record_bytes=300)]),
)
def test_any_bytes_become_rows_and_rejections(data, encoding, limits):
    outcomes("html", data, options=ReadOptions(encoding=encoding, limits=limits))
