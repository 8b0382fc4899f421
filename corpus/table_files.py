"""Uploaded files that are tables: which of them share columns, and what of them would be imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from corpus.cleaning import RuleSet, clean
from corpus.import_settings import ImportSettings
from corpus.readers import ImportRow, NoPreviewError, Rejection, Source, has_columns, preview, read

SHOWN_RECORDS = 5
_SHOWN_CHARS = 220
_JSONL = "jsonl"

type Layout = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Record:
    """The beginning of one record as it would be imported, or why it would be rejected (``code`` and on)."""

    line: int | None
    title: str = ""
    text: str = ""
    outlet: str = ""
    byline: str = ""
    published: datetime | None = None
    field: str = ""
    code: str = ""
    message: str = ""


def layout_of(source: Source, settings: ImportSettings) -> Layout:
    """What files must have in common to share a choice of columns; None where there is nothing to choose.

    JSON Lines with a "text" name their fields as we do. A table that cannot be read is one by itself: somebody has to
    look at it.
    """
    if not has_columns(source.format):
        return None
    try:
        columns = preview(source, settings.read_options(), 1).columns
    except NoPreviewError:
        return None if source.format == _JSONL else (source.name,)
    return None if source.format == _JSONL and "text" in columns else (source.format, *columns)


def records_of(sources: Iterable[Source], settings: ImportSettings) -> list[Record]:
    """The first records of the sources, as an import with these settings takes them."""
    rules = settings.rules()
    entries = islice(read(sources, settings.read_options()), SHOWN_RECORDS)
    return [_record(entry, rules, settings) for entry in entries]


def _record(entry: ImportRow | Rejection, rules: RuleSet, settings: ImportSettings) -> Record:
    if isinstance(entry, Rejection):
        return Record(entry.line, text=entry.excerpt, field=entry.field, code=entry.code, message=entry.message)
    article = clean(entry.fields, rules)
    body = article.text.removeprefix(article.title).strip()
    return Record(
        entry.line,
        title=article.title,
        text=f"{body[:_SHOWN_CHARS]}…" if len(body) > _SHOWN_CHARS else body,
        outlet=article.outlet or settings.outlet,
        byline=article.byline,
        published=entry.published,
    )
