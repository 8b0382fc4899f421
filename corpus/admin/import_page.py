"""An import's page: how far it is, what came of it, what was rejected; and the buttons that stop it or run it again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

from corpus.import_progress import in_words, progress_of
from corpus.import_settings import ImportSettings
from corpus.import_summary import summary_of
from corpus.models import ImportBatch, ImportIssue
from corpus.operations.drafts import discard_draft
from corpus.operations.uploads import cancel_import, retry_import
from corpus.readers import AUTO
from corpus.rejected_files import csv_lines, json_lines
from corpus.visibility import articles_for
from corpus.workers import worker_is_alive

_ISSUES_A_PAGE = 50
_ENDED = (ImportBatch.State.FAILED, ImportBatch.State.CANCELLED)
TONES = {"done": "good", "failed": "bad", "cancelled": "bad", "running": "busy", "queued": "busy", "draft": ""}


def import_page(request: HttpRequest, batch: ImportBatch, context: dict[str, Any]) -> HttpResponse:
    """All that is known of an import that was started."""
    done = batch.state == ImportBatch.State.DONE
    return TemplateResponse(
        request,
        "admin/corpus/importbatch/page.html",
        {
            **context,
            **state_context(batch),
            "title": batch.source,
            "files": batch.files.all(),
            "facts": facts_of(batch),
            "summary": summary_of(batch, visible=articles_for(request.user)) if done else None,
            **_rejected(request, batch),
        },
    )


def progress_fragment(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """The part of the page that is asked for every second; once the import has ended, an order to load all of it."""
    if batch.state not in ImportBatch.UNFINISHED:
        return HttpResponseClientRefresh()
    return render(request, "admin/corpus/importbatch/page.html#import-state", state_context(batch))


def state_context(batch: ImportBatch) -> dict[str, Any]:
    now = timezone.now()
    progress = progress_of(batch, now=now)
    unfinished = batch.state in ImportBatch.UNFINISHED
    return {
        "batch": batch,
        "progress": progress,
        "elapsed": in_words(progress.elapsed) if progress.elapsed is not None else "",
        "remaining": in_words(progress.remaining) if progress.remaining is not None else "",
        "unfinished": unfinished,
        "counted": is_counted(batch),
        "tone": TONES.get(batch.state, ""),
        "worker_missing": unfinished and not worker_is_alive(now=now),
        "may_retry": batch.state in _ENDED,
    }


def is_counted(batch: ImportBatch) -> bool:
    """Whether its counts say something: not before it runs, and not where nothing of it was kept."""
    return batch.state in (ImportBatch.State.RUNNING, ImportBatch.State.DONE)


def facts_of(batch: ImportBatch) -> list[tuple[str, str]]:
    """How the files were read and cleaned, as name and value; what was left as it is by default is not listed."""
    chosen = ImportSettings.from_json(batch.options)
    columns = ", ".join(f"{field} from “{column}”" for field, column in chosen.columns.items() if column)
    listed = {
        "Format": chosen.format if chosen.format != AUTO else "by name and content",
        "Encoding": chosen.encoding,
        "Columns": columns,
        "Story": chosen.story,
        "Outlet": chosen.outlet,
        "Project": chosen.project,
        "Near-duplicates": chosen.near_duplicates,
        "Rules not used": ", ".join(chosen.rules_off),
        "Mojibake": "repaired" if chosen.repair_mojibake else "",
        "Outlets": "by the address where none is named" if chosen.outlet_from_host else "",
        "Feeds": "summaries too" if chosen.summaries else "",
        "SHA-256": batch.sha256,
    }
    return [(name, value) for name, value in listed.items() if value]


def _rejected(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """One page of the rejected records, of one code where the address names one."""
    codes = list(batch.issues.order_by().values("code").annotate(n=Count("pk")).order_by("-n", "code"))
    code = request.GET.get("code", "")
    if code not in {row["code"] for row in codes}:
        code = ""
    issues = batch.issues.filter(code=code) if code else batch.issues.all()
    page = Paginator(issues.order_by("pk"), _ISSUES_A_PAGE).get_page(request.GET.get("page"))
    return {"codes": codes, "code": code, "issues": page, "n_issues": sum(row["n"] for row in codes)}


def cancel_page(request: HttpRequest, batch: ImportBatch, context: dict[str, Any]) -> HttpResponse:
    """Ask, then call the import off."""
    here = reverse("admin:corpus_importbatch_change", args=[batch.pk])
    if batch.state not in ImportBatch.UNFINISHED:
        messages.info(request, f"There is nothing to cancel: this import is {batch.get_state_display()}.")
        return redirect(here)
    if request.method == "POST":
        if cancel_import(batch=batch):
            messages.success(request, "Cancelled. Nothing of this import was kept but its files, for another try.")
        else:
            messages.info(request, f"It was too late to cancel: this import is {batch.get_state_display()}.")
        return redirect(here)
    return TemplateResponse(
        request, "admin/corpus/importbatch/confirm.html", {**context, "title": "Cancel this import?", "batch": batch}
    )


def retry(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    if retry_import(batch=batch):
        messages.success(request, "Queued again.")
    else:
        messages.error(
            request, "This import cannot be run again: it is not ended, or its files are gone. Upload them again."
        )
    return redirect(reverse("admin:corpus_importbatch_change", args=[batch.pk]))


def discard(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    if discard_draft(batch=batch):
        messages.success(request, "Thrown away: the files of this upload are deleted.")
        return redirect(reverse("admin:corpus_importbatch_changelist"))
    return redirect(reverse("admin:corpus_importbatch_change", args=[batch.pk]))


def rejected_download(batch: ImportBatch, kind: str) -> HttpResponseBase:
    """What was rejected as a file; ``kind`` is "jsonl" or "csv"."""
    issues = ImportIssue.objects.filter(batch=batch).order_by("pk").iterator(chunk_size=1000)
    lines, content_type = {
        "jsonl": (json_lines(issues), "application/jsonl"),
        "csv": (csv_lines(issues), "text/csv; charset=utf-8"),
    }[kind]
    response = StreamingHttpResponse(lines, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="rejected-{batch.pk}.{kind}"'
    return response
