"""Web pages written around the sample articles, as sites write them: menus, teasers, comments and scripts about the text."""

from __future__ import annotations

from html import escape
from pathlib import Path

ARTICLES = Path(__file__).parents[3] / "fixtures" / "articles"
TITLE = "Caravan leaves Tapachula for the north"
PARAGRAPHS = [
    "About 3,000 people set out on foot from the southern city on Sunday, “the largest group in a year”, organisers said.",
    "Luis García Villagrán, who walks with them, said that the wait for papers had become too long for families with children.",
    "The migration institute offered transport to shelters; 126 people accepted it by the evening, according to its statement.",
    "Officials of both governments meet again in January. Nobody expects the walkers to have reached the frontier by then.",
]
BODY = "\n\n".join(PARAGRAPHS)


def article_of(stem: str) -> list[str]:
    """The paragraphs of a sample article, its debris of several lines left out."""
    parts = (ARTICLES / f"{stem}.txt").read_text(encoding="utf-8").split("\n\n")
    return [part for part in parts if len(part) > 120 and "\n" not in part]


def page(
    *,
    paragraphs: list[str] = PARAGRAPHS,
    title: str = TITLE,
    head: str = "",
    lang: str = "en",
    heading: str | None = None,
) -> str:
    """A page with everything around its article that does not belong to it."""
    prose = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html>
<html{f' lang="{lang}"' if lang else ""}><head><title>{escape(title)} | Canal Ocho</title>{head}
<script>var text = "Not prose: {escape(title)}";</script><style>p {{ color: red }}</style></head>
<body><header><a href="/">Canal Ocho</a><nav><ul><li><a href="/a">World</a></li><li><a href="/b">Sport</a></li></ul></nav></header>
<main><article><h1>{escape(title) if heading is None else heading}</h1>
{prose}
</article></main>
<aside><h3>Most read</h3><ul><li><a href="/x">Ten soups for winter</a></li><li><a href="/y">Cup final moved</a></li></ul></aside>
<section id="comments" class="comments"><h2>Comments</h2><div class="comment"><p>First! I never read the article but I have an
opinion about it which I will now share at some length with everybody.</p></div></section>
<footer><p>&copy; 2023 Canal Ocho. All rights reserved.</p></footer></body></html>"""
