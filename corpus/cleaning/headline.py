"""Which line is the headline, and what of it is the name of the outlet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from corpus.cleaning.page import Cut, Line, Page, Rule, key_of

_TITLE_WORDS = 4
_OUTLET_WORDS = 5
_LOOK_AHEAD = 12
_MOST_TIMES = 2  # a line over twice as long as the headline does not repeat it
_SUFFIX = re.compile(r"\s*(?P<mark>\||»|«|·|•|\s[-–—])\s*(?P<name>[^|»«·•]+)$")
_HOST_ENDS = re.compile(r"^www\.|\.[a-z]+$")
_OUTLET_WORD = re.compile(
    r"\b(?:news|times|post|herald|tribune|daily|journal|gazette|chronicle|observer|guardian|telegraph|press|star|sun|mail|"
    r"express|mirror|standard|independent|review|wire|today|world|weekly|magazine|radio|tv|television|online|media|"
    r"bulletin|courier|examiner|register|ledger|dispatch|beacon|monitor|globe|report|network|channel|agency|bbc|cnn|npr|"
    r"pbs|abc|cbs|nbc|msnbc|reuters|ap|afp|dw|vox|axios|politico|breitbart|blog)\b|\.(?:com|org|net|info|co|news|[a-z]{2})\b",
    re.I,
)


def find_headline(page: Page) -> Line | None:
    """The title that was given, else the first line that could be one, before the first running text.

    A first line of under four words ("World", "Live") gives way to a longer one near it, but to no sentence with a full
    stop: that is the first paragraph, and the short line its headline. None where the page begins with running text.
    """
    if page.title_given:
        return page.lines[0] if page.lines else None
    candidates = []
    for line in page.lines[:_LOOK_AHEAD]:
        if line.wrapped or (line.is_running and line.text.endswith((".", "。", "”", '."', "…"))):
            break
        candidates.append(line)
    if not candidates:
        return None
    longer = (line for line in candidates if line.n_words >= _TITLE_WORDS and line.last_sign not in (".", "。"))
    return next(longer, candidates[0])


def outlet_suffix(page: Page) -> Iterator[Cut]:
    """ " | Northgate Wire" after the headline. After a dash only what is known or looks like an outlet's name.

    A headline that the page repeats without its last part shows that part to be the outlet. Where the part after the
    mark is the longer one, or a sentence, it is a part of the headline.
    """
    headline = page.headline
    if headline is None:
        return
    raw = page.raw[headline.start : headline.end]
    found = _SUFFIX.search(raw)
    if found is None or found.start() == 0:
        return
    name = found["name"].strip()
    words = name.split()
    if len(words) > _OUTLET_WORDS or len(name) >= found.start():
        return
    stands_alone = key_of(raw[: found.start()])
    repeated = any(
        line.key.endswith(stands_alone) for line in page.body if len(line.text) <= _MOST_TIMES * len(headline.text)
    )
    if repeated or _is_outlet(page, name, words, found["mark"].strip()):
        yield Cut(headline.start + found.start(), headline.end, outlet=name)


def _is_outlet(page: Page, name: str, words: list[str], mark: str) -> bool:
    key = key_of(name)
    host = key_of(_HOST_ENDS.sub("", _host_of(page.url))) if page.url else ""
    if key and (key == key_of(page.outlet) or (host and host == key)):
        return True
    if name.endswith(("?", "!", ".")) and not _OUTLET_WORD.search(name[-5:]):
        return False
    capitals = all(w[:1].isupper() or w.casefold() in ("of", "the", "and", "for") or "." in w for w in words)
    if mark in ("-", "–", "—"):
        return capitals and _OUTLET_WORD.search(name) is not None and len(words) <= _OUTLET_WORDS - 1
    return capitals


def _host_of(url: str) -> str:
    """The host's name; "" where what came is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def section_label(page: Page) -> Iterator[Cut]:
    """Short lines above the headline: sections, kickers, "Live"."""
    if page.headline is None or page.title_given:
        return
    for line in page.lines:
        if line is page.headline:
            return
        yield page.whole(line)


RULES = (
    Rule("section_label", 1, section_label, "What stands above a headline that was found in the text."),
    Rule("outlet_suffix", 1, outlet_suffix, "The name of the outlet behind the headline; it goes to the field outlet."),
)
