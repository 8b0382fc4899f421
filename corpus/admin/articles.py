"""Articles: a list, and a page that shows what cleaning did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.text import Truncator
from django.views.generic import RedirectView

from corpus import visibility
from corpus.admin.article_filters import ImportFilter, LackFilter, OutletFilter, StoryFilter
from corpus.admin.story_actions import MoveToStory
from corpus.cleaning import INVISIBLE, LAYOUT
from corpus.models import Article, ArticleQuerySet

_SHOWN_CHARS = 80


class RawPiece(TypedDict):
    """A stretch of raw; ``rule`` names why it is not in the text, "" where it is."""

    text: str
    rule: str


class TextPiece(TypedDict):
    """A paragraph of the text and its zone."""

    text: str
    zone: str


def raw_pieces(article: Article) -> Iterator[RawPiece]:
    """Raw from end to end, cut where removed ranges begin and end; dropped white space is not worth a name."""
    at = 0
    for removed in article.removed:
        if removed["rule"] in (LAYOUT, INVISIBLE):
            continue
        if removed["start"] > at:
            yield {"text": article.raw[at : removed["start"]], "rule": ""}
        yield {
            "text": article.raw[removed["start"] : removed["end"]].strip(),
            "rule": removed["rule"].replace("_", " "),
        }
        at = removed["end"]
    if at < len(article.raw):
        yield {"text": article.raw[at:], "rule": ""}


def text_pieces(article: Article) -> Iterator[TextPiece]:
    """The text's paragraphs in order, each with its zone."""
    for zone in article.zones:
        for paragraph in article.text[zone["start"] : zone["end"]].split("\n\n"):
            if paragraph:
                yield {"text": paragraph, "zone": zone["zone"]}


class ArticleForm(forms.ModelForm[Article]):
    """What may change after import: the story an article belongs to."""

    class Meta:
        model = Article
        fields = ("story",)


@admin.register(Article)
class ArticleAdmin(MoveToStory):
    rows_for = staticmethod(visibility.articles_for)
    managers_may = frozenset({"change"})
    nobody_may = frozenset({"add"})
    form = ArticleForm
    list_display = ("headline", "outlet", "story", "published", "characters")
    list_filter = (StoryFilter, OutletFilter, LackFilter, ImportFilter)
    list_per_page = 50
    search_fields = ("title", "=external_id", "=text_sha256")
    search_help_text = "Words of the headline, an external id or the sha256 of a text."
    show_full_result_count = False
    ordering = ("-pk",)
    autocomplete_fields = ("story",)
    readonly_fields = (
        "uuid", "title", "outlet", "byline", "published_at", "url", "language", "rights", "external_id", "n_chars",
        "text_sha256", "version", "supersedes", "near_duplicate_group", "cleaner_version", "import_batch", "created_at",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("title", "story", "outlet", "byline", "published_at", "url")}),
        ("More", {"classes": ("collapse",), "fields": tuple(f for f in readonly_fields if f not in {
            "title", "outlet", "byline", "published_at", "url"})}),
    )  # fmt: skip
    change_form_template = "admin/corpus/article/change_form.html"
    change_list_template = "admin/corpus/article/change_list.html"

    class Media:
        css = {"all": ("corpus/admin.css",)}

    @admin.display(description="headline", ordering="title")
    def headline(self, article: Article) -> str:
        return Truncator(str(article)).chars(_SHOWN_CHARS)

    @admin.display(description="published", ordering="published_at")
    def published(self, article: Article) -> str:
        return f"{article.published_at:%Y-%m-%d}" if article.published_at else ""

    @admin.display(description="characters", ordering="n_chars")
    def characters(self, article: Article) -> int:
        return article.n_chars

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        listed = match is not None and (match.url_name or "").endswith("_changelist")
        return rows.for_list() if listed and isinstance(rows, ArticleQuerySet) else rows

    def get_urls(self) -> list[URLPattern]:
        # The address of the upload before imports had a page of their own.
        upload = RedirectView.as_view(pattern_name="admin:corpus_importbatch_add", permanent=False)
        return [path("upload/", upload, name="corpus_article_upload"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        article = context.get("original")
        if article is not None:
            context["raw_pieces"] = list(raw_pieces(article))
            context["text_pieces"] = list(text_pieces(article))
        return super().render_change_form(request, context, *args, **kwargs)
