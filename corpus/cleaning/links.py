"""Links to other articles: related posts, what to read before and after."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.cleaning.page import PROSE_WORDS, Cut, Line, Page, Rule, phrases

_TEASER_WORDS = 25

_RELATED = (
    r"(?:related(?: (?:posts?|articles?|stories|news|content|links?|topics?|coverage|reading|items))?|read also|"
    r"also read|see also|more (?:on|about) (?:this|the)(?: \w+){1,3}|more (?:stories|news|articles|like this)|"
    r"more (?:from|in|by) (?:.{2,40})|recommended(?: (?:for you|stories|articles|reading))?|recommendations|"
    r"you (?:may|might) (?:also )?(?:like|be interested in)|(?:you )?may (?:also )?like|"
    r"trending(?: (?:now|news|stories|articles))?|(?:most|now) (?:read|popular|viewed|shared)|popular (?:posts|stories|articles|news)|"
    r"(?:don(?:'|’)t|do not) miss|editors?(?:'|’)?s?(?:'|’)? (?:picks?|choice)|must reads?|what to read next|"
    r"(?:latest|recent) (?:posts|articles|stories)|further reading|in this (?:story|series)|from around the web|"
    r"lee también|leer más|te puede interesar|lesen sie auch|mehr zum thema|lire aussi|à lire aussi|read more|keep reading)"
)
_RELATED_HEADING = phrases(rf"{_RELATED}\s*[:…»›→]*")
_RELATED_INLINE = phrases(
    rf"[\[(>»›•*-]*\s*{_RELATED}\s*[:|»›→–]\s*\S.*", r"(?-i:(?:READ|ALSO|WATCH|RELATED|SEE)[A-Z ]*)\s*[:|]\s*\S.*"
)
_TAGS = phrases(
    r"(?:tags?|topics?|keywords?|filed under|categor(?:y|ies)|posted in|etiquetas|schlagw[oö]rter|mots[- ]clés)\s*:?(?:\s*\S.{0,200})?",
    r"in [\"“][^\"”]{2,40}[\"”]",
    r"(?:#\w+[\s,]*)+",
)
_STEP_HEADING = phrases(
    r"[«‹←<]*\s*(?:read (?:previous|next)|up next|(?:previous|next|older|newer)(?: (?:post|article|story|news|entry|page)s?)"
    r"|post navigation)\s*[»›→>:]*",
)
_STEP_BARE = phrases(r"[«‹←<]*\s*(?:previous|prev|next|older|newer)\s*[»›→>:]*")
_STEP_INLINE = phrases(
    r"[«‹←<]*\s*(?:read )?(?:previous|next|up next|prev)(?: (?:post|article|story))?\s*[:»›→|]\s*\S.*",
    r"[«‹←]\s*\S.{3,150}|\S.{3,150}\s*[»›→]",
)


def related_posts(page: Page) -> Iterator[Cut]:
    """The heading of a list of other articles, and the list.

    In the middle of an article the line after the heading may be a subhead: of titles on paragraphs of their own the
    last one before running text stays, and so does a lone one.
    """
    body = page.body
    tail_from = len(body) - len(page.tail)
    for i, line in enumerate(body):
        if line.n_words > PROSE_WORDS:
            continue
        if line.n_words <= _TEASER_WORDS and _RELATED_INLINE.fullmatch(line.text):
            yield page.whole(line)
        if not _RELATED_HEADING.fullmatch(line.text):
            continue
        yield page.whole(line)
        same = [other for other in body[i + 1 :] if other.paragraph == line.paragraph]
        run = _titles(body[i + 1 :], fewest=1 if i >= tail_from else 3)
        for other in same if same and not any(o.is_running for o in same) else []:
            yield page.whole(other)
        run = [other for other in run if other not in same]
        ends_page = i + len(same) + len(run) + 1 >= len(body) or i >= tail_from
        for other in run if ends_page else run[:-1]:
            yield page.whole(other)


def _titles(lines: list[Line], *, fewest: int) -> list[Line]:
    run = []
    for line in lines:
        if not (fewest <= line.n_words <= _TEASER_WORDS and line.last_sign not in (".", "。")):
            break
        run.append(line)
    return run


def read_previous_next(page: Page) -> Iterator[Cut]:
    """ "Read Previous", "Next article" and the title below each."""
    body = page.body
    tail_from = len(body) - len(page.tail)
    for i, line in enumerate(body):
        if line.n_words > PROSE_WORDS:
            continue
        bare = i >= tail_from and _STEP_BARE.fullmatch(line.text)
        if bare or _STEP_HEADING.fullmatch(line.text):
            yield page.whole(line)
            teaser = body[i + 1] if i + 1 < len(body) else None
            if teaser and teaser.n_words <= _TEASER_WORDS and (teaser.is_title_like or not teaser.is_running):
                yield page.whole(teaser)
        elif i >= tail_from and line.n_words <= _TEASER_WORDS and _STEP_INLINE.fullmatch(line.text):
            yield page.whole(line)


def tags(page: Page) -> Iterator[Cut]:
    """What the article is filed under, at its end."""
    return page.matching(_TAGS, among=page.tail)


RULES = (
    Rule(
        "read_previous_next",
        1,
        read_previous_next,
        "Links to the article before and after, with the title below each.",
        short_only=True,
    ),
    Rule("related_posts", 1, related_posts, "The heading of a list of other articles, and the list.", short_only=True),
    Rule("tags", 1, tags, "What the article is filed under, at its end.", short_only=True),
)
