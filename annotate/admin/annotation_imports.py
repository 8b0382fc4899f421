"""Importing annotations into a project: choose files, look at what would happen, map what is unknown, import."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

from annotate.annotation_files_form import FilesForm
from annotate.doors.formats import BY_NAME
from annotate.doors.labels import Names
from annotate.doors.remedies import FORM
from annotate.enabled import enabled_codebook
from annotate.models import AnnotationImport, AnnotationIssue, Project
from annotate.operations.doors.rejected_files import csv_lines, json_lines, remedy_in
from annotate.operations.doors.running import SILENCE
from annotate.operations.doors.uploads import (
    ask_again,
    cancel_upload,
    is_small,
    keep_upload,
    queue_upload,
    run_upload,
)
from corpus.workers import worker_is_alive

UNDECIDED, LEAVE_OUT = "", "-"
TONES = {"done": "good", "failed": "bad", "waiting": "busy", "running": "busy", "checked": "", "cancelled": "bad"}
_MOST_SHOWN = 200


class MapForm(forms.Form):
    """A choice for each label, relation and person that the project does not have, and what may be made."""

    create_annotators = forms.BooleanField(
        label="Make accounts and memberships that are missing",
        required=False,
        help_text="The accounts get no password: nobody can sign in to them until somebody gives them one.",
    )
    widen = forms.BooleanField(label="Make room where an article has all the readings that it wants", required=False)

    def __init__(self, *args: Any, upload: AnnotationImport, names: Names, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        options, result = upload.options, upload.result
        self.fields["create_annotators"].initial = options.get("create_annotators", False)
        self.fields["widen"].initial = options.get("widen", False)
        self.labels: dict[str, str] = {}
        self.people: dict[str, str] = {}
        chosen = options.get("label_map", {})
        found = result.get("unknown", {})
        # Those with most marks first; the database forgets the order.
        new = sorted(set(found) - set(chosen), key=lambda name: (-found[name]["count"], name))
        for number, name in enumerate([*sorted(chosen), *new]):
            entry = found.get(name, {})
            known: dict[str, str] = {}
            if entry.get("kind") != "relation":
                known |= names.labels
            if entry.get("kind") != "label":
                known |= names.relations
            near = [code for code in entry.get("nearest", []) if code in known]
            field = forms.ChoiceField(
                label=name[:80],
                required=False,
                choices=[
                    (UNDECIDED, "not decided: refused"),
                    *((code, f"{known[code]} ({code}), nearest") for code in near),
                    *((code, f"{title} ({code})") for code, title in known.items() if code not in near),
                    (LEAVE_OUT, "leave out"),
                ],
                initial=(chosen[name] or LEAVE_OUT) if name in chosen else UNDECIDED,
                help_text=_counted(entry["count"], "link" if entry["kind"] == "relation" else "mark") if entry else "",
            )
            self.fields[f"label-{number}"] = field
            self.labels[f"label-{number}"] = name
        chosen = options.get("annotator_map", {})
        unknown = result.get("unknown_annotators", {})
        for number, name in enumerate([*sorted(chosen), *sorted(set(unknown) - set(chosen))]):
            self.fields[f"person-{number}"] = forms.CharField(
                label=name[:80],
                required=False,
                max_length=150,
                initial=chosen.get(name, ""),
                help_text=_counted(unknown[name], "reading") if name in unknown else "",
                widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "username"}),
            )
            self.people[f"person-{number}"] = name

    def options(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "create_annotators": data["create_annotators"],
            "widen": data["widen"],
            "label_map": {
                name: "" if data[field] == LEAVE_OUT else data[field]
                for field, name in self.labels.items()
                if data[field] != UNDECIDED
            },
            "annotator_map": {name: data[field] for field, name in self.people.items() if data[field]},
        }

    def label_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.labels]

    def people_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.people]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def files_view(model_admin: admin.ModelAdmin[Project], request: HttpRequest, project: Project) -> HttpResponse:
    """The first step: files are chosen and looked through."""
    form = FilesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        upload = keep_upload(
            project=project,
            files=data["pages"],
            format=data["format"],
            options={name: data[name] for name in ("annotator", "offsets", "unit") if data[name]},
            created_by=User.objects.filter(pk=cast("int", request.user.pk)).first(),
            now=timezone.now(),
        )
        _run(upload)
        return redirect("admin:annotate_project_annotations_page", project.pk, upload.pk)
    context = {
        **_context(model_admin, request, project, "Import annotations"),
        "form": form,
        "uploads": project.annotation_imports.select_related("created_by")[:10],
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "admin/annotate/project/annotations.html", context, status=status)


def upload_view(
    model_admin: admin.ModelAdmin[Project], request: HttpRequest, project: Project, upload_id: int
) -> HttpResponse:
    """What an upload would bring, or brought; the maps; the button that imports."""
    upload = _upload(project, upload_id)
    codebook = project.codebook
    enabled = enabled_codebook(pk=codebook.pk, sha256=codebook.sha256, switches=project.switches).content
    form = MapForm(request.POST or None, upload=upload, names=Names.of(enabled, codebook.content))
    if request.method == "POST" and form.is_valid():
        imports = "import" in request.POST
        if ask_again(upload=upload, options=form.options(), is_check=not imports, now=timezone.now()):
            if imports:
                model_admin.log_change(request, project, f"Imported annotations ({upload.format}).")
            _run(upload)
        return redirect(request.path)
    result = upload.result
    rejected = [
        {"issue": issue, "remedy": remedy_in(issue, FORM)} for issue in upload.issues.order_by("pk")[:_MOST_SHOWN]
    ]
    context = {
        **_context(model_admin, request, project, "Import annotations"),
        **_state_context(project, upload),
        "door": BY_NAME.get(upload.format),
        "tone": TONES[upload.state],
        "form": form,
        "result": result,
        "rejected": rejected,
        "n_incomplete": result.get("n_incomplete", len(result.get("incomplete", []))),
        "n_readings": result.get("created", 0) + result.get("updated", 0),
        "may_import": upload.state == AnnotationImport.State.CHECKED,
    }
    return TemplateResponse(request, "admin/annotate/project/annotations_upload.html", context)


def progress_fragment(request: HttpRequest, project: Project, upload_id: int) -> HttpResponse:
    """The part of the page that is asked for every second; at the end, an order to load all of it."""
    upload = _upload(project, upload_id)
    if upload.state not in AnnotationImport.PENDING:
        return HttpResponseClientRefresh()
    return render(
        request, "admin/annotate/project/annotations_upload.html#upload-state", _state_context(project, upload)
    )


def cancel(
    model_admin: admin.ModelAdmin[Project], request: HttpRequest, project: Project, upload_id: int
) -> HttpResponse:
    """Call an upload off; its files stay, to be looked through again."""
    upload = _upload(project, upload_id)
    if cancel_upload(upload=upload):
        model_admin.message_user(request, "Called off. Nothing was written.", messages.SUCCESS)
    else:
        model_admin.message_user(request, "It was too late to cancel: see what came of it.", messages.INFO)
    return redirect("admin:annotate_project_annotations_page", project.pk, upload.pk)


def rejected_download(project: Project, upload_id: int, kind: str) -> StreamingHttpResponse:
    """All that could not be taken; ``kind`` is "jsonl" or "csv"."""
    upload = _upload(project, upload_id)
    issues = AnnotationIssue.objects.filter(upload=upload).order_by("pk").iterator(chunk_size=1000)
    lines, content_type = {
        "jsonl": (json_lines(issues, FORM), "application/jsonl"),
        "csv": (csv_lines(issues, FORM), "text/csv; charset=utf-8"),
    }[kind]
    response = StreamingHttpResponse(lines, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="not-taken-{upload.pk}.{kind}"'
    return response


def _upload(project: Project, upload_id: int) -> AnnotationImport:
    upload = project.annotation_imports.filter(pk=upload_id).first()
    if upload is None:
        raise Http404
    return upload


def _state_context(project: Project, upload: AnnotationImport) -> dict[str, Any]:
    pending = upload.state in AnnotationImport.PENDING
    running = upload.state == AnnotationImport.State.RUNNING
    now = timezone.now()
    return {
        "project": project,
        "upload": upload,
        "pending": pending,
        # Rounded down: 100 means that every entry was dealt with.
        "percent": 100 * upload.progress // upload.total if running and upload.total else None,
        "is_silent": running and upload.heartbeat is not None and now - upload.heartbeat > SILENCE,
        "worker_missing": pending and not worker_is_alive(now=now),
    }


def _run(upload: AnnotationImport) -> None:
    if is_small(upload):
        run_upload(upload_id=upload.pk, now=timezone.now())
    else:
        queue_upload(upload)


def _context(
    model_admin: admin.ModelAdmin[Project], request: HttpRequest, project: Project, title: str
) -> dict[str, Any]:
    return {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "project": project,
        "title": title,
        "media": model_admin.media,
    }
