"""Menus, breadcrumbs, skip links, advertisements and cookie notices around an article."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.cleaning.page import Cut, Line, Page, Rule, phrases

_LABEL_WORDS = 3

_SKIP = phrases(
    r"(?:skip|jump)(?: directly)? to (?:the )?(?:main |page )?(?:content|navigation|article|search|footer|menu|body)",
    r"(?:saltar|ir) al contenido(?: principal)?",
    r"zum (?:haupt)?inhalt(?: springen)?",
    r"(?:aller|passer) au contenu(?: principal)?",
)
_MENU = phrases(
    r"(?:main |toggle |open |close |show |hide )?(?:menu|navigation|search|sidebar)(?: menu)?",
    r"home(?: ?page)?|search(?: for)?:?|close|back(?: to (?:top|home|all (?:news|articles|stories)))?",
    r"(?:sign|log) ?(?:in|out|up|on)(?: / .*)?|register|my account|subscribe(?: now)?|subscriptions?|donate|e-?paper",
    r"(?:breaking|latest|top|local|world|national|international|us|u\.s\.) (?:news|stories|headlines)",
    r"news|world|politics|business|economy|markets|sports?|culture|arts?|opinion|lifestyle|health|science|tech|"
    r"technology|entertainment|travel|weather|video|videos|photos|podcasts?|live|magazine|local|nation|americas|"
    r"africa|asia|europe|middle east|latin america|u\.?s\.?|u\.?k\.?|education|environment|climate|crime|obituaries",
)
_BREADCRUMB = re.compile(
    r"(?:[^\s>»›/|][^>»›/|.!?]{0,40}?\s*[>»›]\s*)+[^>»›|]{0,120}|home\s*(?:/\s*[^/.!?]{1,40})+", re.I
)
_PIPED_MENU = re.compile(r"[^|.!?]{1,25}(?:\s*[|•]\s*[^|.!?•]{1,25}){2,}", re.I)
_ADVERTISEMENT = phrases(
    r"[\[(-]*\s*(?:advertisement|advertising|advert|ad|sponsored(?: content)?|promoted|publicidad|werbung|anzeige|"
    r"publicité)\s*[\])-]*",
    r"(?:story|article) continues (?:below|after)(?: (?:this )?(?:advertisement|ad|video|gallery))?",
    r"(?:continue reading|scroll(?: down)?(?: to continue)?)(?: (?:below|after))?(?: .{0,30}advertisement| .{0,20}ad)?\.?",
    r"(?:remove|report|hide|skip)(?: this)? ads?(?:vertisement)?|why (?:am i seeing )?this ad\??",
)
_COOKIES = phrases(
    r"(?:we|this (?:web)?site|our (?:web)?site)(?: and our partners)? uses? cookies.*",
    r"(?:accept|reject|manage)(?: all)?(?: cookies| preferences)?|cookie (?:policy|settings|preferences|notice)",
    r"by (?:continuing|using) (?:to (?:use|browse) )?(?:this|our) (?:web)?site,? you (?:agree|accept|consent).*",
    r"privacy policy|terms (?:of (?:use|service)|and conditions|& conditions)",
)


def skip_to_content(page: Page) -> Iterator[Cut]:
    """Links for screen readers that jump over the menu."""
    return page.matching(_SKIP)


def navigation(page: Page) -> Iterator[Cut]:
    """Breadcrumbs and menus, above the headline or around it, and menu words at the very end.

    A lone section name such as "World" may be a headline's kicker; either way it is not text.
    """
    opening, tail = page.opening, page.tail
    for line in opening:
        if _BREADCRUMB.fullmatch(line.text) or _PIPED_MENU.fullmatch(line.text):
            yield page.whole(line)
    for run in (*_runs_of_labels(opening), *_runs_of_labels(tail)):
        known = [line for line in run if _MENU.fullmatch(line.text)]
        # In a run that is mostly known menu words the unknown ones ("Chiapas") are menu entries too.
        for line in run if len(known) > 1 and len(known) * 2 >= len(run) else known:
            yield page.whole(line)


def _runs_of_labels(lines: list[Line]) -> Iterator[list[Line]]:
    run: list[Line] = []
    for line in lines:
        if (line.n_words <= _LABEL_WORDS and not line.ends_sentence) or _MENU.fullmatch(line.text):
            run.append(line)
        elif run:
            yield run
            run = []
    if run:
        yield run


RULES = (
    Rule("skip_to_content", 1, skip_to_content, "Links for screen readers that jump over the menu.", short_only=True),
    Rule(
        "navigation",
        1,
        navigation,
        "Menus, breadcrumbs and lone section names above the article, and menu words at its end.",
    ),
    Rule(
        "advertisement",
        1,
        lambda page: page.matching(_ADVERTISEMENT),
        "Labels of advertisements, and notes that the text goes on below one.",
        short_only=True,
    ),
    Rule(
        "cookie_notice",
        1,
        lambda page: page.matching(_COOKIES),
        "Banners about cookies and links to terms.",
        short_only=True,
    ),
)
