"""From received characters to canonical text, with the one map between the two.

Canonical: NFC; line breaks are LF; C0 and C1 controls out (TAB becomes a space); U+200B, U+2060, U+FEFF and U+00AD
out; every other kind of space becomes a space. Joiners (emoji, Persian, Indic), bidi marks and curly quotes stay.
Lines are trimmed, paragraphs stand apart by one blank line. Nothing else is rewritten.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spans.offsets import Segment

_LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
_INVISIBLE = "\u200b\u2060\ufeff\u00ad"
# No space lies beyond U+3000; to look through all of Unicode takes longer than all other loading.
_SPACES = "".join(c for c in map(chr, range(0x3001)) if unicodedata.category(c) == "Zs") + "\t"
_CONTROLS = "".join(chr(c) for c in (*range(0x20), *range(0x7F, 0xA0)) if chr(c) not in _LINE_BREAKS + "\t")
_ODD_SPACES = _SPACES.replace(" ", "")
DROPPED = _INVISIBLE + _CONTROLS

_RARE_BREAKS = tuple(_LINE_BREAKS.replace("\n", ""))
LINE_BREAK = re.compile(rf"\r\n|[{_LINE_BREAKS}]")
_BLANK = re.compile(rf"[{re.escape(_SPACES + DROPPED)}]+")
_BLANKS = frozenset(_SPACES + DROPPED)
_BLANKS_AND_BREAKS = _BLANKS | frozenset(_LINE_BREAKS)
_NEEDS_WORK = re.compile(rf"[{re.escape(_ODD_SPACES + DROPPED + _LINE_BREAKS)}]")
_TO_SPACE = dict.fromkeys(map(ord, _ODD_SPACES + _LINE_BREAKS), " ")
_TO_PLAIN = _TO_SPACE | dict.fromkeys(map(ord, DROPPED))
_ASCII = bytes(range(0x80))
# Jamo vowels and finals compose with what stands before them although their combining class is 0.
_JAMO = range(0x1160, 0x1200)


type _Stretch = tuple[int, int, int, int]


class Line(NamedTuple):
    """A stretch ``[start, end)`` of raw that becomes one line of text; ``opens`` a new paragraph or goes on with one.

    ``ready`` is the stretch itself where the caller knows that nothing in it needs rewriting.
    """

    start: int
    end: int
    opens: bool = True
    ready: str | None = None


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
    while start < end and raw[start] in _BLANKS:
        start += 1
    while end > start and raw[end - 1] in _BLANKS:
        end -= 1
    return start, end


def trim_title(raw: str, start: int, end: int) -> tuple[int, int]:
    """Like :func:`trim`, line breaks too: a title is one line whatever breaks are in it."""
    while start < end and raw[start] in _BLANKS_AND_BREAKS:
        start += 1
    while end > start and raw[end - 1] in _BLANKS_AND_BREAKS:
        end -= 1
    return start, end


def line_spans(raw: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of ``raw[start:end)``, trimmed; an empty range for a blank line."""
    stretch = raw[start:end]
    spans: list[tuple[int, int]] = []
    at = start
    if any(sign in stretch for sign in _RARE_BREAKS):
        for found in LINE_BREAK.finditer(raw, start, end):
            spans.append(trim(raw, at, found.start()))
            at = found.end()
        spans.append(trim(raw, at, end))
        return spans
    for line in stretch.split("\n"):
        reached = at + len(line)
        if line and (line[0] in _BLANKS or line[-1] in _BLANKS):
            spans.append(trim(raw, at, reached))
        else:
            spans.append((at, reached))
        at = reached + 1
    return spans


def needs_no_work(stretch: str, *, normal: bool) -> bool:
    """Whether one line is canonical as it stands, where ``normal`` says that it is in NFC.

    What is printable holds no control, no invisible sign, no line break and no space but U+0020.
    """
    return normal and (stretch.isprintable() or not _NEEDS_WORK.search(stretch))


def is_normal(raw: str) -> bool:
    """Whether raw, and so every stretch of it, is in NFC."""
    return raw.isascii() or unicodedata.is_normalized("NFC", raw)


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
    stretches: list[_Stretch] = []
    places: list[tuple[int, int]] = []
    at = 0
    reached = None
    for start, end, opens, ready in lines:
        if reached is not None:
            gap = "\n\n" if opens else "\n"
            blank_end = start
            if not raw[reached:start].isspace():
                blank_end = reached
                while blank_end < start and raw[blank_end] in _BLANKS_AND_BREAKS:
                    blank_end += 1
            add_stretch(stretches, reached, blank_end, at, at + len(gap))
            text.append(gap)
            at += len(gap)
        begin = at
        for piece, first, last in [(ready, start, end)] if ready is not None else _pieces(raw, start, end):
            add_stretch(stretches, first, last, at, at + len(piece))
            text.append(piece)
            at += len(piece)
        places.append((begin, at))
        reached = end
    return Canonical(
        "".join(text),
        tuple(Segment(*stretch) for stretch in stretches),
        tuple(places),
        tuple(_uncovered(len(raw), stretches)),
    )


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


def add_stretch(stretches: list[_Stretch], raw_start: int, raw_end: int, text_start: int, text_end: int) -> None:
    """Append, or lengthen the last stretch where both map character by character and join up."""
    if stretches and raw_end - raw_start == text_end - text_start:
        raw_from, raw_to, text_from, text_to = stretches[-1]
        if raw_to == raw_start and raw_to - raw_from == text_to - text_from:
            stretches[-1] = (raw_from, raw_end, text_from, text_end)
            return
    stretches.append((raw_start, raw_end, text_start, text_end))


def _uncovered(length: int, stretches: Sequence[_Stretch]) -> list[tuple[int, int]]:
    gaps = []
    at = 0
    for raw_start, raw_end, _, _ in stretches:
        if raw_start > at:
            gaps.append((at, raw_start))
        at = max(at, raw_end)
    if at < length:
        gaps.append((at, length))
    return gaps


def text_sha256(text: str) -> str:
    """Hex digest of the exact UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def received_hash(received: str) -> int:
    """A signed number of 64 bits that stands for headline and text as received, whatever cleaning makes of them.

    The first eight bytes of their SHA-256, which Postgres can compute too (migration 0010).
    """
    return int.from_bytes(hashlib.sha256(received.encode()).digest()[:8], signed=True)


def beyond_ascii(text: str) -> str:
    """The characters of the text that are not in ASCII, in their order: quick, whatever the length."""
    return text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")


def fingerprint(text: str, *, canonical: bool = False) -> str:
    """Hex digest that case and white space do not change: the same for two copies of an article.

    ``canonical`` promises that the text is, so that U+0020 and LF are its only white space.
    """
    if canonical:
        # Splitting into words costs four times as much, and so does folding what has no case: quotation marks, dashes.
        high = beyond_ascii(text)
        folded = text.encode().lower() if high.casefold() == high else text.casefold().encode()
        folded = folded.replace(b"\n\n", b" ").replace(b"\n", b" ")
        while b"  " in folded:
            folded = folded.replace(b"  ", b" ")
        folded = folded.strip(b" ")
    else:
        folded = " ".join(text.casefold().split()).encode()
    return hashlib.sha256(folded).hexdigest()
