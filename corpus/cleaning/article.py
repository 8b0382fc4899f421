"""Received fields in, canonical article out: the order in which the rules look at a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from corpus.canonical import Line as CanonicalLine
from corpus.canonical import canonicalise, fingerprint, is_normal, plain, received_hash, text_sha256, trim, trim_title
from corpus.cleaning import agency, headline, mojibake, zones
from corpus.cleaning.page import Cut, Line, Page, Rule, lines_of
from corpus.cleaning.rules import ALL_RULES, INVISIBLE, LAYOUT, METADATA, RuleSet
from spans.offsets import Segment

# Text-bearing fields come first, in this order, so that headline, blank line, text is also the order of raw.
TEXT_FIELDS = ("title", "text")
FIELD_BREAK = "\n\n"
BYLINE_WIDTH = 500
# Where mojibake is looked for: what people read, not addresses and identifiers.
REPAIRABLE_FIELDS = frozenset(["title", "text", "byline", "outlet", "captions"])

_ENDS_STANDFIRST = {"byline", "empty_byline", "date_line", "read_time", "repeated_title"}


class Removed(TypedDict):
    """A range of raw that is not in the text, and the rule that says why."""

    start: int
    end: int
    rule: str


class RawField(TypedDict):
    """Where a received field lies in raw."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CleanArticle:
    """Everything the article's row needs that comes of its characters. Offsets are code points, half-open.

    ``n_mojibake`` counts the places that look decoded with the wrong charset and stand in the text as they came.
    """

    raw: str
    raw_fields: list[RawField]
    text: str
    segments: tuple[Segment, ...]
    removed: list[Removed]
    zones: list[dict[str, int | str]]
    title: str
    byline: str
    outlet: str
    agency: str
    text_sha256: str = field(repr=False)
    fingerprint: str = field(repr=False)
    received_hash: int = field(repr=False)
    n_mojibake: int
    cleaner_version: str

    def columns(self) -> dict[str, Any]:
        """What an article's row keeps of it, by the names of the columns, ready to be stored as JSON."""
        return {
            "raw": self.raw,
            "raw_fields": self.raw_fields,
            "text": self.text,
            "segments": [
                {"raw_start": s.raw_start, "raw_end": s.raw_end, "text_start": s.text_start, "text_end": s.text_end}
                for s in self.segments
            ],
            "removed": self.removed,
            "zones": self.zones,
            "title": self.title,
            "byline": self.byline[:BYLINE_WIDTH] or None,
            "agency": self.agency or None,
            "n_mojibake": self.n_mojibake,
            "text_sha256": self.text_sha256,
            "fingerprint": self.fingerprint,
            "received_hash": self.received_hash,
            "n_chars": len(self.text),
            "cleaner_version": self.cleaner_version,
        }


def clean(fields: Mapping[str, str], rules: RuleSet = ALL_RULES) -> CleanArticle:
    """Canonical text of an article received as named fields; only ``text`` is required.

    ``title``, where given, is the headline; else the headline is found in the text. ``captions`` has the lines of the
    text that are captions, one a line. The result's ``text`` may be empty, where nothing but debris came: the caller
    refuses that.
    """
    received, received_fields = _joined(fields)
    edits = mojibake.edits_of(
        received, ((f["start"], f["end"]) for f in received_fields if f["name"] in REPAIRABLE_FIELDS)
    )
    repaired = mojibake.Repaired(received, edits) if edits and rules.repair_mojibake else None
    raw, raw_fields = received, received_fields
    if repaired is not None:
        # The rules look at what is meant; what comes of it is counted in raw again at the end.
        raw = repaired.text
        raw_fields = [
            {"name": f["name"], "start": repaired.from_raw(f["start"]), "end": repaired.from_raw(f["end"])}
            for f in received_fields
        ]
        fields = {f["name"]: raw[f["start"] : f["end"]] for f in raw_fields}
    normal = is_normal(raw)
    page = Page(
        raw,
        _lines(raw, raw_fields, normal=normal),
        title_given=bool(fields.get("title", "").strip()),
        byline=plain(fields.get("byline", "")),
        outlet=fields.get("outlet", ""),
        url=fields.get("url", ""),
    )
    if page.title_given and page.lines:
        page.headline = page.lines[0]
    if captions := {plain(line) for line in fields.get("captions", "").splitlines()}:
        page.captions += [line for line in page.lines if line is not page.headline and line.text in captions]
    cuts: list[tuple[int, int, str]] = []
    found_byline = found_outlet = found_agency = ""
    for first, chosen in ((True, rules.before_headline), (False, rules.after_headline)):
        if not first:
            page.headline = headline.find_headline(page)
        for rule in chosen:
            if rule.short_only and not page.short:
                continue
            found = list(rule.find(page))
            for cut in _allowed(page, rule, found, normal=normal) if found else ():
                cuts.append((cut.start, cut.end, rule.name))
                found_byline = found_byline or cut.byline
                # Later rules know the author's biography by the name.
                page.byline = page.byline or cut.byline
                found_outlet = found_outlet or cut.outlet
                found_agency = found_agency or cut.agency
    canonical = canonicalise(raw, _with_breaks(page.lines, page.headline))
    title = next(
        (
            canonical.text[s:e]
            for line, (s, e) in zip(page.lines, canonical.lines, strict=True)
            if line is page.headline
        ),
        "",
    )
    byline = plain(fields.get("byline", "")) or found_byline
    segments: Sequence[Segment] = canonical.segments
    removed = _explained(raw, canonical.dropped, cuts, raw_fields)
    if repaired is not None:
        segments, removed = repaired.in_raw(segments, removed)
    return CleanArticle(
        raw=received,
        raw_fields=received_fields,
        text=canonical.text,
        segments=tuple(segments),
        removed=[{"start": start, "end": end, "rule": rule} for start, end, rule in removed],
        zones=zones.ranges_of(zones.zones_of(page), canonical.lines),
        title=title,
        byline=byline,
        agency=found_agency or agency.agency_in(byline),
        outlet=plain(fields.get("outlet", "")) or found_outlet,
        text_sha256=text_sha256(canonical.text),
        fingerprint=fingerprint(canonical.text, canonical=True),
        received_hash=received_hash(received[: max(f["end"] for f in received_fields if f["name"] in TEXT_FIELDS)]),
        n_mojibake=0 if repaired is not None else len(edits),
        cleaner_version=rules.version,
    )


