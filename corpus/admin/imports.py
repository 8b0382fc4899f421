"""Imports and what they rejected: to look at and to download, not to change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.text import Truncator

from corpus import visibility
from corpus.models import ImportBatch, ImportIssue
from corpus.scoped_admin import ScopedAdmin

_SHOWN_ISSUES = 100
_NOBODY = frozenset({"add", "change", "delete"})


@admin.register(ImportBatch)
class ImportBatchAdmin(ScopedAdmin):
    rows_for = staticmethod(visibility.batches_for)
    nobody_may = _NOBODY
    list_display = ("shown_source", "created_at", "created_by", "state", "created", "duplicates", "rejected")
    list_filter = ("state",)
    list_select_related = ("created_by",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("source",)
    fields = ("source", "format", "created_by", ("created_at", "finished_at"), "state", "outcome", "sha256")
    readonly_fields = ("outcome",)
    change_form_template = "admin/corpus/importbatch/change_form.html"

    class Media:
        css = {"all": ("corpus/admin.css",)}

    @admin.display(description="source", ordering="source")
    def shown_source(self, batch: ImportBatch) -> str:
        return Truncator(batch.source).chars(80)

    @admin.display(ordering="n_created")
    def created(self, batch: ImportBatch) -> int:
        return batch.n_created

    @admin.display(ordering="n_duplicates")
    def duplicates(self, batch: ImportBatch) -> int:
        return batch.n_duplicates

    @admin.display(ordering="n_rejected")
    def rejected(self, batch: ImportBatch) -> int:
        return batch.n_rejected

    @admin.display(description="outcome")
    def outcome(self, batch: ImportBatch) -> str:
        return f"{batch.n_created} imported, {batch.n_duplicates} there already, {batch.n_rejected} rejected"

    def get_urls(self) -> list[URLPattern]:
        download = path(
            "<path:object_id>/rejected.jsonl",
            self.admin_site.admin_view(self.download_view),
            name="corpus_importbatch_rejected",
        )
        return [download, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        batch = context.get("original")
        if batch is not None:
            found = list(batch.issues.all()[: _SHOWN_ISSUES + 1])
            context["issues"], context["more_issues"] = found[:_SHOWN_ISSUES], len(found) > _SHOWN_ISSUES
        return super().render_change_form(request, context, *args, **kwargs)

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What was rejected, one JSON object a line, as ``import_articles --json`` reports it."""
        known = self.get_queryset(request).filter(pk=object_id) if object_id.isdecimal() else ImportBatch.objects.none()
        batch = get_object_or_404(known)
        response = StreamingHttpResponse(_lines(batch), content_type="application/jsonl")
        response["Content-Disposition"] = f'attachment; filename="rejected-{batch.pk}.jsonl"'
        return response


def _lines(batch: ImportBatch) -> Iterator[str]:
    for issue in batch.issues.values("source", "line", "field", "code", "message", "excerpt").iterator():
        yield json.dumps(issue, ensure_ascii=False) + "\n"


@admin.register(ImportIssue)
class ImportIssueAdmin(ScopedAdmin):
    rows_for = staticmethod(visibility.issues_for)
    nobody_may = _NOBODY
    list_display = ("shown_source", "line", "field", "code", "message")
    list_filter = ("code",)
    list_per_page = 100
    show_full_result_count = False
    search_fields = ("source", "code")

    @admin.display(description="source", ordering="source")
    def shown_source(self, issue: ImportIssue) -> str:
        return Truncator(issue.source).chars(80)
