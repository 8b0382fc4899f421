"""What part of an article a line is: headline, standfirst, body, caption or correction."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.cleaning.page import Line, Page

HEADLINE, STANDFIRST, BODY, CAPTION, CORRECTION = "headline", "standfirst", "body", "caption", "correction"

_CAPTION_WORDS = 70
_STANDFIRST_WORDS = 60
_CAPTION = re.compile(
    r"^(?:photo|image|picture|caption|video|file photo|foto|bild)\s*(?:\d+\s*)?:|[(\[](?:\w+,?\s)?(?:photo|image|picture|"
    r"credit|file)\b[^)\]]*[)\]]\W*$|\b(?:photo|image|picture|credit|photograph)s?\s*(?:by\b|:)\s?\W?[^.]{2,60}\.?$|"
    r"\b(?:getty images|shutterstock|file photo|via ap|/ap|/reuters|/afp|/getty)\W*$|"
    r"\((?:above|left|right|centre|center|top|bottom|l|r|c|m|pictured)(?:,\s?(?:left|right|centre|center|l|r|c|m))?\)",
    re.I,
)
# Every caption has one of these, whatever its case.
_CAPTION_SIGNS = (
    "photo", "image", "picture", "caption", "video", "foto", "bild", "credit", "file", "getty", "shutterstock", "via ap",
    "/ap", "/reuters", "/afp", "(above", "(left", "(right", "(cent", "(top", "(bottom", "(l", "(r", "(c", "(m",
)  # fmt: skip
_CORRECTION = re.compile(
    r"^\W*(?:corrections?|clarifications?|editor(?:'|’)?s(?:'|’)? note|update|updated|amendment|erratum|corrected)\b[^.]{0,40}:|"
    r"^\W*(?:this|an earlier version of this) (?:article|story|piece|report|post|version)\b.{0,80}\b"
    r"(?:corrected|amended|updated|clarified|misstated|incorrectly|wrong\w*)\b",
    re.I,
)


def zones_of(page: Page) -> list[str]:
    """One zone for each kept line.

    The standfirst is the first paragraph below the headline where a caption, a byline, a date or the title again
    stood between it and the next one, and a line of text follows.
    """
    zones = [_zone(page, line) for line in page.lines]
    first = next((i for i, zone in enumerate(zones) if zone != HEADLINE), None)
    if page.headline is None or first is None or zones[first] != BODY:
        return zones
    line = page.lines[first]
    more = any(zone == BODY for zone in zones[first + 1 :])
    caption_follows = zones[first + 1 : first + 2] == [CAPTION]
    if more and line.n_words <= _STANDFIRST_WORDS and (caption_follows or line in page.standfirst_ends):
        zones[first] = STANDFIRST
    return zones


def _zone(page: Page, line: Line) -> str:
    if line is page.headline:
        return HEADLINE
    if line in page.captions or (line.n_words <= _CAPTION_WORDS and _is_caption(line.text)):
        return CAPTION
    if _CORRECTION.match(line.text):
        return CORRECTION
    return BODY


def _is_caption(text: str) -> bool:
    """Looking for a sign first is ten times as fast."""
    folded = text.casefold()
    for sign in _CAPTION_SIGNS:
        if sign in folded:
            return _CAPTION.search(text) is not None
    return False


def ranges_of(zones: Sequence[str], places: Sequence[tuple[int, int]]) -> list[dict[str, int | str]]:
    """Neighbours of one zone as one half-open range of text: [{zone, start, end}]."""
    ranges: list[dict[str, int | str]] = []
    for zone, (start, end) in zip(zones, places, strict=True):
        if ranges and ranges[-1]["zone"] == zone:
            ranges[-1]["end"] = end
        else:
            ranges.append({"zone": zone, "start": start, "end": end})
    return ranges
