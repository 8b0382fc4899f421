"""Text that a page shows twice: the title, the lead, the beginning of a caption."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise

from corpus.cleaning.page import Cut, Line, Page, Rule, key_of

_KICKER_WORDS = 4
_KICKER_CHARS = 60
_TITLE_KEY = 8  # letters: a shorter title may be a word of its own in the text
_REPEAT_WORDS = 8
_ALIKE = 16  # letters that lines must share before they are compared whole
_FRAGMENT_CHARS = 20
_TRUNCATED_SHARE = 0.6
_SEPARATED = re.compile(r"\s[-–—|:•»]\s|:\s|\s\|\s?")
_DOTS = ("…", "...", "…]", "...]")  # how every match of the next pattern ends
_ELLIPSIS = re.compile(r"\s*(?:…|\.\.\.|\[…\]|\[\.\.\.\])$")


def repeated_title(page: Page) -> Iterator[Cut]:
    """The headline again: as a slug, behind a kicker ("Refugees - …"), before a site's name, or cut short by dots."""
    headline = page.headline
    if headline is None or len(headline.key) < _TITLE_KEY:
        return
    longest = 2 * len(headline.text) + _KICKER_CHARS
    for line in page.body:
        if len(line.text) <= longest and _repeats(line, headline):
            yield page.whole(line)


def _repeats(line: Line, headline: Line) -> bool:
    if line.key == headline.key:
        return True
    if line.is_running and line.n_words > headline.n_words + 2 * _KICKER_WORDS:
        return False
    for found in _SEPARATED.finditer(line.text):
        before, after = line.text[: found.start()], line.text[found.end() :]
        if len(before.split()) <= _KICKER_WORDS and key_of(after) == headline.key:
            return True
        if len(after.split()) <= _KICKER_WORDS and key_of(before) == headline.key:
            return True
    cut = _without_dots(line.text)
    if cut == line.text:
        return False
    key = key_of(cut)
    return headline.key.startswith(key) and len(key) >= _TRUNCATED_SHARE * len(headline.key)


def _without_dots(text: str) -> str:
    """Without the dots that say that a line was cut short."""
    return _ELLIPSIS.sub("", text) if text.endswith(_DOTS) else text


def caption_fragment(page: Page) -> Iterator[Cut]:
    """The beginning of a line, cut off, directly above the whole line: how pages show a caption twice."""
    body = page.body
    for line, following in pairwise(body):
        if line.text[:_FRAGMENT_CHARS] != following.text[:_FRAGMENT_CHARS]:
            continue
        start = _without_dots(line.text)
        if len(start) < _FRAGMENT_CHARS or len(start) >= len(following.text):
            continue
        if following.text.startswith(start):
            # On the next line of the same paragraph it is a caption; a paragraph below may be the whole of a teaser.
            caption = following if following.paragraph == line.paragraph else None
            yield Cut(line.start, line.end, caption=caption)


def repeated_lead(page: Page) -> Iterator[Cut]:
    """A paragraph that stood above already, letter for letter but for case, spaces, breaks and punctuation."""
    seen: dict[str, list[list[Line]]] = {}
    for _, found in groupby(page.body, key=lambda line: line.paragraph):
        paragraph = list(found)
        # A paragraph as a whole, so that breaks at other places do not matter, then each of its lines.
        for lines in ([paragraph], [[line] for line in paragraph]) if len(paragraph) > 1 else ([paragraph],):
            repeated = [unit for unit in lines if _stood_above(unit, seen)]
            for line in (line for unit in repeated for line in unit):
                yield page.whole(line)
            if repeated:
                break


def _stood_above(lines: list[Line], seen: dict[str, list[list[Line]]]) -> bool:
    """Whether the same letters stood above; ``seen`` gets to know them."""
    if sum(line.n_words for line in lines) < _REPEAT_WORDS:
        return False
    opening = lines[0].opening_key[:_ALIKE]
    alike = seen.setdefault(opening if len(opening) == _ALIKE else _key(lines)[:_ALIKE], [])
    repeated = any(_end_alike(lines, others) and _key(lines) == _key(others) for others in alike)
    alike.append(lines)
    return repeated


def _key(lines: list[Line]) -> str:
    return lines[0].key if len(lines) == 1 else "".join(line.key for line in lines)


def _end_alike(lines: list[Line], others: list[Line]) -> bool:
    """Whether two paragraphs may have one key, by their last letters: whole keys cost ten times as much."""
    one, two = lines[-1].closing_key[-_ALIKE:], others[-1].closing_key[-_ALIKE:]
    return one == two or min(len(one), len(two)) < _ALIKE


RULES = (
    Rule("repeated_title", 1, repeated_title, "The headline again, as a slug, behind a kicker or cut short."),
    Rule(
        "caption_fragment",
        1,
        caption_fragment,
        "The beginning of a caption, cut off, directly above the whole caption.",
    ),
    Rule("repeated_lead", 2, repeated_lead, "A paragraph that stood above already.", takes_prose=True),
)