def _joined(fields: Mapping[str, str]) -> tuple[str, list[RawField]]:
    """Raw and the places of the fields in it: title and text first, then the others by name."""
    names = [n for n in TEXT_FIELDS if n in fields] + sorted(n for n in fields if n not in TEXT_FIELDS)
    parts: list[str] = []
    places: list[RawField] = []
    at = 0
    for name in names:
        if parts:
            parts.append(FIELD_BREAK)
            at += len(FIELD_BREAK)
        parts.append(fields[name])
        places.append({"name": name, "start": at, "end": at + len(fields[name])})
        at += len(fields[name])
    return "".join(parts), places


def _lines(raw: str, raw_fields: Sequence[RawField], *, normal: bool) -> list[Line]:
    lines: list[Line] = []
    for place in raw_fields:
        if place["name"] in TEXT_FIELDS:
            paragraph = lines[-1].paragraph + 1 if lines else 0
            if place["name"] == "title":
                start, end = trim_title(raw, place["start"], place["end"])
                if start < end:
                    lines.append(Line(raw, start, end, "title", paragraph, normal=normal))
            else:
                lines += lines_of(raw, place["start"], place["end"], "text", paragraph, normal=normal)
    return lines


def _allowed(page: Page, rule: Rule, cuts: list[Cut], *, normal: bool) -> list[Cut]:
    """Take the rule's cuts out of the page's lines; a real paragraph is left alone unless the rule may take one."""
    taken: list[Cut] = []
    by_start = {line.start: line for line in page.lines}
    gone: set[int] = set()
    for cut in cuts:
        whole = by_start.get(cut.start)
        if whole is not None and whole.end == cut.end:
            if (whole.is_prose and not rule.takes_prose) or whole.start in gone:
                continue
            if whole is page.headline:
                continue
            gone.add(whole.start)
            _remember(page, rule, whole)
        else:
            _shorten(page, cut, normal=normal)
        if cut.caption is not None:
            page.captions.append(cut.caption)
        taken.append(cut)
    if gone:
        page.lines = [line for line in page.lines if line.start not in gone]
    return taken


def _remember(page: Page, rule: Rule, line: Line) -> None:
    """The line above a byline, a date or the title again may be the standfirst."""
    if rule.name in _ENDS_STANDFIRST:
        above = [other for other in page.lines if other.start < line.start and other is not page.headline]
        if above:
            page.standfirst_ends.append(above[-1])


def _shorten(page: Page, cut: Cut, *, normal: bool) -> None:
    for line in page.lines:
        if (line.start < cut.start and line.end == cut.end) or (line.start == cut.start and line.end > cut.end):
            rest = (line.start, cut.start) if line.end == cut.end else (cut.end, line.end)
            start, end = trim(line.raw, *rest)
            shorter = Line(line.raw, start, end, line.field_name, line.paragraph, normal=normal)
            shorter.wrapped = line.wrapped
            page.lines = [shorter if other is line else other for other in page.lines]
            if line is page.headline:
                page.headline = shorter
            if line in page.captions:
                page.captions.append(shorter)


def _with_breaks(lines: Sequence[Line], headline: Line | None) -> list[CanonicalLine]:
    """The lines to make canonical, each with whether it opens a paragraph; what follows the headline always does."""
    before: Line | None = None
    result = []
    for line in lines:
        opens = before is None or before is headline or before.paragraph != line.paragraph
        result.append(CanonicalLine(line.start, line.end, opens, line.text if line.as_is else None))
        before = line
    return result


def _explained(
    raw: str, dropped: Sequence[tuple[int, int]], cuts: Sequence[tuple[int, int, str]], raw_fields: Sequence[RawField]
) -> list[tuple[int, int, str]]:
    """A rule's name for every dropped range; white space after debris goes with it."""
    reasons = sorted(
        [
            *cuts,
            *(
                (f["start"], f["end"], METADATA)
                for f in raw_fields
                if f["name"] not in TEXT_FIELDS and f["start"] < f["end"]
            ),
        ]
    )
    removed: list[tuple[int, int, str]] = []
    for start, end in dropped:
        inside = [(max(s, start), min(e, end), rule) for s, e, rule in reasons if s < end and e > start]
        at = start
        for s, e, rule in inside:
            if s > at:
                _blank(removed, raw, at, s, continues=at > start)
            if e > max(s, at):
                removed.append((max(s, at), e, rule))
                at = e
        if at < end:
            _blank(removed, raw, at, end, continues=at > start)
    return removed


def _blank(removed: list[tuple[int, int, str]], raw: str, start: int, end: int, *, continues: bool) -> None:
    if continues:
        removed[-1] = (removed[-1][0], end, removed[-1][2])
    else:
        seen = raw[start:end].isspace()
        removed.append((start, end, LAYOUT if seen else INVISIBLE))
