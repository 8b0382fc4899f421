"""What the upload page asks for."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from corpus.readers import ALL, UnknownFormatError, upload


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """The uploaded files as a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data]
        clean = super().clean
        return [clean(one, initial) for one in given] or [clean(None, initial)]


class UploadForm(forms.Form):
    """Files and what to do with them; ``cleaned_data["sources"]`` is ready to read."""

    pages = FilesField(
        label="Files",
        help_text="Text files (one article each) or JSON Lines (one article a line). Several at once are fine.",
    )
    story = forms.CharField(
        max_length=100, required=False, help_text="For articles that name none, e.g. caravan. Made if new."
    )
    outlet = forms.CharField(max_length=200, required=False, help_text="For articles that name none. Made if new.")
    project = forms.ChoiceField(
        required=False, help_text="Add the articles to a project, those that were there already too."
    )
    format = forms.ChoiceField(
        choices=[("auto", "by name and content"), *((f.name, f.title) for f in ALL)], initial="auto"
    )
    encoding = forms.CharField(
        max_length=40, required=False, help_text="Only for files that are not UTF-8, e.g. cp1252."
    )

    def __init__(self, *args: Any, projects: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project = self.fields["project"]
        assert isinstance(project, forms.ChoiceField)
        project.choices = [("", "none"), *projects]
        if not projects:
            del self.fields["project"]

    def clean_encoding(self) -> str:
        encoding: str = self.cleaned_data["encoding"]
        try:
            if encoding:
                codecs.lookup(encoding)
        except LookupError:
            raise forms.ValidationError("No such encoding is known; try cp1252 or latin-1.") from None
        return encoding

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        given.setdefault("project", "")
        try:
            given["sources"] = [
                upload(file.name or "upload", file, format=given.get("format", "auto"))
                for file in given.get("pages", [])
            ]
        except UnknownFormatError as error:
            self.add_error("pages", str(error))
        return given
