"""Web archives (.warc, .warc.gz): each page that a server answered with is an article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from corpus.readers.charset import decoded_page
from corpus.readers.http_message import PAGE_TYPES, decoded_body, parsed
from corpus.readers.options import DEFAULTS, ReadOptions
from corpus.readers.pages import check_size, page_bytes, record_of
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source
from corpus.readers.warc_records import BrokenError, Record, records

_HTTP_HEADER_BYTES = 64 * 1024
_OK = 200
# A file with more is not a damaged archive but something else.
_MOST_BROKEN = 1000


def read_warc(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """A row or a rejection for each page, with its record's number from 1; other records are passed over.

    Passed over: redirects, errors, pictures, requests, revisits, metadata. A file without any page is a rejection that
    counts them.
    """
    most = page_bytes(options.limits)

    def wanted(headers: Mapping[str, str]) -> int:
        return most + _HTTP_HEADER_BYTES if _kind(headers) in ("response", "resource") else 0

    passed: Counter[str] = Counter()
    number = told = broken = 0
    with source.open() as stream:
        for found in records(stream, options.limits, wanted=wanted):
            if isinstance(found, BrokenError):
                told += 1
                broken += 1
                yield _broken(source, number + 1, found)
                if broken >= _MOST_BROKEN:
                    message = (
                        f"Reading stopped after {broken} broken places. Check that the file is a WARC file, and whole."
                    )
                    yield Rejection(source.name, number + 1, "", "too_many_broken", message)
                    return
                continue
            number += 1
            outcome = _outcome(found, number, source, options)
            if isinstance(outcome, str):
                passed[outcome] += 1
            else:
                told += 1
                yield outcome
    if not told:
        counted = ", ".join(f"{count} {name}" for name, count in passed.most_common(5)) or "no record at all"
        message = f"The archive holds no web page that was answered with status 200 ({counted}). Leave it out."
        yield Rejection(source.name, None, "", "no_article", message)


def _broken(source: Source, number: int, broken: BrokenError) -> Rejection:
    message = f"The archive is broken at byte {broken.offset}: {excerpt_of(broken.reason)}. Reading went on after it; fetch or copy the file again."
    code = "expansion" if broken.code == "expansion" else "broken_record"
    return Rejection(source.name, number, "", code, message)


def _outcome(record: Record, number: int, source: Source, options: ReadOptions) -> ImportRow | Rejection | str:
    """A row, a rejection, or the kind of a record that holds no page."""
    url = record.headers.get("warc-target-uri", "").strip().removeprefix("<").removesuffix(">")
    try:
        page = _page(record, options)
        if isinstance(page, str):
            return page
        data, charset = page
        check_size(data, options.limits)
        markup = decoded_page(data, http_charset=charset, encoding=options.encoding)
        return row_from(record_of(markup, url=url, limits=options.limits), source=source.name, line=number)
    except BadFieldError as bad:
        return Rejection(source.name, number, bad.field, bad.code, bad.message, excerpt_of(url))


def _page(record: Record, options: ReadOptions) -> tuple[bytes, str] | str:
    """The page's bytes and the charset its server named, or the kind of a record without one. Raises BadFieldError."""
    kind = _kind(record.headers)
    most = page_bytes(options.limits)
    if kind == "resource":
        return (record.body, "") if _bare_type(record.headers) in PAGE_TYPES else "other resources"
    if kind != "response":
        return f"{excerpt_of(kind)[:20] or 'unnamed'} records"
    response = parsed(record.body)
    if response.status != _OK:
        return "redirects" if 300 <= response.status < 400 else "error responses"
    if not response.is_page:
        return "other files"
    if record.length > len(record.body):
        check_size(b" " * (most + 1), options.limits)
    if record.headers.get("warc-truncated"):
        raise BadFieldError("text", "broken_record", "The crawler cut this page off (WARC-Truncated). Fetch it again.")
    return decoded_body(response, most=most, expansion=options.limits.expansion), response.charset


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("warc-type", "").strip().lower()


def _bare_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
