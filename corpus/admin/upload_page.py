"""The first step of an import: files are chosen, stored and, where they are tables, wait for their columns."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from corpus import uploads
from corpus.admin.upload_form import ENCODINGS, UploadForm
from corpus.import_settings import limits
from corpus.models import ImportBatch
from corpus.operations.drafts import draft_import, start_draft
from corpus.readers import ALL
from corpus.scoped_admin import may_enter


def upload_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Store the files at once, then show the import, or the step that matches columns."""
    if not may_enter(request):
        return redirect("admin:login")
    form = UploadForm(request.POST or None, request.FILES or None, projects=uploads.projects_for(request.user))
    if request.method == "POST" and form.is_valid():
        return redirect(next_step(_stored(request, form)))
    return TemplateResponse(
        request,
        "admin/corpus/importbatch/upload.html",
        {
            **context,
            "title": "Import articles",
            "form": form,
            "formats": ALL,
            "encodings": ENCODINGS,
            "rules": form.rules_shown,
            "most_bytes": limits().file_bytes,
            "most_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        },
        status=422 if request.method == "POST" else 200,
    )


def next_step(batch: ImportBatch) -> str:
    """Where to go on with an import: to its columns while it is a draft, else to its page."""
    return reverse("admin:corpus_importbatch_change", args=[batch.pk])


def _stored(request: HttpRequest, form: UploadForm) -> ImportBatch:
    batch = draft_import(
        files=form.cleaned_data["pages"],
        settings=form.import_settings,
        created_by=request.user if request.user.is_authenticated else None,
        submission=_submission(form),
    )
    start_draft(batch=batch)
    return batch


def _submission(form: UploadForm) -> uuid.UUID:
    """Names this upload: the same form with the same files is one, other files after "back" are another."""
    files = ((file.name, file.size) for file in form.cleaned_data["pages"])
    return uuid.uuid5(form.cleaned_data["submission"] or uuid.uuid4(), repr([*files, form.import_settings.as_json()]))
