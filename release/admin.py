"""Releases in the admin: to look at, and the way to the page of a project that builds one; what people tell of the data."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotate.admin.filters import ScopedRelatedFilter
from annotate.admin.rows import take_fields
from annotate.visibility import projects_for
from corpus import visibility
from corpus.scoped_admin import ScopedAdmin
from release.models import DataStatement, Release
from release.operations.statements import WORDS, save_data_statement, told_in

TONES = {"built": "good", "failed": "bad", "building": "warn", "waiting": "warn", "cancelled": ""}


def releases_for(user: visibility.Account) -> QuerySet[Release]:
    """Releases of the projects a person manages."""
    return Release.objects.filter(project__in=projects_for(user).order_by().values("pk"))


@admin.register(Release)
class ReleaseAdmin(ScopedAdmin):
    rows_for = staticmethod(releases_for)
    managers_may = frozenset({"add"})
    nobody_may = frozenset({"change", "delete"})
    list_display = ["version", "project", "state_badge", "text_mode", "created_by", "created_at", "page"]
    list_filter = ["state", ("project", ScopedRelatedFilter)]
    list_select_related = ["project", "created_by"]
    search_fields = ["version", "project__title", "project__slug"]
    fields = [
        "project",
        "version",
        "state_badge",
        "text_mode",
        "times",
        "formats",
        "threshold",
        "left_out",
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
    readonly_fields = ["state_badge", "left_out", "page"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        return super().get_queryset(request).defer("manifest")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """Releases are built on a project's page: on to it, or first the choice of a project."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        managed = list(projects_for(request.user).order_by("title", "slug"))
        if len(managed) == 1:
            return redirect("release:list", managed[0].slug)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Build a release",
            "projects": managed,
        }
        return TemplateResponse(request, "admin/release/release/choose.html", context)

    @admin.display(description="left out")
    def left_out(self, release: Release) -> str:
        return "\n".join(f"{article}: {reason}" for article, reason in release.exclusions.items()) or "nothing"

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


def statements_for(user: visibility.Account) -> QuerySet[DataStatement]:
    """Data statements of the projects a person manages."""
    return DataStatement.objects.filter(project__in=projects_for(user).order_by().values("pk"))


@admin.register(DataStatement)
class DataStatementAdmin(ScopedAdmin):
    rows_for = staticmethod(statements_for)
    managers_may = frozenset({"add", "change"})
    formfield_overrides = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 4})}}
    list_display = ["project", "written"]
    list_select_related = ["project"]
    search_fields = ["project__title", "project__slug"]
    fieldsets = [
        (None, {"fields": ["project", "authors", "licence"]}),
        (
            "Data",
            {
                "description": "Markdown. Every release takes these words as they are when it is built; what is empty "
                "stands there as a gap.",
                "fields": [
                    "curation_rationale",
                    "source_datasets",
                    "text_characteristics",
                    "language_user_demographic",
                    "preprocessing",
                    "capture_quality",
                    "limitations",
                ],
            },
        ),
        ("People", {"fields": ["annotator_demographic", "personal_information", "ethical_review"]}),
        ("After publication", {"fields": ["distribution", "maintenance"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: DataStatement | None = None) -> list[str]:  # noqa: ARG002
        return ["project"] if obj else []

    def save_model(self, request: HttpRequest, obj: DataStatement, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        told = {name: value for name, value in form.cleaned_data.items() if name != "project"}
        take_fields(obj, save_data_statement(project=obj.project, told=told))

    @admin.display(description="written")
    def written(self, statement: DataStatement) -> str:
        told = told_in(statement)
        return f"{len(WORDS) - len(told.missing)} of {len(WORDS)} fields"
