"""Releases in the admin: to look at. They are asked for on the project's page and never change once built."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotate.admin.filters import ScopedRelatedFilter
from annotate.visibility import projects_for
from corpus import visibility
from corpus.scoped_admin import ScopedAdmin
from release.models import Release

TONES = {"built": "good", "failed": "bad", "building": "warn", "waiting": "warn"}


def releases_for(user: visibility.Account) -> QuerySet[Release]:
    """Releases of the projects a person manages."""
    return Release.objects.filter(project__in=projects_for(user).order_by().values("pk"))


@admin.register(Release)
class ReleaseAdmin(ScopedAdmin):
    rows_for = staticmethod(releases_for)
    nobody_may = frozenset({"add", "change", "delete"})
    list_display = ["version", "project", "state_badge", "text_mode", "created_by", "created_at", "page"]
    list_filter = ["state", ("project", ScopedRelatedFilter)]
    list_select_related = ["project", "created_by"]
    search_fields = ["version", "project__title", "project__slug"]
    fields = [
        "project",
        "version",
        "state_badge",
        "text_mode",
        "created_by",
        "created_at",
        "built_at",
        "sha256",
        "progress",
        "total",
        "attempt",
        "error",
        "page",
    ]
    readonly_fields = ["state_badge", "page"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        return super().get_queryset(request).defer("manifest")

    @admin.display(description="state", ordering="state")
    def state_badge(self, release: Release) -> SafeString:
        return format_html(
            '<span class="badge" data-tone="{}">{}</span>', TONES[release.state], release.get_state_display()
        )

    @admin.display(description="files")
    def page(self, release: Release) -> SafeString | str:
        try:
            address = reverse("release:list", args=[release.project.slug])
        except NoReverseMatch:
            return ""
        return format_html('<a href="{}">Build and download</a>', address)
