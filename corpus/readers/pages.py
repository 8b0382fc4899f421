"""A web page to a record: the article's text by trafilatura, and what the page says about it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from copy import deepcopy

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura import bare_extraction
from trafilatura.settings import DEFAULT_CONFIG

from corpus.readers.markup import BLOCKS
from corpus.readers.metadata import fitting
from corpus.readers.options import MIB, Limits
from corpus.readers.page_metadata import said_by
from corpus.readers.rows import BadFieldError

# What it warns of ("discarding data") is said here as a rejection, with the page's name.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
# Markup is many times as long as its prose, the more so in saved pages that carry their pictures.
RECORDS_PER_PAGE = 8
# Finding the text takes time by the elements, and by the square of those that stand in one paragraph (links, spans): at
# these numbers under ten seconds. A long live blog has 15,000 elements, and none of its paragraphs over a few hundred.
MOST_ELEMENTS = 50_000
MOST_IN_A_PARAGRAPH = 6000
# Shorter than this is tried again with all of trafilatura's means, which cost three times as much.
_SHORT_CHARS = 250
_MISSED = 2
# A short article keeps its paragraphs: trafilatura itself distrusts what is shorter than 250 characters.
_AS_FOUND = deepcopy(DEFAULT_CONFIG)
_AS_FOUND.set("DEFAULT", "min_extracted_size", "1")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Encodings are settled before: a declaration that contradicts the characters would be obeyed by the parser.
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,1000}\?>")
_CAPTIONS = ".//figure//figcaption | .//*[contains(concat(' ', @class, ' '), ' wp-caption-text ')]"
# From a caption; the outermost comes first.
_FIGURES = "ancestor::figure | ancestor::*[contains(concat(' ', @class, ' '), ' wp-caption ')]"
# What else figures hold, and what trafilatura may take from there.
_NO_PICTURE = ".//table | .//blockquote | .//pre"
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BREAK = "\x00"  # no page can hold one
_BLOCKS = frozenset({"p", "head", "item", "quote", "code", "row", "ab", "list", "table", "div", "fw"})


def page_bytes(limits: Limits) -> int:
    """The longest page that is read."""
    return RECORDS_PER_PAGE * limits.record_bytes


def check_size(data: bytes, limits: Limits) -> None:
    """Raises BadFieldError."""
    if len(data) > page_bytes(limits):
        raise BadFieldError(
            "text",
            "too_large",
            f"The page is larger than {page_bytes(limits) / MIB:.3g} MB. Save it without its pictures.",
        )
    if not data.strip(b" \t\r\n\x00"):
        raise BadFieldError("text", "empty_text", "The page is empty. Leave it out.")


def record_of(page: str, *, url: str = "", limits: Limits) -> dict[str, object]:
    """The page's article as a record of our fields; what it does not say is left out. Raises BadFieldError.

    ``url`` is the address it came from, where known: the page's own word on that is then not asked.
    """
    tree = _tree(page)
    _check_elements(tree)
    said = said_by(tree)
    captions = _keep_captions(tree)
    text = _prose(tree)
    if not text:
        raise BadFieldError(
            "text",
            "no_article",
            "No article was found in the page: it may be a list, a form, or be filled in by scripts. Save it from the browser "
            "once it shows the text, or leave it out.",
        )
    if len(text.encode("utf-8", "replace")) > limits.record_bytes:
        raise BadFieldError(
            "text", "too_large", "The page's text is longer than one article may be (IMPORT_RECORD_KIB)."
        )
    return {
        "title": said.title,
        "text": text,
        "outlet": said.site,
        "url": fitting("url", url) or said.url,
        "byline": said.byline,
        "published": said.published,
        "language": said.language,
        "captions": "\n".join(line for line in text.splitlines() if line in captions),
    }


def _tree(page: str) -> HtmlElement:
    parser = HTMLParser(encoding="utf-8", collect_ids=False, remove_comments=True, remove_pis=True, no_network=True)
    clean = _DECLARATION.sub("", _NOT_XML.sub("", page.removeprefix("\ufeff")))
    try:
        tree = document_fromstring(clean.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        raise BadFieldError("text", "not_html", "This is no HTML. Say another --format, or leave it out.") from None
    # The parser stops at its limits and keeps what came before: half an article must not pass for a whole one.
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise BadFieldError(
            "text",
            "too_deep",
            "The page's markup is nested more than 255 deep or holds a piece of over 10 MB. Copy the article into a text file.",
        )
    return tree


def _check_elements(tree: HtmlElement) -> None:
    """Raises BadFieldError where the page would take too long."""
    total, squares = 0, 0
    within: list[int] = []  # for each open block, the elements that stand in its own lines
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            total += 1
            if element.tag in BLOCKS:
                within.append(0)
            elif within and element.tag != "br":
                within[-1] += 1
        elif element.tag in BLOCKS:
            squares += within.pop() ** 2
    if total > MOST_ELEMENTS or squares > MOST_IN_A_PARAGRAPH**2:
        raise BadFieldError(
            "text",
            "too_many_elements",
            f"The page has {total:,} elements: over {MOST_ELEMENTS:,}, or over {MOST_IN_A_PARAGRAPH:,} in one paragraph, "
            "and it would take too long to find its text. Copy the article into a text file.",
        )


def _keep_captions(tree: HtmlElement) -> set[str]:
    """The captions of the page's pictures, each made a paragraph where its picture stood: trafilatura takes no figures."""
    captions = set()
    pictures: dict[HtmlElement, bool] = {}
    for element in tree.xpath(_CAPTIONS):
        caption = _SPACES.sub(" ", element.text_content()).strip(" ")
        figure = next(iter(element.xpath(_FIGURES)), element)
        # Asked once for each: a page may have thousands of captions in one figure.
        if figure not in pictures:
            pictures[figure] = figure.getparent() is not None and not figure.xpath(_NO_PICTURE)
        if caption and pictures[figure]:
            captions.add(caption)
            paragraph = etree.Element("p")
            paragraph.text = caption
            figure.addprevious(paragraph)
            element.drop_tree()
    return captions


