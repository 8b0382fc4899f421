"""Received rows made ready for the database: cleaned, judged, written as cells of COPY. Knows nothing of Django.

This is where an import spends its time, so it can run in other processes (``corpus.crew``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from corpus.cleaning import CleanArticle, RuleSet, clean
from corpus.readers.rows import ImportRow, Rejection, excerpt_of

TITLE_WIDTH = 1000
BYLINE_WIDTH = 500

# What the cells of a prepared article are, in order. The rest of the row only the database's side knows.
COLUMNS = (
    "external_id", "url", "title", "byline", "published_at", "language", "rights", "raw", "raw_fields", "text", "segments",
    "removed", "zones", "text_sha256", "fingerprint", "received_hash", "n_chars", "cleaner_version", "agency",
    "n_mojibake",
)  # fmt: skip

NULL = "\\N"


@dataclass(frozen=True, slots=True)
class Cleaning:
    """How articles of one import are cleaned."""

    rules_off: tuple[str, ...] = ()
    repair_mojibake: bool = False
    # Whether the texts are asked for beside the cells, to be compared with others.
    with_text: bool = False


class Prepared(NamedTuple):
    """An article as it will be stored. ``cells`` are those of COLUMNS, in COPY's text format, without a line end.

    ``outlet`` and ``story`` are as the record names them, or "". ``missing`` names metadata that came with nothing.
    ``text`` is there where it was asked for. ``source`` and ``line`` say where it came from, and come with it.
    """

    outlet: str
    story: str
    fingerprint: str
    received_hash: int
    cells: bytes
    missing: tuple[str, ...]
    text: str
    source: str = ""
    line: int | None = None


type Outcome = Prepared | Rejection


def prepare(entries: Iterable[ImportRow | Rejection], cleaning: Cleaning) -> list[Outcome]:
    """One outcome for each entry, in order; a record that cannot be cleaned is a rejection. Raises UnknownRuleError."""
    rules = RuleSet.without(cleaning.rules_off, repair_mojibake=cleaning.repair_mojibake)
    return [entry if isinstance(entry, Rejection) else _prepared(entry, rules, cleaning) for entry in entries]


def _prepared(row: ImportRow, rules: RuleSet, cleaning: Cleaning) -> Outcome:
    try:
        article = clean(row.fields, rules)
    except Exception as error:  # noqa: BLE001 - a fault of ours in one record must not cost the others
        return _rejected(
            row,
            "cannot_clean",
            f"The cleaning rules failed on this article ({type(error).__name__}: {error}). Leave it out, and report it.",
        )
    if not article.text:
        return _rejected(
            row, "empty_text", "Nothing but page debris is in the text. Check that the whole article was received."
        )
    if len(article.title) > TITLE_WIDTH:
        return _rejected(row, "too_long", f"The headline has over {TITLE_WIDTH} characters. Put a line break after it.")
    fields = row.fields
    return Prepared(
        outlet=fields.get("outlet", "").strip() or article.outlet or row.outlet,
        story=fields.get("story", ""),
        fingerprint=article.fingerprint,
        received_hash=article.received_hash,
        cells=_cells(row, article, rules.version),
        missing=tuple(
            name
            for name, there in (
                ("date", row.published),
                ("byline", article.byline),
                ("language", fields.get("language")),
            )
            if not there
        ),
        text=article.text if cleaning.with_text else "",
        source=row.source if cleaning.with_text else "",
        line=row.line if cleaning.with_text else None,
    )


def _rejected(row: ImportRow, code: str, message: str) -> Rejection:
    return Rejection(row.source, row.line, "text", code, message, excerpt_of(row.fields["text"][:400]))


def _cells(row: ImportRow, article: CleanArticle, version: str) -> bytes:
    fields = row.fields
    # Written here rather than by json: names of fields, rules and zones need no escaping.
    raw_fields = ",".join(
        [f'{{"name":"{f["name"]}","start":{f["start"]},"end":{f["end"]}}}' for f in article.raw_fields]
    )
    segments = ",".join(
        [
            f'{{"raw_start":{s.raw_start},"raw_end":{s.raw_end},"text_start":{s.text_start},"text_end":{s.text_end}}}'
            for s in article.segments
        ]
    )
    removed = ",".join([f'{{"start":{r["start"]},"end":{r["end"]},"rule":"{r["rule"]}"}}' for r in article.removed])
    zones = ",".join([f'{{"zone":"{z["zone"]}","start":{z["start"]},"end":{z["end"]}}}' for z in article.zones])
    before_raw = (
        _text_or_null(fields.get("id")),
        _text_or_null(fields["url"].strip() if "url" in fields else None),
        escaped(article.title),
        _text_or_null(article.byline[:BYLINE_WIDTH] or None),
        row.published.isoformat() if row.published else NULL,
        _text_or_null(fields["language"].strip() if "language" in fields else None),
        _text_or_null(fields.get("rights")),
    )
    after_text = (
        f"[{segments}]",
        f"[{removed}]",
        f"[{zones}]",
        article.text_sha256,
        article.fingerprint,
        str(article.received_hash),
        str(len(article.text)),
        version,
        _text_or_null(article.agency or None),
        str(article.n_mojibake),
    )
    return b"\t".join(
        (
            "\t".join(before_raw).encode(),
            _escaped_bytes(article.raw),
            f"[{raw_fields}]".encode(),
            _escaped_bytes(article.text),
            "\t".join(after_text).encode(),
        )
    )


def _text_or_null(value: str | None) -> str:
    return NULL if value is None else escaped(value)


def escaped(value: str) -> str:
    """A cell of COPY's text format."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _escaped_bytes(value: str) -> bytes:
    """The same in UTF-8: bytes are looked through several times as fast as characters."""
    data = value.encode()
    return data.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")


def cell(value: Any) -> str:
    """A cell of a value that is no text of an article: None, a number, a moment, a uuid, a short string."""
    return NULL if value is None else escaped(value.isoformat() if hasattr(value, "isoformat") else str(value))
