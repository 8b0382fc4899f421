"""Lists of web addresses, one a line: each page is fetched, if this installation allows that, and read as HTML."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from corpus.readers.charset import decoded_page
from corpus.readers.fetch import Fetcher
from corpus.readers.options import DEFAULTS, ReadOptions
from corpus.readers.pages import check_size, page_bytes, record_of
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

_LINE_BYTES = 4096
_OK = 200


def read_urls(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """A row or a rejection for each address; blank lines and those that begin with # are passed over."""
    if options.fetch is None:
        yield Rejection(
            source.name,
            None,
            "",
            "fetch_off",
            "Fetching pages is switched off on this installation. Save the pages and import them as HTML, or have the operator "
            "set IMPORT_FETCH=1 (docs/reference/settings.md).",
        )
        return
    fetcher = Fetcher(options.fetch, most=page_bytes(options.limits), expansion=options.limits.expansion)
    seen: set[str] = set()
    for number, line in _lines(source):
        url = line.strip()
        if not url or url.startswith("#") or url in seen:
            continue
        seen.add(url)
        try:
            if len(seen) > options.limits.entries:
                raise BadFieldError(
                    "", "too_many_entries", "The list holds too many addresses (IMPORT_ENTRIES). Split it."
                )
            yield _row(url, number, source, fetcher, options)
        except BadFieldError as bad:
            yield Rejection(source.name, number, bad.field, bad.code, bad.message, excerpt_of(url))
            if bad.code == "too_many_entries":
                return
    if not seen:
        yield Rejection(source.name, None, "", "empty_file", "The file holds no address. Write one a line.")


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    with source.open() as stream:
        number = 0
        while line := stream.readline(_LINE_BYTES):
            number += 1
            cut = line
            while cut and not cut.endswith(b"\n"):
                cut = stream.readline(_LINE_BYTES)
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            yield number, line.decode("utf-8", "replace")


def _row(url: str, number: int, source: Source, fetcher: Fetcher, options: ReadOptions) -> ImportRow:
    """Raises BadFieldError."""
    fetched = fetcher.page(url)
    response = fetched.response
    if response.status != _OK:
        raise BadFieldError(
            "url",
            "http_status",
            f"The server answered with status {response.status}, not with the page. Check the address.",
        )
    if not response.is_page:
        kind = excerpt_of(response.media_type)[:50] or "no type"
        raise BadFieldError("url", "not_a_page", f"The address leads to {kind}, not to a web page. Leave it out.")
    check_size(response.body, options.limits)
    markup = decoded_page(response.body, http_charset=response.charset, encoding=options.encoding)
    return row_from(record_of(markup, url=fetched.url, limits=options.limits), source=source.name, line=number)
