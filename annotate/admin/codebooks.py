"""Codebooks: one JSON text to edit until work begins, and a page to read."""

import json
import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotate.admin.rows import count_of, take_fields
from annotate.codebook import CodebookError, content_sha256, parse_codebook, pretty_json
from annotate.models import Codebook, Label
from annotate.operations.codebooks import CodebookConflictError, change_codebook, save_codebook
from annotate.visibility import codebooks_for, own_codebooks_for, projects_for
from corpus.scoped_admin import ScopedAdmin


def next_version(version: str, taken: set[str]) -> str:
    """The first version after ``version`` that is free: its last number counted up ("1.0" → "1.1", "draft" → "draft.1")."""
    head, number = re.fullmatch(r"(.*?)(\d*)", version).groups()  # type: ignore[union-attr]
    if not number:
        head, number = f"{version}.", "0"
    count = int(number) + 1
    while f"{head}{count}" in taken:
        count += 1
    return f"{head}{count}"


class CodebookForm(forms.ModelForm):
    """The codebook as its file; errors name the place in it."""

    source = forms.CharField(
        label="Codebook file (JSON)",
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "class": "code-area"}),
        help_text="Name, version, layers with labels and attributes, relations, rules, questions. "
        "A message such as layers[0].labels[2].colour names the place that is wrong.",
    )

    class Meta:
        model = Codebook
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "source" in self.fields:
            self.fields["source"].initial = pretty_json(self.instance.content)

    def clean_source(self) -> dict[str, Any]:
        try:
            content = parse_codebook(json.loads(self.cleaned_data["source"]))
        except json.JSONDecodeError as error:
            raise ValidationError(f"Not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from error
        except RecursionError as error:
            raise ValidationError("Not a codebook: nested too deeply.") from error
        except CodebookError as error:
            raise ValidationError(str(error)) from error
        except ValueError as error:
            raise ValidationError("Not JSON: a number has too many digits.") from error
        name, version = content["name"], content["version"]
        if self.instance.pk and (name, version) != (self.instance.name, self.instance.version):
            raise ValidationError(
                f"This is {name}@{version}, but you are editing {self.instance}. To rename it or raise the version, "
                "use “Copy as new version”."
            )
        if not self.instance.pk:
            known = Codebook.objects.filter(name=name, version=version).first()
            if known and known.sha256 != content_sha256(content):
                raise ValidationError(f"version: {name}@{version} exists with another content. Raise the version.")
        return content


@admin.register(Codebook)
class CodebookAdmin(ScopedAdmin):
    rows_for = staticmethod(codebooks_for)
    managers_may = frozenset({"add", "change"})
    form = CodebookForm
    list_display = ["name", "version", "title", "label_count", "project_count", "status", "created_at"]
    list_display_links = ["name", "version"]
    search_fields = ["name", "title", "version"]
    ordering = ["name", "-created_at"]
    readonly_fields = ["preview", "file"]
    change_form_template = "admin/annotate/codebook/change_form.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With counts; those of projects are of the person's own."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_labels=count_of(Label.objects.all(), "codebook"),
                n_projects=count_of(projects_for(request.user), "codebook"),
            )
        )

    def has_change_permission(self, request: HttpRequest, obj: Codebook | None = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        if obj is None:
            return True
        return obj.frozen_at is None and own_codebooks_for(request.user).filter(pk=obj.pk).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Codebook | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.projects.exists())

    def get_fieldsets(self, request: HttpRequest, obj: Codebook | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["source"]})]
        if self.has_change_permission(request, obj):
            return [("Read", {"fields": ["preview"]}), ("Edit", {"fields": ["source"]})]
        return [("Read", {"fields": ["preview"]}), ("File", {"fields": ["file"], "classes": ["collapse"]})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        copied = request.GET.get("copy", "")
        original = self.get_queryset(request).filter(pk=copied).first() if copied.isdigit() else None
        if original is None:
            return {}
        taken = set(Codebook.objects.filter(name=original.name).values_list("version", flat=True))
        content = {**original.content, "version": next_version(original.version, taken)}
        return {"source": pretty_json(content)}

    def save_model(self, request: HttpRequest, obj: Codebook, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        content = form.cleaned_data["source"]
        stored = change_codebook(codebook=obj, content=content) if change else save_codebook(content=content)[0]
        take_fields(obj, stored)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except CodebookConflictError as error:
            # Between the form's check and the lock somebody began a task or took the version.
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:annotate_codebook_changelist")

    @admin.display(description="")
    def preview(self, codebook: Codebook) -> SafeString:
        return render_to_string("admin/annotate/codebook/preview.html", {"content": codebook.content})

    @admin.display(description="")
    def file(self, codebook: Codebook) -> SafeString:
        return format_html('<pre class="code-area">{}</pre>', pretty_json(codebook.content))

    @admin.display(description="labels", ordering="n_labels")
    def label_count(self, codebook: Any) -> int:
        return codebook.n_labels

    @admin.display(description="projects", ordering="n_projects")
    def project_count(self, codebook: Any) -> int:
        return codebook.n_projects

    @admin.display(description="state", ordering="frozen_at")
    def status(self, codebook: Codebook) -> SafeString:
        if codebook.frozen_at:
            return format_html('<span class="badge">frozen {}</span>', f"{codebook.frozen_at:%Y-%m-%d}")
        return format_html('<span class="badge" data-tone="good">{}</span>', "can be edited")
