"""The first step of an import: files are chosen, stored and, where they are tables, wait for their columns."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings as installation
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from corpus import uploads
from corpus.admin.upload_form import ENCODINGS, UploadForm, source_of_upload
from corpus.import_settings import ImportSettings, limits
from corpus.models import ImportBatch
from corpus.operations.drafts import draft_import, start_draft
from corpus.readers import ALL, Format
from corpus.scoped_admin import may_enter
from corpus.table_files import Layout, layout_of

URLS = "urls"


def upload_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Store the files at once, then show the import, or the step that matches columns."""
    if not may_enter(request):
        return redirect("admin:login")
    form = UploadForm(request.POST or None, request.FILES or None, projects=uploads.projects_for(request.user))
    if request.method == "POST" and form.is_valid():
        batches = _stored(request, form)
        _tell(request, batches)
        drafts = [batch for batch in batches if batch.state == ImportBatch.State.DRAFT]
        return redirect(next_step((drafts or batches)[0]))
    return TemplateResponse(
        request,
        "admin/corpus/importbatch/upload.html",
        {
            **context,
            "title": "Import articles",
            "form": form,
            "formats": [(one, _unavailable(one)) for one in ALL],
            "encodings": ENCODINGS,
            "rules": form.rules_shown,
            "most_bytes": limits().file_bytes,
            "most_files": installation.DATA_UPLOAD_MAX_NUMBER_FILES,
        },
        status=422 if request.method == "POST" else 200,
    )


def _unavailable(format: Format) -> str:
    """Why files of this format cannot be imported here, and what to do; "" where they can."""
    if not format.is_installed:
        return f"Not installed here: make install-formats, or the extra {format.extra}."
    if format.name == URLS and not installation.IMPORT_FETCH:
        return "Fetching pages is switched off here (IMPORT_FETCH)."
    return ""


def next_step(batch: ImportBatch) -> str:
    """Where to go on with an import: to its columns while it is a draft, else to its page."""
    step = "columns" if batch.state == ImportBatch.State.DRAFT else "change"
    return reverse(f"admin:corpus_importbatch_{step}", args=[batch.pk])


def _stored(request: HttpRequest, form: UploadForm) -> list[ImportBatch]:
    """An import for the files without columns to choose, which starts, and a draft for each choice of columns."""
    settings, base = form.import_settings, form.cleaned_data["submission"] or uuid.uuid4()
    by_layout: dict[Layout, list[UploadedFile]] = defaultdict(list)
    for file in form.cleaned_data["pages"]:
        by_layout[layout_of(source_of_upload(file, format=settings.format), settings)].append(file)
    batches = []
    for layout, files in by_layout.items():
        batch = draft_import(
            files=files,
            settings=settings,
            created_by=request.user if request.user.is_authenticated else None,
            submission=_submission(base, files, settings),
        )
        if layout is None:
            start_draft(batch=batch)
        batches.append(batch)
    return batches


def _tell(request: HttpRequest, batches: list[ImportBatch]) -> None:
    if len(batches) > 1:
        parts = "; ".join(f"{batch.source} ({batch.get_state_display()})" for batch in batches)
        messages.info(request, f"These files are {len(batches)} imports, because their columns differ: {parts}.")


def _submission(base: uuid.UUID, files: Sequence[UploadedFile], settings: ImportSettings) -> uuid.UUID:
    """Names this upload: the same form with the same files is one, other files after "back" are another."""
    return uuid.uuid5(base, repr([*((file.name, file.size) for file in files), settings.as_json()]))
