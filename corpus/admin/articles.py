"""Articles: a list, and a page that shows what cleaning did."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.text import Truncator
from django.views.generic import RedirectView

from corpus import visibility
from corpus.admin.article_filters import ImportFilter, LackFilter, OutletFilter, StoryFilter, VersionFilter
from corpus.admin.cleaning_page import clean_article_page, clean_many_page, repair_query
from corpus.admin.side_by_side import counts_of, rows_of
from corpus.admin.story_actions import MoveToStory
from corpus.models import Article, ArticleQuerySet

_SHOWN_CHARS = 80


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
    list_filter = (VersionFilter, StoryFilter, OutletFilter, LackFilter, ImportFilter)
    list_per_page = 50
    search_fields = ("title", "=external_id", "=text_sha256")
    search_help_text = "Words of the headline, an external id or the sha256 of a text."
    show_full_result_count = False
    ordering = ("-pk",)
    autocomplete_fields = ("story",)
    readonly_fields = (
        "uuid", "title", "outlet", "byline", "agency", "published_at", "url", "language", "rights", "external_id", "n_chars",
        "text_sha256", "version", "supersedes", "near_duplicate_group", "cleaner_version", "import_batch", "created_at",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("title", "story", "outlet", "byline", "published_at", "url")}),
        ("More", {"classes": ("collapse",), "fields": tuple(f for f in readonly_fields if f not in {
            "title", "outlet", "byline", "published_at", "url"})}),
    )  # fmt: skip
    change_form_template = "admin/corpus/article/change_form.html"
    change_list_template = "admin/corpus/article/change_list.html"

    actions = ("clean_again", "move_to_story")

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
        clean = self.admin_site.admin_view(self.clean_view)
        return [
            path("upload/", upload, name="corpus_article_upload"),
            path("<path:object_id>/clean/", clean, name="corpus_article_clean"),
            *super().get_urls(),
        ]

    def clean_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Clean one article again with other rules."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        known = object_id.isascii() and object_id.isdecimal() and len(object_id) < 19
        article = get_object_or_404(self.get_queryset(request), pk=object_id if known else None)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        return clean_article_page(request, article, context)

    @admin.action(description="Clean again with other rules", permissions=["change"])
    def clean_again(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
        return clean_many_page(request, queryset, self)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        article = context.get("original")
        if article is not None:
            context["rows"] = rows_of(article)
            context["counts"] = counts_of(article)
            context["repair_query"] = repair_query(article)
            context["newer"] = Article.objects.filter(supersedes=article).only("pk", "version").first()
        return super().render_change_form(request, context, *args, **kwargs)
