"""What was received and what became of it, paragraph beside paragraph, and what other rules would change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple, TypedDict

from corpus.cleaning import INVISIBLE, LAYOUT, RULES
from corpus.models import Article
from spans.offsets import Segment

_QUIET = (LAYOUT, INVISIBLE)
# One colour for the rules of one module: they take debris of one kind.
_KINDS = ("navigation", "engagement", "authorship", "links", "repetition", "headline")
_KIND_OF = {rule.name: rule.find.__module__.rpartition(".")[2] for rule in RULES}
_WORDS = re.compile(r"\s+|\w+|[^\w\s]+")
_CONTEXT = 1  # paragraphs that stay, shown around those that change
_SHOWN_CHANGES = 40
_ALIKE = 0.5  # the share of words that two paragraphs must have in common to be one that changed


class RawPiece(TypedDict):
    """A stretch of raw; ``rule`` names why it is not in the text, "" where it is."""

    text: str
    rule: str


class TextPiece(TypedDict):
    """A paragraph of the text and its zone."""

    text: str
    zone: str


class Mark(NamedTuple):
    """A stretch of raw as it is shown; ``rule`` is "" where it was kept. ``tone`` numbers the kind of rule."""

    text: str
    rule: str
    name: str
    tone: str


class Row(NamedTuple):
    """A paragraph of the text beside what it came from, or what was taken beside nothing.

    ``same`` says that both are the same characters, so that a narrow screen need show but one.
    """

    raw: list[Mark]
    text: str
    zone: str
    same: bool


class RuleCount(NamedTuple):
    """How often a rule took something of an article."""

    rule: str
    name: str
    tone: str
    times: int
    chars: int


def raw_pieces(article: Article) -> Iterator[RawPiece]:
    """Raw from end to end, cut where removed ranges begin and end; dropped white space is not worth a name."""
    at = 0
    for removed in article.removed:
        if removed["rule"] in _QUIET:
            continue
        if removed["start"] > at:
            yield {"text": article.raw[at : removed["start"]], "rule": ""}
        yield {
            "text": article.raw[removed["start"] : removed["end"]].strip(),
            "rule": in_words(removed["rule"]),
        }
        at = removed["end"]
    if at < len(article.raw):
        yield {"text": article.raw[at:], "rule": ""}


def text_pieces(article: Article) -> Iterator[TextPiece]:
    """The text's paragraphs in order, each with its zone."""
    for zone in article.zones:
        for paragraph in article.text[zone["start"] : zone["end"]].split("\n\n"):
            if paragraph:
                yield {"text": paragraph, "zone": zone["zone"]}


def rows_of(article: Article) -> list[Row]:
    """The article from top to bottom of what was received."""
    segments = [Segment(**segment) for segment in article.segments]
    removed = [part for part in article.removed if part["rule"] not in _QUIET]
    rows: list[Row] = []
    at = place = 0
    for piece in text_pieces(article):
        start = article.text.index(piece["text"], place)
        place = start + len(piece["text"])
        raw_start, raw_end = _hull(segments, start, place)
        rows += [_taken(article.raw, part) for part in removed if at <= part["start"] and part["end"] <= raw_start]
        marks = _marks(article.raw, raw_start, raw_end, removed)
        rows.append(Row(marks, piece["text"], piece["zone"], "".join(mark.text for mark in marks) == piece["text"]))
        at = raw_end
    rows += [_taken(article.raw, part) for part in removed if part["start"] >= at]
    return rows


def counts_of(article: Article) -> list[RuleCount]:
    """The rules that took something, by the order in which they first did."""
    times: Counter[str] = Counter()
    chars: Counter[str] = Counter()
    for part in article.removed:
        if part["rule"] not in _QUIET:
            times[part["rule"]] += 1
            chars[part["rule"]] += part["end"] - part["start"]
    return [RuleCount(rule, in_words(rule), _tone(rule), count, chars[rule]) for rule, count in times.items()]


