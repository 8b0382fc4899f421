"""What a page says about its article, by meta elements, JSON-LD and marked-up elements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml.html import HtmlElement

from corpus.readers.metadata import fitting

_ARTICLES = frozenset(
    [
        "article",
        "newsarticle",
        "reportagenewsarticle",
        "opinionnewsarticle",
        "analysisnewsarticle",
        "blogposting",
        "liveblogposting",
        "report",
        "advertisercontentarticle",
        "backgroundnewsarticle",
        "reviewnewsarticle",
        "askpublicnewsarticle",
        "scholarlyarticle",
        "webpage",
    ]
)
_LD_BYTES = 1 << 20
_LD_NODES = 2000
_HEADING_CHARS = 400
_SPACE = " \t\r\n\f\xa0"


@dataclass(frozen=True, slots=True)
class Said:
    """Each "" where the page does not say it, or says it in a way that our field refuses."""

    title: str
    byline: str
    published: str
    site: str
    url: str
    language: str


def said_by(tree: HtmlElement) -> Said:
    metas = _metas(tree)
    linked = _linked_data(tree)
    site = _first("outlet", [metas.get("og:site_name"), _name(linked.get("publisher")), metas.get("application-name")])
    return Said(
        title=_first("title", _titles(tree, metas, linked, site)),
        byline=_first("byline", _bylines(tree, metas, linked)),
        published=_first("published", filter(_has_a_day, _dates(tree, metas, linked))),
        site=site,
        url=_first("url", [*_attributes(tree, "//link[@rel='canonical']/@href"), metas.get("og:url")]),
        language=_first(
            "language", [*_attributes(tree, "/html/@lang"), *_attributes(tree, "/html/@*[local-name()='lang']"),
            metas.get("content-language"), metas.get("og:locale")],
        ),
    )  # fmt: skip


def _first(field: str, values: Any) -> str:
    return next((good for value in values if isinstance(value, str) and (good := fitting(field, value))), "")


def _metas(tree: HtmlElement) -> dict[str, str]:
    """The first value of each name; ``property``, ``name``, ``itemprop`` and ``http-equiv`` alike."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        value = element.get("content")
        if name and value:
            found.setdefault(name.strip().lower(), value)
    return found


def _titles(tree: HtmlElement, metas: dict[str, str], linked: dict[str, Any], site: str) -> Iterator[str | None]:
    """The heading that readers saw comes before what was written for search engines and social networks."""
    within = "ancestor::article or ancestor::main or ancestor::*[@role='main'] or contains(@itemprop, 'headline')"
    for path in (f"//h1[{within}]", "//h1"):
        for heading in tree.xpath(path)[:5]:
            words = _words(heading)
            if words and len(words) <= _HEADING_CHARS and words.casefold() != site.casefold():
                yield words
    yield from (linked.get("headline"), metas.get("og:title"), metas.get("twitter:title"))
    yield from (_words(title) for title in tree.xpath("//head/title")[:1])


def _bylines(tree: HtmlElement, metas: dict[str, str], linked: dict[str, Any]) -> Iterator[str | None]:
    yield _name(linked.get("author"))
    for name in (
        "author",
        "article:author",
        "byl",
        "parsely-author",
        "dc.creator",
        "dcterms.creator",
        "sailthru.author",
    ):
        value = metas.get(name, "")
        if value and "://" not in value:  # article:author is often a profile's address
            yield value
    for path in ("//*[@rel='author']", "//*[contains(@itemprop, 'author')]"):
        for element in tree.xpath(path)[:3]:
            yield _words(element)


def _dates(tree: HtmlElement, metas: dict[str, str], linked: dict[str, Any]) -> Iterator[str | None]:
    yield metas.get("article:published_time")
    yield linked.get("datePublished")
    for name in (
        "datepublished", "date", "pubdate", "publishdate", "parsely-pub-date", "dc.date", "dc.date.issued", "dcterms.date",
        "dcterms.created", "sailthru.date", "publication_date", "article.published",
    ):  # fmt: skip
        yield metas.get(name)
    yield from _attributes(tree, "//time[contains(@itemprop, 'datePublished') or @pubdate]/@datetime")
    yield from _attributes(tree, "(//article//time | //main//time)/@datetime")
    yield from _attributes(tree, "//time/@datetime")


def _has_a_day(value: object) -> bool:
    """ISO 8601 only: 03/04/2023 is one day here and another there."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value.strip()) is not None
    except ValueError:
        return False


def _attributes(tree: HtmlElement, path: str) -> list[str]:
    return [str(value) for value in tree.xpath(path)[:5]]


def _words(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _linked_data(tree: HtmlElement) -> dict[str, Any]:
    """The JSON-LD node that describes the article; {} without one."""
    for script in tree.xpath("//script[@type='application/ld+json']")[:20]:
        content = script.text or ""
        if len(content) > _LD_BYTES:
            continue
        try:
            data = json.loads(content, parse_int=_nothing, parse_float=_nothing, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(data):
            if _types(node) & _ARTICLES and ("headline" in node or "datePublished" in node or "author" in node):
                return node
    return {}


def _nothing(_digits: str) -> None:
    """No field we read is a number, and a long one costs quadratic time."""


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """The objects at the top and in @graph, in order; deeper ones describe other things."""
    waiting, seen = [data], 0
    while waiting and seen < _LD_NODES:
        item = waiting.pop(0)
        seen += 1
        if isinstance(item, list):
            waiting[:0] = item[:_LD_NODES]
        elif isinstance(item, dict):
            yield item
            waiting += [value for key, value in item.items() if key in ("@graph", "mainEntity")]


def _types(node: dict[str, Any]) -> set[str]:
    kinds = node.get("@type")
    return {kind.lower() for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}


def _name(value: Any) -> str:
    """The name of a person or organisation, or of several."""
    if isinstance(value, str):
        return "" if "://" in value else value
    if isinstance(value, dict):
        return _name(value.get("name"))
    if isinstance(value, list):
        return ", ".join(
            dict.fromkeys(name for item in value[:20] if (name := "" if isinstance(item, list) else _name(item)))
        )
    return ""
