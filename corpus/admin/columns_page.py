"""The second step of an import of tables: our fields on one side, their columns on the other, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from corpus.admin.columns_form import SHOWN, ColumnsForm
from corpus.admin.upload_form import ENCODINGS, clean_encoding_name
from corpus.import_settings import ImportSettings
from corpus.models import ImportBatch
from corpus.operations.drafts import start_draft
from corpus.operations.running import ImportFailedError, source_of
from corpus.readers import NoPreviewError, Preview, Source, preview
from corpus.table_files import Record, records_of

_MOST_NAMED = 5
TEMPLATE = "admin/corpus/importbatch/columns.html"


@dataclass(frozen=True, slots=True)
class _Table:
    """A draft's files, which share their columns; of the first one what it shows, or the ``problem`` with it."""

    sources: list[Source]
    shown: Preview | None
    problem: str = ""


def columns_view(request: HttpRequest, batch: ImportBatch, context: dict[str, Any]) -> HttpResponse:
    """Preview with every choice; "start" queues the import."""
    here = reverse("admin:corpus_importbatch_change", args=[batch.pk])
    if batch.state != ImportBatch.State.DRAFT:
        return redirect(here)
    settings = ImportSettings.from_json(batch.options)
    if request.method == "POST":
        settings = replace(settings, encoding=_encoding(request.POST.get("encoding", ""), settings.encoding))
    table = _table(batch, settings)
    form = _form(request, table, settings)
    start = "start" in request.POST
    if start and form.is_valid() and table.shown:
        start_draft(batch=batch, settings=replace(settings, columns=form.columns))
        _tell_of_others(request)
        return redirect(here)
    form.is_bound and form.is_valid()
    records = _records(table, replace(settings, columns=form.columns))
    page = {
        **context,
        "title": "Match the columns",
        "batch": batch,
        "files": batch.files.all(),
        "form": form,
        "rows": [(form[name], _note(records, name)) for name in SHOWN],
        "encodings": ENCODINGS,
        "table": table,
        "records": records,
    }
    if request.headers.get("HX-Request"):
        return render(request, f"{TEMPLATE}#columns-step", page)
    return TemplateResponse(request, TEMPLATE, page, status=422 if start else 200)


def _form(request: HttpRequest, table: _Table, settings: ImportSettings) -> ColumnsForm:
    if request.method == "POST":
        return ColumnsForm(request.POST, shown=table.shown)
    chosen = settings.columns or (table.shown.guessed if table.shown else {})
    return ColumnsForm(initial={**chosen, "encoding": settings.encoding}, shown=table.shown)


def _encoding(asked: str, known: str) -> str:
    """The encoding asked for, where there is one of that name; the form says the rest."""
    try:
        return clean_encoding_name(asked.strip())
    except ValidationError:
        return known


def _table(batch: ImportBatch, settings: ImportSettings) -> _Table:
    try:
        sources = [source_of(file, settings) for file in batch.files.order_by("position")]
        return _Table(sources, preview(sources[0], settings.read_options()))
    except (ImportFailedError, NoPreviewError) as problem:
        return _Table([], None, str(problem))


def _records(table: _Table, settings: ImportSettings) -> list[Record]:
    return records_of(table.sources, settings) if table.shown and settings.columns.get("text") else []


def _note(records: list[Record], field: str) -> str:
    """What is wrong with the previewed records in one field, in words."""
    bad = [record for record in records if record.field == field]
    return f"{len(bad)} of the first {len(records)}: {bad[0].message}" if bad else ""


def _tell_of_others(request: HttpRequest) -> None:
    """Where the uploaded tables differ they are several imports: name those that still wait for their columns."""
    for other in ImportBatch.objects.filter(created_by=request.user.pk, state=ImportBatch.State.DRAFT)[:_MOST_NAMED]:
        address = reverse("admin:corpus_importbatch_columns", args=[other.pk])
        messages.warning(
            request, format_html('Still to start: <a href="{}">the columns of {}</a>.', address, other.source)
        )
