"""A project's guidelines: Markdown in, HTML out."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# HTML in the source is shown as text, and only harmless schemes become links, so the result is safe as it is.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=64)
def guidelines_html(markdown: str) -> SafeString:
    """The guidelines as HTML; "" for none."""
    return mark_safe(_MARKDOWN.render(markdown)) if markdown.strip() else SafeString("")  # noqa: S308 - see above
