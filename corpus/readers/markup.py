"""A piece of HTML, as feeds carry it, to paragraphs of text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# Elements that words do not run across.
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
# What is in these is never prose.
_SILENT = frozenset(
    ["script", "style", "noscript", "template", "iframe", "object", "svg", "math", "select", "textarea", "button"]
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
# Marked sections (CDATA, Word's conditions): their words stay. Python's parser fails on odd ones.
_SECTIONS = re.compile(r"<!\[(?:if|endif)[^>]*>|<!\[(?:CDATA\[)?|\]\]>")
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")


def looks_like_markup(value: str) -> bool:
    return _TAGS.search(value) is not None


def paragraphs_of(markup: str) -> str:
    """The text of the markup, a blank line between blocks, a line break where ``<br>`` stands; links are their words."""
    parser = _Paragraphs()
    parser.feed(_SECTIONS.sub(" ", markup))
    parser.close()
    return parser.text()


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[str] = []
        self._open: list[str] = []
        self._silent = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if self._silent:
            self._depth += tag == self._silent
        elif tag in _SILENT:
            self._silent, self._depth = tag, 1
        elif tag == "br":
            self._open.append("\x00")  # a break; HTML itself can hold no NUL
        elif tag in BLOCKS:
            self._flush()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:  # <script src="…"/> holds nothing
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._depth -= tag == self._silent
            if not self._depth:
                self._silent = ""
        elif tag in BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._open.append(data.replace("\x00", "\ufffd"))

    def text(self) -> str:
        self._flush()
        return "\n\n".join(self._done)

    def _flush(self) -> None:
        lines = [_SPACES.sub(" ", line).strip(" ") for line in "".join(self._open).split("\x00")]
        self._open.clear()
        paragraph = "\n".join(lines).strip("\n")
        if paragraph:
            self._done.append(re.sub(r"\n{2,}", "\n\n", paragraph))
