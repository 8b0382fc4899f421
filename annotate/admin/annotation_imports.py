"""Importing annotations into a project: choose files, look at what would happen, map what is unknown, import."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from annotate.door_tasks import run_annotation_upload
from annotate.doors.formats import ALL, BY_NAME
from annotate.doors.labels import Names
from annotate.doors.records import CODE_POINTS, GRAPHEMES, UTF_16
from annotate.enabled import enabled_codebook
from annotate.models import AnnotationImport, Project
from annotate.operations.doors.uploads import ask_again, is_small, keep_upload, run_upload
from corpus.admin.upload_form import FilesField
from corpus.workers import worker_is_alive

UNDECIDED, LEAVE_OUT = "", "-"
TONES = {"done": "good", "failed": "bad", "waiting": "busy", "checked": ""}
_MOST_SHOWN = 200


class FilesForm(forms.Form):
    """What is uploaded, and who wrote it."""

    format = forms.ChoiceField(label="Made with", choices=[(door.name, door.title) for door in ALL])
    pages = FilesField(
        label="Files",
        help_text="One or several, or a zip archive; brat and INCEpTION as an archive with their folders.",
        error_messages={"required": "Choose at least one file.", "empty": "This file is empty: choose another."},
    )
    annotator = forms.CharField(
        label="Whose work",
        required=False,
        max_length=150,
        help_text="Username, where the files do not say whose work it is.",
    )
    offsets = forms.ChoiceField(
        label="Offsets count in",
        required=False,
        choices=[("text", "the article's text"), ("raw", "the received text, before cleaning")],
        help_text="Asked of files that bring no text themselves.",
    )
    unit = forms.ChoiceField(
        label="Offsets count",
        required=False,
        choices=[
            ("", "what the format says"),
            (CODE_POINTS, "code points"),
            (UTF_16, "UTF-16 units"),
            (GRAPHEMES, "grapheme clusters (a setting of doccano projects)"),
        ],
    )

    def clean_format(self) -> str:
        door = BY_NAME[self.cleaned_data["format"]]
        if not door.is_installed:
            raise forms.ValidationError(f"Not installed here: make install-formats, or the extra {door.extra}.")
        return door.name


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
    upload = project.annotation_imports.filter(pk=upload_id).first()
    if upload is None:
        raise Http404
    codebook = project.codebook
    enabled = enabled_codebook(pk=codebook.pk, sha256=codebook.sha256, switches=project.switches).content
    form = MapForm(request.POST or None, upload=upload, names=Names.of(enabled, codebook.content))
    if request.method == "POST" and form.is_valid():
        imports = "import" in request.POST
        if ask_again(upload=upload, options=form.options(), is_check=not imports):
            if imports:
                model_admin.log_change(request, project, f"Imported annotations ({upload.format}).")
            _run(upload)
        return redirect(request.path)
    result = upload.result
    context = {
        **_context(model_admin, request, project, "Import annotations"),
        "upload": upload,
        "door": BY_NAME.get(upload.format),
        "tone": TONES[upload.state],
        "form": form,
        "result": result,
        "rejected": result.get("rejected", [])[:_MOST_SHOWN],
        "n_incomplete": len(result.get("incomplete", [])),
        "waiting": upload.state == AnnotationImport.State.WAITING,
        "worker_missing": not worker_is_alive(now=timezone.now()),
        "n_readings": result.get("created", 0) + result.get("updated", 0),
        "may_import": upload.state == AnnotationImport.State.CHECKED,
    }
    return TemplateResponse(request, "admin/annotate/project/annotations_upload.html", context)


def _run(upload: AnnotationImport) -> None:
    if is_small(upload):
        run_upload(upload_id=upload.pk, now=timezone.now())
    else:
        run_annotation_upload.enqueue(upload.pk)


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
