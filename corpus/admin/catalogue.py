"""Outlets and stories."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from corpus.admin.story_actions import StoryActions
from corpus.models import Outlet, Story
from corpus.scoped_admin import ScopedAdmin
from corpus.visibility import outlets_for, stories_for


class _CountedAdmin(ScopedAdmin):
    """A list with the number of articles beside each row."""

    managers_may = frozenset({"add", "change"})
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        listed = match is not None and (match.url_name or "").endswith("_changelist")
        return rows.annotate(n_articles=Count("articles")) if listed else rows

    @admin.display(description="articles", ordering="n_articles")
    def n_articles(self, row: Any) -> int:
        return row.n_articles


@admin.register(Outlet)
class OutletAdmin(_CountedAdmin):
    rows_for = staticmethod(outlets_for)
    list_display = ("name", "country", "homepage", "lean", "n_articles")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "country", "homepage")}),
        ("For analysis", {"fields": ("lean", "lean_source")}),
    )


@admin.register(Story)
class StoryAdmin(StoryActions, _CountedAdmin):
    rows_for = staticmethod(stories_for)
    list_display = ("slug", "title", "date", "n_articles")
    search_fields = ("slug", "title")
    date_hierarchy = None
