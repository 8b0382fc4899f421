"""Web pages as files: HTML, or the one-file archive (MHTML) that browsers save."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser

from corpus.readers.charset import decoded_page
from corpus.readers.options import DEFAULTS, ReadOptions
from corpus.readers.pages import check_size, page_bytes, record_of
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

_MHTML_STARTS = (b"from: <saved by", b'from: "saved by', b"mime-version:", b"content-type: multipart/related")


def read_html(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """The one row, or the one rejection, of a page."""
    with source.open() as stream:
        data = stream.read(page_bytes(options.limits) + 1)
    try:
        check_size(data, options.limits)
        charset, url = "", ""
        if data[:200].lstrip().lower().startswith(_MHTML_STARTS):
            data, charset, url = _page_within(data)
        page = decoded_page(data, http_charset=charset, encoding=options.encoding)
        yield row_from(record_of(page, url=url, limits=options.limits), source=source.name, line=None)
    except BadFieldError as bad:
        yield Rejection(
            source.name, None, bad.field, bad.code, bad.message, excerpt_of(data[:400].decode("utf-8", "replace"))
        )


def _page_within(data: bytes) -> tuple[bytes, str, str]:
    """The bytes, charset and address of the page that a saved archive holds. Raises BadFieldError."""
    message: Message = BytesParser(policy=policy.compat32).parsebytes(data)
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload.strip():
                address = part.get("Content-Location") or message.get("Snapshot-Content-Location") or ""
                return payload, str(part.get_content_charset() or ""), str(address)
    raise BadFieldError("text", "no_article", "The saved archive holds no HTML page. Save it from the browser again.")
