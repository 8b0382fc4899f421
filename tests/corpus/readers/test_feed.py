"""A feed becomes its entries' articles, from its bytes alone."""

import builtins
import io
import socket
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import ImportRow, Limits, ReadOptions, read, upload
from tests.corpus.readers.fuzzing import files, memory_limit, outcomes, time_limit
from tests.corpus.readers.pages import BODY, PARAGRAPHS, TITLE

HTML = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in PARAGRAPHS)


def _read(data, name="a.rss", **options):
    data = data.encode() if isinstance(data, str) else data
    return list(read([upload(name, io.BytesIO(data))], ReadOptions(**options)))


def rss(items, *, head="<title>Canal Ocho</title><language>en-us</language>", doctype=""):
    return f"""<?xml version="1.0" encoding="utf-8"?>{doctype}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>{head}<link>https://www.ocho.example/</link>{items}</channel></rss>"""


ITEM = f"""<item><title>{TITLE}</title><link>https://www.ocho.example/a</link><guid isPermaLink="false">ocho-1</guid>
<dc:creator>Mara Ruiz</dc:creator><pubDate>Mon, 25 Dec 2023 09:30:00 -0600</pubDate><description>Three thousand walk.</description>
<content:encoded><![CDATA[{HTML}]]></content:encoded></item>"""
ATOM = f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es"><title>Canal Ocho</title>
<id>urn:x</id><updated>2023-12-26T00:00:00Z</updated><rights>CC BY 4.0</rights>
<entry><id>urn:1</id><title type="html">{escape(escape(TITLE))}</title><link href="https://www.ocho.example/a"/>
<author><name>Mara Ruiz</name></author><author><name>Ivo Adler</name></author><published>2023-12-25T09:30:00-06:00</published>
<updated>2023-12-26T00:00:00Z</updated><content type="html">{escape(HTML)}</content></entry></feed>"""


def test_an_rss_item_becomes_an_article():
    [row] = _read(rss(ITEM))

    assert row.line == 1
    assert row.fields == {
        "id": "ocho-1",
        "title": TITLE,
        "text": BODY,
        "outlet": "Canal Ocho",
        "url": "https://www.ocho.example/a",
        "byline": "Mara Ruiz",
        "published": "2023-12-25T15:30:00+00:00",
        "language": "en-us",
    }


def test_an_atom_entry_becomes_an_article():
    [row] = _read(ATOM, name="a.atom")

    assert row.fields["text"] == BODY
    assert (row.fields["byline"], row.fields["language"]) == ("Mara Ruiz, Ivo Adler", "es")
    assert (row.fields["rights"], row.fields["id"]) == ("CC BY 4.0", "urn:1")
    assert row.fields["published"] == "2023-12-25T15:30:00+00:00"


def test_rdf_is_read():
    rdf = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel rdf:about="x"><title>Ocho</title></channel>
    <item rdf:about="https://ocho.example/a"><title>{TITLE}</title><link>https://ocho.example/a</link>
    <content:encoded>{escape(HTML)}</content:encoded></item></rdf:RDF>"""

    [row] = _read(rdf, name="a.rdf")

    assert (row.fields["title"], row.fields["text"]) == (TITLE, BODY)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param("<p>One &amp; <b>two</b></p><p>Three</p>", "One & two\n\nThree", id="paragraphs"),
        pytest.param("One<br>two<br/><br/>three", "One\ntwo\n\nthree", id="breaks"),
        pytest.param("<p>One\n   line</p>", "One line", id="white space"),
        pytest.param("<script>alert('x')</script><p>One</p><style>p {}</style>", "One", id="scripts"),
        pytest.param('<ul><li><a href="/x">One</a></li><li>Two</li></ul>', "One\n\nTwo", id="list and links"),
        pytest.param("<p>1 &lt; 2 and &#8220;x&#8221;</p>", "1 < 2 and “x”", id="entities"),
        pytest.param("<![3 <p>One</p><![if !x]>two<![endif]><!]]>[x", "3\n\nOne\n\ntwo <! [x", id="marked sections"),
        pytest.param("<div><div>One <iframe>x</iframe>two</div>", "One two", id="cut off"),
    ],
)
def test_markup_becomes_paragraphs(markup, text):
    [row] = _read(rss(f"<item><content:encoded>{escape(markup)}</content:encoded></item>"))

    assert row.fields["text"] == text


def test_a_summary_is_no_article_unless_asked_for():
    data = rss("<item><title>T</title><description>Three &lt;b&gt;thousand&lt;/b&gt; walk.</description></item>")

    [rejection] = _read(data)
    [row] = _read(data, summaries=True)

    assert (rejection.line, rejection.field, rejection.code, rejection.excerpt) == (1, "text", "summary_only", "T")
    assert row.fields["text"] == "Three thousand walk."


