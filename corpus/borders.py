"""Borders of words and sentences, computed once on the server because browsers disagree on them.

Words follow UAX #29 (by uniseg), with the closing point of "U.S." joined to its word. Sentences follow our own rule:
UAX #29 ends one after every "Mr." and "U.S.".
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version

from uniseg import wordbreak

VERSION = f"uniseg {version('uniseg')}/2"

_CHUNK = re.compile(r"\S+")
_LAST_SIMPLE_LETTER = "\u058f"  # Latin, Greek, Cyrillic, Armenian: a run of letters is one word
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")

_TERMINATOR = re.compile(r"[.!?…؟۔।॥]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”’）]*")
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "mx",
        "dr",
        "prof",
        "rev",
        "hon",
        "fr",
        "sr",
        "jr",
        "st",
        "gov",
        "sen",
        "rep",
        "gen",
        "col",
        "maj",
        "capt",
        "cmdr",
        "lt",
        "sgt",
        "adm",
        "pres",
        "amb",
        "atty",
        "supt",
        "det",
        "insp",
        "no",
        "nos",
        "vs",
        "v",
        "etc",
        "al",
        "fig",
        "figs",
        "vol",
        "pp",
        "ed",
        "eds",
        "approx",
        "est",
        "dept",
        "univ",
        "inc",
        "ltd",
        "co",
        "corp",
        "bros",
        "mt",
        "ft",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "mon",
        "tue",
        "tues",
        "wed",
        "thu",
        "thurs",
        "fri",
        "sat",
        "sun",
        "sra",
        "dra",
        "lic",
        "ing",
        "gral",
        "hr",
        "fr",
        "bzw",
        "ca",
        "z.b",
        "d.h",
        "u.a",
        "e.g",
        "i.e",
        "cf",
        "a.m",
        "p.m",
        "ph.d",
        "u.n",
    ]
)
# After initials a capital says little ("U.S. Secretary"); one of these says that a sentence begins.
_STARTERS = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "he",
        "she",
        "they",
        "we",
        "you",
        "i",
        "his",
        "her",
        "their",
        "our",
        "my",
        "your",
        "there",
        "here",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "with",
        "after",
        "before",
        "when",
        "while",
        "since",
        "until",
        "if",
        "as",
        "although",
        "though",
        "because",
        "but",
        "and",
        "or",
        "so",
        "yet",
        "however",
        "meanwhile",
        "instead",
        "what",
        "who",
        "why",
        "how",
        "where",
        "which",
        "some",
        "many",
        "most",
        "all",
        "both",
        "each",
        "no",
        "not",
        "nobody",
        "nothing",
        "one",
        "two",
        "another",
        "other",
        "such",
        "according",
        "earlier",
        "later",
        "last",
        "next",
        "now",
        "then",
        "today",
        "yesterday",
        "critics",
        "officials",
        "experts",
    ]
)
# Titles that end a sentence as often as not: they bind only to what plainly goes on.
_LOOSE = frozenset(["etc", "inc", "ltd", "co", "corp", "jr", "sr", "bros", "a.m", "p.m", "al"])


def words_of(text: str) -> list[int]:
    """Flat [start, end, start, end, …] of the stretches that hold a letter or digit, in code points."""
    flat: list[int] = []
    for chunk in _CHUNK.finditer(text):
        base = chunk.start()
        for start, end in _words_in(chunk[0]):
            flat += (base + start, base + end)
    return flat


@lru_cache(maxsize=50_000)
def _words_in(chunk: str) -> tuple[tuple[int, int], ...]:
    if chunk.isalpha() and max(chunk) <= _LAST_SIMPLE_LETTER:
        return ((0, len(chunk)),)
    found = []
    at = 0
    for piece in wordbreak.words(chunk):
        end = at + len(piece)
        if any(c.isalnum() for c in piece):
            closes = chunk[end : end + 1] == "." and _INITIALS.fullmatch(piece)
            found.append((at, end + 1 if closes else end))
        at = end
    return tuple(found)


def sentences_of(text: str) -> list[int]:
    """Flat [start, end, …] of sentences, trimmed; none reaches over a line break."""
    flat: list[int] = []
    at = 0
    for line in text.split("\n"):
        for start, end in _sentences_in(line):
            flat += (at + start, at + end)
        at += len(line) + 1
    return flat


def _sentences_in(line: str) -> list[tuple[int, int]]:
    found = []
    start = len(line) - len(line.lstrip())
    for mark in _TERMINATOR.finditer(line):
        after = line[mark.end() :].lstrip()
        if after and not _ends(line[start : mark.start()], mark[0], after):
            continue
        if mark.end() > start:
            found.append((start, mark.end()))
        start = len(line) - len(after)
    rest = line[start:].rstrip()
    if rest:
        found.append((start, start + len(rest)))
    return found


def _ends(before: str, mark: str, after: str) -> bool:
    """Whether a sentence ends at ``mark``, between what stands before it in the sentence and after it in the line."""
    if mark[0] in "。！？":
        return True
    opened = after.lstrip("\"'“‘«([¿¡")
    if opened[:1].islower():
        # “Go!” he said. – Quoted speech that goes on.
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    word = before.split()[-1].lstrip("\"'“‘«([") if before.split() else ""
    starts = re.match(r"[\w’']+", opened)
    begins = starts is not None and starts[0].casefold() in _STARTERS
    if _INITIALS.fullmatch(word) and word.casefold() not in _TITLES:
        return begins or opened[:1] in '“"'
    if len(word) == 1 and word.isalpha() and word.isupper():
        return False  # J. Doe
    if word.casefold() in _LOOSE:
        return begins or not after[:1].isdigit()
    return word.casefold() not in _TITLES
