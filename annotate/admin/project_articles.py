"""Articles of projects: another number of annotators, priority, exclusion."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotate.admin.filters import ScopedRelatedFilter
from annotate.models import ProjectArticle
from annotate.operations.project_settings import change_project_article
from annotate.visibility import project_articles_for
from corpus.scoped_admin import ScopedAdmin


@admin.register(ProjectArticle)
class ProjectArticleAdmin(ScopedAdmin):
    rows_for = staticmethod(project_articles_for)
    managers_may = frozenset({"change"})
    nobody_may = frozenset({"add", "delete"})
    list_display = ["headline", "project", "annotators", "priority", "excluded"]
    list_filter = [("project", ScopedRelatedFilter), "excluded"]
    list_select_related = ["project", "article"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["article__title"]
    search_help_text = "Headline"
    fields = ["project", "article", "annotators", "priority", "excluded", "excluded_reason"]
    readonly_fields = ["project", "article"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .defer(*(f"article__{name}" for name in ("text", "raw", "raw_fields", "segments", "removed", "zones")))
        )

    def save_model(self, request: HttpRequest, obj: ProjectArticle, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        change_project_article(
            row=obj,
            annotators=obj.annotators,
            priority=obj.priority,
            excluded=obj.excluded,
            excluded_reason=obj.excluded_reason,
        )

    @admin.display(description="article", ordering="article__title")
    def headline(self, row: ProjectArticle) -> SafeString:
        title = row.article.title or str(row.article)
        return format_html(
            '<span title="{}">{}</span>', title, title if len(title) <= 80 else f"{title[:79].rstrip()}…"
        )
