"""From received characters to canonical text, with the one map between the two.

Canonical: NFC; line breaks are LF; C0 and C1 controls out (TAB becomes a space); U+200B, U+2060, U+FEFF and U+00AD
out; every other kind of space becomes a space. Joiners (emoji, Persian, Indic), bidi marks and curly quotes stay.
Lines are trimmed, paragraphs stand apart by one blank line. Nothing else is rewritten.
"""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from spans.offsets import Segment

_LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
_INVISIBLE = "\u200b\u2060\ufeff\u00ad"
_SPACES = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Zs") + "\t"
_CONTROLS = "".join(chr(c) for c in (*range(0x20), *range(0x7F, 0xA0)) if chr(c) not in _LINE_BREAKS + "\t")
_ODD_SPACES = _SPACES.replace(" ", "")
DROPPED = _INVISIBLE + _CONTROLS

LINE_BREAK = re.compile(rf"\r\n|[{_LINE_BREAKS}]")
_BLANK = re.compile(rf"[{re.escape(_SPACES + DROPPED)}]+")
_NEEDS_WORK = re.compile(rf"[{re.escape(_ODD_SPACES + DROPPED + _LINE_BREAKS)}]")
_TO_SPACE = dict.fromkeys(map(ord, _ODD_SPACES + _LINE_BREAKS), " ")
_TO_PLAIN = _TO_SPACE | dict.fromkeys(map(ord, DROPPED))
# Jamo vowels and finals compose with what stands before them although their combining class is 0.
_JAMO = range(0x1160, 0x1200)


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch ``[start, end)`` of raw that becomes one line of text; ``opens`` a new paragraph or goes on with one."""

    start: int
    end: int
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Canonical:
    """Text, its map to raw, where each line landed in it, and the raw ranges that became nothing.

    ``dropped`` holds (start, end, reason): *invisible* characters, *layout* (white space at the ends), and whatever
    lay between two lines other than white space, which the caller must explain.
    """

    text: str
    segments: tuple[Segment, ...]
    lines: tuple[tuple[int, int], ...]
    dropped: tuple[tuple[int, int], ...]


def trim(raw: str, start: int, end: int) -> tuple[int, int]:
    """The range without spaces and droppable characters at its ends; may be empty."""
    found = _BLANK.match(raw, start, end)
    if found:
        start = found.end()
    while end > start and _BLANK.fullmatch(raw, end - 1, end):
        end -= 1
    return start, end


def plain(raw: str) -> str:
    """One line as it would stand in canonical text: for comparing and recognising lines."""
    if _NEEDS_WORK.search(raw):
        raw = raw.translate(_TO_PLAIN)
    return unicodedata.normalize("NFC", raw).strip(" ")


def canonicalise(raw: str, lines: Sequence[Line]) -> Canonical:
    """Canonical text of the given lines of ``raw``, which must be trimmed, not empty and in order.

    The break between two lines comes from the white space between them where there is any that belongs to nothing
    else, so that a raw range across two paragraphs has a counterpart; else it is inserted.
    """
    text: list[str] = []
    segments: list[Segment] = []
    places: list[tuple[int, int]] = []
    at = 0
    reached = None
    for line in lines:
        if reached is not None:
            gap = "\n\n" if line.opens else "\n"
            blank_end = reached
            while blank_end < line.start and (raw[blank_end] in _LINE_BREAKS or _BLANK.fullmatch(raw[blank_end])):
                blank_end += 1
            _add(segments, reached, blank_end, at, at + len(gap))
            text.append(gap)
            at += len(gap)
        begin = at
        for piece, start, end in _pieces(raw, line.start, line.end):
            _add(segments, start, end, at, at + len(piece))
            text.append(piece)
            at += len(piece)
        places.append((begin, at))
        reached = line.end
    return Canonical("".join(text), tuple(segments), tuple(places), tuple(_uncovered(len(raw), segments)))


def _pieces(raw: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """Stretches of one line as (text, raw start, raw end); equal lengths map character by character."""
    stretch = raw[start:end]
    if not _NEEDS_WORK.search(stretch) and unicodedata.is_normalized("NFC", stretch):
        return [(stretch, start, end)]
    pieces: list[tuple[str, int, int]] = []
    kept = [
        (" " if c in _ODD_SPACES or c in _LINE_BREAKS else c, start + i)
        for i, c in enumerate(stretch)
        if c not in DROPPED
    ]
    cluster = ""
    first = last = 0
    for char, place in kept:
        if cluster and not _joins(char):
            # An invisible character inside a word goes with the character before it: a raw range over the word
            # then still has a counterpart.
            upto = place if place > last and cluster[-1] != " " and char.isalnum() else last
            pieces.append((unicodedata.normalize("NFC", cluster), first, upto))
            cluster = ""
        if not cluster:
            first = place
        cluster += char
        last = place + 1
    if cluster:
        pieces.append((unicodedata.normalize("NFC", cluster), first, last))
    return pieces


def _joins(char: str) -> bool:
    """Whether normalisation may join this character to the one before it (a superset: every mark and jamo)."""
    return char >= "\u0300" and (unicodedata.category(char)[0] == "M" or ord(char) in _JAMO)


def _add(segments: list[Segment], raw_start: int, raw_end: int, text_start: int, text_end: int) -> None:
    """Append, or lengthen the last segment where both map character by character and join up."""
    if segments and raw_end - raw_start == text_end - text_start:
        before = segments[-1]
        if before.raw_end == raw_start and before.raw_end - before.raw_start == before.text_end - before.text_start:
            segments[-1] = Segment(before.raw_start, raw_end, before.text_start, text_end)
            return
    segments.append(Segment(raw_start, raw_end, text_start, text_end))


def _uncovered(length: int, segments: Sequence[Segment]) -> list[tuple[int, int]]:
    gaps = []
    at = 0
    for segment in segments:
        if segment.raw_start > at:
            gaps.append((at, segment.raw_start))
        at = max(at, segment.raw_end)
    if at < length:
        gaps.append((at, length))
    return gaps


def text_sha256(text: str) -> str:
    """Hex digest of the exact UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(text: str) -> str:
    """Hex digest that case and white space do not change: the same for two copies of an article."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()
