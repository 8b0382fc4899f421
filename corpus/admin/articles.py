"""Articles: a list, a page that shows what cleaning did, and the upload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator

from corpus import uploads, visibility
from corpus.admin.upload_form import UploadForm
from corpus.cleaning import INVISIBLE, LAYOUT
from corpus.models import Article, ArticleQuerySet
from corpus.operations import import_rows
from corpus.readers import ReadOptions, read, sha256_of
from corpus.scoped_admin import ScopedAdmin, may_enter

_SHOWN_CHARS = 80
_MOST_CHOICES = 200


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


class _RowsFilter(admin.SimpleListFilter):
    """Choices by membership, not those of the whole table."""

    field: str

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(str(row.pk), str(row)) for row in self.rows(request)[:_MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        value = self.value()
        return queryset.filter(**{self.field: value}) if value and value.isdecimal() else queryset


class OutletFilter(_RowsFilter):
    title = "outlet"
    parameter_name = field = "outlet"

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        return visibility.outlets_for(request.user)


class StoryFilter(_RowsFilter):
    title = "story"
    parameter_name = field = "story"

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        return visibility.stories_for(request.user)


class ArticleForm(forms.ModelForm[Article]):
    """What may change after import: the story an article belongs to."""

    class Meta:
        model = Article
        fields = ("story",)


@admin.register(Article)
class ArticleAdmin(ScopedAdmin):
    rows_for = staticmethod(visibility.articles_for)
    managers_may = frozenset({"change"})
    nobody_may = frozenset({"add"})
    form = ArticleForm
    list_display = ("headline", "outlet", "story", "published", "characters")
    list_filter = (StoryFilter, OutletFilter)
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
        upload = path("upload/", self.admin_site.admin_view(self.upload_view), name="corpus_article_upload")
        return [upload, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        article = context.get("original")
        if article is not None:
            context["raw_pieces"] = list(raw_pieces(article))
            context["text_pieces"] = list(text_pieces(article))
        return super().render_change_form(request, context, *args, **kwargs)

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Import uploaded files by the operation that the command uses, then show the import."""
        if not may_enter(request):
            return redirect("admin:login")
        form = UploadForm(request.POST or None, request.FILES or None, projects=uploads.projects_for(request.user))
        if request.method == "POST" and form.is_valid():
            return self._import(request, form)
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload articles",
            "form": form,
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(
            request, "admin/corpus/article/upload.html", context, status=422 if request.method == "POST" else 200
        )

    def _import(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        given = form.cleaned_data
        with transaction.atomic():
            result = import_rows(
                rows=read(given["sources"], ReadOptions(encoding=given["encoding"])),
                source=", ".join(source.name for source in given["sources"]),
                format=given["format"],
                sha256=sha256_of(given["sources"]),
                story=given["story"],
                outlet=given["outlet"],
                created_by=request.user if request.user.is_authenticated else None,
            )
            added = None
            if given["project"] and result.articles:
                articles = list(Article.objects.for_list().filter(uuid__in=result.articles))
                added = uploads.add_to_project(request.user, given["project"], articles)
        assert result.batch is not None
        level = messages.WARNING if result.rejected else messages.SUCCESS
        words = f"{result.created} imported, {result.duplicates} there already, {len(result.rejected)} rejected."
        messages.add_message(
            request, level, words if added is None else f"{words} {added} added to {given['project']}."
        )
        return redirect(reverse("admin:corpus_importbatch_change", args=[result.batch.pk]))