def test_what_a_feed_says_wrongly_is_left_out_and_a_bad_entry_stops_nothing():
    wrong = f"""<item><title>{TITLE}</title><link>javascript:x</link><pubDate>soon</pubDate>
    <content:encoded><![CDATA[{HTML}]]></content:encoded></item>"""

    first, second, third = _read(rss(f"{wrong}<item><title>Empty</title></item>{ITEM}"))

    assert set(first.fields) == {"title", "text", "outlet", "language"}
    assert (second.line, second.code) == (2, "missing_text")
    assert third.line == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param("", "empty_file", id="empty"),
        pytest.param("<?xml version='1.0'?><note>Words</note>", "not_a_feed", id="other XML"),
        pytest.param("file:///etc/passwd", "not_a_feed", id="an address"),
        pytest.param("/etc/passwd", "not_a_feed", id="a path"),
        pytest.param(rss(""), "empty_file", id="no entry"),
        pytest.param(rss(ITEM, doctype='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "entities", id="entity"),
        pytest.param(
            rss(ITEM, doctype='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace("utf-8", "utf-16").encode("utf-16"),
            "entities",
            id="entity in utf-16",
        ),
        pytest.param(rss(ITEM) + " " * (17 << 20), "too_large", id="17 MB"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused(data, code):
    [rejection] = _read(data)

    assert (rejection.line, rejection.code) == (None, code)
    assert rejection.message.endswith(".")


def test_billion_laughs_are_refused_at_once():
    lines = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    bomb = rss("<item><title>&a11;</title></item>", doctype=f"<!DOCTYPE rss [{''.join(lines)}]>")

    with time_limit(2), memory_limit(16 << 20):
        [rejection] = _read(bomb)

    assert rejection.code == "entities"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("file:///etc/passwd", id="an address alone"),
        pytest.param("/etc/passwd", id="a path alone"),
        pytest.param(rss(ITEM, doctype='<!DOCTYPE rss SYSTEM "file:///etc/passwd">'), id="external subset"),
        pytest.param(rss(f'{ITEM}<item><link>file:///etc/passwd</link><enclosure url="http://127.0.0.1:1/x"/></item>'), id="links"),
        pytest.param(rss(ITEM).replace("<channel>", '<?xml-stylesheet href="http://127.0.0.1:1/x"?><channel>'), id="stylesheet"),
        pytest.param(rss(ITEM).replace("<rss ", '<rss xml:base="file:///etc/" '), id="base"),
    ],
)  # fmt: skip
def test_a_feed_opens_nothing_it_names(data, monkeypatch):
    _read(rss(ITEM))  # its modules are loaded

    def refused(*args, **kwargs):
        raise AssertionError(f"a feed must not open {args}")

    monkeypatch.setattr(builtins, "open", refused)
    monkeypatch.setattr(io, "open", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)

    outcomes = _read(data)

    assert "root:" not in str(outcomes)


def test_a_feed_that_breaks_off_gives_its_entries_and_says_so():
    whole = rss(ITEM + ITEM.replace("ocho-1", "ocho-2"))

    first, second = _read(whole[: whole.rindex("Nobody")])

    assert first.fields["text"] == BODY
    assert (second.line, second.code, second.excerpt) == (2, "broken_feed", TITLE)


def test_a_stray_sign_or_a_note_of_the_cache_costs_no_entry():
    assert [type(o) for o in _read(rss(ITEM) + "\n<!-- cached at noon -->\n")] == [ImportRow]
    assert [type(o) for o in _read(rss(ITEM.replace("<description>", "<description>War & peace")))] == [ImportRow]


def test_an_entry_over_the_record_limit_is_refused_alone():
    long = f"<item><title>Long</title><content:encoded>{'word ' * 300}</content:encoded></item>"

    first, second = _read(rss(long + ITEM), limits=Limits(record_bytes=1200))

    assert (first.code, first.excerpt) == ("too_large", "Long")
    assert second.fields["text"] == BODY


@given(
    files(rss(ITEM).encode(), ATOM.encode(), ATOM.replace("utf-8", "utf-16").encode("utf-16"),
          tokens=[b"<item>", b"</item>", b"<![CDATA[", b"]]>", b"&x;", b"<!ENTITY a 'b'>", b"<!DOCTYPE", b"<entry>", b"<feed"]),
    st.sampled_from([Limits(), Limits(record_bytes=300)]),
    st.booleans(),
)  # fmt: skip
def test_any_bytes_become_rows_and_rejections(data, limits, summaries):
    outcomes("feed", data, options=ReadOptions(limits=limits, summaries=summaries))
