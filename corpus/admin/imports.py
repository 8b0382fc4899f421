"""Imports and what they rejected, in the admin: the list, and the addresses of the journey's steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from corpus import visibility
from corpus.admin import columns_page, import_page, upload_page
from corpus.import_progress import progress_of
from corpus.models import ImportBatch, ImportIssue
from corpus.scoped_admin import ScopedAdmin

_SHOWN_CHARS = 80
_GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(ImportBatch)
class ImportBatchAdmin(ScopedAdmin):
    rows_for = staticmethod(visibility.batches_for)
    managers_may = frozenset({"add"})
    nobody_may = frozenset({"change", "delete"})
    list_display = ("shown_source", "created_at", "created_by", "shown_state", "created", "duplicates", "rejected")
    list_filter = ("state",)
    list_select_related = ("created_by",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("source",)

    class Media:
        css = {"all": ("corpus/admin.css", "corpus/imports.css")}

    @admin.display(description="source", ordering="source")
    def shown_source(self, batch: ImportBatch) -> str:
        return Truncator(batch.source).chars(_SHOWN_CHARS)

    @admin.display(description="state", ordering="state")
    def shown_state(self, batch: ImportBatch) -> str:
        percent = progress_of(batch, now=timezone.now()).percent
        share = f" {percent} %" if batch.state == ImportBatch.State.RUNNING and percent is not None else ""
        tone = import_page.TONES.get(batch.state, "")
        return format_html('<span class="badge" data-tone="{}">{}{}</span>', tone, batch.get_state_display(), share)

    @admin.display(ordering="n_created")
    def created(self, batch: ImportBatch) -> int | None:
        return batch.n_created if import_page.is_counted(batch) else None

    @admin.display(ordering="n_duplicates")
    def duplicates(self, batch: ImportBatch) -> int | None:
        return batch.n_duplicates if import_page.is_counted(batch) else None

    @admin.display(ordering="n_rejected")
    def rejected(self, batch: ImportBatch) -> int | None:
        return batch.n_rejected if import_page.is_counted(batch) else None

    def get_urls(self) -> list[URLPattern]:
        steps = [
            ("columns", _GET_OR_POST(self.columns_view)),
            ("progress", require_GET(self.progress_view)),
            ("cancel", _GET_OR_POST(self.cancel_view)),
            ("retry", require_POST(self.retry_view)),
            ("discard", require_POST(self.discard_view)),
        ]
        own = [
            path(f"<path:object_id>/{step}/", self._entered(view), name=f"corpus_importbatch_{step}")
            for step, view in steps
        ]
        downloads = [
            path(
                f"<path:object_id>/rejected.{kind}",
                self.admin_site.admin_view(require_GET(self.download_view)),
                {"kind": kind},
                name=name,
            )
            for kind, name in (("jsonl", "corpus_importbatch_rejected"), ("csv", "corpus_importbatch_rejected_csv"))
        ]
        return [*own, *downloads, *super().get_urls()]

    def _entered(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        """``admin_view``, but a part of a page that asks while nobody is signed in any more loads the whole page."""
        inside = self.admin_site.admin_view(view)

        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.headers.get("HX-Request") and not self.admin_site.has_permission(request):
                return HttpResponseClientRefresh()
            return inside(request, *args, **kwargs)

        return entered

    def _batch(self, request: HttpRequest, object_id: str) -> ImportBatch:
        known = self.get_queryset(request).select_related("created_by")
        return get_object_or_404(known.filter(pk=object_id) if _is_key(object_id) else known.none())

    def _own(self, request: HttpRequest, object_id: str) -> ImportBatch:
        """An import that the person may steer: their own, or any for a superuser. Others' are there to look at."""
        rows = self.get_queryset(request)
        if not visibility.is_superuser(request.user):
            rows = rows.filter(created_by=request.user.pk)
        return get_object_or_404(rows.filter(pk=object_id) if _is_key(object_id) else rows.none())

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        return upload_page.upload_view(request, self._context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002
        extra_context: Any = None,  # noqa: ARG002
    ) -> HttpResponse:
        batch = self._batch(request, object_id)
        if batch.state == ImportBatch.State.DRAFT:
            return redirect(upload_page.next_step(batch))
        context = self._context(request) | {"may_steer": self._may_steer(request, batch)}
        return import_page.import_page(request, batch, context)

    def _may_steer(self, request: HttpRequest, batch: ImportBatch) -> bool:
        return visibility.is_superuser(request.user) or batch.created_by_id == request.user.pk

    def columns_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return columns_page.columns_view(request, self._own(request, object_id), self._context(request))

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return import_page.progress_fragment(request, self._batch(request, object_id))

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return import_page.cancel_page(request, self._own(request, object_id), self._context(request))

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return import_page.retry(request, self._own(request, object_id))

    def discard_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return import_page.discard(request, self._own(request, object_id))

    def download_view(self, request: HttpRequest, object_id: str, kind: str) -> HttpResponseBase:
        return import_page.rejected_download(self._batch(request, object_id), kind)


def _is_key(given: str) -> bool:
    return given.isascii() and given.isdecimal() and len(given) <= 18


@admin.register(ImportIssue)
class ImportIssueAdmin(ScopedAdmin):
    rows_for = staticmethod(visibility.issues_for)
    nobody_may = frozenset({"add", "change", "delete"})
    list_display = ("shown_source", "line", "field", "code", "message")
    list_filter = ("code",)
    list_per_page = 100
    show_full_result_count = False
    search_fields = ("source", "code")

    @admin.display(description="source", ordering="source")
    def shown_source(self, issue: ImportIssue) -> str:
        return Truncator(issue.source).chars(_SHOWN_CHARS)