def _prose(tree: HtmlElement) -> str:
    """The article's paragraphs with blank lines between; "" if there is none.

    Comments are off and so is trafilatura's removal of duplicates, which loses text and varies between runs; repeated
    paragraphs are a matter of cleaning.
    """
    text = ""
    for fast, config in ((True, _AS_FOUND), (False, _AS_FOUND), (False, DEFAULT_CONFIG)):
        try:
            found = bare_extraction(
                tree, fast=fast, config=config, include_comments=False, deduplicate=False, with_metadata=False
            )
        except (etree.LxmlError, ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError):
            continue
        body = getattr(found, "body", None)
        if body is not None:
            other = "\n\n".join(_paragraphs(body))
            # Its last resort runs all words of the page together: taken only where the article was missed.
            if len(other) > (_MISSED if config is DEFAULT_CONFIG else 1) * len(text):
                text = other
        if len(text) >= _SHORT_CHARS:
            break
    return text


def _paragraphs(body: etree._Element) -> Iterator[str]:
    pieces: list[str] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = element.tag
        if event == "start":
            if tag in _BLOCKS:
                yield from _flushed(pieces)
            elif tag == "lb":
                pieces.append(_BREAK)
            elif tag == "cell" and pieces:
                pieces.append(" ")
            pieces.append(element.text or "")
        else:
            if tag in _BLOCKS:
                yield from _flushed(pieces)
            pieces.append(element.tail or "")
    yield from _flushed(pieces)


def _flushed(pieces: list[str]) -> Iterator[str]:
    """White space in markup means one space; a line ends where the page says so."""
    lines = [_SPACES.sub(" ", line).strip(" ") for line in "".join(pieces).split(_BREAK)]
    pieces.clear()
    paragraph = "\n".join(line for line in lines if line)
    if paragraph:
        yield paragraph
