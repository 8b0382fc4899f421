"""The news agency that a report came from: before its first words, on a line of its own, or behind its last ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.cleaning.page import RUNNING_WORDS, SENTENCE_ENDS, Cut, Line, Page, Rule

# As people write them -> the name that is kept. Short forms are matched in capitals only.
_SHORT = {
    "AP": "Associated Press",
    "AFP": "Agence France-Presse",
    "UPI": "United Press International",
    "EFE": "EFE",
    "ANSA": "ANSA",
    "TASS": "TASS",
    "dpa": "dpa",
    "DPA": "dpa",
    "APA": "APA",
    "AAP": "Australian Associated Press",
    "PTI": "Press Trust of India",
    "ANI": "ANI",
    "IANS": "IANS",
    "CP": "The Canadian Press",
    "KUNA": "KUNA",
    "REUTERS": "Reuters",
}
_LONG = {
    "reuters": "Reuters",
    "thomson reuters": "Reuters",
    "associated press": "Associated Press",
    "the associated press": "Associated Press",
    "agence france-presse": "Agence France-Presse",
    "agence france presse": "Agence France-Presse",
    "united press international": "United Press International",
    "xinhua": "Xinhua",
    "kyodo": "Kyodo",
    "kyodo news": "Kyodo",
    "bloomberg": "Bloomberg",
    "europa press": "Europa Press",
    "agencia efe": "EFE",
    "notimex": "Notimex",
    "pa media": "PA Media",
    "press association": "PA Media",
    "the canadian press": "The Canadian Press",
    "interfax": "Interfax",
    "anadolu agency": "Anadolu Agency",
    "yonhap": "Yonhap",
}
_NAMES = rf"(?:{'|'.join(_SHORT)}|(?i:{'|'.join(sorted(map(re.escape, _LONG), key=len, reverse=True))}))"
_NAME = rf"(?P<agency>{_NAMES})"
_DATELINE_CHARS = 90
_DATELINE_WORDS = 10
_PREFIX = re.compile(rf"(?P<place>[^()\[\]]{{0,70}}?)[(\[]\s*{_NAME}(?:\s+\w+)?\s*[)\]]\.?\s*[-–—:]+\s*(?=\S)")
_ALONE = re.compile(rf"\W*(?:(?i:source|agency|agencies|via|from)\s*:?\s+)?{_NAME}(?:\s*[,/&]\s*[^.!?]{{2,40}})?\W*")
_SUFFIX = re.compile(rf"(?<=[.!?”\"’'])\s*(?:[(\[]\s*{_NAME}\s*[)\]]|[–—-]\s*(?P<signed>{_NAMES}))\.?$")
_BETWEEN_NAMES = re.compile(r"\s*[,|/·•;()]\s*|\s+(?:and|with|for|of|at)\s+|\s[-–—]\s")
_SMALL = frozenset(["de", "del", "of", "the", "la", "las", "los", "al", "el", "and", "on", "in", "near", "aboard"])
# Written small in Spanish: "Madrid, 21 oct (EFE).-".
_MONTHS = frozenset(
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
        "ene",
        "feb",
        "mar",
        "abr",
        "may",
        "jun",
        "jul",
        "ago",
        "sep",
        "sept",
        "oct",
        "nov",
        "dic",
    ]
)


def name_of(text: str) -> str:
    """The agency that a name or short form stands for; "" where it is none."""
    bare = text.strip(" .,;:()[]–—-")
    return _SHORT.get(bare) or _LONG.get(bare.casefold(), "")


def agency_in(byline: str) -> str:
    """The agency that a byline names: "The Associated Press", "Ana Ruiz, AP", "Ana Ruiz | Reuters"."""
    return next((name for part in _BETWEEN_NAMES.split(byline) if (name := name_of(part))), "")


def agency_line(page: Page) -> Iterator[Cut]:
    """ "MEXICO CITY (Reuters) -" before a report, "(AP)" behind it, and lines that hold an agency's name alone."""
    beside = {id(line) for line in (*page.head, *page.tail)}
    body = page.body
    for line in body:
        if id(line) in beside and line.n_words <= _DATELINE_WORDS and (found := _ALONE.fullmatch(line.text)):
            yield Cut(line.start, line.end, agency=name_of(found["agency"]))
            continue
        cut = _before(page, line)
        if cut is not None:
            yield cut
    last = next((line for line in reversed(body) if line.n_words >= RUNNING_WORDS), None)
    if last is not None and last.last_sign not in SENTENCE_ENDS:
        found = _SUFFIX.search(page.raw[last.start : last.end])
        if found is not None:
            yield Cut(last.start + found.start(), last.end, agency=name_of(found["agency"] or found["signed"]))


def _before(page: Page, line: Line) -> Cut | None:
    """The dateline with the agency at the beginning of a line."""
    opening = line.text[:_DATELINE_CHARS]
    if "(" not in opening and "[" not in opening:
        return None
    found = _PREFIX.match(page.raw, line.start, min(line.end, line.start + 2 * _DATELINE_CHARS))
    if found is None or not _is_place(found["place"]):
        return None
    return Cut(line.start, found.end(), agency=name_of(found["agency"]))


def _is_place(text: str) -> bool:
    """Places and dates: words with a capital, and numbers."""
    words = [word.strip(".,;:–—-") for word in text.split()]
    return len(words) <= _DATELINE_WORDS and all(
        not word[:1].islower() or word in _SMALL or word in _MONTHS for word in words
    )


RULES = (
    Rule(
        "agency_line",
        1,
        agency_line,
        "The news agency before or behind a report, with its dateline; it goes to the field agency.",
    ),
)