def in_words(rule: str) -> str:
    """A rule's name as people read it."""
    return rule.replace("_", " ")


def _tone(rule: str) -> str:
    kind = _KIND_OF.get(rule, "")
    return str(_KINDS.index(kind)) if kind in _KINDS else ("2" if kind == "agency" else "")


def _hull(segments: Sequence[Segment], start: int, end: int) -> tuple[int, int]:
    """The stretch of raw that text ``[start, end)`` came from."""
    begin = finish = None
    for segment in segments:
        if segment.text_end <= start or segment.text_start >= end or segment.raw_start == segment.raw_end:
            continue
        straight = segment.raw_end - segment.raw_start == segment.text_end - segment.text_start
        shift = segment.raw_start - segment.text_start
        first = max(start, segment.text_start) + shift if straight else segment.raw_start
        begin = first if begin is None else begin
        finish = min(end, segment.text_end) + shift if straight else segment.raw_end
    return begin or 0, finish or 0


def _taken(raw: str, part: dict[str, object]) -> Row:
    return Row([_mark(raw, part)], "", "", same=False)


def _mark(raw: str, part: dict[str, object]) -> Mark:
    start, end, rule = part["start"], part["end"], str(part["rule"])
    assert isinstance(start, int)
    assert isinstance(end, int)
    return Mark(raw[start:end].strip(), rule, in_words(rule), _tone(rule))


def _marks(raw: str, start: int, end: int, removed: Iterable[dict[str, object]]) -> list[Mark]:
    """The stretch cut where something within it was taken."""
    marks: list[Mark] = []
    at = start
    for part in removed:
        first, last = part["start"], part["end"]
        assert isinstance(first, int)
        assert isinstance(last, int)
        if first < at or last > end:
            continue
        if first > at:
            marks.append(Mark(raw[at:first], "", "", ""))
        marks.append(_mark(raw, part))
        at = last
    if at < end:
        marks.append(Mark(raw[at:end], "", "", ""))
    return marks


class Change(NamedTuple):
    """A paragraph of a comparison: ``kind`` is "kept", "gone", "new" or "changed"; ``parts`` are (kind, text)."""

    kind: str
    parts: list[tuple[str, str]]


def changes_between(before: str, after: str) -> list[Change]:
    """What a text would lose and gain, paragraph by paragraph, with one paragraph that stays around each change."""
    old, new = before.split("\n\n"), after.split("\n\n")
    changes: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            kept = [Change("kept", [("kept", paragraph)]) for paragraph in old[a:b]]
            inside = len(kept) > 2 * _CONTEXT + 1
            first = kept[: _CONTEXT if changes else 0]
            last = kept[len(kept) - _CONTEXT :] if b < len(old) or d < len(new) else []
            changes += (
                [*first, Change("cut", [("cut", f"{len(kept) - len(first) - len(last)}")]), *last]
                if (inside or len(first) + len(last) < len(kept))
                else kept
            )
            continue
        changes += _paired(old[a:b], new[c:d])
    return changes[:_SHOWN_CHANGES]


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """Paragraphs that gave way to others: those alike are one that changed."""
    left = list(old)
    for paragraph in new:
        twin = next((i for i, other in enumerate(left) if _alike(other, paragraph)), None)
        if twin is None:
            yield Change("new", [("new", paragraph)])
            continue
        for gone in left[:twin]:
            yield Change("gone", [("gone", gone)])
        yield Change("changed", _words(left[twin], paragraph))
        del left[: twin + 1]
    for gone in left:
        yield Change("gone", [("gone", gone)])


def _alike(old: str, new: str) -> bool:
    return SequenceMatcher(None, _WORDS.findall(old), _WORDS.findall(new), autojunk=False).ratio() >= _ALIKE


def _words(old: str, new: str) -> list[tuple[str, str]]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    parts: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("kept", "".join(before[a:b])))
            continue
        if a < b:
            parts.append(("gone", "".join(before[a:b])))
        if c < d:
            parts.append(("new", "".join(after[c:d])))
    return parts
