"""RSS, RDF and Atom files: an entry that holds its whole text is an article."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import feedparser

from corpus.readers.markup import looks_like_markup, paragraphs_of
from corpus.readers.metadata import fitting
from corpus.readers.options import DEFAULTS, MIB, ReadOptions
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

# A feed is parsed as a whole; the record limit counts for each entry.
RECORDS_PER_FEED = 8
_FEED_ENDS = re.compile(rb"</(?:\w+:)?(?:rss|feed|RDF)\s*>(?:\s|<!--(?:(?!-->).)*-->)*\Z", re.DOTALL)
_END_BYTES = 16 * 1024
_FEED_ELEMENT = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|channel)\b")


def read_feed(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """A row or a rejection for each entry, numbered from 1. Nothing the feed names is opened or fetched."""
    most = RECORDS_PER_FEED * options.limits.record_bytes
    with source.open() as stream:
        data = stream.read(most + 1)
    try:
        _check(data, most)
        # Only a stream: feedparser opens a string, and bytes too, as a file of that name or as an address.
        parsed = feedparser.parse(BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except BadFieldError as bad:
        yield Rejection(
            source.name, None, bad.field, bad.code, bad.message, excerpt_of(data[:400].decode("utf-8", "replace"))
        )
        return
    except (ValueError, LookupError, RecursionError, AssertionError, AttributeError, TypeError) as error:
        # What its tolerant parser raises on markup it was not made for.
        message = f"The feed cannot be understood ({type(error).__name__}). Open it in a feed reader and save it again."
        yield Rejection(source.name, None, "", "bad_feed", message, excerpt_of(data[:400].decode("utf-8", "replace")))
        return
    if not parsed.entries:
        message = "The feed holds no entry. Save it again, or leave it out."
        if parsed.bozo:
            message = f"The feed holds no readable entry: {_reason(parsed)}. Save it again from its address."
        yield Rejection(source.name, None, "", "empty_file", message)
        return
    # The tolerant parser closes what the file left open, and half an article must not pass for a whole one.
    cut = len(parsed.entries) if not _FEED_ENDS.search(_without_nul(data)[-_END_BYTES:]) else 0
    for number, entry in enumerate(parsed.entries, start=1):
        try:
            if number == cut:
                raise BadFieldError(
                    "", "broken_feed", "The feed breaks off in or after this entry. Save it again from its address."
                )
            yield row_from(_fields(entry, parsed.feed, options), source=source.name, line=number)
        except BadFieldError as bad:
            shown = excerpt_of(str(entry.get("title") or entry.get("link") or ""))
            yield Rejection(source.name, number, bad.field, bad.code, bad.message, shown)


def _check(data: bytes, most: int) -> None:
    if len(data) > most:
        raise BadFieldError(
            "", "too_large", f"The feed is larger than {most / MIB:.3g} MB. Split it into several files."
        )
    if not data.strip():
        raise BadFieldError("", "empty_file", "The file is empty. Leave it out.")
    plain = _without_nul(data)
    if re.search(rb"<!ENTITY", plain, re.IGNORECASE):
        raise BadFieldError(
            "", "entities", "The feed declares entities of its own, which can name local files or grow without end. Feeds need "
            "none: take the <!ENTITY …> lines out.",
        )  # fmt: skip
    if not _FEED_ELEMENT.search(plain):
        raise BadFieldError("", "not_a_feed", "This is no RSS or Atom file. Say another --format, or leave it out.")


def _without_nul(data: bytes) -> bytes:
    """ASCII as ASCII, in UTF-16 too."""
    return data.replace(b"\x00", b"") if b"\x00" in data[:64] else data


def _fields(entry: Mapping[str, Any], feed: Mapping[str, Any], options: ReadOptions) -> dict[str, object]:
    """The entry as a record. What a feed says wrongly about an article (a date, a language) is left out, not refused."""
    title = _words(entry.get("title"))
    url = fitting("url", _text(entry.get("link")))
    text = _body(entry, options)
    if len(text.encode("utf-8", "replace")) > options.limits.record_bytes:
        raise BadFieldError("text", "too_large", "The entry is longer than one article may be (IMPORT_RECORD_KIB).")
    return {
        "id": fitting("id", _text(entry.get("id"))),
        "title": fitting("title", title),
        "text": text,
        "outlet": fitting("outlet", _words(feed.get("title"))),
        "url": url,
        "byline": fitting("byline", _authors(entry)),
        "published": _moment(entry.get("published_parsed")),
        "language": fitting("language", _text(entry.get("language") or feed.get("language"))),
        "rights": fitting("rights", _words(entry.get("rights") or feed.get("rights"))),
    }


def _body(entry: Mapping[str, Any], options: ReadOptions) -> str:
    contents = [part for part in entry.get("content") or [] if _text(part.get("value")).strip()]
    if contents:
        # The longest: some feeds carry a plain and a marked-up form.
        best = max(contents, key=lambda part: len(_text(part.get("value"))))
        return _prose(_text(best.get("value")), best.get("type") == "text/plain")
    summary = _text(entry.get("summary"))
    if not summary.strip():
        raise BadFieldError(
            "text", "missing_text", "The entry has neither content nor summary. Import the page it links to."
        )
    if not options.summaries:
        raise BadFieldError(
            "text",
            "summary_only",
            "The entry holds a summary, not the article. Import the page it links to, or say --summaries.",
        )
    return _prose(summary, (entry.get("summary_detail") or {}).get("type") == "text/plain")


def _prose(value: str, plain: bool) -> str:  # noqa: FBT001
    return value if plain and not looks_like_markup(value) else paragraphs_of(value)


def _words(value: object) -> str:
    """A heading or name in one line; feeds escape markup in them once or twice."""
    text = _text(value)
    return " ".join((paragraphs_of(text) if looks_like_markup(text) else text).split())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _authors(entry: Mapping[str, Any]) -> str:
    names = [_words(person.get("name")) for person in entry.get("authors") or [] if isinstance(person, Mapping)]
    return ", ".join(dict.fromkeys(name for name in names if name)) or _words(entry.get("author"))


def _moment(parsed: Any) -> str | None:
    """ISO 8601; feedparser understands the feeds' own dates and gives them in UTC."""
    try:
        return None if parsed is None else datetime.fromtimestamp(timegm(parsed), UTC).isoformat()
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _reason(parsed: Mapping[str, Any]) -> str:
    return excerpt_of(str(parsed.get("bozo_exception") or "not well-formed")).rstrip(".")
